//! What the far end says to a call: responses to its requests, and requests, ACK and CANCEL of their own.

use super::{Call, MAX_DISCARDED, Purpose, Rejection, Session, State, closing::Closing, dialling, fate::Fate};
use crate::{
    Method, Reason, Request,
    transaction::ServerId,
    user_agent::{Answered, CallEnd, CallEvent, Core, User},
};

impl Call {
    /// A response to a request of this call, or (408 without headers) that nobody answered it.
    pub fn answered_by(&mut self, core: &mut Core, purpose: &Purpose, answered: &Answered) {
        match purpose {
            Purpose::Invite => self.invite_answered(core, answered),
            Purpose::Cancel => {}
            Purpose::InDialog { fork, task } => {
                let fate = match &mut self.state {
                    State::Dialling(dialling) => match dialling.fork(*fork) {
                        Some(session) => session.answered(core, *task, answered),
                        None => Fate::Lives,
                    },
                    State::Ringing(ringing) => {
                        let step = ringing.answered(core, *task, answered);
                        return self.step(core, step);
                    }
                    State::Talking(session) if session.fork == *fork => session.answered(core, *task, answered),
                    State::Parting { session, .. } => session.acknowledge_late(core, answered),
                    State::Talking(_) | State::Closing(_) => self.acknowledge_late(core, answered),
                };
                self.suffer(core, fate);
            }
            Purpose::Discard { number } => self.bye_answered(core, *number, answered),
        }
    }

    /// A re-INVITE that was under way when the call ended was accepted: acknowledged all the same.
    fn acknowledge_late(&mut self, core: &mut Core, answered: &Answered) -> Fate {
        if let Some(discarded) = self.discarded.iter_mut().find(|one| one.dialog.is_of_response(&answered.response)) {
            discarded.acknowledge(core, answered);
        }
        Fate::Lives
    }

    fn bye_answered(&mut self, core: &mut Core, number: u32, answered: &Answered) {
        let Some(discarded) = self.discarded.iter_mut().find(|one| one.number == number) else { return };
        if let 401 | 407 = answered.response.code {
            let user = User::Call(self.key, Purpose::Discard { number });
            let next = discarded.dialog.next_number();
            if let Err(refusal) = core.authorise(user, answered, next) {
                tracing::debug!(?refusal, "a challenge to BYE is not answered");
            }
        }
    }

    fn invite_answered(&mut self, core: &mut Core, answered: &Answered) {
        match &mut self.state {
            State::Dialling(dialling) => match dialling.answered(core, answered) {
                dialling::Outcome::Dialling => {}
                dialling::Outcome::Answered(session) => {
                    self.state = State::Talking(session);
                }
                dialling::Outcome::Broken { session, fault } => {
                    self.discard(core, *session, &Reason::sip(400, "Bad Request").to_string());
                    self.end(core, CallEnd::Failed { fault });
                }
                dialling::Outcome::Refused(end) => self.end(core, end),
            },
            State::Closing(closing) if answered.response.code < 200 => closing.provisional(core, self.key),
            State::Talking(session) | State::Parting { session, .. } if session.dialog.is_of_response(&answered.response) => {
                session.repeat_ack(core, &answered.request);
            }
            State::Talking(_) | State::Parting { .. } => self.late_fork(core, answered),
            State::Closing(closing) => {
                closing.finished(core);
                self.late_fork(core, answered);
            }
            State::Ringing(_) => {}
        }
    }

    /// A 2xx of a fork that nobody wants (any more): ACK and BYE (RFC 3261 13.2.2.4).
    fn late_fork(&mut self, core: &mut Core, answered: &Answered) {
        if !answered.response.is_success() {
            return;
        }
        let known = self.discarded.iter().find(|one| one.dialog.is_of_response(&answered.response));
        if let Some(discarded) = known {
            discarded.repeat_ack(core, &answered.request);
            return;
        }
        if let Some(mut session) = Session::of_response(self.key, u32::MAX, answered) {
            session.acknowledge(core, &answered.request, None);
            // The call's own dialog is ended all the same, however many others there were.
            if self.discarded.len() >= MAX_DISCARDED {
                return tracing::warn!("too many dialogs of one call; one is left without BYE");
            }
            self.discard(core, session, "");
        }
    }

    /// Whether a request of theirs belongs to a dialog of this call.
    pub fn is_of(&self, request: &Request) -> bool {
        let own = match &self.state {
            State::Dialling(dialling) => dialling.forks().any(|fork| fork.dialog.is_of(request)),
            State::Ringing(ringing) => ringing.session.dialog.is_of(request),
            State::Talking(session) | State::Parting { session, .. } => session.dialog.is_of(request),
            State::Closing(_) => false,
        };
        own || self.discarded.iter().any(|one| one.dialog.is_of(request))
    }

    /// Takes a request in a dialog of this call.
    pub fn receive_request(&mut self, core: &mut Core, id: ServerId, request: &Request) {
        if self.discarded.iter().any(|one| one.dialog.is_of(request)) {
            // Our BYE crossed theirs, or it is for a dialog that is gone.
            return core.reply(id, if request.method == Method::Bye { 200 } else { 481 });
        }
        let fate = match &mut self.state {
            State::Dialling(dialling) => {
                dialling.receive(core, id, request);
                Fate::Lives
            }
            State::Ringing(ringing) => {
                let step = ringing.receive(core, id, request);
                return self.step(core, step);
            }
            State::Talking(session) => session.receive(core, id, request),
            State::Parting { .. } if request.method == Method::Bye => {
                core.reply(id, 200);
                Fate::Hung { code: None }
            }
            State::Parting { .. } => {
                core.reply(id, 481);
                Fate::Lives
            }
            State::Closing(_) => {
                core.reply(id, 481);
                Fate::Lives
            }
        };
        if let Fate::Hung { code } = fate {
            match std::mem::replace(&mut self.state, State::Closing(Closing::winding(core))) {
                State::Talking(mut session) => {
                    session.abandon(core);
                    core.tell(self.key, CallEvent::Ended(CallEnd::Bye { code }));
                    // A changed offer of ours may be accepted all the same, and that wants its ACK.
                    self.remember(*session);
                }
                State::Dialling(_) | State::Ringing(_) | State::Parting { .. } | State::Closing(_) => {}
            }
        } else {
            self.suffer(core, fate);
        }
    }

    /// Takes an ACK to a 2xx of ours.
    pub fn acknowledged(&mut self, core: &mut Core, ack: &Request) {
        match &mut self.state {
            State::Talking(session) => {
                let fate = session.acknowledged(core, ack);
                self.suffer(core, fate);
            }
            State::Parting { session, reason } => {
                if session.confirm(ack) {
                    let reason = std::mem::take(reason);
                    self.part(core, CallEnd::Local, &reason);
                }
            }
            State::Dialling(_) | State::Ringing(_) | State::Closing(_) => {}
        }
    }

    /// Takes the CANCEL of an INVITE; `false` when that INVITE is not of this call.
    pub fn cancelled(&mut self, core: &mut Core, id: ServerId, code: Option<u16>) -> bool {
        match &mut self.state {
            State::Ringing(ringing) if ringing.is_of(id) => {
                ringing.reject(core, &Rejection { code: 487, ..Rejection::default() });
                self.end(core, CallEnd::Cancelled { code });
                true
            }
            State::Talking(session) | State::Parting { session, .. } => session.cancelled(core, id),
            State::Dialling(_) | State::Ringing(_) | State::Closing(_) => false,
        }
    }
}
