//! What the media session tells about a call.

use model::{Cause, DescriptionFault, Event, Instant, LineFault, MediaFault, MediaTrouble, Trouble};

use super::{Answer, Audio, Call, Phase, Progress};
use crate::{
    exchange::MadeOffer,
    io::{Description, LineRequest, MediaEvent, MediaRequest},
    outbox::Outbox,
};

impl Call {
    /// Takes an event of this call's media session.
    pub(crate) fn on_media(&mut self, now: Instant, event: MediaEvent, out: &mut Outbox) {
        match event {
            MediaEvent::OfferReady { offer } => self.on_offer_ready(now, offer, out),
            // What a relay refuses is told to the user, and nothing of the call changes.
            MediaEvent::Accepted | MediaEvent::RelayRefused { .. } => {}
            MediaEvent::AnswerReady { .. } | MediaEvent::Refused { .. } if self.exchange.is_moot() => {}
            MediaEvent::AnswerReady { answer, direction, remote, telephone_event } => {
                if let Some(audio) = &mut self.audio {
                    audio.telephone_event = Some(telephone_event);
                }
                self.on_agreed(direction, remote, out);
                self.on_answer_ready(now, answer, out);
            }
            MediaEvent::Refused { code, fault } => self.on_refused(now, code, fault, out),
            MediaEvent::Applied { direction, remote, telephone_event } => {
                if let Some(audio) = &mut self.audio {
                    audio.telephone_event = Some(telephone_event);
                    audio.has_judged();
                }
                self.on_agreed(direction, remote, out);
                self.exchange.applied();
                self.advance_exchange(out);
            }
            MediaEvent::Connected { pair } => self.on_connected(now, pair, out),
            MediaEvent::FirstPacket => self.on_first_packet(now, out),
            MediaEvent::Interrupted => {
                self.lost.path(now, true);
                out.failed(Some(self.id), Trouble::PathLost);
            }
            MediaEvent::Failed { fault } => self.on_path_failed(now, fault, out),
            MediaEvent::Dtmf { digit, duration } => {
                let duration_ms = u32::try_from(duration.as_millis()).unwrap_or(u32::MAX);
                out.event(Event::Dtmf { call: self.id, digit, duration_ms });
            }
            MediaEvent::DtmfSent => {}
            MediaEvent::DtmfUnavailable => {
                out.failed(Some(self.id), Trouble::NoDigitsInAudio);
            }
            MediaEvent::Statistics(statistics) => self.statistics = Some(*statistics),
            MediaEvent::Trouble(trouble) => {
                out.event(Event::MediaTrouble { call: self.id, trouble });
                if trouble == Some(MediaTrouble::NoPacketsIn) {
                    self.restart_once(out);
                }
            }
            MediaEvent::Died { fault } => {
                self.audio = None;
                out.failed(Some(self.id), Trouble::Broken { fault });
                self.give_up(now, Cause::Internal { fault }, out);
                self.report(out);
            }
            MediaEvent::Closed(statistics) => {
                self.statistics = Some(*statistics);
                self.report(out);
            }
        }
    }

    fn on_offer_ready(&mut self, now: Instant, offer: Description, out: &mut Outbox) {
        match &mut self.phase {
            Phase::Offering { dial } => {
                let invite = LineRequest::Invite {
                    call: self.line,
                    target: dial.target.clone(),
                    offer,
                    headers: std::mem::take(&mut dial.headers),
                    referred: dial.referred,
                    pick_up: dial.pick_up,
                };
                out.line(&self.account, invite);
                self.phase = Phase::Inviting { progress: Progress::Silent, fork: None };
            }
            Phase::Alerting { .. } => self.on_answer_ready(now, offer, out),
            Phase::Talking => match self.exchange.offer_made() {
                MadeOffer::Send => out.line(&self.account, LineRequest::Reoffer { call: self.line, offer }),
                MadeOffer::Answer => out.line(&self.account, LineRequest::AnswerReoffer { call: self.line, description: offer }),
                MadeOffer::Ignore => {}
            },
            Phase::Waiting { .. } | Phase::Preparing { .. } | Phase::Inviting { .. } | Phase::Judging | Phase::Ended(_) => {}
        }
    }

