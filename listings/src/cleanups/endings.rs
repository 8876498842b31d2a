//! Ten ways in which a program's use of a value ends.

use std::{
    cell::RefCell,
    mem, process,
    rc::Rc,
    sync::{Mutex, mpsc},
    thread,
};

use super::s2_db::Db;

// ANCHOR: endings
/// What becomes of a [`Db`] with a record that it has not written yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The scope that owns it ends.
    Scope,
    /// A panic unwinds through that scope.
    Unwind,
    /// `mem::forget` takes it.
    Forget,
    /// It is leaked for a `&'static mut`.
    Leak,
    /// It lies in a cycle of `Rc`.
    Cycle,
    /// It lies in a `static`, and `main` returns.
    Static,
    /// Another thread has it, and `main` returns.
    Detached,
    /// Somebody calls `process::exit`.
    Exit,
    /// Somebody calls `process::abort`.
    Abort,
    /// A destructor panics while a panic unwinds.
    SecondPanic,
}

struct Node {
    _db: Db,
    own: RefCell<Option<Rc<Node>>>,
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a destructor panics");
    }
}

static SHELF: Mutex<Option<Db>> = Mutex::new(None);

impl Ending {
    /// Brings it about. Most endings return, some take the process with them.
    ///
    /// # Panics
    ///
    /// [`Ending::Unwind`] does.
    pub fn happen(self, mut db: Db) {
        db.put("the last record");
        match self {
            Self::Scope => drop(db),
            Self::Unwind => panic!("unwinds through the owner of a database"),
            Self::Forget => mem::forget(db),
            Self::Leak => {
                Box::leak(Box::new(db));
            }
            Self::Cycle => {
                let node = Rc::new(Node {
                    _db: db,
                    own: RefCell::new(None),
                });
                *node.own.borrow_mut() = Some(Rc::clone(&node));
            }
            Self::Static => *SHELF.lock().unwrap_or_else(|poison| poison.into_inner()) = Some(db),
            Self::Detached => {
                let (here, there) = mpsc::channel();
                thread::spawn(move || {
                    let _db = db;
                    let _ = here.send(());
                    loop {
                        thread::park();
                    }
                });
                let _ = there.recv(); // the thread has it
            }
            Self::Exit => process::exit(0),
            Self::Abort => process::abort(),
            Self::SecondPanic => {
                let _bomb = Bomb; // dropped before `db`, which was declared before it
                panic!("unwinds");
            }
        }
    }
    // ANCHOR_END: endings

    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Scope,
        Self::Unwind,
        Self::Forget,
        Self::Leak,
        Self::Cycle,
        Self::Static,
        Self::Detached,
        Self::Exit,
        Self::Abort,
        Self::SecondPanic,
    ];

    /// The ending with this name, which is its `Debug` form.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|ending| format!("{ending:?}") == name)
    }
}
