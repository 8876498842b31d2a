//! What a program holds on the heap, to the byte.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

// ANCHOR: meter
/// An allocator that counts. Install it with `#[global_allocator]`.
#[derive(Debug)]
pub struct Meter;

thread_local! {
    // Constant and without a destructor: reading it allocates nothing, at any time in a thread's life.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

/// What this thread has allocated minus what it has freed, in bytes.
pub fn held() -> isize {
    HELD.get()
}

fn count(bytes: usize, sign: isize) {
    HELD.set(HELD.get() + sign * bytes.cast_signed());
}

// SAFETY: every call is passed on to the system's allocator; counting does not allocate.
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}
// ANCHOR_END: meter
