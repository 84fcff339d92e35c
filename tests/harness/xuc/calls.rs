//! The calls of a line as an XUC knows them: read from the SIP that it relays, told as phone events.

use std::collections::VecDeque;

use serde_json::{Value, json};
use sip::{Message, Method, NameAddr, Request, Response};

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the phone.
    Up,
    /// To the phone.
    Down,
}

/// All calls of one line.
#[derive(Debug)]
pub(super) struct Calls {
    legs: Vec<Leg>,
    numbered: u32,
    /// Whom the phone will be connected to in the calls that it will get and answer by itself.
    ordered: VecDeque<String>,
    /// Whether the Call-ID is left out.
    pub(super) anonymous: bool,
    /// The user's own number.
    pub(super) number: String,
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) call_id: String,
    pub(super) unique_id: String,
    linked_id: String,
    pub(super) number: String,
    name: String,
    is_outgoing: bool,
    state: State,
    /// What the phone's offer under way asks for.
    holding: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Dialing,
    Ringing,
    Established,
    OnHold,
}

impl Calls {
    pub(super) fn new(number: &str) -> Self {
        Self { legs: Vec::new(), numbered: 10, ordered: VecDeque::new(), anonymous: false, number: number.to_owned() }
    }

    /// The phone will be called, and connected to somebody.
    pub(super) fn order(&mut self, to: &str) {
        self.ordered.push_back(to.to_owned());
    }

    /// The calls there are, as `CurrentCallsPhoneEvents` tells them.
    pub(super) fn current(&self) -> Vec<Value> {
        self.legs.iter().map(|leg| self.event(leg, leg.state.event())).collect()
    }

    /// The call of a command: the one that is named, else the one that rings, else the one in conversation, else the only one.
    pub(super) fn meant(&self, unique_id: Option<&str>) -> Option<&Leg> {
        if let Some(unique_id) = unique_id {
            return self.legs.iter().find(|leg| leg.unique_id == unique_id);
        }
        let of = |state: State| self.legs.iter().find(move |leg| leg.state == state);
        of(State::Ringing).or_else(|| self.current_one()).or_else(|| self.legs.first())
    }

    /// The call in conversation, the latest when there are several.
    pub(super) fn current_one(&self) -> Option<&Leg> {
        let talks = |leg: &&Leg| matches!(leg.state, State::Established | State::Dialing);
        self.legs.iter().rev().find(talks)
    }

    /// The call besides the one with a room.
    pub(super) fn besides(&self, room: Option<&str>) -> Option<&Leg> {
        self.legs.iter().find(|leg| Some(leg.unique_id.as_str()) != room)
    }

