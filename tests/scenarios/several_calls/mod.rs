//! Several calls at once, as stories in virtual time.

mod conference;
mod crowd;
mod digits;
mod exchange;
mod faults;
mod floor;
mod kit;
mod races;
mod recording;
mod transfers;
mod waiting;
