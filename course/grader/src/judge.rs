//! The way from a submission to its grade.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

use super::compile::{CompileError, Incremental, Target, Toolchain};
use super::harness::{self, Usage};
use super::intake::Intake;
use super::kit::{Kit, Tree};
use super::result::{Grade, GradeKey, GroupResult, Status, Student, TestOutcome, TestResult};
use super::text::{MESSAGE_LIMIT, panic_message, sanitize, test_output};
use book::task::Visibility;
use sandbox::{ExitReason, Level, Limits, Sandbox, Termination};
use toolchain::cargo::Artifacts;
use toolchain::libtest::listed;
use toolchain::source::first_unsafe;
use toolchain::suite::{SURROUNDINGS, UNWRITTEN};

/// The attribute of students' modules. The compiler shows it if, and only if, it applies.
const FORBID: &str = "#[forbid(unsafe_code)]";

/// Grades submissions of one task.
#[derive(Debug)]
pub struct Grader {
    kit: Kit,
    sandbox: Sandbox,
    /// Sandboxes that are not in use: no two submissions are in the same one at the same time.
    idle: Mutex<Vec<Sandbox>>,
    toolchain: Toolchain,
    limits: Limits,
    /// Test programs that students see, and those that they do not: never in one program.
    suites: Vec<Suite>,
    /// Every test runs with others; one that only waited in vain is run again alone.
    alone: RwLock<()>,
    /// True if tests start programs.
    forks: bool,
    task_digest: String,
    /// The grader's own sources, which a submission is compiled with.
    sources: Tree,
    /// The usage of the solution's tests, by their paths.
    usage: BTreeMap<String, Usage>,
    scratch: Scratch,
}

/// The groups of one visibility, as one program.
#[derive(Debug)]
struct Suite {
    visibility: Visibility,
    sources: PathBuf,
    /// The incremental cache of compiling them with the solution.
    cache: PathBuf,
    groups: Vec<GroupSuite>,
}

/// A group with sources of its own: it is a program by itself if all together do not compile.
#[derive(Debug)]
struct GroupSuite {
    /// Its number in the task's order.
    number: usize,
    sources: PathBuf,
    tests: Vec<String>,
}

/// A folder for the compiler and its products, removed when it is dropped.
#[derive(Debug)]
struct Scratch {
    // Dropped first.
    _lock: fs::File,
    folder: tempfile::TempDir,
}

impl Scratch {
    const PREFIX: &str = "course-grade-";

