//! Which fact is which moment of a call, and what a program is told of it.

use std::collections::BTreeMap;

use model::{AccountId, CallId, CallMoment, Cause, Direction, Event, Remote};

/// Longer than any name or number that means something.
const LONGEST: usize = 255;

/// A moment, and the variables that tell of it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) moment: CallMoment,
    /// By name. What others wrote has no control characters and an end.
    pub(super) variables: Vec<(&'static str, String)>,
}

/// The calls that are up, as far as programs are told of them.
#[derive(Default)]
pub(super) struct Calls(BTreeMap<CallId, Known>);

struct Known {
    account: AccountId,
    direction: Direction,
    remote: Remote,
    diverted_by: Option<Remote>,
    rang: bool,
    answered: bool,
    connected: bool,
}

impl Calls {
    /// The moments that a fact is, in order.
    pub(super) fn hear(&mut self, fact: &Event) -> Vec<Told> {
        match fact {
            Event::Dialing { call, account, target } => {
                let remote = Remote { number: target.clone(), ..Remote::default() };
                self.begin(*call, Known::new(account, Direction::Outgoing, remote, None));
                self.told(*call, CallMoment::Dialing)
            }
            Event::Incoming { call, account, remote, diverted_by, replaces, .. } => {
                self.begin(*call, Known::new(account, Direction::Incoming, remote.clone(), diverted_by.clone()));
                // One that takes another call's place arrives nowhere.
                if replaces.is_some() { Vec::new() } else { self.told(*call, CallMoment::Incoming) }
            }
            Event::Ringing { call } | Event::EarlyMedia { call } => self.once(*call, CallMoment::Ringing, |call| &mut call.rang),
            Event::Answered { call, remote, .. } => {
                if let Some(known) = self.0.get_mut(call) {
                    known.remote.clone_from(remote);
                    known.answered = true;
                }
                self.told(*call, CallMoment::Answered)
            }
            Event::MediaConnected { call, .. } => self.once(*call, CallMoment::Connected, |call| &mut call.connected),
            Event::Ended { call, cause, code, .. } => self.end(*call, cause, *code),
            Event::Started { .. }
            | Event::Registered { .. }
            | Event::Ready { .. }
            | Event::Unregistered { .. }
            | Event::Voicemail { .. }
            | Event::Lamp { .. }
            | Event::MediaTrouble { .. }
            | Event::Dtmf { .. }
            | Event::Hold { .. }
            | Event::Microphone { .. }
            | Event::Conference { .. }
            | Event::Recording { .. }
            | Event::TurnedAway { .. }
            | Event::Transfer { .. }
            | Event::Service { .. }
            | Event::Failed { .. } => Vec::new(),
        }
    }

    fn begin(&mut self, call: CallId, known: Known) {
        self.0.insert(call, known);
    }

    /// The first time only.
    fn once(&mut self, call: CallId, moment: CallMoment, was: fn(&mut Known) -> &mut bool) -> Vec<Told> {
        let is_news = self.0.get_mut(&call).is_some_and(|known| !std::mem::replace(was(known), true));
        if is_news { self.told(call, moment) } else { Vec::new() }
    }

    fn end(&mut self, call: CallId, cause: &Cause, code: Option<u16>) -> Vec<Told> {
        let missed = |known: &Known| !known.answered && cause.is_missed(known.direction);
        let before = match cause {
            Cause::Busy { .. } => Some(CallMoment::Busy),
            _ => self.0.get(&call).is_some_and(missed).then_some(CallMoment::Missed),
        };
        let mut all: Vec<Told> =
            before.into_iter().chain([CallMoment::Ended]).flat_map(|moment| self.told(call, moment)).collect();
        self.0.remove(&call);
        for told in &mut all {
            told.variables.push(("SIDETONE_CAUSE", kind(cause)));
            told.variables.extend(code.map(|code| ("SIDETONE_CODE", code.to_string())));
        }
        all
    }

