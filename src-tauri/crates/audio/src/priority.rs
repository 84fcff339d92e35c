//! Asks the system to run the calling thread before others. Where it refuses, the thread runs as all do.

/// Raises the calling thread as far as the system lets us; whether it did.
#[cfg(target_os = "linux")]
pub(crate) fn raise() -> bool {
    /// What sound servers give their own threads.
    const NICE: libc::c_int = -11;
    // SAFETY: takes and returns plain numbers. On Linux 0 is the calling thread alone.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) == 0 }
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
