//! Random programs that spawn, nest, fail, panic, shield, cancel and drop nurseries: played under virtual time, and
//! printed as Rust that a reader can paste.
//!
//! Each nursery and each task has a number. It is also the error it returns, or what its panic carries.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};

use futures::{FutureExt, future::BoxFuture};
use listings::{
    nursery::{Failure, Nursery, NurseryError, Options, PanicPolicy, Policy, nursery_with, shield},
    scope::{Failed, Orphan, Root, Stopped},
    virtual_time::bubble,
};
use tokio::time::{sleep, timeout};

use crate::{
    ms,
    programs::{Program, tokens},
};

/// A nursery and its body. Times are milliseconds.
#[derive(Debug, Clone)]
pub struct Script {
    pub number: u32,
    pub rules: Rules,
    pub steps: Vec<Step>,
    pub end: End,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    pub policy: Means,
    pub panics_fail: bool,
    pub limit: Option<usize>,
    pub deadline: Option<u64>,
    pub grace: Option<u64>,
}

/// What a failure means.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Means {
    #[default]
    FailFast,
    Collect,
    Supervise,
}

#[derive(Debug, Clone)]
pub enum Step {
    Sleep(u64),
    Spawn(Task),
    /// Spawned with `start`; it says that it has started after so long.
    Start(u64, Task),
    /// A nursery in a nursery; its failures are looked at and dropped.
    Nursery(Script),
    /// The same, dropped after so long.
    Timed(u64, Script),
    /// Not cut short for so long.
    Shield(u64, Vec<Step>),
    /// Cancels the innermost nursery from inside.
    Cancel,
    /// Cancels everything.
    CancelRoot,
}

#[derive(Debug, Clone)]
pub struct Task {
    pub number: u32,
    /// Told of a cancellation; then, or after its steps, it sleeps so long.
    pub cooperative: Option<u64>,
    pub steps: Vec<Step>,
    pub end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Ok,
    Err,
    Panic,
}

// --- making it well-formed ---

impl Script {
    /// Gives out the numbers, and takes out what would be a deadlock by itself: a child that spawns into a nursery with
    /// a limit holds one place while it waits for another.
    pub fn numbered(mut self) -> Self {
        self.number(&mut 0);
        self
    }

    fn number(&mut self, next: &mut u32) {
        self.number = *next;
        *next += 1;
        let limited = self.rules.limit.is_some();
        number_steps(&mut self.steps, next, limited, false);
    }
}

fn number_steps(steps: &mut Vec<Step>, next: &mut u32, limited: bool, in_task: bool) {
    steps.retain(|step| !(limited && in_task && matches!(step, Step::Spawn(_) | Step::Start(..))));
    for step in steps {
        match step {
            Step::Spawn(task) | Step::Start(_, task) => {
                task.number = *next;
                *next += 1;
                number_steps(&mut task.steps, next, limited, true);
            }
            Step::Nursery(script) | Step::Timed(_, script) => script.number(next),
            Step::Shield(_, steps) => number_steps(steps, next, limited, in_task),
            Step::Sleep(_) | Step::Cancel | Step::CancelRoot => {}
        }
    }
}

// --- making it smaller ---

impl Program for Script {
    fn smaller(&self) -> Vec<Self> {
        self.with_less().into_iter().map(Self::numbered).collect()
    }
}

