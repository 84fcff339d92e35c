//! What the user has the server do with calls, and what other programs of the user ask of calls here.

use std::time::Duration;

use calls::io::{IncomingCall, LineEvent, LineRequest, OnBehalf, Plan, Wish};
use model::{
    AutoAnswerBusy, AutoAnswerMicrophone, Instant, LineCall, LineFault, Personal, Remote, ServiceFault, Target, TelephoneFault,
    TransferFault,
};
use tracing::debug;

use super::{Machine, Sip};
use crate::{
    Input,
    sip::failed,
    xivo::{
        auto_answer,
        cti::{CtiCommand, WebRtcCommand},
        events::user_of,
    },
};

/// The server calls the user for a consultation within this, or not at all.
const CALLS_WITHIN: Duration = Duration::from_secs(10);
/// A refusal that comes within this is of the last order: it does not say of which.
const REFUSES_WITHIN: Duration = Duration::from_secs(5);

/// What the server was asked to do with calls.
#[derive(Debug, Default)]
pub(super) struct Orders {
    consultation: Option<Consultation>,
    /// Of which call the last order was, and when.
    last: Option<(LineCall, Instant)>,
}

/// Somebody whom the server calls for the user.
#[derive(Debug)]
struct Consultation {
    of: LineCall,
    who: Personal,
    until: Instant,
}

impl Machine {
    pub(super) fn on_request(&mut self, now: Instant, request: LineRequest) {
        let narrated = self.narrator.asked(&request);
        self.narrate(narrated);
        if let LineRequest::Elsewhere { call, act } = request {
            let is_up = self.session.is_up();
            return self.at_desk(|desk| desk.asked(now, call, act, is_up));
        }
        if let LineRequest::Prepare { call, .. } = &request {
            return self.make_ready(now, *call);
        }
        if let LineRequest::HangUp { call } = &request
            && self.forget_waiting(*call)
        {
            return;
        }
        match (&self.sip, request) {
            (_, LineRequest::Refer { call, target, replaces: None }) => {
                self.order(now, call, &CtiCommand::DirectTransfer { destination: destination(&target) });
            }
            (_, LineRequest::Refer { call, replaces: Some(_), .. }) => self.order(now, call, &CtiCommand::CompleteTransfer),
            (_, LineRequest::Consult { call, target }) => {
                let who = destination(&target);
                self.orders.consultation = Some(Consultation { of: call, who: who.clone(), until: now + CALLS_WITHIN });
                self.order(now, call, &CtiCommand::AttendedTransfer { destination: who });
            }
            (_, LineRequest::EndConsultation { call }) => {
                self.orders.consultation = None;
                self.order(now, call, &CtiCommand::CancelTransfer);
            }
            (Sip::On(_), request) => self.sip(now, Input::Request(request)),
            (Sip::None | Sip::Leaving(_), LineRequest::Invite { call, .. }) => {
                self.on_sip_output(now, failed(call, LineFault::NotConnected));
            }
            (Sip::None | Sip::Leaving(_), _) => debug!("a request to a line that is not there"),
        }
    }

    fn order(&mut self, now: Instant, call: LineCall, command: &CtiCommand) {
        self.orders.last = Some((call, now));
        let is_sent = self.session.send(command);
        let refused = (!is_sent).then_some(TransferFault::Telephone { fault: TelephoneFault::NoCti });
        self.line(LineEvent::ReferAnswered { call, refused });
    }

    /// The server refuses something; whether it was anything that was asked for: a refusal is of what was asked last.
    pub(super) fn was_of_asked(&mut self, now: Instant, text: &str) -> bool {
        let ordered = self.orders.last.as_ref().map(|(_, at)| *at);
        match self.assistant.last_asked() > ordered {
            true => self.assistant.refused(now, text) || self.refused_order(now, text),
            false => self.refused_order(now, text) || self.assistant.refused(now, text),
        }
    }

