//! The desktop program as a person meets it: a real window on a screen of its own (Xvfb), a private session bus, a tray and a
//! notification service played by the test, the page driven by WebKitWebDriver.
//!
//! What a test needs of the system is installed by `cargo xtask test window`; where it is missing, the test says that it is
//! skipped. One screen at a time: the machine has few processors, and a window that waits for one looks like a slow window.

#![expect(clippy::disallowed_methods, reason = "real windows take real time")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

pub(crate) mod driver;
mod notifications;
pub(crate) mod screen;
mod tray;

mod awake;
mod consent;
mod files;
mod links;
mod page;
mod popup;
mod portal;
mod shortcuts;
mod start;
mod tray_icon;
mod troubles;
mod xivo;
