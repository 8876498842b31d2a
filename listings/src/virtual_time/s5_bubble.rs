//! Stage 5: a bubble, as in Go's `testing/synctest`, on stable tokio.
//!
//! A bubble is a single-threaded runtime with a paused clock, and a record of what runs in it. Time moves only when
//! everything in the bubble is blocked, and then straight to the next timer. What would hang a test is an error here:
//!
//! ```
//! use listings::virtual_time::bubble::{self, BubbleError};
//!
//! let outcome = bubble::run(async {
//!     let (_never_used, answer) = tokio::sync::oneshot::channel::<()>();
//!     answer.await
//! });
//! assert!(matches!(outcome, Err(BubbleError::Deadlock { .. })));
//! ```
//!
//! # What it cannot see
//!
//! - Foreign threads. A task that waits for a `std::thread` looks blocked for ever. [`spawn_blocking`] is seen.
//! - Sockets, pipes, files. Data that the kernel has ready is handed out first; a peer that is still busy is not
//!   waited for, and the clock moves on.
//! - Other clocks. `std::time::Instant` and `SystemTime` keep real time.
//! - Anything finer than tokio's timers, which tick once a millisecond.
//! - A poll that does not return, and tasks made with `tokio::spawn`: the latter count as leaked, but have no name.
//!
//! The idea, and the meaning of [`wait`], are Go's (<https://go.dev/issue/67434>, <https://go.dev/issue/73567>).

use std::{
    any::Any,
    cell::RefCell,
    collections::BTreeMap,
    fmt,
    future::poll_fn,
    io, mem,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::JoinHandle,
    time::{Instant, sleep},
};

/// Where in the source a task was spawned.
pub type Site = &'static Location<'static>;

/// What went wrong with a bubble; not with the code that ran to its end in it.
#[derive(Debug, thiserror::Error)]
pub enum BubbleError {
    /// The body and every task are blocked, and no timer is set that could free them within a virtual year.
    #[error(
        "deadlock: nothing has moved since {since:?}\n  {body}: the body is blocked{}",
        list(blocked, *unnamed, "is blocked")
    )]
    Deadlock {
        /// When a task was last polled, in virtual time since the bubble began.
        since: Duration,
        /// Where the bubble was run.
        body: Site,
        /// Where the blocked tasks were spawned.
        blocked: Vec<Site>,
        /// How many more there are, spawned with `tokio::spawn`.
        unnamed: usize,
    },
    /// The body has not finished within the virtual time it was given, yet timers are still running.
    #[error(
        "over budget: {budget:?} of virtual time are used up\n  {body}: the body is not done{}",
        list(alive, *unnamed, "is alive")
    )]
    OverBudget {
        /// The budget, see [`Bubble::budget`].
        budget: Duration,
        /// Where the bubble was run.
        body: Site,
        /// Where the tasks were spawned that are alive.
        alive: Vec<Site>,
        /// How many more there are, spawned with `tokio::spawn`.
        unnamed: usize,
    },
    /// Tasks were polled again and again while the clock stood still: most likely one spins instead of sleeping.
    #[error("livelock: {polls} polls at {at:?} and time does not move\n  {task}: was polled last")]
    Livelock {
        /// The instant at which time stood still, since the bubble began.
        at: Duration,
        /// How many polls there were at that instant, see [`Bubble::polls_per_instant`].
        polls: u64,
        /// Where the task was spawned that asked for one poll too many.
        task: Site,
    },
    /// The body is done, but tasks are blocked that it neither joined nor aborted.
    #[error("leak: the body is done, but not its tasks{}", list(tasks, *unnamed, "is blocked"))]
    Leaked {
        /// Where the tasks were spawned.
        tasks: Vec<Site>,
        /// How many more there are, spawned with `tokio::spawn`.
        unnamed: usize,
    },
    /// A task panicked. Reported whether or not its handle was awaited, as in Go.
    #[error("a task panicked: {message}\n  {task}: spawned here")]
    Panicked {
        /// Where the task was spawned.
        task: Site,
        /// What it panicked with.
        message: String,
    },
    /// The runtime could not be built.
    #[error("cannot build the runtime")]
    Runtime(#[from] io::Error),
}

