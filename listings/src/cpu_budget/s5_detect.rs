//! Stage 5: the budget of this process.

// ANCHOR: detect
use std::{fs, io};

use listings::cpu_budget::{CpuBudget, File, Reason};

/// The budget of the calling thread, as it is now.
#[must_use]
pub fn detect() -> CpuBudget {
    let affinity = affinity::of_this_thread();
    let unlimited = |reason| CpuBudget {
        affinity,
        quota: None,
        source: None,
        reason,
    };
    if !cfg!(target_os = "linux") {
        return unlimited(Reason::NoCgroups);
    }
    let text = |path: &'static str| {
        fs::read(path).map_err(|error| unlimited(Reason::NoProc(File(path.into()), error.kind())))
    };
    match (text("/proc/self/cgroup"), text("/proc/self/mountinfo")) {
        (Ok(cgroup), Ok(mountinfo)) => CpuBudget::from_texts(&cgroup, &mountinfo, read, affinity),
        (Err(unreadable), _) | (_, Err(unreadable)) => unreadable,
    }
}

/// A path of the kernel is any bytes, and on Unix so is the name of a file.
fn read(path: &[u8]) -> io::Result<Vec<u8>> {
    #[cfg(unix)]
    return fs::read(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(path));
    #[cfg(not(unix))]
    return Err(io::Error::new(
        io::ErrorKind::Unsupported,
        format!("no path of this system: {path:?}"),
    ));
}
// ANCHOR_END: detect

/// How many CPUs the calling thread may run on.
pub mod affinity {
    use std::{num::NonZeroUsize, thread};

    /// The number of CPUs in the mask of the calling thread; where there is no mask, what std says.
    #[must_use]
    pub fn of_this_thread() -> NonZeroUsize {
        #[cfg(target_os = "linux")]
        let mask = count(sched_getaffinity);
        #[cfg(not(target_os = "linux"))]
        let mask = None;
        mask.unwrap_or_else(|| thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    // ANCHOR: growing
    /// Asks with larger and larger masks. The kernel refuses one that is smaller than its own, which has a bit for every
    /// CPU that could ever be plugged in. `ask` fills a mask and returns how many words of it are meaningful.
    pub fn count(mut ask: impl FnMut(&mut [usize]) -> Option<usize>) -> Option<NonZeroUsize> {
        const MOST: usize = 1 << 16; // words: far more than any kernel can be built for
        let mut mask = vec![0; 1024 / usize::BITS as usize];
        loop {
            if let Some(words) = ask(&mut mask) {
                let ones: u32 = mask.iter().take(words).map(|word| word.count_ones()).sum();
                return NonZeroUsize::new(ones as usize);
            }
            if mask.len() >= MOST {
                return None;
            }
            mask = vec![0; mask.len() * 2];
        }
    }

    /// The system call itself. std's limit, a `cpu_set_t` of 1024 bits, is glibc's and not the kernel's.
    #[cfg(target_os = "linux")]
    fn sched_getaffinity(mask: &mut [usize]) -> Option<usize> {
        // SAFETY: the kernel writes at most `size_of_val(mask)` bytes to `mask`, which is valid for that many, and every
        // pattern of bits is a `usize`. A pid of 0 is the calling thread.
        let written = unsafe {
            libc::syscall(
                libc::SYS_sched_getaffinity,
                0,
                size_of_val(mask),
                mask.as_mut_ptr(),
            )
        };
        usize::try_from(written)
            .ok()
            .map(|bytes| bytes / size_of::<usize>())
    }
    // ANCHOR_END: growing
}