    /// Makes one, and removes those of graders that were killed: nobody holds their locks.
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

/// True if a folder of ours has existed for longer than it takes to lock it, and is not locked.
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

/// One run of a test.
struct TestRun {
    outcome: TestOutcome,
    /// True if it was still waiting when its wall-clock time was up.
    waited: bool,
    output: String,
    usage: Usage,
}

/// A grade, with a log that only instructors may read.
#[derive(Debug)]
pub struct Assessment {
    /// The canonical result.
    pub grade: Grade,
    /// Messages of the compiler, and output of tests.
    pub log: String,
    /// The usage of each test that was run, by its path.
    pub usage: BTreeMap<String, Usage>,
}

impl Assessment {
    /// An assessment without any test run.
    fn untested(grade: Grade, status: Status, message: String, log: String) -> Self {
        Self {
            grade: Grade {
                status,
                message,
                ..grade
            },
            log,
            usage: BTreeMap::new(),
        }
    }
}

/// Writes a tree below a folder that strangers' processes can read.
fn write_tree(sandbox: &Sandbox, folder: &Path, tree: &Tree) -> Result<()> {
    sandbox.folder(folder, false)?;
    for (path, content) in tree {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        fs::write(path, content)?;
    }
    Ok(())
}

/// The part of a tree whose paths meet a condition.
fn subtree(tree: &Tree, condition: impl Fn(&str) -> bool) -> Tree {
    let files = tree.iter().filter(|(path, _)| condition(path));
    files
        .map(|(path, text)| (path.clone(), text.clone()))
        .collect()
}

impl Grader {
    /// Prepares a task: compiles its tests, and tries the solution, which must get full marks here, under these
    /// limits of a test and of the compiler.
    ///
    /// # Errors
    ///
    /// If the task cannot be graded on this machine, with the reason.
    pub fn new(
        kit: Kit,
        sandbox: Sandbox,
        artifacts: Option<&Artifacts>,
        limits: Limits,
        compiling: Limits,
    ) -> Result<Self> {
        let limits = kit.limits_with(limits);
        let scratch = Scratch::new()?;
        let toolchain = Toolchain::stage(scratch.folder.path(), &sandbox, artifacts, compiling)?;
        // Tests, and what they include; not the manifest, and no README.
        let tests = subtree(&kit.owned, |path| {
            !path.starts_with("src/") && path.contains('/')
        });
        let forks = tests
            .values()
            .any(|text| String::from_utf8_lossy(text).contains("Command::new"));
        let mut sources = subtree(&kit.owned, |path| path.starts_with("src/"));
        if !kit.allows_unsafe {
            for path in &kit.allowed {
                harness::attribute_module(&mut sources, path, FORBID)?;
            }
        }
        let mut grader = Self {
            task_digest: kit.digest(),
            kit,
            sandbox,
            idle: Mutex::default(),
            toolchain,
            limits,
            suites: Vec::new(),
            alone: RwLock::new(()),
            forks,
            sources,
            usage: BTreeMap::new(),
            scratch,
        };
        grader
            .prepare(&tests)
            .context("the task cannot be graded here")?;
        let intake = Intake {
            files: subtree(&grader.kit.solution, |path| {
                grader.kit.allowed.iter().any(|it| it == path)
            }),
            ..Intake::default()
        };
        let assessment = grader.assess(Student::default(), &intake)?;
        ensure!(
            assessment.grade.score == Some(grader.kit.points()),
            "the solution itself does not get full marks in the {} sandbox{}:\n{}{}",
            grader.level().name(),
            match grader.level() {
                Level::Reduced => ", where no process sees another (the full sandbox may do)",
                _ => "",
            },
            assessment.grade.message,
            assessment.log
        );
        grader.usage = assessment.usage;
        Ok(grader)
    }

    fn prepare(&mut self, tests: &Tree) -> Result<()> {
        let sources = self.scratch.folder.path().join("solution");
        write_tree(&self.sandbox, &sources, &self.kit.solution)?;
        let cache = self.library_cache();
        let library = self
            .compile_library(&self.sandbox, &sources, Incremental::Save(&cache))?
            .map_err(|error| anyhow!("the solution does not compile\n{}", error.text))?;
        for visibility in [Visibility::Public, Visibility::Hidden] {
            if self.kit.groups_of(visibility).next().is_some() {
                let suite = self.suite(tests, visibility, &library)?;
                self.suites.push(suite);
            }
        }
        Ok(())
    }

