//! Stage 3: pointer and generation under a lock, as the original has them.

use std::{ptr, sync::PoisonError};

use super::{Seen, TaggedPointer, sync::Mutex};

// ANCHOR: locked
/// A pointer and its generation, under a lock.
#[derive(Debug)]
pub struct Locked<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    pointer: *mut T,
    generation: u64,
}

// SAFETY: the pointer is handed from thread to thread and never followed here. Who follows it answers for that.
unsafe impl<T> Send for State<T> {}

impl<T> TaggedPointer<T> for Locked<T> {
    fn new(_home: &[T]) -> Self {
        // ANCHOR: solution_locked_new
        Self(Mutex::new(State {
            pointer: ptr::null_mut(),
            generation: 0,
        }))
        // ANCHOR_END: solution_locked_new
    }

    fn load(&self) -> Seen<T> {
        // ANCHOR: solution_locked_load
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (state.pointer, state.generation)
        // ANCHOR_END: solution_locked_load
    }

    fn cas(&self, seen: Seen<T>, new: *mut T) -> bool {
        // ANCHOR: solution_locked_cas
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if (state.pointer, state.generation) != seen {
            return false;
        }
        state.pointer = new;
        state.generation = state.generation.wrapping_add(1);
        true
        // ANCHOR_END: solution_locked_cas
    }
}
// ANCHOR_END: locked
