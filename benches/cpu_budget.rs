//! What it costs to ask for the budget, beside std and num_cpus, and what the pure part of it costs on longer and longer
//! mount tables.

use std::{hint::black_box, io, num::NonZeroUsize, thread, time::Duration};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use listings::cpu_budget::CpuBudget;

/// The first of a process, or one in a place where the limit may change: nothing is remembered but by num_cpus.
fn ask(c: &mut Criterion) {
    let mut group = c.benchmark_group("cpu-budget/ask");
    group
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_millis(1500));
    group.bench_function("detect", |b| b.iter(CpuBudget::detect));
    group.bench_function("available-parallelism", |b| {
        b.iter(|| thread::available_parallelism().ok())
    });
    group.bench_function("num-cpus", |b| b.iter(num_cpus::get));
    group.finish();
}

/// A mount table of a host that runs this many containers, with one cgroup mount at its end, and a cgroup four levels deep.
fn texts(c: &mut Criterion) {
    let cgroup = b"0::/kubepods/burstable/pod1/app\n";
    let affinity = NonZeroUsize::new(8).expect("eight is not zero");
    let mut group = c.benchmark_group("cpu-budget/texts");
    group
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_millis(1500));
    for mounts in [10, 100, 1000] {
        let mut mountinfo: String = (1..mounts)
            .map(|id| format!("{} 20 0:{id} / /run/containers/{id}/rootfs rw,relatime shared:{id} - overlay overlay rw,lowerdir=/a:/b\n", id + 100))
            .collect();
        mountinfo.push_str(
            "28 20 0:24 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
        );
        group.bench_function(BenchmarkId::from_parameter(mounts), |b| {
            let read = |path: &[u8]| match path.ends_with(b"/app/cpu.max") {
                true => Ok(b"150000 100000\n".to_vec()),
                false => Err(io::ErrorKind::NotFound.into()),
            };
            b.iter(|| {
                CpuBudget::from_texts(
                    black_box(cgroup),
                    black_box(mountinfo.as_bytes()),
                    read,
                    affinity,
                )
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = benches::criterion();
    targets = ask, texts
}
criterion_main!(benches);
