//! The same phone against everybody else's programs: `sidetone-cli` calls and is called by Asterisk, Kamailio with
//! rtpengine, Chromium with JsSIP and with SIP.js, baresip and SIPp, over coturn, with bad certificates and broken lines.
//!
//! The peers are those of the interop lab, whose folder the variable `SIDETONE_LAB` names (`cargo xtask test interop` sets
//! it). Without it, and where a peer cannot be had, a test says that it is skipped; calls to the practice exchange need no
//! lab. Everything here takes real time: tests wait for events, never for the time they might take.

#![expect(clippy::disallowed_methods, reason = "real programs take real time")]
#![expect(clippy::print_stderr, reason = "a failed test shows what its programs printed")]

mod lab;
pub(crate) mod phone;
pub(crate) mod program;
#[cfg(target_os = "linux")]
pub(crate) mod pulse;
pub(crate) mod voice;

mod accounts;
mod browser;
mod changes;
mod conference;
mod echo;
mod endings;
mod incoming;
mod kamailio;
mod lamps;
#[cfg(target_os = "linux")]
mod networks;
mod numbers;
mod outages;
mod paths;
pub(crate) mod sent_on;
mod servers;
mod transfers;
mod voicemail;
mod xuc;
