//! A request of theirs, and what it is told from others by.

use model::Instant;

use super::{Tick, invite_server::InviteServer, server::Server};
use crate::{Method, Request, Via, compose};

/// A request of theirs, from arriving to the end of its repetitions.
#[derive(Debug)]
pub(super) struct Received {
    /// What tells it from others.
    pub key: String,
    pub request: Request,
    pub last_response: Vec<u8>,
    pub machine: ServerMachine,
}

#[derive(Debug)]
pub(super) enum ServerMachine {
    Invite(InviteServer),
    Other(Server),
}

impl Received {
    pub fn is_open(&self) -> bool {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.is_open(),
            ServerMachine::Other(machine) => machine.is_open(),
        }
    }

    /// Whether only the end of a refusal is waited for.
    pub fn is_refused(&self) -> bool {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.is_unacknowledged(),
            ServerMachine::Other(_) => false,
        }
    }

    pub fn repeats_response(&self) -> bool {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.repeats_response(),
            ServerMachine::Other(machine) => machine.repeats_response(),
        }
    }

    /// The To tag of the last response, so that the one to a CANCEL has the same (RFC 3261 9.2).
    pub fn to_tag(&self) -> Option<String> {
        match crate::Message::parse(&self.last_response) {
            Ok(crate::Message::Response(response)) => response.headers.to().ok()?.tag().map(str::to_owned),
            Ok(crate::Message::Request(_)) | Err(_) => None,
        }
    }

    pub fn say_trying(&mut self, now: Instant) {
        if let ServerMachine::Invite(machine) = &mut self.machine {
            machine.respond(now, 100);
            self.last_response = compose::response(&self.request, 100, "", None).to_bytes();
        }
    }

    pub fn tick(&mut self, now: Instant) -> Tick {
        match &mut self.machine {
            ServerMachine::Invite(machine) => machine.tick(now),
            ServerMachine::Other(_) => Tick::Nothing,
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.deadline(),
            ServerMachine::Other(machine) => Some(machine.deadline()),
        }
    }

    pub fn is_over_at(&self, now: Instant) -> bool {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.is_over(now),
            ServerMachine::Other(machine) => machine.is_over(now),
        }
    }
}

/// RFC 3261 17.2.3: the branch, the sender and the method; for branches of older peers what RFC 2543 went by.
pub(super) fn server_key(request: &Request, method: &Method) -> String {
    let headers = &request.headers;
    let via = headers.via().ok();
    let sender = via.as_ref().map(|via| format!("{}:{}", via.host.to_ascii_lowercase(), via.port.unwrap_or(0)));
    let sender = sender.unwrap_or_default();
    let branch = via.as_ref().and_then(Via::branch).unwrap_or("");
    if branch.starts_with("z9hG4bK") && branch.len() > "z9hG4bK".len() {
        return format!("{branch} {sender} {method}");
    }
    let from_tag = headers.from().ok().and_then(|from| from.tag().map(str::to_owned)).unwrap_or_default();
    let call_id = headers.call_id().unwrap_or("");
    let number = headers.cseq().map_or(0, |cseq| cseq.number);
    format!("{call_id} {from_tag} {number} {branch} {sender} {method}")
}
