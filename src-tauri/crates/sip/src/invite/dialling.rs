//! A call of ours until its answer: one INVITE, and one early dialog per fork.

use model::{Instant, LineFault, XHeaders};

use super::{Purpose, Reinvitation, Task, closing::Closing, session::Session};
use crate::{
    InvalidHeader, Method, Request, Response,
    compose::{self, InvalidExtraHeader, check_extra_headers},
    identity,
    transaction::{ClientId, ServerId},
    user_agent::{Answered, CallEnd, CallEvent, CallKey, Core, Description, Invite, User},
};

/// Most early dialogs of one INVITE; a flood of tags beyond is not listened to.
const MAX_FORKS: usize = 16;

/// How often the far end may ask for a longer session interval (422).
const MAX_LENGTHENED: u32 = 3;

/// A call of ours until its answer.
#[derive(Debug)]
pub(super) struct Dialling {
    key: CallKey,
    invite: Request,
    transaction: ClientId,
    number: u32,
    lengthened: u32,
    forks: Vec<Session>,
    next_fork: u32,
    give_up_at: Instant,
}

/// What a response makes of the call.
pub(super) enum Outcome {
    /// It goes on.
    Dialling,
    /// There is a session.
    Answered(Box<Session>),
    /// There is one, and it is of no use.
    Broken { session: Box<Session>, fault: LineFault },
    /// It is over.
    Refused(CallEnd),
}

impl Dialling {
    pub fn call_id(&self) -> Option<&str> {
        self.invite.headers.call_id().ok()
    }

    pub fn start(core: &mut Core, invite: Invite) -> Result<Self, CallEnd> {
        let Invite { call, from, target, offer, headers } = invite;
        let header = |error: InvalidExtraHeader| CallEnd::Failed { fault: LineFault::Header { words: error.to_string() } };
        check_extra_headers(&headers).map_err(header)?;
        let unaddressed = |error: InvalidHeader| CallEnd::Failed { fault: LineFault::NotAnAddress { words: error.to_string() } };
        let replaces = target.replaces().map_err(unaddressed)?;
        let mut request = core.outside_request(Method::Invite, target, &Vec::new());
        if let Some(mut from) = from {
            from.set_tag(&core.tokens.tag());
            request.headers.set("From", from);
        }
        if let Some((_, before)) = core.unanswered.take().filter(|(of, _)| *of == call) {
            // To another server (RFC 3263 section 4.3): who has got the first one takes this for the same (RFC 3261 8.2.2.2).
            for name in ["From", "Call-ID", "CSeq"] {
                request.headers.set(name, before.headers.get(name).unwrap_or_default());
            }
        }
        core.bear(&mut request);
        for (name, value) in &headers {
            request.headers.push(name, value.expose());
        }
        core.describe_us_in_invite(&mut request.headers);
        if let Some(replaces) = replaces {
            request.headers.push("Replaces", replaces);
            request.headers.push("Require", "replaces");
        }
        if let Some(interval) = core.config.session_expires {
            request.headers.push("Session-Expires", interval);
            request.headers.push("Min-SE", core.config.min_se);
        }
        match &offer {
            Some(offer) => request.set_body("application/sdp", offer.expose()),
            // Without an offer of ours a reliable provisional response would bring one, to be answered in PRACK.
            None => request.headers.set("Supported", core.supported_without("100rel")),
        }
        let number = request.headers.cseq().map_or(1, |cseq| cseq.number);
        let sip_call_id = request.headers.call_id().unwrap_or("").to_owned();
        let Some(transaction) = core.request(User::Call(call, Purpose::Invite), request.clone()) else {
            return Err(CallEnd::Failed { fault: LineFault::TooMany });
        };
        core.tell(call, CallEvent::Sent { sip_call_id: sip_call_id.into() });
        Ok(Self {
            key: call,
            invite: request,
            transaction,
            number,
            lengthened: 0,
            forks: Vec::new(),
            next_fork: 0,
            give_up_at: core.now + core.config.invite_timeout,
        })
    }

    pub fn forks(&self) -> impl Iterator<Item = &Session> {
        self.forks.iter()
    }

    pub fn fork(&mut self, fork: u32) -> Option<&mut Session> {
        self.forks.iter_mut().find(|session| session.fork == fork)
    }

