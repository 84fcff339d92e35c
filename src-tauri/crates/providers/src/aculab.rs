//! Aculab Cloud: its names, tokens and web services.
//!
//! Calls at the cloud are not placed here yet; what is here asks its web services for tokens and for who is registered.

mod token;
mod web;

pub use token::{InvalidToken, Token, TokenClaims};
pub use web::{InvalidLifetime, RegisteredClient, TokenLifetime, TokenWish, WebError, WebServices};
