//! Savina's workloads in which actors share something: a mall, a buffer, forks, money. An operation
//! is what the size of the workload counts: meetings, items, meals, transactions.

use crate::savina::Random;
use crate::{Handler, Latch, Library, Run, Workload, Workload::*};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::oneshot;

pub fn find<L: Library>(name: &str) -> Workload {
    match name {
        "Chameneos" => Do(200_000, |r| Box::pin(chameneos::<L>(r))),
        "BoundedBuffer" => Do(40_000, |r| Box::pin(bounded_buffer::<L>(r))),
        "Philosophers" => Do(200_000, |r| Box::pin(philosophers::<L>(r))),
        "BankTransactions" => Do(50_000, |r| Box::pin(bank::<L>(r))),
        _ => Skip("this peer has no such workload"),
    }
}

struct Meet<L: Library>(L::Ref<Chameneo<L>>, u8);

struct Mall<L: Library> {
    waiting: Option<Meet<L>>,
    left: u64,
    done: Arc<Latch>,
}

struct Chameneo<L: Library> {
    color: u8,
    mall: L::Ref<Mall<L>>,
}

impl<L: Library> Handler<L> for Mall<L> {
    type Message = Meet<L>;
    async fn handle(&mut self, second: Meet<L>, _: &L::Ref<Self>) -> bool {
        let Some(first) = self.waiting.take() else {
            self.waiting = Some(second);
            return true;
        };
        L::tell(&first.0, second.1).await;
        L::tell(&second.0, first.1).await;
        self.left -= 1;
        if self.left == 0 {
            self.done.hit();
        }
        self.left > 0
    }
}

/// The color that it meets is its message; its own, to start it.
impl<L: Library> Handler<L> for Chameneo<L> {
    type Message = u8;
    async fn handle(&mut self, other: u8, me: &L::Ref<Self>) -> bool {
        if other != self.color {
            self.color = 3 - self.color - other;
        }
        L::tell(&self.mall, Meet(me.clone(), self.color)).await;
        true
    }
}

async fn chameneos<L: Library>(mut r: Run) -> Run {
    let (n, done) = (r.arg("actors", 100), Latch::new(1));
    let mall = L::spawn(r.capacity(n), Mall { waiting: None, left: r.n, done: done.clone() }).await;
    r.start();
    for i in 0..n {
        let color = (i % 3) as u8;
        let one = L::spawn(r.capacity(16), Chameneo { color, mall: mall.clone() }).await;
        L::tell(&one, color).await;
    }
    done.wait().await;
    r.stop();
    r
}

enum Buffered<L: Library> {
    Item(L::Ref<Producer<L>>, u64),
    Free(L::Ref<Consumer<L>>),
}

struct Manager<L: Library> {
    buffer: VecDeque<u64>,
    asking: VecDeque<L::Ref<Producer<L>>>,
    free: VecDeque<L::Ref<Consumer<L>>>,
    room: usize,
    left: u64,
    done: Arc<Latch>,
}

struct Producer<L: Library> {
    left: u64,
    manager: L::Ref<Manager<L>>,
}

struct Consumer<L: Library> {
    manager: L::Ref<Manager<L>>,
}

impl<L: Library> Handler<L> for Manager<L> {
    type Message = Buffered<L>;
    async fn handle(&mut self, message: Buffered<L>, _: &L::Ref<Self>) -> bool {
        match message {
            Buffered::Item(producer, item) => {
                self.buffer.push_back(item);
                self.asking.push_back(producer);
            }
            Buffered::Free(consumer) => self.free.push_back(consumer),
        }
        while !self.buffer.is_empty() && !self.free.is_empty() {
            let (item, consumer) = (self.buffer.pop_front(), self.free.pop_front());
            L::tell(&consumer.unwrap(), item).await;
            self.left -= 1;
        }
        while self.buffer.len() < self.room && !self.asking.is_empty() {
            L::tell(&self.asking.pop_front().unwrap(), ()).await;
        }
        if self.left == 0 {
            self.done.hit();
        }
        self.left > 0
    }
}

impl<L: Library> Handler<L> for Producer<L> {
    type Message = ();
    async fn handle(&mut self, _: (), me: &L::Ref<Self>) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        L::tell(&self.manager, Buffered::Item(me.clone(), self.left)).await;
        true
    }
}

/// Nothing starts it.
impl<L: Library> Handler<L> for Consumer<L> {
    type Message = Option<u64>;
    async fn handle(&mut self, _: Option<u64>, me: &L::Ref<Self>) -> bool {
        L::tell(&self.manager, Buffered::Free(me.clone())).await;
        true
    }
}

