package peer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.event.japi.LookupEventBus;
import org.apache.pekko.routing.RandomRoutingLogic;
import org.apache.pekko.routing.Routee;
import org.apache.pekko.routing.RoundRobinRoutingLogic;
import org.apache.pekko.routing.RoutingLogic;
import scala.collection.immutable.Vector;
import scala.jdk.javaapi.CollectionConverters;

/** The workloads of the reference library's table, and those that differ from them by a number. */
final class Workloads {
  static final Map<String, String> SKIPS =
      Map.of(
          "PushedSignal_Write", "the library has no values that are watched",
          "PeriodicSignal_Update", "the scheduler's tick is a millisecond at best");

  static Map<String, Main.Workload> all() {
    return Map.ofEntries(
        Map.entry("CastInbox_TryCast", new Main.Workload(2_000_000, r -> cast(r, 1))),
        Map.entry("CastInbox_SingleWorker", new Main.Workload(2_000_000, r -> cast(r, 1))),
        Map.entry("ScaleSenders", new Main.Workload(2_000_000, r -> cast(r, 1))),
        Map.entry("CastInbox_Parallel", new Main.Workload(2_000_000, r -> cast(r, 8))),
        Map.entry("CallInbox_SingleWorker", new Main.Workload(300_000, r -> call(r, 1, false))),
        Map.entry("CallInbox_Contention", new Main.Workload(300_000, r -> call(r, 8, false))),
        Map.entry("CallLatency", new Main.Workload(200_000, r -> call(r, 4, true))),
        Map.entry("Supervisor_SpawnAndExit", new Main.Workload(200_000, r -> children(r, 1))),
        Map.entry("Supervisor_ParallelSpawn", new Main.Workload(200_000, r -> children(r, 8))),
        Map.entry("Supervisor_RestartCycle", new Main.Workload(200_000, Workloads::restarts)),
        Map.entry(
            "Router_Next_RoundRobin",
            new Main.Workload(20_000_000, r -> route(r, RoundRobinRoutingLogic.apply(), 1))),
        Map.entry(
            "Router_Next_Random",
            new Main.Workload(20_000_000, r -> route(r, RandomRoutingLogic.apply(), 1))),
        Map.entry(
            "Router_Next_Parallel",
            new Main.Workload(
                20_000_000,
                r -> route(r, RoundRobinRoutingLogic.apply(), (int) r.arg("workers", 2)))),
        Map.entry("Outbox_Emit", new Main.Workload(1_000_000, r -> emit(r, 1))),
        Map.entry("Outbox_EmitFireAndForget", new Main.Workload(1_000_000, Workloads::fireAndForget)),
        Map.entry("Outbox_Subscribe", new Main.Workload(100_000, Workloads::subscribe)),
        Map.entry("Broadcaster_Notify", new Main.Workload(200_000, Workloads::broadcast)));
  }

  record Message(long value) {}

  /** Ends after so many messages. */
  static Behavior<Message> counter(long n, CountDownLatch done) {
    return Behaviors.setup(
        context -> {
          long[] left = {n};
          return Behaviors.receiveMessage(
              m -> {
                if (--left[0] > 0) {
                  return Behaviors.same();
                }
                done.countDown();
                return Behaviors.stopped();
              });
        });
  }

  enum Go {
    GO
  }

  /** Mailboxes have no limit: a sender gives way to others by a message to itself. */
  static Behavior<Go> sender(long n, LongConsumer send) {
    return Behaviors.setup(
        context -> {
          long[] sent = {0};
          context.getSelf().tell(Go.GO);
          return Behaviors.receiveMessage(
              go -> {
                long until = Math.min(n, sent[0] + 1024);
                while (sent[0] < until) {
                  send.accept(sent[0]++);
                }
                if (sent[0] == n) {
                  return Behaviors.stopped();
                }
                context.getSelf().tell(Go.GO);
                return Behaviors.same();
              });
        });
  }