/// One line a task, for the messages above.
fn list(sites: &[Site], unnamed: usize, state: &str) -> impl fmt::Display {
    let mut lines: String = sites
        .iter()
        .map(|site| format!("\n  {site}: this task {state}"))
        .collect();
    if unnamed > 0 {
        lines += &format!("\n  and {unnamed} spawned outside the bubble's own `spawn`");
    }
    lines
}

/// A bubble's limits. [`run`] uses the defaults.
#[derive(Debug, Clone)]
pub struct Bubble {
    budget: Duration,
    polls_per_instant: u64,
}

impl Default for Bubble {
    /// An hour of virtual time; a million polls at one instant.
    fn default() -> Self {
        Self {
            budget: Duration::from_secs(3600),
            polls_per_instant: 1_000_000,
        }
    }
}

/// How far beyond its budget a bubble looks for a timer. Below the range of tokio's timer wheel, 2^36 ms.
const FORESIGHT: Duration = Duration::from_secs(365 * 24 * 3600);

/// A timer far ahead is re-filed a few times before it fires, and the runtime parks each time. More parks than this
/// on the way there are the work of other timers.
const REFILING: u32 = 1000;

impl Bubble {
    /// How much virtual time the body may take before the bubble gives up on it.
    ///
    /// It costs real time only if timers fire meanwhile: a hung body with a task that ticks each virtual millisecond
    /// costs 3.6 million ticks an hour.
    #[must_use]
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// How often the body and the tasks may be polled, all together, before time must have moved.
    ///
    /// This is a limit, not a proof: work that legitimately takes more polls in no time needs a higher one.
    #[must_use]
    pub fn polls_per_instant(mut self, polls: u64) -> Self {
        self.polls_per_instant = polls;
        self
    }

    /// Runs `body` in a bubble, to its end, and then lets its tasks go as far as they can without time moving.
    ///
    /// # Errors
    ///
    /// See [`BubbleError`]. A panicked task is reported rather than the deadlock or leak that it causes.
    ///
    /// # Panics
    ///
    /// If `body` panics, with its payload; or if called within a runtime.
    #[track_caller]
    pub fn run<F: Future>(&self, body: F) -> Result<F::Output, BubbleError> {
        let shared = Arc::new(Shared::new(self, Location::caller()));
        // Dropped last: a task that is dropped with the runtime is still in its bubble.
        let _current = Current::enter(&shared);
        let runtime = runtime(&shared)?;
        let outcome = {
            let _context = runtime.enter();
            shared.lock().start();
            runtime.block_on(supervise(&shared, self.budget, body))
        };
        // A panic comes before whatever it led to.
        match shared.lock().panicked.take() {
            Some((task, message)) => Err(BubbleError::Panicked { task, message }),
            None => outcome,
        }
    }
}

/// Runs `body` in a bubble with the default limits: [`Bubble::run`].
///
/// # Errors
///
/// As [`Bubble::run`].
///
/// # Panics
///
/// As [`Bubble::run`].
#[track_caller]
pub fn run<F: Future>(body: F) -> Result<F::Output, BubbleError> {
    Bubble::default().run(body)
}

fn runtime(shared: &Arc<Shared>) -> io::Result<Runtime> {
    // Weak: the runtime owns the hook, and through its wakers the shared state would own the runtime.
    let hook = Arc::downgrade(shared);
    Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .on_thread_park(move || {
            if let Some(shared) = hook.upgrade() {
                shared.on_park();
            }
        })
        .build()
}

/// Drives the body, and decides what it means if it does not finish.
async fn supervise<F: Future>(
    shared: &Arc<Shared>,
    budget: Duration,
    body: F,
) -> Result<F::Output, BubbleError> {
    let body = pin!(body);
    let mut body = pin!(Tracked::body(shared, body));
    let mut budget_spent = pin!(sleep(budget));
    let output = poll_fn(|cx| {
        shared.watch(cx.waker());
        let last_moved = shared.last_moved();
        if let Poll::Ready(output) = body.as_mut().poll(cx) {
            return Poll::Ready(Ok::<_, BubbleError>(Ok(output)));
        }
        shared.check_livelock()?;
        budget_spent.as_mut().poll(cx).map(|()| Ok(Err(last_moved)))
    })
    .await?;
    let output = match output {
        Ok(output) => output,
        // The clock reached the budget. It goes there in one leap if everything is blocked; then it goes on leaping.
        Err(last_moved) if !shared.anything_moves().await => {
            return Err(shared.deadlock(last_moved));
        }
        Err(_) => return Err(shared.over_budget(budget)),
    };

    // Time stands still from here: waiting keeps the runtime busy until everything is blocked.
    let mut settled = pin!(Wait::new(shared, None));
    poll_fn(|cx| {
        shared.watch(cx.waker());
        shared.check_livelock()?;
        settled.as_mut().poll(cx).map(Ok::<_, BubbleError>)
    })
    .await?;
    let (tasks, unnamed) = shared.alive();
    if tasks.is_empty() && unnamed == 0 {
        Ok(output)
    } else {
        Err(BubbleError::Leaked { tasks, unnamed })
    }
}

