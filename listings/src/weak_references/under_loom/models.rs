//! What is checked in every interleaving.
//!
//! Each model says how many executions it took. A model that finds something panics in loom, in the execution in which
//! it goes wrong.

use std::{
    hash::{BuildHasherDefault, Hasher},
    ptr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use loom::thread;

use super::{
    s4_counted::{Strong, Weak},
    s5_interner::Interner,
};

// ANCHOR: executions
/// Runs a model and counts its executions, and the ways they ended in.
fn executions(model: impl Fn(&Outcomes) + Send + Sync + 'static) -> [usize; 3] {
    let outcomes = Arc::new(Outcomes::default());
    let told = Arc::clone(&outcomes);
    loom::model(move || {
        outcomes.all.fetch_add(1, Relaxed);
        model(&outcomes);
    });
    [&told.all, &told.found, &told.lost].map(|count| count.load(Relaxed))
}

/// Counters of std, not of loom: they are no part of the model. Relaxed everywhere: loom runs one thread at a time.
#[derive(Default)]
struct Outcomes {
    all: AtomicUsize,
    found: AtomicUsize,
    lost: AtomicUsize,
}

impl Outcomes {
    fn note(&self, found: bool) {
        if found { &self.found } else { &self.lost }.fetch_add(1, Relaxed);
    }
}

/// An object that notices when it dies twice, and when it is read dead.
struct Canary(Arc<AtomicUsize>);

impl Canary {
    fn new() -> (Self, Arc<AtomicUsize>) {
        let deaths = Arc::default();
        (Self(Arc::clone(&deaths)), deaths)
    }

    fn sing(&self) {
        assert_eq!(self.0.load(Relaxed), 0, "a dead object was found");
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}
// ANCHOR_END: executions

// ANCHOR: upgrade
/// One thread upgrades while another drops the last `Strong`. Who is found is alive, and dies once.
pub fn upgrade_and_last_drop() -> [usize; 3] {
    executions(|outcomes| {
        let (canary, deaths) = Canary::new();
        let strong = Strong::new(canary);
        let weak = strong.downgrade();
        let finder = thread::spawn(move || weak.upgrade().inspect(|found| found.sing()).is_some());
        drop(strong);
        outcomes.note(finder.join().unwrap());
        assert_eq!(deaths.load(Relaxed), 1);
    })
}
// ANCHOR_END: upgrade

/// Two threads upgrade while a third drops the last `Strong`; each of the three may be the last.
pub fn two_upgrades_and_last_drop() -> [usize; 3] {
    executions(|outcomes| {
        let (canary, deaths) = Canary::new();
        let strong = Strong::new(canary);
        let finders = [strong.downgrade(), strong.downgrade()].map(|weak| {
            thread::spawn(move || weak.upgrade().inspect(|found| found.sing()).is_some())
        });
        drop(strong);
        for finder in finders {
            outcomes.note(finder.join().unwrap());
        }
        assert_eq!(deaths.load(Relaxed), 1);
    })
}

/// Two threads read the object through clones and drop them. The destructor sees that both have finished.
pub fn clone_and_drop() -> [usize; 3] {
    executions(|_| {
        let (canary, deaths) = Canary::new();
        let strong = Strong::new(canary);
        let other = strong.clone();
        let reader = thread::spawn(move || other.clone().sing());
        strong.sing();
        drop(strong);
        reader.join().unwrap();
        assert_eq!(deaths.load(Relaxed), 1);
    })
}

/// One thread makes a weak reference and upgrades it while another drops its `Strong`: there is a second one, so the
/// upgrade succeeds.
pub fn downgrade_and_drop() -> [usize; 3] {
    executions(|_| {
        let (canary, deaths) = Canary::new();
        let strong = Strong::new(canary);
        let other = strong.clone();
        let downgrader = thread::spawn(move || {
            let weak = other.downgrade();
            weak.upgrade().expect("`other` holds it").sing();
            drop(other);
            weak
        });
        drop(strong);
        let weak = downgrader.join().unwrap();
        assert!(weak.upgrade().is_none());
        assert_eq!(deaths.load(Relaxed), 1);
    })
}

/// The last `Strong` and two `Weak`s are dropped by three threads. One of them, whichever is last, gives the memory back.
pub fn last_weak_frees() -> [usize; 3] {
    executions(|_| {
        let (canary, deaths) = Canary::new();
        let strong = Strong::new(canary);
        let weak = strong.downgrade();
        let another = weak.clone();
        let droppers = [
            thread::spawn(move || drop(weak)),
            thread::spawn(move || drop(another)),
        ];
        drop(strong);
        for dropper in droppers {
            dropper.join().unwrap();
        }
        assert_eq!(deaths.load(Relaxed), 1);
    })
}

/// An object under construction gives a weak reference to itself away. Who upgrades it finds nothing, or all of it.
pub fn cyclic_and_upgrade() -> [usize; 3] {
    executions(|outcomes| {
        let (canary, deaths) = Canary::new();
        let mut finder = None;
        let strong = Strong::new_cyclic(|me: &Weak<Canary>| {
            let me = me.clone();
            finder = Some(thread::spawn(move || {
                me.upgrade().inspect(|found| found.sing()).is_some()
            }));
            canary
        });
        outcomes.note(finder.map(|finder| finder.join().unwrap()).unwrap());
        drop(strong);
        assert_eq!(deaths.load(Relaxed), 1);
    })
}

/// Hashes everything to 0: then unequal values meet in a bucket.
#[derive(Default)]
struct Colliding;

impl Hasher for Colliding {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, _: &[u8]) {}
}

fn colliding<T: Eq + std::hash::Hash>() -> Interner<T, BuildHasherDefault<Colliding>> {
    Interner::with_hasher(BuildHasherDefault::default())
}

// ANCHOR: expiry
/// A value is interned again while the last holder of its object lets go. Whether the old object is still found or a new
/// one takes its place: from then on there is one, and at the end none.
pub fn intern_and_expiry() -> [usize; 3] {
    executions(|outcomes| {
        let interner = colliding();
        let old = interner.intern(1_u8);
        let old_address = ptr::from_ref(&*old).addr(); // in the model no address is used twice
        let holder = thread::spawn(move || drop(old));
        let again = interner.intern(1);
        outcomes.note(ptr::from_ref(&*again).addr() == old_address);
        holder.join().unwrap();
        assert!(
            again == interner.intern(1),
            "the entry of a live object was removed"
        );
        assert_eq!(interner.len(), 1, "the entry of a dead object stays");
        drop(again);
        assert!(interner.is_empty());
    })
}
// ANCHOR_END: expiry

/// A value is interned while the only other one in its bucket expires. To compare the two, the interner has to hold the
/// other one: it may become the last that does, and must not let go under the lock.
pub fn intern_beside_an_expiry() -> [usize; 3] {
    executions(|_| {
        let interner = colliding();
        let other = interner.intern(2_u8);
        let holder = thread::spawn(move || drop(other));
        let one = interner.intern(1);
        holder.join().unwrap();
        assert_eq!((*one, interner.len()), (1, 1));
    })
}

/// Two threads intern the same value at once: both get the same object.
pub fn intern_twice_at_once() -> [usize; 3] {
    executions(|_| {
        let interner = Arc::new(colliding());
        let other = Arc::clone(&interner);
        let thread = thread::spawn(move || other.intern(1_u8));
        let one = interner.intern(1);
        assert!(one == thread.join().unwrap());
    })
}

/// A model and what it is called.
pub type Model = (&'static str, fn() -> [usize; 3]);

/// All models, with what they race.
pub const MODELS: [Model; 9] = [
    ("upgrade, last drop", upgrade_and_last_drop),
    ("upgrade, upgrade, last drop", two_upgrades_and_last_drop),
    ("clone, read, drop; read, drop", clone_and_drop),
    ("downgrade, upgrade, drop; drop", downgrade_and_drop),
    ("drop of the object and two weaks", last_weak_frees),
    ("new_cyclic, upgrade", cyclic_and_upgrade),
    ("intern, last drop of an equal value", intern_and_expiry),
    (
        "intern, last drop of its neighbour",
        intern_beside_an_expiry,
    ),
    ("intern, intern", intern_twice_at_once),
];
