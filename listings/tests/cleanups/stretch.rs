//! Off the thread, shared, and async.

mod off_thread {
    use std::{
        panic::resume_unwind,
        sync::mpsc,
        thread::{self, ThreadId},
    };

    use listings::cleanups::{Cleaner, Tracked};

    fn here(sender: mpsc::Sender<ThreadId>) -> impl FnOnce() + Send + 'static {
        move || sender.send(thread::current().id()).unwrap()
    }

    #[test]
    fn cleanup_runs_on_the_cleaners_thread() {
        let cleaner = Cleaner::start().unwrap();
        let (sender, ran) = mpsc::channel();
        for _ in 0..2 {
            cleaner.add_cleanup(&Tracked::new(()), here(sender.clone()));
        }
        cleaner.finish();
        let threads: Vec<_> = ran.try_iter().collect();
        assert_eq!(threads.len(), 2);
        assert_eq!(threads[0], threads[1]);
        assert_ne!(threads[0], thread::current().id());
    }

    #[test]
    fn letting_go_does_not_wait() {
        let cleaner = Cleaner::start().unwrap();
        let object = Tracked::new(());
        let (open, gate) = mpsc::channel::<()>();
        let (sender, ran) = mpsc::channel();
        cleaner.add_cleanup(&object, move || {
            let _ = gate.recv(); // opened after the drop has returned
            sender.send(()).unwrap();
        });
        drop(object);
        assert!(ran.try_recv().is_err());
        drop(open);
        assert_eq!(ran.recv(), Ok(()));
    }

    #[test]
    fn finish_runs_what_is_queued_and_counts_panics() {
        let cleaner = Cleaner::start().unwrap();
        let (sender, ran) = mpsc::channel();
        for number in 0..10 {
            let object = Tracked::new(());
            let sender = sender.clone();
            cleaner.add_cleanup(&object, move || {
                if number % 5 == 0 {
                    resume_unwind(Box::new("of the cleanup"));
                }
                sender.send(number).unwrap();
            });
        }
        assert_eq!(cleaner.finish(), 2);
        assert!(ran.try_iter().eq([1, 2, 3, 4, 6, 7, 8, 9]));
    }

    #[test]
    fn cleanup_that_comes_after_the_cleaner_runs_where_it_comes_from() {
        let cleaner = Cleaner::start().unwrap();
        let object = Tracked::new(());
        let (sender, ran) = mpsc::channel();
        cleaner.add_cleanup(&object, here(sender));
        drop(cleaner);
        drop(object);
        assert_eq!(ran.try_recv(), Ok(thread::current().id()));
    }

    #[test]
    fn stop_works_until_the_object_is_dropped() {
        let cleaner = Cleaner::start().unwrap();
        let (sender, ran) = mpsc::channel();
        let object = Tracked::new(());
        let stopped = cleaner.add_cleanup(&object, here(sender.clone()));
        let queued = cleaner.add_cleanup(&object, here(sender));
        assert!(stopped.stop());
        drop(object);
        assert!(!queued.stop());
        cleaner.finish();
        assert_eq!(ran.try_iter().count(), 1);
    }
}

#[cfg(unix)]
mod shared {
    use std::{fs, sync::Arc, thread};

    use listings::cleanups::{Closed, Db, SharedDb};

    use crate::faults::{EIO, Faulty, listen, unwritable};