/// Virtual time since the bubble began.
///
/// # Panics
///
/// Outside a bubble.
#[track_caller]
#[must_use]
pub fn now() -> Duration {
    Instant::now() - current().lock().origin
}

/// Returns when every other task in the bubble is durably blocked: waiting for a timer, or for one another.
///
/// The clock does not move meanwhile. What is due now runs, what is due in a millisecond does not. A job of
/// [`spawn_blocking`] counts as running. Dropping the future is safe.
///
/// # Panics
///
/// Outside a bubble, and when polled while another task is waiting: each would take the other for blocked.
#[track_caller]
pub fn wait() -> Wait {
    Wait::new(&current(), Some(Location::caller()))
}

/// Spawns a task that the bubble knows by the place where it was spawned.
///
/// # Panics
///
/// Outside a bubble.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let tracked = Tracked::task(&current(), Location::caller(), Box::pin(future));
    tokio::spawn(tracked)
}

/// Runs `job` on a thread where it may block. While it runs, the clock stands still and [`wait`] waits.
///
/// Aborting the handle does not stop the job, but the bubble no longer waits for it.
///
/// # Panics
///
/// Outside a bubble.
#[track_caller]
pub fn spawn_blocking<T: Send + 'static>(
    job: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let shared = current();
    let running = Running::new(&shared);
    let job = tokio::task::spawn_blocking(job);
    let tracked = Tracked::task(
        &shared,
        Location::caller(),
        Box::pin(async move {
            // The count goes down here, on the runtime's thread, when the result has arrived. On the job's thread
            // `wait` could slip in between the end of the job and the wake-up of the task that awaits it.
            let result = job.await;
            drop(running);
            result.unwrap_or_else(|error| resume_unwind(error.into_panic()))
        }),
    );
    tokio::spawn(tracked)
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Shared>>> = const { RefCell::new(None) };
}

#[track_caller]
fn current() -> Arc<Shared> {
    match CURRENT.with_borrow(Clone::clone) {
        Some(shared) => shared,
        None => {
            panic!(
                "not in a bubble: call this within `bubble::run`, and not on a thread of `spawn_blocking`"
            )
        }
    }
}

/// Makes a bubble this thread's current one, until dropped.
struct Current(Option<Arc<Shared>>);

