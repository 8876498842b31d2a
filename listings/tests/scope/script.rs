//! Random programs that spawn, nest, fail, panic, cancel and drop scopes: played under virtual time, and printed as Rust
//! that a reader can paste.
//!
//! Each scope and each task has a number. It is also the error the task returns, or what its panic carries.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{Arc, Mutex, MutexGuard, OnceLock},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use listings::scope::{Options, Root, Scope, ScopeError, Stopped, scope_with};
use tokio::time::{sleep, timeout};

use crate::programs::{Program, tokens};

/// A scope and its body.
#[derive(Debug, Clone)]
pub struct Script {
    pub number: u32,
    pub limit: Option<usize>,
    pub steps: Vec<Step>,
    pub end: End,
}

#[derive(Debug, Clone)]
pub enum Step {
    /// Milliseconds.
    Sleep(u64),
    /// Into the innermost scope.
    Spawn(Task),
    /// Into the scope around that one, if there is one.
    SpawnAbove(Task),
    /// A scope in a scope; its errors are looked at and dropped.
    Scope(Script),
    /// The same, dropped after so many milliseconds.
    Timed(u64, Script),
    /// Cancels the innermost scope from inside.
    Cancel,
    /// Cancels everything.
    CancelRoot,
}

#[derive(Debug, Clone)]
pub struct Task {
    pub number: u32,
    /// Told of a cancellation; then, or after its steps, it sleeps so many milliseconds.
    pub cooperative: Option<u64>,
    /// A destructor of it panics, unless it has failed already. What that carries is the number plus 1000.
    pub drop_panics: bool,
    pub steps: Vec<Step>,
    pub end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Ok,
    Err,
    Panic,
}

impl End {
    fn smaller(self) -> &'static [Self] {
        match self {
            Self::Ok => &[],
            Self::Err => &[Self::Ok],
            Self::Panic => &[Self::Ok, Self::Err],
        }
    }
}

// --- making it well-formed ---

impl Script {
    /// Gives out the numbers, and takes out what would be a deadlock by itself: a child that spawns into a scope with a
    /// limit holds one place while it waits for another.
    pub fn numbered(mut self) -> Self {
        self.number(&mut 0, &mut Vec::new());
        self
    }

    fn number(&mut self, next: &mut u32, limited: &mut Vec<bool>) {
        self.number = *next;
        *next += 1;
        limited.push(self.limit.is_some());
        number_steps(&mut self.steps, next, limited, false);
        limited.pop();
    }
}

fn number_steps(steps: &mut Vec<Step>, next: &mut u32, limited: &mut Vec<bool>, in_task: bool) {
    let may_spawn = |limited: &[bool], up: usize| match limited.len().checked_sub(up + 1) {
        Some(at) => !limited[at] || (up == 0 && !in_task),
        None => false,
    };
    steps.retain(|step| match step {
        Step::Spawn(_) => may_spawn(limited, 0),
        Step::SpawnAbove(_) => may_spawn(limited, 1),
        _ => true,
    });
    for step in steps {
        match step {
            Step::Spawn(task) => number_task(task, next, limited),
            Step::SpawnAbove(task) => {
                let innermost = limited.pop().unwrap();
                number_task(task, next, limited);
                limited.push(innermost);
            }
            Step::Scope(script) | Step::Timed(_, script) => script.number(next, limited),
            Step::Sleep(_) | Step::Cancel | Step::CancelRoot => {}
        }
    }
}

fn number_task(task: &mut Task, next: &mut u32, limited: &mut Vec<bool>) {
    task.number = *next;
    *next += 1;
    number_steps(&mut task.steps, next, limited, true);
}

// --- making it smaller ---

impl Program for Script {
    fn smaller(&self) -> Vec<Self> {
        self.with_less().into_iter().map(Self::numbered).collect()
    }
}

