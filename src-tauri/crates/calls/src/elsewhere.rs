//! One call of the user's other telephone: what is shown of it, and what it is asked for. Its sound is there, so that it has no
//! media session, no microphone to switch off and no figures; its state is what the line tells.

use std::time::Duration;

use model::{
    AccountId, CallId, CallReport, CallState, CallView, Cause, Direction, EndedBy, Event, Hold, Instant, LineCall, Remote,
    Target, TransferFault, TransferStage, TransferView, XHeaders,
};
use serde::{Deserialize, Serialize};

use crate::{
    io::{Act, LineEnd, LineRequest, Step},
    outbox::Outbox,
};

/// How long the telephone's calls may take to change places: longer than the line needs to find out that nothing comes of it.
pub(crate) const TURN_WITHIN: Duration = Duration::from_secs(15);

/// How long a call that is over stays in the snapshot, so that its cause can be read.
const SHOWN_FOR: Duration = Duration::from_secs(5);

/// A call that another telephone has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CallElsewhere {
    pub(crate) id: CallId,
    pub(crate) account: AccountId,
    pub(crate) line: LineCall,
    pub(crate) step: Step,
    direction: Direction,
    remote: Remote,
    since: Instant,
    answered: Option<Instant>,
    /// Why it is over when it is, by what the user asked for.
    pub(crate) leaving: Option<Cause>,
    /// What waits until it is the only one in conversation there.
    pub(crate) turn: Option<Turn>,
    pub(crate) moving: Moving,
    /// Its transfer as it was told last.
    moving_told: Option<TransferView>,
    ended: Option<Ended>,
}

/// A call that is to be the one in conversation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Turn {
    /// Whom it is transferred to then, if to anybody.
    pub(crate) then: Option<Target>,
    pub(crate) until: Instant,
    /// Whether the telephone was asked to take it back.
    pub(crate) asked: bool,
}