  static void cast(Run run, long defaultSenders) {
    long senders = run.arg("senders", defaultSenders);
    long each = run.share(senders);
    run.note = "the mailbox has no limit; a sender gives way after 1024 messages";
    CountDownLatch done = new CountDownLatch(1);
    run.measure(
        done,
        context -> {
          ActorRef<Message> to = context.spawnAnonymous(counter(run.n, done));
          for (long i = 0; i < senders; i++) {
            context.spawnAnonymous(sender(each, value -> to.tell(new Message(value))));
          }
        });
  }

  record Question(long value, ActorRef<Answer> from) {}

  record Answer(long value) {}

  /** Asks with an address in the question, or, with ask=1, by context.ask and its timeout. */
  static Behavior<Answer> caller(
      ActorRef<Question> to, long n, boolean byAsk, long[] times, int first, CountDownLatch done) {
    return Behaviors.setup(
        context -> {
          long[] state = {0, 0}; // how many answers, and when the last question was asked
          Runnable ask =
              () -> {
                state[1] = System.nanoTime();
                if (byAsk) {
                  context.ask(
                      Answer.class,
                      to,
                      Run.PATIENCE,
                      (ActorRef<Answer> from) -> new Question(state[0], from),
                      (answer, failure) -> answer);
                } else {
                  to.tell(new Question(state[0], context.getSelf()));
                }
              };
          ask.run();
          return Behaviors.receiveMessage(
              answer -> {
                times[first + (int) state[0]] = System.nanoTime() - state[1];
                if (++state[0] == n) {
                  done.countDown();
                  return Behaviors.stopped();
                }
                ask.run();
                return Behaviors.same();
              });
        });
  }

  static void call(Run run, long defaultCallers, boolean latency) {
    int callers = (int) run.arg("callers", defaultCallers);
    long each = run.share(callers);
    boolean byAsk = run.arg("ask", 0) == 1;
    run.note = byAsk ? "context.ask, with its timeout" : "a question with an address";
    long[] times = new long[(int) run.n];
    CountDownLatch done = new CountDownLatch(callers);
    run.measure(
        done,
        context -> {
          ActorRef<Question> to =
              context.spawnAnonymous(
                  Behaviors.receiveMessage(
                      q -> {
                        q.from().tell(new Answer(q.value() + 1));
                        return Behaviors.same();
                      }));
          for (int i = 0; i < callers; i++) {
            context.spawnAnonymous(caller(to, each, byAsk, times, i * (int) each, done));
          }
        });
    if (latency) {
      run.times = times;
    }
  }

  /** Spawns children that end at once, each when the one before has ended. */
  static Behavior<Go> parent(long n, CountDownLatch done) {
    Behavior<Go> child = Behaviors.setup(context -> Behaviors.stopped());
    return Behaviors.setup(
        context -> {
          long[] left = {n};
          context.watch(context.spawnAnonymous(child));
          return Behaviors.receive(Go.class)
              .onSignal(
                  Terminated.class,
                  end -> {
                    if (--left[0] == 0) {
                      done.countDown();
                      return Behaviors.stopped();
                    }
                    context.watch(context.spawnAnonymous(child));
                    return Behaviors.same();
                  })
              .build();
        });
  }

  static void children(Run run, long defaultParents) {
    long parents = run.arg("senders", defaultParents);
    long each = run.share(parents);
    CountDownLatch done = new CountDownLatch((int) parents);
    run.measure(
        done,
        context -> {
          for (long i = 0; i < parents; i++) {
            context.spawnAnonymous(parent(each, done));
          }
        });
  }

  private static final class Failure extends RuntimeException {
    Failure() {
      super("on purpose", null, false, false);
    }
  }

