//! Stage 4: the scale. A fresh process for each weighing, and somebody outside who reads the dial.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Lines, Read, Write},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    str::FromStr,
};

use thiserror::Error;

use listings::generator_memory::{Heap, Kind, Refused, Snapshot};

// ANCHOR: job
/// What to weigh: so many units of a kind, held at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// The kind.
    pub kind: Kind,
    /// How many.
    pub units: usize,
}
// ANCHOR_END: job

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.units)
    }
}

impl FromStr for Job {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, units) = text
            .split_once(' ')
            .ok_or_else(|| format!("`{text}` is no job"))?;
        let units = units
            .parse()
            .map_err(|error| format!("`{units}` units: {error}"))?;
        Ok(Self {
            kind: kind.parse()?,
            units,
        })
    }
}

/// Why a weighing failed.
#[derive(Debug, Error)]
pub enum WeighError {
    /// The process could not be started, or not be talked to.
    #[error("the process on the scale cannot be talked to")]
    Talk(#[from] io::Error),
    /// The kernel's figures could not be had. Always so on other systems than Linux.
    #[error("the process cannot be looked at")]
    Look(#[source] io::Error),
    /// Not all units could be made.
    #[error("{job}: {refused}")]
    Refused {
        /// What should have been weighed.
        job: Job,
        /// How far it came.
        refused: Refused,
    },
    /// The process ended before it was told to.
    #[error("the process on the scale ended with {status}: {stderr}")]
    Died {
        /// How.
        status: ExitStatus,
        /// What it said.
        stderr: String,
    },
    /// The process said something else than it should.
    #[error("the process on the scale said `{0}`")]
    Said(String),
}

// ANCHOR: weight
/// A weighing: what was seen before there were any units, while they were held, and after they were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weight {
    /// What was weighed.
    pub job: Job,
    /// The process that held it. It is gone.
    pub process: u32,
    /// After one unit was made and dropped, so that what only the first one pays is paid.
    pub before: (Snapshot, Heap),
    /// While all were held.
    pub holding: (Snapshot, Heap),
    /// After all were dropped.
    pub after: (Snapshot, Heap),
}

impl Weight {
    /// What one unit takes: the difference that all of them make, divided by their number.
    #[must_use]
    pub fn each(&self) -> Each {
        // ANCHOR: solution_each
        let (before, heap_before) = self.before;
        let (holding, heap_holding) = self.holding;
        // As floats: a difference may be negative, and less than a byte for each unit.
        let each =
            |before: u64, holding: u64| (holding as f64 - before as f64) / self.job.units as f64;
        Each {
            heap: each(heap_before.bytes as u64, heap_holding.bytes as u64),
            blocks: each(heap_before.blocks as u64, heap_holding.blocks as u64),
            resident: each(before.resident, holding.resident),
            address_space: each(before.address_space, holding.address_space),
            page_tables: each(before.page_tables, holding.page_tables),
            kernel_stacks: each(before.kernel_stacks, holding.kernel_stacks),
            mappings: each(before.mappings, holding.mappings),
        }
        // ANCHOR_END: solution_each
    }
}
// ANCHOR_END: weight

/// What one unit takes, on the average. Each number has the meaning of its namesake in [`Snapshot`] or [`Heap`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Each {
    /// Bytes of the heap, as asked for.
    pub heap: f64,
    /// Blocks of the heap.
    pub blocks: f64,
    /// Bytes in memory.
    pub resident: f64,
    /// Bytes of addresses.
    pub address_space: f64,
    /// Bytes of page tables.
    pub page_tables: f64,
    /// Bytes of kernel stacks, if nobody else started or ended a thread meanwhile.
    pub kernel_stacks: f64,
    /// Mappings.
    pub mappings: f64,
}

// ANCHOR: weigh
/// Weighs one job in the process that `command` starts, which must call [`serve`].
///
/// Nothing is left when it returns, with a result or without: the process has ended and was waited for.
///
/// # Errors
///
/// See [`WeighError`].
pub fn weigh(command: Command, job: Job) -> Result<Weight, WeighError> {
    let mut session = Session::open(command)?;
    let weight = session.weigh(job)?;
    session.close()?;
    Ok(weight)
}

/// Weighs one job after the other, each in a process of its own.
///
/// # Errors
///
/// The first job's that fails; see [`WeighError`].
pub fn weigh_all(
    mut command: impl FnMut() -> Command,
    jobs: &[Job],
) -> Result<Vec<Weight>, WeighError> {
    // ANCHOR: solution_weigh_all
    jobs.iter().map(|&job| weigh(command(), job)).collect()
    // ANCHOR_END: solution_weigh_all
}
// ANCHOR_END: weigh

/// What stands before every line that is meant for the scale: the process may print others, as a test does.
const MARK: &str = "scale: ";

