//! A link that some program or page hands over: a target, or nothing.

use std::hint::black_box;

/// Reads `bytes` as a link, and as what is typed.
pub fn exercise(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    black_box((model::Target::from_link(text).ok(), text.parse::<model::Target>().ok()));
}
