//! Stage 2: an allocator that counts.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

// ANCHOR: heap
/// What a program holds of its heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heap {
    /// Bytes as they were asked for. The allocator's own headers and rounding are not in it.
    pub bytes: usize,
    /// Blocks that have been allocated and not freed.
    pub blocks: usize,
}

/// The system's allocator, which also counts what is held of it.
///
/// It sees what goes through Rust's global allocator, and nothing else: no thread stack, no `mmap`, no allocation of a C
/// library.
///
/// ```
/// use listings::generator_memory::Counting;
///
/// #[global_allocator]
/// static HEAP: Counting = Counting::new();
///
/// let before = HEAP.held();
/// let boxed = Box::new([0_u8; 1000]);
/// assert_eq!(HEAP.held().bytes - before.bytes, 1000);
/// drop(boxed);
/// assert_eq!(HEAP.held(), before);
/// ```
#[derive(Debug, Default)]
pub struct Counting {
    // Relaxed everywhere: the counters guard no other memory. Who reads them while others allocate gets a number of
    // about then.
    bytes: AtomicUsize,
    blocks: AtomicUsize,
}

impl Counting {
    /// Nothing is held yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            blocks: AtomicUsize::new(0),
        }
    }

    /// What is held now.
    #[must_use]
    pub fn held(&self) -> Heap {
        Heap {
            bytes: self.bytes.load(Relaxed),
            blocks: self.blocks.load(Relaxed),
        }
    }

    fn count(&self, block: *mut u8, layout: Layout) -> *mut u8 {
        // ANCHOR: solution_count
        if !block.is_null() {
            self.bytes.fetch_add(layout.size(), Relaxed);
            self.blocks.fetch_add(1, Relaxed);
        }
        block
        // ANCHOR_END: solution_count
    }
}

// SAFETY: every call is handed to `System`, which is a correct allocator, with the arguments as they came; counting
// neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is the one that `System` asks for.
        self.count(unsafe { System.alloc(layout) }, layout)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // Not the default method, which would touch every byte: the system knows which pages are zero already.
        // SAFETY: as in `alloc`.
        self.count(unsafe { System.alloc_zeroed(layout) }, layout)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`; the block came from `System`.
        unsafe { System.dealloc(block, layout) };
        self.bytes.fetch_sub(layout.size(), Relaxed);
        self.blocks.fetch_sub(1, Relaxed);
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as in `dealloc`.
        let moved = unsafe { System.realloc(block, layout, size) };
        if !moved.is_null() {
            // Where it fails the old block is still held.
            self.bytes.fetch_add(size, Relaxed);
            self.bytes.fetch_sub(layout.size(), Relaxed);
        }
        moved
    }
}
// ANCHOR_END: heap
