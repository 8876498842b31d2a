//! Stage 6: the same numbers without a scale. Pure arithmetic: it runs anywhere, before there is a program.

// ANCHOR: parts
/// What one unit is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// Bytes in place: `size_of` what is held in the collection.
    pub inline: u64,
    /// Blocks on the heap, by the bytes that are asked for.
    pub blocks: Vec<u64>,
    /// Stacks of its own.
    pub stacks: Vec<Stack>,
    /// Threads: each has a second stack in the kernel.
    pub threads: u64,
}

/// A stack: a mapping of its own, with a page at its end that must not be touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stack {
    /// Bytes that it may grow to.
    pub reserved: u64,
    /// Bytes that have ever been in use. The kernel gives pages at the first touch, and takes none back.
    pub touched: u64,
}

/// What one unit takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Bytes of the heap, as asked for.
    pub heap: u64,
    /// Bytes in memory, of the process's own: what RSS will show.
    pub resident: u64,
    /// Bytes of addresses.
    pub address_space: u64,
    /// Bytes of page tables and kernel stacks, which RSS will not show.
    pub kernel: u64,
    /// Mappings, of which a process may have `vm.max_map_count`.
    pub mappings: u64,
}
// ANCHOR_END: parts

// ANCHOR: rules
/// A page. So it is on x86-64; on other machines it may be more.
pub const PAGE: u64 = 4096;
/// A page of page tables has 512 entries, and so covers this much.
pub const TABLE: u64 = 512 * PAGE;
/// The stack of a thread in the kernel, on x86-64.
pub const KERNEL_STACK: u64 = 4 * PAGE;

/// What a block takes in glibc's heap: the bytes and a header of 8, in multiples of 16, and never less than 32.
#[must_use]
pub fn block(bytes: u64) -> u64 {
    (bytes + 8).next_multiple_of(16).max(32)
}

impl Parts {
    /// What one of many units takes.
    ///
    /// ```
    /// use listings::generator_memory::{Parts, Stack};
    ///
    /// let stack = Stack { reserved: 64 * 1024, touched: 500 };
    /// let coroutine = Parts { inline: 16, stacks: vec![stack], ..Parts::default() }.cost();
    /// assert_eq!((coroutine.heap, coroutine.resident), (16, 16 + 4096));
    /// ```
    #[must_use]
    pub fn cost(&self) -> Cost {
        // ANCHOR: solution_cost
        let blocks: u64 = self.blocks.iter().map(|&bytes| block(bytes)).sum();
        let touched: u64 = self
            .stacks
            .iter()
            .map(|stack| stack.touched.next_multiple_of(PAGE))
            .sum();
        let reserved: u64 = self
            .stacks
            .iter()
            .map(|stack| stack.reserved.next_multiple_of(PAGE) + PAGE)
            .sum();
        // A page of tables is shared by the stacks that it covers; a stack that is longer needs one for the part that
        // was touched, and no more.
        let tables: u64 = self
            .stacks
            .iter()
            .map(|stack| PAGE * (stack.reserved + PAGE).min(TABLE) / TABLE)
            .sum();
        Cost {
            heap: self.inline + self.blocks.iter().sum::<u64>(),
            resident: self.inline + blocks + touched,
            address_space: self.inline + blocks + reserved,
            kernel: tables + self.threads * KERNEL_STACK,
            mappings: 2 * self.stacks.len() as u64,
        }
        // ANCHOR_END: solution_cost
    }
}
// ANCHOR_END: rules
