//! Stage 3: a scope nothing outlives.
//!
//! ```
//! use listings::scope::{Root, Stopped, scope};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let root = Root::new();
//! let sum = scope(&root, async |s| {
//!     let a = s.spawn("a", async { Ok(20) }).await?;
//!     let b = s.spawn("b", async { Ok(22) }).await?;
//!     Ok::<_, Stopped>(a.await? + b.await?)
//! })
//! .await;
//! assert_eq!(sum.unwrap(), 42);
//! assert!(root.wait().await.is_empty());
//! # }
//! ```
//!
//! # What it promises
//!
//! - Polled to completion, that is, when it returns or panics: no child is alive, no error and no panic is lost, and
//!   nothing starts any more.
//! - Dropped: its children are cancelled at once, and joined by its parent: a scope around it, and at the top the
//!   [`Root`], for which `main` waits.
//! - Leaked: no guarantee.
//!
//! # What it cannot see
//!
//! - What a child starts by other means: `tokio::spawn`, a thread, a job of `spawn_blocking`.
//! - A child that does not return from a poll. Cancelling takes effect at an `.await` and nowhere else.
//! - Panics under `panic = "abort"`: they end the process.
//!
//! The ideas: Nathaniel J. Smith's nurseries
//! (<https://vorpus.org/blog/notes-on-structured-concurrency-or-go-statement-considered-harmful/>), Kotlin's suppressed
//! exceptions, Go's `errgroup`. Parents that join the children of dropped scopes are our answer to futures that may be
//! dropped anywhere.

use std::{
    any::Any,
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use futures::future::poll_fn;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument, Span, debug_span};

/// What a panic carries, or an error whose type has been forgotten.
pub type Payload = Box<dyn Any + Send>;

// --- what comes out ---

// ANCHOR: errors
/// Why a scope has no value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ScopeError<E> {
    /// The body or a child returned an error.
    #[error("{first}{}", more(.suppressed))]
    Failed {
        /// The error that cancelled the others.
        first: Failed<E>,
        /// The errors that came after it, in order.
        suppressed: Vec<Failed<E>>,
    },
    /// Cancelled from outside, before all was done. Nothing had failed.
    #[error("cancelled; cut short: {}", .cut.join(", "))]
    Cancelled {
        /// Which were cut short, in order. The body is called [`BODY`].
        cut: Vec<&'static str>,
    },
}

/// An error, and whose it was.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{task}: {error}")]
pub struct Failed<E> {
    /// The child's name, or [`BODY`].
    pub task: &'static str,
    /// What it returned.
    pub error: E,
}

/// Why a child does not start, or has no value.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum Stopped {
    /// The scope is over: the child was not started.
    #[error("the scope is closed")]
    Closed,
    /// The scope is cancelled: the child was not started.
    #[error("the scope is cancelled")]
    Cancelled,
    /// The child was cut short, or it failed. How is the scope's to say, and it says it.
    #[error("the child has no value")]
    NoValue,
}
// ANCHOR_END: errors

/// The name under which a scope's body is reported.
pub const BODY: &str = "body";

/// How many errors an error does not show.
#[doc(hidden)]
pub fn more<E>(suppressed: &[Failed<E>]) -> String {
    if suppressed.is_empty() {
        String::new()
    } else {
        format!(" (and {} more)", suppressed.len())
    }
}

/// A failure that no scope could return: see [`Root::wait`].
#[derive(Debug)]
pub struct Orphan {
    /// The scope's name.
    pub scope: &'static str,
    /// The child's, or [`BODY`].
    pub task: &'static str,
    /// What went wrong.
    pub what: What,
}

/// What an [`Orphan`] is about.
#[derive(Debug)]
pub enum What {
    /// An `E`, boxed.
    Error(Payload),
    /// A panic's payload.
    Panic(Payload),
}

impl What {
    /// The error or the payload, if it is a `T`.
    #[must_use]
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        match self {
            Self::Error(it) | Self::Panic(it) => it.downcast_ref(),
        }
    }
}

// --- the tree ---

/// The top of a tree of scopes: cancels it, waits for it, and keeps what no scope could return.
///
/// A clone is the same root.
#[derive(Debug, Clone, Default)]
pub struct Root {
    token: CancellationToken,
    tracker: TaskTracker,
    orphans: Orphans,
}

type Orphans = Arc<Mutex<Vec<Orphan>>>;

