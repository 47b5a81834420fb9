//! Savina's workloads of messages that go back and forth. An operation is what the size of the
//! workload counts: pings, increments, hops, messages, actors, pings.

use crate::workloads::Counter;
use crate::{savina_meetings, Handler, Latch, Library, Run, Workload, Workload::*};
use std::sync::Arc;
use tokio::sync::oneshot;

pub fn find<L: Library>(name: &str) -> Workload {
    match name {
        "PingPong" => Do(40_000, |r| Box::pin(ping_pong::<L>(r))),
        "Counting" => Do(1_000_000, |r| Box::pin(counting::<L>(r))),
        "ThreadRing" => Do(100_000, |r| Box::pin(thread_ring::<L>(r))),
        "ForkJoinThroughput" => Do(600_000, |r| Box::pin(fork_join_throughput::<L>(r))),
        "ForkJoinCreate" => Do(40_000, |r| Box::pin(fork_join_create::<L>(r))),
        "Big" => Do(2_400_000, |r| Box::pin(big::<L>(r))),
        _ => savina_meetings::find::<L>(name),
    }
}

pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}

struct Pinger<L: Library> {
    pong: L::Ref<Ponger<L>>,
    left: u64,
    done: Arc<Latch>,
}

enum Pinged<L: Library> {
    By(L::Ref<Pinger<L>>),
    Ping,
}

struct Ponger<L: Library>(Option<L::Ref<Pinger<L>>>);

/// Its first message starts it; the others are pongs.
impl<L: Library> Handler<L> for Pinger<L> {
    type Message = ();
    async fn handle(&mut self, _: (), _: &L::Ref<Self>) -> bool {
        if self.left == 0 {
            self.done.hit();
            return false;
        }
        self.left -= 1;
        L::tell(&self.pong, Pinged::Ping).await;
        true
    }
}

impl<L: Library> Handler<L> for Ponger<L> {
    type Message = Pinged<L>;
    async fn handle(&mut self, message: Pinged<L>, _: &L::Ref<Self>) -> bool {
        if let Pinged::By(pinger) = message {
            self.0 = Some(pinger);
        }
        L::tell(self.0.as_ref().unwrap(), ()).await;
        true
    }
}

async fn ping_pong<L: Library>(mut r: Run) -> Run {
    let done = Latch::new(1);
    let pong = L::spawn(r.capacity(16), Ponger(None)).await;
    let ping =
        L::spawn(r.capacity(16), Pinger { pong: pong.clone(), left: r.n, done: done.clone() })
            .await;
    r.start();
    L::tell(&pong, Pinged::By(ping)).await;
    done.wait().await;
    r.stop();
    r
}

enum Count {
    Increment,
    Get(oneshot::Sender<u64>),
}

struct Sum(u64);

impl<L: Library> Handler<L> for Sum {
    type Message = Count;
    async fn handle(&mut self, message: Count, _: &L::Ref<Self>) -> bool {
        match message {
            Count::Increment => self.0 += 1,
            Count::Get(reply) => return reply.send(self.0).is_err(),
        }
        true
    }
}

async fn counting<L: Library>(mut r: Run) -> Run {
    let (n, to) = (r.n, L::spawn(r.capacity(1024), Sum(0)).await);
    let (tell, told) = oneshot::channel();
    r.start();
    L::go(async move {
        for _ in 0..n {
            L::tell(&to, Count::Increment).await;
        }
        L::tell(&to, Count::Get(tell)).await;
    });
    assert_eq!(told.await.unwrap(), n);
    r.stop();
    r
}

enum Hop<L: Library> {
    Next(L::Ref<Ring<L>>),
    Left(u64),
}

struct Ring<L: Library> {
    next: Option<L::Ref<Ring<L>>>,
    done: Arc<Latch>,
}

impl<L: Library> Handler<L> for Ring<L> {
    type Message = Hop<L>;
    async fn handle(&mut self, message: Hop<L>, _: &L::Ref<Self>) -> bool {
        match message {
            Hop::Next(next) => self.next = Some(next),
            Hop::Left(0) => self.done.hit(),
            Hop::Left(n) => L::tell(self.next.as_ref().unwrap(), Hop::Left(n - 1)).await,
        }
        true
    }
}

async fn thread_ring<L: Library>(mut r: Run) -> Run {
    let done = Latch::new(1);
    let first = L::spawn(r.capacity(16), Ring { next: None, done: done.clone() }).await;
    let mut next = first.clone();
    for _ in 1..r.arg("actors", 100) {
        next = L::spawn(r.capacity(16), Ring { next: Some(next), done: done.clone() }).await;
    }
    L::tell(&first, Hop::Next(next)).await;
    r.start();
    L::tell(&first, Hop::Left(r.n)).await;
    done.wait().await;
    r.stop();
    r
}

async fn fork_join_throughput<L: Library>(mut r: Run) -> Run {
    let (actors, capacity) = (r.arg("actors", 60), r.capacity(1024));
    let (each, done) = (r.share(actors), Latch::new(actors));
    let mut all = vec![];
    for _ in 0..actors {
        all.push(L::spawn(capacity, Counter { left: each, done: done.clone() }).await);
    }
    r.start();
    L::go(async move {
        for m in 0..each {
            for to in &all {
                L::send(to, m).await;
            }
        }
    });
    done.wait().await;
    r.stop();
    r
}

async fn fork_join_create<L: Library>(mut r: Run) -> Run {
    let (n, capacity, done) = (r.n, r.capacity(16), Latch::new(r.n));
    let opened = done.clone();
    r.start();
    L::go(async move {
        for i in 0..n {
            let to = L::spawn(capacity, Counter { left: 1, done: done.clone() }).await;
            L::tell(&to, i).await;
        }
    });
    opened.wait().await;
    r.stop();
    r
}

enum Bigs<L: Library> {
    All(Arc<Vec<L::Ref<BigActor<L>>>>),
    Ping(L::Ref<BigActor<L>>),
    Pong,
}

struct BigActor<L: Library> {
    all: Arc<Vec<L::Ref<BigActor<L>>>>,
    left: u64,
    random: Random,
    done: Arc<Latch>,
}

impl<L: Library> BigActor<L> {
    async fn ping(&mut self, me: &L::Ref<Self>) {
        let whom = self.random.below(self.all.len());
        L::tell(&self.all[whom], Bigs::Ping(me.clone())).await;
    }
}

/// Has one ping under way, so an inbox holds at most one from each and its own pong.
impl<L: Library> Handler<L> for BigActor<L> {
    type Message = Bigs<L>;
    async fn handle(&mut self, message: Bigs<L>, me: &L::Ref<Self>) -> bool {
        match message {
            Bigs::All(all) => {
                self.all = all;
                self.ping(me).await;
            }
            Bigs::Ping(from) => L::tell(&from, Bigs::Pong).await,
            Bigs::Pong => {
                self.left -= 1;
                match self.left {
                    0 => self.done.hit(),
                    _ => self.ping(me).await,
                }
            }
        }
        true
    }
}

async fn big<L: Library>(mut r: Run) -> Run {
    let n = r.arg("actors", 120);
    let (left, done) = (r.share(n), Latch::new(n));
    let mut all = vec![];
    for i in 0..n {
        let (all_of_them, random, done) = (Arc::default(), Random(i + 1), done.clone());
        let actor = BigActor { all: all_of_them, left, random, done };
        all.push(L::spawn(r.capacity(n + 2), actor).await);
    }
    let all = Arc::new(all);
    r.start();
    for actor in all.iter() {
        L::tell(actor, Bigs::All(all.clone())).await;
    }
    done.wait().await;
    r.stop();
    r
}