impl Current {
    fn enter(shared: &Arc<Shared>) -> Self {
        Self(CURRENT.replace(Some(Arc::clone(shared))))
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// What the hook, the tasks and the supervisor share. One thread uses it; the lock satisfies `Send`.
struct Shared {
    body: Site,
    polls_per_instant: u64,
    state: Mutex<State>,
}

struct State {
    origin: Instant,
    /// When something was last polled, and how often at that instant.
    instant: Instant,
    polls: u64,
    /// Counts the polls of tasks that were not waiting: `wait` is over when it stops changing.
    activity: u64,
    /// Counts the polls of waiters.
    wait_polls: u64,
    waiters: Vec<Waiter>,
    /// Who waits through [`wait`]; one at a time.
    waiting: Option<Site>,
    /// Blocking jobs that have not been joined.
    running: usize,
    tasks: BTreeMap<u64, Site>,
    next_id: u64,
    panicked: Option<(Site, String)>,
    livelock: Option<Site>,
    supervisor: Waker,
    /// While the supervisor looks for signs of life: how often the runtime has parked since.
    probe: Option<u32>,
}

struct Waiter {
    id: u64,
    /// Of [`wait`], not the bubble's own.
    by_user: bool,
    waker: Waker,
    /// The activity count at the last park.
    seen: Option<u64>,
    done: bool,
}

impl State {
    /// Reads the paused clock; needs the runtime's context.
    fn start(&mut self) {
        self.origin = Instant::now();
        self.instant = self.origin;
    }

    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}

impl Shared {
    fn new(limits: &Bubble, body: Site) -> Self {
        let now = Instant::now();
        Self {
            body,
            polls_per_instant: limits.polls_per_instant,
            state: Mutex::new(State {
                origin: now,
                instant: now,
                polls: 0,
                activity: 0,
                wait_polls: 0,
                waiters: Vec::new(),
                waiting: None,
                running: 0,
                tasks: BTreeMap::new(),
                next_id: 0,
                panicked: None,
                livelock: None,
                supervisor: Waker::noop().clone(),
                probe: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of a user runs under the lock, so a poisoned state is a consistent one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ANCHOR: on_park
    /// No task is ready. Timers and sockets have not been looked at yet.
    fn on_park(&self) {
        let mut state = self.lock();
        if state.running > 0 {
            return;
        }
        let mut wake = Vec::new();
        if let Some(parks) = &mut state.probe {
            *parks += 1;
            if *parks > REFILING {
                wake.push(state.supervisor.clone());
            }
        }
        let (activity, user_waits) = (state.activity, state.waiting.is_some());
        for waiter in &mut state.waiters {
            // Since the last park the driver has been polled, and only waiters have run: it had nothing to hand out.
            // The bubble's own wait is the last to end, as a task that waits is not blocked.
            waiter.done |= waiter.seen == Some(activity) && (waiter.by_user || !user_waits);
            waiter.seen = Some(activity);
            wake.push(waiter.waker.clone());
        }
        drop(state);
        wake.into_iter().for_each(Waker::wake);
    }
    // ANCHOR_END: on_park

    /// Before a poll: false if there have been too many at this instant.
    fn may_poll(&self, task: Site) -> bool {
        let now = Instant::now();
        let mut state = self.lock();
        if now != state.instant {
            state.instant = now;
            state.polls = 0;
        }
        state.polls += 1;
        let exhausted = state.polls > self.polls_per_instant;
        if exhausted {
            state.livelock.get_or_insert(task);
        }
        let wake = (exhausted || state.probe.is_some()).then(|| state.supervisor.clone());
        drop(state);
        if let Some(supervisor) = wake {
            supervisor.wake();
        }
        !exhausted
    }

    /// Remembers the supervisor's waker.
    fn watch(&self, waker: &Waker) {
        let mut state = self.lock();
        if !state.supervisor.will_wake(waker) {
            let old = mem::replace(&mut state.supervisor, waker.clone());
            drop(state);
            drop(old);
        }
    }

    fn check_livelock(&self) -> Result<(), BubbleError> {
        let state = self.lock();
        match state.livelock {
            Some(task) => Err(BubbleError::Livelock {
                at: state.instant - state.origin,
                polls: self.polls_per_instant,
                task,
            }),
            None => Ok(()),
        }
    }

    // ANCHOR: anything_moves
    /// Whether anything is polled within a virtual year from now. It costs no real time if nothing is.
    async fn anything_moves(&self) -> bool {
        let mut year = pin!(sleep(FORESIGHT));
        let mut first = true;
        self.lock().probe = Some(0);
        poll_fn(|cx| {
            self.watch(cx.waker());
            if year.as_mut().poll(cx).is_ready() {
                Poll::Ready(false)
            } else if mem::take(&mut first) {
                Poll::Pending
            } else {
                // Woken, and not by the timer: the body was, or a task was polled, or too many timers fired.
                Poll::Ready(true)
            }
        })
        .await
    }
    // ANCHOR_END: anything_moves

    /// The tasks that are alive: where they were spawned, and how many the bubble did not spawn itself.
    fn alive(&self) -> (Vec<Site>, usize) {
        let sites: Vec<_> = self.lock().tasks.values().copied().collect();
        let unnamed = Handle::current()
            .metrics()
            .num_alive_tasks()
            .saturating_sub(sites.len());
        (sites, unnamed)
    }

    /// When something was last polled, since the bubble began.
    fn last_moved(&self) -> Duration {
        let state = self.lock();
        state.instant - state.origin
    }

    fn deadlock(&self, since: Duration) -> BubbleError {
        let (blocked, unnamed) = self.alive();
        BubbleError::Deadlock {
            since,
            body: self.body,
            blocked,
            unnamed,
        }
    }

    fn over_budget(&self, budget: Duration) -> BubbleError {
        let (alive, unnamed) = self.alive();
        BubbleError::OverBudget {
            budget,
            body: self.body,
            alive,
            unnamed,
        }
    }
}

/// A future whose polls the bubble counts: the body, or a task.
struct Tracked<F> {
    shared: Arc<Shared>,
    site: Site,
    /// The key in the registry of tasks; the body has none.
    id: Option<u64>,
    future: F,
}

impl<F: Future + Unpin> Future for Tracked<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if !self.shared.may_poll(self.site) {
            // Never polled again: the supervisor has been woken, and ends the bubble.
            return Poll::Pending;
        }
        let wait_polls = self.shared.lock().wait_polls;
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut self.future).poll(cx)));
        let mut state = self.shared.lock();
        if state.wait_polls == wait_polls {
            state.activity += 1;
        }
        polled.unwrap_or_else(|payload| {
            if self.id.is_some() {
                state
                    .panicked
                    .get_or_insert_with(|| (self.site, message(&*payload)));
            }
            drop(state);
            resume_unwind(payload)
        })
    }
}

impl<F> Tracked<F> {
    fn body(shared: &Arc<Shared>, future: F) -> Self {
        Self {
            shared: Arc::clone(shared),
            site: shared.body,
            id: None,
            future,
        }
    }

