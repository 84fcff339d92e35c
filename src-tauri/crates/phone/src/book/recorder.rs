//! From the phone's events to the history: what counts as what.

use std::collections::BTreeMap;

use calls::remote_of;
use model::{CallId, Cause, Direction, Event, Outcome, Remote, TurnedAway};
use store::{CallEnd, NewCall};

/// Something for the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// A call begins.
    Begin { call: CallId, new: NewCall },
    /// It was answered, by whom.
    Answer { call: CallId, remote: Remote },
    /// It is over. It is told whole, because its beginning may not have been written.
    End { call: CallId, new: NewCall, end: CallEnd },
    /// A call that never rang.
    Whole { new: NewCall, end: CallEnd },
}

/// The calls that go on, as far as the history is concerned.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    calls: BTreeMap<CallId, Noted>,
}

#[derive(Debug)]
struct Noted {
    new: NewCall,
    answered: bool,
    automatically: bool,
}

impl Recorder {
    /// Takes a fact; `unix_s` is when it became one.
    pub(crate) fn hear(&mut self, unix_s: i64, event: &Event) -> Option<Record> {
        let begins = |account: &model::AccountId, direction, remote: Remote| NewCall {
            account: account.clone(),
            direction,
            remote,
            started_s: unix_s,
        };
        match event {
            Event::Dialing { call, account, target } => {
                Some(self.begin(*call, begins(account, Direction::Outgoing, remote_of(target.expose()))))
            }
            Event::Incoming { call, account, remote, .. } => {
                Some(self.begin(*call, begins(account, Direction::Incoming, remote.clone())))
            }
            Event::Answered { call, remote, .. } => {
                let noted = self.calls.get_mut(call)?;
                noted.answered = true;
                match noted.new.direction {
                    Direction::Incoming => noted.new.remote = remote.clone(),
                    // What was dialled is what will be dialled again, whatever the far end calls itself.
                    Direction::Outgoing => noted.new.remote.name = remote.name.clone(),
                }
                Some(Record::Answer { call: *call, remote: noted.new.remote.clone() })
            }
            Event::Ended { call, cause, code, report, .. } => {
                let noted = self.calls.remove(call)?;
                let outcome = outcome(&noted, cause);
                let how = if noted.automatically { "answered automatically; " } else { "" };
                let end = CallEnd {
                    talked_ms: noted.answered.then_some(report.talked_ms),
                    outcome,
                    words: format!("{how}{cause}"),
                    code: *code,
                };
                Some(Record::End { call: *call, new: noted.new, end })
            }
            Event::TurnedAway { account, remote, because } => {
                let (outcome, words) = turned_away(*because);
                let end = CallEnd { talked_ms: None, outcome, words: words.into(), code: None };
                Some(Record::Whole { new: begins(account, Direction::Incoming, remote.clone()), end })
            }
            _ => None,
        }
    }

    /// Notes that the phone answers a call by itself.
    pub(crate) fn answered_automatically(&mut self, call: CallId) {
        if let Some(noted) = self.calls.get_mut(&call) {
            noted.automatically = true;
        }
    }

    fn begin(&mut self, call: CallId, new: NewCall) -> Record {
        self.calls.insert(call, Noted { new: new.clone(), answered: false, automatically: false });
        Record::Begin { call, new }
    }
}

fn outcome(noted: &Noted, cause: &Cause) -> Outcome {
    if noted.answered {
        return if noted.automatically { Outcome::AnsweredAutomatically } else { Outcome::Answered };
    }
    if cause.is_missed(noted.new.direction) {
        return Outcome::Missed;
    }
    match cause {
        Cause::AnsweredElsewhere => Outcome::AnsweredElsewhere,
        Cause::Declined | Cause::Diverted | Cause::Rejected { .. } => Outcome::Declined,
        Cause::Busy { .. } => Outcome::Busy,
        Cause::Cancelled => Outcome::Cancelled,
        Cause::HungUp { .. }
        | Cause::Transferred
        | Cause::Missed
        | Cause::NoAnswer { .. }
        | Cause::NotFound { .. }
        | Cause::Moved { .. }
        | Cause::NotAcceptable { .. }
        | Cause::Forbidden { .. }
        | Cause::ServerFailed { .. }
        | Cause::LineFailed { .. }
        | Cause::ConnectionLost
        | Cause::MediaFailed { .. }
        | Cause::NoMicrophone { .. }
        | Cause::NoDevice { .. }
        | Cause::Internal { .. }
        | Cause::NotSupported
        | Cause::ServiceSilent
        | Cause::NotCallable { .. }
        | Cause::TooManyCalls { .. }
        | Cause::AccountNotReady { .. } => Outcome::Failed,
    }
}

fn turned_away(because: TurnedAway) -> (Outcome, &'static str) {
    match because {
        TurnedAway::DoNotDisturb => (Outcome::Declined, "turned away: do not disturb"),
        TurnedAway::Busy => (Outcome::Missed, "turned away: busy"),
        TurnedAway::Forwarded => (Outcome::Declined, "forwarded"),
    }
}

