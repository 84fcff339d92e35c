//! The calls that the exchange's numbers take and make, from the offer to the end.

use std::time::Duration;

use audio::ToneSpec;
use calls::io::{Description, MediaEvent, MediaRequest};
use model::{AccountId, DtmfDigit, Instant, LineCall, MediaDirection, MediaId};
use sip::{CallEnd, CallEvent, Command, Invite, NameAddr, Reliability, Uri};

use super::{CallRef, Core, DOMAIN, Output};
use crate::{
    attendant::{Attendant, Stage},
    booths::Heard,
    link::LinkId,
    number::Number,
};

/// The name of the numbers that call.
const NAME: &str = "Practice exchange";

/// How long after a call its caller is called back.
const CALL_BACK_AFTER: Duration = Duration::from_secs(2);

impl Core {
    pub(super) fn start_attendant(&mut self, now: Instant, call: CallRef, number: Number, offer: Option<Description>) {
        if number == Number::Busy {
            self.reject(now, call, 486, "Busy Here");
            return;
        }
        self.attend(call, number, offer, None);
    }

    pub(crate) fn attend(&mut self, call: CallRef, number: Number, offer: Option<Description>, in_place_of: Option<CallRef>) {
        let media = MediaId(self.next_number());
        let account = AccountId("exchange".into());
        let request = match offer {
            Some(offer) => MediaRequest::Accept { account, offer },
            None => MediaRequest::Offer { account },
        };
        self.outputs.push_back(Output::Media(media, request));
        let mut attendant = Attendant::new(number, media);
        attendant.in_place_of = in_place_of;
        self.attendants.insert(call, attendant);
    }

    pub(super) fn call_back(&mut self, user: &str) {
        let Some(link) = self.link_of(user) else { return };
        let call = self.call_out(link, Number::Echo, Uri::sip(user, DOMAIN));
        if let Some(attendant) = self.attendants.get_mut(&call) {
            attendant.seen_as = Number::CallBack;
        }
    }

    /// Lets a number call somebody.
    pub(crate) fn call_out(&mut self, link: LinkId, number: Number, target: Uri) -> CallRef {
        let media = MediaId(self.next_number());
        let call = (link, LineCall::Dialled(self.next_number()));
        self.outputs.push_back(Output::Media(media, MediaRequest::Offer { account: AccountId("exchange".into()) }));
        let mut attendant = Attendant::new(number, media);
        attendant.calls = Some(target);
        self.attendants.insert(call, attendant);
        call
    }

    pub(crate) fn media(&mut self, now: Instant, media: MediaId, event: MediaEvent) {
        let Some((call, attendant)) = self.attendants.iter_mut().find(|(_, attendant)| attendant.media == media) else { return };
        let call = *call;
        match event {
            MediaEvent::Accepted => {
                // Told at once, so that the caller knows that somebody is there while our answer is being made.
                self.command(now, call.0, Command::Ring { call: call.1 });
            }
            MediaEvent::OfferReady { offer } => match call.1 {
                LineCall::Dialled(_) => self.send_call_out(now, call, offer),
                LineCall::Received(_) => self.alert(now, call, offer),
            },
            MediaEvent::AnswerReady { answer, .. } if attendant.stage == Stage::Preparing => self.alert(now, call, answer),
            MediaEvent::AnswerReady { answer, .. } => {
                self.command(now, call.0, Command::AnswerReoffer { call: call.1, description: answer });
            }
            MediaEvent::Refused { code, fault } => {
                if attendant.stage == Stage::Preparing {
                    self.reject(now, call, code, &fault.to_string());
                    self.drop_attendant(call);
                } else {
                    self.command(now, call.0, Command::RefuseReoffer { call: call.1, code });
                }
            }
            MediaEvent::Dtmf { digit, .. } => attendant.digit(now, digit),
            MediaEvent::Failed { .. } | MediaEvent::Died { .. } => {
                self.command(now, call.0, Command::HangUp { call: call.1, reason: String::new() });
                self.drop_attendant(call);
            }
            MediaEvent::Applied { .. }
            | MediaEvent::Connected { .. }
            | MediaEvent::FirstPacket
            | MediaEvent::Interrupted
            | MediaEvent::RelayRefused { .. }
            | MediaEvent::DtmfSent
            | MediaEvent::DtmfUnavailable
            | MediaEvent::Statistics(_)
            | MediaEvent::Trouble(_)
            | MediaEvent::Closed(_) => {}
        }
    }

    /// Our description of an arrived call is there: it is answered, or rings on, or plays first.
    fn alert(&mut self, now: Instant, call: CallRef, description: Description) {
        let Some(attendant) = self.attendants.get_mut(&call) else { return };
        let Some(wait) = attendant.answers_after() else {
            // It rings until the caller gives up.
            attendant.stage = Stage::Talking { until: None };
            return;
        };
        let early = attendant.heard_before_answer();
        if wait.is_zero() {
            self.accept(now, call, Some(description));
            return;
        }
        attendant.stage = Stage::Alerting { answer_at: now + wait };
        attendant.description = Some(description.clone());
        if early != Heard::Silence {
            let media = attendant.media;
            let progress =
                Command::Progress { call: call.1, code: 183, description: Some(description), reliable: Reliability::Plain };
            self.command(now, call.0, progress);
            self.outputs.push_back(Output::Media(media, MediaRequest::Answered));
            self.outputs.push_back(Output::Hear(media, early));
        }
    }

