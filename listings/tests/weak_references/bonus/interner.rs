use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher},
    panic::{self, AssertUnwindSafe},
    thread,
};

use listings::weak_references::{Interned, Interner, meter::held};

#[test]
fn equal_values_are_one_object() {
    let interner = Interner::new();
    let (one, same, other) = (
        interner.intern("a"),
        interner.intern("a"),
        interner.intern("b"),
    );
    assert!(one == same && one != other);
    assert!(std::ptr::eq(&*one, &*same));
    assert_eq!((*one, *other, interner.len()), ("a", "b", 2));
    assert_eq!(HashSet::from([one, same, other]).len(), 2);
}

#[test]
fn value_expires_with_its_last_holder() {
    let interner = Interner::new();
    let one = interner.intern(String::from("a"));
    let same = one.clone();
    drop(one);
    assert_eq!(interner.len(), 1);
    drop(same);
    assert!(interner.is_empty());
    assert_eq!(*interner.intern(String::from("a")), "a");
    assert!(interner.is_empty());
}

#[test]
fn expired_values_leave_no_memory_behind() {
    let interner: Interner<[u8; 1000], BuildHasherDefault<DefaultHasher>> =
        Interner::with_hasher(BuildHasherDefault::default());
    drop(interner.intern([0; 1000])); // the table's own
    let before = held();
    for number in 1..100 {
        drop(interner.intern([number; 1000]));
    }
    assert!(held() - before < 1000, "{} bytes more", held() - before);
}

/// Hashes everything to the same number.
#[derive(Default)]
struct Colliding;

impl Hasher for Colliding {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, _: &[u8]) {}
}

#[test]
fn values_of_the_same_hash_are_told_apart() {
    let interner: Interner<_, BuildHasherDefault<Colliding>> =
        Interner::with_hasher(BuildHasherDefault::default());
    let (one, two) = (interner.intern(1), interner.intern(2));
    assert!(one != two);
    drop(one);
    assert!(
        two == interner.intern(2),
        "the neighbour's end is not its own"
    );
    assert_eq!(interner.len(), 1);
}

#[derive(PartialEq, Eq, Hash)]
enum List {
    End,
    Cons(u32, Interned<List>),
}

#[test]
fn interned_value_may_hold_interned_values() {
    let interner = Interner::new();
    let cons = |head, tail: &Interned<List>| interner.intern(List::Cons(head, tail.clone()));
    let end = interner.intern(List::End);
    let one = cons(1, &cons(2, &end));
    let same = cons(1, &cons(2, &end));
    assert!(one == same);
    assert_eq!(interner.len(), 3);
    drop((one, same, end)); // the first to go drops the second, whose destructor takes the lock again
    assert!(interner.is_empty());
}

#[test]
fn panicking_comparison_leaves_the_interner_usable() {
    #[derive(Hash)]
    #[allow(
        clippy::derived_hash_with_manual_eq,
        reason = "equal where the derived one is, if it returns"
    )]
    struct Touchy(u8);
    impl PartialEq for Touchy {
        fn eq(&self, other: &Self) -> bool {
            if other.0 == 13 {
                panic::resume_unwind(Box::new(()));
            }
            self.0 == other.0
        }
    }
    impl Eq for Touchy {}
    let interner: Interner<_, BuildHasherDefault<Colliding>> =
        Interner::with_hasher(BuildHasherDefault::default());
    let one = interner.intern(Touchy(1));
    assert!(panic::catch_unwind(AssertUnwindSafe(|| interner.intern(Touchy(13)))).is_err());
    assert!(one == interner.intern(Touchy(1)));
    drop(one);
    assert!(interner.is_empty());
}

#[test]
fn threads_agree_on_the_object() {
    let interner = Interner::new();
    let rounds = if cfg!(miri) { 10 } else { 200 };
    for round in 0..rounds {
        let both = thread::scope(|scope| {
            let intern = || interner.intern(round.to_string());
            [scope.spawn(intern), scope.spawn(intern)].map(|thread| thread.join().unwrap())
        });
        assert!(both[0] == both[1]);
    }
    assert!(interner.is_empty());
}
