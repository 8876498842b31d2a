//! The scenarios of `listings/tests/nursery/trio/scenarios.py`, on our nursery, under virtual time.

use std::{
    future::pending,
    sync::{Arc, Mutex},
};

use listings::{
    nursery::{Nursery, NurseryError, Options, nursery, nursery_with, shield},
    scope::Root,
    virtual_time::bubble,
};
use tokio::time::{Duration, sleep};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What a scenario writes: what happened, and when.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(u128, String)>>>);

impl Log {
    fn log(&self, what: impl Into<String>) {
        self.0
            .lock()
            .expect("nobody panics")
            .push((bubble::now().as_millis(), what.into()));
    }

    /// Sleeps, and says whether it could.
    fn nap(
        &self,
        name: &'static str,
        millis: u64,
    ) -> impl Future<Output = Result<(), &'static str>> + use<> {
        struct Cut(Log, &'static str, bool);
        impl Drop for Cut {
            fn drop(&mut self) {
                self.0.log(format!(
                    "{}: {}",
                    self.1,
                    if self.2 { "done" } else { "cut short" }
                ));
            }
        }

        let log = self.clone();
        async move {
            let mut cut = Cut(log, name, false);
            sleep(ms(millis)).await;
            cut.2 = true;
            Ok(())
        }
    }

    fn ended<T>(&self, outcome: &Result<T, NurseryError<&'static str>>) {
        let failed = match outcome {
            Ok(_) => return self.log("nursery: a value"),
            Err(NurseryError::Failed { first, suppressed }) => {
                std::iter::once(first).chain(suppressed)
            }
            Err(_) => return,
        };
        let mut names: Vec<_> = failed.filter_map(|it| it.error.error().copied()).collect();
        names.sort_unstable();
        self.log(format!("nursery: failed, {}", names.join(" and ")));
    }

    /// Opens a nursery and says how it ends.
    async fn run(
        &self,
        options: Options<&'static str>,
        body: impl AsyncFnOnce(&Nursery<&'static str>) -> Result<(), &'static str>,
    ) {
        self.ended(&nursery_with(options, &Root::new(), body).await);
    }
}

async fn fails(name: &'static str, millis: u64) -> Result<(), &'static str> {
    sleep(ms(millis)).await;
    Err(name)
}

async fn one_fails(log: Log) {
    log.run(Options::default(), async |n| {
        let _ = n.spawn("bad", fails("bad", 10)).await;
        let _ = n.spawn("slow", log.nap("slow", 1000)).await;
        log.nap("body", 1000).await
    })
    .await;
}

async fn two_fail(log: Log) {
    log.run(Options::default(), async |n| {
        let _ = n.spawn("bad", fails("bad", 10)).await;
        let polite = n.spawn_cooperative("polite", |token| async move {
            token.cancelled().await;
            fails("polite", 20).await
        });
        polite.await.map(drop).map_err(|_| "refused")
    })
    .await;
}

async fn body_fails(log: Log) {
    log.run(Options::default(), async |n| {
        let _ = n.spawn("child", log.nap("child", 1000)).await;
        fails("body", 10).await
    })
    .await;
}

async fn shielded(log: Log) {
    log.run(Options::default().deadline(ms(50)), async |n| {
        let work = log.nap("child", 200);
        let child = async { shield(ms(1000), work).await.map_err(|_| "expired")? };
        n.spawn("child", child)
            .await
            .map(drop)
            .map_err(|_| "refused")
    })
    .await;
}

async fn told_twice(log: Log) {
    log.run(Options::default(), async |n| {
        let child_log = log.clone();
        let child = n.spawn_cooperative("child", |token| async move {
            for word in ["told", "told again"] {
                token.cancelled().await;
                child_log.log(format!("child: {word}"));
            }
            Ok(())
        });
        let _ = child.await;
        sleep(ms(10)).await;
        n.cancel();
        Ok(())
    })
    .await;
}

async fn deadlines_nest(log: Log) {
    let says = |name, outcome: Result<(), NurseryError<&'static str>>| {
        let whose = if matches!(outcome, Err(NurseryError::Deadline { .. })) {
            "its own"
        } else {
            "not its own"
        };
        log.log(format!("{name}: {whose} deadline"));
    };
    let (root, outer) = (Root::new(), Options::default().deadline(ms(10)));
    let outcome = nursery_with(outer, &root, async |n| {
        let inner = Options::default().deadline(ms(1000));
        says(
            "inner",
            nursery_with(inner, n, async |_| pending().await).await,
        );
        pending().await
    });
    says("outer", outcome.await);
}

async fn start(log: Log) {
    log.run(Options::default(), async |n| {
        let work = log.nap("server", 30);
        let server = n.start("server", |started| async {
            sleep(ms(30)).await;
            let _ = started.ready(8080);
            work.await
        });
        log.log(format!(
            "start: {}",
            server.await.map_err(|_| "not started")?
        ));
        Ok(())
    })
    .await;
}

async fn start_fails(log: Log) {
    log.run(Options::default(), async |n| {
        let _ = n.spawn("sibling", log.nap("sibling", 50)).await;
        if n.start::<(), _>("server", |_| fails("server", 10))
            .await
            .is_err()
        {
            log.log("start: failed");
        }
        log.nap("body", 20).await
    })
    .await;
}

async fn late(log: Log) {
    let root = Root::new();
    let outcome = nursery(&root, async |n: &Nursery<&'static str>| Ok(n.clone())).await;
    log.ended(&outcome);
    let Ok(escaped) = outcome else { return };
    if escaped.spawn("late", log.nap("late", 1)).await.is_err() {
        log.log("late: refused");
    }
}

async fn spawn_when_cancelled(log: Log) {
    log.run(Options::default(), async |n| {
        n.cancel();
        let (began, work) = (log.clone(), log.nap("child", 10));
        let child = async move {
            began.log("child: began");
            work.await
        };
        if n.spawn("child", child).await.is_err() {
            log.log("child: refused");
        }
        Ok(())
    })
    .await;
}

/// Each scenario's name, and what happened in it, in order of time and then of the alphabet.
pub fn all() -> Vec<(&'static str, Vec<String>)> {
    macro_rules! scenarios {
        ($($name:ident)*) => {
            vec![$({
                let log = Log::default();
                bubble::run($name(log.clone())).expect("nothing hangs or leaks");
                let mut lines = log.0.lock().expect("nobody panics");
                lines.sort();
                (stringify!($name), lines.iter().map(|(at, what)| format!("{at} ms {what}")).collect())
            }),*]
        };
    }
    scenarios!(one_fails two_fail body_fails shielded told_twice deadlines_nest start start_fails late spawn_when_cancelled)
}

/// The same of a recorded run of Trio.
pub fn recorded(text: &str) -> Vec<(&str, Vec<String>)> {
    let mut all: Vec<(&str, Vec<String>)> = Vec::new();
    for line in text.lines().skip(1) {
        match (line.strip_prefix("  "), all.last_mut()) {
            (Some(event), Some((_, events))) => events.push(event.to_owned()),
            _ => all.push((line, Vec::new())),
        }
    }
    all
}
