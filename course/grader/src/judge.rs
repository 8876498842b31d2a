//! From a submission to its result.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::compile::{Memory, Refused, Target, Toolchain};
use super::harness::{self, Used};
use super::intake::Taken;
use super::kit::{Kit, Tree};
use super::result::{Graded, Group, Key, Outcome, Status, Student, Test};
use super::text::{MESSAGE, harmless, panic_message, printed};
use book::task::Visibility;
use sandbox::{Ended, How, Level, Limits, Sandbox};
use toolchain::cargo::Artifacts;
use toolchain::source::first_unsafe;
use toolchain::suite::{SURROUNDINGS, UNWRITTEN};

/// What stands before the declaration of a student's module. The compiler shows it when, and only when, it applies.
const FORBID: &str = "#[forbid(unsafe_code)]";

/// Grades submissions of one task.
#[derive(Debug)]
pub struct Grader {
    kit: Kit,
    sandbox: Sandbox,
    /// Sandboxes that nobody uses at the moment: no two submissions are in the same one at the same time.
    idle: Mutex<Vec<Sandbox>>,
    toolchain: Toolchain,
    limits: Limits,
    /// Test programs that students see, and those that they do not: never in one program.
    suites: Vec<Suite>,
    /// Every test runs with others; one that only waited in vain is run again alone.
    alone: RwLock<()>,
    /// Whether tests start programs.
    forks: bool,
    task_digest: String,
    /// What a submission is compiled with.
    sources: Tree,
    /// What the solution's tests used.
    used: BTreeMap<String, Used>,
    scratch: Scratch,
}

#[derive(Debug)]
struct Suite {
    visibility: Visibility,
    sources: PathBuf,
    /// What compiling them with the solution has left behind.
    memory: PathBuf,
    /// The groups in the task's order, each with its tests, and with sources of its own.
    groups: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    group: usize,
    sources: PathBuf,
    tests: Vec<String>,
}

/// Where a grader keeps the compiler and what it makes.
#[derive(Debug)]
struct Scratch {
    // The first to go.
    _lock: fs::File,
    folder: tempfile::TempDir,
}

impl Scratch {
    const PREFIX: &str = "course-grade-";

    /// Makes it, and removes those of graders that were killed: nobody holds their locks.
    fn new() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix(Self::PREFIX)
            .tempdir()
            .context("no temporary folder can be made")?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711))?;
        let lock = fs::File::open(folder.path())?;
        lock.lock().context("a temporary folder cannot be locked")?;
        for entry in fs::read_dir(std::env::temp_dir())
            .into_iter()
            .flatten()
            .flatten()
        {
            if entry
                .file_name()
                .to_string_lossy()
                .starts_with(Self::PREFIX)
                && is_left_over(&entry)
            {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(Self {
            _lock: lock,
            folder,
        })
    }
}

/// Whether a folder of ours is there for longer than it takes to lock it, and is not locked.
fn is_left_over(entry: &fs::DirEntry) -> bool {
    let Ok(metadata) = entry.metadata() else {
        return false;
    };
    let old = metadata
        .created()
        .or_else(|_| metadata.modified())
        .is_ok_and(|since| {
            since
                .elapsed()
                .is_ok_and(|age| age > Duration::from_secs(60))
        });
    let mine = metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw();
    old && mine && fs::File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok())
}

/// What one run of a test came to.
struct Ran {
    outcome: Outcome,
    waited: bool,
    output: String,
    used: Used,
}

/// A result, and what only an instructor may read.
#[derive(Debug)]
pub struct Judged {
    /// The canonical result.
    pub graded: Graded,
    /// Compiler's messages and what tests printed.
    pub log: String,
    /// What each test that was run used, by its path.
    pub used: BTreeMap<String, Used>,
}

impl Judged {
    fn without_run(graded: Graded, log: String) -> Self {
        Self {
            graded,
            log,
            used: BTreeMap::new(),
        }
    }
}

/// Writes a tree below a folder that strangers' processes can read.
fn write_tree(sandbox: &Sandbox, folder: &Path, tree: &Tree) -> Result<()> {
    sandbox.folder(folder, false)?;
    for (path, content) in tree {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        fs::write(path, content)?;
    }
    Ok(())
}