    /// Prepares the groups of one visibility, and compiles them with the solution's `library`.
    fn suite(&self, tests: &Tree, visibility: Visibility, library: &Path) -> Result<Suite> {
        let names = |visibility| {
            let groups = self.kit.groups_of(visibility);
            groups.map(|it| it.name.as_str()).collect::<Vec<_>>()
        };
        let all: Vec<&str> = self.kit.groups.iter().map(|it| it.name.as_str()).collect();
        let kept = names(visibility);
        let hidden = match visibility {
            Visibility::Public => names(Visibility::Hidden),
            Visibility::Hidden => Vec::new(),
        };
        let select =
            |kept: &[&str]| harness::select_groups(tests, &self.kit.tests, kept, &all, &hidden);
        let folder = self.scratch.folder.path().join(match visibility {
            Visibility::Public => "suite-0",
            Visibility::Hidden => "suite-1",
        });
        let plain = select(&kept)?;
        let listed = self.list(&folder.join("list"), &plain, library)?;
        let tests_of = |name: &str| -> Vec<String> {
            let is_its = |test: &&String| test.split("::").next() == Some(name);
            listed.iter().filter(is_its).cloned().collect()
        };
        let write = |name: &str, tree: &Tree, tests: &[String]| -> Result<PathBuf> {
            let sources = folder.join(name);
            let tree = harness::instrument(tree, &self.kit.tests, tests)?;
            write_tree(&self.sandbox, &sources, &tree)?;
            Ok(sources)
        };
        let counted: Vec<String> = kept.iter().flat_map(|name| tests_of(name)).collect();
        let sources = write("all", &plain, &counted)?;
        let (cache, out) = (folder.join("memory"), folder.join("out"));
        let save = Incremental::Save(&cache);
        self.compile_tests(&self.sandbox, &sources, library, save, &out)?
            .map_err(|error| anyhow!("the tests do not compile\n{}", error.text))?;
        let mut groups = Vec::new();
        let of_it = |(_, group): &(usize, &book::task::Group)| group.visibility == visibility;
        for (number, group) in self.kit.groups.iter().enumerate().filter(of_it) {
            let name = group.name.as_str();
            let tests = tests_of(name);
            ensure!(!tests.is_empty(), "group `{name}` has no tests");
            groups.push(GroupSuite {
                number,
                sources: write(name, &select(&[name])?, &tests)?,
                tests,
            });
        }
        Ok(Suite {
            visibility,
            sources,
            cache,
            groups,
        })
    }

    fn compile_library(
        &self,
        sandbox: &Sandbox,
        sources: &Path,
        incremental: Incremental<'_>,
    ) -> Result<Result<PathBuf, CompileError>> {
        let (root, out) = ("src/lib.rs", sources.with_extension("out"));
        self.toolchain
            .compile(sandbox, sources, root, Target::Library, incremental, &out)
    }

    fn compile_tests(
        &self,
        sandbox: &Sandbox,
        sources: &Path,
        library: &Path,
        incremental: Incremental<'_>,
        out: &Path,
    ) -> Result<Result<PathBuf, CompileError>> {
        let (root, target) = (&self.kit.tests, Target::Tests(library));
        self.toolchain
            .compile(sandbox, sources, root, target, incremental, out)
    }

    /// The incremental cache of compiling the solution.
    fn library_cache(&self) -> PathBuf {
        self.scratch.folder.path().join("solution-memory")
    }

    /// The tests of a program, without those that are ignored.
    fn list(&self, folder: &Path, tree: &Tree, library: &Path) -> Result<Vec<String>> {
        write_tree(&self.sandbox, folder, tree)?;
        let out = folder.with_extension("out");
        let program = self
            .compile_tests(&self.sandbox, folder, library, Incremental::Off, &out)?
            .map_err(|error| anyhow!("the tests do not compile\n{}", error.text))?;
        let ask = |arguments: &[&str]| -> Result<BTreeSet<String>> {
            let mut job = self.sandbox.job(Limits::TEST);
            let at = job.read(&program, "/t");
            job.program(at).args(arguments.iter().copied());
            let Termination {
                reason,
                output,
                truncated,
            } = self.sandbox.run(job)?;
            ensure!(
                reason == ExitReason::Code(0) && !truncated,
                "the tests cannot be listed: {output}"
            );
            Ok(listed(&output).map(str::to_owned).collect())
        };
        let ignored = ask(&["--list", "--ignored"])?;
        Ok(ask(&["--list"])?.difference(&ignored).cloned().collect())
    }

    /// The task.
    #[must_use]
    pub fn kit(&self) -> &Kit {
        &self.kit
    }

    /// The limits of one test.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The level of its sandbox.
    #[must_use]
    pub fn level(&self) -> Level {
        self.sandbox.level()
    }

