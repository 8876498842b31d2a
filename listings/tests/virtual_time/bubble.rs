//! The bubble keeps its promises.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{
            AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
        mpsc,
    },
    time::Duration,
};

use listings::virtual_time::bubble::{self, Bubble, BubbleError};
use tokio::{
    sync::{Notify, oneshot},
    task::yield_now,
    time::{interval, sleep},
};

use crate::ms;

/// The line a site names.
macro_rules! here {
    () => {
        format!("{}:{}", file!(), line!())
    };
}

fn assert_at(site: bubble::Site, here: &str) {
    let site = format!("{}:{}", site.file(), site.line());
    assert_eq!(site, here);
}

// --- time ---

#[test]
fn clock_starts_at_zero_and_moves_by_timers_alone() {
    bubble::run(async {
        assert_eq!(bubble::now(), ms(0));
        yield_now().await;
        assert_eq!(bubble::now(), ms(0));
        sleep(ms(3_000_000)).await;
        assert_eq!(bubble::now(), ms(3_000_000));
    })
    .unwrap();
}

#[test]
fn wait_never_moves_the_clock() {
    bubble::run(async {
        let fired = Arc::new(AtomicUsize::new(0));
        let task = bubble::spawn({
            let fired = Arc::clone(&fired);
            async move {
                sleep(ms(1)).await;
                fired.fetch_add(1, Relaxed);
            }
        });
        for _ in 0..100 {
            bubble::wait().await;
        }
        assert_eq!((bubble::now(), fired.load(Relaxed)), (ms(0), 0));
        task.await.unwrap();
        assert_eq!((bubble::now(), fired.load(Relaxed)), (ms(1), 1));
    })
    .unwrap();
}

#[test]
fn wait_runs_what_is_due_at_this_instant() {
    bubble::run(async {
        let due = bubble::spawn(sleep(ms(10)));
        let later = bubble::spawn(sleep(ms(11)));
        sleep(ms(10)).await;
        bubble::wait().await;
        assert_eq!((due.is_finished(), later.is_finished()), (true, false));
        later.await.unwrap();
    })
    .unwrap();
}

// --- wait ---

#[test]
fn wait_lets_a_long_relay_finish() {
    const HOPS: usize = 10_000;
    bubble::run(async {
        let (ping, pong) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let hops = Arc::new(AtomicUsize::new(0));
        let player = |mine: &Arc<Notify>, other: &Arc<Notify>| {
            let (mine, other, hops) = (Arc::clone(mine), Arc::clone(other), Arc::clone(&hops));
            bubble::spawn(async move {
                while hops.fetch_add(1, Relaxed) < HOPS {
                    mine.notified().await;
                    other.notify_one();
                }
                other.notify_one();
            })
        };
        let players = (player(&ping, &pong), player(&pong, &ping));
        bubble::wait().await;
        assert_eq!(hops.load(Relaxed), 2, "nobody has served yet");
        ping.notify_one();
        bubble::wait().await;
        assert!(hops.load(Relaxed) > HOPS);
        assert!(players.0.is_finished() && players.1.is_finished());
        assert_eq!(bubble::now(), ms(0));
    })
    .unwrap();
}

#[test]
fn wait_outlasts_a_task_that_yields() {
    bubble::run(async {
        let task = bubble::spawn(async {
            for _ in 0..1000 {
                yield_now().await;
            }
        });
        bubble::wait().await;
        assert!(task.is_finished());
    })
    .unwrap();
}

#[test]
fn wait_works_in_a_task() {
    bubble::run(async {
        let other = bubble::spawn(async {
            for _ in 0..10 {
                yield_now().await;
            }
            sleep(ms(1)).await;
        });
        let abort = other.abort_handle();
        bubble::spawn(async move {
            bubble::wait().await;
            assert!(!abort.is_finished());
        })
        .await
        .unwrap();
        assert_eq!(bubble::now(), ms(0));
        other.await.unwrap();
    })
    .unwrap();
}

