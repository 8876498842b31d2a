//! Stage 3: a nursery, that is, a scope whose caller chooses.
//!
//! ```
//! use listings::{
//!     nursery::{NurseryError, Options, Policy, nursery_with},
//!     scope::Root,
//! };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let options = Options::default().policy(Policy::Collect);
//! let outcome = nursery_with(options, &Root::new(), async |n| {
//!     for line in ["1", "x", "2", "y"] {
//!         let _ = n.spawn(line, async move { line.parse::<u32>() }).await;
//!     }
//!     Ok(())
//! })
//! .await;
//! let Err(NurseryError::Failed { first, suppressed }) = outcome else { panic!("two lines are no numbers") };
//! assert_eq!((first.task, suppressed[0].task), ("x", "y"));
//! # }
//! ```
//!
//! # What it promises
//!
//! What [`listings::scope`] does, since it is one: completed, dropped and leaked. In addition, a nursery in a nursery is
//! *told* of a cancellation around it and not dropped, so it returns, and its failures come out where they belong.
//!
//! The ideas: Trio's nurseries, shields and `start` (<https://trio.readthedocs.io/en/stable/reference-core.html>), Kotlin's
//! supervisors and suppressed exceptions (<https://kotlinlang.org/docs/exception-handling.html>).

use std::{
    any::Any,
    fmt, mem,
    panic::{AssertUnwindSafe, resume_unwind},
    pin::{Pin, pin},
    process::abort,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures::{FutureExt, future::OptionFuture, future::poll_fn};
use listings::scope::{self, Failed, Parent, Scope, ScopeError, Stopped, scope_with};
use tokio::{sync::oneshot, time::sleep};
use tokio_util::sync::CancellationToken;

use super::s2_shield::{Hold, Patience, in_shield, until_cut};

pub use listings::scope::s3_scope::{BODY, Payload};

// --- what comes out ---

// ANCHOR: errors
/// Why a nursery has no value.
#[derive(Debug, thiserror::Error)]
pub enum NurseryError<E> {
    /// The body or a child failed.
    #[error("{first}{}", scope::s3_scope::more(.suppressed))]
    Failed {
        /// What came first.
        first: Failed<Failure<E>>,
        /// What came after it, in order.
        suppressed: Vec<Failed<Failure<E>>>,
    },
    /// Its own deadline passed before all was done. Nothing had failed.
    #[error("the deadline has passed; cut short: {}", .cut.join(", "))]
    Deadline {
        /// Which were cut short. The body is called [`BODY`].
        cut: Vec<&'static str>,
    },
    /// Cancelled from outside, before all was done. Nothing had failed.
    #[error("cancelled; cut short: {}", .cut.join(", "))]
    Cancelled {
        /// Which were cut short. The body is called [`BODY`].
        cut: Vec<&'static str>,
    },
}

/// How a child failed.
#[derive(thiserror::Error)]
pub enum Failure<E> {
    /// It returned an error.
    #[error("{0}")]
    Error(E),
    /// It panicked, and [`PanicPolicy::Fail`] makes that a failure like others.
    #[error("panicked: {}", .0.downcast_ref::<&str>().unwrap_or(&"no message"))]
    Panic(Payload),
}
// ANCHOR_END: errors

impl<E: fmt::Debug> fmt::Debug for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => f.debug_tuple("Error").field(error).finish(),
            Self::Panic(_) => f.write_str("Panic"),
        }
    }
}

impl<E> Failure<E> {
    /// The error, if it is one.
    pub fn error(&self) -> Option<&E> {
        match self {
            Self::Error(error) => Some(error),
            Self::Panic(_) => None,
        }
    }

    /// What the panic carries, if it is a panic and that is a `T`.
    #[must_use]
    pub fn panic<T: Any>(&self) -> Option<&T> {
        match self {
            Self::Error(_) => None,
            Self::Panic(payload) => payload.downcast_ref(),
        }
    }
}

// --- what is chosen ---

