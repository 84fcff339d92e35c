//! The events of XiVO's own library for browsers, told from what happens on a line.
//!
//! Names and order are those of that library. Where it leaves the `Call-ID` out, here it is told: every event of a call has it.

use std::collections::BTreeMap;

use calls::io::{IncomingCall, LineEnd, LineEvent, LineRequest};
use model::{AccountState, Direction, LineCall, OfflineCause, Personal, ServiceEvent, ServiceFacts};

use super::cti::CtiMessage;

/// The groups, as they are subscribed to.
const GENERAL: &str = "general";
const REGISTRATION: &str = "registration";
const INCOMING: &str = "incoming";
const OUTGOING: &str = "outgoing";
/// What the CTI tells beside them: of calls, and of all else.
const PHONE: &str = "phone";
const CTI: &str = "cti";

/// Turns what is asked of a line, and what it tells, into those events.
#[derive(Debug, Default)]
pub struct Narrator {
    calls: BTreeMap<LineCall, Told>,
    registered: bool,
}

/// What was told of a call.
#[derive(Debug)]
struct Told {
    direction: Direction,
    sip_call_id: Option<Personal>,
    /// User part of the other one.
    other: Personal,
    name: Personal,
    auto_answer: bool,
    answered: bool,
    held: bool,
    /// What the offer that is on its way asks for.
    holding: Option<bool>,
}

impl Narrator {
    /// The SIP WebSocket is open.
    pub fn opened(&self) -> ServiceEvent {
        general("Started", None)
    }

    /// The SIP WebSocket could not be opened.
    pub fn not_opened(&self, cause: &OfflineCause) -> ServiceEvent {
        general("Failed", Some(cause.to_string()))
    }

