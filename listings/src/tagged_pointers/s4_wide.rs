//! Stage 4: pointer and generation in one atomic of 128 bits.

use std::{marker::PhantomData, ptr};

use super::{
    Seen, TaggedPointer,
    sync::{AtomicU128, Ordering},
};

// ANCHOR: wide
/// A pointer in the lower 64 bits, its generation in the upper.
#[derive(Debug)]
pub struct Wide<T>(AtomicU128, PhantomData<fn() -> *mut T>);

impl<T> Wide<T> {
    fn pack((pointer, generation): Seen<T>) -> u128 {
        // ANCHOR: solution_wide_pack
        u128::from(generation) << 64 | pointer.expose_provenance() as u128
        // ANCHOR_END: solution_wide_pack
    }

    fn unpack(word: u128) -> Seen<T> {
        // ANCHOR: solution_wide_unpack
        (
            ptr::with_exposed_provenance_mut(word as usize),
            (word >> 64) as u64,
        )
        // ANCHOR_END: solution_wide_unpack
    }
}

impl<T> TaggedPointer<T> for Wide<T> {
    fn new(_home: &[T]) -> Self {
        // ANCHOR: solution_wide_new
        Self(
            AtomicU128::new(Self::pack((ptr::null_mut(), 0))),
            PhantomData,
        )
        // ANCHOR_END: solution_wide_new
    }

    fn load(&self) -> Seen<T> {
        // ANCHOR: solution_wide_load
        Self::unpack(self.0.load(Ordering::Acquire)) // Acquire: pairs with the Release in `cas`
        // ANCHOR_END: solution_wide_load
    }

    fn cas(&self, seen: Seen<T>, new: *mut T) -> bool {
        // ANCHOR: solution_wide_cas
        let next = (new, seen.1.wrapping_add(1));
        // Release: pairs with the Acquire in `load`. No Acquire: with the same generation, this is the store that the
        // load has seen. Relaxed: a failure says only that there was one.
        self.0
            .compare_exchange(
                Self::pack(seen),
                Self::pack(next),
                Ordering::Release,
                Ordering::Relaxed,
            )
            .is_ok()
        // ANCHOR_END: solution_wide_cas
    }
}
// ANCHOR_END: wide