    fn task(shared: &Arc<Shared>, site: Site, future: F) -> Self {
        let mut state = shared.lock();
        let id = state.id();
        state.tasks.insert(id, site);
        Self {
            shared: Arc::clone(shared),
            site,
            id: Some(id),
            future,
        }
    }
}

impl<F> Drop for Tracked<F> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.shared.lock().tasks.remove(&id);
        }
    }
}

/// What a panic says, if it says it in words.
fn message(payload: &(dyn Any + Send)) -> String {
    let words = payload
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned());
    words
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "(no message)".to_owned())
}

/// Counts a blocking job as running, until dropped.
struct Running(Arc<Shared>);

impl Running {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.lock().running += 1;
        Self(Arc::clone(shared))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
    }
}

/// The future of [`wait`].
#[must_use = "futures do nothing unless awaited"]
pub struct Wait {
    shared: Arc<Shared>,
    /// Where [`wait`] was called; the bubble's own waits have none.
    site: Option<Site>,
    id: Option<u64>,
}

impl Wait {
    fn new(shared: &Arc<Shared>, site: Option<Site>) -> Self {
        Self {
            shared: Arc::clone(shared),
            site,
            id: None,
        }
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let mut state = this.shared.lock();
        state.wait_polls += 1;
        let Some(waiter) = state
            .waiters
            .iter_mut()
            .find(|waiter| Some(waiter.id) == this.id)
        else {
            if let (Some(_), Some(other)) = (this.site, state.waiting) {
                drop(state);
                panic!("a wait is already in progress, begun at {other}");
            }
            let id = state.id();
            state.waiting = this.site.or(state.waiting);
            state.waiters.push(Waiter {
                id,
                by_user: this.site.is_some(),
                waker: cx.waker().clone(),
                seen: None,
                done: false,
            });
            this.id = Some(id);
            return Poll::Pending;
        };
        let old = mem::replace(&mut waiter.waker, cx.waker().clone());
        let done = waiter.done;
        drop(state);
        drop(old);
        if !done {
            return Poll::Pending;
        }
        this.leave();
        Poll::Ready(())
    }
}

impl Wait {
    /// Takes the waiter off the list, if it is on it.
    fn leave(&mut self) {
        let Some(id) = self.id.take() else { return };
        let mut state = self.shared.lock();
        if self.site.is_some() {
            state.waiting = None;
        }
        let gone = state
            .waiters
            .iter()
            .position(|waiter| waiter.id == id)
            .map(|at| state.waiters.swap_remove(at));
        drop(state);
        drop(gone);
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.leave();
    }
}
