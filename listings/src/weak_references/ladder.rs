//! Five questions that every rung is asked, in the same words.

use std::{
    ops::Deref,
    rc::Rc,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    s1_strong_registry, s2_by_address, s3_generations,
    s4_counted::{Strong, Weak},
    s7_traced,
};

// ANCHOR: rung
/// A way to build weak references. A value of it is the world in which its objects live.
pub trait Rung: Default + Sized {
    /// What it is called.
    const NAME: &'static str;
    /// Owns an object.
    type Owner: Deref<Target = Object<Self>>;
    /// Finds an object.
    type Weak;
    /// What was found, and keeps it.
    type Found: Deref<Target = Object<Self>>;
    /// A reference from one object to another that keeps the other alive.
    type Edge;

    /// Puts an object into this world.
    fn own(&self, object: Object<Self>) -> Self::Owner;
    /// Makes a weak reference.
    fn downgrade(&self, owner: &Self::Owner) -> Self::Weak;
    /// Follows it.
    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Found>;
    /// Makes a reference to store in an object.
    fn edge(&self, to: &Self::Owner) -> Self::Edge;
    /// Collects, where somebody has to.
    fn collect(&self) {}
}
// ANCHOR_END: rung

/// An object with a number, which counts its own death and may refer to another.
pub struct Object<R: Rung> {
    number: usize,
    deaths: Arc<AtomicUsize>,
    edge: Mutex<Option<R::Edge>>,
}

impl<R: Rung> Object<R> {
    fn new(number: usize, deaths: &Arc<AtomicUsize>) -> Self {
        Self {
            number,
            deaths: Arc::clone(deaths),
            edge: Mutex::new(None),
        }
    }

    fn refer(&self, to: R::Edge) {
        *self.edge.lock().unwrap_or_else(PoisonError::into_inner) = Some(to);
    }
}

impl<R: Rung> Drop for Object<R> {
    fn drop(&mut self) {
        self.deaths.fetch_add(1, Ordering::Relaxed); // Relaxed: read by the same thread
    }
}

// ANCHOR: questions
/// Does an object die when its last owner lets go, there and then?
pub fn dies_at_once<R: Rung>() -> bool {
    let (world, deaths) = (R::default(), Arc::default());
    let owner = world.own(Object::new(1, &deaths));
    let weak = world.downgrade(&owner);
    drop(owner);
    deaths.load(Ordering::Relaxed) == 1 && world.upgrade(&weak).is_none() // Relaxed: one thread
}

/// Does it die if one also collects?
pub fn dies_when_collected<R: Rung>() -> bool {
    let (world, deaths) = (R::default(), Arc::default());
    let owner = world.own(Object::new(1, &deaths));
    let weak = world.downgrade(&owner);
    drop(owner);
    world.collect();
    deaths.load(Ordering::Relaxed) == 1 && world.upgrade(&weak).is_none() // Relaxed: one thread
}

/// Does a reference to a dead object never find another one? New objects come and go until an address is used again.
pub fn finds_no_stranger<R: Rung>() -> bool {
    let (world, deaths) = (R::default(), Arc::default());
    (0..1000).all(|number| {
        let owner = world.own(Object::new(number, &deaths));
        let weak = world.downgrade(&owner);
        drop(owner);
        let _stranger = world.own(Object::new(usize::MAX, &deaths));
        world
            .upgrade(&weak)
            .is_none_or(|found| found.number == number)
    })
}

/// Is an object found for as long as anybody holds it, be it the first owner or somebody who found it?
pub fn finds_who_is_held<R: Rung>() -> bool {
    let (world, deaths) = (R::default(), Arc::default());
    let owner = world.own(Object::new(1, &deaths));
    let weak = world.downgrade(&owner);
    let Some(held) = world.upgrade(&weak) else {
        return false;
    };
    drop(owner);
    world.collect();
    let found = world.upgrade(&weak);
    found.is_some_and(|found| std::ptr::eq(&*found, &*held))
}

/// Do two objects that hold each other die when nobody else holds them?
pub fn frees_a_cycle<R: Rung>() -> bool {
    let (world, deaths) = (R::default(), Arc::default());
    let (one, other) = (
        world.own(Object::new(1, &deaths)),
        world.own(Object::new(2, &deaths)),
    );
    one.refer(world.edge(&other));
    other.refer(world.edge(&one));
    drop((one, other));
    world.collect();
    deaths.load(Ordering::Relaxed) == 2 // Relaxed: one thread
}
// ANCHOR_END: questions

/// The questions in words.
pub const QUESTIONS: [&str; 5] = [
    "dies at once when its last owner lets go",
    "dies at the latest when one collects",
    "a dead reference never finds a stranger",
    "found for as long as anybody holds it",
    "a cycle that nobody holds is freed",
];

/// What a rung answers, in the order of [`QUESTIONS`].
pub fn answers<R: Rung>() -> [bool; 5] {
    [
        dies_at_once::<R>(),
        dies_when_collected::<R>(),
        finds_no_stranger::<R>(),
        finds_who_is_held::<R>(),
        frees_a_cycle::<R>(),
    ]
}

/// Rung 1.
#[derive(Default)]
pub struct StrongRegistry;

impl Rung for StrongRegistry {
    const NAME: &'static str = "strong registry";
    type Owner = SharedFinalized<Self>;
    type Weak = s1_strong_registry::WeakRef<Object<Self>>;
    type Found = SharedFinalized<Self>;
    type Edge = SharedFinalized<Self>;

