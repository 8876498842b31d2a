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
        u128::from(generation) << 64 | pointer.expose_provenance() as u128
    }

    fn unpack(word: u128) -> Seen<T> {
        (ptr::with_exposed_provenance_mut(word as usize), (word >> 64) as u64)
    }
}

impl<T> TaggedPointer<T> for Wide<T> {
    fn new(_home: &[T]) -> Self {
        Self(AtomicU128::new(Self::pack((ptr::null_mut(), 0))), PhantomData)
    }

    fn load(&self) -> Seen<T> {
        Self::unpack(self.0.load(Ordering::Acquire)) // Acquire: pairs with the Release in `cas`
    }

    fn cas(&self, seen: Seen<T>, new: *mut T) -> bool {
        let next = (new, seen.1.wrapping_add(1));
        // Release: pairs with the Acquire in `load`. No Acquire: with the same generation, this is the store that the
        // load has seen. Relaxed: a failure says only that there was one.
        self.0
            .compare_exchange(Self::pack(seen), Self::pack(next), Ordering::Release, Ordering::Relaxed)
            .is_ok()
    }
}
// ANCHOR_END: wide
