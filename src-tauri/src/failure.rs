//! Why the program could not start.

use std::{fmt, process::ExitCode};

/// A sentence for the terminal and what to exit with.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Something failed.
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), code: 1 }
    }

    /// What was asked for cannot be done.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), code: 2 }
    }

    /// There is no screen to draw a window on.
    pub(crate) fn no_display() -> Self {
        let message = "there is no display to open a window on; sidetone-cli is the same phone for a terminal";
        Self { message: message.into(), code: 3 }
    }

    /// What to exit with.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