impl Script {
    /// Every script that is this one with one thing taken out, not yet numbered.
    fn with_less(&self) -> Vec<Self> {
        let mut all = Vec::new();
        // A scope in it, alone.
        all.extend(self.steps.iter().filter_map(|step| match step {
            Step::Scope(script) | Step::Timed(_, script) => Some(script.clone()),
            _ => None,
        }));
        all.extend(smaller_steps(&self.steps).into_iter().map(|steps| Self {
            steps,
            ..self.clone()
        }));
        all.extend(self.limit.map(|_| Self {
            limit: None,
            ..self.clone()
        }));
        all.extend(self.end.smaller().iter().map(|&end| Self {
            end,
            ..self.clone()
        }));
        all
    }
}

impl Task {
    fn smaller(&self) -> Vec<Self> {
        let mut all: Vec<_> = smaller_steps(&self.steps)
            .into_iter()
            .map(|steps| Self {
                steps,
                ..self.clone()
            })
            .collect();
        all.extend(self.cooperative.map(|_| Self {
            cooperative: None,
            ..self.clone()
        }));
        all.extend(self.drop_panics.then(|| Self {
            drop_panics: false,
            ..self.clone()
        }));
        all.extend(self.end.smaller().iter().map(|&end| Self {
            end,
            ..self.clone()
        }));
        all
    }
}

fn smaller_steps(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut all = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let with = |new: Option<Step>| [&steps[..at], new.as_slice(), &steps[at + 1..]].concat();
        all.push(with(None));
        let smaller: Vec<_> = match step {
            Step::Sleep(millis) => (*millis > 1)
                .then_some(Step::Sleep(1))
                .into_iter()
                .collect(),
            Step::Spawn(task) => task.smaller().into_iter().map(Step::Spawn).collect(),
            Step::SpawnAbove(task) => {
                let above = task.smaller().into_iter().map(Step::SpawnAbove);
                std::iter::once(Step::Spawn(task.clone()))
                    .chain(above)
                    .collect()
            }
            Step::Scope(script) => script.with_less().into_iter().map(Step::Scope).collect(),
            Step::Timed(millis, script) => {
                let timed = script
                    .with_less()
                    .into_iter()
                    .map(|script| Step::Timed(*millis, script));
                std::iter::once(Step::Scope(script.clone()))
                    .chain(timed)
                    .collect()
            }
            Step::Cancel | Step::CancelRoot => Vec::new(),
        };
        all.extend(smaller.into_iter().map(|step| with(Some(step))));
    }
    all
}

// --- the ledger ---

/// What happened, written down by the programs themselves and by whoever receives what they return.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Futures of tasks that exist, per scope in or below which they were spawned.
    alive: BTreeMap<u32, usize>,
    /// Tasks that have begun and are not gone, per scope in which they were spawned.
    running: BTreeMap<u32, usize>,
    over: BTreeSet<u32>,
    begun: usize,
    refused: usize,
    raised: Vec<u32>,
    delivered: Vec<u32>,
    violations: Vec<String>,
}

type Shared = Arc<Mutex<Ledger>>;

fn lock(ledger: &Shared) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap()
}

impl Ledger {
    fn violation(&mut self, what: impl Into<String>) {
        self.violations.push(what.into());
    }
}

/// What a script did, for tests that count what they have covered.
#[derive(Debug, Default, Clone)]
pub struct Played {
    /// What the printed program prints.
    pub output: String,
    pub begun: usize,
    pub refused: usize,
    pub failures: usize,
}

/// A scope, as the code in it sees it.
#[derive(Clone)]
struct Level {
    number: u32,
    limit: Option<usize>,
    scope: Scope<u32>,
}

#[derive(Clone)]
struct World {
    root: Arc<Root>,
    ledger: Shared,
    clock: Clock,
    /// From the outermost scope to the innermost.
    levels: Vec<Level>,
}

/// How a script waits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The runtime's, which is paused.
    Virtual,
    /// It yields, so that threads race as they like.
    Yields,
}

