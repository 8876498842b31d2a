use std::{
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe},
    rc::Rc,
    thread::{self, ThreadId},
};

use listings::weak_references::{Strong, Weak, meter::held};

use crate::Mortal;

#[test]
fn object_dies_with_its_last_strong() {
    let (mortal, deaths) = Mortal::new();
    let strong = Strong::new(mortal);
    let another = strong.clone();
    let weak = strong.downgrade();
    drop(strong);
    assert_eq!(deaths.count(), 0);
    assert!(weak.upgrade().is_some_and(|found| found.ptr_eq(&another)));
    drop(another);
    assert_eq!(deaths.count(), 1);
    assert!(weak.upgrade().is_none());
    assert!(weak.clone().upgrade().is_none());
    drop(weak);
    assert_eq!(deaths.count(), 1);
}

#[test]
fn upgraded_reference_keeps_the_object_alive() {
    let strong = Strong::new(String::from("object"));
    let weak = strong.downgrade();
    let found = weak.upgrade();
    drop(strong);
    assert_eq!(found.as_deref().map(String::as_str), Some("object"));
    assert!(weak.upgrade().is_some());
    drop(found);
    assert!(weak.upgrade().is_none());
}

#[test]
fn counts_tell_who_is_there() {
    let strong = Strong::new(());
    assert_eq!((strong.strong_count(), strong.weak_count()), (1, 0));
    let (weak, another) = (strong.downgrade(), strong.clone());
    assert_eq!((strong.strong_count(), strong.weak_count()), (2, 1));
    drop((weak.clone(), weak.upgrade()));
    assert_eq!((strong.strong_count(), strong.weak_count()), (2, 1));
    drop((strong, another));
    assert_eq!(weak.strong_count(), 0);
}

#[test]
fn destructor_finds_itself_dead() {
    struct Lazarus {
        me: RefCell<Option<Weak<Lazarus>>>,
        raised: Rc<Cell<Option<bool>>>,
    }
    impl Drop for Lazarus {
        fn drop(&mut self) {
            let raised = self.me.borrow().as_ref().and_then(Weak::upgrade).is_some();
            self.raised.set(Some(raised));
        }
    }
    let raised = Rc::default();
    let strong = Strong::new(Lazarus {
        me: RefCell::default(),
        raised: Rc::clone(&raised),
    });
    *strong.me.borrow_mut() = Some(strong.downgrade());
    drop(strong);
    assert_eq!(raised.get(), Some(false));
}

#[test]
fn death_is_prompt_and_on_the_thread_that_lets_go() {
    struct Witness(std::sync::mpsc::Sender<ThreadId>);
    impl Drop for Witness {
        fn drop(&mut self) {
            let _ = self.0.send(thread::current().id());
        }
    }
    let (told, witness) = std::sync::mpsc::channel();
    let strong = Strong::new(Witness(told));
    let dropper = thread::spawn(move || {
        drop(strong);
        (witness.try_recv(), thread::current().id()) // no waiting: it has happened when `drop` returns
    });
    let (seen, dropper) = dropper.join().unwrap();
    assert_eq!(seen, Ok(dropper));
}

#[test]
fn memory_goes_with_the_last_reference_of_either_kind() {
    let before = held();
    let strong = Strong::new([0_u8; 1000]);
    let one = strong.downgrade();
    let another = one.clone();
    let with_object = held() - before;
    assert!(with_object >= 1000);
    drop((strong, one));
    assert_eq!(
        held() - before,
        with_object,
        "a weak reference holds the memory"
    );
    drop(another);
    assert_eq!(held(), before);

    let strong = Strong::new([0_u8; 1000]);
    drop(strong.downgrade());
    drop(strong);
    assert_eq!(held(), before, "the strongs' own weak was the last");
}

#[test]
fn panicking_destructor_gives_the_memory_back() {
    struct Bomb(#[expect(dead_code, reason = "only its size matters")] [u8; 1000]);
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic::resume_unwind(Box::new(()));
        }
    }
    let before = held();
    let strong = Strong::new(Bomb([0; 1000]));
    let weak = strong.downgrade();
    assert!(panic::catch_unwind(AssertUnwindSafe(|| drop(strong))).is_err());
    assert!(weak.upgrade().is_none());
    drop(weak);
    assert_eq!(held(), before);
}

#[test]
fn ptr_eq_is_true_for_the_same_object_only() {
    let (one, other) = (Strong::new(1), Strong::new(1));
    let (weak, another) = (one.downgrade(), one.downgrade());
    assert!(weak.ptr_eq(&another) && weak.ptr_eq(&weak.clone()));
    assert!(!weak.ptr_eq(&other.downgrade()));
    drop(one);
    assert!(weak.ptr_eq(&another), "dead, and still the same");
}

#[test]
fn ptr_eq_never_takes_a_new_object_for_a_dead_one() {
    let dead = Strong::new(0_u64).downgrade();
    for number in 1..1000_u64 {
        let newcomer = Strong::new(number);
        assert!(!dead.ptr_eq(&newcomer.downgrade()));
    }
}

#[test]
fn objects_of_no_size_are_different_objects() {
    let (one, other) = (Strong::new(()), Strong::new(()));
    assert!(!one.ptr_eq(&other));
}

#[test]
fn threads_that_upgrade_find_the_object_or_nothing() {
    let rounds = if cfg!(miri) { 10 } else { 200 };
    for _ in 0..rounds {
        let (mortal, deaths) = Mortal::new();
        let strong = Strong::new((mortal, String::from("object")));
        let weak = strong.downgrade();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while let Some(found) = weak.upgrade() {
                        assert_eq!((deaths.count(), found.1.as_str()), (0, "object"));
                    }
                });
            }
            scope.spawn(|| drop(strong));
        });
        assert_eq!(deaths.count(), 1);
    }
}