    /// The test of the solution that used the most CPU time here, and its usage.
    #[must_use]
    pub fn slowest_test(&self) -> Option<(&str, Usage)> {
        let slowest = self.usage.iter().max_by_key(|(_, usage)| usage.cpu);
        slowest.map(|(test, usage)| (test.as_str(), *usage))
    }

    /// The key of a grade of these files.
    #[must_use]
    pub fn key(&self, intake: &Intake) -> GradeKey {
        GradeKey {
            task: self.task_digest.clone(),
            submission: intake.digest(),
            toolchain: self.toolchain.digest().to_owned(),
        }
    }

    /// A grade without points.
    fn empty_grade(&self, student: Student, intake: &Intake) -> Grade {
        let not_run = |group: &book::task::Group| GroupResult {
            name: group.name.clone(),
            part: group.part,
            visibility: group.visibility,
            points: 0,
            max_points: group.points,
            tests: Vec::new(),
        };
        Grade {
            format: 1,
            task: self.kit.slug.clone(),
            key: self.key(intake),
            student,
            status: Status::Graded,
            score: Some(0),
            max_score: self.kit.points(),
            sandbox: self.level().name().to_owned(),
            forgeable: self.kit.allows_unsafe,
            unchanged: false,
            message: String::new(),
            groups: self.kit.groups.iter().map(not_run).collect(),
            ignored_files: intake.ignored.clone(),
        }
    }

    /// Grades a submission. A fault of the grader is a result too: ungraded, which is not zero.
    #[must_use]
    pub fn grade(&self, student: Student, intake: &Intake) -> Assessment {
        self.assess(student.clone(), intake)
            .unwrap_or_else(|error| ungraded(self.empty_grade(student, intake), &error))
    }

    /// The result of a submission that the grader could not even read.
    #[must_use]
    pub fn fault(&self, student: Student, error: &anyhow::Error) -> Assessment {
        ungraded(self.empty_grade(student, &Intake::default()), error)
    }

    fn assess(&self, student: Student, intake: &Intake) -> Result<Assessment> {
        let mut grade = self.empty_grade(student, intake);
        if let Some((status, message)) = self.refusal(intake) {
            return Ok(Assessment::untested(grade, status, message, String::new()));
        }
        grade.unchanged = self.is_unchanged(intake);
        if let Some(message) = self.unsafe_code(intake) {
            let log = String::new();
            return Ok(Assessment::untested(grade, Status::Rejected, message, log));
        }
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let free = idle().pop();
        let sandbox = free.map_or_else(|| self.sandbox.another(), Ok)?;
        let assessment = self.compile_and_test(&sandbox, grade, intake);
        idle().push(sandbox);
        assessment
    }

    /// The status and message of an intake that cannot be compiled.
    fn refusal(&self, intake: &Intake) -> Option<(Status, String)> {
        let kit = &self.kit;
        if let Some(reason) = &intake.rejected {
            return Some((Status::Rejected, format!("Not graded: {reason}.")));
        }
        if intake.files.is_empty() {
            let names = kit.allowed.join(", ");
            let message = format!("None of the files that count are there: {names}.");
            return Some((Status::Missing, message));
        }
        let has =
            |path: &&String| intake.files.contains_key(*path) || kit.starter.contains_key(*path);
        let missing = kit.allowed.iter().find(|path| !has(path))?;
        Some((Status::Missing, format!("{missing} is missing.")))
    }

    fn is_unchanged(&self, intake: &Intake) -> bool {
        self.kit.allowed.iter().all(|path| {
            let content = intake.files.get(path);
            content.is_none_or(|content| self.kit.starter.get(path) == Some(content))
        })
    }

    /// The message about `unsafe` where it is forbidden.
    fn unsafe_code(&self, intake: &Intake) -> Option<String> {
        let mut files = intake.files.iter().filter(|_| !self.kit.allows_unsafe);
        files.find_map(|(path, content)| {
            let (line, word) = first_unsafe(&String::from_utf8_lossy(content))?;
            Some(format!(
                "Rejected: this task is to be solved without `unsafe`, and line {line} of {path} has `{word}`."
            ))
        })
    }

