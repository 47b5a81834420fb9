//! Actix: actors on arbiters, a thread each, over which they are dealt out in turn.

use actix::prelude::*;
use peers::{Handler as Behaviour, Latch, Library, Run};
use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::{Arc, OnceLock};
use std::task::{self, Poll, Waker};
use tokio::sync::oneshot;

static ARBITERS: OnceLock<Vec<ArbiterHandle>> = OnceLock::new();
static NEXT: AtomicUsize = AtomicUsize::new(0);

fn arbiter() -> &'static ArbiterHandle {
    let all = ARBITERS.get().unwrap();
    &all[NEXT.fetch_add(1, Relaxed) % all.len()]
}

struct Told<T>(T);

impl<T: 'static> Message for Told<T> {
    type Result = ();
}

struct Shell<H>(Option<H>);

impl<H: Behaviour<Actix>> Actor for Shell<H> {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        self.0.as_mut().unwrap().started();
    }
}

/// A handler that waits is given to the context, which handles nothing else meanwhile. The others
/// send with `do_send` and are ready at once.
impl<H: Behaviour<Actix>> Handler<Told<H::Message>> for Shell<H> {
    type Result = ();

    fn handle(&mut self, message: Told<H::Message>, context: &mut Self::Context) {
        let me = context.address();
        if H::WAITS {
            let mut handler = self.0.take().unwrap();
            let wait = async move {
                let goes_on = handler.handle(message.0, &me).await;
                (handler, goes_on)
            };
            context.wait(wait.into_actor(self).map(|(handler, goes_on), shell, context| {
                shell.0 = Some(handler);
                if !goes_on {
                    context.stop();
                }
            }));
            return;
        }
        let handled = pin!(self.0.as_mut().unwrap().handle(message.0, &me));
        match handled.poll(&mut task::Context::from_waker(Waker::noop())) {
            Poll::Ready(true) => {}
            Poll::Ready(false) => context.stop(),
            Poll::Pending => panic!("a handler that does not wait has waited"),
        }
    }
}

struct Echo;
struct Question(u64);

impl Message for Question {
    type Result = u64;
}

impl Actor for Echo {
    type Context = Context<Self>;
}

impl Handler<Question> for Echo {
    type Result = u64;

    fn handle(&mut self, question: Question, _: &mut Self::Context) -> u64 {
        question.0 + 1
    }
}

/// Ends at once, and says so.
struct Child(Option<oneshot::Sender<()>>);

impl Actor for Child {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.stop();
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        let _ = self.0.take().unwrap().send(());
    }
}

/// Ends as long as it is to be restarted.
struct Restarted(u64, Arc<Latch>);

impl Actor for Restarted {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        match self.0 {
            0 => self.1.hit(),
            _ => context.stop(),
        }
    }
}

impl Supervised for Restarted {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.0 -= 1;
    }
}

thread_local!(static SENT: Cell<u32> = const { Cell::new(0) });

struct Actix;

impl Library for Actix {
    type Ref<H: Behaviour<Self>> = Addr<Shell<H>>;
    type Echo = Addr<Echo>;
    type Parent = ();
    const NAME: &'static str = "actix";
    const VERSION: &'static str = "0.13.5";
    const CONFIG: &'static str = "workers arbiters, actors and senders dealt out in turn, fat LTO";
    const INBOX: &'static str =
        "do_send, which knows no limit; a sender gives way after 1024 messages";
    const RESTART: &'static str = "the actor stops itself; nothing else is restarted";
    const CHILD: &'static str = "a plain actor: Supervisor never lets one end";

    fn block_on(workers: usize, main: impl Future<Output = Run> + Send + 'static) -> Run {
        System::new().block_on(async move {
            let mut all = vec![Arbiter::current()];
            all.extend((1..workers).map(|_| Arbiter::new().handle()));
            let _ = ARBITERS.set(all);
            main.await
        })
    }

    fn go(task: impl Future<Output = ()> + Send + 'static) {
        arbiter().spawn(task);
    }

    async fn spawn<H: Behaviour<Self>>(capacity: usize, handler: H) -> Self::Ref<H> {
        Shell::start_in_arbiter(arbiter(), move |context| {
            context.set_mailbox_capacity(capacity);
            Shell(Some(handler))
        })
    }

    async fn tell<H: Behaviour<Self>>(to: &Self::Ref<H>, message: H::Message) {
        to.do_send(Told(message));
    }

    async fn send<H: Behaviour<Self, Message = u64>>(to: &Self::Ref<H>, message: u64) {
        to.do_send(Told(message));
        if SENT.replace(SENT.get().wrapping_add(1)) % 1024 == 1023 {
            tokio::task::yield_now().await;
        }
    }

    fn try_tell<H: Behaviour<Self>>(to: &Self::Ref<H>, message: H::Message) -> bool {
        to.try_send(Told(message)).is_ok()
    }

    async fn echo(capacity: usize) -> Self::Echo {
        Echo::start_in_arbiter(arbiter(), move |context| {
            context.set_mailbox_capacity(capacity);
            Echo
        })
    }

    async fn ask(to: &Self::Echo, value: u64) -> u64 {
        to.send(Question(value)).await.unwrap()
    }

    async fn parent() {}

    async fn child(_: &()) {
        let (tell, told) = oneshot::channel();
        Child(Some(tell)).start();
        let _ = told.await;
    }

    async fn restarts(n: u64, done: Arc<Latch>) {
        // It lives as long as somebody knows its address.
        std::mem::forget(Supervisor::start_in_arbiter(arbiter(), move |_| Restarted(n, done)));
    }
}

fn main() {
    peers::main::<Actix>();
}