  static void restarts(Run run) {
    run.note = "restarted after an exception, which has no stack and is not logged";
    CountDownLatch done = new CountDownLatch(1);
    AtomicLong left = new AtomicLong(run.n);
    Failure failure = new Failure();
    Behavior<Go> child =
        Behaviors.setup(
            context -> {
              if (left.getAndDecrement() == 0) {
                done.countDown();
                return Behaviors.stopped();
              }
              context.getSelf().tell(Go.GO);
              return Behaviors.receiveMessage(
                  go -> {
                    throw failure;
                  });
            });
    SupervisorStrategy restart = SupervisorStrategy.restart().withLoggingEnabled(false);
    run.measure(
        done,
        context -> context.spawnAnonymous(Behaviors.supervise(child).onFailure(restart)));
  }

  record Idle(int id) implements Routee {
    @Override
    public void send(Object message, org.apache.pekko.actor.ActorRef sender) {}
  }

  static void route(Run run, RoutingLogic logic, int threads) throws InterruptedException {
    run.note = "select of the classic router's logic, without a message through an actor";
    List<Routee> list = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      list.add(new Idle(i));
    }
    Vector<Routee> routees = CollectionConverters.asScala(list).toVector();
    long each = run.share(threads);
    Runnable choose =
        () -> {
          int sum = 0;
          for (long i = 0; i < each; i++) {
            sum += ((Idle) logic.select("message", routees)).id();
          }
          sink = sum;
        };
    List<Thread> others = new ArrayList<>();
    run.start();
    for (int i = 0; i < threads; i++) {
      others.add(new Thread(choose));
      others.get(i).start();
    }
    for (Thread thread : others) {
      thread.join();
    }
    run.stop();
  }

  private static volatile int sink;

  /** One to many by plain functions, called by who emits. */
  static final class Bus extends LookupEventBus<Message, Bus.Subscriber, String> {
    record Subscriber(int id, LongConsumer handler) {}

    @Override
    public int mapSize() {
      return 8;
    }

    @Override
    public int compareSubscribers(Subscriber a, Subscriber b) {
      return Integer.compare(a.id(), b.id());
    }

    @Override
    public String classify(Message message) {
      return "all";
    }

    @Override
    public void publish(Message message, Subscriber subscriber) {
      subscriber.handler().accept(message.value());
    }
  }

  static void emit(Run run, long subscribers) {
    run.note = "LookupEventBus.publish";
    Bus bus = new Bus();
    long[] sum = {0};
    for (int i = 0; i < run.arg("subscribers", subscribers); i++) {
      bus.subscribe(new Bus.Subscriber(i, value -> sum[0] += value), "all");
    }
    run.start();
    for (long i = 0; i < run.n; i++) {
      bus.publish(new Message(i));
    }
    run.stop();
    sink = (int) sum[0];
  }

  static void fireAndForget(Run run) {
    run.note = "LookupEventBus.publish";
    Bus bus = new Bus();
    bus.subscribe(new Bus.Subscriber(0, value -> {}), "all");
    run.start();
    for (long i = 0; i < run.n; i++) {
      bus.publish(new Message(i));
    }
    run.stop();
  }

  static void subscribe(Run run) {
    run.note = "LookupEventBus.subscribe, an ordered set";
    Bus bus = new Bus();
    run.start();
    for (int i = 0; i < run.n; i++) {
      bus.subscribe(new Bus.Subscriber(i, value -> {}), "all");
    }
    run.stop();
  }

  static void broadcast(Run run) {
    run.note = "LookupEventBus to actors, every message received";
    int subscribers = (int) run.arg("subscribers", 1);
    CountDownLatch done = new CountDownLatch(subscribers);
    run.measure(
        done,
        context -> {
          Bus bus = new Bus();
          for (int i = 0; i < subscribers; i++) {
            ActorRef<Message> to = context.spawnAnonymous(counter(run.n, done));
            bus.subscribe(new Bus.Subscriber(i, v -> to.tell(new Message(v))), "all");
          }
          context.spawnAnonymous(sender(run.n, v -> bus.publish(new Message(v))));
        });
  }
}
