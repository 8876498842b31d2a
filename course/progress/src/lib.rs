//! The progress of long work: a bar on a terminal, a line a phase everywhere else.
//!
//! In: phases, as closures, and their steps. Out: words on standard error while they run, and the
//! list of phases with their durations.
//!
//! ```
//! let progress = progress::Progress::lines();
//! let sum = progress.phase("add", || {
//!     progress.expect(3);
//!     let sum: u32 = (1..=3).inspect(|_| progress.advance(1)).sum();
//!     Ok((sum, "3 numbers".to_owned()))
//! })?;
//! assert_eq!(sum, 6);
//! assert_eq!(progress.ended()[0].name, "add");
//! # anyhow::Ok(())
//! ```

use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// A phase of a run that has ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Phase {
    /// Its name, one word.
    pub name: &'static str,
    /// Its duration in seconds.
    pub seconds: f64,
    /// A summary in a few words.
    pub said: String,
}

/// The reporter of a run.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    ended: Mutex<Vec<Phase>>,
}

impl Progress {
    /// A bar where standard error is a terminal that can show one; lines everywhere else.
    #[must_use]
    pub fn on_stderr() -> Self {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        if terminal && can_redraw(|name| std::env::var(name).ok()) {
            Self::bar(ProgressDrawTarget::stderr())
        } else {
            Self::lines()
        }
    }

    /// A line on standard error for every phase that ends. libtest captures it.
    #[must_use]
    pub fn lines() -> Self {
        Self {
            bar: None,
            ended: Mutex::default(),
        }
    }

    fn bar(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        Self {
            bar: Some(bar),
            ended: Mutex::default(),
        }
    }

    /// Runs a phase and notes how long it took. The work returns its value and what to say of it.
    ///
    /// # Errors
    ///
    /// Those of the work.
    pub fn phase<T>(
        &self,
        name: &'static str,
        work: impl FnOnce() -> Result<(T, String)>,
    ) -> Result<T> {
        if let Some(bar) = &self.bar {
            bar.set_style(style("{prefix:>9.cyan.bold} {spinner} {pos:.dim}"));
            bar.set_prefix(name);
            bar.unset_length();
            bar.reset();
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        let start = Instant::now();
        let (value, said) = work()?;
        let phase = Phase {
            name,
            seconds: start.elapsed().as_secs_f64(),
            said,
        };
        if self.bar.is_none() {
            eprintln!("{:>9} {} ({:.1} s)", phase.name, phase.said, phase.seconds);
        }
        self.ended
            .lock()
            .expect("no phase panics while it is noted")
            .push(phase);
        Ok(value)
    }

    /// Says how many steps the phase has.
    pub fn expect(&self, steps: usize) {
        if let Some(bar) = &self.bar {
            bar.set_style(style(
                "{prefix:>9.cyan.bold} {spinner} {wide_bar:.cyan/dim} {pos}/{len}, {eta} left",
            ));
            bar.set_length(steps as u64);
        }
    }

    /// Says that some more steps of the phase are done.
    pub fn advance(&self, steps: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(steps as u64);
        }
    }

    /// Says how far a long phase is, where there is no bar that shows it.
    pub fn remark(&self, text: &str) {
        if self.bar.is_none() {
            eprintln!("{:>9} {text}", "");
        }
    }

    /// The phases that have ended, in order.
    #[must_use]
    pub fn ended(&self) -> Vec<Phase> {
        self.ended
            .lock()
            .expect("no phase panics while it is noted")
            .clone()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("a valid template")
        .progress_chars("━━╌")
}

/// True if a terminal may be redrawn: not a dumb one, not a log of CI, not where colour is unwanted.
fn can_redraw(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name| variable(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && !set("CI") && variable("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;

    fn on(terminal: &InMemoryTerm) -> Progress {
        Progress::bar(ProgressDrawTarget::term_like(Box::new(terminal.clone())))
    }

    #[test]
    fn bar_names_the_phase_and_counts_and_is_gone_at_the_end() {
        let terminal = InMemoryTerm::new(10, 60);
        let progress = on(&terminal);
        let seen = progress.phase("listings", || {
            progress.expect(8);
            progress.advance(3);
            std::thread::sleep(Duration::from_millis(250));
            Ok((terminal.contents(), "8 compiled".to_owned()))
        });
        let seen = seen.unwrap();
        assert!(
            seen.contains("listings") && seen.contains("3/8, ") && seen.contains(" left"),
            "{seen:?}"
        );
        assert_eq!(progress.ended()[0].said, "8 compiled");
        drop(progress);
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn bar_is_gone_when_a_phase_fails() {
        let terminal = InMemoryTerm::new(10, 60);
        let progress = on(&terminal);
        let failed = progress.phase("build", || {
            anyhow::bail!("no compiler") as Result<((), String)>
        });
        assert!(failed.is_err() && progress.ended().is_empty());
        drop(progress);
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn phases_begin_to_count_anew() {
        let terminal = InMemoryTerm::new(10, 60);
        let progress = on(&terminal);
        let step = |steps| {
            progress.expect(steps);
            progress.advance(1);
            std::thread::sleep(Duration::from_millis(250));
            Ok((terminal.contents(), String::new()))
        };
        progress.phase("first", || step(5)).unwrap();
        let seen = progress.phase("second", || step(4)).unwrap();
        assert!(seen.contains("second") && seen.contains("1/4"), "{seen:?}");
    }

    #[test]
    fn drawing_needs_a_terminal_that_wants_it() {
        let with = |variables: &[(&str, &str)]| {
            can_redraw(|name| {
                variables
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(with(&[]) && with(&[("TERM", "xterm-256color")]) && with(&[("NO_COLOR", "")]));
        assert!(!with(&[("NO_COLOR", "1")]));
        assert!(!with(&[("TERM", "dumb")]));
        assert!(!with(&[("TERM", "xterm"), ("CI", "true")]));
    }
}
