//! A call of theirs until its answer.

use std::time::Duration;

use model::{Instant, LineFault};

use super::{
    Task,
    fate::Fate,
    reliable::{Outstanding, Reliable, Support},
    session::{Session, Update},
    unacknowledged::{Answers, Unacknowledged},
};
use crate::{
    Method, RAck, Request, compose, diversion,
    transaction::{ServerId, earlier},
    user_agent::{Answered, CallEnd, CallEvent, CallKey, Core, Description, ExtraHeaders, IncomingCall, Reliability},
};

/// Proxies give up on a silent INVITE after three minutes; RFC 3261 13.3.1.1 has us speak up every minute.
const SPEAK_UP_EVERY: Duration = Duration::from_secs(60);

/// A caller whose CANCEL would take the way of a connection that is gone is asked so often whether he still calls.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// An INVITE that has passed the checks before ringing.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub transaction: ServerId,
    pub invite: Box<Request>,
    /// The call it wants to replace.
    pub replaces: Option<CallKey>,
}

/// What we say before the final answer.
#[derive(Clone, Debug)]
pub(crate) struct Provisional {
    pub code: u16,
    pub description: Option<Description>,
    pub reliable: Reliability,
}

/// A final answer that is no 2xx.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rejection {
    pub code: u16,
    pub text: String,
    pub headers: ExtraHeaders,
}

/// A call of theirs until its answer.
#[derive(Debug)]
pub(super) struct Ringing {
    pub session: Session,
    transaction: ServerId,
    invite: Box<Request>,
    support: Support,
    reliable: Reliable,
    /// The user has answered; the answer waits for a PRACK.
    accepted: Option<Accepted>,
    spoken: Option<Spoken>,
    /// The INVITE's own Expires (RFC 3261 13.3.1).
    expires_at: Option<Instant>,
    /// When to ask the caller whether he still calls; not before the connection over which he came is replaced.
    ask_at: Option<Instant>,
}

#[derive(Debug)]
struct Accepted {
    description: Option<Description>,
    headers: ExtraHeaders,
}

/// The last thing we said, and when to say it again.
#[derive(Debug)]
struct Spoken {
    code: u16,
    again_at: Instant,
}

/// What becomes of the call.
pub(super) enum Step {
    /// It still rings.
    Rings,
    /// The 2xx has left.
    Answered,
    /// It is over.
    Over(CallEnd),
}

impl Ringing {
    /// `None`, with the refusal sent, when the INVITE makes no dialog.
    pub fn start(core: &mut Core, key: CallKey, arrival: Arrival) -> Option<Self> {
        let Arrival { transaction, invite, replaces } = arrival;
        let Some(session) = Session::of_request(core, key, &invite) else {
            core.reply_with(transaction, 400, &[("Warning", "399 - \"Contact, From, To or Record-Route cannot be read\"")]);
            return None;
        };
        let headers = invite.headers.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let call = IncomingCall {
            remote: session.remote.clone(),
            target: invite.uri.clone(),
            offer: invite.session_description().map(Description::from),
            sip_call_id: session.dialog.call_id().into(),
            replaces,
            diverted_by: diversion::diverted_by(&invite.headers),
            headers,
            message: invite.clone(),
        };
        core.tell(key, CallEvent::Incoming(Box::new(call)));
        let support = Support::of(&invite.headers);
        let reliable = Reliable::new(core.tokens.below(1000));
        let expires_at = invite.headers.expires().map(|seconds| core.now + Duration::from_secs(seconds.into()));
        Some(Self { session, transaction, invite, support, reliable, accepted: None, spoken: None, expires_at, ask_at: None })
    }

    /// Whether that is the INVITE's transaction.
    pub fn is_of(&self, id: ServerId) -> bool {
        self.transaction == id
    }

