//! Stage 4: `Strong` and `Weak` from scratch. The object counts who holds it, and its count is never raised from zero.
//!
//! Source of the idea: `std::sync::Arc`, of which this is the heart, without unsized values and `get_mut`.

use std::{mem, mem::MaybeUninit, ops::Deref, process};

use super::sync::{AtomicUsize, Block, Ordering, UnsafeCell, fence};

// ANCHOR: types
/// Two counters and the object, in one allocation.
struct Inner<T> {
    /// How many [`Strong`]s there are. The object lives while this is not 0, and 0 is for ever.
    strong: AtomicUsize,
    /// How many [`Weak`]s there are, and one more that all `Strong`s hold together. The memory stays while this is not 0.
    weak: AtomicUsize,
    value: UnsafeCell<MaybeUninit<T>>,
}

/// Holds an object alive, with others: a reference that counts.
pub struct Strong<T> {
    inner: Block<Inner<T>>,
}

/// Finds an object while somebody holds it: a reference that does not count. It keeps the object's *memory*.
pub struct Weak<T> {
    inner: Block<Inner<T>>,
}

// SAFETY: as with a `&T` and a `T`: any thread that has a `Strong` reads the object, hence `Sync`, and the last one
// drops it, hence `Send`. The counters are atomics.
unsafe impl<T: Send + Sync> Send for Strong<T> {}
// SAFETY: a `&Strong` can be cloned, so it gives what a `Strong` gives.
unsafe impl<T: Send + Sync> Sync for Strong<T> {}
// SAFETY: a `Weak` can be upgraded, so it gives what a `Strong` gives.
unsafe impl<T: Send + Sync> Send for Weak<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Weak<T> {}
// ANCHOR_END: types

// ANCHOR: new
impl<T> Strong<T> {
    /// An object, and the first reference to it.
    pub fn new(value: T) -> Self {
        // ANCHOR: solution_strong_new
        Self {
            inner: Inner::block(1, MaybeUninit::new(value)),
        }
        // ANCHOR_END: solution_strong_new
    }

    /// An object that knows a weak reference to itself, which cannot be upgraded before the object is complete.
    ///
    /// # Panics
    ///
    /// With `make`'s own panic.
    pub fn new_cyclic(make: impl FnOnce(&Weak<T>) -> T) -> Self {
        // ANCHOR: solution_new_cyclic
        // The weak that all strongs will hold together. If `make` panics, it is dropped, and frees the memory.
        let weak = Weak {
            inner: Inner::block(0, MaybeUninit::uninit()),
        };
        let value = make(&weak);
        // SAFETY: nobody else touches the value while `strong` is 0, and it was 0 from the beginning.
        weak.inner()
            .value
            .with_mut(|slot| unsafe { (*slot).write(value) });
        // Release: pairs with the Acquire of the `upgrade` that sees this 1, and with it the object.
        weak.inner().strong.store(1, Ordering::Release);
        let inner = weak.inner;
        mem::forget(weak); // from now on it belongs to the strongs
        Self { inner }
        // ANCHOR_END: solution_new_cyclic
    }

    /// A reference that does not keep the object alive.
    #[must_use]
    pub fn downgrade(&self) -> Weak<T> {
        // ANCHOR: solution_downgrade
        // Relaxed: counts only. Whoever gets the `Weak` gets it from this thread, which orders the rest.
        let before = self.inner().weak.fetch_add(1, Ordering::Relaxed);
        abort_at_overflow(before);
        Weak { inner: self.inner }
        // ANCHOR_END: solution_downgrade
    }

    /// Whether both hold the same object.
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.inner.address() == other.inner.address()
    }

    /// How many `Strong`s there are; out of date as soon as other threads have some.
    #[must_use]
    pub fn strong_count(&self) -> usize {
        self.inner().strong.load(Ordering::Relaxed) // Relaxed: a number to look at, which orders nothing
    }

    /// How many `Weak`s there are; out of date as soon as other threads have some.
    #[must_use]
    pub fn weak_count(&self) -> usize {
        self.inner().weak.load(Ordering::Relaxed) - 1 // Relaxed: as above. The 1 is the strongs' own
    }

    fn inner(&self) -> &Inner<T> {
        // SAFETY: the strongs together hold a weak, so the block is not freed while one of them is there.
        unsafe { self.inner.get() }
    }
}

impl<T> Inner<T> {
    fn block(strong: usize, value: MaybeUninit<T>) -> Block<Self> {
        Block::new(Self {
            strong: AtomicUsize::new(strong),
            weak: AtomicUsize::new(1),
            value: UnsafeCell::new(value),
        })
    }
}

