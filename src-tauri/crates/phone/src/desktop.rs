//! What a desktop shows of the phone beside its window, each a pure function of the snapshot and the
//! language: tray, alerts, shortcuts.
//!
//! A face draws these as they are. Texts are for the user's own screen; none of them may be logged.

mod alerts;
mod kiosk;
mod language;
mod shortcuts;
mod tables;
#[cfg(test)]
pub(crate) mod test_calls;
mod tray;
mod words;

pub use alerts::{Alert, IncomingAction, dials_at_once, incoming, keeps_awake, missed, ringing};
pub use kiosk::{Kiosk, pin_delay};
pub use language::{Language, Words, fill};
pub use shortcuts::{Shortcut, target_of_shortcut};
pub use tray::{TrayAction, TrayEntry, TrayPicture, TrayView};
pub use words::is_direction_mark;