impl Root {
    /// A root without scopes.
    #[must_use]
    pub fn new() -> Self {
        let root = Self::default();
        // A tracker's wait ends when it is empty *and* closed; closed, it still takes new tokens.
        root.tracker.close();
        root
    }

    /// Cancels every scope below.
    pub fn cancel(&self) {
        self.token.cancel();
    }

    /// Waits until no child is alive in any scope below, and returns the failures that no scope could return: those of
    /// scopes that were dropped, and those that had to give way to a panic.
    ///
    /// Cancellation safe: dropped before it is ready, it has taken nothing.
    pub async fn wait(&self) -> Vec<Orphan> {
        self.tracker.wait().await;
        mem::take(&mut *lock(&self.orphans))
    }
}

/// What a scope can be opened in: a [`Root`], or another [`Scope`].
pub trait Parent {
    /// Only this module can make an [`Above`]: what else is a parent passes on that of a scope.
    #[doc(hidden)]
    fn above(&self) -> Above;
}

/// What a scope needs of its parent.
#[doc(hidden)]
pub struct Above {
    token: CancellationToken,
    node: Arc<dyn Node>,
    orphans: Orphans,
}

/// Who joins what a scope leaves behind.
trait Node: Send + Sync {
    /// Takes in one more that must be waited for, until the result is dropped.
    fn enter(self: Arc<Self>) -> Result<Membership, Stopped>;
}

/// Being waited for, until it is dropped.
type Membership = Box<dyn Send>;

impl Node for TaskTracker {
    fn enter(self: Arc<Self>) -> Result<Membership, Stopped> {
        Ok(Box::new(self.token()))
    }
}

impl Parent for Root {
    fn above(&self) -> Above {
        let node = Arc::new(self.tracker.clone());
        Above {
            token: self.token.clone(),
            node,
            orphans: Arc::clone(&self.orphans),
        }
    }
}

impl<E: Send + 'static> Parent for Scope<E> {
    fn above(&self) -> Above {
        let shared = Arc::clone(&self.shared);
        Above {
            token: shared.token.clone(),
            orphans: Arc::clone(&shared.orphans),
            node: shared,
        }
    }
}

/// A body has its scope by reference, and writes `scope(&s, …)` like everybody else.
impl<P: Parent> Parent for &P {
    fn above(&self) -> Above {
        (**self).above()
    }
}

// --- the scope ---

/// How a scope behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "options do nothing by themselves"]
pub struct Options {
    name: &'static str,
    limit: Option<usize>,
    keeps_going: bool,
    cooperative_body: bool,
    apart: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "scope",
            limit: None,
            keeps_going: false,
            cooperative_body: false,
            apart: false,
        }
    }
}