    fn on_answer_ready(&mut self, now: Instant, description: Description, out: &mut Outbox) {
        match &mut self.phase {
            Phase::Alerting { answer, .. } => match answer {
                Answer::Coming { wanted: true } => self.answer_by(now, description, out),
                Answer::Coming { wanted: false } | Answer::Ready(_) => *answer = Answer::Ready(description),
                Answer::Unsent { .. } => {}
            },
            Phase::Talking | Phase::Inviting { .. } => {
                out.line(&self.account, LineRequest::AnswerReoffer { call: self.line, description });
                self.exchange.answered();
                self.advance_exchange(out);
            }
            Phase::Waiting { .. } | Phase::Preparing { .. } | Phase::Offering { .. } | Phase::Judging | Phase::Ended(_) => {}
        }
    }

    fn on_refused(&mut self, now: Instant, code: u16, fault: DescriptionFault, out: &mut Outbox) {
        let not_acceptable = |fault| Cause::NotAcceptable { code, text: String::new(), fault: Some(fault) };
        match &mut self.phase {
            Phase::Judging | Phase::Alerting { .. } => {
                out.line(&self.account, LineRequest::Reject { call: self.line, code, text: String::new() });
                self.end(now, not_acceptable(fault), out);
            }
            Phase::Talking | Phase::Inviting { .. } if self.exchange.is_answering() => {
                out.line(&self.account, LineRequest::RefuseReoffer { call: self.line, code });
                self.exchange.answered();
                self.advance_exchange(out);
            }
            // What comes early may be of no use without a call being so: what comes with the answer decides.
            Phase::Inviting { fork, .. } => {
                if let Some(audio) = &mut self.audio {
                    audio.has_judged();
                    audio.unusable = Some((code, fault));
                    *fork = fork.filter(|_| audio.telephone_event.is_some());
                }
            }
            Phase::Talking if self.audio.as_mut().is_some_and(Audio::has_judged) => {}
            Phase::Talking if self.audio.as_ref().is_some_and(|audio| audio.connected) => {
                // Their answer to a changed offer is unusable: what was agreed before goes on.
                self.exchange.give_up();
                out.failed(Some(self.id), Trouble::AnswerUnusable { fault });
            }
            Phase::Talking | Phase::Offering { .. } => {
                out.line(&self.account, LineRequest::HangUp { call: self.line });
                self.end(now, not_acceptable(fault), out);
            }
            Phase::Waiting { .. } | Phase::Preparing { .. } | Phase::Ended(_) => {}
        }
    }

    fn on_connected(&mut self, now: Instant, pair: Option<model::CandidatePair>, out: &mut Outbox) {
        self.lost.path(now, false);
        let Some(audio) = &mut self.audio else { return };
        audio.restarted = false;
        if std::mem::replace(&mut audio.connected, true) {
            return;
        }
        self.setup.media_ms = self.elapsed_ms(now);
        let mut media = self.statistics.clone().unwrap_or_default();
        media.pair = pair;
        out.event(Event::MediaConnected { call: self.id, media });
    }

    fn on_first_packet(&mut self, now: Instant, out: &mut Outbox) {
        if self.setup.first_packet_ms.is_none() {
            self.setup.first_packet_ms = self.elapsed_ms(now);
        }
        if let Phase::Inviting { progress, .. } = &mut self.phase
            && *progress != Progress::EarlyMedia
        {
            *progress = Progress::EarlyMedia;
            out.event(Event::EarlyMedia { call: self.id });
        }
    }

    /// Restarts ICE: what broke may have been an address of ours, or of the far end. The old path stays in use until a
    /// better one is found.
    pub(super) fn look_for_path(&mut self, now: Instant, out: &mut Outbox) {
        self.lost.looks(now);
        if self.audio.as_ref().is_some_and(|audio| audio.connected) {
            self.exchange.want_restart();
            self.advance_exchange(out);
        }
    }

    fn on_path_failed(&mut self, now: Instant, fault: MediaFault, out: &mut Outbox) {
        if !self.restart_once(out) {
            self.give_up_media(now, fault, out);
        }
    }

    /// Restarts ICE, unless that was tried already without a better path since; whether it does.
    fn restart_once(&mut self, out: &mut Outbox) -> bool {
        let connected = self.audio.as_mut().filter(|audio| audio.connected);
        let fresh = connected.is_some_and(|audio| !std::mem::replace(&mut audio.restarted, true));
        let restarts = fresh && self.is_talking();
        if restarts {
            self.exchange.want_restart();
            self.advance_exchange(out);
        }
        restarts
    }