    fn accept(&mut self, now: Instant, call: CallRef, description: Option<Description>) {
        let Some(attendant) = self.attendants.get_mut(&call) else { return };
        attendant.answered(now);
        let (media, heard, replaced) = (attendant.media, attendant.heard(), attendant.in_place_of.take());
        self.command(now, call.0, Command::Accept { call: call.1, description, headers: Vec::new() });
        self.outputs.push_back(Output::Media(media, MediaRequest::Answered));
        self.outputs.push_back(Output::Hear(media, heard));
        if let Some(replaced) = replaced {
            self.hang_up_attended(now, replaced);
        }
    }

    fn send_call_out(&mut self, now: Instant, call: CallRef, offer: Description) {
        let Some(attendant) = self.attendants.get(&call) else { return };
        let (Some(target), headers) = (attendant.calls.clone(), attendant.headers.clone()) else { return };
        let from = Some(NameAddr::new(Uri::sip(attendant.seen_as.digits(), DOMAIN)).with_display_name(NAME));
        let invite = Invite { call: call.1, from, target, offer: Some(offer), headers };
        self.command(now, call.0, Command::Invite(Box::new(invite)));
    }

    pub(super) fn on_attended_call(&mut self, now: Instant, call: CallRef, event: CallEvent) {
        self.tell_who_transferred(now, call, &event);
        let Some(attendant) = self.attendants.get_mut(&call) else { return };
        let media = attendant.media;
        match event {
            CallEvent::Answered { answer, .. } => {
                attendant.answered(now);
                self.outputs.push_back(Output::Hear(media, self.attendants.get(&call).map_or(Heard::Silence, Attendant::heard)));
                self.apply(media, answer);
            }
            CallEvent::Confirmed { answer } | CallEvent::ReofferConfirmed { answer } => self.apply(media, answer),
            CallEvent::Reoffered { offer, .. } => {
                let request = MediaRequest::Reaccept { offer, direction: MediaDirection::SendRecv };
                self.outputs.push_back(Output::Media(media, request));
            }
            CallEvent::Info { body, .. } => {
                if let Some(digit) = info_digit(body.expose()) {
                    attendant.digit(now, digit);
                }
            }
            CallEvent::Referred { target, .. } => self.on_referred(now, call, &target),
            CallEvent::Ended(end) => {
                let number = attendant.number;
                self.drop_attendant(call);
                self.after(now, call, number, &end);
            }
            CallEvent::Sent { .. }
            | CallEvent::Incoming(_)
            | CallEvent::EarlyAnswer { .. }
            | CallEvent::Progress { .. }
            | CallEvent::ReofferWithdrawn
            | CallEvent::Refreshed { .. }
            | CallEvent::ReofferAnswered { .. }
            | CallEvent::ReofferRefused { .. }
            | CallEvent::RemoteChanged { .. }
            | CallEvent::InfoAnswered { .. }
            | CallEvent::ReferAnswered { .. }
            | CallEvent::ReferProgress { .. } => {}
        }
    }

    fn apply(&mut self, media: MediaId, answer: Option<Description>) {
        if let Some(answer) = answer {
            self.outputs.push_back(Output::Media(media, MediaRequest::Apply { answer }));
        }
    }

    pub(super) fn attendant_due(&mut self, now: Instant, call: CallRef) {
        let Some(attendant) = self.attendants.get_mut(&call) else { return };
        match attendant.stage {
            Stage::Preparing => {}
            Stage::Alerting { .. } => {
                // A 183 with the answer has been sent unreliably, so the 200 has to carry it too (RFC 3261 13.2.1).
                let description = attendant.description.take();
                self.accept(now, call, description);
            }
            Stage::Talking { .. } => {
                let number = attendant.number;
                self.hang_up_attended(now, call);
                self.after(now, call, number, &CallEnd::Local);
            }
            Stage::Collecting { .. } => {
                let tone: ToneSpec = attendant.read_back();
                let media = attendant.media;
                self.outputs.push_back(Output::Hear(media, Heard::Tone(tone)));
            }
        }
    }

    /// What a number does when its call is over.
    fn after(&mut self, now: Instant, call: CallRef, number: Number, end: &CallEnd) {
        let user = self.links.get(&call.0).and_then(|link| link.user.clone());
        if let (Number::CallBack, CallEnd::Local | CallEnd::Bye { .. }, Some(user)) = (number, end, user) {
            self.call_backs.push((now + CALL_BACK_AFTER, user));
        }
    }

    pub(crate) fn hang_up_attended(&mut self, now: Instant, call: CallRef) {
        // First, so that the end of the call, which is told at once, finds nobody and nothing is done twice.
        self.drop_attendant(call);
        self.command(now, call.0, Command::HangUp { call: call.1, reason: String::new() });
    }

    pub(super) fn drop_attendant(&mut self, call: CallRef) {
        if let Some(attendant) = self.attendants.remove(&call) {
            self.outputs.push_back(Output::Media(attendant.media, MediaRequest::Close));
        }
    }
}

/// The digit of an INFO body: `Signal=5`, or just the digit.
fn info_digit(body: &str) -> Option<DtmfDigit> {
    let value = body.lines().find_map(|line| line.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("signal")));
    let text = value.map_or(body, |(_, value)| value).trim();
    text.chars().next().and_then(|digit| DtmfDigit::try_from(digit).ok())
}
