//! What the user was promised, as stories in virtual time.

mod calls;
