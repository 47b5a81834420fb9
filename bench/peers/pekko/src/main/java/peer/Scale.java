package peer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** The workloads of many actors, and of latency. */
final class Scale {
  static Map<String, Main.Workload> all() {
    return Map.ofEntries(
        Map.entry("IdleActors", new Main.Workload(1_000_000, Scale::idleActors)),
        Map.entry("ScaleActors", new Main.Workload(1_000_000, Scale::scaleActors)),
        Map.entry("WakeLatency", new Main.Workload(1_000, Scale::wakeLatency)),
        Map.entry("TimerLatency", new Main.Workload(1_000, Scale::timerLatency)));
  }

  static void idleActors(Run run) throws Exception {
    run.n = run.arg("actors", run.n);
    CountDownLatch started = new CountDownLatch((int) run.n);
    Behavior<Workloads.Message> idle =
        Behaviors.setup(
            context -> {
              started.countDown();
              return Behaviors.receiveMessage(m -> Behaviors.same());
            });
    Runtime heap = Runtime.getRuntime();
    System.gc();
    long before = Run.resident();
    long used = heap.totalMemory() - heap.freeMemory();
    run.measure(
        started,
        context -> {
          for (long i = 0; i < run.n; i++) {
            context.spawnAnonymous(idle);
          }
        });
    run.bytes = (Run.resident() - before) / run.n;
    System.gc();
    long live = heap.totalMemory() - heap.freeMemory() - used;
    run.note = "garbage included; of the heap " + live / run.n + " bytes an actor are live";
  }

  /** Hits the latch of the moment when started, with 1, the last of a lap, and with 0: its end. */
  static Behavior<Workloads.Message> member(CountDownLatch[] done) {
    return Behaviors.setup(
        context -> {
          done[0].countDown();
          return Behaviors.receiveMessage(
              m -> {
                if (m.value() <= 1) {
                  done[0].countDown();
                }
                return m.value() == 0 ? Behaviors.stopped() : Behaviors.same();
              });
        });
  }

  static void scaleActors(Run run) {
    int actors = (int) run.arg("actors", 1000);
    long each = run.share(actors);
    CountDownLatch[] done = {new CountDownLatch(actors)};
    List<ActorRef<Workloads.Message>> all = new ArrayList<>();
    run.prepare(
        context -> {
          for (int i = 0; i < actors; i++) {
            all.add(context.spawnAnonymous(member(done)));
          }
        });
    Run.await(done[0]);
    // The figures are those of the second lap.
    for (long rounds : new long[] {Math.max(1, each / 4), each}) {
      done[0] = new CountDownLatch(actors);
      run.measure(
          done[0],
          context ->
              context.spawnAnonymous(
                  Workloads.sender(
                      rounds * actors,
                      i ->
                          all.get((int) (i % actors))
                              .tell(new Workloads.Message(rounds - i / actors)))));
    }
    done[0] = new CountDownLatch(actors);
    all.forEach(one -> one.tell(new Workloads.Message(0)));
    Run.await(done[0]);
  }

  static void wakeLatency(Run run) throws InterruptedException {
    run.note = "the sender is a thread outside of the dispatcher";
    AtomicLong took = new AtomicLong();
    List<ActorRef<Workloads.Message>> to = new ArrayList<>();
    run.prepare(
        context ->
            to.add(
                context.spawnAnonymous(
                    Behaviors.receiveMessage(
                        m -> {
                          took.set(Math.max(1, System.nanoTime() - m.value()));
                          return Behaviors.same();
                        }))));
    run.times = new long[(int) run.n];
    run.start();
    for (int i = 0; i < run.n; i++) {
      took.set(0);
      to.get(0).tell(new Workloads.Message(System.nanoTime()));
      Thread.sleep(2);
      while (took.get() == 0) {
        Thread.sleep(1);
      }
      run.times[i] = took.get();
    }
    run.stop();
  }

  static void timerLatency(Run run) {
    run.note = "a single timer, tick-duration = 1ms";
    CountDownLatch done = new CountDownLatch(1);
    long[] times = new long[(int) run.n];
    Duration once = Duration.ofMillis(1);
    Behavior<Workloads.Go> timed =
        Behaviors.withTimers(
            timers -> {
              long[] state = {0, System.nanoTime() + once.toNanos()};
              timers.startSingleTimer(Workloads.Go.GO, once);
              return Behaviors.receiveMessage(
                  go -> {
                    times[(int) state[0]] = System.nanoTime() - state[1];
                    if (++state[0] == times.length) {
                      done.countDown();
                      return Behaviors.stopped();
                    }
                    state[1] = System.nanoTime() + once.toNanos();
                    timers.startSingleTimer(Workloads.Go.GO, once);
                    return Behaviors.same();
                  });
            });
    run.measure(done, context -> context.spawnAnonymous(timed));
    run.times = times;
  }
}