    /// Call control asks something of the line.
    pub fn asked(&mut self, request: &LineRequest) -> Vec<ServiceEvent> {
        match request {
            LineRequest::Invite { call, target, .. } => {
                self.calls.insert(*call, Told::new(Direction::Outgoing, user_of(target.expose())));
                Vec::new()
            }
            LineRequest::Answer { call, .. } => {
                let Some(told) = self.calls.get_mut(call).filter(|told| !told.answered) else { return Vec::new() };
                told.answered = true;
                let mut events = Vec::new();
                if told.auto_answer {
                    events.push(told.event("AutoAnswered", told.other_one()));
                }
                events.push(told.event("Connected", told.other_one()));
                events.push(told.remote_media());
                events
            }
            LineRequest::Reoffer { call, offer } => {
                if let Some(told) = self.calls.get_mut(call) {
                    told.holding = Some(holds(offer.expose()));
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// A call arrives; `auto_answer` when the server asks for it to be answered at once, and it is.
    pub fn arrived(&mut self, incoming: &IncomingCall, auto_answer: bool) -> ServiceEvent {
        let mut told = Told::new(Direction::Incoming, incoming.remote.number.clone());
        told.sip_call_id = Some(incoming.sip_call_id.clone());
        told.name = incoming.remote.name.clone();
        told.auto_answer = auto_answer;
        let mut facts = told.other_one();
        facts.auto_answer = auto_answer.then_some(true);
        let setup = told.event("Setup", facts);
        self.calls.insert(incoming.call, told);
        setup
    }

    /// The line tells something.
    pub fn told(&mut self, event: &LineEvent) -> Vec<ServiceEvent> {
        match event {
            LineEvent::State(state) => self.state(state).into_iter().collect(),
            LineEvent::Incoming(incoming) => vec![self.arrived(incoming, false)],
            LineEvent::Sent { call, sip_call_id } => self.of(*call, |told| {
                told.sip_call_id = Some(sip_call_id.clone());
                vec![told.event("Establishing", ServiceFacts::default())]
            }),
            LineEvent::Progress { call, code: 180 | 183, .. } => {
                self.of(*call, |told| vec![told.event("Ringing", told.other_one())])
            }
            LineEvent::Answered { call, .. } => self.of(*call, |told| {
                told.answered = true;
                vec![told.remote_media(), told.event("Connected", told.other_one())]
            }),
            LineEvent::ReofferAnswered { call, .. } => self.of(*call, Told::direction_agreed),
            LineEvent::ReofferRefused { call, .. } => self.of(*call, |told| {
                told.holding = None;
                Vec::new()
            }),
            LineEvent::Ended { call, how } => self.calls.remove(call).map(|told| told.ended(how)).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// User part of the other one of a call; empty when it is not known.
    pub fn other(&self, call: LineCall) -> Personal {
        self.calls.get(&call).map(|told| told.other.clone()).unwrap_or_default()
    }

    fn of(&mut self, call: LineCall, tell: impl FnOnce(&mut Told) -> Vec<ServiceEvent>) -> Vec<ServiceEvent> {
        self.calls.get_mut(&call).map(tell).unwrap_or_default()
    }

    fn state(&mut self, state: &AccountState) -> Option<ServiceEvent> {
        match state {
            AccountState::Registered if !self.registered => {
                self.registered = true;
                Some(registration("Registered", None))
            }
            AccountState::Offline { cause, .. } => {
                self.registered = false;
                let reason = match cause {
                    OfflineCause::ConnectionLost { .. } => "Transport lost".to_owned(),
                    OfflineCause::SignedOff => "Stopped".to_owned(),
                    other => other.to_string(),
                };
                Some(registration("Unregistered", Some(reason)))
            }
            AccountState::Registered
            | AccountState::Disabled
            | AccountState::Connecting
            | AccountState::Registering
            | AccountState::Ready => None,
        }
    }
}

impl Told {
    fn new(direction: Direction, other: Personal) -> Self {
        Self {
            direction,
            sip_call_id: None,
            other,
            name: Personal::default(),
            auto_answer: false,
            answered: false,
            held: false,
            holding: None,
        }
    }

    fn group(&self) -> &'static str {
        match self.direction {
            Direction::Incoming => INCOMING,
            Direction::Outgoing => OUTGOING,
        }
    }

    fn other_one(&self) -> ServiceFacts {
        let other = Some(self.other.clone());
        let display_name = Some(self.name.clone()).filter(|name| !name.is_empty());
        match self.direction {
            Direction::Incoming => ServiceFacts { caller: other, display_name, ..ServiceFacts::default() },
            Direction::Outgoing => ServiceFacts { callee: other, display_name, ..ServiceFacts::default() },
        }
    }

    fn event(&self, kind: &str, data: ServiceFacts) -> ServiceEvent {
        ServiceEvent { group: self.group().into(), kind: kind.into(), data, sip_call_id: self.sip_call_id.clone() }
    }

    /// Of both directions in the group of incoming calls, as the library has it.
    fn remote_media(&self) -> ServiceEvent {
        ServiceEvent { group: INCOMING.into(), ..self.event("RemoteMediaAdded", ServiceFacts::default()) }
    }

    fn direction_agreed(&mut self) -> Vec<ServiceEvent> {
        let Some(held) = self.holding.take().filter(|held| *held != self.held) else { return Vec::new() };
        self.held = held;
        vec![self.event(if held { "Hold" } else { "Resume" }, ServiceFacts::default())]
    }

    fn ended(self, how: &LineEnd) -> ServiceEvent {
        if self.direction == Direction::Outgoing && self.sip_call_id.is_none() {
            return self.event("Failed", ServiceFacts::default());
        }
        let words;
        let (reason, code) = match how {
            LineEnd::Caused { cause } => {
                words = cause.to_string();
                (words.as_str(), None)
            }
            LineEnd::Local if self.direction == Direction::Outgoing && !self.answered => ("Call cancelled", None),
            LineEnd::Local => ("Call terminated", None),
            LineEnd::Bye { code } => ("Call terminated", *code),
            LineEnd::Cancelled { code } => ("Call cancelled", *code),
            LineEnd::Unanswered => ("Request Timeout", Some(408)),
            LineEnd::Refused { code, text } => (text.as_str(), Some(*code)),
            LineEnd::ConnectionLost => ("Transport lost", None),
            LineEnd::Failed { fault } => {
                words = fault.to_string();
                (words.as_str(), None)
            }
        };
        self.event("Terminated", ServiceFacts { reason: Some(reason.to_owned()), code, ..ServiceFacts::default() })
    }
}

fn general(kind: &str, reason: Option<String>) -> ServiceEvent {
    let data = ServiceFacts { reason, ..ServiceFacts::default() };
    ServiceEvent { group: GENERAL.into(), kind: kind.into(), data, sip_call_id: None }
}

fn registration(kind: &str, reason: Option<String>) -> ServiceEvent {
    ServiceEvent { group: REGISTRATION.into(), ..general(kind, reason) }
}

/// What the CTI tells, as an event beside those of the library: steps of calls by their names, of all else the kind. How the
/// telephones of others are doing is left out: there is no end to it.
pub(super) fn of_cti(message: &CtiMessage) -> Option<ServiceEvent> {
    let plain =
        |kind: &str| ServiceEvent { group: CTI.into(), kind: kind.into(), data: ServiceFacts::default(), sip_call_id: None };
    match message {
        CtiMessage::PhoneHint(_) | CtiMessage::Alive => None,
        CtiMessage::PhoneEvent(event) => {
            let known = |text: &Personal| Some(text.clone()).filter(|text| !text.is_empty());
            let (other, display_name) = (known(&event.other_dn), known(&event.other_name));
            let data = match event.direction {
                Some(Direction::Incoming) => ServiceFacts { caller: other, display_name, ..ServiceFacts::default() },
                Some(Direction::Outgoing) | None => ServiceFacts { callee: other, display_name, ..ServiceFacts::default() },
            };
            let (group, kind) = (PHONE.into(), event.kind.name().into());
            Some(ServiceEvent { group, kind, data, sip_call_id: event.sip_call_id.clone() })
        }
        other => Some(plain(other.kind())),
    }
}

/// The user part of what was dialled.
pub(super) fn user_of(target: &str) -> Personal {
    let target = target.strip_prefix("sips:").or_else(|| target.strip_prefix("sip:")).unwrap_or(target);
    target.split('@').next().unwrap_or(target).into()
}

/// Whether an offer of ours takes the far end's audio away (RFC 3264 section 8.4).
fn holds(offer: &str) -> bool {
    offer.lines().any(|line| matches!(line.trim_end(), "a=sendonly" | "a=inactive"))
}

#[cfg(test)]
mod tests;
