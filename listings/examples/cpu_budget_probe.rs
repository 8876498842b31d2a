//! What each library sees here, as one line of JSON: the smoke script runs this in cgroups, containers and machines of its
//! own. `cpu_budget_probe NAME WORKERS QUOTA` fails when the budget is another one; a quota of `none` is none.
//!
//! The line also holds what the budget was computed from, so that `recorded` can compute it again anywhere.

use std::{collections::BTreeMap, env, error::Error, fs, process::Command, thread};

use listings::cpu_budget::{CpuBudget, Rounding};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [name, workers, quota] = arguments.as_slice() else {
        return Err("usage: cpu_budget_probe NAME WORKERS QUOTA".into());
    };
    let budget = CpuBudget::detect();
    let found_workers = budget.procs(Rounding::Ceil, 1);
    let found_quota = budget
        .quota
        .map_or("none".to_owned(), |quota| quota.to_string());

    // Only the lines that matter: the others say more about the machine than about its CPUs.
    let controllers = |line: &str| {
        line.split(':')
            .nth(1)
            .is_some_and(|list| list.is_empty() || list.contains("cpu"))
    };
    let cgroup = lines("/proc/self/cgroup", controllers)?;
    let mountinfo = lines("/proc/self/mountinfo", |line| {
        match line.split_once(" - cgroup ") {
            Some((_, of_v1)) => of_v1.contains("cpu"),
            None => line.contains("cgroup"),
        }
    })?;
    let mut files = BTreeMap::new();
    let read = |path: &[u8]| {
        let path = String::from_utf8_lossy(path);
        let outcome = fs::read_to_string(&*path);
        let text = outcome
            .as_ref()
            .map_or(Value::Null, |text| text.as_str().into());
        files.insert(path.into_owned(), text);
        outcome.map(String::into_bytes)
    };
    let again = CpuBudget::from_texts(
        cgroup.as_bytes(),
        mountinfo.as_bytes(),
        read,
        budget.affinity,
    );
    if again != budget {
        return Err(format!("the lines left out matter:\n{budget}\nwithout them:\n{again}").into());
    }

    let line = json!({
        "case": name,
        "affinity": budget.affinity,
        "quota": found_quota,
        "workers": found_workers,
        "std": thread::available_parallelism()?,
        "tokio": tokio::runtime::Runtime::new()?.metrics().num_workers(),
        "rayon": rayon::current_num_threads(),
        "num_cpus": num_cpus::get(),
        "go": go(),
        "because": budget.reason.to_string(),
        "cgroup": cgroup,
        "mountinfo": mountinfo,
        "files": files,
    });
    println!("JSON {line}");
    if (workers, quota) != (&found_workers.to_string(), &found_quota) {
        return Err(format!(
            "{name}: expected {workers} workers by {quota} CPUs, found:\n{budget}"
        )
        .into());
    }
    Ok(())
}

fn lines(file: &str, wanted: impl Fn(&str) -> bool) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    Ok(text
        .lines()
        .filter(|line| wanted(line))
        .map(|line| format!("{line}\n"))
        .collect())
}

/// What the Go probe says, run as a child: it is in the same cgroup. Nothing where there is none.
fn go() -> Value {
    let Some(program) = env::var_os("GO_PROBE") else {
        return Value::Null;
    };
    let output = Command::new(program).env_remove("GOMAXPROCS").output();
    output
        .ok()
        .and_then(|output| serde_json::from_slice(&output.stdout).ok())
        .unwrap_or(Value::Null)
}