impl Options {
    /// A name, for reports and spans.
    pub fn name(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// At most so many children at a time. A [`Scope::spawn`] beyond that waits.
    ///
    /// A child that spawns into its own scope holds one place and waits for another: with a limit that can deadlock.
    ///
    /// # Panics
    ///
    /// If it is zero: nothing could ever start.
    pub fn limit(self, limit: usize) -> Self {
        assert!(limit > 0, "a limit of zero starts nothing");
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// A child's error is written down and cancels nobody. A panic still does, and so does an error of the body.
    pub fn keep_going(self) -> Self {
        Self {
            keeps_going: true,
            ..self
        }
    }

    /// The body is not cut short: told of a cancellation by [`Scope::token`], it finishes as it sees fit.
    pub fn cooperative_body(self) -> Self {
        Self {
            cooperative_body: true,
            ..self
        }
    }

    /// Its parent joins it and does not cancel it.
    pub fn apart(self) -> Self {
        Self {
            apart: true,
            ..self
        }
    }
}

/// Runs `body`, in which children can be spawned, and waits until all of them have ended.
///
/// See [`scope_with`], to which this gives the default [`Options`].
///
/// # Errors
///
/// See [`scope_with`].
pub async fn scope<T, E, F>(parent: &impl Parent, body: F) -> Result<T, ScopeError<E>>
where
    F: AsyncFnOnce(&Scope<E>) -> Result<T, E>,
    E: Send + 'static,
{
    scope_with(Options::default(), parent, body).await
}

// ANCHOR: scope_with
/// Runs `body`, in which children can be spawned, and waits until all of them have ended.
///
/// The first error or panic, of the body or a child, cancels the rest.
///
/// # Errors
///
/// [`ScopeError::Failed`] if anybody returned an error; [`ScopeError::Cancelled`] if nobody did, and the parent's
/// cancellation cut somebody short.
///
/// # Panics
///
/// If the body or a child panicked: with the first payload, after all have ended. The other failures then go to the
/// [`Root`].
///
/// # Cancellation safety
///
/// Dropped, it cancels its children at once, and its parent joins them; their failures go to the [`Root`].
pub async fn scope_with<T, E, F>(
    options: Options,
    parent: &impl Parent,
    body: F,
) -> Result<T, ScopeError<E>>
where
    F: AsyncFnOnce(&Scope<E>) -> Result<T, E>,
    E: Send + 'static,
{
    // ANCHOR: solution_scope_with
    let scope = Scope::open(&options, parent);
    let shared = &scope.shared;
    let cut = if options.cooperative_body {
        Until::Begun
    } else {
        Until::Over
    };
    // Declared in this order, so that a dropped scope cancels its children before it drops its body.
    let mut body = pin!(Some(body(&scope)));
    let ending = Ending {
        shared,
        over: false,
    };

    let ended = contain(body.as_mut(), &shared.token, cut)
        .instrument(shared.span.clone())
        .await;
    let value = shared.take_down(BODY, ended);
    if value.is_none() {
        shared.token.cancel(); // also if it keeps going when a child has failed
    }
    poll_fn(|cx| shared.poll_empty(cx)).await;
    ending.finish(value)
    // ANCHOR_END: solution_scope_with
}
// ANCHOR_END: scope_with

/// Where children are spawned. A clone can be sent anywhere; it is of use until the scope closes.
pub struct Scope<E> {
    shared: Arc<Shared<E>>,
}

impl<E> Clone for Scope<E> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<E> fmt::Debug for Scope<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("name", &self.shared.name)
            .finish_non_exhaustive()
    }
}

struct Shared<E> {
    name: &'static str,
    token: CancellationToken,
    keeps_going: bool,
    permits: Option<Arc<Semaphore>>,
    parent: Arc<dyn Node>,
    orphans: Orphans,
    span: Span,
    state: Mutex<State<E>>,
}