impl Script {
    fn with_less(&self) -> Vec<Self> {
        let inner = self.steps.iter().filter_map(|step| match step {
            Step::Nursery(script) | Step::Timed(_, script) => Some(script.clone()),
            _ => None,
        });
        let mut all: Vec<_> = inner.collect();
        all.extend(fewer(&self.steps).into_iter().map(|steps| Self {
            steps,
            ..self.clone()
        }));
        let plain = Rules::default();
        let rules = [
            Rules {
                policy: plain.policy,
                ..self.rules.clone()
            },
            Rules {
                panics_fail: false,
                ..self.rules.clone()
            },
            Rules {
                limit: None,
                ..self.rules.clone()
            },
            Rules {
                deadline: None,
                ..self.rules.clone()
            },
            Rules {
                grace: None,
                ..self.rules.clone()
            },
        ];
        let rules = rules.into_iter().filter(|rules| *rules != self.rules);
        all.extend(rules.map(|rules| Self {
            rules,
            ..self.clone()
        }));
        all.extend(self.end.smaller().iter().map(|&end| Self {
            end,
            ..self.clone()
        }));
        all
    }
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

impl Task {
    fn with_less(&self) -> Vec<Self> {
        let mut all: Vec<_> = fewer(&self.steps)
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
        all.extend(self.end.smaller().iter().map(|&end| Self {
            end,
            ..self.clone()
        }));
        all
    }
}

fn fewer(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut all = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let with = |new: &[Step]| [&steps[..at], new, &steps[at + 1..]].concat();
        all.push(with(&[]));
        let smaller: Vec<Step> = match step {
            Step::Sleep(millis) => (*millis > 1)
                .then_some(Step::Sleep(1))
                .into_iter()
                .collect(),
            Step::Spawn(task) => task.with_less().into_iter().map(Step::Spawn).collect(),
            Step::Start(millis, task) => {
                let less = task
                    .with_less()
                    .into_iter()
                    .map(|task| Step::Start(*millis, task));
                std::iter::once(Step::Spawn(task.clone()))
                    .chain(less)
                    .collect()
            }
            Step::Nursery(script) => script.with_less().into_iter().map(Step::Nursery).collect(),
            Step::Timed(millis, script) => {
                let less = script
                    .with_less()
                    .into_iter()
                    .map(|script| Step::Timed(*millis, script));
                std::iter::once(Step::Nursery(script.clone()))
                    .chain(less)
                    .collect()
            }
            Step::Shield(millis, inside) => {
                all.push(with(inside));
                fewer(inside)
                    .into_iter()
                    .map(|inside| Step::Shield(*millis, inside))
                    .collect()
            }
            Step::Cancel | Step::CancelRoot => Vec::new(),
        };
        all.extend(smaller.into_iter().map(|step| with(&[step])));
    }
    all
}

// --- the books ---

/// What happened, written down by the programs themselves and by whoever receives what they return.
#[derive(Debug, Default)]
pub struct Books {
    /// Futures of tasks that exist, per nursery in or below which they were spawned.
    alive: BTreeMap<u32, usize>,
    over: BTreeSet<u32>,
    raised: Vec<u32>,
    delivered: Vec<u32>,
    violations: Vec<String>,
    pub begun: usize,
    pub refused: usize,
    pub failures: usize,
    pub shields: usize,
    pub expired: usize,
    /// What the printed program prints.
    pub output: String,
}

type Shared = Arc<Mutex<Books>>;

fn lock(books: &Shared) -> MutexGuard<'_, Books> {
    books.lock().unwrap()
}

fn number_of(failure: &Failure<u32>) -> u32 {
    failure
        .error()
        .or_else(|| failure.panic())
        .copied()
        .expect("all our failures are numbers")
}

fn number_of_orphan(orphan: &Orphan) -> u32 {
    let what = &orphan.what;
    what.downcast_ref()
        .copied()
        .unwrap_or_else(|| number_of(what.downcast_ref().unwrap()))
}

#[derive(Clone)]
struct World {
    root: Root,
    books: Shared,
    /// From the outermost nursery to the innermost.
    nurseries: Vec<(u32, Nursery<u32>)>,
    /// Something around the code, in its task, may drop it: a timeout, the limit of a shield, a `select!`.
    droppable: bool,
}

/// A task, alive until dropped.
struct Life {
    books: Shared,
    path: Vec<u32>,
}

impl Life {
    fn new(world: &World) -> Self {
        let path: Vec<_> = world.nurseries.iter().map(|(number, _)| *number).collect();
        let mut books = lock(&world.books);
        path.iter()
            .for_each(|number| *books.alive.entry(*number).or_default() += 1);
        Self {
            books: Arc::clone(&world.books),
            path,
        }
    }