    #[test]
    fn of_many_closers_one_closes() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..50 {
            let closer = Faulty::well();
            let db = Arc::new(SharedDb::new(
                Db::open_with(folder.path().join("db"), closer.clone()).unwrap(),
            ));
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let db = db.clone();
                    thread::spawn(move || db.close().is_ok())
                })
                .collect();
            let won = threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .filter(|won| *won)
                .count();
            assert_eq!((won, closer.calls()), (1, 1));
        }
    }

    #[test]
    fn close_is_over_before_the_last_owner_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let closer = Faulty::well();
        let db = SharedDb::new(Db::open_with(&path, closer.clone()).unwrap());
        db.put("a record").unwrap();
        db.close().unwrap();
        assert_eq!(closer.calls(), 1);
        assert_eq!(fs::read_to_string(&path).unwrap(), "a record\n");
        assert!(matches!(db.put("too late"), Err(Closed::Already)));
        assert!(matches!(db.close(), Err(Closed::Already)));
        drop(db);
        assert_eq!(closer.calls(), 1, "closed again by its cleanup");
        assert_eq!(fs::read_to_string(&path).unwrap(), "a record\n");
    }

    #[test]
    fn close_error_reaches_the_one_who_closes() {
        let (db, lost) = listen(Db::over(unwritable(), Faulty::well()));
        let db = SharedDb::new(db);
        db.put("a record").unwrap();
        assert!(matches!(db.close(), Err(Closed::WithLoss(_))));
        assert!(matches!(db.close(), Err(Closed::Already)));
        drop(db);
        assert!(lost.try_recv().is_err());
    }

    #[test]
    fn cleanup_closes_what_nobody_has_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let closer = Faulty::reporting(EIO);
        let (db, lost) = listen(Db::open_with(&path, closer.clone()).unwrap());
        let db = SharedDb::new(db);
        db.put("a record").unwrap();
        let other = db.clone();
        drop(db);
        assert_eq!(closer.calls(), 0, "closed, and somebody still has it");
        drop(other);
        assert_eq!(closer.calls(), 1);
        assert_eq!(fs::read_to_string(&path).unwrap(), "a record\n");
        assert_eq!(lost.try_recv().unwrap().raw_os_error(), Some(EIO));
    }

    #[test]
    fn last_owner_closes_by_value() {
        // Without any cleanup: `Arc::into_inner` gives the object to exactly one of its owners.
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..50 {
            let db = Arc::new(Db::open(folder.path().join("db")).unwrap());
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let db = Arc::clone(&db);
                    thread::spawn(move || Arc::into_inner(db).map(Db::close))
                })
                .collect();
            let mine = Arc::into_inner(db).map(Db::close);
            let closed = threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .chain([mine])
                .flatten();
            assert_eq!(closed.map(Result::unwrap).count(), 1);
        }
    }
}

mod session {
    use std::{sync::mpsc, time::Duration};

    use listings::cleanups::{Abandoned, Session};
    use tokio::{
        io::{AsyncReadExt, DuplexStream, duplex},
        time::timeout,
    };

    fn session(
        room: usize,
    ) -> (
        Session<DuplexStream>,
        DuplexStream,
        mpsc::Receiver<Abandoned>,
    ) {
        let (ours, theirs) = duplex(room);
        let (sender, reports) = mpsc::channel();
        let mut session = Session::new(ours, move |report| sender.send(report).unwrap());
        session.put("a record"); // nine bytes with its end
        (session, theirs, reports)
    }

    #[tokio::test]
    async fn shutdown_sends_everything_and_ends() {
        let (session, mut peer, reports) = session(4);
        let mut received = String::new();
        let (ended, read) = tokio::join!(session.shutdown(), peer.read_to_string(&mut received));
        ended.unwrap();
        read.unwrap();
        assert_eq!(received, "a record\n");
        assert!(reports.try_recv().is_err());
    }

    #[tokio::test]
    async fn drop_sends_nothing_and_reports() {
        let (session, mut peer, reports) = session(64);
        drop(session);
        assert_eq!(reports.try_recv(), Ok(Abandoned { unsent: 9 }));
        let mut received = String::new();
        peer.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "");
    }

    #[tokio::test]
    async fn shutdown_that_fails_tells_its_caller_only() {
        let (session, peer, reports) = session(64);
        drop(peer);
        assert!(session.shutdown().await.is_err());
        assert!(reports.try_recv().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_cut_short_reports_the_rest() {
        let (session, _peer, reports) = session(4); // room for four bytes, and a peer that does not read
        timeout(Duration::from_secs(1), session.shutdown())
            .await
            .unwrap_err();
        assert_eq!(reports.try_recv(), Ok(Abandoned { unsent: 5 }));
    }

    #[tokio::test]
    async fn shutdown_never_polled_reports() {
        let (session, _peer, reports) = session(64);
        drop(session.shutdown());
        assert_eq!(reports.try_recv(), Ok(Abandoned { unsent: 9 }));
    }
}