    /// The call that is held.
    pub(super) fn held_one(&self) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.state == State::OnHold)
    }

    /// A conference on a desk phone: both are in conversation. What is told of it, as phone events.
    pub(super) fn merge(&mut self) -> Vec<Value> {
        if self.legs.len() < 2 {
            return Vec::new();
        }
        self.legs.iter_mut().for_each(|leg| leg.state = State::Established);
        self.current()
    }

    /// How the telephone is doing, as `PhoneStatusUpdate` has it.
    pub(super) fn status(&self) -> &'static str {
        let any = |state: State| self.legs.iter().any(|leg| leg.state == state);
        match (any(State::Ringing), any(State::Established), any(State::Dialing), any(State::OnHold)) {
            (true, true, ..) => "BUSY_AND_RINGING",
            (true, ..) => "RINGING",
            (_, true, ..) => "BUSY",
            (_, _, true, _) => "CALLING",
            (.., true) => "ONHOLD",
            _ => "AVAILABLE",
        }
    }

    pub(super) fn call_ids(&self) -> Vec<String> {
        self.legs.iter().map(|leg| leg.call_id.clone()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.legs.len()
    }

    /// What a message of SIP means: the bodies of phone events.
    pub(super) fn saw(&mut self, way: Way, message: &[u8]) -> Vec<Value> {
        match Message::parse(message) {
            Ok(Message::Request(request)) => self.request(way, &request),
            Ok(Message::Response(response)) => self.response(way, &response),
            Err(_) => Vec::new(),
        }
    }

    fn request(&mut self, way: Way, request: &Request) -> Vec<Value> {
        let call_id = request.headers.get("Call-ID").unwrap_or_default().to_owned();
        let known = self.legs.iter().position(|leg| leg.call_id == call_id);
        match (&request.method, known) {
            (Method::Invite, None) => self.began(way, request, call_id),
            (Method::Invite, Some(at)) => {
                let is_within = request.headers.to().is_ok_and(|to| to.tag().is_some());
                if is_within && way == Way::Up {
                    let offer = request.session_description().unwrap_or_default();
                    let holds = offer.lines().any(|line| matches!(line.trim_end(), "a=sendonly" | "a=inactive"));
                    self.legs[at].holding = Some(holds);
                }
                Vec::new()
            }
            (Method::Bye | Method::Cancel, Some(at)) => self.ended(at),
            _ => Vec::new(),
        }
    }

    fn began(&mut self, way: Way, request: &Request, call_id: String) -> Vec<Value> {
        self.numbered += 1;
        let address =
            |address: Result<NameAddr, _>| address.map_or_else(|_: sip::InvalidHeader| (String::new(), String::new()), split);
        let ordered = (way == Way::Down).then(|| self.ordered.pop_front()).flatten();
        let is_outgoing = way == Way::Up || ordered.is_some();
        let (number, name) = match (way, ordered) {
            (_, Some(to)) => (to, String::new()),
            (Way::Up, None) => (request.uri.user_text(), String::new()),
            (Way::Down, None) => address(request.headers.from()),
        };
        let id = format!("1767000000.{}", self.numbered);
        let state = if is_outgoing { State::Dialing } else { State::Ringing };
        let leg = Leg { call_id, unique_id: id.clone(), linked_id: id, number, name, is_outgoing, state, holding: None };
        let event = self.event(&leg, state.event());
        self.legs.push(leg);
        vec![event]
    }

    fn response(&mut self, way: Way, response: &Response) -> Vec<Value> {
        let of_invite = response.headers.cseq().is_ok_and(|cseq| cseq.method == Method::Invite);
        let call_id = response.headers.get("Call-ID").unwrap_or_default();
        let Some(at) = self.legs.iter().position(|leg| leg.call_id == call_id).filter(|_| of_invite) else { return Vec::new() };
        let leg = &mut self.legs[at];
        let is_first = matches!(leg.state, State::Dialing | State::Ringing);
        match response.code {
            200..=299 if is_first => leg.state = State::Established,
            200..=299 if way == Way::Down => match leg.holding.take() {
                Some(true) if leg.state != State::OnHold => leg.state = State::OnHold,
                Some(false) if leg.state == State::OnHold => leg.state = State::Established,
                _ => return Vec::new(),
            },
            401 | 407 | 100..=299 => return Vec::new(),
            _ if is_first => return self.ended(at),
            _ => {
                leg.holding = None;
                return Vec::new();
            }
        }
        let leg = self.legs[at].clone();
        vec![self.event(&leg, leg.state.event())]
    }

    fn ended(&mut self, at: usize) -> Vec<Value> {
        let leg = self.legs.remove(at);
        vec![self.event(&leg, "EventReleased")]
    }

    fn event(&self, leg: &Leg, kind: &str) -> Value {
        let mut words = json!({"XIVO_USERID": "9", "XIVO_CONTEXT": "default"});
        if !self.anonymous {
            words["SIPCALLID"] = json!(leg.call_id);
        }
        let direction = if leg.is_outgoing { "Outgoing" } else { "Incoming" };
        json!({
            "eventType": kind, "DN": self.number, "otherDN": leg.number, "otherDName": leg.name, "linkedId": leg.linked_id,
            "uniqueId": leg.unique_id, "callDirection": direction, "userData": words
        })
    }
}

impl State {
    fn event(self) -> &'static str {
        match self {
            Self::Dialing => "EventDialing",
            Self::Ringing => "EventRinging",
            Self::Established => "EventEstablished",
            Self::OnHold => "EventOnHold",
        }
    }
}

fn split(address: NameAddr) -> (String, String) {
    (address.uri.user_text(), address.display_name.unwrap_or_default())
}
