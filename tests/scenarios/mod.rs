//! What the user was promised, as stories in virtual time.

mod book;
mod calls;
mod changing;
mod chaos;
mod clock;
mod devices;
mod incoming;
mod key_store;
mod lamps;
mod outgoing;
mod provisioning;
mod registering;
mod ringing;
mod servers;
mod settings;
mod sound;
mod stopping;
mod updates;
mod voicemail;
