//! What the line tells about a call.

use model::{Cause, EndedBy, Event, Instant, LineFault, MediaFault};

use super::{Audio, Call, Phase, Progress};
use crate::{
    exchange::Exchange,
    io::{Description, LineEnd, LineEvent, LineRequest, MediaRequest},
    outbox::Outbox,
    transfer::Transfer,
};

impl Call {
    /// Takes an event of the line that concerns this call.
    pub(crate) fn on_line(&mut self, now: Instant, event: LineEvent, out: &mut Outbox) {
        match event {
            LineEvent::Prepared { .. } => self.on_prepared(out),
            LineEvent::Sent { sip_call_id, .. } => {
                self.sip_call_id = Some(sip_call_id);
                self.setup.signalled_ms = self.elapsed_ms(now);
            }
            LineEvent::Progress { code, fork, answer, .. } => self.on_progress(now, code, fork, answer, out),
            LineEvent::Answered { fork, answer, remote, x_headers, .. } => {
                self.x_headers = x_headers;
                if let Some(remote) = remote {
                    self.remote = remote;
                }
                self.on_answered(now, fork, answer, out);
            }
            LineEvent::Confirmed { answer, .. } => self.on_confirmed(now, answer, out),
            LineEvent::Reoffered { fork, offer, .. } => self.on_reoffered(fork, offer, out),
            LineEvent::ReofferWithdrawn { .. } => self.on_reoffer_withdrawn(out),
            LineEvent::ReofferAnswered { answer, .. } => {
                if self.is_talking() {
                    self.exchange.accepted();
                    self.apply(Some(answer), out);
                }
            }
            LineEvent::Refreshed { answer, .. } => {
                if let Some(audio) = self.audio.as_ref().filter(|_| self.is_talking()) {
                    out.media(audio.id, MediaRequest::Refreshed { answer });
                }
            }
            LineEvent::ReofferRefused { code, text, .. } => self.on_reoffer_refused(now, code, &text, out),
            LineEvent::RemoteChanged { remote, .. } => self.remote = remote,
            LineEvent::Dtmf { digit, duration, .. } => {
                let duration_ms = u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
                out.event(Event::Dtmf { call: self.id, digit, duration_ms });
            }
            LineEvent::DtmfAnswered { code, .. } => self.on_dtmf_answered(now, code, out),
            LineEvent::Ended { how, .. } => self.on_ended(now, how, out),
            // Not about a call, or about its transfer; call control has taken them.
            LineEvent::Referred { .. }
            | LineEvent::ReferAnswered { .. }
            | LineEvent::ReferProgress { .. }
            | LineEvent::State(_)
            | LineEvent::Capable(_)
            | LineEvent::IceServers(_)
            | LineEvent::TokenToKeep(_)
            | LineEvent::Expires(_)
            | LineEvent::SignedInAs(_)
            | LineEvent::SignsInAnew
            | LineEvent::Voicemail(_)
            | LineEvent::Assistant(_)
            | LineEvent::Lamp { .. }
            | LineEvent::Trouble(_)
            | LineEvent::Service(_)
            | LineEvent::Wish { .. }
            | LineEvent::Incoming(_)
            | LineEvent::Elsewhere { .. } => {}
        }
    }

    fn on_progress(&mut self, now: Instant, code: u16, from: u32, answer: Option<Description>, out: &mut Outbox) {
        let Phase::Inviting { progress, fork } = &mut self.phase else { return };
        if code == 180 && *progress == Progress::Silent {
            *progress = Progress::Ringing;
            out.event(Event::Ringing { call: self.id });
        }
        // One peer connection takes one answer, so early media comes from the first branch only.
        let first_answer = answer.filter(|_| *fork.get_or_insert(from) == from);
        if code == 180 && self.setup.ringing_ms.is_none() {
            self.setup.ringing_ms = self.elapsed_ms(now);
        }
        self.apply(first_answer, out);
    }

