//! What a system does to a process by itself that no phone wants.

/// To be called before anything else.
///
/// A file that would grow beyond what the process may write (`ulimit -f`) is a disk that is full, and no end of the phone. And a
/// process that crashes leaves no copy of its memory behind: passwords and voices are in it. Who looks for a fault may allow one
/// (`prlimit --core`).
pub fn settle_process() {
    #[cfg(unix)]
    {
        // SAFETY: takes plain numbers; the signal has no other effect than that it is passed over, and the write fails.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        leave_no_copy();
    }
}

#[cfg(unix)]
fn leave_no_copy() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: writes to a value of the right type.
    if unsafe { libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit) } != 0 {
        return;
    }
    // A limit of one byte keeps also those away who have the system hand the copy to them (core(5)); zero does not.
    limit.rlim_cur = limit.rlim_max.min(1);
    // SAFETY: reads a value of the right type. Where it fails, everything is as it was.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const limit) };
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_crash_leaves_no_memory_behind() {
        settle_process();
        let limits = std::fs::read_to_string("/proc/self/limits").expect("the system tells");
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("there is one");
        let now = core.split_ascii_whitespace().nth(4).expect("the limit in force");
        assert!(matches!(now, "0" | "1"), "{core}");
    }
}
