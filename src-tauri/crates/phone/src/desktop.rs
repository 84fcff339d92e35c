//! What a desktop shows of the phone beside its window, each a pure function of the snapshot: tray, alerts, shortcuts.
//!
//! A face draws these as they are. Texts are for the user's own screen; none of them may be logged.

mod alerts;
mod shortcuts;
#[cfg(test)]
mod test_calls;
mod tray;
mod words;

pub use alerts::{Alert, IncomingAction, dials_at_once, keeps_awake, missed, ringing};
pub use shortcuts::{Shortcut, target_of_shortcut};
pub use tray::{TrayAction, TrayEntry, TrayPicture, TrayView};
