//! The workloads of the reference library's table, of scale and of latency.

use crate::{savina, Handler, Latch, Library, Pass, Run, Workload, Workload::*};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::*};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

const NO_ROUTER: &str = "the library has no router";
const NO_OUTBOX: &str = "the library has no synchronous one to many";
const NO_SIGNAL: &str = "the library has no values that are watched";

pub fn find<L: Library>(name: &str) -> Workload {
    let bare = L::NAME == "tokio";
    match name {
        "CastInbox_TryCast" => Do(2_000_000, |r| Box::pin(try_cast::<L>(r))),
        "CastInbox_SingleWorker" | "ScaleSenders" => Do(2_000_000, |r| cast::<L>(r, 1)),
        "CastInbox_Parallel" => Do(2_000_000, |r| cast::<L>(r, 8)),
        "CallInbox_SingleWorker" => Do(300_000, |r| call::<L>(r, 1, false)),
        "CallInbox_Contention" => Do(300_000, |r| call::<L>(r, 8, false)),
        "CallLatency" => Do(200_000, |r| call::<L>(r, 4, true)),
        "Supervisor_SpawnAndExit" | "Supervisor_ParallelSpawn" if L::NO_CHILDREN.is_some() => {
            Skip(L::NO_CHILDREN.unwrap())
        }
        "Supervisor_SpawnAndExit" => Do(200_000, |r| Box::pin(children::<L>(r, 1))),
        "Supervisor_ParallelSpawn" => Do(200_000, |r| Box::pin(children::<L>(r, 8))),
        "Supervisor_RestartCycle" => match L::NO_RESTART {
            Some(why) => Skip(why),
            None => Do(100_000, |r| Box::pin(restart_cycle::<L>(r))),
        },
        "Router_Next_RoundRobin" | "Router_Next_Random" | "Router_Next_Parallel" => Skip(NO_ROUTER),
        "Outbox_Emit" | "Outbox_Subscribe" | "Outbox_EmitFireAndForget" => Skip(NO_OUTBOX),
        "PushedSignal_Write" if bare => Do(5_000_000, |r| Box::pin(pushed_write(r))),
        "Broadcaster_Notify" if bare => Do(200_000, |r| Box::pin(notify(r))),
        "PeriodicSignal_Update" if bare => Do(5_000, |r| Box::pin(periodic(r))),
        "PushedSignal_Write" | "Broadcaster_Notify" | "PeriodicSignal_Update" => Skip(NO_SIGNAL),
        "IdleActors" => Do(1_000_000, |r| Box::pin(idle_actors::<L>(r))),
        "ScaleActors" => Do(1_000_000, |r| Box::pin(scale_actors::<L>(r))),
        "WakeLatency" => Do(2_000, |r| Box::pin(wake_latency::<L>(r))),
        "TimerLatency" => Do(1_000, |r| Box::pin(timer_latency(r))),
        _ => savina::find::<L>(name),
    }
}

/// Ends after so many messages.
pub struct Counter {
    pub left: u64,
    pub done: Arc<Latch>,
}

impl<L: Library> Handler<L> for Counter {
    type Message = u64;
    async fn handle(&mut self, message: u64, _: &L::Ref<Self>) -> bool {
        black_box(message);
        self.left -= 1;
        if self.left == 0 {
            self.done.hit();
        }
        self.left > 0
    }
}

fn cast<L: Library>(mut r: Run, senders: u64) -> Pass {
    Box::pin(async move {
        let senders = r.arg("senders", senders);
        let (each, done) = (r.share(senders), Latch::new(1));
        r.note = L::INBOX;
        let receiver = Counter { left: r.n, done: done.clone() };
        let to = L::spawn(r.capacity(1024), receiver).await;
        r.start();
        for _ in 0..senders {
            let to = to.clone();
            L::go(async move {
                for m in 0..each {
                    L::send(&to, m).await;
                }
            });
        }
        done.wait().await;
        r.stop();
        r
    })
}

async fn try_cast<L: Library>(mut r: Run) -> Run {
    let (n, done) = (r.n, Latch::new(1));
    r.note = L::TRY;
    let receiver = Counter { left: n, done: done.clone() };
    let to = L::spawn(r.capacity(1024), receiver).await;
    r.start();
    L::go(async move {
        let mut sent = 0;
        while sent < n {
            if L::try_tell(&to, sent) {
                sent += 1;
            } else {
                tokio::task::yield_now().await; // full: not counted, tried again
            }
        }
    });
    done.wait().await;
    r.stop();
    r
}

fn call<L: Library>(mut r: Run, callers: u64, latency: bool) -> Pass {
    Box::pin(async move {
        let callers = r.arg("callers", callers);
        let (each, done) = (r.share(callers), Latch::new(callers));
        let times: Arc<Vec<AtomicU64>> =
            Arc::new((0..if latency { r.n } else { 0 }).map(|_| AtomicU64::new(0)).collect());
        let to = L::echo(r.capacity(16)).await;
        r.start();
        for c in 0..callers {
            let (to, done, times) = (to.clone(), done.clone(), times.clone());
            L::go(async move {
                for i in 0..each {
                    let begin = latency.then(Instant::now);
                    black_box(L::ask(&to, i).await);
                    if let Some(begin) = begin {
                        let took = begin.elapsed().as_nanos() as u64;
                        times[(c * each + i) as usize].store(took, Relaxed);
                    }
                }
                done.hit();
            });
        }
        done.wait().await;
        r.stop();
        r.times = times.iter().map(|t| t.load(Relaxed)).collect();
        r
    })
}