    /// A response to the INVITE.
    pub fn answered(&mut self, core: &mut Core, answered: &Answered) -> Outcome {
        match answered.response.code {
            ..=100 => Outcome::Dialling,
            101..=199 => {
                self.progress(core, answered);
                Outcome::Dialling
            }
            200..=299 => self.accepted(core, answered),
            401 | 407 => {
                self.number += 1;
                let user = User::Call(self.key, Purpose::Invite);
                match core.authorise(user, answered, self.number) {
                    Ok(transaction) => {
                        self.transaction = transaction;
                        self.forks.clear();
                        Outcome::Dialling
                    }
                    Err(Some(refusal)) => self.refused(&answered.response, &refusal.to_string()),
                    Err(None) => self.refused(&answered.response, &answered.response.reason),
                }
            }
            // What every response repeats of the request is missing where there was none.
            408 if answered.response.headers.is_empty() => Outcome::Refused(self.unanswered(core)),
            422 if self.lengthened < MAX_LENGTHENED => self.lengthen(core, answered),
            _ => self.refused(&answered.response, &answered.response.reason),
        }
    }

    /// Nobody has answered, and nobody will be waited for.
    pub fn abandon(&mut self, core: &mut Core) -> CallEnd {
        core.transactions.forget(self.transaction);
        self.unanswered(core)
    }

    fn unanswered(&self, core: &mut Core) -> CallEnd {
        let mut invite = self.invite.clone();
        compose::renumber(&mut invite, self.number);
        core.unanswered = Some((self.key, invite));
        CallEnd::Unanswered
    }

    fn refused(&self, response: &Response, text: &str) -> Outcome {
        let moved_to = match response.code {
            300..=399 => response.headers.contacts().unwrap_or_default().into_iter().map(|contact| contact.uri).collect(),
            _ => Vec::new(),
        };
        let retry_after = response.headers.retry_after();
        Outcome::Refused(CallEnd::Refused { code: response.code, text: text.to_owned(), moved_to, retry_after })
    }

    /// The far end wants a longer interval between refreshes (RFC 4028 section 7.4): once more with that.
    fn lengthen(&mut self, core: &mut Core, answered: &Answered) -> Outcome {
        let Some(shortest) = answered.response.headers.min_se() else {
            return self.refused(&answered.response, &answered.response.reason);
        };
        self.lengthened += 1;
        self.number += 1;
        let mut request = self.invite.clone();
        request.headers.set("Session-Expires", shortest.max(core.config.session_expires.unwrap_or(0)));
        request.headers.set("Min-SE", shortest);
        compose::renumber(&mut request, self.number);
        self.invite = request.clone();
        match core.request(User::Call(self.key, Purpose::Invite), request) {
            Some(transaction) => {
                self.transaction = transaction;
                self.forks.clear();
                Outcome::Dialling
            }
            None => self.refused(&answered.response, &answered.response.reason),
        }
    }

    fn progress(&mut self, core: &mut Core, answered: &Answered) {
        let response = &answered.response;
        let Some(session) = self.fork_of(answered) else { return };
        let reliable = session.reliable_progress(response);
        match &reliable {
            ReliableProgress::Repeated => return,
            ReliableProgress::Plain => {}
            ReliableProgress::Confirm(rack) => {
                let mut prack = session.dialog.request(Method::Prack);
                prack.headers.push("RAck", rack);
                core.request(session.user(Task::Prack), prack);
            }
        }
        session.learn(&response.headers);
        let answer: Option<Description> = response.session_description().map(Description::from);
        if answer.is_some() {
            session.early_answer(&reliable);
        }
        let (code, fork) = (response.code, session.fork);
        core.tell(self.key, CallEvent::Progress { code, fork, answer });
    }

    /// The early dialog a response belongs to. RFC 3261 12.1 wants a tag in each that makes one; where there is one fork, what
    /// has none is of that.
    fn known_fork(&mut self, response: &Response) -> Option<usize> {
        let known = self.forks.iter().position(|session| session.dialog.is_of_response(response));
        let at = known.or(match &self.forks[..] {
            [only] if only.dialog.may_be_of_response(response) => Some(0),
            _ => None,
        })?;
        self.forks.get_mut(at)?.dialog.take_tag(response);
        Some(at)
    }

    /// The early dialog of a provisional response, made if it is new.
    fn fork_of(&mut self, answered: &Answered) -> Option<&mut Session> {
        let at = match self.known_fork(&answered.response) {
            Some(at) => at,
            None if self.forks.len() >= MAX_FORKS => {
                tracing::debug!("too many forks of one INVITE; one is not listened to");
                return None;
            }
            None => {
                let session = Session::of_response(self.key, self.next_fork, answered)?;
                self.next_fork += 1;
                self.forks.push(session);
                self.forks.len() - 1
            }
        };
        self.forks.get_mut(at)
    }