    /// Says something before the final answer.
    pub fn progress(&mut self, core: &mut Core, provisional: Provisional) {
        let is_reliable = match self.support {
            Support::None => false,
            Support::Offered => provisional.reliable == Reliability::Acknowledged,
            Support::Required => true,
        };
        if !is_reliable {
            return self.say(core, &provisional, None);
        }
        let makes_first_offer = self.invite.session_description().is_none() && !self.session.has_answer();
        if makes_first_offer && provisional.description.is_none() {
            // RFC 3261 13.2.1: the first reliable response must carry the offer that is missing in the INVITE. There is
            // none yet, so that the caller hears nothing but the 100.
            return;
        }
        if let Some(provisional) = self.reliable.queue(provisional) {
            let rseq = self.reliable.next_number();
            self.say(core, &provisional, Some(rseq));
        }
    }

    fn say(&mut self, core: &mut Core, provisional: &Provisional, rseq: Option<u32>) {
        let code = provisional.code.clamp(101, 199);
        let Some(mut response) = core.response(self.transaction, code, "", self.session.dialog.local_tag()) else { return };
        core.describe_us(&mut response.headers);
        if let Some(rseq) = rseq {
            response.headers.push("Require", "100rel");
            response.headers.push("RSeq", rseq);
        }
        if let Some(description) = &provisional.description {
            response.set_body("application/sdp", description.expose());
            self.session.say_early(description);
        }
        self.spoken = Some(Spoken { code, again_at: core.now + SPEAK_UP_EVERY });
        let bytes = core.respond(self.transaction, &response);
        if let (Some(rseq), Some(bytes)) = (rseq, bytes) {
            self.reliable.sent(core, rseq, bytes, provisional);
        }
    }

    /// Answers; `true` when the 2xx has left, `false` when it waits for a PRACK.
    pub fn accept(&mut self, core: &mut Core, description: Option<Description>, headers: ExtraHeaders) -> bool {
        let accepted = Accepted { description, headers };
        // RFC 3262 section 5: not before an offer or answer on its way is confirmed.
        if self.reliable.outstanding().is_some_and(Outstanding::has_description) {
            self.accepted.get_or_insert(accepted);
            return false;
        }
        self.send_answer(core, accepted)
    }

    fn send_answer(&mut self, core: &mut Core, accepted: Accepted) -> bool {
        let Some(mut response) = core.response(self.transaction, 200, "", self.session.dialog.local_tag()) else {
            return false;
        };
        core.describe_us(&mut response.headers);
        for (name, value) in &accepted.headers {
            response.headers.push(name, value.expose());
        }
        self.session.grant_timer(core, &self.invite, &mut response);
        // Once an answer has been confirmed the 2xx has none (RFC 3262 section 5).
        if let (Some(description), false) = (&accepted.description, self.session.is_settled()) {
            response.set_body("application/sdp", description.expose());
            self.session.local = Some(description.clone());
        }
        let Some(bytes) = core.respond(self.transaction, &response) else { return false };
        let number = self.invite.headers.cseq().map_or(0, |cseq| cseq.number);
        self.session.overtaken = self.reliable.overtaken().map(|rseq| RAck { rseq, cseq: number, method: Method::Invite });
        let was_demand = self.invite.session_description().is_none() && !self.session.is_settled();
        let answers = if was_demand { Answers::FirstDemand } else { Answers::First };
        let unacknowledged = Unacknowledged::new(core, bytes, &self.invite, answers);
        self.session.unacknowledged = Some(unacknowledged);
        self.session.settle();
        true
    }

    /// Refuses.
    pub fn reject(&mut self, core: &mut Core, rejection: &Rejection) {
        let code = rejection.code.clamp(300, 699);
        let Some(mut response) = core.response(self.transaction, code, &rejection.text, self.session.dialog.local_tag()) else {
            return;
        };
        for (name, value) in &rejection.headers {
            response.headers.push(name, value.expose());
        }
        core.respond(self.transaction, &response);
        self.session.abandon(core);
    }

    /// The connection over which he called is replaced: his CANCEL may not reach us any more. He is told the new way, and asked
    /// whether he still calls, by an UPDATE in the early dialog (RFC 3311), which our 180 made.
    pub fn ask_caller(&mut self, core: &mut Core) {
        self.ask_at = None;
        if self.spoken.is_some() && self.session.update == Update::Allowed {
            self.session.tell_way(core);
        }
    }