async fn bounded_buffer<L: Library>(mut r: Run) -> Run {
    let (producers, consumers) = (r.arg("producers", 40), r.arg("consumers", 40));
    let (each, done) = (r.share(producers), Latch::new(1));
    let manager = Manager {
        buffer: VecDeque::new(),
        asking: VecDeque::new(),
        free: VecDeque::new(),
        room: (r.arg("buffer", 50) - producers) as usize,
        left: r.n,
        done: done.clone(),
    };
    let manager = L::spawn((producers + consumers) as usize, manager).await;
    r.start();
    for _ in 0..producers {
        let one = L::spawn(16, Producer { left: each, manager: manager.clone() }).await;
        L::tell(&one, ()).await;
    }
    for _ in 0..consumers {
        let one = L::spawn(16, Consumer { manager: manager.clone() }).await;
        L::tell(&one, None).await;
    }
    done.wait().await;
    r.stop();
    r
}

enum Fork<L: Library> {
    Table(Vec<L::Ref<Philosopher<L>>>),
    Hungry(usize),
    Eaten(usize),
}

/// Owns the forks. Who is refused asks again, as in Savina.
struct Arbitrator<L: Library> {
    philosophers: Vec<L::Ref<Philosopher<L>>>,
    taken: Vec<bool>,
}

struct Philosopher<L: Library> {
    me: usize,
    left: u64,
    arbitrator: L::Ref<Arbitrator<L>>,
    done: Arc<Latch>,
}

impl<L: Library> Handler<L> for Arbitrator<L> {
    type Message = Fork<L>;
    async fn handle(&mut self, message: Fork<L>, _: &L::Ref<Self>) -> bool {
        match message {
            Fork::Table(philosophers) => {
                self.taken = vec![false; philosophers.len()];
                for one in &philosophers {
                    L::tell(one, false).await;
                }
                self.philosophers = philosophers;
            }
            Fork::Hungry(who) => {
                let (left, right) = (who, (who + 1) % self.taken.len());
                let may = !self.taken[left] && !self.taken[right];
                if may {
                    self.taken[left] = true;
                    self.taken[right] = true;
                }
                L::tell(&self.philosophers[who], may).await;
            }
            Fork::Eaten(who) => {
                let right = (who + 1) % self.taken.len();
                self.taken[who] = false;
                self.taken[right] = false;
            }
        }
        true
    }
}

/// Whether it may eat is its message; the first one, that it may not, starts it.
impl<L: Library> Handler<L> for Philosopher<L> {
    type Message = bool;
    async fn handle(&mut self, may: bool, _: &L::Ref<Self>) -> bool {
        if may {
            self.left -= 1;
            L::tell(&self.arbitrator, Fork::Eaten(self.me)).await;
            if self.left == 0 {
                self.done.hit();
                return false;
            }
        }
        L::tell(&self.arbitrator, Fork::Hungry(self.me)).await;
        true
    }
}

async fn philosophers<L: Library>(mut r: Run) -> Run {
    let n = r.arg("actors", 20);
    let (left, done) = (r.share(n), Latch::new(n));
    let table = Arbitrator { philosophers: vec![], taken: vec![] };
    let arbitrator = L::spawn(r.capacity(2 * n), table).await;
    let mut all = vec![];
    for me in 0..n as usize {
        let (arbitrator, done) = (arbitrator.clone(), done.clone());
        all.push(L::spawn(r.capacity(16), Philosopher { me, left, arbitrator, done }).await);
    }
    r.start();
    L::tell(&arbitrator, Fork::Table(all)).await;
    done.wait().await;
    r.stop();
    r
}

enum Transfer<L: Library> {
    Credit(u64, L::Ref<Account>),
    Debit(u64, oneshot::Sender<u64>),
}

/// Waits for the account that it pays to. Money goes to accounts with a higher number only, as in
/// Savina, so that these waits close no circle.
struct Account {
    balance: u64,
    done: Arc<Latch>,
}

impl<L: Library> Handler<L> for Account {
    type Message = Transfer<L>;
    const WAITS: bool = true;
    async fn handle(&mut self, message: Transfer<L>, _: &L::Ref<Self>) -> bool {
        match message {
            Transfer::Credit(amount, to) => {
                let (reply, answer) = oneshot::channel();
                self.balance = self.balance.wrapping_sub(amount);
                L::tell(&to, Transfer::Debit(amount, reply)).await;
                let _ = answer.await;
                self.done.hit();
            }
            Transfer::Debit(amount, reply) => {
                self.balance = self.balance.wrapping_add(amount);
                let _ = reply.send(self.balance);
            }
        }
        true
    }
}

async fn bank<L: Library>(mut r: Run) -> Run {
    let (n, count, done) = (r.n, r.arg("accounts", 1000) as usize, Latch::new(r.n));
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        all.push(
            L::spawn::<Account>(r.capacity(16), Account { balance: 0, done: done.clone() }).await,
        );
    }
    r.start();
    L::go(async move {
        let mut random = Random(1);
        for _ in 0..n {
            let from = random.below(count / 10 * 8);
            let to = from + 1 + random.below(count - from - 1);
            L::tell(&all[from], Transfer::Credit(1, all[to].clone())).await;
        }
    });
    done.wait().await;
    r.stop();
    r
}
