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
 * Savina's workloads in which actors share something: a mall, a buffer, forks, money. An operation
 * is what the size of the workload counts: meetings, items, meals, transactions.
 */
final class Meetings {
  static Map<String, Main.Workload> all() {
    return Map.ofEntries(
        Map.entry("Chameneos", new Main.Workload(200_000, Meetings::chameneos)),
        Map.entry("BoundedBuffer", new Main.Workload(40_000, Meetings::boundedBuffer)),
        Map.entry("Philosophers", new Main.Workload(200_000, Meetings::philosophers)),
        Map.entry("BankTransactions", new Main.Workload(50_000, Meetings::bank)));
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