    fn compile_and_test(
        &self,
        sandbox: &Sandbox,
        mut grade: Grade,
        intake: &Intake,
    ) -> Result<Assessment> {
        let work = tempfile::Builder::new()
            .prefix("work-")
            .tempdir_in(self.scratch.folder.path())?;
        sandbox.folder(work.path(), false)?;
        let sources = work.path().join("library");
        let mut tree = self.sources.clone();
        for path in &self.kit.allowed {
            let content = intake
                .files
                .get(path)
                .or_else(|| self.kit.starter.get(path));
            let content = content.with_context(|| format!("the starter has no {path}"))?;
            tree.insert(path.clone(), content.clone());
        }
        write_tree(sandbox, &sources, &tree)?;
        let reuse = self.library_cache();
        let library = match self.compile_library(sandbox, &sources, Incremental::Reuse(&reuse))? {
            Ok(library) => library,
            Err(error) => return Ok(self.not_compiled(grade, error)),
        };
        let mut tests = Tests {
            grader: self,
            sandbox,
            library: &library,
            work: work.path(),
            log: String::new(),
            usage: BTreeMap::new(),
        };
        let mut tampered = BTreeSet::new();
        for suite in &self.suites {
            tests.run_suite(suite, &mut grade, &mut tampered)?;
        }
        for group in &mut grade.groups {
            for test in group
                .tests
                .iter_mut()
                .filter(|it| tampered.contains(&it.name))
            {
                test.outcome = TestOutcome::Tampered;
            }
        }
        add_up(&mut grade);
        Ok(Assessment {
            grade,
            log: tests.log,
            usage: tests.usage,
        })
    }

    fn not_compiled(&self, grade: Grade, CompileError { text, limit }: CompileError) -> Assessment {
        let is_forbidden = !self.kit.allows_unsafe && text.contains(FORBID);
        let status = if is_forbidden {
            Status::Rejected
        } else {
            Status::CompileError
        };
        let what = if limit {
            "The compiler was ended"
        } else {
            "It does not compile"
        };
        Assessment::untested(grade, status, format!("{what}:\n{text}"), text)
    }
}

/// Adds up points, and sets status and message.
fn add_up(grade: &mut Grade) {
    for group in &mut grade.groups {
        group.points = if group.is_full() { group.max_points } else { 0 };
    }
    let tests = grade.groups.iter().flat_map(|group| &group.tests);
    let outcomes: Vec<TestOutcome> = tests.map(|test| test.outcome).collect();
    let any = |outcome| outcomes.contains(&outcome);
    let all = |outcome| !outcomes.is_empty() && outcomes.iter().all(|it| *it == outcome);
    grade.status = if any(TestOutcome::Tampered) {
        Status::Tampered
    } else if all(TestOutcome::CompileError) {
        Status::CompileError
    } else if any(TestOutcome::Timeout) {
        Status::Timeout
    } else if any(TestOutcome::ResourceLimit) {
        Status::ResourceLimit
    } else {
        Status::Graded
    };
    if grade.status == Status::Tampered {
        grade.groups.iter_mut().for_each(|group| group.points = 0);
        grade.message =
            "The result cannot be trusted, and counts nothing until somebody has looked at it."
                .to_owned();
    } else if grade.unchanged {
        grade.message = "The files are still as they were handed out.".to_owned();
    }
    grade.score = Some(grade.groups.iter().map(|group| group.points).sum());
}

/// The tests of one submission.
struct Tests<'a> {
    grader: &'a Grader,
    sandbox: &'a Sandbox,
    library: &'a Path,
    work: &'a Path,
    log: String,
    usage: BTreeMap<String, Usage>,
}