    fn accepted(&mut self, core: &mut Core, answered: &Answered) -> Outcome {
        let response = &answered.response;
        let session = match self.known_fork(response) {
            Some(at) => Some(self.forks.swap_remove(at)),
            None => Session::of_response(self.key, self.next_fork, answered),
        };
        let Some(mut session) = session else {
            return Outcome::Refused(CallEnd::Failed { fault: LineFault::NoSender });
        };
        session.dialog.refresh_routes(response);
        session.dialog.refresh_target(&response.headers);
        session.learn(&response.headers);
        session.agree_on_timer(core, &response.headers);
        let description: Option<Description> = response.session_description().map(Description::from);
        // What an earlier reliable response answered stays answered (RFC 3262 section 5).
        let answer = if session.is_settled() { None } else { description.clone() };
        if self.invite.session_description().is_some() {
            session.acknowledge(core, &answered.request, None);
            if description.is_none() && !session.has_answer() {
                return Outcome::Broken { session: Box::new(session), fault: LineFault::NoDescription };
            }
            session.settle();
        } else {
            if description.is_none() {
                session.acknowledge(core, &answered.request, None);
                return Outcome::Broken { session: Box::new(session), fault: LineFault::NoDescription };
            }
            session.await_ack_answer(&answered.request);
        }
        let remote = core.asserted(&response.headers);
        session.remote = remote.clone().unwrap_or_else(|| identity::remote(session.dialog.remote()));
        let x_headers = XHeaders::among(response.headers.iter());
        core.tell(self.key, CallEvent::Answered { fork: session.fork, answer, remote, x_headers });
        Outcome::Answered(Box::new(session))
    }

    /// Calls the INVITE off.
    pub fn cancel(&mut self, core: &mut Core, reason: &str) -> Closing {
        Closing::cancel(core, self.key, self.transaction, reason)
    }

    /// Takes a request in an early dialog.
    pub fn receive(&mut self, core: &mut Core, id: ServerId, request: &Request) {
        let Some(at) = self.forks.iter().position(|session| session.dialog.is_of(request)) else {
            return core.reply(id, 481);
        };
        if request.method == Method::Bye {
            // RFC 3261 15 does not allow it here; the fork is gone all the same, and the INVITE decides about the call.
            self.forks.swap_remove(at);
            return core.reply(id, 200);
        }
        if request.method == Method::Invite {
            // RFC 3261 14.2: it crosses with our own, which has no final response yet.
            return core.reply(id, 491);
        }
        if let Some(session) = self.forks.get_mut(at) {
            session.receive(core, id, request);
        }
    }

    /// Offers a changed session on the one fork that has an answer; there is no telling which of several is meant.
    pub fn reoffer(&mut self, core: &mut Core, reinvitation: Reinvitation) {
        let mut ready = self.forks.iter_mut().filter(|session| session.is_settled());
        match (ready.next(), ready.next()) {
            (Some(session), None) => session.reoffer(core, reinvitation),
            (Some(_), Some(_)) | (None, _) => {
                let text = String::from("the call is not answered yet");
                core.tell(self.key, CallEvent::ReofferRefused { code: 491, text });
            }
        }
    }

    pub fn answer_reoffer(&mut self, core: &mut Core, answer: Result<Description, u16>) {
        if let Some(session) = self.forks.iter_mut().find(|session| session.is_asked()) {
            session.answer_reoffer(core, answer);
        }
    }

    /// Lets the time pass; says how the call is to be closed when nobody answered in time.
    pub fn tick(&mut self, core: &mut Core) -> Option<Closing> {
        for session in &mut self.forks {
            session.tick_negotiation(core);
        }
        (core.now >= self.give_up_at).then(|| self.cancel(core, "SIP;cause=408;text=\"Request Timeout\""))
    }

    pub fn deadline(&self) -> Option<Instant> {
        let forks = self.forks.iter().filter_map(Session::early_deadline);
        forks.chain([self.give_up_at]).min()
    }
}

/// What a provisional response asks for (RFC 3262).
pub(super) enum ReliableProgress {
    /// It is not reliable.
    Plain,
    /// It is: confirm it by PRACK with this RAck.
    Confirm(crate::RAck),
    /// It has been confirmed already, or came before one that is missing.
    Repeated,
}
