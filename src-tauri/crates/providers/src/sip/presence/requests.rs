//! What call control asks of the line, and whom far ends ask us to call.

use calls::io::{LineEnd, LineEvent, LineRequest};
use model::{Instant, LineCall, LineFault, Personal, Target, TransferFault};
use sip::{Command, NameAddr, Uri};

use super::{Link, Loss, Output, Presence, Referral};
use crate::sip::{failed, not_callable, target, translate};

impl Presence {
    /// Whom the far end names is kept as it is written; call control is told what a person can read.
    pub(super) fn on_referred(&mut self, now: Instant, call: LineCall, target: Uri, referred_by: Option<Personal>) {
        let shown = target::shown(&target, &self.domain);
        match shown.parse::<Target>() {
            Ok(shown) => {
                self.referrals.insert(call, Referral { target, referred_by });
                self.outputs.push_back(Output::Line(LineEvent::Referred { call, target: shown }));
            }
            // What cannot be shown is not called.
            Err(_) => self.agent.handle(now, sip::Input::Command(Command::RefuseRefer { call, code: 416 })),
        }
    }

    pub(super) fn on_request(&mut self, now: Instant, request: LineRequest) {
        self.ask_from(now, None, request);
    }

    /// Does what call control asks for; a call that is placed is from somebody else than the account's usual name, where one
    /// is named.
    pub(crate) fn ask_from(&mut self, now: Instant, from: Option<Uri>, request: LineRequest) {
        if let LineRequest::Watch { numbers } = request {
            return self.watch(now, numbers);
        }
        if let LineRequest::HangUp { call } = &request
            && self.redial.forget(*call)
        {
            self.calls.remove(call);
            return self.outputs.push_back(Output::Line(LineEvent::Ended { call: *call, how: LineEnd::Local }));
        }
        let referred = match &request {
            LineRequest::Invite { referred: Some(by), .. } => self.referrals.remove(by),
            _ => None,
        };
        let is_refer = matches!(request, LineRequest::Refer { .. });
        let picked_up = match &request {
            LineRequest::Invite { call, target, pick_up: true, .. } => {
                Some(self.lamps.pick_up(target, &self.domain).map_err(|fault| (*call, fault)))
            }
            _ => None,
        };
        let mut command = match translate::command(request, &self.domain) {
            Ok(Some(command)) => command,
            Ok(None) => return,
            Err((call, _)) if is_refer => {
                let refused = Some(TransferFault::NotATarget);
                return self.outputs.push_back(Output::Line(LineEvent::ReferAnswered { call, refused }));
            }
            Err((call, fault)) => return self.outputs.push_back(not_callable(call, fault)),
        };
        if let (Command::Invite(invite), Some(picked_up)) = (&mut command, picked_up) {
            match picked_up {
                Ok(target) => invite.target = target,
                Err((call, fault)) => return self.outputs.push_back(failed(call, fault)),
            }
        }
        if let (Command::Invite(invite), Some(referral)) = (&mut command, referred) {
            invite.target = referral.target;
            // RFC 3892: who is called learns on whose behalf.
            invite.headers.extend(referral.referred_by.map(|by| ("Referred-By".to_owned(), by)));
        }
        if let Command::Invite(invite) = &mut command {
            invite.from = from.map(NameAddr::new);
            if !matches!(self.link, Link::Open { .. }) {
                return self.outputs.push_back(failed(invite.call, LineFault::NotConnected));
            }
            self.calls.insert(invite.call);
            // A server that forgets calls with their connection has them all end there.
            if self.targets.are_several() && self.habits.loss == Loss::CallsStay {
                self.redial.keep(invite);
            }
            self.listen(now);
        }
        self.agent(now, sip::Input::Command(command));
    }
}
