//! Being asked to end: Ctrl-C, the signal of a session or a service manager, a terminal that is closed.

use std::io;

use tokio::signal;

/// The askings since it was made. None is lost while nobody waits for one.
pub struct Interruptions {
    #[cfg(unix)]
    signals: [Option<signal::unix::Signal>; 3],
    #[cfg(windows)]
    keys: (signal::windows::CtrlC, signal::windows::CtrlBreak),
    #[cfg(windows)]
    ends: (signal::windows::CtrlClose, signal::windows::CtrlShutdown),
}

impl Interruptions {
    /// Must be called inside a tokio runtime; from then on the process does not end by itself any more.
    ///
    /// # Errors
    /// When the system does not let it hear them.
    pub fn new() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use signal::unix::{SignalKind, signal};
            // Who started it with `nohup` wants it to outlive its terminal.
            let hangup = if is_ignored(libc::SIGHUP) { None } else { Some(signal(SignalKind::hangup())?) };
            Ok(Self { signals: [Some(signal(SignalKind::interrupt())?), Some(signal(SignalKind::terminate())?), hangup] })
        }
        #[cfg(windows)]
        {
            use signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
            Ok(Self { keys: (ctrl_c()?, ctrl_break()?), ends: (ctrl_close()?, ctrl_shutdown()?) })
        }
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate, hangup] = &mut self.signals;
            tokio::select! {
                () = heard(interrupt) => {}
                () = heard(terminate) => {}
                () = heard(hangup) => {}
            }
        }
        #[cfg(windows)]
        tokio::select! {
            _ = self.keys.0.recv() => {}
            _ = self.keys.1.recv() => {}
            _ = self.ends.0.recv() => {}
            _ = self.ends.1.recv() => {}
        }
    }
}

#[cfg(unix)]
async fn heard(signal: &mut Option<signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether who started this process had it pass over a signal.
#[cfg(unix)]
fn is_ignored(signal: libc::c_int) -> bool {
    let mut now = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: changes nothing without a new action, and writes what is in force to memory of the right size; zeros are a valid value.
    unsafe { libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) == 0 && now.assume_init().sa_sigaction == libc::SIG_IGN }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_known() {
        // The library of Rust has every program ignore it.
        assert!(is_ignored(libc::SIGPIPE));
        assert!(!is_ignored(libc::SIGUSR1));
    }
}
