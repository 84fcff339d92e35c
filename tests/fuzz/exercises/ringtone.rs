//! A sound file that somebody would ring with.

use std::hint::black_box;

/// Reads `bytes` as a sound file of any kind.
pub fn exercise(bytes: &[u8]) {
    black_box(audio::check_ringtone(bytes.to_vec()).ok());
}