impl Clock {
    async fn wait(self, millis: u64) {
        match self {
            Self::Virtual => sleep(Duration::from_millis(millis)).await,
            Self::Yields => {
                for _ in 0..millis {
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}

/// Alive until dropped.
struct Life {
    ledger: Shared,
    path: Vec<u32>,
    begun: bool,
}

impl Life {
    fn new(world: &World) -> Self {
        let path: Vec<_> = world.levels.iter().map(|level| level.number).collect();
        let mut ledger = lock(&world.ledger);
        for number in &path {
            *ledger.alive.entry(*number).or_default() += 1;
        }
        Self {
            ledger: Arc::clone(&world.ledger),
            path,
            begun: false,
        }
    }

    fn begin(&mut self, innermost: &Level) {
        self.begun = true;
        let mut ledger = lock(&self.ledger);
        ledger.begun += 1;
        if let Some(number) = self.path.iter().find(|number| ledger.over.contains(number)) {
            let what = format!("a child began after s{number} was over");
            ledger.violation(what);
        }
        let running = ledger.running.entry(innermost.number).or_default();
        *running += 1;
        if innermost.limit.is_some_and(|limit| *running > limit) {
            let what = format!("{} children at a time in s{}", *running, innermost.number);
            ledger.violation(what);
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let mut ledger = lock(&self.ledger);
        for number in &self.path {
            *ledger.alive.get_mut(number).unwrap() -= 1;
        }
        if self.begun {
            *ledger.running.get_mut(self.path.last().unwrap()).unwrap() -= 1;
        }
    }
}

struct PanicsOnDrop(u32, Shared);

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            lock(&self.1).raised.push(self.0);
            resume_unwind(Box::new(self.0));
        }
    }
}

// --- playing ---

/// Plays a script and holds it against the law: when a scope returns, no child is alive in it or below; no error and no
/// panic is lost; nothing begins after the close.
///
/// # Errors
///
/// What was violated.
pub async fn play(script: &Script, clock: Clock) -> Result<Played, String> {
    let ledger = Shared::default();
    let world = World {
        root: Arc::new(Root::new()),
        ledger: Arc::clone(&ledger),
        clock,
        levels: Vec::new(),
    };
    let root = Arc::clone(&world.root);
    // The outermost scope can panic, like any other.
    let mut output = match AssertUnwindSafe(open(world, script.clone()))
        .catch_unwind()
        .await
    {
        Ok(outcome) => format!("{outcome:?}\n"),
        Err(payload) => {
            lock(&ledger)
                .delivered
                .push(*payload.downcast::<u32>().unwrap());
            String::new()
        }
    };
    let orphans = root.wait().await;
    let _ = writeln!(output, "{orphans:?}");
    let mut ledger = lock(&ledger);
    if ledger.alive.values().any(|alive| *alive > 0) {
        ledger.violation("a child was alive when the root had waited");
    }
    ledger.delivered.extend(
        orphans
            .iter()
            .map(|it| *it.what.downcast_ref::<u32>().unwrap()),
    );
    ledger.raised.sort_unstable();
    ledger.delivered.sort_unstable();
    if ledger.raised != ledger.delivered {
        let what = format!(
            "raised {:?}, delivered {:?}",
            ledger.raised, ledger.delivered
        );
        ledger.violation(what);
    }
    match ledger.violations.first() {
        Some(what) => Err(what.clone()),
        None => Ok(Played {
            output,
            begun: ledger.begun,
            refused: ledger.refused,
            failures: ledger.raised.len(),
        }),
    }
}

/// Opens a scope, waits for it, and looks at what it leaves.
fn open(world: World, script: Script) -> BoxFuture<'static, Result<(), ScopeError<u32>>> {
    Box::pin(async move {
        let escaped = Arc::new(Mutex::new(None));
        let Script {
            number,
            limit,
            steps,
            end,
        } = script;
        let options = limit.map_or_else(Options::default, |limit| Options::default().limit(limit));
        let body = {
            let (world, escaped) = (world.clone(), Arc::clone(&escaped));
            async move |s: &Scope<u32>| {
                *escaped.lock().unwrap() = Some(s.clone());
                let mut world = world;
                world.levels.push(Level {
                    number,
                    limit,
                    scope: s.clone(),
                });
                perform(world.clone(), steps).await;
                finish(&world, number, end)
            }
        };
        let outcome = match world.levels.last() {
            None => {
                let scope = scope_with(options, &*world.root, body);
                AssertUnwindSafe(scope).catch_unwind().await
            }
            Some(level) => {
                let scope = scope_with(options, &level.scope, body);
                AssertUnwindSafe(scope).catch_unwind().await
            }
        };
        {
            let mut ledger = lock(&world.ledger);
            ledger.over.insert(number);
            if ledger.alive.get(&number).is_some_and(|alive| *alive > 0) {
                ledger.violation(format!("a child was alive when s{number} returned"));
            }
            if let Ok(Err(ScopeError::Failed { first, suppressed })) = &outcome {
                ledger.delivered.push(first.error);
                ledger
                    .delivered
                    .extend(suppressed.iter().map(|failed| failed.error));
            }
        }
        let escaped = escaped.lock().unwrap().take();
        if let Some(escaped) = escaped {
            let ledger = Arc::clone(&world.ledger);
            let late = async move {
                lock(&ledger).violation(format!("a late child began in s{number}"));
                Ok(())
            };
            if escaped.spawn("late", late).await.err() != Some(Stopped::Closed) {
                lock(&world.ledger).violation(format!("a late child was not refused by s{number}"));
            }
        }
        outcome.unwrap_or_else(|payload| resume_unwind(payload))
    })
}

fn finish(world: &World, number: u32, end: End) -> Result<(), u32> {
    if end != End::Ok {
        lock(&world.ledger).raised.push(number);
    }
    match end {
        End::Ok => Ok(()),
        End::Err => Err(number),
        End::Panic => resume_unwind(Box::new(number)), // not `panic!`: thousands of messages would be printed
    }
}

fn perform(world: World, steps: Vec<Step>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        for step in steps {
            match step {
                Step::Sleep(millis) => world.clock.wait(millis).await,
                Step::Spawn(task) => spawn(world.clone(), task).await,
                Step::SpawnAbove(task) => {
                    let mut above = world.clone();
                    above.levels.pop();
                    spawn(above, task).await;
                }
                Step::Scope(script) => _ = open(world.clone(), script).await,
                Step::Timed(millis, script) => {
                    let inner = open(world.clone(), script);
                    match world.clock {
                        Clock::Virtual => _ = timeout(Duration::from_millis(millis), inner).await,
                        Clock::Yields => tokio::select! {
                            _ = inner => {}
                            () = world.clock.wait(millis) => {}
                        },
                    }
                }
                Step::Cancel => world.levels.last().unwrap().scope.cancel(),
                Step::CancelRoot => world.root.cancel(),
            }
        }
    })
}

