//! Several calls at once, as stories in virtual time.

mod conference;
mod crowd;
mod digits;
mod floor;
mod kit;
mod races;
mod waiting;
