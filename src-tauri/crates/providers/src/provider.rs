//! What every service is to the rest of the phone.

use calls::io::{Capabilities, LineEvent, LineRequest};
use model::{AssistantRequest, Instant, Secret};

use crate::net::{NetEvent, NetRequest};

/// A service an account belongs to, as a machine without I/O.
///
/// After each `handle`, drain `poll_output` until `None`, then read `poll_timeout`.
pub trait Provider: Send {
    /// What its line can do.
    fn capabilities(&self) -> Capabilities;

    /// Takes one input at the time `now`.
    fn handle(&mut self, now: Instant, input: Input);

    /// The next thing it asks for.
    fn poll_output(&mut self) -> Option<Output>;

    /// When it wants `Input::Timeout`.
    fn poll_timeout(&self) -> Option<Instant>;
}

/// What a provider is told.
#[derive(Debug)]
pub enum Input {
    /// Before `Start`: the number of the first call that arrives. Those of an earlier line of the account have others.
    NumberFrom(u32),
    /// Go online.
    Start,
    /// Sign off in good order: end calls, unregister, close. `Output::Stopped` follows, within two seconds.
    Stop,
    /// Call control asks for something.
    Request(LineRequest),
    /// The user asks for something beside calls, where the service has such.
    Assist(AssistantRequest),
    /// The network says something.
    Net(NetEvent),
    /// Whether to be called, from now on, where the account has such a switch; its calls go on.
    AcceptCalls(bool),
    /// The token to sign in with from now on, where the account has one; its calls go on.
    Token(Secret),
    /// The machine's network changed or it woke up: check now, do not wait for a timer.
    NetworkChanged,
    /// The moment asked for by `poll_timeout` has come.
    Timeout,
}

/// What a provider asks for.
#[derive(Debug)]
pub enum Output {
    /// For call control.
    Line(LineEvent),
    /// For the network.
    Net(NetRequest),
    /// It is signed off; the last output.
    Stopped,
}
