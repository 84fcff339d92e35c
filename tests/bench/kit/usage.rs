//! What a process takes, as Linux counts it.

use std::fs;

use crate::Outcome;

/// Counters of a process since its start.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Seconds its threads ran on a CPU.
    pub cpu_s: f64,
    /// How often its threads went to sleep of their own will, and so woke up again.
    pub wake_ups: u64,
}

impl Usage {
    /// Of a process; of some of its threads only, if `threads` names any.
    ///
    /// # Errors
    /// When the system does not tell: the process has ended, or it is no Linux.
    pub fn of(process: u32, threads: &[u32]) -> Outcome<Self> {
        let mut usage = Self { cpu_s: 0.0, wake_ups: 0 };
        for thread in tasks(process)?.into_iter().filter(|thread| threads.is_empty() || threads.contains(thread)) {
            let folder = format!("/proc/{process}/task/{thread}");
            // A thread that has just ended took next to nothing since.
            let (Ok(scheduled), Ok(status)) =
                (fs::read_to_string(format!("{folder}/schedstat")), fs::read_to_string(format!("{folder}/status")))
            else {
                continue;
            };
            let ran_ns: f64 = scheduled.split(' ').next().unwrap_or_default().parse()?;
            usage.cpu_s += ran_ns / 1e9;
            usage.wake_ups += field(&status, "voluntary_ctxt_switches:").ok_or("no count of context switches")?;
        }
        Ok(usage)
    }

    /// What was used since `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self { cpu_s: self.cpu_s - earlier.cpu_s, wake_ups: self.wake_ups.saturating_sub(earlier.wake_ups) }
    }
}

/// The threads of a process.
///
/// # Errors
/// When the system does not tell.
pub fn tasks(process: u32) -> Outcome<Vec<u32>> {
    let folder = fs::read_dir(format!("/proc/{process}/task")).map_err(|error| format!("process {process}: {error}"))?;
    Ok(folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
}

/// Its share of memory in MB: private pages, and shared ones divided by their users (PSS).
///
/// # Errors
/// When the system does not tell.
pub fn memory_mb(process: u32) -> Outcome<f64> {
    let rollup =
        fs::read_to_string(format!("/proc/{process}/smaps_rollup")).map_err(|error| format!("process {process}: {error}"))?;
    Ok(field(&rollup, "Pss:").ok_or("the system does not tell the PSS")? as f64 * 1024.0 / 1e6)
}

fn field(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.split_ascii_whitespace().next()?.parse().ok()
}