async fn spawn(world: World, task: Task) {
    let innermost = world.levels.last().unwrap().clone();
    let life = Life::new(&world);
    let name = name(task.number);
    let ledger = Arc::clone(&world.ledger);
    let spawned = if task.cooperative.is_some() {
        let scope = innermost.scope.clone();
        scope
            .spawn_cooperative(name, |token| run(world, task, life, innermost, Some(token)))
            .await
            .err()
    } else {
        let scope = innermost.scope.clone();
        scope
            .spawn(name, run(world, task, life, innermost, None))
            .await
            .err()
    };
    if spawned.is_some() {
        lock(&ledger).refused += 1;
    }
}

async fn run(
    world: World,
    task: Task,
    mut life: Life,
    innermost: Level,
    token: Option<tokio_util::sync::CancellationToken>,
) -> Result<(), u32> {
    life.begin(&innermost);
    let panics = task
        .drop_panics
        .then(|| PanicsOnDrop(task.number + 1000, Arc::clone(&world.ledger)));
    match token {
        None => perform(world.clone(), task.steps).await,
        Some(token) => {
            tokio::select! {
                biased;
                () = token.cancelled() => {}
                () = perform(world.clone(), task.steps) => {}
            }
            world.clock.wait(task.cooperative.unwrap_or_default()).await;
        }
    }
    if task.end == End::Err {
        // A destructor that panics while an error is being returned takes the place of the error: the language does that.
        std::mem::forget(panics);
    }
    finish(&world, task.number, task.end)
}