impl Grader {
    /// Prepares a task: compiles its tests, tries the solution, which must get full marks here, under these limits.
    ///
    /// # Errors
    ///
    /// When the task cannot be graded on this machine, and why.
    pub fn new(
        kit: Kit,
        sandbox: Sandbox,
        artifacts: Option<&Artifacts>,
        limits: Limits,
    ) -> Result<Self> {
        Self::with_limits(kit, sandbox, artifacts, limits, Limits::COMPILE)
    }

    /// [`Grader::new`] with limits for the compiler.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn with_limits(
        kit: Kit,
        sandbox: Sandbox,
        artifacts: Option<&Artifacts>,
        limits: Limits,
        compiling: Limits,
    ) -> Result<Self> {
        let limits = kit.limits_over(limits);
        let scratch = Scratch::new()?;
        let toolchain = Toolchain::stage(scratch.folder.path(), &sandbox, artifacts, compiling)?;
        let tests: Tree = kit
            .owned
            .iter()
            // Tests, and what they include; not the manifest, and no README.
            .filter(|(path, _)| !path.starts_with("src/") && path.contains('/'))
            .map(|(p, c)| (p.clone(), c.clone()))
            .collect();
        let forks = tests
            .values()
            .any(|text| String::from_utf8_lossy(text).contains("Command::new"));
        let task_digest = kit.digest();
        let mut sources: Tree = kit
            .owned
            .iter()
            .filter(|(path, _)| path.starts_with("src/"))
            .map(|(path, content)| (path.clone(), content.clone()))
            .collect();
        if !kit.allows_unsafe {
            for path in &kit.allowed {
                harness::mark_module(&mut sources, path, FORBID)?;
            }
        }
        let mut grader = Self {
            kit,
            sandbox,
            idle: Mutex::default(),
            toolchain,
            limits,
            suites: Vec::new(),
            alone: RwLock::new(()),
            forks,
            task_digest,
            sources,
            used: BTreeMap::new(),
            scratch,
        };
        grader
            .prepare(&tests)
            .context("the task cannot be graded here")?;
        let taken = Taken {
            files: grader
                .kit
                .allowed
                .iter()
                .map(|path| (path.clone(), grader.kit.solution[path].clone()))
                .collect(),
            ..Taken::default()
        };
        let judged = grader.judge(Student::default(), &taken)?;
        ensure!(
            judged.graded.score == Some(grader.kit.points()),
            "the solution itself does not get full marks in the {} sandbox{}:\n{}{}",
            grader.sandbox.level().word(),
            match grader.sandbox.level() {
                Level::Reduced => ", where no process sees another (the full sandbox may do)",
                _ => "",
            },
            judged.graded.message,
            judged.log
        );
        grader.used = judged.used;
        Ok(grader)
    }

    fn prepare(&mut self, tests: &Tree) -> Result<()> {
        let library_sources = self.scratch.folder.path().join("solution");
        write_tree(&self.sandbox, &library_sources, &self.kit.solution)?;
        let library = self
            .toolchain
            .compile(
                &self.sandbox,
                &library_sources,
                "src/lib.rs",
                Target::Library,
                Memory::Keep(&self.library_memory()),
                &self.scratch.folder.path().join("solution-out"),
            )?
            .map_err(|refused| {
                anyhow::anyhow!("the solution does not compile\n{}", refused.text)
            })?;
        let names: Vec<&str> = self
            .kit
            .groups
            .iter()
            .map(|group| group.name.as_str())
            .collect();
        for (number, visibility) in [Visibility::Public, Visibility::Hidden]
            .into_iter()
            .enumerate()
        {
            let kept: Vec<&str> = self
                .kit
                .groups_of(visibility)
                .map(|group| group.name.as_str())
                .collect();
            if kept.is_empty() {
                continue;
            }
            let hidden: Vec<&str> = match visibility {
                Visibility::Public => self
                    .kit
                    .groups_of(Visibility::Hidden)
                    .map(|group| group.name.as_str())
                    .collect(),
                Visibility::Hidden => Vec::new(),
            };
            let folder = self.scratch.folder.path().join(format!("suite-{number}"));
            let plain = harness::only(tests, &self.kit.tests, &kept, &names, &hidden)?;
            let listed = self.list(&folder.join("list"), &plain, &library)?;
            let sources = folder.join("all");
            let tests_of = |name: &str| -> Vec<String> {
                listed
                    .iter()
                    .filter(|test| test.split("::").next() == Some(name))
                    .cloned()
                    .collect()
            };
            let counted: Vec<String> = kept.iter().flat_map(|name| tests_of(name)).collect();
            write_tree(
                &self.sandbox,
                &sources,
                &harness::instrument(&plain, &self.kit.tests, &counted)?,
            )?;
            let memory = folder.join("memory");
            let (keep, out) = (Memory::Keep(&memory), folder.join("out"));
            self.toolchain
                .compile(
                    &self.sandbox,
                    &sources,
                    &self.kit.tests,
                    Target::Tests(&library),
                    keep,
                    &out,
                )?
                .map_err(|refused| anyhow::anyhow!("the tests do not compile\n{}", refused.text))?;
            let mut groups = Vec::new();
            for (index, group) in self
                .kit
                .groups
                .iter()
                .enumerate()
                .filter(|(_, it)| it.visibility == visibility)
            {
                let tests_here = tests_of(&group.name);
                ensure!(
                    !tests_here.is_empty(),
                    "group `{}` has no tests",
                    group.name
                );
                let sources = folder.join(&group.name);
                let alone = harness::only(
                    tests,
                    &self.kit.tests,
                    &[group.name.as_str()],
                    &names,
                    &hidden,
                )?;
                write_tree(
                    &self.sandbox,
                    &sources,
                    &harness::instrument(&alone, &self.kit.tests, &tests_here)?,
                )?;
                groups.push(Part {
                    group: index,
                    sources,
                    tests: tests_here,
                });
            }
            self.suites.push(Suite {
                visibility,
                sources,
                memory,
                groups,
            });
        }
        Ok(())
    }

    /// What compiling the solution has left behind.
    fn library_memory(&self) -> PathBuf {
        self.scratch.folder.path().join("solution-memory")
    }

    /// The tests of a program, without those that are ignored.
    fn list(&self, folder: &Path, tree: &Tree, library: &Path) -> Result<Vec<String>> {
        write_tree(&self.sandbox, folder, tree)?;
        let out = folder.with_extension("out");
        let program = self
            .toolchain
            .compile(
                &self.sandbox,
                folder,
                &self.kit.tests,
                Target::Tests(library),
                Memory::None,
                &out,
            )?
            .map_err(|refused| anyhow::anyhow!("the tests do not compile\n{}", refused.text))?;
        let ask = |arguments: &[&str]| -> Result<BTreeSet<String>> {
            let mut job = self.sandbox.job(Limits::TEST);
            let at = job.read(&program, "/t");
            job.program(at).args(arguments.iter().copied());
            let ended = self.sandbox.run(job)?;
            ensure!(
                ended.how == How::Exit(0) && !ended.cut,
                "the tests cannot be listed: {}",
                ended.output
            );
            Ok(ended
                .output
                .lines()
                .filter_map(|line| Some(line.strip_suffix(": test")?.to_owned()))
                .collect())
        };
        let ignored = ask(&["--list", "--ignored"])?;
        Ok(ask(&["--list"])?.difference(&ignored).cloned().collect())
    }

    /// The task.
    #[must_use]
    pub fn kit(&self) -> &Kit {
        &self.kit
    }

    /// What one test may use.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The test of the solution that used the most CPU time here, and what it used.
    #[must_use]
    pub fn most(&self) -> Option<(&str, Used)> {
        let most = self.used.iter().max_by_key(|(_, used)| used.cpu);
        most.map(|(test, used)| (test.as_str(), *used))
    }

    /// What a grade of these files would depend on.
    #[must_use]
    pub fn key(&self, taken: &Taken) -> Key {
        Key {
            task: self.task_digest.clone(),
            submission: taken.digest(),
            toolchain: self.toolchain.digest().to_owned(),
        }
    }

    fn blank(&self, student: Student, taken: &Taken) -> Graded {
        let not_run = |group: &book::task::Group| Group {
            name: group.name.clone(),
            part: group.part,
            visibility: group.visibility,
            points: 0,
            max_points: group.points,
            tests: Vec::new(),
        };
        Graded {
            format: 1,
            task: self.kit.slug.clone(),
            key: self.key(taken),
            student,
            status: Status::Graded,
            score: Some(0),
            max_score: self.kit.points(),
            sandbox: self.sandbox.level().word().to_owned(),
            forgeable: self.kit.allows_unsafe,
            unchanged: false,
            message: String::new(),
            groups: self.kit.groups.iter().map(not_run).collect(),
            ignored_files: taken.ignored.clone(),
        }
    }

    /// Grades a submission. A fault of the grader is a result too: ungraded, which is not zero.
    #[must_use]
    pub fn grade(&self, student: Student, taken: &Taken) -> Judged {
        self.judge(student.clone(), taken).unwrap_or_else(|error| {
            let graded = self.blank(student, taken);
            ungraded(graded, &error)
        })
    }

    /// The result of a submission that the grader could not even read.
    #[must_use]
    pub fn fault(&self, student: Student, error: &anyhow::Error) -> Judged {
        ungraded(self.blank(student, &Taken::default()), error)
    }

    /// The level of its sandbox.
    #[must_use]
    pub fn level(&self) -> Level {
        self.sandbox.level()
    }

    fn judge(&self, student: Student, taken: &Taken) -> Result<Judged> {
        let mut graded = self.blank(student, taken);
        let ends = |graded: Graded, status: Status, message: String| {
            Ok(Judged::without_run(
                Graded {
                    status,
                    message,
                    ..graded
                },
                String::new(),
            ))
        };
        if let Some(why) = &taken.rejected {
            return ends(graded, Status::Rejected, format!("Not graded: {why}."));
        }
        if taken.files.is_empty() {
            let names = self.kit.allowed.join(", ");
            return ends(
                graded,
                Status::Missing,
                format!("None of the files that count are there: {names}."),
            );
        }
        let unknown = |path: &&String| {
            !taken.files.contains_key(*path) && !self.kit.starter.contains_key(*path)
        };
        if let Some(path) = self.kit.allowed.iter().find(unknown) {
            return ends(graded, Status::Missing, format!("{path} is missing."));
        }
        graded.unchanged = self.kit.allowed.iter().all(|path| {
            taken
                .files
                .get(path)
                .is_none_or(|content| self.kit.starter.get(path) == Some(content))
        });
        if !self.kit.allows_unsafe {
            for (path, content) in &taken.files {
                if let Some((line, word)) = first_unsafe(&String::from_utf8_lossy(content)) {
                    let why = format!(
                        "Rejected: this task is to be solved without `unsafe`, and line {line} of {path} has `{word}`."
                    );
                    return ends(graded, Status::Rejected, why);
                }
            }
        }
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let free = idle().pop();
        let sandbox = free.map_or_else(|| self.sandbox.another(), Ok)?;
        let judged = self.run(&sandbox, graded, taken);
        idle().push(sandbox);
        judged
    }

    /// Compiles and tests what may be run.
    fn run(&self, sandbox: &Sandbox, mut graded: Graded, taken: &Taken) -> Result<Judged> {
        let mut log = String::new();
        let work = tempfile::Builder::new()
            .prefix("work-")
            .tempdir_in(self.scratch.folder.path())?;
        sandbox.folder(work.path(), false)?;
        let sources = work.path().join("sources");
        let mut tree = self.sources.clone();
        for path in &self.kit.allowed {
            let content = taken.files.get(path).or_else(|| self.kit.starter.get(path));
            let content = content
                .with_context(|| format!("the starter has no {path}"))?
                .clone();
            tree.insert(path.clone(), content);
        }
        write_tree(sandbox, &sources, &tree)?;
        let library = work.path().join("library");
        let library = match self.toolchain.compile(
            sandbox,
            &sources,
            "src/lib.rs",
            Target::Library,
            Memory::Use(&self.library_memory()),
            &library,
        )? {
            Ok(library) => library,
            Err(Refused { text, limit }) => {
                let forbidden = !self.kit.allows_unsafe && text.contains(FORBID);
                let status = if forbidden {
                    Status::Rejected
                } else {
                    Status::CompileError
                };
                let what = if limit {
                    "The compiler was ended"
                } else {
                    "It does not compile"
                };
                let message = format!("{what}:\n{text}");
                return Ok(Judged::without_run(
                    Graded {
                        status,
                        message,
                        ..graded
                    },
                    text,
                ));
            }
        };
        let mut used = BTreeMap::new();
        let mut canaries = BTreeMap::new();
        for (number, suite) in self.suites.iter().enumerate() {
            let out = work.path().join(format!("suite-{number}"));
            let together = self.toolchain.compile(
                sandbox,
                &suite.sources,
                &self.kit.tests,
                Target::Tests(&library),
                Memory::Use(&suite.memory),
                &out,
            )?;
            for (index, part) in suite.groups.iter().enumerate() {
                // What the submission lacks costs the group that needs it, and no other.
                let program = match &together {
                    Ok(program) => Ok(program.clone()),
                    Err(refused) if suite.groups.len() == 1 => Err(refused.clone()),
                    Err(_) => {
                        let out = work.path().join(format!("suite-{number}-{index}"));
                        self.toolchain.compile(
                            sandbox,
                            &part.sources,
                            &self.kit.tests,
                            Target::Tests(&library),
                            Memory::None,
                            &out,
                        )?
                    }
                };
                let group = &mut graded.groups[part.group];
                let public = suite.visibility == Visibility::Public;
                match program {
                    Err(refused) => {
                        log.push_str(&format!("group {}:\n{}\n", group.name, refused.text));
                        let said = if public { refused.text } else { String::new() };
                        let test = |(number, name): (usize, &String)| {
                            let said = if number == 0 {
                                said.clone()
                            } else {
                                String::new()
                            };
                            Test::new(name, Outcome::CompileError, said)
                        };
                        group.tests = part.tests.iter().enumerate().map(test).collect();
                    }
                    Ok(program) => {
                        // What starts programs may look at them, which takes one that can be read; nobody reads what it finds.
                        seal(&program, public || self.forks)?;
                        for name in &part.tests {
                            // The group's points are lost by now, and all others of it may take as long.
                            if group.tests.last().is_some_and(|it| it.outcome.is_late()) {
                                group
                                    .tests
                                    .push(Test::new(name, Outcome::NotRun, String::new()));
                                continue;
                            }
                            let (test, its) =
                                self.test(sandbox, &program, name, public, &mut log)?;
                            used.insert(name.clone(), its);
                            group.tests.push(test);
                        }
                        // Where `unsafe` is allowed every test that passed has its counterpart that must fail; elsewhere,
                        // where nobody is known to be able to forge, one a group.
                        let passed = group
                            .tests
                            .iter()
                            .filter(|test| test.outcome == Outcome::Passed);
                        let most = if self.kit.allows_unsafe {
                            usize::MAX
                        } else {
                            1
                        };
                        for name in passed.take(most).map(|test| &test.name) {
                            let ran = self.once(sandbox, &program, name, true)?;
                            if matches!(ran.outcome, Outcome::Passed | Outcome::Tampered) {
                                canaries.insert(name.clone(), part.group);
                            }
                        }
                    }
                }
            }
        }
        for (name, group) in &canaries {
            if let Some(test) = graded.groups[*group]
                .tests
                .iter_mut()
                .find(|test| test.name == *name)
            {
                test.outcome = Outcome::Tampered;
            }
        }
        self.sum(&mut graded);
        Ok(Judged { graded, log, used })
    }

    fn sum(&self, graded: &mut Graded) {
        for group in &mut graded.groups {
            group.points = if group.is_full() { group.max_points } else { 0 };
        }
        let outcomes: Vec<Outcome> = graded
            .groups
            .iter()
            .flat_map(|group| &group.tests)
            .map(|test| test.outcome)
            .collect();
        let any = |outcome| outcomes.contains(&outcome);
        let status = if any(Outcome::Tampered) {
            Status::Tampered
        } else if !outcomes.is_empty() && outcomes.iter().all(|it| *it == Outcome::CompileError) {
            Status::CompileError
        } else if any(Outcome::Timeout) {
            Status::Timeout
        } else if any(Outcome::ResourceLimit) {
            Status::ResourceLimit
        } else {
            Status::Graded
        };
        graded.status = status;
        if status == Status::Tampered {
            graded.groups.iter_mut().for_each(|group| group.points = 0);
            graded.message =
                "The result cannot be trusted, and counts nothing until somebody has looked at it."
                    .to_owned();
        } else if graded.unchanged {
            graded.message = "The files are still as they were handed out.".to_owned();
        }
        graded.score = Some(graded.groups.iter().map(|group| group.points).sum());
    }

    /// Runs a test until its verdict is sure.
    fn test(
        &self,
        sandbox: &Sandbox,
        program: &Path,
        name: &str,
        public: bool,
        log: &mut String,
    ) -> Result<(Test, Used)> {
        let (ran, flaky) = settle(&self.alone, || self.once(sandbox, program, name, false))?;
        if ran.outcome == Outcome::Passed {
            return Ok((Test::new(name, Outcome::Passed, String::new()), ran.used));
        }
        // What a test prints until it is stopped differs in length; its beginning does not.
        let stopped = matches!(ran.outcome, Outcome::Timeout | Outcome::ResourceLimit);
        let printed = harmless(&printed(&ran.output), if stopped { 2000 } else { 8000 });
        log.push_str(&format!(
            "test {name}: {}\n{printed}\n",
            ran.outcome.words()
        ));
        let message = match (public, panic_message(&ran.output)) {
            (false, _) => String::new(),
            (true, Some(panic)) => harmless(&format!("{}: {panic}", ran.outcome.words()), MESSAGE),
            (true, None) => ran.outcome.words().to_owned(),
        };
        Ok((
            Test {
                flaky,
                ..Test::new(name, ran.outcome, message)
            },
            ran.used,
        ))
    }

    /// Runs a test once, in a process and a sandbox of its own.
    fn once(&self, sandbox: &Sandbox, program: &Path, name: &str, must_fail: bool) -> Result<Ran> {
        let mut number = [0; 32];
        getrandom(&mut number)?;
        let (ours, theirs) = UnixDatagram::pair()?;
        ours.send(&harness::order(&number, must_fail, name))?;
        let mut job = sandbox.job(self.limits);
        let at = job.execute(program, "/t");
        job.program(at)
            .args([harness::ENTRY, "--exact", "--nocapture", "--test-threads=1"])
            .channel(theirs.into());
        job.env("MALLOC_ARENA_MAX", "2");
        SURROUNDINGS
            .iter()
            .for_each(|(name, value)| _ = job.env(name, *value));
        job.with_scratch();
        if self.forks {
            job.with_programs();
        }
        let ended = sandbox.run(job)?;
        ours.set_nonblocking(true)?;
        let mut said = [0; 128];
        let mut messages = Vec::new();
        while let Ok(length) = ours.recv(&mut said) {
            messages.push(said[..length].to_vec());
        }
        let outcome = match messages.as_slice() {
            [] => unproven(&ended),
            [only] if harness::proof(only, &number).is_some() => Outcome::Passed,
            // Nobody speaks here but the grader's own code.
            _ => Outcome::Tampered,
        };
        let used = messages
            .first()
            .and_then(|only| harness::proof(only, &number))
            .unwrap_or_default();
        Ok(Ran {
            outcome,
            waited: ended.how == How::Clock && outcome != Outcome::Passed,
            output: ended.output,
            used,
        })
    }
}

