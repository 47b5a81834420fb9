package peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** One pass of a workload: its arguments, its clock, and what it says in the end. */
final class Run {
  /** Something for the guardian to do, which is the one who may spawn. */
  interface Job extends Consumer<ActorContext<Job>> {}

  final ActorSystem<Job> system;
  final Map<String, Long> args;
  long n;
  long bytes;
  long[] times = {};
  String note = "";
  private long begin;
  private long end;

  Run(ActorSystem<Job> system, Map<String, Long> args, long n) {
    this.system = system;
    this.args = args;
    this.n = n;
  }

  long arg(String key, long otherwise) {
    return args.getOrDefault(key, otherwise);
  }

  /** Makes the number of operations a multiple, gives the share of each. */
  long share(long among) {
    long each = Math.max(1, n / among);
    n = each * among;
    return each;
  }

  /** Has the guardian do it, outside of the measured time. */
  void prepare(Job job) {
    CountDownLatch done = new CountDownLatch(1);
    system.tell(
        context -> {
          job.accept(context);
          done.countDown();
        });
    await(done);
  }

  /** Measures from the job's start by the guardian until the latch is open. */
  void measure(CountDownLatch done, Job job) {
    start();
    system.tell(job);
    await(done);
    stop();
  }

  <T> void measure(CountDownLatch done, ActorRef<T> first, T message) {
    start();
    first.tell(message);
    await(done);
    stop();
  }

  void start() {
    begin = System.nanoTime();
  }

  void stop() {
    end = System.nanoTime();
  }

  static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  static long resident() throws IOException {
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * 4096;
  }

  static final Duration PATIENCE = Duration.ofSeconds(3);

  String report(String name) {
    StringBuilder line = new StringBuilder();
    line.append(
        String.format(
            "{\"workload\": \"%s\", \"ops\": %d, \"seconds\": %.9f", name, n, (end - begin) / 1e9));
    if (bytes != 0) {
      line.append(", \"bytes\": ").append(bytes);
    }
    if (times.length != 0) {
      Arrays.sort(times);
      double[] shares = {0.5, 0.99, 0.999, 1};
      String[] keys = {"p50", "p99", "p999", "max"};
      for (int i = 0; i < keys.length; i++) {
        long value = times[(int) (shares[i] * (times.length - 1))];
        line.append(String.format(", \"%s\": %d", keys[i], value));
      }
    }
    if (!note.isEmpty()) {
      line.append(", \"note\": \"").append(note).append('"');
    }
    return line.append('}').toString();
  }
}