    fn own(&self, object: Object<Self>) -> Self::Owner {
        SharedFinalized(s1_strong_registry::new(object))
    }

    fn downgrade(&self, owner: &Self::Owner) -> Self::Weak {
        s1_strong_registry::make(&owner.0)
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Found> {
        weak.get().map(SharedFinalized)
    }

    fn edge(&self, to: &Self::Owner) -> Self::Edge {
        SharedFinalized(Arc::clone(&to.0))
    }
}

/// Seen through both of its wrappers.
pub struct SharedFinalized<R: Rung>(Arc<s1_strong_registry::Finalized<Object<R>>>);

impl<R: Rung> Deref for SharedFinalized<R> {
    type Target = Object<R>;

    fn deref(&self) -> &Object<R> {
        &self.0
    }
}

/// Rung 2.
#[derive(Default)]
pub struct ByAddress(s2_by_address::Registry<Object<Self>>);

impl Rung for ByAddress {
    const NAME: &'static str = "by address";
    type Owner = s2_by_address::Owner<Object<Self>>;
    type Weak = s2_by_address::WeakRef<Object<Self>>;
    type Found = Arc<Object<Self>>;
    type Edge = Option<Arc<Object<Self>>>;

    fn own(&self, object: Object<Self>) -> Self::Owner {
        self.0.insert(object)
    }

    fn downgrade(&self, owner: &Self::Owner) -> Self::Weak {
        owner.downgrade()
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Found> {
        self.0.get(*weak)
    }

    fn edge(&self, to: &Self::Owner) -> Self::Edge {
        self.0.get(to.downgrade())
    }
}

/// Rung 3.
#[derive(Default)]
pub struct Generations(s3_generations::Registry<Object<Self>>);

impl Rung for Generations {
    const NAME: &'static str = "generations";
    type Owner = s3_generations::Owner<Object<Self>>;
    type Weak = s3_generations::WeakRef<Object<Self>>;
    type Found = Arc<Object<Self>>;
    type Edge = Option<Arc<Object<Self>>>;

    fn own(&self, object: Object<Self>) -> Self::Owner {
        self.0.insert(object)
    }

    fn downgrade(&self, owner: &Self::Owner) -> Self::Weak {
        owner.downgrade()
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Found> {
        self.0.get(*weak)
    }

    fn edge(&self, to: &Self::Owner) -> Self::Edge {
        self.0.get(to.downgrade())
    }
}

/// Rung 4.
#[derive(Default)]
pub struct Counted;

impl Rung for Counted {
    const NAME: &'static str = "counted";
    type Owner = Strong<Object<Self>>;
    type Weak = Weak<Object<Self>>;
    type Found = Strong<Object<Self>>;
    type Edge = Strong<Object<Self>>;

    fn own(&self, object: Object<Self>) -> Self::Owner {
        Strong::new(object)
    }

    fn downgrade(&self, owner: &Self::Owner) -> Self::Weak {
        owner.downgrade()
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Found> {
        weak.upgrade()
    }

    fn edge(&self, to: &Self::Owner) -> Self::Edge {
        to.clone()
    }
}

/// The standard library's, to compare with.
#[derive(Default)]
pub struct Std;

impl Rung for Std {
    const NAME: &'static str = "std::sync::Weak";
    type Owner = Arc<Object<Self>>;
    type Weak = std::sync::Weak<Object<Self>>;
    type Found = Arc<Object<Self>>;
    type Edge = Arc<Object<Self>>;

    fn own(&self, object: Object<Self>) -> Self::Owner {
        Arc::new(object)
    }

    fn downgrade(&self, owner: &Self::Owner) -> Self::Weak {
        Arc::downgrade(owner)
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Found> {
        weak.upgrade()
    }

    fn edge(&self, to: &Self::Owner) -> Self::Edge {
        Arc::clone(to)
    }
}

/// No rung of this ladder: what Go stands on.
#[derive(Default)]
pub struct Traced(s7_traced::Heap<Object<Self>>);

/// An object of [`Traced`] and the key to it.
pub struct Root(Rc<Object<Traced>>, s7_traced::Key<Object<Traced>>);

impl Deref for Root {
    type Target = Object<Traced>;

    fn deref(&self) -> &Object<Traced> {
        &self.0
    }
}

impl s7_traced::Trace for Object<Traced> {
    fn references(&self, show: &mut dyn FnMut(s7_traced::Key<Self>)) {
        if let Some(key) = *self.edge.lock().unwrap_or_else(PoisonError::into_inner) {
            show(key);
        }
    }
}

impl Rung for Traced {
    const NAME: &'static str = "traced";
    type Owner = Root;
    type Weak = s7_traced::Key<Object<Self>>;
    type Found = Rc<Object<Self>>;
    type Edge = s7_traced::Key<Object<Self>>;

    fn own(&self, object: Object<Self>) -> Self::Owner {
        let (object, key) = self.0.insert(object);
        Root(object, key)
    }

    fn downgrade(&self, owner: &Self::Owner) -> Self::Weak {
        owner.1
    }

    fn upgrade(&self, weak: &Self::Weak) -> Option<Self::Found> {
        self.0.get(*weak)
    }

    fn edge(&self, to: &Self::Owner) -> Self::Edge {
        to.1
    }

    fn collect(&self) {
        self.0.collect();
    }
}
