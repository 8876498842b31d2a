//! The counted rung and the interner once more, from the same files, with the model checker's types in place of std's.
//!
//! Only for use inside `loom::model`: outside of it loom's types panic.

#![allow(
    clippy::duplicate_mod,
    reason = "the same file against other types is what this module is for"
)]

pub mod models;
#[path = "s4_counted.rs"]
pub mod s4_counted;
#[path = "s5_interner.rs"]
pub mod s5_interner;

/// What the two files find under `super::sync`.
mod sync {
    use std::cell::{Cell, RefCell};

    pub(super) use loom::{
        cell::UnsafeCell,
        sync::{
            Mutex, MutexGuard,
            atomic::{AtomicUsize, Ordering, fence},
        },
    };

    // ANCHOR: block
    /// A heap allocation that notices when it is used after it was freed, freed twice, freed while another thread may
    /// use it, or never freed. Its memory is really given up only with the process, so that it can notice.
    pub(super) struct Block<T>(*const Checked<T>);

    struct Checked<T> {
        value: T,
        /// Read by every use, written by `free`: loom panics if the two are not ordered.
        uses: UnsafeCell<()>,
        freed: Cell<bool>,
        /// loom panics at the end of an execution if this was not dropped.
        leak: RefCell<Option<loom::alloc::Track<()>>>,
    }

    impl<T> Block<T> {
        pub(super) fn new(value: T) -> Self {
            Self(Box::leak(Box::new(Checked {
                value,
                uses: UnsafeCell::new(()),
                freed: Cell::new(false),
                leak: RefCell::new(Some(loom::alloc::Track::new(()))),
            })))
        }

        /// # Safety
        ///
        /// None is needed: what std's `Block` asks for is checked here.
        pub(super) unsafe fn get<'a>(self) -> &'a T
        where
            T: 'a,
        {
            let checked = self.checked();
            assert!(!checked.freed.get(), "used after it was freed");
            checked.uses.with(|_| ());
            &checked.value
        }

        /// # Safety
        ///
        /// As above.
        pub(super) unsafe fn free(self) {
            let checked = self.checked();
            assert!(!checked.freed.replace(true), "freed twice");
            checked.uses.with_mut(|_| ());
            checked.leak.take();
        }

        pub(super) fn address(self) -> usize {
            self.0.addr()
        }

        fn checked<'a>(self) -> &'a Checked<T>
        where
            T: 'a,
        {
            // SAFETY: the pointer came from `Box::leak`, and nobody gives that memory back.
            unsafe { &*self.0 }
        }
    }
    // ANCHOR_END: block

    impl<T> Clone for Block<T> {
        fn clone(&self) -> Self {
            *self
        }
    }

    impl<T> Copy for Block<T> {}
}