// ANCHOR: policies
/// What the failure of a child means for the others. A failure of the body always ends the nursery.
pub enum Policy<E> {
    /// It cancels them. *Cost:* work that was fine is lost.
    FailFast,
    /// Nothing. All failures are returned together, at the end. *Cost:* the first is learnt last, and work goes on that
    /// may be in vain.
    Collect,
    /// Nothing, and the nursery does not fail either. Each failure goes to the handler at once, before the child has
    /// ended. *Cost:* the nursery's value says nothing about its children; whoever writes the handler decides alone.
    Supervise(Handler<E>),
}

/// What a [`Policy::Supervise`] calls with each failure. If it panics, that is a panic of the child which no
/// [`PanicPolicy`] covers: it is raised.
pub type Handler<E> = Box<dyn Fn(Failed<Failure<E>>) + Send + Sync>;

/// What a panic means: of a child and of what it owns.
///
/// The body's is always raised by the nursery, after all have ended, unless it is [`Abort`](Self::Abort).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PanicPolicy {
    /// It cancels everybody, and is raised again when all have ended. *Cost:* it is late by as long as the others take.
    #[default]
    Raise,
    /// It is a failure, and the [`Policy`] says what that means. *Cost:* whatever the child shared with others may be
    /// in a state that its author never thought of, and they go on.
    Fail,
    /// The process ends, at once, where it happens. *Cost:* nobody cleans up, in the whole process.
    Abort,
}
// ANCHOR_END: policies

impl<E> Policy<E> {
    /// [`Policy::Supervise`] with this handler.
    pub fn supervise(handler: impl Fn(Failed<Failure<E>>) + Send + Sync + 'static) -> Self {
        Self::Supervise(Box::new(handler))
    }
}

impl<E> fmt::Debug for Policy<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FailFast => "FailFast",
            Self::Collect => "Collect",
            Self::Supervise(_) => "Supervise",
        })
    }
}

/// How a nursery behaves. By default it fails fast, raises panics, and has neither limit nor deadline nor grace period.
#[derive(Debug)]
#[must_use = "options do nothing by themselves"]
pub struct Options<E> {
    scope: scope::Options,
    policy: Policy<E>,
    panics: PanicPolicy,
    deadline: Option<Duration>,
    grace: Option<Duration>,
}

impl<E> Default for Options<E> {
    fn default() -> Self {
        let scope = scope::Options::default().name("nursery");
        Self {
            scope,
            policy: Policy::FailFast,
            panics: PanicPolicy::Raise,
            deadline: None,
            grace: None,
        }
    }
}

impl<E> Options<E> {
    /// A name, for reports and spans.
    pub fn name(self, name: &'static str) -> Self {
        Self {
            scope: self.scope.name(name),
            ..self
        }
    }

    /// At most so many children at a time: [`scope::Options::limit`].
    ///
    /// # Panics
    ///
    /// If it is zero.
    pub fn limit(self, limit: usize) -> Self {
        Self {
            scope: self.scope.limit(limit),
            ..self
        }
    }

    /// What a failure means.
    pub fn policy(self, policy: Policy<E>) -> Self {
        Self { policy, ..self }
    }

    /// What a panic means.
    pub fn panics(self, panics: PanicPolicy) -> Self {
        Self { panics, ..self }
    }

    /// The nursery is cancelled so long after it was opened. Nothing extends it; a shorter one around it comes first.
    ///
    /// *Cost:* a deadline says when others are *told*. It says when the nursery returns only if they obey.
    pub fn deadline(self, after: Duration) -> Self {
        Self {
            deadline: Some(after),
            ..self
        }
    }

    /// A child that is told of a cancellation ([`Nursery::spawn_cooperative`]) is cut short so long afterwards.
    /// Without it, the nursery waits for as long as the child takes.
    ///
    /// *Cost:* a cleanup that takes longer is lost half-way.
    pub fn grace(self, grace: Duration) -> Self {
        Self {
            grace: Some(grace),
            ..self
        }
    }
}

// --- the nursery ---