#[cfg(test)]
mod tests {
    use model::{AccountId, CallReport, EndedBy, XHeaders};

    use super::*;

    const CALL: CallId = CallId(1);

    fn remote(name: &str) -> Remote {
        Remote { name: name.into(), number: "1001".into(), uri: "sip:1001@x".into() }
    }

    fn incoming() -> Event {
        Event::Incoming {
            call: CALL,
            account: AccountId("desk".into()),
            remote: remote("Ann"),
            caller: None,
            diverted_by: None,
            replaces: None,
            headers: XHeaders::default(),
        }
    }

    fn dialing() -> Event {
        Event::Dialing { call: CALL, account: AccountId("desk".into()), target: "+442079460123".into() }
    }

    fn answered(direction: Direction) -> Event {
        Event::Answered { call: CALL, direction, remote: remote("Bob"), headers: XHeaders::default() }
    }

    fn ended(cause: Cause) -> Event {
        let report = CallReport { talked_ms: 7_000, ..CallReport::default() };
        Event::Ended { call: CALL, code: cause.code(), message: cause.to_string(), cause, report: Box::new(report) }
    }

    fn end(events: &[Event]) -> (NewCall, CallEnd) {
        let mut recorder = Recorder::default();
        match events.iter().filter_map(|event| recorder.hear(100, event)).last() {
            Some(Record::End { new, end, .. } | Record::Whole { new, end }) => (new, end),
            other => panic!("it is over: {other:?}"),
        }
    }

    #[test]
    fn what_became_of_a_call_that_arrived() {
        for (cause, outcome) in [
            (Cause::Missed, Outcome::Missed),
            (Cause::NoAnswer { code: 480 }, Outcome::Missed),
            (Cause::ConnectionLost, Outcome::Missed),
            (Cause::AnsweredElsewhere, Outcome::AnsweredElsewhere),
            (Cause::Declined, Outcome::Declined),
            (Cause::Diverted, Outcome::Declined),
            (Cause::Cancelled, Outcome::Cancelled),
            (Cause::MediaFailed { fault: model::MediaFault::PathGone }, Outcome::Failed),
        ] {
            let words = cause.to_string();
            let (new, end) = end(&[incoming(), ended(cause)]);
            assert_eq!((end.outcome, end.talked_ms), (outcome, None), "{words}");
            assert_eq!((end.words, new.direction, new.started_s), (words, Direction::Incoming, 100));
        }
        let talk = [incoming(), answered(Direction::Incoming), ended(Cause::HungUp { by: EndedBy::Remote })];
        let (new, end) = end(&talk);
        assert_eq!((end.outcome, end.talked_ms, new.remote.name.expose()), (Outcome::Answered, Some(7_000), "Bob"));
    }

    #[test]
    fn what_became_of_a_call_that_was_dialled() {
        for (cause, outcome) in [
            (Cause::Busy { code: 486 }, Outcome::Busy),
            (Cause::Rejected { code: 603 }, Outcome::Declined),
            (Cause::Cancelled, Outcome::Cancelled),
            (Cause::NoAnswer { code: 408 }, Outcome::Failed),
            (Cause::NotFound { code: 404 }, Outcome::Failed),
            (Cause::ConnectionLost, Outcome::Failed),
        ] {
            let code = cause.code();
            let (_, end) = end(&[dialing(), ended(cause)]);
            assert_eq!((end.outcome, end.code), (outcome, code));
        }
        let (new, end) = end(&[dialing(), answered(Direction::Outgoing), ended(Cause::ConnectionLost)]);
        assert_eq!(end.outcome, Outcome::Answered);
        let (name, number) = (new.remote.name.expose(), new.remote.number.expose());
        assert_eq!((name, number), ("Bob", "+442079460123"), "what was dialled stays");
    }

    #[test]
    fn calls_that_never_rang_are_told_with_their_reason() {
        for (because, outcome) in [
            (TurnedAway::DoNotDisturb, Outcome::Declined),
            (TurnedAway::Forwarded, Outcome::Declined),
            (TurnedAway::Busy, Outcome::Missed),
        ] {
            let event = Event::TurnedAway { account: AccountId("desk".into()), remote: remote("Ann"), because };
            assert_eq!(end(&[event]).1.outcome, outcome);
        }
        assert_eq!(Recorder::default().hear(0, &ended(Cause::Missed)), None, "refused before anybody could hear it");
    }

    #[test]
    fn a_call_that_the_phone_answered_says_so() {
        let mut recorder = Recorder::default();
        recorder.hear(0, &incoming());
        recorder.answered_automatically(CALL);
        recorder.hear(0, &answered(Direction::Incoming));
        let Some(Record::End { end, .. }) = recorder.hear(0, &ended(Cause::HungUp { by: EndedBy::Remote })) else {
            panic!("it is over")
        };
        assert_eq!(
            (end.outcome, end.words.as_str()),
            (Outcome::AnsweredAutomatically, "answered automatically; the call was ended")
        );
    }
}
