//! The machine that measures.

use std::sync::LazyLock;

use anyhow::{Result, ensure};
use regex::Regex;

use measurements::record::Machine;

/// This machine, under the name given or one made from its CPU.
///
/// # Errors
///
/// When the name is not one that a file can have everywhere: lower-case letters, digits, hyphens.
pub fn this(name: Option<&str>) -> Result<Machine> {
    let cores = std::thread::available_parallelism()
        .map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
    let (cpu, memory_mib, kernel) = hardware();
    let name = name.map_or_else(|| default_name(&cpu, cores), str::to_owned);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure!(
        !name.is_empty() && name.chars().all(plain),
        "`{name}` cannot name a record: use lower-case letters, digits and hyphens"
    );
    Ok(Machine {
        name,
        cpu,
        cores,
        memory_mib,
        kernel,
    })
}

/// CPU model, memory in MiB (0 where it is unknown), kernel.
#[cfg(target_os = "linux")]
fn hardware() -> (String, u64, String) {
    use procfs::Current;
    let cpu = procfs::CpuInfo::current()
        .ok()
        .and_then(|info| info.model_name(0).map(str::to_owned));
    let memory = procfs::Meminfo::current().map_or(0, |info| info.mem_total / 1024 / 1024);
    let kernel = procfs::sys::kernel::Version::current().map_or_else(
        |_| "Linux".to_owned(),
        |version| {
            format!(
                "Linux {}.{}.{}",
                version.major, version.minor, version.patch
            )
        },
    );
    (cpu.unwrap_or_else(unknown_cpu), memory, kernel)
}

/// CPU model, memory in MiB (0 where it is unknown), kernel.
#[cfg(not(target_os = "linux"))]
fn hardware() -> (String, u64, String) {
    (unknown_cpu(), 0, std::env::consts::OS.to_owned())
}

fn unknown_cpu() -> String {
    format!("unknown {} CPU", std::env::consts::ARCH)
}

/// `Intel(R) Xeon(R) Processor @ 2.60GHz` with 2 cores is `intel-xeon-2-cores`.
fn default_name(cpu: &str, cores: u32) -> String {
    static NOISE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)\((r|tm)\)|@.*$|\b(cpu|processor|\d+-core)\b").expect("a valid pattern")
    });
    let cpu = NOISE.replace_all(cpu, " ").to_lowercase();
    let words: Vec<_> = cpu
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let cores = if cores == 1 {
        "1-core".to_owned()
    } else {
        format!("{cores}-cores")
    };
    format!("{}-{cores}", words.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_name_is_made_from_cpu_and_cores() {
        for (cpu, cores, expected) in [
            ("Intel(R) Xeon(R) Processor", 2, "intel-xeon-2-cores"),
            (
                "Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz",
                12,
                "intel-core-i7-9750h-12-cores",
            ),
            (
                "AMD EPYC 7763 64-Core Processor",
                4,
                "amd-epyc-7763-4-cores",
            ),
            ("unknown aarch64 CPU", 1, "unknown-aarch64-1-core"),
        ] {
            assert_eq!(default_name(cpu, cores), expected);
        }
    }

    #[test]
    fn this_machine_can_be_described() {
        let machine = this(None).unwrap();
        assert!(machine.cores > 0 && !machine.describe().is_empty());
        #[cfg(target_os = "linux")]
        assert!(machine.memory_mib > 0 && machine.kernel.starts_with("Linux "));
    }

    #[test]
    fn names_that_are_no_file_names_are_refused() {
        for name in ["", "../x", "My Mac", "a/b"] {
            assert!(this(Some(name)).is_err(), "{name}");
        }
        assert_eq!(this(Some("quiet-box")).unwrap().name, "quiet-box");
    }
}
