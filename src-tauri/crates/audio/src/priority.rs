//! Asks the system to run the calling thread before others. Where it refuses, the thread runs as all do.

/// Raises the calling thread as far as the system lets us; whether it did.
#[cfg(target_os = "linux")]
pub(crate) fn raise() -> bool {
    /// Low among the real-time threads: above all ordinary ones, below the sound server's.
    const REAL_TIME: libc::c_int = 5;
    /// What sound servers give their own threads where real time is not allowed.
    const NICE: libc::c_int = -11;
    // SAFETY: all-zero bytes are a valid `sched_param`, which is plain numbers.
    let mut priority: libc::sched_param = unsafe { std::mem::zeroed() };
    priority.sched_priority = REAL_TIME;
    // SAFETY: the pointer is to a live `sched_param`, which is only read. On Linux 0 is the calling thread alone.
    let real_time = unsafe { libc::sched_setscheduler(0, libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, &priority) == 0 };
    // SAFETY: takes and returns plain numbers. On Linux 0 is the calling thread alone.
    real_time || unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) == 0 }
}

/// Raises the calling thread as far as the system lets us; whether it did.
#[cfg(target_os = "macos")]
pub(crate) fn raise() -> bool {
    // SAFETY: takes and returns plain numbers, and concerns the calling thread alone.
    unsafe { libc::pthread_set_qos_class_self_np(libc::qos_class_t::QOS_CLASS_USER_INTERACTIVE, 0) == 0 }
}

/// Raises the calling thread as far as the system lets us; whether it did.
#[cfg(target_os = "windows")]
pub(crate) fn raise() -> bool {
    use windows_sys::Win32::System::Threading::{GetCurrentThread, SetThreadPriority, THREAD_PRIORITY_TIME_CRITICAL};

    // SAFETY: the handle is the pseudo handle of the calling thread, always valid and never closed.
    unsafe { SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL) != 0 }
}

/// Other systems have no way we know.
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
pub(crate) fn raise() -> bool {
    false
}