async fn children<L: Library>(mut r: Run, spawners: u64) -> Run {
    let (each, done, parent) = (r.share(spawners), Latch::new(spawners), L::parent().await);
    r.note = L::CHILD;
    r.start();
    for _ in 0..spawners {
        let (parent, done) = (parent.clone(), done.clone());
        L::go(async move {
            for _ in 0..each {
                L::child(&parent).await;
            }
            done.hit();
        });
    }
    done.wait().await;
    r.stop();
    r
}

async fn restart_cycle<L: Library>(mut r: Run) -> Run {
    let done = Latch::new(1);
    r.note = L::RESTART;
    r.start();
    L::restarts(r.n, done.clone()).await;
    done.wait().await;
    r.stop();
    r
}

async fn pushed_write(mut r: Run) -> Run {
    r.note = "watch::Sender::send_replace; nobody watches, no update function";
    let (value, _) = watch::channel(0);
    r.start();
    for i in 0..r.n {
        black_box(value.send_replace(i));
    }
    r.stop();
    r
}

async fn notify(mut r: Run) -> Run {
    r.note = "watch: nobody looks, the new value replaces the old one";
    let (value, _) = watch::channel(0);
    let waiting: Vec<_> = (0..r.arg("subscribers", 1)).map(|_| value.subscribe()).collect();
    r.start();
    for i in 0..r.n {
        black_box(value.send_replace(i));
    }
    r.stop();
    drop(waiting);
    r
}

async fn periodic(mut r: Run) -> Run {
    r.note = "tokio::time::interval: timers count milliseconds, what was missed comes in a burst";
    let mut ticks = tokio::time::interval(Duration::from_micros(r.arg("us", 100)));
    r.start();
    for _ in 0..r.n {
        ticks.tick().await;
    }
    r.stop();
    r
}

/// Hits the latch when it has started, when one message of a lap is left, which is this one, and
/// with 0, which ends it.
struct Member {
    done: Arc<Latch>,
}

impl<L: Library> Handler<L> for Member {
    type Message = u64;
    fn started(&mut self) {
        self.done.hit();
    }
    async fn handle(&mut self, left: u64, _: &L::Ref<Self>) -> bool {
        if left <= 1 {
            self.done.hit();
        }
        left > 0
    }
}

fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// Its messages have 32 bits.
struct Idle {
    started: Arc<Latch>,
}

impl<L: Library> Handler<L> for Idle {
    type Message = i32;
    fn started(&mut self) {
        self.started.hit();
    }
    async fn handle(&mut self, _: i32, _: &L::Ref<Self>) -> bool {
        true
    }
}

async fn idle_actors<L: Library>(mut r: Run) -> Run {
    r.n = r.arg("actors", r.n);
    let done = Latch::new(r.n);
    // The handles are the caller's: their memory is written before the first look. black_box keeps
    // the compiler from asking for zeroed memory, which nobody would write.
    let mut actors: Vec<Option<L::Ref<Idle>>> = Vec::with_capacity(r.n as usize);
    black_box(&mut actors).resize(r.n as usize, None);
    let before = resident();
    r.start();
    for actor in &mut actors {
        *actor = Some(L::spawn(16, Idle { started: done.clone() }).await);
    }
    done.wait().await;
    r.stop();
    tokio::time::sleep(Duration::from_millis(50)).await;
    r.bytes = resident().saturating_sub(before) / r.n;
    drop(black_box(actors));
    r
}

async fn scale_actors<L: Library>(mut r: Run) -> Run {
    let actors = r.arg("actors", 1000);
    let (rounds, done) = (r.share(actors), Latch::new(actors));
    let mut all = Vec::with_capacity(actors as usize);
    for _ in 0..actors {
        all.push(L::spawn(r.capacity(16), Member { done: done.clone() }).await);
    }
    let all = Arc::new(all);
    done.wait().await;
    // The figures are those of the second lap.
    for rounds in [(rounds / 4).max(1), rounds] {
        let all = all.clone();
        done.expect(actors);
        r.start();
        L::go(async move {
            for left in (1..=rounds).rev() {
                for to in all.iter() {
                    L::send(to, left).await;
                }
            }
        });
        done.wait().await;
        r.stop();
    }
    done.expect(actors);
    for to in all.iter() {
        L::tell(to, 0).await;
    }
    done.wait().await;
    r
}

struct Woken {
    epoch: Instant,
    took: Arc<AtomicUsize>,
}

impl<L: Library> Handler<L> for Woken {
    type Message = u64;
    async fn handle(&mut self, sent: u64, _: &L::Ref<Self>) -> bool {
        let took = self.epoch.elapsed().as_nanos() as u64 - sent;
        self.took.store(took.max(1) as usize, Release);
        true
    }
}

async fn wake_latency<L: Library>(mut r: Run) -> Run {
    r.note = "the sender is a thread outside of the runtime";
    let (epoch, took) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let to = L::spawn(16, Woken { epoch, took: took.clone() }).await;
    let (n, (tell, told)) = (r.n, tokio::sync::oneshot::channel());
    r.start();
    std::thread::spawn(move || {
        let mut times = Vec::new();
        for _ in 0..n {
            took.store(0, Relaxed);
            assert!(L::try_tell(&to, epoch.elapsed().as_nanos() as u64));
            std::thread::sleep(Duration::from_millis(2));
            while took.load(Acquire) == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            times.push(took.load(Acquire) as u64);
        }
        let _ = tell.send(times);
    });
    r.times = told.await.unwrap();
    r.stop();
    r
}

async fn timer_latency(mut r: Run) -> Run {
    r.note = "tokio::time::sleep, which counts milliseconds and never ends early";
    r.start();
    for _ in 0..r.n {
        let due = Instant::now() + Duration::from_millis(1);
        tokio::time::sleep(Duration::from_millis(1)).await;
        r.times.push(due.elapsed().as_nanos() as u64);
    }
    r.stop();
    r
}
