package peer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Savina's workloads of messages that go back and forth. An operation is what the size of the
 * workload counts: pings, increments, hops, messages, actors, pings.
 */
final class Savina {
  static Map<String, Main.Workload> all() {
    return Map.ofEntries(
        Map.entry("PingPong", new Main.Workload(40_000, Savina::pingPong)),
        Map.entry("Counting", new Main.Workload(1_000_000, Savina::counting)),
        Map.entry("ThreadRing", new Main.Workload(100_000, Savina::threadRing)),
        Map.entry("ForkJoinThroughput", new Main.Workload(600_000, Savina::forkJoinThroughput)),
        Map.entry("ForkJoinCreate", new Main.Workload(40_000, Savina::forkJoinCreate)),
        Map.entry("Big", new Main.Workload(2_400_000, Savina::big)));
  }

  record Ping(ActorRef<Pong> from) {}

  enum Pong {
    PONG
  }

  static void pingPong(Run run) {
    CountDownLatch done = new CountDownLatch(1);
    Behavior<Ping> ponger =
        Behaviors.receiveMessage(
            ping -> {
              ping.from().tell(Pong.PONG);
              return Behaviors.same();
            });
    run.measure(
        done,
        guardian -> {
          ActorRef<Ping> to = guardian.spawnAnonymous(ponger);
          guardian.spawnAnonymous(
              Behaviors.<Pong>setup(
                  context -> {
                    long[] left = {run.n};
                    Ping ping = new Ping(context.getSelf());
                    to.tell(ping);
                    return Behaviors.receiveMessage(
                        pong -> {
                          if (--left[0] > 0) {
                            to.tell(ping);
                            return Behaviors.same();
                          }
                          done.countDown();
                          return Behaviors.stopped();
                        });
                  }));
        });
  }

  interface Count {}

  record Increment() implements Count {}

  record Get(CountDownLatch done, long expected) implements Count {}

  static void counting(Run run) {
    CountDownLatch done = new CountDownLatch(1);
    Behavior<Count> counter =
        Behaviors.setup(
            context -> {
              long[] count = {0};
              return Behaviors.receiveMessage(
                  m -> {
                    if (m instanceof Get get) {
                      if (count[0] != get.expected()) {
                        throw new IllegalStateException("increments were lost");
                      }
                      get.done().countDown();
                      return Behaviors.stopped();
                    }
                    count[0]++;
                    return Behaviors.same();
                  });
            });
    run.measure(
        done,
        context -> {
          ActorRef<Count> to = context.spawnAnonymous(counter);
          context.spawnAnonymous(
              Workloads.sender(
                  run.n + 1,
                  i -> to.tell(i < run.n ? new Increment() : new Get(done, run.n))));
        });
  }

  interface Hop {}

  record Next(ActorRef<Hop> next) implements Hop {}

  record Left(long hops) implements Hop {}

  static Behavior<Hop> ring(ActorRef<Hop> first, CountDownLatch done) {
    return Behaviors.receiveMessage(
        m -> {
          if (m instanceof Next next) {
            return ring(next.next(), done);
          }
          long left = ((Left) m).hops();
          if (left == 0) {
            done.countDown();
          } else {
            first.tell(new Left(left - 1));
          }
          return Behaviors.same();
        });
  }

  static void threadRing(Run run) {
    CountDownLatch done = new CountDownLatch(1);
    List<ActorRef<Hop>> all = new ArrayList<>();
    run.prepare(
        context -> {
          all.add(context.spawnAnonymous(ring(null, done)));
          for (int i = 1; i < run.arg("actors", 100); i++) {
            all.add(context.spawnAnonymous(ring(all.get(i - 1), done)));
          }
          all.get(0).tell(new Next(all.get(all.size() - 1)));
        });
    run.measure(done, all.get(0), new Left(run.n));
  }

  static void forkJoinThroughput(Run run) {
    int actors = (int) run.arg("actors", 60);
    long each = run.share(actors);
    CountDownLatch done = new CountDownLatch(actors);
    run.measure(
        done,
        context -> {
          List<ActorRef<Workloads.Message>> all = new ArrayList<>();
          for (int i = 0; i < actors; i++) {
            all.add(context.spawnAnonymous(Workloads.counter(each, done)));
          }
          context.spawnAnonymous(
              Workloads.sender(
                  run.n, i -> all.get((int) (i % actors)).tell(new Workloads.Message(i))));
        });
  }

  static void forkJoinCreate(Run run) {
    CountDownLatch done = new CountDownLatch((int) run.n);
    run.measure(
        done,
        context -> {
          for (long i = 0; i < run.n; i++) {
            context.spawnAnonymous(Workloads.counter(1, done)).tell(new Workloads.Message(i));
          }
        });
  }

  interface BigMessage {}

  record All(List<ActorRef<BigMessage>> all) implements BigMessage {}

  record BigPing(ActorRef<BigMessage> from) implements BigMessage {}

  enum BigPong implements BigMessage {
    PONG
  }

  static Behavior<BigMessage> bigActor(long seed, long n, CountDownLatch done) {
    return Behaviors.setup(
        context -> {
          SplittableRandom random = new SplittableRandom(seed);
          List<ActorRef<BigMessage>> others = new ArrayList<>();
          long[] left = {n};
          BigPing ping = new BigPing(context.getSelf());
          return Behaviors.receiveMessage(
              m -> {
                if (m instanceof BigPing other) {
                  other.from().tell(BigPong.PONG);
                  return Behaviors.same();
                }
                if (m instanceof All all) {
                  others.addAll(all.all());
                } else if (--left[0] == 0) {
                  done.countDown();
                  return Behaviors.same();
                }
                others.get(random.nextInt(others.size())).tell(ping);
                return Behaviors.same();
              });
        });
  }

  static void big(Run run) {
    int actors = (int) run.arg("actors", 120);
    long each = run.share(actors);
    CountDownLatch done = new CountDownLatch(actors);
    run.measure(
        done,
        context -> {
          List<ActorRef<BigMessage>> all = new ArrayList<>();
          for (int i = 0; i < actors; i++) {
            all.add(context.spawnAnonymous(bigActor(i, each, done)));
          }
          all.forEach(one -> one.tell(new All(all)));
        });
  }
}