/// Runs a test as often as it takes to be sure of it: what counts, and whether it failed and then passed.
fn settle(alone: &RwLock<()>, mut once: impl FnMut() -> Result<Ran>) -> Result<(Ran, bool)> {
    let ran = {
        let _together = alone.read().unwrap_or_else(PoisonError::into_inner);
        once()?
    };
    if ran.waited {
        // The machine may have been busy: on its own, it has all of it.
        let _alone = alone.write().unwrap_or_else(PoisonError::into_inner);
        return Ok((once()?, false));
    }
    // A stub fails however often it is run.
    let again = ran.outcome == Outcome::Failed && !ran.output.contains(UNWRITTEN);
    let flaky = again && once()?.outcome == Outcome::Passed;
    Ok((ran, flaky))
}

fn ungraded(graded: Graded, error: &anyhow::Error) -> Judged {
    let message = "This has not been graded yet: the fault is the grader's, not yours.".to_owned();
    let graded = Graded {
        status: Status::InfrastructureError,
        score: None,
        message,
        ..graded
    };
    Judged::without_run(graded, format!("{error:#}\n"))
}

/// Why a test that did not prove anything has not.
fn unproven(ended: &Ended) -> Outcome {
    // These only say how a test failed: whoever prints the words of another way has failed all the same.
    const ERRORS: [i32; 5] = [
        libc::EAGAIN,
        libc::ENOMEM,
        libc::EMFILE,
        libc::EFBIG,
        libc::ENOSPC,
    ];
    let said = |words: &str| ended.output.contains(words);
    let short = said("memory allocation of")
        || said("failed to spawn thread")
        || ERRORS.iter().any(|it| {
            said(&format!("(os error {it})")) || said(&format!("Os {{ code: {it}, kind"))
        });
    match ended.how {
        How::Clock => Outcome::Timeout,
        How::Signal(_) if ended.used_up_cpu() => Outcome::Timeout,
        How::Signal(libc::SIGKILL | libc::SIGXFSZ) => Outcome::ResourceLimit,
        _ if short => Outcome::ResourceLimit,
        How::Signal(_) => Outcome::Ended,
        // libtest's code for a test that failed.
        How::Exit(101) => Outcome::Failed,
        How::Exit(_) => Outcome::Ended,
    }
}

