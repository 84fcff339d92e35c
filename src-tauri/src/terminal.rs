//! The terminal that the program was started from. On Windows a program with windows has none of its own, and has to ask for it.

#[cfg(windows)]
use std::sync::atomic::{AtomicBool, Ordering};

/// Has what is printed from now on shown there.
#[cfg(windows)]
pub(crate) fn borrow() {
    use windows_sys::Win32::System::Console::{ATTACH_PARENT_PROCESS, AttachConsole};
    // SAFETY: takes a plain number. It fails where there is no terminal, or where this process has it already.
    let borrowed = unsafe { AttachConsole(ATTACH_PARENT_PROCESS) } != 0;
    BORROWED.store(borrowed, Ordering::Relaxed);
}

/// Gives it back: else the phone would end when its user closes it.
#[cfg(windows)]
pub(crate) fn give_back() {
    use windows_sys::Win32::System::Console::FreeConsole;
    if BORROWED.swap(false, Ordering::Relaxed) {
        // SAFETY: takes nothing; what is written to the terminal afterwards is lost, as everywhere where there is none.
        unsafe { FreeConsole() };
    }
}

/// Whether it was not ours before.
#[cfg(windows)]
static BORROWED: AtomicBool = AtomicBool::new(false);

/// Elsewhere it belongs to every program that is started there.
#[cfg(not(windows))]
pub(crate) fn borrow() {}

/// Elsewhere it belongs to every program that is started there.
#[cfg(not(windows))]
pub(crate) fn give_back() {}