    /// The server refuses something; whether it was the last order, for all it tells.
    fn refused_order(&mut self, now: Instant, text: &str) -> bool {
        let mut is_desks = false;
        self.at_desk(|desk| is_desks = desk.refused(now, text));
        if is_desks {
            return true;
        }
        let Some((call, at)) = self.orders.last.take() else { return false };
        if now.since(at) > REFUSES_WITHIN {
            return false;
        }
        self.orders.consultation = None;
        let fault = TelephoneFault::Refused { text: crate::net::quoted(text) };
        self.line(LineEvent::ReferAnswered { call, refused: Some(TransferFault::Telephone { fault }) });
        true
    }

    pub(super) fn on_arrival(&mut self, now: Instant, mut incoming: Box<IncomingCall>) {
        self.joining.began(now, incoming.call, incoming.sip_call_id.clone(), incoming.remote.number.clone());
        let own = self.taken_for_own(now, &incoming.headers);
        let narrated = self.narrator.arrived(&incoming, own.is_some());
        if let Some(consultation) = own {
            self.show_as_own(&mut incoming, consultation);
        }
        self.line(LineEvent::Incoming(incoming));
        self.narrate([narrated]);
    }

    /// Whether a call is one that the user had the server make: here, or by another program of his where the account lets those.
    /// The server that we are registered at says so, in words that the account believes.
    fn taken_for_own(&mut self, now: Instant, headers: &[(String, Personal)]) -> Option<Option<Consultation>> {
        let forms = match self.account.auto_answer_extended {
            true => auto_answer::Forms::Extended,
            false => auto_answer::Forms::Own,
        };
        if !self.registered || !auto_answer::is_asked(headers, forms) {
            return None;
        }
        let consultation = self.orders.consultation.take().filter(|consultation| now < consultation.until);
        (consultation.is_some() || self.account.auto_answer).then_some(consultation)
    }

    fn show_as_own(&self, incoming: &mut IncomingCall, consultation: Option<Consultation>) {
        let of = consultation.as_ref().map(|consultation| consultation.of);
        // SIP tells who calls, which is the server; whom the user called, the CTI tells if it was faster.
        let known = self.joining.other(incoming.call).filter(|other| !other.number.is_empty()).cloned();
        let ordered = consultation.map(|Consultation { who: number, .. }| Remote { number, ..Remote::default() });
        if let Some(who) = known.or(ordered) {
            incoming.remote = Remote { uri: self.address_of(&who.number), ..who };
        }
        incoming.plan = Some(at_once());
        incoming.on_behalf = Some(OnBehalf { consults: of });
    }

    /// Where a number of the server is called.
    pub(super) fn address_of(&self, number: &Personal) -> Personal {
        let domain = self.line.as_ref().and_then(|line| self.setup(line).ok()).map(|setup| setup.domain).unwrap_or_default();
        format!("sip:{}@{domain}", number.expose()).into()
    }

    pub(super) fn on_webrtc_command(&mut self, command: &WebRtcCommand) {
        if self.desk.is_some() {
            return debug!("another program means the desk phone");
        }
        let (sip_call_id, wish) = match command {
            WebRtcCommand::Answer(call) => (call.as_ref(), Wish::Answer),
            WebRtcCommand::Hold(call) => (call.as_ref(), Wish::ToggleHold),
            WebRtcCommand::ToggleMicrophone(call) => (call.as_ref(), Wish::ToggleMicrophone),
            WebRtcCommand::SendDtmf(digit) => (None, Wish::Dtmf(*digit)),
            WebRtcCommand::Other(name) => return debug!(name, "another program asks for something not known here"),
        };
        let call = match sip_call_id {
            None => None,
            Some(id) => match self.joining.call_of(id) {
                Some(call) => Some(call),
                None => return self.line(LineEvent::Trouble(ServiceFault::WishNotHere)),
            },
        };
        self.line(LineEvent::Wish { call, wish });
    }
}

/// What the server dials: numbers are its own, and of an address it takes the number.
fn destination(target: &Target) -> Personal {
    user_of(target.expose())
}

/// On the user's behalf: he has dialled, or consults somebody.
fn at_once() -> Plan {
    Plan { by_header: true, delay: Duration::ZERO, busy: AutoAnswerBusy::Hold, microphone: AutoAnswerMicrophone::AfterBeep }
}
