//! A log that nobody reads: it misses lines, and holds nobody up.
//!
//! Whoever starts the phone with a pipe for its standard error and does not read it would else stop the phone with the first
//! 64 KiB of log, and a stranger who has enough of it written would stop it for him.

use std::io::{self, Write};
#[cfg(unix)]
use std::os::fd::AsFd;

/// What a pipe takes at once when it says that it takes something (PIPE_BUF, POSIX).
const AT_ONCE: usize = 512;

/// Writes what is taken at once, and leaves out lines that are not.
#[derive(Debug)]
pub(super) struct Unread<W> {
    to: W,
    /// Lines left out since the last that was taken.
    missed: u64,
    /// Whether only the first part of one was taken.
    cut: bool,
}

/// What can tell whether it would take something now.
#[cfg(unix)]
pub(super) trait Takes: AsFd {}
#[cfg(unix)]
impl<W: AsFd> Takes for W {}
#[cfg(not(unix))]
pub(super) trait Takes {}
#[cfg(not(unix))]
impl<W> Takes for W {}

impl<W: Write + Takes> Unread<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, missed: 0, cut: false }
    }

    /// Whether all of it was taken.
    fn put(&mut self, mut line: &[u8]) -> io::Result<bool> {
        while !line.is_empty() {
            if !takes(&self.to) {
                return Ok(false);
            }
            let written = self.to.write(line.get(..AT_ONCE).unwrap_or(line))?;
            line = line.get(written..).unwrap_or_default();
            self.cut = !line.is_empty();
        }
        Ok(true)
    }
}

/// One line in one call, as the log writes them.
impl<W: Write + Takes> Write for Unread<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.missed > 0 {
            let end = if self.cut { "\n" } else { "" };
            if self.put(format!("{end}... {} lines of the log were not taken\n", self.missed).as_bytes())? {
                self.missed = 0;
            }
        }
        if self.missed > 0 || !self.put(line)? {
            self.missed += 1;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
fn takes(to: &impl AsFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    // Who cannot be asked is written to, which tells why.
    poll(&mut [PollFd::new(to, PollFlags::OUT)], Some(&at_once)).map_or(true, |ready| ready > 0)
}

/// Elsewhere nobody can be asked.
#[cfg(not(unix))]
fn takes<W>(_to: &W) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn who_does_not_read_misses_lines_is_told_so_and_holds_nobody_up() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let mut log = Unread::new(writer);
        let line = |number: u32| format!("{number:06} {}\n", "x".repeat(700));
        // As much as ten pipes of Linux.
        for number in 0..1_000 {
            log.write_all(line(number).as_bytes()).expect("it is taken or left out");
        }
        assert!(log.missed > 500, "{}", log.missed);
        let mut first = vec![0; 40_000];
        reader.read_exact(&mut first).expect("what was taken");
        log.write_all(line(9_999).as_bytes()).expect("it is taken");
        drop(log);
        let mut rest = String::new();
        reader.read_to_string(&mut rest).expect("the rest");
        assert!(String::from_utf8_lossy(&first).starts_with(&line(0)));
        assert!(
            rest.contains("\n... ") && rest.contains(" lines of the log were not taken\n") && rest.ends_with(&line(9_999)),
            "{rest}"
        );
    }
}
