//! Any sequence of adding and stopping, against a list that is looked at by one thread.

use std::sync::{Arc, Mutex};

use listings::cleanups::Tracked;
use proptest::{collection::vec, prelude::*};

#[derive(Debug, Clone)]
enum Step {
    Add,
    /// Stops one of those added so far, or of those long stopped.
    Stop(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![Just(Step::Add), (0..20_usize).prop_map(Step::Stop)]
}

proptest! {
    #[test]
    fn cleanups_that_were_not_stopped_run_in_reverse(steps in vec(step(), 0..40)) {
        let object = Tracked::new(());
        let ran = Arc::new(Mutex::new(Vec::new()));
        let mut handles = Vec::new();
        let mut expected = Vec::new();
        for step in steps {
            match step {
                Step::Add => {
                    let (number, ran) = (handles.len(), Arc::clone(&ran));
                    handles.push(Tracked::add_cleanup(&object, move || ran.lock().unwrap().push(number)));
                    expected.push(number);
                }
                Step::Stop(which) => {
                    let Some(handle) = handles.get(which) else { continue };
                    let pending = expected.contains(&which);
                    expected.retain(|number| *number != which);
                    prop_assert_eq!(handle.stop(), pending);
                }
            }
        }
        drop(object);
        expected.reverse();
        prop_assert_eq!(&*ran.lock().unwrap(), &expected);
        prop_assert!(handles.iter().all(|handle| !handle.stop()));
    }
}
