//! Aculab Cloud: calls to its services and clients and from them, its tokens and web services.
//!
//! A layer over the general SIP line: what is said on the wire is `sip::UserAgent`'s, being connected and registered is
//! `sip::Presence`'s. Here is what only this cloud does: its names, its tokens, its list of ICE servers, its causes.

mod causes;
mod dial;
mod fetched;
pub mod ice_list;
mod line;
mod setup;
mod token;
mod token_keeper;
mod web;

pub use fetched::FetchedToken;
pub use line::{AculabProvider, WallClock};
pub use token::{InvalidToken, Token, TokenClaims};
pub use web::{InvalidLifetime, LIFETIMES_S, RegisteredClient, TokenLifetime, TokenWish, WebError, WebServices};
