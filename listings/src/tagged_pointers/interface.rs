//! What the cells of this chapter have in common.

// ANCHOR: interface
/// What a load saw: the pointer, and the generation it had.
pub type Seen<T> = (*mut T, u64);

/// A cell that holds a pointer, and counts how often it was given one: that count is its *generation*.
///
/// A cell hands pointers out and never follows them, so all of this is safe.
pub trait TaggedPointer<T>: Send + Sync {
    /// A cell that holds null. From then on it holds null or pointers into `home`.
    fn new(home: &[T]) -> Self;

    /// Pointer and generation, as they were at one moment.
    ///
    /// Acquire: what happened before the [`cas`](Self::cas) that stored this pointer is visible from here on.
    fn load(&self) -> Seen<T>;

    /// Stores `new` if the cell still is what was `seen`, and says whether it did. The generation counts stores, and
    /// nothing else.
    ///
    /// Release: what happened before is visible to whoever loads `new` from here.
    fn cas(&self, seen: Seen<T>, new: *mut T) -> bool;
}
// ANCHOR_END: interface