fn name(number: u32) -> &'static str {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    let names = NAMES.get_or_init(|| (0..1000).map(|number| format!("t{number}")).collect());
    &names[number as usize]
}

// --- printing ---

/// The script as a program.
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut body = Printer {
            indent: 2,
            ..Printer::default()
        };
        body.line("let root = Root::new();");
        body.scope("root", self, "let outcome = ", ";");
        body.line("println!(\"{outcome:?}\");");
        body.line("println!(\"{:?}\", root.wait().await);");
        let helpers = body.helpers();
        writeln!(f, "{}", body.imports())?;
        write!(
            f,
            "fn main() {{\n    bubble::run(async {{\n{}    }})\n    .unwrap();\n}}\n",
            body.text
        )?;
        f.write_str(&helpers)
    }
}

#[derive(Default)]
struct Printer {
    text: String,
    indent: usize,
    scopes: Vec<u32>,
    panics: bool,
    drops: bool,
    sleeps: bool,
    times: bool,
}

impl Printer {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{:1$}{line}", "", self.indent * 4);
    }

    fn block(&mut self, open: &str, close: &str, inside: impl FnOnce(&mut Self)) {
        self.line(open);
        self.indent += 1;
        inside(self);
        self.indent -= 1;
        self.line(close);
    }

    fn millis(millis: u64) -> String {
        format!("Duration::from_millis({millis})")
    }

    fn scope(&mut self, parent: &str, script: &Script, before: &str, after: &str) {
        let (open, name) = match script.limit {
            None => (format!("scope(&{parent}, "), script.number),
            Some(limit) => (
                format!("scope_with(Options::default().limit({limit}), &{parent}, "),
                script.number,
            ),
        };
        let parameter = if script.refers_to_itself() {
            format!("s{name}")
        } else {
            "_".to_owned()
        };
        self.block(
            &format!("{before}{open}async |{parameter}: &Scope<u32>| {{"),
            "})",
            |p| {
                p.scopes.push(name);
                p.steps(&script.steps);
                p.end(script.number, script.end);
                p.scopes.pop();
            },
        );
        self.line(&format!(".await{after}"));
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Sleep(millis) => {
                    self.sleeps = true;
                    self.line(&format!("sleep({}).await;", Self::millis(*millis)));
                }
                Step::Spawn(task) => self.task(task),
                Step::SpawnAbove(task) => {
                    let innermost = self.scopes.pop();
                    self.task(task);
                    self.scopes.extend(innermost);
                }
                Step::Scope(script) => {
                    let parent = self.innermost();
                    self.scope(&parent, script, "let _ = ", ";");
                }
                Step::Timed(millis, script) => {
                    self.times = true;
                    let parent = self.innermost();
                    self.block("let inner = async {", "};", |p| {
                        p.scope(&parent, script, "let _ = ", ";");
                    });
                    self.line(&format!(
                        "let _ = timeout({}, inner).await;",
                        Self::millis(*millis)
                    ));
                }
                Step::Cancel => {
                    let innermost = self.innermost();
                    self.line(&format!("{innermost}.cancel();"));
                }
                Step::CancelRoot => self.line("root.cancel();"),
            }
        }
    }

    fn innermost(&self) -> String {
        format!("s{}", self.scopes.last().unwrap())
    }

    fn task(&mut self, task: &Task) {
        let number = task.number;
        let into = self.innermost();
        let mut used = BTreeSet::new();
        refers(&task.steps, &mut self.scopes.clone(), &mut used);
        let mine: Vec<_> = self
            .scopes
            .iter()
            .filter(|number| used.contains(number))
            .copied()
            .collect();
        let open = if task.cooperative.is_some() {
            "|token: CancellationToken| async move {"
        } else {
            "async move {"
        };
        let future = |p: &mut Self| {
            if task.drop_panics {
                p.drops = true;
                let name = if task.end == End::Err {
                    "panics"
                } else {
                    "_panics"
                };
                p.line(&format!("let {name} = PanicsOnDrop({});", number + 1000));
            }
            match task.cooperative {
                None => p.steps(&task.steps),
                Some(cleanup) => {
                    p.block("tokio::select! {", "}", |p| {
                        p.line("biased;");
                        p.line("() = token.cancelled() => {}");
                        p.block("() = async {", "} => {}", |p| p.steps(&task.steps));
                    });
                    p.sleeps = true;
                    p.line(&format!("sleep({}).await;", Self::millis(cleanup)));
                }
            }
            if task.drop_panics && task.end == End::Err {
                p.line("std::mem::forget(panics);");
            }
            p.end(number, task.end);
        };
        let mut clones: Vec<_> = mine.iter().map(|scope| format!("s{scope}")).collect();
        clones.extend(uses_root(&task.steps).then(|| "root".to_owned()));
        if clones.is_empty() {
            self.block(&format!("let t{number} = {open}"), "};", future);
        } else {
            self.block(&format!("let t{number} = {{"), "};", |p| {
                for clone in clones {
                    p.line(&format!("let {clone} = {clone}.clone();"));
                }
                p.block(open, "}", future);
            });
        }
        let how = if task.cooperative.is_some() {
            "spawn_cooperative"
        } else {
            "spawn"
        };
        self.line(&format!(
            "let _ = {into}.{how}(\"t{number}\", t{number}).await;"
        ));
    }

    fn end(&mut self, number: u32, end: End) {
        match end {
            End::Ok => self.line("Ok(())"),
            End::Err => self.line(&format!("Err::<(), _>({number})")),
            End::Panic => {
                self.panics = true;
                self.line(&format!("panics({number})"));
            }
        }
    }

    fn imports(&self) -> String {
        let mut uses = String::from("use listings::{scope::*, virtual_time::bubble};\n");
        let times: Vec<_> = [(self.sleeps, "sleep"), (self.times, "timeout")]
            .into_iter()
            .filter_map(|(used, name)| used.then_some(name))
            .collect();
        if !times.is_empty() {
            let _ = writeln!(uses, "use tokio::time::{{Duration, {}}};", times.join(", "));
        }
        if self.text.contains("CancellationToken") {
            uses.push_str("use tokio_util::sync::CancellationToken;\n");
        }
        uses
    }

    fn helpers(&self) -> String {
        let mut text = String::new();
        if self.panics {
            text.push_str(
                "\nfn panics(number: u32) -> Result<(), u32> {\n    std::panic::panic_any(number)\n}\n",
            );
        }
        if self.drops {
            text.push_str(
                "\nstruct PanicsOnDrop(u32);\n\nimpl Drop for PanicsOnDrop {\n    fn drop(&mut self) {\n        \
                 if !std::thread::panicking() {\n            std::panic::panic_any(self.0);\n        }\n    }\n}\n",
            );
        }
        text
    }
}