impl Tests<'_> {
    /// Runs the groups of a suite, and adds the tests that cannot be trusted to `tampered`.
    fn run_suite(
        &mut self,
        suite: &Suite,
        grade: &mut Grade,
        tampered: &mut BTreeSet<String>,
    ) -> Result<()> {
        let is_public = suite.visibility == Visibility::Public;
        let together = self.compile(&suite.sources, Incremental::Reuse(&suite.cache))?;
        for its in &suite.groups {
            // A group that needs more than the submission has is lost, and no other.
            let program = match &together {
                Err(_) if suite.groups.len() > 1 => self.compile(&its.sources, Incremental::Off)?,
                program => program.clone(),
            };
            let group = &mut grade.groups[its.number];
            match program {
                Err(error) => {
                    self.log += &format!("group {}:\n{}\n", group.name, error.text);
                    let message = if is_public { error.text } else { String::new() };
                    // The first has the message for all.
                    let messages = [message]
                        .into_iter()
                        .chain(std::iter::repeat(String::new()));
                    group.tests = its
                        .tests
                        .iter()
                        .zip(messages)
                        .map(|(name, it)| TestResult::new(name, TestOutcome::CompileError, it))
                        .collect();
                }
                Ok(program) => {
                    // A test that starts programs may look at its own, which must be readable then;
                    // nobody reads the findings.
                    protect(&program, is_public || self.grader.forks)?;
                    group.tests = self.run_group(&its.tests, &program, is_public)?;
                    tampered.extend(self.forgeries(&group.tests, &program)?);
                }
            }
        }
        Ok(())
    }

    fn compile(
        &self,
        sources: &Path,
        incremental: Incremental<'_>,
    ) -> Result<Result<PathBuf, CompileError>> {
        let out = tempfile::Builder::new()
            .prefix("suite-")
            .tempdir_in(self.work)?
            .keep();
        self.grader
            .compile_tests(self.sandbox, sources, self.library, incremental, &out)
    }

    fn run_group(
        &mut self,
        tests: &[String],
        program: &Path,
        is_public: bool,
    ) -> Result<Vec<TestResult>> {
        let mut results: Vec<TestResult> = Vec::new();
        for name in tests {
            // The group's points are lost by now, and all others of it may take as long.
            let is_late = results.last().is_some_and(|it| it.outcome.is_late());
            results.push(if is_late {
                TestResult::new(name, TestOutcome::NotRun, String::new())
            } else {
                self.run_test(program, name, is_public)?
            });
        }
        Ok(results)
    }

    /// Runs tests that passed once more, so that they must fail, and names those that pass again.
    /// Where `unsafe` is allowed these are all tests; elsewhere, where nobody is known to be able
    /// to forge, one a group.
    fn forgeries(&self, tests: &[TestResult], program: &Path) -> Result<Vec<String>> {
        let passed = tests
            .iter()
            .filter(|test| test.outcome == TestOutcome::Passed);
        let most = if self.grader.kit.allows_unsafe {
            usize::MAX
        } else {
            1
        };
        let mut forged = Vec::new();
        for test in passed.take(most) {
            let run = self.run_once(program, &test.name, true)?;
            if matches!(run.outcome, TestOutcome::Passed | TestOutcome::Tampered) {
                forged.push(test.name.clone());
            }
        }
        Ok(forged)
    }

    /// Runs a test until its verdict is sure.
    fn run_test(&mut self, program: &Path, name: &str, is_public: bool) -> Result<TestResult> {
        let (run, flaky) =
            run_until_sure(&self.grader.alone, || self.run_once(program, name, false))?;
        self.usage.insert(name.to_owned(), run.usage);
        if run.outcome == TestOutcome::Passed {
            return Ok(TestResult::new(name, run.outcome, String::new()));
        }
        // The output of a test that is stopped differs in length; its beginning does not.
        let was_stopped = matches!(
            run.outcome,
            TestOutcome::Timeout | TestOutcome::ResourceLimit
        );
        let limit = if was_stopped { 2000 } else { 8000 };
        let output = sanitize(&test_output(&run.output), limit);
        let description = run.outcome.description();
        self.log += &format!("test {name}: {description}\n{output}\n");
        let message = match (is_public, panic_message(&run.output)) {
            (false, _) => String::new(),
            (true, Some(panic)) => sanitize(&format!("{description}: {panic}"), MESSAGE_LIMIT),
            (true, None) => description.to_owned(),
        };
        Ok(TestResult {
            flaky,
            ..TestResult::new(name, run.outcome, message)
        })
    }

    /// Runs a test once, in a process and a sandbox of its own.
    fn run_once(&self, program: &Path, name: &str, must_fail: bool) -> Result<TestRun> {
        let mut number = [0; 32];
        getrandom(&mut number)?;
        let (ours, theirs) = UnixDatagram::pair()?;
        ours.send(&harness::request(&number, must_fail, name))?;
        let mut job = self.sandbox.job(self.grader.limits);
        let at = job.execute(program, "/t");
        job.program(at)
            .args([harness::ENTRY, "--exact", "--nocapture", "--test-threads=1"])
            .channel(theirs.into());
        job.env("MALLOC_ARENA_MAX", "2");
        SURROUNDINGS
            .iter()
            .for_each(|(name, value)| _ = job.env(name, *value));
        job.with_scratch();
        if self.grader.forks {
            job.with_programs();
        }
        let termination = self.sandbox.run(job)?;
        ours.set_nonblocking(true)?;
        let mut buffer = [0; 128];
        let mut replies = Vec::new();
        while let Ok(length) = ours.recv(&mut buffer) {
            replies.push(harness::parse_reply(&buffer[..length], &number));
        }
        let outcome = match replies.as_slice() {
            [] => failure(&termination),
            [Some(_)] => TestOutcome::Passed,
            // Nothing but the grader's own code may use this channel.
            _ => TestOutcome::Tampered,
        };
        Ok(TestRun {
            outcome,
            waited: termination.reason == ExitReason::Timeout && outcome != TestOutcome::Passed,
            output: termination.output,
            usage: replies.first().copied().flatten().unwrap_or_default(),
        })
    }
}