/// The transfer of a call, which the server carries out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Moving {
    None,
    /// Its far end is being connected to somebody.
    Sent {
        until: Instant,
    },
    /// Somebody is being called whom the user consults.
    Calling {
        was_held: bool,
        until: Instant,
    },
    Consulting {
        with: CallId,
        was_held: bool,
    },
    /// Its far end is being connected to that of the other call.
    Completing {
        with: CallId,
        was_held: bool,
        until: Instant,
    },
    /// The consultation is taken back.
    Returning {
        with: CallId,
        was_held: bool,
        until: Instant,
    },
    Failed {
        fault: TransferFault,
        until: Instant,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ended {
    cause: Cause,
    forget_at: Instant,
}

impl CallElsewhere {
    pub(crate) fn new(now: Instant, id: CallId, account: AccountId, line: LineCall, told: (Direction, Remote, Step)) -> Self {
        let (direction, remote, step) = told;
        Self {
            id,
            account,
            line,
            step,
            direction,
            remote,
            since: now,
            answered: None,
            leaving: None,
            turn: None,
            moving: Moving::None,
            moving_told: None,
            ended: None,
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.ended.is_none()
    }

    pub(crate) fn is_of(&self, account: &AccountId, line: LineCall) -> bool {
        self.account == *account && self.line == line && self.is_live()
    }

    pub(crate) fn is_ringing(&self) -> bool {
        self.is_live() && self.step == Step::Ringing
    }

    /// Whether it is answered.
    pub(crate) fn is_answered(&self) -> bool {
        self.is_live() && matches!(self.step, Step::Talking | Step::Held)
    }

    pub(crate) fn is_talking(&self) -> bool {
        self.is_live() && self.step == Step::Talking
    }

    pub(crate) fn is_stale(&self, now: Instant) -> bool {
        self.ended.as_ref().is_some_and(|ended| now >= ended.forget_at)
    }

    pub(crate) fn cause(&self) -> Option<&Cause> {
        self.ended.as_ref().map(|ended| &ended.cause)
    }

    /// When it wants to be woken.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let moving = match &self.moving {
            Moving::Sent { until }
            | Moving::Calling { until, .. }
            | Moving::Completing { until, .. }
            | Moving::Returning { until, .. }
            | Moving::Failed { until, .. } => Some(*until),
            Moving::None | Moving::Consulting { .. } => None,
        };
        let turn = self.turn.as_ref().map(|turn| turn.until);
        [moving, turn, self.ended.as_ref().map(|ended| ended.forget_at)].into_iter().flatten().min()
    }

    /// Has the telephone do something with it.
    pub(crate) fn ask(&self, act: Act, out: &mut Outbox) {
        out.line(&self.account, LineRequest::Elsewhere { call: self.line, act });
    }

    /// The user ends it. It is over when the telephone says so.
    pub(crate) fn hang_up(&mut self, out: &mut Outbox) {
        self.leaving = Some(match self.step {
            Step::Ringing => Cause::Declined,
            Step::Dialing => Cause::Cancelled,
            Step::Talking | Step::Held => Cause::HungUp { by: EndedBy::Local },
        });
        self.ask(Act::HangUp, out);
    }

    /// What the line tells of it.
    pub(crate) fn is_now(&mut self, now: Instant, remote: Remote, step: Step, out: &mut Outbox) {
        self.remote = remote;
        let was = std::mem::replace(&mut self.step, step);
        if self.is_answered() && self.answered.is_none() {
            self.answered = Some(now);
            out.event(Event::Answered {
                call: self.id,
                direction: self.direction,
                remote: self.remote.clone(),
                headers: XHeaders::default(),
            });
        }
        if (was == Step::Held) != (step == Step::Held) {
            out.event(Event::Hold { call: self.id, hold: self.hold() });
        }
    }

    /// It is over.
    pub(crate) fn ended(&mut self, now: Instant, how: LineEnd, out: &mut Outbox) {
        let by_line = match how {
            LineEnd::Local => Cause::HungUp { by: EndedBy::Local },
            LineEnd::Bye { .. } if self.step == Step::Ringing => Cause::Missed,
            LineEnd::Bye { .. } => Cause::HungUp { by: EndedBy::Remote },
            LineEnd::Cancelled { .. } => Cause::Missed,
            // RFC 3261 8.1.3.1.
            LineEnd::Unanswered => Cause::NoAnswer { code: 408 },
            LineEnd::Refused { code, text } => Cause::of_response(code, &text),
            LineEnd::Caused { cause } => cause,
            LineEnd::ConnectionLost => Cause::ConnectionLost,
            LineEnd::Failed { fault } => Cause::AccountNotReady { fault },
        };
        let cause = self.leaving.take().unwrap_or(by_line);
        self.end(now, cause, out);
    }

    pub(crate) fn end(&mut self, now: Instant, cause: Cause, out: &mut Outbox) {
        if !self.is_live() {
            return;
        }
        (self.turn, self.moving) = (None, Moving::None);
        let talked = self.answered.map_or(Duration::ZERO, |answered| now.since(answered));
        let talked_ms = u64::try_from(talked.as_millis()).unwrap_or(u64::MAX);
        let report = CallReport { talked_ms, ..CallReport::default() };
        let (code, message) = (cause.code(), cause.to_string());
        out.event(Event::Ended { call: self.id, cause: cause.clone(), code, message, report: Box::new(report) });
        self.ended = Some(Ended { cause, forget_at: now + SHOWN_FOR });
    }

    /// Tells those who follow that it is there.
    pub(crate) fn tell_arrival(&self, out: &mut Outbox) {
        let (call, account) = (self.id, self.account.clone());
        out.event(match self.direction {
            Direction::Incoming => {
                let remote = self.remote.clone();
                let headers = XHeaders::default();
                Event::Incoming { call, account, remote, caller: None, diverted_by: None, replaces: None, headers }
            }
            Direction::Outgoing => Event::Dialing { call, account, target: self.remote.number.clone() },
        });
    }

    /// Its transfer, when it looks otherwise than it was told.
    pub(crate) fn transfer_to_tell(&mut self) -> Option<Option<TransferView>> {
        let view = self.transfer();
        (view != self.moving_told).then(|| {
            self.moving_told.clone_from(&view);
            view
        })
    }

    pub(crate) fn view(&self) -> CallView {
        CallView {
            id: self.id,
            account: self.account.clone(),
            sip_call_id: None,
            direction: self.direction,
            remote: self.remote.clone(),
            caller: None,
            headers: XHeaders::default(),
            diverted_by: None,
            // The run loop knows the contacts.
            contact: None,
            state: self.state(),
            since_ms: self.since.as_millis(),
            answered_ms: self.answered.map(Instant::as_millis),
            elsewhere: true,
            muted: false,
            silenced: false,
            dtmf: None,
            recording: false,
            auto_answered: false,
            answers_itself_ms: None,
            transfer: self.transfer(),
            media: None,
        }
    }

    fn state(&self) -> CallState {
        match (&self.ended, self.step) {
            (Some(ended), _) => CallState::Ended { cause: ended.cause.clone() },
            (None, Step::Dialing) => CallState::Dialing,
            (None, Step::Ringing) => CallState::Incoming,
            (None, Step::Talking | Step::Held) => CallState::Established { hold: self.hold() },
        }
    }

    fn hold(&self) -> Hold {
        Hold { local: self.step == Step::Held, remote: false }
    }

    fn transfer(&self) -> Option<TransferView> {
        let moving = |stage| Some(TransferView::Moving { stage });
        match &self.moving {
            Moving::None if self.turn.as_ref().is_some_and(|turn| turn.then.is_some()) => moving(TransferStage::Holding),
            Moving::None => None,
            Moving::Sent { .. } | Moving::Completing { .. } => moving(TransferStage::Asking),
            Moving::Calling { .. } => moving(TransferStage::ServerCalls),
            Moving::Consulting { with, .. } | Moving::Returning { with, .. } => Some(TransferView::Consulting { with: *with }),
            Moving::Failed { fault, .. } => Some(TransferView::Failed { fault: fault.clone() }),
        }
    }
}