/// Runs `body`, in which children can be spawned, and waits until all of them have ended.
///
/// See [`nursery_with`], to which this gives the default [`Options`].
///
/// # Errors
///
/// See [`nursery_with`].
pub async fn nursery<T, E, F>(parent: &impl Parent, body: F) -> Result<T, NurseryError<E>>
where
    F: AsyncFnOnce(&Nursery<E>) -> Result<T, E>,
    E: Send + 'static,
{
    nursery_with(Options::default(), parent, body).await
}

// ANCHOR: nursery_with
/// Runs `body`, in which children can be spawned, and waits until all of them have ended.
///
/// # Errors
///
/// [`NurseryError::Failed`] if the body failed, or a child did and the policy says that this counts;
/// [`NurseryError::Deadline`] or [`NurseryError::Cancelled`] if nobody failed and somebody was cut short.
///
/// # Panics
///
/// If the body panicked, or a child did and the policy says so: with the first payload, after all have ended. The other
/// failures then go to the [`scope::Root`].
///
/// # Cancellation safety
///
/// Dropped, it cancels its children at once, and its parent joins them; their failures go to the policy's handler if it
/// has one, and to the [`scope::Root`] otherwise. A nursery around it does not drop it, but tells it and waits.
pub async fn nursery_with<T, E, F>(
    options: Options<E>,
    parent: &impl Parent,
    body: F,
) -> Result<T, NurseryError<E>>
where
    F: AsyncFnOnce(&Nursery<E>) -> Result<T, E>,
    E: Send + 'static,
{
    // ANCHOR: solution_nursery_with
    let _told_not_cut = Hold::here();
    let mut due = pin!(OptionFuture::from(options.deadline.map(sleep)));
    let mut scope = options.scope.cooperative_body();
    if matches!(options.policy, Policy::Collect) {
        scope = scope.keep_going();
    }
    if in_shield() {
        scope = scope.apart();
    }
    let Options {
        policy,
        panics,
        grace,
        ..
    } = options;
    let rules = Arc::new(Rules {
        policy,
        panics,
        grace,
        token: OnceLock::new(),
        record: Mutex::default(),
    });

    let mut work = pin!(scope_with(
        scope,
        parent,
        async |scope: &Scope<Failure<E>>| {
            let nursery = Nursery {
                scope: scope.clone(),
                rules: Arc::clone(&rules),
            };
            let token = rules.token.get_or_init(|| scope.token().clone());
            // Boxed, as children are: each layer would copy it, and nurseries in nurseries would fill the stack.
            rules
                .body(until_cut(Box::pin(body(&nursery)), token, Patience::None))
                .await
        }
    ));
    let outcome = poll_fn(|cx| {
        let poll = work.as_mut().poll(cx);
        if poll.is_pending() && matches!(due.as_mut().poll(cx), Poll::Ready(Some(()))) {
            due.set(None.into());
            rules.expire(); // which wakes whoever is told by it
        }
        poll
    })
    .await;
    rules.settle(outcome)
    // ANCHOR_END: solution_nursery_with
}
// ANCHOR_END: nursery_with

/// Where children are spawned. A clone can be sent anywhere; it is of use until the nursery closes.
pub struct Nursery<E> {
    scope: Scope<Failure<E>>,
    rules: Arc<Rules<E>>,
}

impl<E> Clone for Nursery<E> {
    fn clone(&self) -> Self {
        Self {
            scope: self.scope.clone(),
            rules: Arc::clone(&self.rules),
        }
    }
}

impl<E> fmt::Debug for Nursery<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nursery")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

impl<E: Send + 'static> Parent for Nursery<E> {
    fn above(&self) -> scope::s3_scope::Above {
        self.scope.above()
    }
}

