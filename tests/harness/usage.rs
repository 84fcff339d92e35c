//! What a process takes, as Linux counts it.

use std::{collections::BTreeMap, fs, io};

/// What the threads of a process have taken since each was started.
#[derive(Clone, Debug, Default)]
pub struct Counters(BTreeMap<u32, Usage>);

/// What was taken in a span of time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Seconds on a CPU.
    pub cpu_s: f64,
    /// How often a thread went to sleep of its own will, and so woke up again.
    pub wake_ups: u64,
}

impl Counters {
    /// Of a process; of some of its threads only, if `threads` names any.
    ///
    /// # Errors
    /// When the system does not tell: the process has ended, or it is no Linux.
    pub fn of(process: u32, threads: &[u32]) -> io::Result<Self> {
        let mut counters = Self::default();
        for thread in tasks(process)?.into_iter().filter(|thread| threads.is_empty() || threads.contains(thread)) {
            let folder = format!("/proc/{process}/task/{thread}");
            let (Ok(scheduled), Ok(status)) =
                (fs::read_to_string(format!("{folder}/schedstat")), fs::read_to_string(format!("{folder}/status")))
            else {
                // It has just ended.
                continue;
            };
            let ran_ns: f64 = scheduled.split(' ').next().unwrap_or_default().parse().map_err(io::Error::other)?;
            let wake_ups =
                field(&status, "voluntary_ctxt_switches:").ok_or_else(|| io::Error::other("no count of context switches"))?;
            counters.0.insert(thread, Usage { cpu_s: ran_ns / 1e9, wake_ups });
        }
        Ok(counters)
    }

    /// What was taken since `earlier`. A thread that has ended meanwhile is left out.
    pub fn since(&self, earlier: &Self) -> Usage {
        self.0.iter().fold(Usage::default(), |sum, (thread, now)| {
            let before = earlier.0.get(thread).copied().unwrap_or_default();
            Usage {
                cpu_s: sum.cpu_s + now.cpu_s - before.cpu_s,
                wake_ups: sum.wake_ups + now.wake_ups.saturating_sub(before.wake_ups),
            }
        })
    }
}

/// The threads of a process.
///
/// # Errors
/// When the system does not tell.
pub fn tasks(process: u32) -> io::Result<Vec<u32>> {
    let folder = fs::read_dir(format!("/proc/{process}/task")).map_err(|error| of(process, &error))?;
    Ok(folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
}

/// Its share of memory in MB: private pages, and shared ones divided by their users (PSS).
///
/// # Errors
/// When the system does not tell.
pub fn memory_mb(process: u32) -> io::Result<f64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).map_err(|error| of(process, &error))?;
    let pss = field(&rollup, "Pss:").ok_or_else(|| io::Error::other("the system does not tell the PSS"))?;
    Ok(pss as f64 * 1024.0 / 1e6)
}

/// What it has written to memory in MB: what grows when something is kept. Its code, which comes and goes, is no part of it.
///
/// # Errors
/// When the system does not tell.
pub fn written_mb(process: u32) -> io::Result<f64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).map_err(|error| of(process, &error))?;
    let written = field(&rollup, "Anonymous:").ok_or_else(|| io::Error::other("the system does not tell what was written"))?;
    Ok(written as f64 * 1024.0 / 1e6)
}

/// The files, sockets and pipes that a process has open.
///
/// # Errors
/// When the system does not tell.
pub fn open_files(process: u32) -> io::Result<usize> {
    Ok(fs::read_dir(format!("/proc/{process}/fd")).map_err(|error| of(process, &error))?.count())
}

fn of(process: u32, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("process {process}: {error}"))
}

fn field(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.split_ascii_whitespace().next()?.parse().ok()
}
