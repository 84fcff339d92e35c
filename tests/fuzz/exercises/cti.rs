//! A frame of a XiVO's CTI: read leniently, or no CTI.

use std::hint::black_box;

use providers::xivo::cti::CtiMessage;

/// Reads `bytes` as a frame; a number or name that came makes no message of it that cannot be shown.
pub fn exercise(bytes: &[u8]) {
    let Ok(message) = CtiMessage::read(bytes) else { return };
    black_box(format!("{message:?}"));
    match message {
        CtiMessage::LineConfig(line) => {
            black_box(line.mode());
        }
        CtiMessage::IceConfig(ice) => {
            black_box(ice.servers());
        }
        _ => {}
    }
}
