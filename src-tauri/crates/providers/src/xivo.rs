//! XiVO: accounts at its server XUC.
//!
//! Three ways lead to a XiVO: web requests to sign in ([`rest`]), a WebSocket with JSON for everything around the telephone
//! ([`cti`]), and SIP over another WebSocket, whose account the server tells ([`line_config`]). A call is seen on both
//! WebSockets; the `Call-ID` joins the two ([`joining`]).

mod assistant;
pub mod auto_answer;
pub mod cti;
mod desk_phone;
pub mod events;
mod fields;
pub mod ice_config;
pub mod joining;
pub mod line_config;
mod provider;
pub mod rest;
mod server;
mod session;
mod visit;

pub use provider::XivoProvider;
pub use server::{InvalidXucServer, XucServer};
pub use visit::{Visit, VisitError};
