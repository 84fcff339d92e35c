//! What the user was promised, as stories in virtual time.

mod calls;
mod changing;
mod incoming;
mod outgoing;
mod registering;
