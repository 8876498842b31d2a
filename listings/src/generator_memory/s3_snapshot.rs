//! Stage 3: what the kernel knows of a process.

use std::io;

// ANCHOR: snapshot
/// The memory of one process, at one moment, as the kernel counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Pages of the process that are in memory: RSS, by walking its page tables (`smaps_rollup`). A page that is shared
    /// with another process counts whole; one that was swapped out does not count.
    pub resident: u64,
    /// What the process may address: VSZ. Most of it may never have been touched.
    pub address_space: u64,
    /// The tables that map addresses to pages. They are memory too, and in no RSS.
    pub page_tables: u64,
    /// Kernel stacks, one a thread. **Of the whole system**: the kernel does not say whose they are.
    pub kernel_stacks: u64,
    /// Ranges of addresses with the same rights; each is a line of `/proc/PID/maps`. Their number is limited.
    pub mappings: u64,
    /// Threads of the process.
    pub threads: u64,
}
// ANCHOR_END: snapshot

impl Snapshot {
    // ANCHOR: of
    /// Asks the kernel about a process, which goes on running meanwhile.
    ///
    /// # Errors
    ///
    /// When there is no such process, or it is somebody else's; [`io::ErrorKind::Unsupported`] on other systems than
    /// Linux.
    #[cfg(target_os = "linux")]
    pub fn of(process: u32) -> io::Result<Self> {
        // ANCHOR: solution_snapshot
        use procfs::{Current, Meminfo, process::Process};

        let told = |what: Option<u64>| {
            what.ok_or_else(|| io::Error::other("the kernel left out a figure"))
        };
        let process = Process::new(process.cast_signed()).map_err(io::Error::other)?;
        let status = process.status().map_err(io::Error::other)?;
        let rollup = process
            .smaps_rollup()
            .map_err(io::Error::other)?
            .memory_map_rollup;
        Ok(Self {
            resident: told(
                rollup
                    .0
                    .first()
                    .and_then(|all| all.extension.map.get("Rss").copied()),
            )?,
            address_space: 1024 * told(status.vmsize)?,
            page_tables: 1024 * told(status.vmpte)?,
            kernel_stacks: told(Meminfo::current().map_err(io::Error::other)?.kernel_stack)?,
            mappings: process.maps().map_err(io::Error::other)?.0.len() as u64,
            threads: status.threads,
        })
        // ANCHOR_END: solution_snapshot
    }
    // ANCHOR_END: of

    /// Says that it cannot.
    ///
    /// # Errors
    ///
    /// Always: this needs Linux's `/proc`.
    #[cfg(not(target_os = "linux"))]
    pub fn of(process: u32) -> io::Result<Self> {
        let why = format!("what process {process} takes can be read on Linux only, from its /proc");
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    }
}
