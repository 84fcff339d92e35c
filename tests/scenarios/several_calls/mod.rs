//! Several calls at once, as stories in virtual time.

mod conference;
mod crowd;
mod digits;
mod exchange;
mod faults;
mod floor;
pub(crate) mod kit;
mod races;
mod recording;
mod transfers;
mod waiting;