// ANCHOR: state
struct State<E> {
    /// Nothing may start any more.
    closed: bool,
    /// Children alive, and scopes below that have some.
    live: usize,
    /// Held while `live` is not zero.
    membership: Option<Membership>,
    /// Wakes the scope when `live` becomes zero.
    waker: Option<Waker>,
    /// What has gone wrong so far.
    errors: Vec<Failed<E>>,
    panics: Vec<(&'static str, Payload)>,
    cut: Vec<&'static str>,
    /// By [`Scope::cancel`], that is, on purpose.
    cancelled_inside: bool,
    /// The scope was dropped: failures have nobody to go to but the root.
    orphaned: bool,
}
// ANCHOR_END: state

impl<E> Default for State<E> {
    fn default() -> Self {
        Self {
            closed: false,
            live: 0,
            membership: None,
            waker: None,
            errors: Vec::new(),
            panics: Vec::new(),
            cut: Vec::new(),
            cancelled_inside: false,
            orphaned: false,
        }
    }
}

/// No code of a user runs under our locks, so a poisoned one is consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<E: Send + 'static> Scope<E> {
    fn open(options: &Options, parent: &impl Parent) -> Self {
        let Above {
            token,
            node,
            orphans,
        } = parent.above();
        let shared = Shared {
            name: options.name,
            token: if options.apart {
                CancellationToken::new()
            } else {
                token.child_token()
            },
            keeps_going: options.keeps_going,
            permits: options.limit.map(|limit| Arc::new(Semaphore::new(limit))),
            parent: node,
            orphans,
            span: debug_span!("scope", name = options.name),
            state: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Spawns a child. Cancelled, it is dropped at its next `.await`.
    ///
    /// Waits for a place, if the scope has a limit; that wait ends when the scope is cancelled.
    ///
    /// # Errors
    ///
    /// [`Stopped::Closed`] or [`Stopped::Cancelled`]: then `future` is dropped and has never been polled.
    ///
    /// # Cancellation safety
    ///
    /// Dropped before it is ready, it has spawned nothing and holds no place.
    pub async fn spawn<T, F>(&self, name: &'static str, future: F) -> Result<Child<T>, Stopped>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
    {
        self.start(name, Until::Over, future).await
    }

    /// Spawns a child that is told of a cancellation by the token it is given, and finishes as it sees fit. The scope
    /// waits for it. Cancelled before its first poll, it does not begin.
    ///
    /// # Errors
    ///
    /// As [`Self::spawn`].
    pub async fn spawn_cooperative<T, F>(
        &self,
        name: &'static str,
        future: impl FnOnce(CancellationToken) -> F,
    ) -> Result<Child<T>, Stopped>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
    {
        // ANCHOR: solution_spawn_cooperative
        let token = self.shared.token.clone();
        self.start(name, Until::Begun, future(token)).await
        // ANCHOR_END: solution_spawn_cooperative
    }

    // ANCHOR: start
    async fn start<T, F>(
        &self,
        name: &'static str,
        cut: Until,
        future: F,
    ) -> Result<Child<T>, Stopped>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
    {
        // ANCHOR: solution_start
        let permit = match &self.shared.permits {
            None => None,
            Some(permits) => tokio::select! {
                biased;
                () = self.shared.token.cancelled() => return Err(self.shared.refusal()),
                permit = Arc::clone(permits).acquire_owned() => permit.ok(),
            },
        };
        // A task that is never polled drops its fields in this order: first the future, then its place in the scope.
        let task = Unstarted {
            future,
            place: self.shared.admit(name, permit)?,
        };
        let (sender, value) = oneshot::channel();
        let span = debug_span!(parent: &self.shared.span, "child", name);
        tokio::spawn(task.run(cut, sender).instrument(span));
        Ok(Child { value })
        // ANCHOR_END: solution_start
    }
    // ANCHOR_END: start

    /// Cancels the scope from inside: the body and the children are cut short, and that is no error.
    ///
    /// Call it last, and return: the body, too, is dropped at its next `.await`.
    pub fn cancel(&self) {
        // ANCHOR: solution_scope_cancel
        lock(&self.shared.state).cancelled_inside = true;
        self.shared.token.cancel();
        // ANCHOR_END: solution_scope_cancel
    }

    /// Cancelled when the scope is: by a failure, by [`Self::cancel`], by its parent, or by being dropped.
    #[must_use]
    pub fn token(&self) -> &CancellationToken {
        &self.shared.token
    }
}

/// The value of a child. Dropping it takes nothing from the child, which belongs to the scope.
///
/// Cancellation safe: polled through `&mut`, it loses nothing.
#[derive(Debug)]
#[must_use = "drop it if the value is not needed; the scope waits for the child anyway"]
pub struct Child<T> {
    value: oneshot::Receiver<T>,
}

impl<T> Future for Child<T> {
    type Output = Result<T, Stopped>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // ANCHOR: solution_child_poll
        Pin::new(&mut self.value)
            .poll(cx)
            .map_err(|_| Stopped::NoValue)
        // ANCHOR_END: solution_child_poll
    }
}

// --- a task ---

// ANCHOR: contain
/// How a future ended.
enum Ended<T> {
    Done(T),
    Cut,
    Panicked(Payload),
}

/// Until when a cancelled future is cut short.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Its first poll. Afterwards it is told, and finishes by itself.
    Begun,
    /// Its end.
    Over,
}

/// Polls a future until it is ready, panics, or is cut short; then drops it. A panic of the drop is the second result.
async fn contain<F: Future>(
    mut future: Pin<&mut Option<F>>,
    token: &CancellationToken,
    cut: Until,
) -> (Ended<F::Output>, Option<Payload>) {
    // ANCHOR: solution_contain
    let mut cancelled = pin!(token.cancelled());
    let mut begun = false;
    let ended = poll_fn(|cx| {
        // Cancellation first: what is cancelled before it begins never begins.
        if (cut == Until::Over || !begun) && cancelled.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ended::Cut);
        }
        begun = true;
        let Some(running) = future.as_mut().as_pin_mut() else {
            return Poll::Ready(Ended::Cut);
        };
        match catch_unwind(AssertUnwindSafe(|| running.poll(cx))) {
            Ok(poll) => poll.map(Ended::Done),
            Err(payload) => Poll::Ready(Ended::Panicked(payload)),
        }
    })
    .await;
    let dropped = catch_unwind(AssertUnwindSafe(|| future.set(None)));
    (ended, dropped.err())
    // ANCHOR_END: solution_contain
}
// ANCHOR_END: contain