#[test]
fn wait_counts_a_blocking_job_as_running() {
    bubble::run(async {
        // The job and a task talk, a hundred times: between two words the runtime has nothing to do.
        let (ask, mut asked) = tokio::sync::mpsc::channel::<u32>(1);
        let (answer, answered) = mpsc::channel::<u32>();
        let job = bubble::spawn_blocking(move || {
            for word in 0..100 {
                ask.blocking_send(word).unwrap();
                assert_eq!(answered.recv().unwrap(), word);
            }
            7
        });
        let task = bubble::spawn(async move {
            while let Some(word) = asked.recv().await {
                answer.send(word).unwrap();
            }
            job.await.unwrap()
        });
        bubble::wait().await;
        assert!(
            task.is_finished(),
            "wait returned while the job was running"
        );
        assert_eq!((task.await.unwrap(), bubble::now()), (7, ms(0)));
    })
    .unwrap();
}

#[test]
fn blocking_job_stops_the_clock() {
    bubble::run(async {
        let (go, told) = mpsc::channel::<()>();
        let job = bubble::spawn_blocking(move || told.recv().unwrap());
        let timer = bubble::spawn(sleep(ms(1)));
        // Were the clock running, it would pass the timer before the job is told to end.
        for _ in 0..100 {
            yield_now().await;
        }
        assert_eq!((bubble::now(), timer.is_finished()), (ms(0), false));
        go.send(()).unwrap();
        job.await.unwrap();
        timer.await.unwrap();
        assert_eq!(bubble::now(), ms(1));
    })
    .unwrap();
}

#[test]
fn wait_can_be_dropped() {
    bubble::run(async {
        for _ in 0..3 {
            let waits = tokio::time::timeout(ms(0), bubble::wait()).await;
            drop(waits);
            tokio::select! { biased; () = bubble::wait() => {}, () = async {} => {} }
        }
        bubble::wait().await;
    })
    .unwrap();
}

#[test]
#[should_panic(expected = "a wait is already in progress")]
fn second_wait_at_a_time_panics() {
    let _ = bubble::run(async {
        tokio::join!(bubble::wait(), bubble::wait());
    });
}

#[test]
#[should_panic(expected = "not in a bubble")]
fn wait_outside_a_bubble_panics() {
    drop(bubble::wait());
}

#[cfg(unix)]
#[test]
fn wait_follows_data_through_a_chain_of_sockets() {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::UnixStream,
    };

    bubble::run(async {
        let (mut first, mut inbound) = UnixStream::pair().unwrap();
        let mut tasks = Vec::new();
        for _ in 0..10 {
            let (mut outbound, next) = UnixStream::pair().unwrap();
            let mut from = std::mem::replace(&mut inbound, next);
            tasks.push(bubble::spawn(async move {
                let byte = from.read_u8().await.unwrap();
                outbound.write_u8(byte).await.unwrap();
                (from, outbound)
            }));
        }
        bubble::wait().await;
        first.write_u8(7).await.unwrap();
        bubble::wait().await;
        let done = tasks.iter().filter(|task| task.is_finished()).count();
        assert_eq!((done, bubble::now()), (10, ms(0)));
        assert_eq!(inbound.read_u8().await.unwrap(), 7);
    })
    .unwrap();
}

// --- what it reports ---