impl<E: Send + 'static> Nursery<E> {
    /// Spawns a child. Cancelled, it is dropped at its next `.await` outside a [`shield()`](super::shield()).
    ///
    /// Waits for a place, if the nursery has a limit; that wait ends when the nursery is cancelled.
    ///
    /// # Errors
    ///
    /// [`Stopped::Closed`] if the nursery is over, [`Stopped::Cancelled`] if it is cancelled. The future has been
    /// dropped.
    ///
    /// # Cancellation safety
    ///
    /// Dropped before it is ready, it has spawned nothing and holds no place.
    pub async fn spawn<T, F>(&self, name: &'static str, future: F) -> Result<Child<T>, Stopped>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
    {
        self.launch(name, Patience::None, |_| future).await
    }

    /// Spawns a child that is told of a cancellation by the token it is given, and finishes as it sees fit, within the
    /// [grace period](Options::grace) if there is one. Cancelled before its first poll, it does not begin.
    ///
    /// The token is level-triggered: once cancelled it stays so, and each further wait for it ends at once.
    ///
    /// # Errors
    ///
    /// As [`Self::spawn`].
    ///
    /// # Cancellation safety
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
        let patience = self.rules.grace.map_or(Patience::Endless, Patience::For);
        self.launch(name, patience, future).await
        // ANCHOR_END: solution_spawn_cooperative
    }

    // ANCHOR: start
    /// Spawns a child and waits until it says that it has started, with a value: a port, an address.
    ///
    /// # Errors
    ///
    /// As [`Self::spawn`], and [`Stopped::NoValue`] if the child ends before that. If it has failed, the policy says
    /// what that means, as for all children.
    ///
    /// # Cancellation safety
    ///
    /// Dropped before it is ready, it may have spawned the child, which belongs to the nursery like all others.
    pub async fn start<V, F>(
        &self,
        name: &'static str,
        child: impl FnOnce(Started<V>) -> F,
    ) -> Result<V, Stopped>
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        V: Send + 'static,
    {
        // ANCHOR: solution_start
        let (sender, mut started) = oneshot::channel();
        let ended = self.spawn(name, child(Started(sender))).await?;
        tokio::select! {
            biased;
            value = &mut started => value.map_err(|_| Stopped::NoValue),
            _ = ended => started.try_recv().map_err(|_| Stopped::NoValue), // it may have given its `Started` away
        }
        // ANCHOR_END: solution_start
    }
    // ANCHOR_END: start

    /// Cancels the nursery from inside: the body and the children are told, and that is no error.
    ///
    /// Call it last, and return: the body, too, is dropped at its next `.await`.
    pub fn cancel(&self) {
        // ANCHOR: solution_nursery_cancel
        self.rules.record().cancelled_inside = true;
        self.scope.cancel();
        // ANCHOR_END: solution_nursery_cancel
    }

    /// Cancelled when the nursery is: by a failure, its deadline, [`Self::cancel`], what is around it, or by being
    /// dropped.
    #[must_use]
    pub fn token(&self) -> &CancellationToken {
        self.scope.token()
    }

    async fn launch<T, F>(
        &self,
        name: &'static str,
        patience: Patience,
        future: impl FnOnce(CancellationToken) -> F,
    ) -> Result<Child<T>, Stopped>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
    {
        // ANCHOR: solution_launch
        let rules = Arc::clone(&self.rules);
        let value = self.scope.spawn_cooperative(name, |token| {
            let future = Box::pin(future(token.clone()));
            async move { rules.child(name, until_cut(future, &token, patience)).await }
        });
        Ok(Child {
            value: value.await?,
        })
        // ANCHOR_END: solution_launch
    }
}

/// Said by a child that was spawned by [`Nursery::start`].
#[derive(Debug)]
pub struct Started<V>(oneshot::Sender<V>);

impl<V> Started<V> {
    /// The child has started: `start` returns this value.
    ///
    /// # Errors
    ///
    /// The value, if nobody waits for it any more.
    pub fn ready(self, value: V) -> Result<(), V> {
        self.0.send(value)
    }
}

/// The value of a child. Dropping it takes nothing from the child, which belongs to the nursery.
///
/// Cancellation safe: polled through `&mut`, it loses nothing.
#[derive(Debug)]
#[must_use = "drop it if the value is not needed; the nursery waits for the child anyway"]
pub struct Child<T> {
    value: scope::Child<Option<T>>,
}

