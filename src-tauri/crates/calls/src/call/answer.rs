//! What the user does with a call: answer, decline, hang up.

use std::time::Duration;

use model::{Cause, DeclineCode, Direction, EndedBy, Event, Instant, Personal, Trouble};

use super::{Answer, Call, Phase, Unattended};
use crate::{
    io::{Description, LineRequest, MediaRequest, SoundRequest},
    outbox::Outbox,
};

/// How long an answer waits for the microphone: a headset without a wire takes some seconds.
const MICROPHONE_WITHIN: Duration = Duration::from_secs(5);

impl Call {
    /// The far end's offer can be answered: it may ring until `give_up_at`, and goes to `no_answer` then.
    pub(crate) fn alert(&mut self, now: Instant, give_up_at: Instant, no_answer: Personal, out: &mut Outbox) {
        self.no_answer = no_answer;
        match &mut self.phase {
            Phase::Judging => self.phase = Phase::Alerting { answer: Answer::Coming { wanted: false }, give_up_at },
            Phase::Alerting { give_up_at: at, .. } => *at = give_up_at,
            Phase::Waiting { .. }
            | Phase::Preparing { .. }
            | Phase::Offering { .. }
            | Phase::Inviting { .. }
            | Phase::Talking
            | Phase::Ended(_) => {}
        }
        out.line(&self.account, LineRequest::Ring { call: self.line });
        self.tell_arrival(now, out);
    }

    pub(super) fn tell_arrival(&mut self, now: Instant, out: &mut Outbox) {
        self.setup.signalled_ms = self.elapsed_ms(now);
        if self.direction == Direction::Outgoing {
            // The server calls on the user's behalf. Whom is known by the name of a number at best.
            let target = self.remote.number.clone();
            return out.event(Event::Dialing { call: self.id, account: self.account.clone(), target });
        }
        let (account, remote, diverted_by) = (self.account.clone(), self.remote.clone(), self.diverted_by.clone());
        let (caller, headers) = (self.caller, self.x_headers.clone());
        out.event(Event::Incoming { call: self.id, account, remote, caller, diverted_by, replaces: self.replaces, headers });
    }

    /// The user answers.
    pub(crate) fn answer(&mut self, now: Instant, out: &mut Outbox) -> Result<(), Trouble> {
        // Whoever answers first: a plan that waits is moot.
        if self.answers_itself().is_some() {
            self.unattended = Unattended::No;
        }
        let needs_microphone = self.needs_microphone && self.is_ringing_here();
        let Phase::Alerting { answer, .. } = &mut self.phase else {
            return Err(Trouble::NotRinging);
        };
        if needs_microphone {
            out.sound(SoundRequest::Capture);
        }
        match std::mem::replace(answer, Answer::Coming { wanted: true }) {
            Answer::Ready(description) => self.answer_by(now, description, out),
            Answer::Coming { .. } => {}
            unsent @ Answer::Unsent { .. } => *answer = unsent,
        }
        Ok(())
    }

    /// The user has answered, and our answer is there.
    pub(super) fn answer_by(&mut self, now: Instant, description: Description, out: &mut Outbox) {
        match &mut self.phase {
            Phase::Alerting { answer, .. } if self.needs_microphone => {
                *answer = Answer::Unsent { description, until: now + MICROPHONE_WITHIN };
            }
            _ => self.send_answer(now, description, out),
        }
    }

    /// The microphone is open, or has taken too long.
    pub(crate) fn microphone_is_open(&mut self, now: Instant, out: &mut Outbox) {
        if !self.is_being_answered() {
            return;
        }
        self.needs_microphone = false;
        if let Phase::Alerting { answer, .. } = &mut self.phase
            && let Answer::Unsent { description, .. } = answer
        {
            let description = description.clone();
            self.send_answer(now, description, out);
        }
    }

    pub(super) fn send_answer(&mut self, now: Instant, description: Description, out: &mut Outbox) {
        let headers = std::mem::take(&mut self.answer_headers);
        out.line(&self.account, LineRequest::Answer { call: self.line, description, headers });
        if let Some(audio) = &self.audio {
            out.media(audio.id, MediaRequest::Answered);
        }
        self.phase = Phase::Talking;
        self.unconfirmed = true;
        self.answered = Some(now);
        self.setup.answered_ms = self.elapsed_ms(now);
        self.tell_answered(out);
    }

    pub(super) fn tell_answered(&mut self, out: &mut Outbox) {
        let (remote, headers) = (self.remote.clone(), self.x_headers.clone());
        out.event(Event::Answered { call: self.id, direction: self.direction, remote, headers });
        self.tell_early_hold(out);
    }

    /// The user declines. The text is the usual one of the code. A call that came in and was answered ends with that code as
    /// its reason.
    pub(crate) fn decline(&mut self, now: Instant, code: DeclineCode, out: &mut Outbox) -> Result<(), Trouble> {
        let cause = match self.phase {
            Phase::Alerting { .. } => Cause::Declined,
            Phase::Talking if self.direction == Direction::Incoming => Cause::HungUp { by: EndedBy::Local },
            Phase::Waiting { .. }
            | Phase::Preparing { .. }
            | Phase::Offering { .. }
            | Phase::Inviting { .. }
            | Phase::Judging
            | Phase::Talking
            | Phase::Ended(_) => return Err(Trouble::NotRinging),
        };
        out.line(&self.account, LineRequest::Reject { call: self.line, code: code.status(), text: String::new() });
        self.end(now, cause, out);
        Ok(())
    }

    /// The user has the caller try elsewhere.
    pub(crate) fn redirect(&mut self, now: Instant, to: Personal, out: &mut Outbox) -> Result<(), Trouble> {
        if !self.is_ringing_here() {
            return Err(Trouble::NotRinging);
        }
        out.line(&self.account, LineRequest::Redirect { call: self.line, to });
        self.end(now, Cause::Diverted, out);
        Ok(())
    }

    /// The user ends the call, in whatever state it is.
    pub(crate) fn hang_up(&mut self, now: Instant, out: &mut Outbox) -> Result<(), Trouble> {
        match &self.phase {
            Phase::Alerting { answer: Answer::Coming { wanted: false } | Answer::Ready(_), .. } => {
                return self.decline(now, DeclineCode::default(), out);
            }
            Phase::Waiting { .. } | Phase::Preparing { .. } | Phase::Offering { .. } => self.end(now, Cause::Cancelled, out),
            Phase::Inviting { .. } | Phase::Judging | Phase::Alerting { .. } => {
                out.line(&self.account, LineRequest::HangUp { call: self.line });
                self.end(now, Cause::Cancelled, out);
            }
            Phase::Talking => self.end_conversation(now, out),
            Phase::Ended(_) => return Err(Trouble::CallOver),
        }
        Ok(())
    }

    /// Hangs up an answered call.
    pub(crate) fn end_conversation(&mut self, now: Instant, out: &mut Outbox) {
        out.line(&self.account, LineRequest::HangUp { call: self.line });
        self.end(now, Cause::HungUp { by: EndedBy::Local }, out);
    }

    /// The account went away for good: nothing can be signalled any more.
    pub(crate) fn abandon(&mut self, now: Instant, out: &mut Outbox) {
        if self.is_live() {
            out.line(&self.account, LineRequest::HangUp { call: self.line });
            self.end(now, Cause::ConnectionLost, out);
        }
    }

    pub(super) fn close_audio(&mut self, out: &mut Outbox) -> bool {
        match &self.audio {
            Some(audio) => {
                out.media(audio.id, MediaRequest::Close);
                true
            }
            None => false,
        }
    }
}