    fn told(&self, call: CallId, moment: CallMoment) -> Vec<Told> {
        let Some(known) = self.0.get(&call) else { return Vec::new() };
        let direction = match known.direction {
            Direction::Outgoing => "outgoing",
            Direction::Incoming => "incoming",
        };
        let diverted_by = known.diverted_by.as_ref().map(|by| if by.number.is_empty() { &by.uri } else { &by.number });
        let variables = vec![
            ("SIDETONE_EVENT", moment.name().to_owned()),
            ("SIDETONE_CALL", call.to_string()),
            ("SIDETONE_ACCOUNT", clean(&known.account.0)),
            ("SIDETONE_DIRECTION", direction.to_owned()),
            ("SIDETONE_NUMBER", clean(known.remote.number.expose())),
            ("SIDETONE_NAME", clean(known.remote.name.expose())),
            ("SIDETONE_URI", clean(known.remote.uri.expose())),
            ("SIDETONE_DIVERTED_BY", diverted_by.map(|by| clean(by.expose())).unwrap_or_default()),
        ];
        vec![Told { moment, variables }]
    }
}

impl Known {
    fn new(account: &AccountId, direction: Direction, remote: Remote, diverted_by: Option<Remote>) -> Self {
        Self { account: account.clone(), direction, remote, diverted_by, rang: false, answered: false, connected: false }
    }
}

/// The name of a cause, as the events of `sidetone-cli` have it.
fn kind(cause: &Cause) -> String {
    let value = serde_json::to_value(cause).unwrap_or_default();
    value["kind"].as_str().unwrap_or_default().to_owned()
}

/// A line of text: no variable can hold a NUL, and none shall end what a script writes.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use model::XHeaders;

    use super::*;

    fn moments(told: &[Told]) -> Vec<&'static str> {
        told.iter().map(|told| told.moment.name()).collect()
    }

    fn variable<'a>(told: &'a Told, name: &str) -> Option<&'a str> {
        told.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn ended(call: u32, cause: Cause, code: Option<u16>) -> Event {
        Event::Ended { call: CallId(call), cause, code, message: String::new(), report: Box::default() }
    }

    #[test]
    fn a_call_that_is_placed_dials_rings_once_and_ends() {
        let mut calls = Calls::default();
        let dialled = calls.hear(&Event::Dialing { call: CallId(1), account: AccountId("desk".into()), target: "603".into() });
        assert_eq!(moments(&dialled), ["dialing"]);
        assert_eq!(variable(&dialled[0], "SIDETONE_NUMBER"), Some("603"));
        assert_eq!(variable(&dialled[0], "SIDETONE_DIRECTION"), Some("outgoing"));
        assert_eq!(moments(&calls.hear(&Event::Ringing { call: CallId(1) })), ["ringing"]);
        assert_eq!(moments(&calls.hear(&Event::EarlyMedia { call: CallId(1) })), [""; 0]);
        let over = calls.hear(&ended(1, Cause::Busy { code: 486 }, Some(486)));
        assert_eq!(moments(&over), ["busy", "ended"]);
        assert_eq!((variable(&over[1], "SIDETONE_CAUSE"), variable(&over[1], "SIDETONE_CODE")), (Some("busy"), Some("486")));
        assert_eq!(moments(&calls.hear(&ended(1, Cause::Missed, None))), [""; 0], "it is over already");
    }

    #[test]
    fn a_missed_call_tells_who_it_was_and_who_sent_it_on() {
        let mut calls = Calls::default();
        let remote = |number: &str| Remote { name: "A\u{7}\0nna".into(), number: number.into(), uri: "sip:x@y".into() };
        let arrived = Event::Incoming {
            call: CallId(2),
            account: AccountId("desk".into()),
            remote: remote("100"),
            caller: None,
            diverted_by: Some(remote("200")),
            replaces: None,
            headers: XHeaders::default(),
        };
        assert_eq!(moments(&calls.hear(&arrived)), ["incoming"]);
        let over = calls.hear(&ended(2, Cause::Missed, None));
        assert_eq!(moments(&over), ["missed", "ended"]);
        assert_eq!(variable(&over[0], "SIDETONE_NAME"), Some("Anna"));
        assert_eq!(variable(&over[0], "SIDETONE_DIVERTED_BY"), Some("200"));
        assert_eq!(variable(&over[0], "SIDETONE_CODE"), None);
        calls.hear(&arrived);
        assert_eq!(moments(&calls.hear(&ended(2, Cause::ConnectionLost, None))), ["missed", "ended"], "until the line went");
    }
}
