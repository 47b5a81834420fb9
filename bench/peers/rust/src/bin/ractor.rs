//! Ractor: actors with mailboxes without a limit, `call!`, supervisors written by hand on its
//! events.

use peers::{Handler, Latch, Library, Run};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use std::cell::Cell;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

type Outcome<T> = Result<T, ActorProcessingErr>;

struct Shell<H>(PhantomData<fn() -> H>);

impl<H: Handler<Ractor>> Actor for Shell<H> {
    type Msg = H::Message;
    type State = H;
    type Arguments = H;

    async fn pre_start(&self, _: ActorRef<Self::Msg>, mut handler: H) -> Outcome<H> {
        handler.started();
        Ok(handler)
    }

    async fn handle(
        &self,
        me: ActorRef<Self::Msg>,
        message: Self::Msg,
        handler: &mut H,
    ) -> Outcome<()> {
        if !handler.handle(message, &me).await {
            me.stop(None);
        }
        Ok(())
    }
}

struct Echo;
struct Question(u64, RpcReplyPort<u64>);

impl Actor for Echo {
    type Msg = Question;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Question>, _: ()) -> Outcome<()> {
        Ok(())
    }

    async fn handle(&self, _: ActorRef<Question>, question: Question, _: &mut ()) -> Outcome<()> {
        question.1.send(question.0 + 1)?;
        Ok(())
    }
}

/// Ends at once.
struct Child;

impl Actor for Child {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, me: ActorRef<()>, _: ()) -> Outcome<()> {
        me.stop(None);
        Ok(())
    }
}

/// Fails as soon as it has started.
struct Failing;

impl Actor for Failing {
    type Msg = ();
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<()>, _: ()) -> Outcome<()> {
        Ok(())
    }

    async fn post_start(&self, _: ActorRef<()>, _: &mut ()) -> Outcome<()> {
        Err("on purpose".into())
    }
}

/// Starts a child anew as long as restarts are left.
struct Parent(Option<Arc<Latch>>);

impl Actor for Parent {
    type Msg = ();
    type State = u64;
    type Arguments = u64;

    async fn pre_start(&self, me: ActorRef<()>, left: u64) -> Outcome<u64> {
        if left > 0 {
            Failing::spawn_linked(None, Failing, (), me.get_cell()).await?;
        }
        Ok(left)
    }

    async fn handle_supervisor_evt(
        &self,
        me: ActorRef<()>,
        event: SupervisionEvent,
        left: &mut u64,
    ) -> Outcome<()> {
        if let (SupervisionEvent::ActorFailed(..), Some(done)) = (&event, &self.0) {
            Failing::spawn_linked(None, Failing, (), me.get_cell()).await?;
            *left -= 1;
            if *left == 0 {
                done.hit();
                me.stop(None);
            }
        }
        Ok(())
    }
}

thread_local!(static SENT: Cell<u32> = const { Cell::new(0) });

struct Ractor;

impl Library for Ractor {
    type Ref<H: Handler<Self>> = ActorRef<H::Message>;
    type Echo = ActorRef<Question>;
    type Parent = ActorRef<()>;
    const NAME: &'static str = "ractor";
    const VERSION: &'static str = "0.16.5";
    const CONFIG: &'static str =
        "tokio multi-thread with worker_threads=workers, no message spans, no async-trait, fat LTO";
    const INBOX: &'static str = "the mailbox has no limit; a sender gives way after 1024 messages";
    const TRY: &'static str = "the mailbox has no limit";

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

    async fn spawn<H: Handler<Self>>(_: usize, handler: H) -> Self::Ref<H> {
        Shell::<H>::spawn(None, Shell(PhantomData), handler).await.unwrap().0
    }

    async fn tell<H: Handler<Self>>(to: &Self::Ref<H>, message: H::Message) {
        let _ = to.cast(message);
    }

    async fn send<H: Handler<Self, Message = u64>>(to: &Self::Ref<H>, message: u64) {
        let _ = to.cast(message);
        if SENT.replace(SENT.get().wrapping_add(1)) % 1024 == 1023 {
            tokio::task::yield_now().await;
        }
    }

    fn try_tell<H: Handler<Self>>(to: &Self::Ref<H>, message: H::Message) -> bool {
        to.cast(message).is_ok()
    }

    async fn echo(_: usize) -> Self::Echo {
        Echo::spawn(None, Echo, ()).await.unwrap().0
    }

    async fn ask(to: &Self::Echo, value: u64) -> u64 {
        ractor::call!(to, |reply| Question(value, reply)).unwrap()
    }

    async fn parent() -> Self::Parent {
        Parent::spawn(None, Parent(None), 0).await.unwrap().0
    }

    async fn child(parent: &Self::Parent) {
        let child = Child::spawn_linked(None, Child, (), parent.get_cell()).await.unwrap();
        child.1.await.unwrap();
    }

    async fn restarts(n: u64, done: Arc<Latch>) {
        Parent::spawn(None, Parent(Some(done)), n).await.unwrap();
    }
}

fn main() {
    peers::main::<Ractor>();
}
