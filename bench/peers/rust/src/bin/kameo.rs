//! Kameo: actors with bounded mailboxes, `ask`, its own supervision.

use kameo::actor::{Actor, ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};
use kameo::supervision::RestartPolicy;
use peers::{Handler, Latch, Library, Run};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering::*};
use std::sync::Arc;
use std::time::Duration;

struct Shell<H>(H);

impl<H: Handler<Kameo>> Actor for Shell<H> {
    type Args = H;
    type Error = Infallible;

    async fn on_start(mut handler: H, _: ActorRef<Self>) -> Result<Self, Infallible> {
        handler.started();
        Ok(Shell(handler))
    }
}

struct Told<T>(T);

impl<H: Handler<Kameo>> Message<Told<H::Message>> for Shell<H> {
    type Reply = ();

    async fn handle(&mut self, message: Told<H::Message>, context: &mut Context<Self, ()>) {
        if !self.0.handle(message.0, context.actor_ref()).await {
            context.stop();
        }
    }
}

struct Echo;

impl Actor for Echo {
    type Args = ();
    type Error = Infallible;

    async fn on_start(_: (), _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(Echo)
    }
}

impl Message<u64> for Echo {
    type Reply = u64;

    async fn handle(&mut self, value: u64, _: &mut Context<Self, u64>) -> u64 {
        value + 1
    }
}

/// Ends at once.
struct Child;

impl Actor for Child {
    type Args = ();
    type Error = Infallible;

    async fn on_start(_: (), me: ActorRef<Self>) -> Result<Self, Infallible> {
        let _ = me.stop_gracefully().await;
        Ok(Child)
    }
}

/// Fails at once; the last of its runs does not.
struct Failing;
type Runs = Arc<(AtomicU64, Arc<Latch>)>;

impl Actor for Failing {
    type Args = Runs;
    type Error = &'static str;

    async fn on_start(runs: Runs, _: ActorRef<Self>) -> Result<Self, &'static str> {
        if runs.0.fetch_sub(1, AcqRel) > 1 {
            return Err("on purpose");
        }
        runs.1.hit();
        Ok(Failing)
    }
}

struct Kameo;

impl Library for Kameo {
    type Ref<H: Handler<Self>> = ActorRef<Shell<H>>;
    type Echo = ActorRef<Echo>;
    type Parent = ActorRef<Echo>;
    const NAME: &'static str = "kameo";
    const VERSION: &'static str = "0.22.2";
    const CONFIG: &'static str =
        "tokio multi-thread with worker_threads=workers, no tracing, bounded mailboxes, fat LTO";

    fn block_on(workers: usize, main: impl Future<Output = Run> + Send + 'static) -> Run {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_time()
            .build()
            .unwrap();
        let main = runtime.spawn(main);
        runtime.block_on(main).unwrap()
    }

    fn go(task: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(task);
    }

    async fn spawn<H: Handler<Self>>(capacity: usize, handler: H) -> Self::Ref<H> {
        Shell::<H>::spawn_with_mailbox(handler, mailbox::bounded(capacity))
    }

    async fn tell<H: Handler<Self>>(to: &Self::Ref<H>, message: H::Message) {
        let _ = to.tell(Told(message)).send().await;
    }

    fn try_tell<H: Handler<Self>>(to: &Self::Ref<H>, message: H::Message) -> bool {
        to.tell(Told(message)).try_send().is_ok()
    }

    async fn echo(capacity: usize) -> Self::Echo {
        Echo::spawn_with_mailbox((), mailbox::bounded(capacity))
    }

    async fn ask(to: &Self::Echo, value: u64) -> u64 {
        to.ask(value).send().await.unwrap()
    }

    async fn parent() -> Self::Parent {
        Echo::spawn(())
    }

    async fn child(parent: &Self::Parent) {
        let child = Child::supervise(parent, ()).restart_policy(RestartPolicy::Never).spawn().await;
        child.wait_for_shutdown().await;
    }

    async fn restarts(n: u64, done: Arc<Latch>) {
        let parent = Echo::spawn(());
        Failing::supervise(&parent, Arc::new((AtomicU64::new(n + 1), done)))
            .restart_policy(RestartPolicy::Permanent)
            .restart_limit(u32::MAX, Duration::from_secs(1))
            .spawn()
            .await;
        std::mem::forget(parent); // a supervisor lives as long as somebody knows it
    }
}

fn main() {
    peers::main::<Kameo>();
}