impl Script {
    fn refers_to_itself(&self) -> bool {
        let mut used = BTreeSet::new();
        refers(&self.steps, &mut vec![self.number], &mut used);
        used.contains(&self.number)
    }
}

/// Which scopes the code of these steps mentions.
fn refers(steps: &[Step], scopes: &mut Vec<u32>, used: &mut BTreeSet<u32>) {
    for step in steps {
        match step {
            Step::Sleep(_) | Step::CancelRoot => {}
            Step::Cancel => used.extend(scopes.last()),
            Step::Spawn(task) => {
                used.extend(scopes.last());
                refers(&task.steps, scopes, used);
            }
            Step::SpawnAbove(task) => {
                let innermost = scopes.pop();
                used.extend(scopes.last());
                refers(&task.steps, scopes, used);
                scopes.extend(innermost);
            }
            Step::Scope(script) | Step::Timed(_, script) => {
                used.extend(scopes.last());
                scopes.push(script.number);
                refers(&script.steps, scopes, used);
                scopes.pop();
            }
        }
    }
}

fn uses_root(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::CancelRoot => true,
        Step::Sleep(_) | Step::Cancel => false,
        Step::Spawn(task) | Step::SpawnAbove(task) => uses_root(&task.steps),
        Step::Scope(script) | Step::Timed(_, script) => uses_root(&script.steps),
    })
}