impl<T> Future for Child<T> {
    type Output = Result<T, Stopped>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // ANCHOR: solution_child_poll
        Pin::new(&mut self.value)
            .poll(cx)
            .map(|value| value?.ok_or(Stopped::NoValue))
        // ANCHOR_END: solution_child_poll
    }
}

// --- the rules ---

struct Rules<E> {
    policy: Policy<E>,
    panics: PanicPolicy,
    grace: Option<Duration>,
    /// The scope's, from when its body has begun.
    token: OnceLock<CancellationToken>,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    cut: Vec<&'static str>,
    /// By its deadline, and by nothing before that.
    expired: bool,
    /// By [`Nursery::cancel`], that is, on purpose.
    cancelled_inside: bool,
}

impl<E> Rules<E> {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut(&self, task: &'static str) {
        self.record().cut.push(task);
    }

    fn expire(&self) {
        // ANCHOR: solution_expire
        if let Some(token) = self.token.get().filter(|token| !token.is_cancelled()) {
            self.record().expired = true;
            token.cancel();
        }
        // ANCHOR_END: solution_expire
    }

    // ANCHOR: rules
    /// A child, as the scope below sees it: an error is what shall cancel the others, or be returned with theirs.
    async fn child<T>(
        &self,
        name: &'static str,
        child: impl Future<Output = Option<Result<T, E>>>,
    ) -> Result<Option<T>, Failure<E>> {
        // ANCHOR: solution_rules_child
        let failure = match self.contain(child).await {
            Ok(Some(Ok(value))) => return Ok(Some(value)),
            Ok(Some(Err(error))) => Failure::Error(error),
            Ok(None) => {
                self.cut(name);
                return Ok(None);
            }
            Err(payload) => Failure::Panic(payload),
        };
        match &self.policy {
            Policy::Supervise(handler) => {
                handler(Failed {
                    task: name,
                    error: failure,
                });
                Ok(None)
            }
            Policy::FailFast | Policy::Collect => Err(failure),
        }
        // ANCHOR_END: solution_rules_child
    }

    async fn body<T>(
        &self,
        body: impl Future<Output = Option<Result<T, E>>>,
    ) -> Result<Option<T>, Failure<E>> {
        // ANCHOR: solution_rules_body
        match self.contain(body).await {
            Ok(Some(returned)) => returned.map(Some).map_err(Failure::Error),
            Ok(None) => {
                self.cut(BODY);
                Ok(None)
            }
            Err(payload) => resume_unwind(payload),
        }
        // ANCHOR_END: solution_rules_body
    }

    /// Awaits it under the policy for panics. One that is to be raised goes through, to the scope.
    async fn contain<F: Future>(&self, future: F) -> Result<F::Output, Payload> {
        // ANCHOR: solution_contain
        match self.panics {
            PanicPolicy::Raise => Ok(future.await),
            PanicPolicy::Fail => AssertUnwindSafe(future).catch_unwind().await,
            PanicPolicy::Abort => AssertUnwindSafe(future)
                .catch_unwind()
                .await
                .or_else(|_| abort()),
        }
        // ANCHOR_END: solution_contain
    }
    // ANCHOR_END: rules

    // ANCHOR: settle
    /// What all this comes to. Failures come before a cancellation.
    fn settle<T>(
        &self,
        outcome: Result<Option<T>, ScopeError<Failure<E>>>,
    ) -> Result<T, NurseryError<E>> {
        // ANCHOR: solution_settle
        let Record {
            mut cut,
            expired,
            cancelled_inside,
        } = mem::take(&mut *self.record());
        match outcome {
            Err(ScopeError::Failed { first, suppressed }) => {
                return Err(NurseryError::Failed { first, suppressed });
            }
            Ok(Some(value)) if cut.is_empty() || cancelled_inside => return Ok(value),
            Ok(_) => {}
            Err(ScopeError::Cancelled { cut: unbegun }) => cut.extend(unbegun),
        }
        Err(if expired {
            NurseryError::Deadline { cut }
        } else {
            NurseryError::Cancelled { cut }
        })
        // ANCHOR_END: solution_settle
    }
    // ANCHOR_END: settle
}