// ANCHOR: session
/// A process on the scale. Dropped, it is killed and waited for.
struct Session {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Session {
    fn open(mut command: Command) -> Result<Self, WeighError> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().expect("stdout is piped");
        Ok(Self {
            child,
            said: BufReader::new(stdout).lines(),
        })
    }

    fn weigh(&mut self, job: Job) -> Result<Weight, WeighError> {
        // The process is stopped in a read of its stdin whenever it is looked at.
        let before = self.step(job, "ready", &job.to_string())?;
        let holding = self.step(job, "holding", "make them")?;
        let after = self.step(job, "dropped", "drop them")?;
        Ok(Weight {
            job,
            process: self.child.id(),
            before,
            holding,
            after,
        })
    }

    /// Says `line`, waits for the answer, and looks at the process.
    fn step(
        &mut self,
        job: Job,
        expected: &str,
        line: &str,
    ) -> Result<(Snapshot, Heap), WeighError> {
        // ANCHOR: solution_step
        let stdin = self.child.stdin.as_mut().expect("stdin is piped");
        if writeln!(stdin, "{line}").is_err() {
            return Err(self.died()?);
        }
        let heap = self.hear(job, expected)?;
        let snapshot = Snapshot::of(self.child.id()).map_err(WeighError::Look)?;
        Ok((snapshot, heap))
        // ANCHOR_END: solution_step
    }
    // ANCHOR_END: session

    /// The next line for the scale.
    fn hear(&mut self, job: Job, expected: &str) -> Result<Heap, WeighError> {
        let line = loop {
            let Some(line) = self.said.next() else {
                return Err(self.died()?);
            };
            // Not at the start only: a test's name may stand before it.
            if let Some((_, line)) = line?.split_once(MARK) {
                break line.to_owned();
            }
        };
        let words: Vec<_> = line.splitn(3, ' ').collect();
        match words[..] {
            [word, bytes, blocks] if word == expected => match (bytes.parse(), blocks.parse()) {
                (Ok(bytes), Ok(blocks)) => Ok(Heap { bytes, blocks }),
                _ => Err(WeighError::Said(line)),
            },
            ["refused", made, why] => match made.parse() {
                Ok(made) => Err(WeighError::Refused {
                    job,
                    refused: Refused {
                        made,
                        why: why.to_owned(),
                    },
                }),
                Err(_) => Err(WeighError::Said(line)),
            },
            _ => Err(WeighError::Said(line)),
        }
    }

    fn died(&mut self) -> io::Result<WeighError> {
        let mut stderr = String::new();
        if let Some(mut pipe) = self.child.stderr.take() {
            pipe.read_to_string(&mut stderr)?;
        }
        Ok(WeighError::Died {
            status: self.child.wait()?,
            stderr: stderr.trim().to_owned(),
        })
    }

    /// Lets the process end, and waits until it has.
    fn close(mut self) -> Result<(), WeighError> {
        drop(self.child.stdin.take());
        let died = self.died()?;
        match died {
            WeighError::Died { status, .. } if status.success() => Ok(()),
            _ => Err(died),
        }
    }
}

// ANCHOR: drop
impl Drop for Session {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing to kill. Without the wait it would stay as a zombie.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
// ANCHOR_END: drop

// ANCHOR: serve
/// The other side: holds what it is told to, until stdin is closed. `heap` says what the program's heap holds.
///
/// # Errors
///
/// When stdin or stdout fail, or a line is no job.
pub fn serve(heap: impl Fn() -> Heap) -> io::Result<()> {
    // ANCHOR: solution_serve
    let say = |words: fmt::Arguments<'_>| {
        let mut out = io::stdout().lock();
        writeln!(out, "{MARK}{words}")?;
        out.flush()
    };
    let say_held = |word| {
        let Heap { bytes, blocks } = heap();
        say(format_args!("{word} {bytes} {blocks}"))
    };
    let mut lines = io::stdin().lines();
    let mut wait = move || lines.next().transpose();
    while let Some(line) = wait()? {
        let job: Job = line.parse().map_err(io::Error::other)?;
        let hold = |units| match job.kind.hold(units) {
            Ok(units) => Ok(Some(units)),
            Err(Refused { made, why }) => say(format_args!("refused {made} {why}")).map(|()| None),
        };
        // One unit to warm up: code is paged in, thread-locals and the runtime are made.
        let Some(first) = hold(1)? else { return Ok(()) };
        drop(first);
        say_held("ready")?;
        wait()?;
        let Some(units) = hold(job.units)? else {
            return Ok(());
        };
        say_held("holding")?;
        wait()?;
        drop(units);
        say_held("dropped")?;
    }
    Ok(())
    // ANCHOR_END: solution_serve
}
// ANCHOR_END: serve