struct Unstarted<F, E: Send + 'static> {
    future: F,
    place: Place<E>,
}

impl<F, E: Send + 'static> Unstarted<F, E> {
    // ANCHOR: run
    async fn run<T>(self, cut: Until, sender: oneshot::Sender<T>)
    where
        F: Future<Output = Result<T, E>>,
    {
        // ANCHOR: solution_run
        let Self { future, mut place } = self;
        let ended = contain(pin!(Some(future)), &place.shared.token, cut).await;
        place.taken_down = true;
        if let Some(value) = place.shared.take_down(place.name, ended)
            && let Err(unwanted) = sender.send(value)
            && let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(unwanted)))
        {
            place.shared.panicked(place.name, payload);
        }
        // The last thing that happens, after the future and its value have been dropped: the scope may now end.
        drop(place);
        // ANCHOR_END: solution_run
    }
    // ANCHOR_END: run
}

/// A place in a scope, which is not over as long as there is one. Held by each child, and by what a dropped scope below
/// has left.
struct Place<E: Send + 'static> {
    shared: Arc<Shared<E>>,
    name: &'static str,
    /// How it ended is on record. A task that the runtime throws away leaves none, and counts as cut short.
    taken_down: bool,
    permit: Option<OwnedSemaphorePermit>,
}

impl<E: Send + 'static> Drop for Place<E> {
    fn drop(&mut self) {
        // ANCHOR: solution_place_drop
        drop(self.permit.take());
        self.shared.leave(if self.taken_down {
            None
        } else {
            Some(self.name)
        });
        // ANCHOR_END: solution_place_drop
    }
}

impl<E: Send + 'static> Node for Shared<E> {
    fn enter(self: Arc<Self>) -> Result<Membership, Stopped> {
        // ANCHOR: solution_node_enter
        let mut place = self.place(self.name, None)?;
        place.taken_down = true; // its children are taken down one by one
        Ok(Box::new(place))
        // ANCHOR_END: solution_node_enter
    }
}

impl<E: Send + 'static> Shared<E> {
    // ANCHOR: enter
    /// A place for a child, unless the scope is cancelled or closed.
    fn admit(
        self: &Arc<Self>,
        name: &'static str,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Place<E>, Stopped> {
        // ANCHOR: solution_admit
        if self.token.is_cancelled() {
            Err(self.refusal())
        } else {
            self.place(name, permit)
        }
        // ANCHOR_END: solution_admit
    }

    /// Why a cancelled scope starts nothing.
    fn refusal(&self) -> Stopped {
        // ANCHOR: solution_refusal
        if lock(&self.state).closed {
            Stopped::Closed
        } else {
            Stopped::Cancelled
        }
        // ANCHOR_END: solution_refusal
    }

    fn place(
        self: &Arc<Self>,
        name: &'static str,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Place<E>, Stopped> {
        // ANCHOR: solution_place
        let mut state = lock(&self.state);
        if state.closed {
            return Err(Stopped::Closed);
        }
        if state.live == 0 {
            // Locks are taken from a scope to its parent, never the other way.
            state.membership = Some(Arc::clone(&self.parent).enter()?);
        }
        state.live += 1;
        Ok(Place {
            shared: Arc::clone(self),
            name,
            taken_down: false,
            permit,
        })
        // ANCHOR_END: solution_place
    }
    // ANCHOR_END: enter

    // ANCHOR: leave
    fn leave(&self, cut: Option<&'static str>) {
        // ANCHOR: solution_leave
        let mut state = lock(&self.state);
        state.cut.extend(cut);
        state.live -= 1;
        if state.live == 0 {
            let (membership, waker) = (state.membership.take(), state.waker.take());
            drop(state);
            drop(membership);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        // ANCHOR_END: solution_leave
    }

    /// Ready when nobody is alive. From then on nothing starts.
    fn poll_empty(&self, cx: &Context<'_>) -> Poll<()> {
        // ANCHOR: solution_poll_empty
        let mut state = lock(&self.state);
        if state.live == 0 {
            state.closed = true;
            return Poll::Ready(());
        }
        let old = state.waker.replace(cx.waker().clone());
        drop(state);
        drop(old);
        Poll::Pending
        // ANCHOR_END: solution_poll_empty
    }
    // ANCHOR_END: leave

    // ANCHOR: take_down
    /// Writes down how a task ended, and cancels the others if it failed. Returns its value.
    fn take_down<T>(
        &self,
        task: &'static str,
        (ended, dropped): (Ended<Result<T, E>>, Option<Payload>),
    ) -> Option<T> {
        // ANCHOR: solution_take_down
        let value = match ended {
            Ended::Done(Ok(value)) => Some(value),
            Ended::Done(Err(error)) => {
                self.failed(Failed { task, error });
                None
            }
            Ended::Panicked(payload) => {
                self.panicked(task, payload);
                None
            }
            Ended::Cut => {
                lock(&self.state).cut.push(task);
                None
            }
        };
        if let Some(payload) = dropped {
            self.panicked(task, payload);
        }
        value
        // ANCHOR_END: solution_take_down
    }

    fn failed(&self, failed: Failed<E>) {
        // ANCHOR: solution_failed
        let mut state = lock(&self.state);
        if state.orphaned {
            self.orphan(failed.task, What::Error(Box::new(failed.error)));
        } else {
            state.errors.push(failed);
        }
        drop(state);
        if !self.keeps_going {
            self.token.cancel();
        }
        // ANCHOR_END: solution_failed
    }

    fn panicked(&self, task: &'static str, payload: Payload) {
        // ANCHOR: solution_panicked
        let mut state = lock(&self.state);
        if state.orphaned {
            self.orphan(task, What::Panic(payload));
        } else {
            state.panics.push((task, payload));
        }
        drop(state);
        self.token.cancel();
        // ANCHOR_END: solution_panicked
    }
    // ANCHOR_END: take_down

    /// Leaves a failure to the root.
    fn orphan(&self, task: &'static str, what: What) {
        lock(&self.orphans).push(Orphan {
            scope: self.name,
            task,
            what,
        });
    }
}

