//! A process that is near the limit of its mappings, without the memory that it takes to get there.

#[cfg(target_os = "linux")]
use std::{
    io,
    sync::{Mutex, mpsc},
    thread,
};

// ANCHOR: crowd
/// Makes mappings until this process has room for about `room` more. They take addresses and nothing else, and stay
/// until the process ends.
///
/// Returns the limit, `vm.max_map_count`.
///
/// # Errors
///
/// When `/proc` cannot be read, the limit is more than a million, or the kernel refuses.
#[cfg(target_os = "linux")]
pub fn crowd(room: usize) -> io::Result<usize> {
    let limit: usize = std::fs::read_to_string("/proc/sys/vm/max_map_count")?
        .trim()
        .parse()
        .map_err(|_| io::Error::other("vm.max_map_count is no number"))?;
    if limit > 1_000_000 {
        return Err(io::Error::other(format!(
            "vm.max_map_count is {limit}: too many to fill them for show"
        )));
    }
    let have = listings::generator_memory::Snapshot::of(std::process::id())?.mappings as usize;
    let pages = limit.saturating_sub(room + have);
    let page = 4096 * 16; // no system has larger pages than 64 KiB
    // SAFETY: a new mapping anywhere; nothing that exists is touched.
    let start = unsafe {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        libc::mmap(
            std::ptr::null_mut(),
            pages * page,
            libc::PROT_NONE,
            flags,
            -1,
            0,
        )
    };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // Neighbours with the same rights are one mapping. So every second one gets others.
    for i in (1..pages).step_by(2) {
        // SAFETY: the range lies in the mapping above, which nobody else knows.
        let done = unsafe { libc::mprotect(start.byte_add(i * page), page, libc::PROT_READ) };
        if done != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(limit)
}
// ANCHOR_END: crowd

/// Starts threads that wait, in a process with room for about 2000 mappings, until the system refuses one. Returns how many
/// there were, and what it said. All have ended by then.
///
/// It may not come to that: a thread that was started needs mappings of its own before it runs your code, and where it does
/// not get them std ends the process.
#[cfg(target_os = "linux")]
#[must_use]
pub fn threads_until_refused() -> (usize, io::Error) {
    if let Err(why) = crowd(2000) {
        return (0, why);
    }
    let (sender, receiver) = mpsc::channel::<()>();
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        let wait = || drop(receiver.lock().map(|waiting| waiting.recv()));
        let refusal = (0..).find_map(|made| {
            let thread = thread::Builder::new().spawn_scoped(scope, wait);
            thread.err().map(|why| (made, why))
        });
        drop(sender);
        refusal.expect("there is a limit")
    })
}