/// Runs a test until its outcome is sure. Returns the run that counts, and true if it failed and then passed.
fn run_until_sure(
    alone: &RwLock<()>,
    mut run_once: impl FnMut() -> Result<TestRun>,
) -> Result<(TestRun, bool)> {
    let run = {
        let _together = alone.read().unwrap_or_else(PoisonError::into_inner);
        run_once()?
    };
    if run.waited {
        // The machine may have been busy: on its own, it has all of it.
        let _alone = alone.write().unwrap_or_else(PoisonError::into_inner);
        return Ok((run_once()?, false));
    }
    // A stub fails however often it is run.
    let again = run.outcome == TestOutcome::Failed && !run.output.contains(UNWRITTEN);
    let flaky = again && run_once()?.outcome == TestOutcome::Passed;
    Ok((run, flaky))
}

fn ungraded(grade: Grade, error: &anyhow::Error) -> Assessment {
    let message = "This has not been graded yet: the fault is the grader's, not yours.".to_owned();
    let grade = Grade {
        score: None,
        ..grade
    };
    let log = format!("{error:#}\n");
    Assessment::untested(grade, Status::InfrastructureError, message, log)
}

/// The outcome of a test that sent no valid reply.
fn failure(termination: &Termination) -> TestOutcome {
    // These only say how a test failed: a test that prints the words of another way has failed all the same.
    const ERRORS: [i32; 5] = [
        libc::EAGAIN,
        libc::ENOMEM,
        libc::EMFILE,
        libc::EFBIG,
        libc::ENOSPC,
    ];
    let printed = |words: &str| termination.output.contains(words);
    let short = printed("memory allocation of")
        || printed("failed to spawn thread")
        || ERRORS.iter().any(|it| {
            printed(&format!("(os error {it})")) || printed(&format!("Os {{ code: {it}, kind"))
        });
    match termination.reason {
        ExitReason::Timeout => TestOutcome::Timeout,
        ExitReason::Signal(_) if termination.used_up_cpu() => TestOutcome::Timeout,
        ExitReason::Signal(libc::SIGKILL | libc::SIGXFSZ) => TestOutcome::ResourceLimit,
        _ if short => TestOutcome::ResourceLimit,
        ExitReason::Signal(_) => TestOutcome::Ended,
        // libtest's code for a test that failed.
        ExitReason::Code(101) => TestOutcome::Failed,
        ExitReason::Code(_) => TestOutcome::Ended,
    }
}