/// Makes a program one that can be executed and, if it has hidden tests in it, not be read.
fn seal(program: &Path, public: bool) -> Result<()> {
    let mode = if public { 0o755 } else { 0o711 };
    let metadata = fs::symlink_metadata(program)?;
    if !metadata.is_file() {
        bail!("{} is no regular file", program.display());
    }
    // Owned by whoever grades: its new owner could change the mode back, were the mount not read-only.
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::lchown(program, Some(0), Some(0))?;
    }
    fs::set_permissions(
        program,
        fs::Permissions::from_mode(if public || rustix::process::geteuid().is_root() {
            mode
        } else {
            0o111
        }),
    )?;
    Ok(())
}

fn getrandom(bytes: &mut [u8]) -> Result<()> {
    use std::io::Read;
    fs::File::open("/dev/urandom")?
        .read_exact(bytes)
        .context("no random numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(outcome: Outcome, waited: bool) -> Ran {
        Ran {
            outcome,
            waited,
            output: String::new(),
            used: Used::default(),
        }
    }

    /// Settles a test whose runs come to these, and says for each whether it was alone.
    fn settled(runs: &[(Outcome, bool)]) -> (Outcome, bool, Vec<bool>) {
        let alone = RwLock::new(());
        let mut were_alone = Vec::new();
        let (last, flaky) = settle(&alone, || {
            were_alone.push(alone.try_read().is_err());
            let (outcome, waited) = runs[were_alone.len() - 1];
            Ok(ran(outcome, waited))
        })
        .unwrap();
        (last.outcome, flaky, were_alone)
    }

    #[test]
    fn test_that_only_waited_is_run_again_alone_before_it_counts() {
        use Outcome::{Passed, Timeout};
        assert_eq!(
            settled(&[(Timeout, true), (Passed, false)]),
            (Passed, false, vec![false, true])
        );
        assert_eq!(
            settled(&[(Timeout, true), (Timeout, true)]),
            (Timeout, false, vec![false, true])
        );
        // CPU time is its own, however busy the machine is.
        assert_eq!(settled(&[(Timeout, false)]), (Timeout, false, vec![false]));
    }

    #[test]
    fn test_that_fails_and_then_passes_is_flaky_and_counts_as_failed() {
        use Outcome::{Ended, Failed, Passed};
        assert_eq!(
            settled(&[(Failed, false), (Passed, false)]),
            (Failed, true, vec![false; 2])
        );
        assert_eq!(
            settled(&[(Failed, false), (Failed, false)]),
            (Failed, false, vec![false; 2])
        );
        assert_eq!(settled(&[(Passed, false)]), (Passed, false, vec![false]));
        assert_eq!(settled(&[(Ended, false)]), (Ended, false, vec![false]));
    }

    #[test]
    fn test_that_meets_a_stub_is_run_once() {
        let mut runs = 0;
        let (ran, flaky) = settle(&RwLock::new(()), || {
            runs += 1;
            let output = std::panic::catch_unwind(|| todo!("sum")).unwrap_err();
            let output = match output.downcast::<String>() {
                Ok(output) => *output,
                Err(output) => (*output.downcast::<&str>().unwrap()).to_owned(),
            };
            Ok(Ran {
                output,
                ..ran(Outcome::Failed, false)
            })
        })
        .unwrap();
        assert_eq!((ran.outcome, flaky, runs), (Outcome::Failed, false, 1));
    }
}