#[test]
fn deadlock_is_reported_with_its_tasks() {
    let mut sites = Vec::new();
    let error = bubble::run(async {
        let (left, right) = (oneshot::channel::<()>(), oneshot::channel::<()>());
        sleep(ms(250)).await;
        sites.push(here!());
        let one = bubble::spawn(async move { (right.1.await, left.0) });
        sites.push(here!());
        let two = bubble::spawn(async move { (left.1.await, right.0) });
        let _ = tokio::join!(one, two);
    })
    .unwrap_err();
    // The lines after the ones remembered.
    let BubbleError::Deadlock {
        since,
        blocked,
        unnamed,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!((*since, *unnamed, blocked.len()), (ms(250), 0, 2));
    assert_eq!(blocked[1].line() - blocked[0].line(), 2);
    for site in blocked {
        assert!(
            error
                .to_string()
                .contains(&format!("{site}: this task is blocked")),
            "{error}"
        );
    }
}

#[test]
fn deadlock_is_told_from_a_long_sleep() {
    let day = Duration::from_secs(24 * 3600);
    let error = bubble::run(async { sleep(day).await }).unwrap_err();
    assert!(matches!(error, BubbleError::OverBudget { .. }), "{error}");

    let elapsed = Bubble::default().budget(2 * day).run(async {
        sleep(day).await;
        bubble::now()
    });
    assert_eq!(elapsed.unwrap(), day);
}

#[test]
fn deadlock_is_told_from_a_ticker() {
    let error = bubble::run(async {
        bubble::spawn(async {
            let mut ticks = interval(ms(60_000));
            loop {
                ticks.tick().await;
            }
        });
        std::future::pending::<()>().await;
    })
    .unwrap_err();
    let BubbleError::OverBudget { alive, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(alive.len(), 1);
}

#[test]
fn deadlock_is_told_from_a_ticker_outside_the_registry() {
    let error = Bubble::default()
        .budget(ms(50))
        .run(async {
            tokio::spawn(async {
                let mut ticks = interval(ms(1));
                loop {
                    ticks.tick().await;
                }
            });
            std::future::pending::<()>().await;
        })
        .unwrap_err();
    assert!(
        matches!(error, BubbleError::OverBudget { unnamed: 1, .. }),
        "{error}"
    );
}

#[test]
fn body_may_use_its_whole_budget() {
    assert!(
        Bubble::default()
            .budget(ms(50))
            .run(async { sleep(ms(50)).await })
            .is_ok()
    );
    assert!(
        Bubble::default()
            .budget(ms(50))
            .run(async { sleep(ms(51)).await })
            .is_err()
    );
}

#[test]
fn livelock_of_the_body_is_reported() {
    let error = Bubble::default()
        .polls_per_instant(1000)
        .run(async {
            sleep(ms(5)).await;
            let until = bubble::now() + ms(100);
            while bubble::now() < until {
                yield_now().await;
            }
        })
        .unwrap_err();
    assert!(
        matches!(error, BubbleError::Livelock { at, polls: 1000, .. } if at == ms(5)),
        "{error}"
    );
}

#[test]
fn livelock_of_a_task_is_reported_with_its_place() {
    let mut line = String::new();
    let error = bubble::run(async {
        #[rustfmt::skip]
        let _spinner = { line = here!(); bubble::spawn(async { loop { yield_now().await } }) };
        sleep(ms(1)).await;
    })
    .unwrap_err();
    let BubbleError::Livelock { task, .. } = &error else {
        panic!("{error}")
    };
    assert_at(task, &line);
}

#[test]
fn livelock_of_waits_is_reported() {
    let error = Bubble::default()
        .polls_per_instant(1000)
        .run(async {
            loop {
                bubble::wait().await;
            }
        })
        .unwrap_err();
    assert!(matches!(error, BubbleError::Livelock { .. }), "{error}");
}

#[test]
fn livelock_counts_anew_at_every_instant() {
    Bubble::default()
        .polls_per_instant(100)
        .run(async {
            for _ in 0..1000 {
                sleep(ms(1)).await;
            }
        })
        .unwrap();
}

#[test]
fn leaked_task_is_reported_with_its_place() {
    let mut line = String::new();
    let error = bubble::run(async {
        #[rustfmt::skip]
        let _leaked = { line = here!(); bubble::spawn(std::future::pending::<()>()) };
    })
    .unwrap_err();
    let BubbleError::Leaked { tasks, unnamed: 0 } = &error else {
        panic!("{error}")
    };
    assert_eq!(tasks.len(), 1);
    assert_at(tasks[0], &line);
}

#[test]
fn leaked_task_is_found_outside_the_registry() {
    let error = bubble::run(async {
        tokio::spawn(std::future::pending::<()>());
    })
    .unwrap_err();
    assert!(
        matches!(error, BubbleError::Leaked { unnamed: 1, .. }),
        "{error}"
    );
}

#[test]
fn sleeping_task_is_a_leak_once_the_body_is_done() {
    let error = bubble::run(async {
        bubble::spawn(sleep(ms(1)));
    })
    .unwrap_err();
    assert!(matches!(error, BubbleError::Leaked { .. }), "{error}");
}

#[test]
fn task_that_ends_without_time_is_no_leak() {
    bubble::run(async {
        bubble::spawn(async {
            for _ in 0..10 {
                yield_now().await;
            }
        });
        bubble::spawn(async { bubble::wait().await });
    })
    .unwrap();
}

#[test]
fn aborted_task_is_no_leak() {
    bubble::run(async {
        bubble::spawn(std::future::pending::<()>()).abort();
    })
    .unwrap();
}

#[test]
fn blocking_job_is_finished_before_the_bubble_ends() {
    let done = Arc::new(AtomicUsize::new(0));
    bubble::run(async {
        let done = Arc::clone(&done);
        bubble::spawn_blocking(move || {
            std::io::sink().write_all(&[0; 1000]).unwrap();
            // Read on another thread, after the runtime has joined the job: any ordering would do.
            done.store(1, SeqCst);
        });
    })
    .unwrap();
    assert_eq!(done.load(SeqCst), 1);
}

#[test]
fn panicked_task_is_reported_though_nobody_joins_it() {
    let error = bubble::run(async {
        bubble::spawn(async { panic!("no more {}", "tea") });
    })
    .unwrap_err();
    assert!(
        matches!(&error, BubbleError::Panicked { message, .. } if message == "no more tea"),
        "{error}"
    );
}

#[test]
fn panicked_task_is_reported_rather_than_its_deadlock() {
    let error = bubble::run(async {
        let never = Arc::new(Notify::new());
        let notify = Arc::clone(&never);
        bubble::spawn(async move {
            assert_eq!(1 + 1, 3);
            notify.notify_one();
        });
        never.notified().await;
    })
    .unwrap_err();
    assert!(matches!(error, BubbleError::Panicked { .. }), "{error}");
}

#[test]
fn panicked_job_is_reported() {
    let error = bubble::run(async {
        bubble::spawn_blocking(|| panic!("in a job"));
    })
    .unwrap_err();
    assert!(
        matches!(&error, BubbleError::Panicked { message, .. } if message == "in a job"),
        "{error}"
    );
}

#[test]
#[should_panic(expected = "from the body")]
fn panic_of_the_body_is_a_panic() {
    let _ = bubble::run(async { panic!("from the body") });
}

#[test]
fn bubble_after_a_panic_is_clean() {
    let panicked = std::panic::catch_unwind(|| bubble::run(async { panic!("first") }));
    assert!(panicked.is_err());
    bubble::run(async { bubble::spawn(sleep(ms(1))).await.unwrap() }).unwrap();
    assert!(
        std::panic::catch_unwind(bubble::now).is_err(),
        "no bubble is current after the end"
    );
}

#[test]
#[should_panic(expected = "Cannot start a runtime from within a runtime")]
fn bubble_in_a_bubble_panics() {
    let _ = bubble::run(async { bubble::run(async {}) });
}

#[test]
fn leaked_task_is_dropped_with_its_bubble() {
    struct Flag(Arc<AtomicUsize>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    let dropped = Arc::new(AtomicUsize::new(0));
    let flag = Flag(Arc::clone(&dropped));
    let leak = bubble::run(async move {
        bubble::spawn(async move {
            let _flag = flag;
            std::future::pending::<()>().await;
        });
        bubble::wait().await;
    });
    assert!(matches!(leak, Err(BubbleError::Leaked { .. })));
    assert_eq!(dropped.load(Relaxed), 1);
}

#[test]
fn body_may_borrow() {
    let mut seen = Vec::new();
    bubble::run(async {
        seen.push(1);
        sleep(ms(1)).await;
        seen.push(2);
    })
    .unwrap();
    assert_eq!(seen, [1, 2]);
}
