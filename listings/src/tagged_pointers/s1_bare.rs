//! Stage 1: a pointer, without a generation.

use std::ptr;

use super::{
    Seen, TaggedPointer,
    sync::{AtomicPtr, Ordering},
};

// ANCHOR: bare
/// A pointer in an atomic. Its generation is always 0: it does not count.
#[derive(Debug)]
pub struct Bare<T>(AtomicPtr<T>);

impl<T> TaggedPointer<T> for Bare<T> {
    fn new(_home: &[T]) -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    fn load(&self) -> Seen<T> {
        (self.0.load(Ordering::Acquire), 0) // Acquire: pairs with the Release in `cas`
    }

    fn cas(&self, (pointer, _): Seen<T>, new: *mut T) -> bool {
        // Release: pairs with the Acquire in `load`. Acquire: this may find the same pointer as the load did, stored by a
        // later `cas`, and pairs with that one. Relaxed: a failure says only that there was one.
        self.0
            .compare_exchange(pointer, new, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }
}
// ANCHOR_END: bare