impl<T> Deref for Strong<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the value is there, because `strong` is not 0, and is read only until it is 0.
        self.inner()
            .value
            .with(|value| unsafe { (*value).assume_init_ref() })
    }
}
// ANCHOR_END: new

// ANCHOR: upgrade
impl<T> Weak<T> {
    /// The object, while somebody holds it: `None` from the moment the last `Strong` goes, and for ever.
    #[must_use]
    pub fn upgrade(&self) -> Option<Strong<T>> {
        // ANCHOR: solution_upgrade
        let strong = &self.inner().strong;
        // Relaxed: only a guess, which the exchange checks.
        let mut count = strong.load(Ordering::Relaxed);
        loop {
            if count == 0 {
                return None; // dead, and nobody may raise it again; or, in `new_cyclic`, not yet there
            }
            abort_at_overflow(count);
            // Acquire: pairs with the Release of `new_cyclic`. Relaxed: another guess.
            match strong.compare_exchange_weak(
                count,
                count + 1,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(Strong { inner: self.inner }),
                Err(now) => count = now,
            }
        }
        // ANCHOR_END: solution_upgrade
    }
    // ANCHOR_END: upgrade

    /// Whether both were made for the same object, alive or dead.
    ///
    /// This cannot take a new object for a dead one: each of the two keeps its memory, so the address is not given to
    /// anybody else.
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        // ANCHOR: solution_weak_ptr_eq
        self.address() == other.address()
        // ANCHOR_END: solution_weak_ptr_eq
    }

    /// The address of the allocation: nobody else's while this `Weak` is there.
    #[must_use]
    pub fn address(&self) -> usize {
        self.inner.address()
    }

    /// How many `Strong`s there are; out of date as soon as other threads have some.
    #[must_use]
    pub fn strong_count(&self) -> usize {
        self.inner().strong.load(Ordering::Relaxed) // Relaxed: a number to look at, which orders nothing
    }

    fn inner(&self) -> &Inner<T> {
        // SAFETY: this is one of those that `weak` counts, so the block is not freed while it is there.
        unsafe { self.inner.get() }
    }
}

// ANCHOR: drop
impl<T> Drop for Strong<T> {
    fn drop(&mut self) {
        // ANCHOR: solution_strong_drop
        // Release: pairs with the fence below in the thread that is last. What this thread did with the object is over.
        if self.inner().strong.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        // Acquire: pairs with the Release above in every thread that was not last.
        fence(Ordering::Acquire);
        // The strongs' own weak. Dropped at the end, also if the destructor panics.
        let _memory = Weak { inner: self.inner };
        // SAFETY: `strong` is 0 for ever, so nobody else reaches the object, and this happens once.
        self.inner()
            .value
            .with_mut(|value| unsafe { (*value).assume_init_drop() });
        // ANCHOR_END: solution_strong_drop
    }
}

impl<T> Drop for Weak<T> {
    fn drop(&mut self) {
        // ANCHOR: solution_weak_drop
        // Release: pairs with the fence below in the thread that is last. Its use of the memory is over.
        if self.inner().weak.fetch_sub(1, Ordering::Release) == 1 {
            // Acquire: pairs with the Release above in every thread that was not last.
            fence(Ordering::Acquire);
            // SAFETY: no `Strong` and no other `Weak` is left, and all they did happened before this.
            unsafe { self.inner.free() };
        }
        // ANCHOR_END: solution_weak_drop
    }
}
// ANCHOR_END: drop

// ANCHOR: clone
impl<T> Clone for Strong<T> {
    fn clone(&self) -> Self {
        // ANCHOR: solution_strong_clone
        // Relaxed: the count is not 0, because this `Strong` is there; nothing else is ordered by it.
        let before = self.inner().strong.fetch_add(1, Ordering::Relaxed);
        abort_at_overflow(before);
        Self { inner: self.inner }
        // ANCHOR_END: solution_strong_clone
    }
}

impl<T> Clone for Weak<T> {
    fn clone(&self) -> Self {
        // ANCHOR: solution_weak_clone
        // Relaxed: as in `Strong::clone`.
        let before = self.inner().weak.fetch_add(1, Ordering::Relaxed);
        abort_at_overflow(before);
        Self { inner: self.inner }
        // ANCHOR_END: solution_weak_clone
    }
}

/// A counter that wrapped would free an object in use. It takes `mem::forget` in a loop to get there, which is safe
/// code, so it must not: half the range is left for the threads that are between their addition and this.
fn abort_at_overflow(count: usize) {
    if count > isize::MAX.unsigned_abs() {
        process::abort();
    }
}
// ANCHOR_END: clone
