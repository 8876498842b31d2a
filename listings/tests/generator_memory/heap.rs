//! The counting allocator, one of its own in each test: the program's is used by all tests at once.

use std::alloc::{GlobalAlloc, Layout};

use listings::generator_memory::{Counting, Heap};

fn layout(bytes: usize) -> Layout {
    Layout::from_size_align(bytes, 8).unwrap()
}

#[test]
fn block_counts_while_it_is_held() {
    let heap = Counting::new();
    // SAFETY: the size is not zero; each block is freed once, with its layout.
    unsafe {
        let (a, b) = (heap.alloc(layout(100)), heap.alloc(layout(23)));
        assert_eq!(
            heap.held(),
            Heap {
                bytes: 123,
                blocks: 2
            }
        );
        heap.dealloc(a, layout(100));
        assert_eq!(
            heap.held(),
            Heap {
                bytes: 23,
                blocks: 1
            }
        );
        heap.dealloc(b, layout(23));
    }
    assert_eq!(heap.held(), Heap::default());
}

#[test]
fn zeroed_block_counts_as_any_other() {
    let heap = Counting::new();
    // SAFETY: as above; the block is 64 bytes long.
    unsafe {
        let block = heap.alloc_zeroed(layout(64));
        assert_eq!(std::slice::from_raw_parts(block, 64), [0; 64]);
        assert_eq!(
            heap.held(),
            Heap {
                bytes: 64,
                blocks: 1
            }
        );
        heap.dealloc(block, layout(64));
    }
    assert_eq!(heap.held(), Heap::default());
}

#[test]
fn block_that_grows_or_shrinks_stays_one_block() {
    let heap = Counting::new();
    // SAFETY: as above; after `realloc` the block has the new size.
    unsafe {
        let block = heap.alloc(layout(100));
        let block = heap.realloc(block, layout(100), 5000);
        assert_eq!(
            heap.held(),
            Heap {
                bytes: 5000,
                blocks: 1
            }
        );
        let block = heap.realloc(block, layout(5000), 10);
        assert_eq!(
            heap.held(),
            Heap {
                bytes: 10,
                blocks: 1
            }
        );
        heap.dealloc(block, layout(10));
    }
    assert_eq!(heap.held(), Heap::default());
}

#[test]
fn block_that_is_refused_does_not_count() {
    let heap = Counting::new();
    let most = Layout::from_size_align(isize::MAX as usize - 7, 8).unwrap();
    // SAFETY: no size is zero; a refused `realloc` leaves the block as it was.
    unsafe {
        assert!(heap.alloc(most).is_null());
        assert!(heap.alloc_zeroed(most).is_null());
        assert_eq!(heap.held(), Heap::default());
        let block = heap.alloc(layout(100));
        assert!(heap.realloc(block, layout(100), most.size()).is_null());
        assert_eq!(
            heap.held(),
            Heap {
                bytes: 100,
                blocks: 1
            }
        );
        heap.dealloc(block, layout(100));
    }
}