    fn begin(&self) {
        let mut books = lock(&self.books);
        books.begun += 1;
        if let Some(number) = self.path.iter().find(|number| books.over.contains(number)) {
            let what = format!("a child began after n{number} was over");
            books.violations.push(what);
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let mut books = lock(&self.books);
        self.path
            .iter()
            .for_each(|number| *books.alive.get_mut(number).unwrap() -= 1);
    }
}

/// What is in a shield, until it has ended by itself.
struct Shielded<'a> {
    world: &'a World,
    ended: bool,
}

impl Drop for Shielded<'_> {
    fn drop(&mut self) {
        if !self.ended && !self.world.droppable && !std::thread::panicking() {
            lock(&self.world.books)
                .violations
                .push("a shield was cut short".to_owned());
        }
    }
}

// --- playing ---

/// Plays a script and holds it against the law: when a nursery returns, no child is alive in it or below; no error and no
/// panic is lost; nothing begins after the close; what is shielded is not cut short.
///
/// # Errors
///
/// What was violated.
pub fn play(script: &Script) -> Result<Books, String> {
    let books = Shared::default();
    let world = World {
        root: Root::new(),
        books: Arc::clone(&books),
        nurseries: Vec::new(),
        droppable: false,
    };
    let root = world.root.clone();
    let ran = bubble::run(async {
        let outcome = AssertUnwindSafe(open(world, script.clone()))
            .catch_unwind()
            .await;
        let orphans = root.wait().await;
        let mut books = lock(&books);
        match outcome {
            Ok(outcome) => _ = writeln!(books.output, "{outcome:?}"),
            Err(payload) => books.delivered.push(*payload.downcast().unwrap()),
        }
        books.delivered.extend(orphans.iter().map(number_of_orphan));
        let _ = writeln!(books.output, "{orphans:?}");
        if books.alive.values().any(|alive| *alive > 0) {
            books
                .violations
                .push("a child was alive when the root had waited".to_owned());
        }
    });
    ran.map_err(|report| report.to_string())?;
    let mut books = std::mem::take(&mut *lock(&books));
    books.raised.sort_unstable();
    books.delivered.sort_unstable();
    books.failures = books.raised.len();
    if books.raised != books.delivered {
        books.violations.push(format!(
            "raised {:?}, delivered {:?}",
            books.raised, books.delivered
        ));
    }
    match books.violations.first() {
        Some(what) => Err(what.clone()),
        None => Ok(books),
    }
}

impl Rules {
    fn options(
        &self,
        handler: impl Fn(Failed<Failure<u32>>) + Send + Sync + 'static,
    ) -> Options<u32> {
        let mut options = Options::default().policy(match self.policy {
            Means::FailFast => Policy::FailFast,
            Means::Collect => Policy::Collect,
            Means::Supervise => Policy::supervise(handler),
        });
        if self.panics_fail {
            options = options.panics(PanicPolicy::Fail);
        }
        if let Some(limit) = self.limit {
            options = options.limit(limit);
        }
        if let Some(millis) = self.deadline {
            options = options.deadline(ms(millis));
        }
        if let Some(millis) = self.grace {
            options = options.grace(ms(millis));
        }
        options
    }
}

/// Opens a nursery, waits for it, and looks at what it leaves.
fn open(world: World, script: Script) -> BoxFuture<'static, Result<(), NurseryError<u32>>> {
    Box::pin(async move {
        let Script {
            number,
            rules,
            steps,
            end,
        } = script;
        let escaped = Arc::new(OnceLock::new());
        let heard = Arc::clone(&world.books);
        let options =
            rules.options(move |failed| lock(&heard).delivered.push(number_of(&failed.error)));
        let body = {
            let (mut world, escaped) = (world.clone(), Arc::clone(&escaped));
            async move |n: &Nursery<u32>| {
                let _ = escaped.set(n.clone());
                world.nurseries.push((number, n.clone()));
                perform(world.clone(), steps).await;
                finish(&world, number, end)
            }
        };
        let outcome = match world.nurseries.last() {
            None => {
                AssertUnwindSafe(nursery_with(options, &world.root, body))
                    .catch_unwind()
                    .await
            }
            Some((_, around)) => {
                AssertUnwindSafe(nursery_with(options, around, body))
                    .catch_unwind()
                    .await
            }
        };
        {
            let mut books = lock(&world.books);
            books.over.insert(number);
            if books.alive.get(&number).is_some_and(|alive| *alive > 0) {
                books
                    .violations
                    .push(format!("a child was alive when n{number} returned"));
            }
            match &outcome {
                Ok(Err(NurseryError::Failed { first, suppressed })) => {
                    let all = std::iter::once(first).chain(suppressed);
                    books
                        .delivered
                        .extend(all.map(|failed| number_of(&failed.error)));
                }
                Ok(Err(NurseryError::Deadline { .. })) => books.expired += 1,
                _ => {}
            }
        }
        if let Some(escaped) = escaped.get() {
            let books = Arc::clone(&world.books);
            let late = async move {
                lock(&books)
                    .violations
                    .push(format!("a late child began in n{number}"));
                Ok(())
            };
            if escaped.spawn("late", late).await.err() != Some(Stopped::Closed) {
                lock(&world.books)
                    .violations
                    .push(format!("a late child was not refused by n{number}"));
            }
        }
        outcome.unwrap_or_else(|payload| resume_unwind(payload))
    })
}

