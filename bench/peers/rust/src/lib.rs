//! What the four peers share: arguments, the clock, the line of JSON, and what an actor is to a
//! workload.
//!
//! A workload is written once, as handlers (`Handler`) that a library runs (`Library`). The shell
//! around a handler is the library's own actor, and everything is monomorphised, so nothing of this
//! is left in the measured code. A workload is run three times: to warm up (unless it does that
//! itself), to count allocations, and for the figures.

pub mod savina;
pub mod savina_meetings;
pub mod workloads;

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::*};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;

/// Counts allocations, a realloc too, in the second pass only.
struct Counting;
static COUNT: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() {
    if COUNT.load(Relaxed) {
        ALLOCATIONS.fetch_add(1, Relaxed);
    }
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        System.alloc(layout)
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        System.alloc_zeroed(layout)
    }
    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        System.realloc(p, layout, size)
    }
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        System.dealloc(p, layout)
    }
}

/// What handles the messages of an actor. `handle` says whether the actor goes on.
pub trait Handler<L: Library>: Sized + Send + Unpin + 'static {
    type Message: Send + 'static;
    /// Whether `handle` may wait for something.
    const WAITS: bool = false;
    fn started(&mut self) {}
    fn handle(
        &mut self,
        message: Self::Message,
        me: &L::Ref<Self>,
    ) -> impl Future<Output = bool> + Send;
}

pub trait Library: Sized + Send + Sync + 'static {
    type Ref<H: Handler<Self>>: Clone + Send + Sync + Unpin + 'static;
    type Echo: Clone + Send + Sync + 'static;
    type Parent: Clone + Send + Sync + 'static;
    const NAME: &'static str;
    const VERSION: &'static str;
    const CONFIG: &'static str;
    /// Where an inbox has no bound: how a sender holds back, and what one that does not wait does.
    const INBOX: &'static str = "";
    const TRY: &'static str = "";
    const CHILD: &'static str = "";
    /// Why it cannot supervise or restart, if it cannot.
    const NO_CHILDREN: Option<&'static str> = None;
    const RESTART: &'static str = "";
    const NO_RESTART: Option<&'static str> = None;

    /// Runs the function with the number of threads given.
    fn block_on(workers: usize, main: impl Future<Output = Run> + Send + 'static) -> Run;
    /// Runs a task that is no actor.
    fn go(task: impl Future<Output = ()> + Send + 'static);
    fn spawn<H: Handler<Self>>(
        capacity: usize,
        handler: H,
    ) -> impl Future<Output = Self::Ref<H>> + Send;
    /// Sends from an actor.
    fn tell<H: Handler<Self>>(
        to: &Self::Ref<H>,
        message: H::Message,
    ) -> impl Future<Output = ()> + Send;
    /// Sends from a task: waits, or gives way, where the library has no bound.
    fn send<H: Handler<Self, Message = u64>>(
        to: &Self::Ref<H>,
        message: u64,
    ) -> impl Future<Output = ()> + Send {
        Self::tell(to, message)
    }
    /// Sends from anywhere if there is room.
    fn try_tell<H: Handler<Self>>(to: &Self::Ref<H>, message: H::Message) -> bool;

    fn echo(capacity: usize) -> impl Future<Output = Self::Echo> + Send;
    fn ask(to: &Self::Echo, value: u64) -> impl Future<Output = u64> + Send;

    fn parent() -> impl Future<Output = Self::Parent> + Send;
    /// Starts a child that ends at once, and waits for its end.
    fn child(parent: &Self::Parent) -> impl Future<Output = ()> + Send;
    /// Restarts one child n times.
    fn restarts(n: u64, done: Arc<Latch>) -> impl Future<Output = ()> + Send;
}

/// Opens after so many hits.
pub struct Latch {
    left: AtomicU64,
    open: Notify,
}

impl Latch {
    pub fn new(hits: u64) -> Arc<Latch> {
        Arc::new(Latch { left: AtomicU64::new(hits), open: Notify::new() })
    }
    /// For the next use, when the last has been waited for.
    pub fn expect(&self, hits: u64) {
        self.left.store(hits, Release);
    }
    pub fn hit(&self) {
        if self.left.fetch_sub(1, AcqRel) == 1 {
            self.open.notify_one();
        }
    }
    /// By one task only.
    pub async fn wait(&self) {
        self.open.notified().await
    }
}

/// One pass of a workload.
pub struct Run {
    pub n: u64,
    pub args: Arc<HashMap<String, u64>>,
    pub times: Vec<u64>,
    pub bytes: u64,
    pub note: &'static str,
    begin: Instant,
    seconds: f64,
    allocations: u64,
}

impl Run {
    pub fn arg(&self, key: &str, otherwise: u64) -> u64 {
        self.args.get(key).copied().unwrap_or(otherwise)
    }
    /// The bound of an inbox.
    pub fn capacity(&self, otherwise: u64) -> usize {
        self.arg("capacity", otherwise) as usize
    }
    /// Makes the number of operations a multiple; gives the share of each.
    pub fn share(&mut self, among: u64) -> u64 {
        let each = (self.n / among).max(1);
        self.n = each * among;
        each
    }
    pub fn start(&mut self) {
        self.allocations = ALLOCATIONS.load(Relaxed);
        self.begin = Instant::now();
    }
    pub fn stop(&mut self) {
        self.seconds = self.begin.elapsed().as_secs_f64();
        self.allocations = ALLOCATIONS.load(Relaxed) - self.allocations;
    }
    fn report(&mut self, name: &str, allocations: f64) {
        let mut line = format!(
            "{{\"workload\": \"{name}\", \"ops\": {}, \"seconds\": {:.9}",
            self.n, self.seconds
        );
        if allocations >= 0.0 {
            line += &format!(", \"allocations\": {allocations:.6}");
        }
        if self.bytes != 0 {
            line += &format!(", \"bytes\": {}", self.bytes);
        }
        if !self.times.is_empty() {
            self.times.sort_unstable();
            let last = self.times.len() - 1;
            for (key, share) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)] {
                line += &format!(", \"{key}\": {}", self.times[(share * last as f64) as usize]);
            }
        }
        if !self.note.is_empty() {
            line += &format!(", \"note\": \"{}\"", self.note);
        }
        println!("{line}}}");
    }
}

