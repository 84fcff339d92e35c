//! Being asked to end: Ctrl-C, or the signal of a session or a service manager; on Windows also by closing the terminal.

use tokio::signal;

use crate::exit::{Exit, Failure};

/// The askings since it was made. None is lost while nobody waits for one.
pub(crate) struct Interruptions {
    #[cfg(unix)]
    signals: [signal::unix::Signal; 2],
    #[cfg(windows)]
    keys: (signal::windows::CtrlC, signal::windows::CtrlBreak),
    #[cfg(windows)]
    ends: (signal::windows::CtrlClose, signal::windows::CtrlShutdown),
}

impl Interruptions {
    /// Must be called inside a tokio runtime; from then on the process does not end by itself any more.
    pub(crate) fn new() -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::new(Exit::Failed, error);
        #[cfg(unix)]
        {
            use signal::unix::{SignalKind, signal};
            let interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
            let terminate = signal(SignalKind::terminate()).map_err(failed)?;
            Ok(Self { signals: [interrupt, terminate] })
        }
        #[cfg(windows)]
        {
            use signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
            let keys = (ctrl_c().map_err(failed)?, ctrl_break().map_err(failed)?);
            let ends = (ctrl_close().map_err(failed)?, ctrl_shutdown().map_err(failed)?);
            Ok(Self { keys, ends })
        }
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.signals;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
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