fn finish(world: &World, number: u32, end: End) -> Result<(), u32> {
    if end != End::Ok {
        lock(&world.books).raised.push(number);
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
                Step::Sleep(millis) => sleep(ms(millis)).await,
                Step::Spawn(task) => spawn(&world, None, task).await,
                Step::Start(millis, task) => spawn(&world, Some(millis), task).await,
                Step::Nursery(script) => _ = open(world.clone(), script).await,
                Step::Timed(millis, script) => {
                    let inner = open(
                        World {
                            droppable: true,
                            ..world.clone()
                        },
                        script,
                    );
                    let _ = timeout(ms(millis), inner).await;
                }
                Step::Shield(millis, steps) => {
                    lock(&world.books).shields += 1;
                    let mut shielded = Shielded {
                        world: &world,
                        ended: false,
                    };
                    let inside = World {
                        droppable: true,
                        ..world.clone()
                    };
                    let _ = shield(ms(millis), perform(inside, steps)).await;
                    shielded.ended = true;
                }
                Step::Cancel => world.nurseries.last().unwrap().1.cancel(),
                Step::CancelRoot => world.root.cancel(),
            }
        }
    })
}

async fn spawn(world: &World, starts: Option<u64>, task: Task) {
    let n = world.nurseries.last().unwrap().1.clone();
    let (life, name, mine) = (
        Life::new(world),
        name(task.number),
        World {
            droppable: false,
            ..world.clone()
        },
    );
    let steps = move |world: World, steps| async move {
        life.begin();
        perform(world, steps).await;
        life
    };
    let Task {
        number,
        cooperative,
        steps: inside,
        end,
    } = task;
    let refused = match (starts, cooperative) {
        (Some(millis), _) => {
            let child = |started: listings::nursery::Started<()>| async move {
                let begin = steps(mine.clone(), vec![Step::Sleep(millis)]);
                let _life = begin.await;
                let _ = started.ready(());
                perform(mine.clone(), inside).await;
                finish(&mine, number, end)
            };
            n.start(name, child)
                .await
                .is_err_and(|why| why != Stopped::NoValue)
        }
        (None, None) => {
            let child = async move {
                let _life = steps(mine.clone(), inside).await;
                finish(&mine, number, end)
            };
            n.spawn(name, child).await.is_err()
        }
        (None, Some(cleanup)) => {
            let child = |token: tokio_util::sync::CancellationToken| async move {
                // What it does is dropped by its own choice, shields and all.
                let work = steps(
                    World {
                        droppable: true,
                        ..mine.clone()
                    },
                    inside,
                );
                let mut work = std::pin::pin!(work);
                let _life = tokio::select! {
                    biased;
                    life = &mut work => Some(life),
                    () = token.cancelled() => None, // the work is kept, and so is its life
                };
                sleep(ms(cleanup)).await;
                finish(&mine, number, end)
            };
            n.spawn_cooperative(name, child).await.is_err()
        }
    };
    lock(&world.books).refused += usize::from(refused);
}