// --- the ends ---

// ANCHOR: ending
/// What a scope owes when it ends, one way or another.
struct Ending<'a, E: Send + 'static> {
    shared: &'a Shared<E>,
    over: bool,
}

impl<E: Send + 'static> Ending<'_, E> {
    /// Nobody is alive. A panic comes before errors, and errors come before a cancellation.
    fn finish<T>(mut self, mut value: Option<T>) -> Result<T, ScopeError<E>> {
        // ANCHOR: solution_finish
        self.over = true;
        let shared = self.shared;
        let mut state = lock(&shared.state);
        let (errors, mut panics) = (mem::take(&mut state.errors), mem::take(&mut state.panics));
        let (cut, on_purpose) = (mem::take(&mut state.cut), state.cancelled_inside);
        drop(state);

        if !(errors.is_empty() && panics.is_empty())
            && let Err(payload) = catch_unwind(AssertUnwindSafe(|| value = None))
        {
            panics.push((BODY, payload)); // nobody gets the value, and its destructor panicked
        }
        let mut panics = panics.into_iter();
        if let Some((_, first)) = panics.next() {
            panics.for_each(|(task, payload)| shared.orphan(task, What::Panic(payload)));
            errors
                .into_iter()
                .for_each(|it| shared.orphan(it.task, What::Error(Box::new(it.error))));
            resume_unwind(first);
        }
        let mut errors = errors.into_iter();
        if let Some(first) = errors.next() {
            return Err(ScopeError::Failed {
                first,
                suppressed: errors.collect(),
            });
        }
        match value {
            Some(value) if cut.is_empty() || on_purpose => Ok(value),
            _ => Err(ScopeError::Cancelled { cut }),
        }
        // ANCHOR_END: solution_finish
    }
}

impl<E: Send + 'static> Drop for Ending<'_, E> {
    fn drop(&mut self) {
        // ANCHOR: solution_ending_drop
        if self.over {
            return;
        }
        // The scope was dropped. What has failed so far, and what fails from now on, goes to the root.
        let mut state = lock(&self.shared.state);
        state.orphaned = true;
        state.waker = None;
        let (errors, panics) = (mem::take(&mut state.errors), mem::take(&mut state.panics));
        drop(state);
        panics
            .into_iter()
            .for_each(|(task, payload)| self.shared.orphan(task, What::Panic(payload)));
        errors
            .into_iter()
            .for_each(|it| self.shared.orphan(it.task, What::Error(Box::new(it.error))));
        self.shared.token.cancel();
        // ANCHOR_END: solution_ending_drop
    }
}
// ANCHOR_END: ending