// --- tests of the printing ---

/// A script with everything in it.
fn everything() -> Script {
    let task = |cooperative, drop_panics, steps, end| Task {
        number: 0,
        cooperative,
        drop_panics,
        steps,
        end,
    };
    let scope = |limit, steps, end| Script {
        number: 0,
        limit,
        steps,
        end,
    };
    let inner = scope(
        Some(2),
        vec![
            Step::SpawnAbove(task(None, false, vec![Step::Sleep(2)], End::Ok)),
            Step::Spawn(task(Some(3), false, vec![Step::Sleep(9)], End::Err)),
            Step::Sleep(1),
        ],
        End::Err,
    );
    let left = scope(
        None,
        vec![
            Step::Spawn(task(Some(4), true, vec![Step::Sleep(90)], End::Err)),
            Step::Sleep(90),
            Step::Cancel,
        ],
        End::Ok,
    );
    let nested = task(
        None,
        false,
        vec![Step::Sleep(1), Step::Scope(inner), Step::Sleep(1)],
        End::Ok,
    );
    let canceller = task(
        None,
        false,
        vec![Step::Sleep(20), Step::CancelRoot],
        End::Ok,
    );
    let panicker = task(Some(5), false, vec![Step::Sleep(90)], End::Panic);
    let dropper = task(None, true, vec![Step::Sleep(90)], End::Ok);
    let steps = vec![
        Step::Spawn(nested),
        Step::Timed(5, left),
        Step::Timed(
            5,
            scope(
                None,
                vec![Step::Spawn(panicker), Step::Spawn(dropper), Step::Sleep(90)],
                End::Ok,
            ),
        ),
        Step::Spawn(task(Some(3), false, vec![Step::Sleep(90)], End::Err)),
        Step::Spawn(canceller),
    ];
    scope(None, steps, End::Ok).numbered()
}

#[test]
fn printed_program_is_one_that_compiles() {
    let example = include_str!("../../examples/scope_pasted.rs");
    let (_, program) = example.split_once("\n\n").unwrap(); // what it is about stands above
    let printed = everything().to_string();
    assert_eq!(
        tokens(program),
        tokens(&printed),
        "the script prints:\n{printed}"
    );
}

#[test]
fn printed_program_does_what_its_script_does() {
    let played = listings::virtual_time::bubble::run(play(&everything(), Clock::Virtual))
        .unwrap()
        .unwrap();
    assert_eq!(
        played.output,
        include_str!("../../captured/scope/pasted.txt")
    );
}

#[test]
fn shrinking_takes_out_all_that_is_not_needed() {
    let needs_a_panic = |script: &Script| script.to_string().contains("panics(");
    let shrunk = everything().shrunk(needs_a_panic);
    assert_eq!(shrunk.to_string().matches(".await").count(), 3, "{shrunk}");
}