/// Makes a program one that can be executed and, if it has hidden tests in it, not be read.
fn protect(program: &Path, is_readable: bool) -> Result<()> {
    ensure!(
        fs::symlink_metadata(program)?.is_file(),
        "{} is no regular file",
        program.display()
    );
    let is_root = rustix::process::geteuid().is_root();
    // Owned by the grader: its new owner could change the mode back, were the mount not read-only.
    if is_root {
        std::os::unix::fs::lchown(program, Some(0), Some(0))?;
    }
    let mode = match (is_readable, is_root) {
        (true, _) => 0o755,
        (false, true) => 0o711,
        (false, false) => 0o111,
    };
    fs::set_permissions(program, fs::Permissions::from_mode(mode))?;
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

    fn run(outcome: TestOutcome, waited: bool) -> TestRun {
        TestRun {
            outcome,
            waited,
            output: String::new(),
            usage: Usage::default(),
        }
    }

    /// Settles a test whose runs come to these, and says for each whether it was alone.
    fn outcome_of(runs: &[(TestOutcome, bool)]) -> (TestOutcome, bool, Vec<bool>) {
        let alone = RwLock::new(());
        let mut were_alone = Vec::new();
        let (last, flaky) = run_until_sure(&alone, || {
            were_alone.push(alone.try_read().is_err());
            let (outcome, waited) = runs[were_alone.len() - 1];
            Ok(run(outcome, waited))
        })
        .unwrap();
        (last.outcome, flaky, were_alone)
    }

    #[test]
    fn test_that_only_waited_is_run_again_alone_before_it_counts() {
        use TestOutcome::{Passed, Timeout};
        assert_eq!(
            outcome_of(&[(Timeout, true), (Passed, false)]),
            (Passed, false, vec![false, true])
        );
        assert_eq!(
            outcome_of(&[(Timeout, true), (Timeout, true)]),
            (Timeout, false, vec![false, true])
        );
        // CPU time is its own, however busy the machine is.
        assert_eq!(
            outcome_of(&[(Timeout, false)]),
            (Timeout, false, vec![false])
        );
    }

    #[test]
    fn test_that_fails_and_then_passes_is_flaky_and_counts_as_failed() {
        use TestOutcome::{Ended, Failed, Passed};
        assert_eq!(
            outcome_of(&[(Failed, false), (Passed, false)]),
            (Failed, true, vec![false; 2])
        );
        assert_eq!(
            outcome_of(&[(Failed, false), (Failed, false)]),
            (Failed, false, vec![false; 2])
        );
        assert_eq!(outcome_of(&[(Passed, false)]), (Passed, false, vec![false]));
        assert_eq!(outcome_of(&[(Ended, false)]), (Ended, false, vec![false]));
    }

    #[test]
    fn test_that_meets_a_stub_is_run_once() {
        let mut runs = 0;
        let (run, flaky) = run_until_sure(&RwLock::new(()), || {
            runs += 1;
            let output = std::panic::catch_unwind(|| todo!("sum")).unwrap_err();
            let output = match output.downcast::<String>() {
                Ok(output) => *output,
                Err(output) => (*output.downcast::<&str>().unwrap()).to_owned(),
            };
            Ok(TestRun {
                output,
                ..run(TestOutcome::Failed, false)
            })
        })
        .unwrap();
        assert_eq!((run.outcome, flaky, runs), (TestOutcome::Failed, false, 1));
    }
}