    /// When an answered call that has no audio yet is given up.
    pub(super) fn media_due(&self) -> Option<Instant> {
        let is_waited_for = self.audio.as_ref().is_some_and(|audio| !audio.connected);
        Some(self.answered.filter(|_| is_waited_for)? + self.media_within?)
    }

    /// Without audio there is no call. It cannot come where the caller has not heard that we answered.
    pub(super) fn give_up_media(&mut self, now: Instant, fault: MediaFault, out: &mut Outbox) {
        let cause = if self.unconfirmed { self.cause_of_silence() } else { Cause::MediaFailed { fault } };
        self.give_up(now, cause, out);
    }

    /// Why nothing comes of a call whose caller has not confirmed our answer.
    pub(super) fn cause_of_silence(&self) -> Cause {
        if self.lost.is_line_lost() { Cause::ConnectionLost } else { Cause::LineFailed { fault: LineFault::AnswerNotConfirmed } }
    }

    /// Our machine cannot have this call.
    pub(crate) fn give_up(&mut self, now: Instant, cause: Cause, out: &mut Outbox) {
        match &self.phase {
            Phase::Judging | Phase::Alerting { .. } => {
                // 480 and not 488: their offer was fine, our machine was not.
                out.line(
                    &self.account,
                    LineRequest::Reject { call: self.line, code: 480, text: "Temporarily Unavailable".into() },
                );
            }
            Phase::Inviting { .. } | Phase::Talking => out.line(&self.account, LineRequest::HangUp { call: self.line }),
            Phase::Waiting { .. } | Phase::Preparing { .. } | Phase::Offering { .. } => {}
            Phase::Ended(_) => return,
        }
        self.end(now, cause, out);
    }

    /// The far end offers a changed session; before the answer (RFC 3311), the branch that we listen to may.
    pub(super) fn on_reoffered(&mut self, from: u32, offer: Option<Description>, out: &mut Outbox) {
        let is_heard = match &self.phase {
            Phase::Talking => true,
            Phase::Inviting { fork, .. } => *fork == Some(from),
            Phase::Waiting { .. }
            | Phase::Preparing { .. }
            | Phase::Offering { .. }
            | Phase::Judging
            | Phase::Alerting { .. }
            | Phase::Ended(_) => false,
        };
        let Some(audio) = self.audio.as_ref().filter(|_| is_heard) else {
            out.line(&self.account, LineRequest::RefuseReoffer { call: self.line, code: 488 });
            return;
        };
        // Ours crossed with theirs and will be made anew after theirs is settled.
        if self.exchange.offered(offer.is_some()) {
            out.media(audio.id, MediaRequest::Rollback);
        }
        out.media(audio.id, MediaRequest::Reaccept { offer, direction: self.exchange.direction_to_ask() });
    }

    /// The far end takes its changed offer back.
    pub(super) fn on_reoffer_withdrawn(&mut self, out: &mut Outbox) {
        let Some(audio) = self.audio.as_ref().filter(|_| self.is_talking()) else { return };
        // One word to each offer: so the line knows that a later one is not to this.
        if self.exchange.is_answering() {
            out.line(&self.account, LineRequest::RefuseReoffer { call: self.line, code: 487 });
        }
        if self.exchange.taken_back() {
            out.media(audio.id, MediaRequest::Withdrawn);
        }
    }

    /// Our changed offer was refused.
    pub(super) fn on_reoffer_refused(&mut self, now: Instant, code: u16, text: &str, out: &mut Outbox) {
        let Some(audio) = self.audio.as_ref().filter(|_| self.is_talking()) else { return };
        let refusal = self.exchange.refused(code);
        if refusal.rollback {
            out.media(audio.id, MediaRequest::Rollback);
        }
        if refusal.given_up && !audio.connected {
            out.line(&self.account, LineRequest::HangUp { call: self.line });
            self.end(now, Cause::of_response(code, text), out);
            return;
        }
        if refusal.given_up {
            out.failed(Some(self.id), Trouble::ChangeRefused { status: code, text: text.to_owned() });
        }
        self.advance_exchange(out);
    }

    /// Starts the next offer, when one is wanted and none is under way.
    pub(super) fn advance_exchange(&mut self, out: &mut Outbox) {
        let Some(audio) = self.audio.as_ref().filter(|_| self.is_talking()) else { return };
        if let Some((direction, restart_ice)) = self.exchange.next() {
            out.media(audio.id, MediaRequest::Reoffer { direction, restart_ice });
        }
    }
}
