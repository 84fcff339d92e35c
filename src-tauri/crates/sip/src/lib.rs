//! SIP: messages, digest, and the machines that speak it (RFC 3261 and its extensions).
//!
//! This room owns the bytes on the wire. It never opens a socket, reads a clock, draws randomness of its own or knows
//! what a call means to a user: it is handed bytes, commands and the time, and returns bytes and events.

// The wire.
pub mod auth;
pub mod body;
mod grammar;
mod headers;
mod message;
mod method;
mod name_addr;
mod params;
mod parse;
mod tokens;
mod trace;
mod uri;
mod via;

pub use headers::{CSeq, Headers, InvalidHeader, RAck, Reason, Refresher, Replaces, SessionExpires};
pub use message::{Message, Request, Response, reason_phrase};
pub use method::Method;
pub use name_addr::NameAddr;
pub use params::Params;
pub use parse::{MAX_ADDRESS, MAX_HEADER_LINES, MAX_MESSAGE, MAX_SEPARATORS, ParseError, ReplyParts, is_keep_alive};
pub use tokens::Tokens;
pub use trace::Trace;
pub use uri::{InvalidUri, Scheme, Uri};
pub use via::Via;

// The machines.
mod compose;
mod dialog;
mod dialog_info;
mod diversion;
mod identity;
mod invite;
mod refer;
mod register;
mod session_timer;
mod subscribe;
mod transaction;
mod user_agent;

pub use compose::{InvalidExtraHeader, check_extra_headers};
pub use dialog_info::{DialogInfo, Notice, Occupation};
pub use subscribe::MessageSummary;
pub use transaction::Timers;
pub use user_agent::{
    CallEnd, CallEvent, CallKey, Command, Description, Event, ExtraHeaders, Form, IncomingCall, Input, Invite, Output,
    OutsideRequest, ReferSubscription, Refresh, RegistrationEvent, Reliability, RequestKey, Role, Subscribe, SubscriptionEvent,
    SubscriptionKey, Transport, UserAgent, UserAgentConfig,
};
