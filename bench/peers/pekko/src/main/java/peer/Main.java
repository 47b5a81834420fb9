package peer;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Pekko: typed actors on a fork-join dispatcher.
 *
 * <p>A workload is a function of a Run. It is run again and again for some seconds, so that the
 * compiler of the virtual machine has seen it, and then once for the figures.
 */
public final class Main {
  interface Function {
    void accept(Run run) throws Exception;
  }

  record Workload(long ops, Function function) {}

  private static String config(String name, long workers) {
    // A turn of an actor takes up to this many messages; few where it is latency that counts.
    int throughput = name.endsWith("Latency") ? 5 : 1024;
    return "pekko.log-dead-letters = off\n"
        + "pekko.actor.default-dispatcher { executor = fork-join-executor, throughput = "
        + throughput
        + ", fork-join-executor { parallelism-factor = 1, parallelism-min = "
        + workers
        + ", parallelism-max = "
        + workers
        + " } }\n"
        + (name.equals("TimerLatency") ? "pekko.scheduler.tick-duration = 1ms\n" : "");
  }

  private static Behavior<Run.Job> guardian() {
    return Behaviors.receive(
        (context, job) -> {
          job.accept(context);
          return Behaviors.same();
        });
  }

  public static void main(String[] given) throws Exception {
    String name = given[0];
    if (name.equals("versions")) {
      System.out.printf(
          "{\"name\": \"pekko\", \"version\": \"%s\", \"runtime\": \"%s %s\","
              + " \"config\": \"%s\"}%n",
          "1.7.0",
          System.getProperty("java.vm.name"),
          System.getProperty("java.runtime.version"),
          "fork-join parallelism=workers, throughput=1024 (latency: 5), ParallelGC, 2 s warm-up");
      return;
    }
    Map<String, Workload> workloads = new HashMap<>(Workloads.all());
    workloads.putAll(Scale.all());
    workloads.putAll(Savina.all());
    workloads.putAll(Meetings.all());
    Workload workload = workloads.get(name);
    if (workload == null) {
      String why = Workloads.SKIPS.getOrDefault(name, "this peer has no such workload");
      System.out.printf("{\"workload\": \"%s\", \"skip\": \"%s\"}%n", name, why);
      return;
    }
    Map<String, Long> args = new HashMap<>();
    for (int i = 1; i < given.length; i++) {
      String[] pair = given[i].split("=", 2);
      args.put(pair[0], Long.parseLong(pair[1]));
    }
    long ops = args.getOrDefault("ops", workload.ops());
    Config config = ConfigFactory.parseString(config(name, args.getOrDefault("workers", 2L)));
    ActorSystem<Run.Job> system =
        ActorSystem.create(
            guardian(), "peer", config.withFallback(ConfigFactory.load()));
    double warmUp = name.equals("IdleActors") ? 0 : args.getOrDefault("warmup", 2L);
    long until = System.nanoTime() + (long) (warmUp * 1e9);
    while (System.nanoTime() < until) {
      workload.function().accept(new Run(system, args, Math.max(1, ops / 5)));
    }
    System.gc();
    Run run = new Run(system, args, ops);
    workload.function().accept(run);
    System.out.println(run.report(name));
    System.out.flush();
    Runtime.getRuntime().halt(0); // a million actors need not be stopped one by one
  }
}
