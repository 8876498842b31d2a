//! Stage 1: the original, word for word. Read one file, divide, round up, clamp to at least 1.

// ANCHOR: one_file
/// Workers by the content of `/sys/fs/cgroup/cpu.max`; `None` when there is no such file.
#[must_use]
pub fn workers(cpu_max: Option<&str>, cpus: usize) -> usize {
    let Some((quota, period)) = cpu_max.and_then(|text| text.trim().split_once(' ')) else {
        return cpus; // not in a container
    };
    let quota: f64 = quota.parse().unwrap_or(0.0);
    let period: f64 = period.parse().unwrap_or(100_000.0);
    ((quota / period).ceil() as usize).max(1)
}
// ANCHOR_END: one_file