pub type Pass = Pin<Box<dyn Future<Output = Run> + Send>>;

/// What a workload is: how many operations unless told otherwise, and its function; or why there is
/// none.
pub enum Workload {
    Do(u64, fn(Run) -> Pass),
    Skip(&'static str),
}

pub fn main<L: Library>() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let name = given.first().expect("which workload? give its name, then key=value").as_str();
    if name == "versions" {
        println!(
            "{{\"name\": \"{}\", \"version\": \"{}\", \"runtime\": \"tokio 1.54.1\", \
             \"config\": \"{}\"}}",
            L::NAME,
            L::VERSION,
            L::CONFIG
        );
        return;
    }
    let args: HashMap<String, u64> = given[1..]
        .iter()
        .filter_map(|a| a.split_once('='))
        .map(|(key, value)| (key.into(), value.parse().expect("key=number")))
        .collect();
    let args = Arc::new(args);
    let (ops, function) = match workloads::find::<L>(name) {
        Workload::Skip(why) => {
            println!("{{\"workload\": \"{name}\", \"skip\": \"{why}\"}}");
            return;
        }
        Workload::Do(ops, function) => (args.get("ops").copied().unwrap_or(ops), function),
    };
    let (single, warms_up) = (name == "IdleActors", name == "ScaleActors");
    let (workers, passed, named) =
        (args.get("workers").copied().unwrap_or(2), args, name.to_string());
    let mut run = L::block_on(workers as usize, async move {
        let pass = |n: u64| {
            let (times, bytes, note, begin) = (vec![], 0, "", Instant::now());
            let args = passed.clone();
            function(Run { n, args, times, bytes, note, begin, seconds: 0.0, allocations: 0 })
        };
        let mut allocations = -1.0;
        if !single {
            if !warms_up {
                pass((ops / 5).max(1)).await;
            }
            COUNT.store(true, SeqCst);
            let counted = pass((ops / 5).max(1)).await;
            COUNT.store(false, SeqCst);
            allocations = counted.allocations as f64 / counted.n as f64;
        }
        let mut run = pass(ops).await;
        run.report(&named, allocations);
        run
    });
    run.times.clear();
    // Actors that still wait are not taken apart: a million of them take seconds.
    std::process::exit(0);
}
