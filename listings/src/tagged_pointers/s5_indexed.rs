//! Stage 5: an index in place of the pointer, so that both fit into 64 bits.

use std::ptr;

use super::{
    Seen, TaggedPointer,
    sync::{AtomicU64, Ordering},
};

// ANCHOR: indexed
/// An index into its home in the lower 32 bits, a generation of `BITS` bits in the upper.
///
/// Fewer bits than 32 are for the test of what happens when they run out.
#[derive(Debug)]
pub struct Indexed<T, const BITS: u32 = 32> {
    word: AtomicU64,
    home: Home<T>,
}

/// Where the nodes are: all pointers that the cell hands out are made from this one.
#[derive(Debug)]
struct Home<T> {
    first: *const T,
    len: usize,
}

// SAFETY: as for any cell, pointers made from `first` are handed out and never followed here.
unsafe impl<T> Send for Home<T> {}
// SAFETY: as above; and nothing here changes.
unsafe impl<T> Sync for Home<T> {}

/// The index that stands for null.
const NULL: u32 = u32::MAX;

impl<T, const BITS: u32> Indexed<T, BITS> {
    const GENERATIONS: u64 = {
        assert!(BITS <= 32);
        1 << BITS
    };

    fn pack(&self, (pointer, generation): Seen<T>) -> u64 {
        // ANCHOR: solution_indexed_pack
        (generation % Self::GENERATIONS) << 32 | u64::from(self.home.index(pointer))
        // ANCHOR_END: solution_indexed_pack
    }

    fn unpack(&self, word: u64) -> Seen<T> {
        // ANCHOR: solution_indexed_unpack
        (self.home.pointer(word as u32), word >> 32)
        // ANCHOR_END: solution_indexed_unpack
    }
}

impl<T> Home<T> {
    fn index(&self, pointer: *mut T) -> u32 {
        // ANCHOR: solution_home_index
        if pointer.is_null() {
            return NULL;
        }
        let index = pointer.addr().wrapping_sub(self.first.addr()) / size_of::<T>();
        assert!(index < self.len, "a pointer from somewhere else");
        index as u32
        // ANCHOR_END: solution_home_index
    }

    fn pointer(&self, index: u32) -> *mut T {
        // ANCHOR: solution_home_pointer
        if index == NULL {
            ptr::null_mut()
        } else {
            self.first.wrapping_add(index as usize).cast_mut()
        }
        // ANCHOR_END: solution_home_pointer
    }
}

impl<T, const BITS: u32> TaggedPointer<T> for Indexed<T, BITS> {
    fn new(home: &[T]) -> Self {
        // ANCHOR: solution_indexed_new
        assert!(
            home.len() < NULL as usize && size_of::<T>() > 0,
            "its places can be told apart in 32 bits"
        );
        let home = Home {
            first: home.as_ptr(),
            len: home.len(),
        };
        Self {
            word: AtomicU64::new(NULL.into()),
            home,
        }
        // ANCHOR_END: solution_indexed_new
    }

    fn load(&self) -> Seen<T> {
        // ANCHOR: solution_indexed_load
        self.unpack(self.word.load(Ordering::Acquire)) // Acquire: pairs with the Release in `cas`
        // ANCHOR_END: solution_indexed_load
    }

    fn cas(&self, seen: Seen<T>, new: *mut T) -> bool {
        // ANCHOR: solution_indexed_cas
        let next = (new, seen.1 + 1);
        // Release: pairs with the Acquire in `load`. No Acquire: with the same generation, this is the store that the
        // load has seen. Relaxed: a failure says only that there was one.
        self.word
            .compare_exchange(
                self.pack(seen),
                self.pack(next),
                Ordering::Release,
                Ordering::Relaxed,
            )
            .is_ok()
        // ANCHOR_END: solution_indexed_cas
    }
}
// ANCHOR_END: indexed

// ANCHOR: wrap
/// How long a generation lasts: the time until one of so many bits is back where it was, if the cell is stored to so
/// often in a second.
///
/// # Panics
///
/// If it is never stored to.
#[must_use]
pub fn seconds_to_wrap(bits: u32, stores_per_second: u64) -> u64 {
    // ANCHOR: solution_seconds_to_wrap
    let seconds = (1_u128 << bits) / u128::from(stores_per_second);
    u64::try_from(seconds).unwrap_or(u64::MAX)
    // ANCHOR_END: solution_seconds_to_wrap
}
// ANCHOR_END: wrap
