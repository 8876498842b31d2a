//! What the counted rung is built on: std's types, in the form that loom's have too.
//!
//! The listings say `super::sync`. Beside [`under_loom`](super::under_loom) the same files find the model checker's
//! types under that name, and run there unchanged.

use std::{cell, ptr::NonNull};

pub use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicUsize, Ordering, fence},
};

/// [`std::cell::UnsafeCell`] with loom's interface: a pointer is used inside a closure, so that loom sees from when to
/// when.
#[derive(Debug)]
pub struct UnsafeCell<T>(cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// A cell with a value.
    pub const fn new(value: T) -> Self {
        Self(cell::UnsafeCell::new(value))
    }

    /// Lends a pointer to read through.
    pub fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }

    /// Lends a pointer to write through.
    pub fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
}

// ANCHOR: block
/// A heap allocation that nobody owns: whoever holds a copy of the pointer has to know when to [`free`](Block::free) it.
#[derive(Debug)]
pub struct Block<T>(NonNull<T>);

impl<T> Block<T> {
    /// Moves a value to the heap.
    pub fn new(value: T) -> Self {
        Self(NonNull::from(Box::leak(Box::new(value))))
    }

    /// The value.
    ///
    /// # Safety
    ///
    /// The block has not been freed, and is not while the reference lives.
    pub unsafe fn get<'a>(self) -> &'a T {
        // SAFETY: by contract the value that `new` put there is there still. Nobody makes a `&mut` to it.
        unsafe { self.0.as_ref() }
    }

    /// Drops the value and gives the memory back.
    ///
    /// # Safety
    ///
    /// This is called once, when every other use of the block is over, and its end is visible to this thread.
    pub unsafe fn free(self) {
        // SAFETY: the pointer came from a `Box`, and by contract nobody uses it at this time or after.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }

    /// The address of the allocation. It is nobody else's until the block is freed.
    pub fn address(self) -> usize {
        self.0.addr().get()
    }
}

impl<T> Clone for Block<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Block<T> {}
// ANCHOR_END: block