    /// Takes a response to a request in the early dialog.
    pub fn answered(&mut self, core: &mut Core, task: Task, answered: &Answered) -> Step {
        if let Fate::Ends { .. } = self.session.answered(core, task, answered) {
            // The only dialog of this INVITE is gone, and the INVITE with it.
            self.reject(core, &Rejection { code: 487, ..Rejection::default() });
            return Step::Over(CallEnd::Cancelled { code: None });
        }
        if task == Task::Ask && answered.response.is_success() {
            self.ask_at = Some(core.now + ASK_AGAIN_AFTER);
        }
        Step::Rings
    }

    /// Takes a request in the early dialog.
    pub fn receive(&mut self, core: &mut Core, id: ServerId, request: &Request) -> Step {
        match &request.method {
            Method::Prack => self.confirm(core, id, request),
            // RFC 3261 14.2: before the final response to the first.
            Method::Invite => {
                core.reply_in_a_moment(id);
                Step::Rings
            }
            Method::Bye => {
                let code = compose::reason_code(&request.headers);
                core.reply(id, 200);
                self.reject(core, &Rejection { code: 487, ..Rejection::default() });
                Step::Over(CallEnd::Cancelled { code })
            }
            _ => match self.session.receive(core, id, request) {
                Fate::Lives | Fate::Ends { .. } | Fate::Hung { .. } => Step::Rings,
            },
        }
    }

    /// A PRACK: what it confirms is not repeated any more, and what waited for it goes out.
    fn confirm(&mut self, core: &mut Core, id: ServerId, prack: &Request) -> Step {
        let number = self.invite.headers.cseq().map_or(0, |cseq| cseq.number);
        let is_of_invite = |rack: &RAck| rack.cseq == number && rack.method == Method::Invite;
        let confirmed = prack.headers.rack().ok().filter(is_of_invite).and_then(|rack| self.reliable.confirm(rack.rseq));
        let Some(outstanding) = confirmed.filter(|_| self.session.dialog.accept_number(prack)) else {
            core.reply(id, 481);
            return Step::Rings;
        };
        let brought: Option<Description> = prack.session_description().map(Description::from);
        let was_offer = outstanding.has_description() && self.invite.session_description().is_none();
        if outstanding.has_description() {
            self.session.settle();
        }
        match brought {
            Some(answer) if was_offer => {
                core.reply(id, 200);
                core.tell(self.session.key, CallEvent::EarlyAnswer { answer });
            }
            Some(_) => self.session.offered(core, id, prack),
            None => core.reply(id, 200),
        }
        match self.accepted.take() {
            Some(accepted) => {
                if self.send_answer(core, accepted) {
                    return Step::Answered;
                }
                Step::Rings
            }
            None => {
                if let Some(provisional) = self.reliable.next_queued() {
                    let rseq = self.reliable.next_number();
                    self.say(core, &provisional, Some(rseq));
                }
                Step::Rings
            }
        }
    }

    /// Lets the time pass.
    pub fn tick(&mut self, core: &mut Core) -> Step {
        if self.reliable.tick(core) {
            // RFC 3262 section 3: who does not confirm in time is refused.
            self.reject(core, &Rejection { code: 504, ..Rejection::default() });
            return Step::Over(CallEnd::Failed { fault: LineFault::RingNotConfirmed });
        }
        if self.expires_at.is_some_and(|at| core.now >= at) {
            self.reject(core, &Rejection { code: 487, ..Rejection::default() });
            return Step::Over(CallEnd::Cancelled { code: None });
        }
        self.session.tick_negotiation(core);
        if self.ask_at.is_some_and(|at| core.now >= at) {
            self.ask_caller(core);
        }
        if let Some(Spoken { code, again_at }) = self.spoken
            && core.now >= again_at
        {
            self.spoken = Some(Spoken { code, again_at: core.now + SPEAK_UP_EVERY });
            self.progress(core, Provisional { code, description: None, reliable: Reliability::Plain });
        }
        Step::Rings
    }

    /// When `tick` is due.
    pub fn deadline(&self) -> Option<Instant> {
        let spoken = self.spoken.as_ref().map(|spoken| spoken.again_at);
        let ours = earlier(earlier(spoken, self.expires_at), earlier(self.ask_at, self.reliable.deadline()));
        earlier(ours, self.session.early_deadline())
    }
}
