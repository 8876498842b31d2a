//! This machine, whatever it is.

use listings::cpu_budget::{CpuBudget, Reason, Rounding, s5_detect::affinity};

#[test]
fn detect_stays_within_what_std_sees() {
    // std rounds down and walks up as well, but knows fewer places; so it may see fewer limits, never more.
    let std = std::thread::available_parallelism().unwrap();
    let budget = CpuBudget::detect();
    assert!(budget.affinity >= std, "{budget}");
    assert!(budget.procs(Rounding::Floor, 1) <= std, "{budget}");
}

#[test]
fn detect_says_where_it_looked() {
    let budget = CpuBudget::detect();
    if cfg!(target_os = "linux") {
        assert_ne!(budget.reason, Reason::NoCgroups);
    } else {
        assert_eq!((budget.reason, budget.quota), (Reason::NoCgroups, None));
    }
}

#[test]
fn affinity_mask_grows_until_the_kernel_accepts_it() {
    // A kernel for 5000 CPUs, with three of them in the mask.
    let mut sizes = Vec::new();
    let count = affinity::count(|mask| {
        sizes.push(mask.len() * usize::BITS as usize);
        (mask.len() * usize::BITS as usize >= 5000).then(|| {
            mask[0] = 0b101;
            let last = 4999;
            mask[last / usize::BITS as usize] |= 1 << (last % usize::BITS as usize);
            5000_usize.div_ceil(usize::BITS as usize)
        })
    });
    assert_eq!(count.unwrap().get(), 3);
    assert_eq!(sizes, [1024, 2048, 4096, 8192]);
}

#[test]
fn affinity_mask_counts_only_what_the_kernel_wrote() {
    let count = affinity::count(|mask| {
        mask.fill(usize::MAX);
        Some(1)
    });
    assert_eq!(count.unwrap().get(), usize::BITS as usize);
}

#[test]
fn affinity_mask_stops_growing() {
    let mut asked = 0;
    let count = affinity::count(|_| {
        asked += 1;
        None
    });
    assert_eq!(count, None);
    assert!(asked < 30);
    assert_eq!(
        affinity::count(|_| Some(0)),
        None,
        "an empty mask is no number of CPUs"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn affinity_is_that_of_the_calling_thread() {
    let before = affinity::of_this_thread();
    let narrowed = std::thread::spawn(|| {
        // The first CPU of the mask, and no other.
        let mut mask = [0_usize; 1024];
        let size = size_of_val(&mask);
        // SAFETY: `mask` is valid for `size` bytes, which the kernel fills at most; a pid of 0 is this thread.
        let written =
            unsafe { libc::syscall(libc::SYS_sched_getaffinity, 0, size, mask.as_mut_ptr()) };
        assert!(written > 0);
        let word = mask.iter().position(|&word| word != 0).unwrap();
        let bit = mask[word] & mask[word].wrapping_neg();
        mask.fill(0);
        mask[word] = bit;
        // SAFETY: as above, and the kernel only reads.
        let outcome = unsafe { libc::syscall(libc::SYS_sched_setaffinity, 0, size, mask.as_ptr()) };
        assert_eq!(outcome, 0);
        (affinity::of_this_thread(), CpuBudget::detect())
    });
    let (narrow, budget) = narrowed.join().unwrap();
    assert_eq!(narrow.get(), 1);
    assert_eq!(budget.affinity.get(), 1);
    assert_eq!(budget.procs(Rounding::Ceil, 2).get(), 1);
    assert_eq!(affinity::of_this_thread(), before);
}
