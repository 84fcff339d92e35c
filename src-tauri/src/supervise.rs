//! A kiosk that is started again when it ends by itself, where no service of the system does that.
//!
//! The process that a person or an autostart began stays as the guard, and runs the program once more as its child. The child
//! ends when the guard does, however that ends: it reads a pipe that only the guard holds.

use std::{
    env,
    io::{self, Read},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tracing::{info, warn};

use crate::failure::Failure;

/// Set for the child by the guard, and for services by systemd (systemd.exec(5)).
const GUARDED: &str = "SIDETONE_GUARDED";
const SERVICE: &str = "INVOCATION_ID";

/// Between an end and the next start: a kiosk that cannot start shall not keep the machine busy.
const PAUSE: Duration = Duration::from_secs(2);

/// Ends after which a further start would change nothing: the PIN was given, or the command line is wrong.
const FINAL: [i32; 2] = [0, 2];

/// Whether this process has to be the guard.
pub(crate) fn is_wanted() -> bool {
    env::var_os(GUARDED).is_none() && env::var_os(SERVICE).is_none()
}

/// Runs the same command line as a child, again and again; returns what it ended with for good.
pub(crate) fn run() -> Result<i32, Failure> {
    loop {
        let mut child = start().map_err(|error| Failure::new(format!("the kiosk cannot be started: {error}")))?;
        // Open until the child has ended; waiting would close it.
        let _pipe = child.stdin.take();
        let ended = child.wait().map_err(|error| Failure::new(format!("the kiosk cannot be watched: {error}")))?;
        if let Some(code) = ended.code().filter(|code| FINAL.contains(code)) {
            return Ok(code);
        }
        warn!(%ended, "the kiosk ended by itself and is started again");
        #[expect(clippy::disallowed_methods, reason = "there is nothing to wait for, and nothing else runs here")]
        thread::sleep(PAUSE);
    }
}

fn start() -> io::Result<Child> {
    let program = env::current_exe()?;
    Command::new(program).args(env::args_os().skip(1)).env(GUARDED, "1").stdin(Stdio::piped()).spawn()
}

/// In the child: `end` is called when the guard is gone.
pub(crate) fn end_with_guard(end: impl FnOnce() + Send + 'static) {
    if env::var_os(GUARDED).is_none() {
        return;
    }
    thread::spawn(move || {
        // Nobody writes into it: whatever comes, an end or an error, says that the guard is gone.
        let ended = io::stdin().lock().read(&mut [0]);
        info!(?ended, "the guard of the kiosk is gone");
        end();
    });
}
