package peer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The workloads of Savina. An operation is what the size of the workload counts: pings, increments,
 * hops, messages, actors, pings, meetings, items, meals, transactions.
 */
final class Savina {
  static Map<String, Main.Workload> all() {
    return Map.ofEntries(
        Map.entry("PingPong", new Main.Workload(40_000, Savina::pingPong)),
        Map.entry("Counting", new Main.Workload(1_000_000, Savina::counting)),
        Map.entry("ThreadRing", new Main.Workload(100_000, Savina::threadRing)),
        Map.entry("ForkJoinThroughput", new Main.Workload(600_000, Savina::forkJoinThroughput)),
        Map.entry("ForkJoinCreate", new Main.Workload(40_000, Savina::forkJoinCreate)),
        Map.entry("Big", new Main.Workload(2_400_000, Savina::big)),
        Map.entry("Chameneos", new Main.Workload(200_000, Savina::chameneos)),
        Map.entry("BoundedBuffer", new Main.Workload(40_000, Savina::boundedBuffer)),
        Map.entry("Philosophers", new Main.Workload(200_000, Savina::philosophers)),
        Map.entry("BankTransactions", new Main.Workload(50_000, Savina::bank)));
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

  record Meet(ActorRef<Met> who, int color) {}

  record Met(int color) {}

  static Behavior<Meet> mall(long n, CountDownLatch done) {
    return Behaviors.setup(
        context -> {
          long[] left = {n};
          Meet[] waiting = {null};
          return Behaviors.receiveMessage(
              second -> {
                Meet first = waiting[0];
                if (first == null) {
                  waiting[0] = second;
                  return Behaviors.same();
                }
                waiting[0] = null;
                first.who().tell(new Met(second.color()));
                second.who().tell(new Met(first.color()));
                if (--left[0] > 0) {
                  return Behaviors.same();
                }
                done.countDown();
                return Behaviors.stopped();
              });
        });
  }

  static Behavior<Met> chameneo(int first, ActorRef<Meet> mall) {
    return Behaviors.setup(
        context -> {
          int[] color = {first};
          mall.tell(new Meet(context.getSelf(), first));
          return Behaviors.receiveMessage(
              met -> {
                if (met.color() != color[0]) {
                  color[0] = 3 - color[0] - met.color();
                }
                mall.tell(new Meet(context.getSelf(), color[0]));
                return Behaviors.same();
              });
        });
  }

  static void chameneos(Run run) {
    CountDownLatch done = new CountDownLatch(1);
    run.measure(
        done,
        context -> {
          ActorRef<Meet> mall = context.spawnAnonymous(mall(run.n, done));
          for (int i = 0; i < run.arg("actors", 100); i++) {
            context.spawnAnonymous(chameneo(i % 3, mall));
          }
        });
  }

  interface Buffered {}

  record Item(ActorRef<Ask> from, long value) implements Buffered {}

  record Free(ActorRef<Item> who) implements Buffered {}

  enum Ask {
    MORE
  }

  static Behavior<Buffered> manager(long n, long room, CountDownLatch done) {
    return Behaviors.setup(
        context -> {
          Deque<Item> buffer = new ArrayDeque<>();
          Deque<ActorRef<Ask>> asking = new ArrayDeque<>();
          Deque<ActorRef<Item>> free = new ArrayDeque<>();
          long[] left = {n};
          return Behaviors.receiveMessage(
              m -> {
                if (m instanceof Item item) {
                  buffer.add(item);
                  asking.add(item.from());
                } else {
                  free.add(((Free) m).who());
                }
                while (!buffer.isEmpty() && !free.isEmpty()) {
                  free.poll().tell(buffer.poll());
                  left[0]--;
                }
                while (buffer.size() < room && !asking.isEmpty()) {
                  asking.poll().tell(Ask.MORE);
                }
                if (left[0] > 0) {
                  return Behaviors.same();
                }
                done.countDown();
                return Behaviors.stopped();
              });
        });
  }

  static Behavior<Ask> producer(long n, ActorRef<Buffered> manager) {
    return Behaviors.setup(
        context -> {
          long[] left = {n};
          context.getSelf().tell(Ask.MORE);
          return Behaviors.receiveMessage(
              ask -> {
                if (left[0]-- == 0) {
                  return Behaviors.stopped();
                }
                manager.tell(new Item(context.getSelf(), left[0]));
                return Behaviors.same();
              });
        });
  }

  static Behavior<Item> consumer(ActorRef<Buffered> manager) {
    return Behaviors.setup(
        context -> {
          Free free = new Free(context.getSelf());
          manager.tell(free);
          return Behaviors.receiveMessage(
              item -> {
                manager.tell(free);
                return Behaviors.same();
              });
        });
  }

  static void boundedBuffer(Run run) {
    long producers = run.arg("producers", 40);
    long each = run.share(producers);
    long room = run.arg("buffer", 50) - producers;
    CountDownLatch done = new CountDownLatch(1);
    run.measure(
        done,
        context -> {
          ActorRef<Buffered> manager = context.spawnAnonymous(manager(run.n, room, done));
          for (long i = 0; i < producers; i++) {
            context.spawnAnonymous(producer(each, manager));
          }
          for (long i = 0; i < run.arg("consumers", 40); i++) {
            context.spawnAnonymous(consumer(manager));
          }
        });
  }

  record Fork(int who, ActorRef<Boolean> hungry) {}

  /** One arbitrator owns the forks. Who is refused asks again, as in Savina. */
  static Behavior<Fork> arbitrator(int n) {
    return Behaviors.setup(
        context -> {
          boolean[] taken = new boolean[n];
          return Behaviors.receiveMessage(
              m -> {
                int left = m.who();
                int right = (m.who() + 1) % n;
                if (m.hungry() == null) {
                  taken[left] = taken[right] = false;
                  return Behaviors.same();
                }
                boolean may = !taken[left] && !taken[right];
                if (may) {
                  taken[left] = taken[right] = true;
                }
                m.hungry().tell(may);
                return Behaviors.same();
              });
        });
  }

  static Behavior<Boolean> philosopher(
      int who, long n, ActorRef<Fork> arbitrator, CountDownLatch done) {
    return Behaviors.setup(
        context -> {
          long[] left = {n};
          Fork hungry = new Fork(who, context.getSelf());
          Fork eaten = new Fork(who, null);
          arbitrator.tell(hungry);
          return Behaviors.receiveMessage(
              may -> {
                if (may) {
                  arbitrator.tell(eaten);
                  if (--left[0] == 0) {
                    done.countDown();
                    return Behaviors.stopped();
                  }
                }
                arbitrator.tell(hungry);
                return Behaviors.same();
              });
        });
  }

  static void philosophers(Run run) {
    int n = (int) run.arg("actors", 20);
    long each = run.share(n);
    CountDownLatch done = new CountDownLatch(n);
    run.measure(
        done,
        context -> {
          ActorRef<Fork> arbitrator = context.spawnAnonymous(arbitrator(n));
          for (int i = 0; i < n; i++) {
            context.spawnAnonymous(philosopher(i, each, arbitrator, done));
          }
        });
  }

  interface Transfer {}

  record Credit(long amount, ActorRef<Transfer> to) implements Transfer {}

  record Debit(long amount, ActorRef<Transfer> from) implements Transfer {}

  enum Paid implements Transfer {
    PAID
  }

  /** Puts everything else aside while it waits for the account that it pays to, as Savina's do. */
  static final class Account {
    private final ActorRef<Transfer> self;
    private final CountDownLatch done;
    private final Deque<Transfer> aside = new ArrayDeque<>();
    private boolean waits;
    private long balance;

    Account(ActorRef<Transfer> self, CountDownLatch done) {
      this.self = self;
      this.done = done;
    }

    void take(Transfer message) {
      if (message == Paid.PAID) {
        waits = false;
        done.countDown();
      } else {
        aside.add(message);
      }
      while (!waits && !aside.isEmpty()) {
        Transfer next = aside.poll();
        if (next instanceof Credit credit) {
          balance -= credit.amount();
          waits = true;
          credit.to().tell(new Debit(credit.amount(), self));
        } else {
          Debit debit = (Debit) next;
          balance += debit.amount();
          debit.from().tell(Paid.PAID);
        }
      }
    }
  }

  static void bank(Run run) {
    int accounts = (int) run.arg("accounts", 1000);
    CountDownLatch done = new CountDownLatch((int) run.n);
    Behavior<Transfer> account =
        Behaviors.setup(
            context -> {
              Account state = new Account(context.getSelf(), done);
              return Behaviors.receiveMessage(
                  m -> {
                    state.take(m);
                    return Behaviors.same();
                  });
            });
    List<ActorRef<Transfer>> all = new ArrayList<>();
    run.prepare(
        context -> {
          for (int i = 0; i < accounts; i++) {
            all.add(context.spawnAnonymous(account));
          }
        });
    SplittableRandom random = new SplittableRandom(1);
    run.measure(
        done,
        context ->
            context.spawnAnonymous(
                Workloads.sender(
                    run.n,
                    i -> {
                      int from = random.nextInt(accounts / 10 * 8);
                      int to = from + 1 + random.nextInt(accounts - from - 1);
                      all.get(from).tell(new Credit(1, all.get(to)));
                    })));
  }
}