fn name(number: u32) -> &'static str {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    &NAMES.get_or_init(|| (0..1000).map(|number| format!("t{number}")).collect())[number as usize]
}

// --- printing ---

/// The script as a program.
impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut program = Printer::default();
        for line in [
            "#![allow(unused)] // what is printed for every program",
            "use listings::{nursery::*, scope::Root, virtual_time::bubble};",
            "use tokio::time::{Duration, sleep, timeout};",
            "",
            "fn ms(millis: u64) -> Duration {",
            "    Duration::from_millis(millis)",
            "}",
            "",
            "fn main() {",
            "    bubble::run(async {",
            "        let root = Root::new();",
        ] {
            program.line(line);
        }
        program.indent = 2;
        program.nursery("let outcome = ", "root", self, ";");
        for line in [
            "println!(\"{outcome:?}\");",
            "println!(\"{:?}\", root.wait().await);",
        ] {
            program.line(line);
        }
        program.indent = 0;
        ["    })", "    .unwrap();", "}"]
            .iter()
            .for_each(|line| program.line(line));
        f.write_str(&program.text)
    }
}

#[derive(Default)]
struct Printer {
    text: String,
    indent: usize,
    nurseries: Vec<u32>,
}

impl Printer {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{:1$}{line}", "", self.indent * 4);
    }

    fn inside(&mut self, open: &str, close: &str, what: impl FnOnce(&mut Self)) {
        self.line(open);
        self.indent += 1;
        what(self);
        self.indent -= 1;
        self.line(close);
    }

    fn nursery(&mut self, before: &str, around: &str, script: &Script, after: &str) {
        let Rules {
            policy,
            panics_fail,
            limit,
            deadline,
            grace,
        } = &script.rules;
        let mut options = "Options::default()".to_owned();
        options += match policy {
            Means::FailFast => "",
            Means::Collect => ".policy(Policy::Collect)",
            Means::Supervise => ".policy(Policy::supervise(|failed| println!(\"{failed:?}\")))",
        };
        if *panics_fail {
            options += ".panics(PanicPolicy::Fail)";
        }
        for (what, value) in [("deadline", deadline), ("grace", grace)] {
            if let Some(millis) = value {
                let _ = write!(options, ".{what}(ms({millis}))");
            }
        }
        if let Some(limit) = limit {
            let _ = write!(options, ".limit({limit})");
        }
        let number = script.number;
        let open = format!(
            "{before}nursery_with({options}, &{around}, async |n{number}: &Nursery<u32>| {{"
        );
        self.inside(&open, &format!("}}).await{after}"), |p| {
            p.nurseries.push(number);
            p.steps(&script.steps);
            p.end(number, script.end);
            p.nurseries.pop();
        });
    }

    fn steps(&mut self, steps: &[Step]) {
        let around = format!("n{}", self.nurseries.last().unwrap());
        for step in steps {
            match step {
                Step::Sleep(millis) => self.line(&format!("sleep(ms({millis})).await;")),
                Step::Spawn(task) => self.task(None, task, &around),
                Step::Start(millis, task) => self.task(Some(*millis), task, &around),
                Step::Nursery(script) => self.nursery("let _ = ", &around, script, ";"),
                Step::Timed(millis, script) => {
                    let close = format!("}};\nlet _ = timeout(ms({millis}), inner).await;");
                    self.inside("let inner = async {", &close, |p| {
                        p.nursery("", &around, script, "")
                    });
                }
                Step::Shield(millis, steps) => {
                    let open = format!("let _ = shield(ms({millis}), async {{");
                    self.inside(&open, "}).await;", |p| p.steps(steps));
                }
                Step::Cancel => self.line(&format!("{around}.cancel();")),
                Step::CancelRoot => self.line("root.cancel();"),
            }
        }
    }

    fn task(&mut self, starts: Option<u64>, task: &Task, around: &str) {
        let number = task.number;
        let (how, parameter) = match (starts, task.cooperative) {
            (Some(_), _) => ("start", "|started: Started<()>| "),
            (None, None) => ("spawn", ""),
            (None, Some(_)) => (
                "spawn_cooperative",
                "|token: tokio_util::sync::CancellationToken| ",
            ),
        };
        self.inside(&format!("let t{number} = {{"), "};", |p| {
            p.line(&format!(
                "let ({around}, root) = ({around}.clone(), root.clone());"
            ));
            p.inside(&format!("{parameter}async move {{"), "}", |p| {
                if let Some(millis) = starts {
                    p.line(&format!("sleep(ms({millis})).await;"));
                    p.line("let _ = started.ready(());");
                }
                match task.cooperative.filter(|_| starts.is_none()) {
                    None => p.steps(&task.steps),
                    Some(cleanup) => {
                        p.inside("let mut work = std::pin::pin!(async {", "});", |p| {
                            p.steps(&task.steps)
                        });
                        p.inside("tokio::select! {", "}", |p| {
                            p.line("biased;");
                            p.line("() = &mut work => {}");
                            p.line("() = token.cancelled() => {}");
                        });
                        p.line(&format!("sleep(ms({cleanup})).await;"));
                    }
                }
                p.end(number, task.end);
            });
        });
        self.line(&format!(
            "let _ = {around}.{how}(\"t{number}\", t{number}).await;"
        ));
    }

    fn end(&mut self, number: u32, end: End) {
        self.line(&match end {
            End::Ok => "Ok::<(), u32>(())".to_owned(),
            End::Err => format!("Err::<(), u32>({number})"),
            End::Panic => format!("std::panic::panic_any({number}_u32)"),
        });
    }
}

