//! Tokio: an actor is a task with a bounded mpsc channel, a call carries a oneshot channel.

use peers::{Handler, Latch, Library, Run};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

struct Tokio;

impl Library for Tokio {
    type Ref<H: Handler<Self>> = mpsc::Sender<H::Message>;
    type Echo = mpsc::Sender<(u64, oneshot::Sender<u64>)>;
    type Parent = ();
    const NAME: &'static str = "tokio";
    const VERSION: &'static str = "1.54.1";
    const CONFIG: &'static str =
        "multi-thread runtime with worker_threads=workers, bounded mpsc, oneshot, fat LTO";
    const CHILD: &'static str = "a task and its JoinHandle; no supervisor";
    const NO_RESTART: Option<&'static str> = Some("tokio has no supervisor");

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

    async fn spawn<H: Handler<Self>>(capacity: usize, mut handler: H) -> Self::Ref<H> {
        let (me, mut inbox) = mpsc::channel(capacity);
        let address = me.clone();
        tokio::spawn(async move {
            handler.started();
            while let Some(message) = inbox.recv().await {
                if !handler.handle(message, &me).await {
                    break;
                }
            }
        });
        address
    }

    async fn tell<H: Handler<Self>>(to: &Self::Ref<H>, message: H::Message) {
        let _ = to.send(message).await;
    }

    fn try_tell<H: Handler<Self>>(to: &Self::Ref<H>, message: H::Message) -> bool {
        to.try_send(message).is_ok()
    }

    async fn echo(capacity: usize) -> Self::Echo {
        let (to, mut inbox) = mpsc::channel::<(u64, oneshot::Sender<u64>)>(capacity);
        tokio::spawn(async move {
            while let Some((value, reply)) = inbox.recv().await {
                let _ = reply.send(value + 1);
            }
        });
        to
    }

    async fn ask(to: &Self::Echo, value: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        let _ = to.send((value, reply)).await;
        answer.await.unwrap()
    }

    async fn parent() {}

    async fn child(_: &()) {
        tokio::spawn(async {}).await.unwrap();
    }

    async fn restarts(_: u64, _: Arc<Latch>) {}
}

fn main() {
    peers::main::<Tokio>();
}