    fn on_answered(&mut self, now: Instant, from: u32, answer: Option<Description>, out: &mut Outbox) {
        let Phase::Inviting { fork, .. } = &self.phase else { return };
        let fork = *fork;
        self.phase = Phase::Talking;
        self.answered = Some(now);
        self.setup.answered_ms = self.elapsed_ms(now);
        self.tell_answered(out);
        match (fork, answer) {
            (Some(applied), _) if applied != from => self.start_over_with_fork(out),
            (None, None) => {
                out.line(&self.account, LineRequest::HangUp { call: self.line });
                let cause = match self.audio.as_mut().and_then(|audio| audio.unusable.take()) {
                    Some((code, fault)) => Cause::NotAcceptable { code, text: String::new(), fault: Some(fault) },
                    None => Cause::MediaFailed { fault: MediaFault::NoDescription },
                };
                self.end(now, cause, out);
            }
            (_, answer) => self.apply(answer, out),
        }
    }

    /// Our 2xx was acknowledged. Where it held an offer of ours, the answer to that must have come along.
    fn on_confirmed(&mut self, now: Instant, answer: Option<Description>, out: &mut Outbox) {
        self.unconfirmed = false;
        let Some(audio) = self.audio.as_ref().filter(|_| self.is_talking() && answer.is_none()) else {
            return self.apply(answer, out);
        };
        if audio.telephone_event.is_none() {
            self.give_up_media(now, MediaFault::NoDescription, out);
        } else if self.exchange.unanswered() {
            out.media(audio.id, MediaRequest::Rollback);
            self.advance_exchange(out);
        }
    }

    /// Another branch than the one we listened to has answered: its answer does not fit a used peer connection, so a
    /// fresh one is offered inside the call.
    fn start_over_with_fork(&mut self, out: &mut Outbox) {
        if let Some(old) = self.audio.take() {
            out.media(old.id, MediaRequest::Close);
        }
        let fresh = Audio::new(out.new_media());
        out.media(fresh.id, MediaRequest::Offer { account: self.account.clone() });
        self.audio = Some(fresh);
        self.exchange = Exchange::making_offer();
    }

    fn apply(&mut self, answer: Option<Description>, out: &mut Outbox) {
        if let (Some(answer), Some(audio)) = (answer, &mut self.audio) {
            audio.unjudged += 1;
            out.media(audio.id, MediaRequest::Apply { answer });
        }
    }

    fn on_ended(&mut self, now: Instant, how: LineEnd, out: &mut Outbox) {
        let talked = self.is_talking();
        let ringing_here = matches!(self.phase, Phase::Judging | Phase::Alerting { .. });
        let cause = match how {
            LineEnd::Local => Cause::HungUp { by: EndedBy::Local },
            // It has gone where it was sent to.
            LineEnd::Bye { .. } if matches!(self.transfer, Transfer::Referred { .. }) => Cause::Transferred,
            LineEnd::Bye { .. } => Cause::HungUp { by: EndedBy::Remote },
            // RFC 3326 section 2: SIP;cause=200 means another branch took the call.
            LineEnd::Cancelled { code: Some(200) } => Cause::AnsweredElsewhere,
            LineEnd::Cancelled { .. } if self.is_being_answered() => Cause::Cancelled,
            LineEnd::Cancelled { .. } => Cause::Missed,
            // RFC 3261 8.1.3.1.
            LineEnd::Unanswered => Cause::NoAnswer { code: 408 },
            LineEnd::Refused { code, text } => Cause::of_response(code, &text),
            LineEnd::Caused { cause } => cause,
            LineEnd::ConnectionLost => Cause::ConnectionLost,
            LineEnd::Failed { fault: LineFault::AnswerNotConfirmed } => self.cause_of_silence(),
            LineEnd::Failed { fault: LineFault::NoDescription } => Cause::MediaFailed { fault: MediaFault::NoDescription },
            // Not for want of the account.
            LineEnd::Failed { fault: fault @ (LineFault::NoSender | LineFault::TooMany | LineFault::Confused) } => {
                Cause::LineFailed { fault }
            }
            LineEnd::Failed { fault } if talked || ringing_here => Cause::LineFailed { fault },
            LineEnd::Failed { fault } => Cause::AccountNotReady { fault },
        };
        self.end(now, cause, out);
    }
}