// --- tests of the printing ---

/// A script with everything in it.
fn everything() -> Script {
    let task = |cooperative, steps, end| Task {
        number: 0,
        cooperative,
        steps,
        end,
    };
    let nursery = |rules, steps, end| Script {
        number: 0,
        rules,
        steps,
        end,
    };
    let inner = nursery(
        Rules {
            policy: Means::Collect,
            panics_fail: true,
            limit: Some(2),
            ..Rules::default()
        },
        vec![
            Step::Spawn(task(None, vec![Step::Sleep(2)], End::Err)),
            Step::Spawn(task(Some(3), vec![Step::Sleep(9)], End::Err)),
            Step::Sleep(1),
        ],
        End::Ok,
    );
    let supervised = nursery(
        Rules {
            policy: Means::Supervise,
            deadline: Some(20),
            grace: Some(5),
            ..Rules::default()
        },
        vec![
            Step::Spawn(task(None, vec![Step::Sleep(3)], End::Err)),
            Step::Spawn(task(
                Some(90),
                vec![Step::Shield(30, vec![Step::Sleep(25)])],
                End::Ok,
            )),
        ],
        End::Ok,
    );
    let left = nursery(
        Rules::default(),
        vec![
            Step::Spawn(task(Some(4), vec![Step::Sleep(90)], End::Err)),
            Step::Sleep(90),
            Step::Cancel,
        ],
        End::Ok,
    );
    let steps = vec![
        Step::Start(
            2,
            task(None, vec![Step::Sleep(1), Step::Nursery(inner)], End::Ok),
        ),
        Step::Timed(5, left),
        Step::Nursery(supervised),
        Step::Spawn(task(Some(3), vec![Step::Sleep(90)], End::Err)),
        Step::Spawn(task(None, vec![Step::Sleep(20), Step::CancelRoot], End::Ok)),
    ];
    nursery(Rules::default(), steps, End::Ok).numbered()
}

#[test]
fn printed_program_is_one_that_compiles() {
    let example = include_str!("../../examples/nursery_pasted.rs");
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
    let played = play(&everything()).unwrap();
    // The program's handler prints what it hears; the script's writes it into the books.
    let captured = include_str!("../../captured/nursery/pasted.txt");
    let end: Vec<_> = captured
        .lines()
        .filter(|line| !line.starts_with("Failed {"))
        .collect();
    assert_eq!(played.output.lines().collect::<Vec<_>>(), end);
}

#[test]
fn shrinking_takes_out_all_that_is_not_needed() {
    let shrunk = everything().shrunk(|script| script.to_string().contains("shield("));
    assert_eq!(shrunk.to_string().matches(".await").count(), 4, "{shrunk}");
}
