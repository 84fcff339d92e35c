//! Offers and answers after the first (RFC 3264, RFC 3311, RFC 3261 section 14): one at a time, both ways.

use std::time::Duration;

use model::Instant;

use super::{
    Task,
    fate::Fate,
    session::Session,
    unacknowledged::{Answers, Unacknowledged},
};
use crate::{
    Method, Request, identity,
    session_timer::{Agreed, SessionTimer, TooShort},
    transaction::{ClientId, ServerId},
    user_agent::{Answered, CallEvent, Core, Description},
};

/// How often an offer that crosses with one of theirs is sent again.
const MAX_TRIES: u32 = 6;

/// An offer that got a provisional response and nothing else for so long is not answered any more: no human is asked.
const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

/// The offer and answer under way in a dialog.
#[derive(Debug)]
pub(super) enum Negotiation {
    /// The first one, which the INVITE's own course decides.
    First,
    /// None.
    Idle,
    /// Ours is sent.
    Offering { offer: Offer, sent: Sent, wish: Wish, queued: Option<Offer> },
    /// Ours crossed with one of theirs, or our 2xx has no ACK yet; it is sent (again) at `at`, or after the ACK.
    Waiting { offer: Offer, wish: Wish, at: Option<Instant> },
    /// A 2xx brought the offer we asked for; our answer leaves in the ACK.
    AckDue { invite: Box<Request> },
    /// Theirs waits for the user's answer.
    Answering { transaction: ServerId, asked: Asked, method: Method },
}

/// Our offer as it left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    number: u32,
    transaction: ClientId,
    give_up_at: Instant,
}

/// An offer of ours.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    description: Option<Description>,
    method: Method,
    tries: u32,
}

/// Who wants our offer to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// The user: he is told the outcome.
    User,
    /// The session timer: the same description once more.
    Timer,
    /// A new connection, by which we are reached from now on: the same, and no answer ends no call.
    Connection,
}

/// Which exchange it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A changed offer came.
    Offer,
    /// A re-INVITE without an offer.
    Demand,
}

/// What the user wants to offer.
#[derive(Debug)]
pub(crate) enum Reinvitation {
    /// By re-INVITE; without a description it asks for theirs.
    Invite(Option<Description>),
    /// By UPDATE.
    Update(Description),
}

impl Negotiation {
    pub fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Waiting { at, .. } => *at,
            Self::Offering { sent, .. } => Some(sent.give_up_at),
            Self::First | Self::Idle | Self::AckDue { .. } | Self::Answering { .. } => None,
        }
    }
}

impl Session {
    /// Offers a changed session for the user.
    pub fn reoffer(&mut self, core: &mut Core, reinvitation: Reinvitation) {
        let offer = match reinvitation {
            Reinvitation::Invite(description) => Offer { description, method: Method::Invite, tries: 0 },
            Reinvitation::Update(description) => Offer { description: Some(description), method: Method::Update, tries: 0 },
        };
        match &mut self.negotiation {
            // RFC 3261 14.1: no INVITE while another one is under way, and ours is until its ACK comes.
            Negotiation::Idle | Negotiation::Waiting { wish: Wish::Timer | Wish::Connection, .. }
                if self.unacknowledged.is_some() =>
            {
                self.negotiation = Negotiation::Waiting { offer, wish: Wish::User, at: None };
            }
            Negotiation::Idle | Negotiation::Waiting { wish: Wish::Timer | Wish::Connection, .. } => {
                self.negotiation = Negotiation::Idle;
                self.send_offer(core, offer, Wish::User);
            }
            Negotiation::Offering { wish: Wish::Timer | Wish::Connection, queued: queued @ None, .. } => {
                *queued = Some(offer);
            }
            Negotiation::First
            | Negotiation::Offering { .. }
            | Negotiation::Waiting { .. }
            | Negotiation::AckDue { .. }
            | Negotiation::Answering { .. } => self.refuse_wish(core, 491, "another change of the call is under way"),
        }
    }

    /// Refreshes the session by the description in force; whether that can be done now.
    pub(super) fn offer_again(&mut self, core: &mut Core, description: Description, wish: Wish) -> bool {
        let is_free = matches!((&self.negotiation, &self.unacknowledged), (Negotiation::Idle, None));
        if is_free {
            let offer = Offer { description: Some(description), method: Method::Invite, tries: 0 };
            self.send_offer(core, offer, wish);
        }
        is_free
    }

    fn send_offer(&mut self, core: &mut Core, mut offer: Offer, wish: Wish) {
        offer.tries += 1;
        let number = self.dialog.next_number();
        let mut request = self.dialog.request_with(offer.method.clone(), number);
        core.describe_us_in_invite(&mut request.headers);
        self.ask_for_timer(core, &mut request.headers);
        if let Some(description) = &offer.description {
            request.set_body("application/sdp", description.expose());
        }
        match core.request(self.user(Task::Offer), request) {
            Some(transaction) => {
                let sent = Sent { number, transaction, give_up_at: core.now + GIVE_UP_AFTER };
                self.negotiation = Negotiation::Offering { offer, sent, wish, queued: None };
            }
            None => self.tell_wish(core, wish, 503, "there are too many requests under way"),
        }
    }

    /// A request of ours went out again under another number, after a challenge.
    pub(super) fn renumbered(&mut self, task: Task, number: u32, transaction: ClientId) {
        if task == Task::Refer {
            self.outgoing_refers.renumbered(number);
        }
        if let (Task::Offer, Negotiation::Offering { sent, .. }) = (task, &mut self.negotiation) {
            (sent.number, sent.transaction) = (number, transaction);
        }
    }

    /// The final response to our offer.
    pub(super) fn offer_answered(&mut self, core: &mut Core, answered: &Answered) -> Fate {
        let (response, request) = (&answered.response, &answered.request);
        let number = request.headers.cseq().map_or(0, |cseq| cseq.number);
        match &self.negotiation {
            Negotiation::Offering { sent, .. } if sent.number == number => {}
            Negotiation::First
            | Negotiation::Idle
            | Negotiation::Offering { .. }
            | Negotiation::Waiting { .. }
            | Negotiation::AckDue { .. }
            | Negotiation::Answering { .. } => {
                self.repeat_ack(core, request);
                return Fate::Lives;
            }
        }
        let Negotiation::Offering { offer, wish, queued, .. } = std::mem::replace(&mut self.negotiation, Negotiation::Idle)
        else {
            return Fate::Lives;
        };
        let fate = match response.code {
            200..=299 => {
                self.offer_accepted(core, answered, offer, wish);
                Fate::Lives
            }
            491 if offer.tries < MAX_TRIES => {
                let at = core.now + self.glare_pause(core);
                self.negotiation = Negotiation::Waiting { offer, wish, at: Some(at) };
                Fate::Lives
            }
            422 if offer.tries < MAX_TRIES && self.lengthen(&response.headers) => {
                self.send_offer(core, offer, wish);
                Fate::Lives
            }
            code => {
                self.tell_wish(core, wish, code, &response.reason);
                match wish {
                    Wish::Timer => self.refresh_failed(core, response),
                    Wish::User | Wish::Connection => Fate::of_response(response),
                }
            }
        };
        if let (Some(offer), Fate::Lives) = (queued, &fate) {
            self.after_refresh(core, offer);
        }
        fate
    }

    /// What the user wanted while the session timer's offer was out: it goes now, or in place of that one when it goes again.
    fn after_refresh(&mut self, core: &mut Core, offer: Offer) {
        match &mut self.negotiation {
            Negotiation::Waiting { at, .. } => {
                let at = *at;
                self.negotiation = Negotiation::Waiting { offer, wish: Wish::User, at };
            }
            Negotiation::Offering { queued, .. } => *queued = Some(offer),
            Negotiation::First | Negotiation::Idle | Negotiation::AckDue { .. } | Negotiation::Answering { .. } => {
                self.send_offer(core, offer, Wish::User);
            }
        }
    }

    fn offer_accepted(&mut self, core: &mut Core, answered: &Answered, offer: Offer, wish: Wish) {
        let response = &answered.response;
        self.learn(&response.headers);
        self.dialog.refresh_target(&response.headers);
        self.agree_on_timer(core, &response.headers);
        let description: Option<Description> = response.session_description().map(Description::from);
        match (offer.description, description) {
            (None, Some(answer)) => {
                let invite = answered.request.clone();
                self.negotiation = Negotiation::AckDue { invite };
                core.tell(self.key, CallEvent::ReofferAnswered { answer });
            }
            (Some(local), Some(answer)) => {
                self.confirm_offer(core, answered);
                self.local = Some(local);
                let told = match wish {
                    Wish::User => CallEvent::ReofferAnswered { answer },
                    Wish::Timer | Wish::Connection => CallEvent::Refreshed { answer },
                };
                core.tell(self.key, told);
            }
            (_, None) => {
                self.confirm_offer(core, answered);
                self.tell_wish(core, wish, 500, "the far end accepted without a session description");
            }
        }
        let remote = core.asserted(&response.headers);
        self.notice_remote(core, remote);
    }

    fn confirm_offer(&mut self, core: &mut Core, answered: &Answered) {
        if answered.request.method == Method::Invite {
            self.acknowledge(core, &answered.request, None);
        }
    }

    /// RFC 3261 14.1, in steps of 10 ms: whoever chose the Call-ID waits longer.
    fn glare_pause(&self, core: &mut Core) -> Duration {
        let steps = if self.is_ours() { 210 + core.tokens.below(191) } else { core.tokens.below(201) };
        Duration::from_millis(u64::from(steps) * 10)
    }

    /// Gives up an offer that nobody answers, and sends one again whose time has come.
    pub(super) fn tick_negotiation(&mut self, core: &mut Core) {
        match &mut self.negotiation {
            Negotiation::Offering { sent, wish, queued, .. } if core.now >= sent.give_up_at => {
                let (transaction, wish, queued) = (sent.transaction, *wish, queued.take());
                // Whoever accepts all the same gets no ACK, and ends the call.
                let owner = core.owner(self.user(Task::Withdraw));
                core.transactions.cancel(core.now, transaction, owner, "");
                core.transactions.forget(transaction);
                self.negotiation = Negotiation::Idle;
                self.tell_wish(core, wish, 408, "the far end did not answer the change of the call");
                if let Some(offer) = queued {
                    self.send_offer(core, offer, Wish::User);
                }
            }
            Negotiation::Waiting { at: Some(at), .. } if core.now >= *at => self.send_again(core),
            Negotiation::First
            | Negotiation::Idle
            | Negotiation::Offering { .. }
            | Negotiation::Waiting { .. }
            | Negotiation::AckDue { .. }
            | Negotiation::Answering { .. } => {}
        }
    }

    fn send_again(&mut self, core: &mut Core) {
        if let Negotiation::Waiting { offer, wish, .. } = std::mem::replace(&mut self.negotiation, Negotiation::Idle) {
            if self.unacknowledged.is_some() {
                self.negotiation = Negotiation::Waiting { offer, wish, at: None };
            } else {
                self.send_offer(core, offer, wish);
            }
        }
    }

    fn tell_wish(&mut self, core: &mut Core, wish: Wish, code: u16, text: &str) {
        if wish == Wish::User {
            self.refuse_wish(core, code, text);
        }
    }

    fn refuse_wish(&mut self, core: &mut Core, code: u16, text: &str) {
        core.tell(self.key, CallEvent::ReofferRefused { code, text: text.to_owned() });
    }

    /// The answer to an offer that came in a 2xx leaves in the ACK.
    pub(super) fn ack_answer(&mut self, core: &mut Core, answer: &Description) {
        match std::mem::replace(&mut self.negotiation, Negotiation::Idle) {
            Negotiation::AckDue { invite } => {
                self.acknowledge(core, &invite, Some(answer));
                self.local = Some(answer.clone());
            }
            other @ (Negotiation::First
            | Negotiation::Idle
            | Negotiation::Offering { .. }
            | Negotiation::Waiting { .. }
            | Negotiation::Answering { .. }) => self.negotiation = other,
        }
    }

    /// The 2xx to our first INVITE, which had no offer, brought theirs.
    pub(super) fn await_ack_answer(&mut self, invite: &Request) {
        self.settle();
        self.negotiation = Negotiation::AckDue { invite: Box::new(invite.clone()) };
    }

    /// A 2xx to a re-INVITE that was under way when the call ended.
    pub(super) fn acknowledge_late(&mut self, core: &mut Core, answered: &Answered) -> Fate {
        let is_accepted = answered.request.method == Method::Invite && answered.response.is_success();
        if is_accepted && !self.acks.repeat(core, &answered.request) {
            self.acknowledge(core, &answered.request, None);
        }
        Fate::Lives
    }

    /// A re-INVITE or UPDATE arrived.
    pub(super) fn offered(&mut self, core: &mut Core, id: ServerId, request: &Request) {
        let offer: Option<Description> = request.session_description().map(Description::from);
        if crate::body::is_unsupported(&request.headers, &request.body) {
            return core.reply_with(id, 415, &[("Accept", "application/sdp")]);
        }
        if let Err(TooShort) = SessionTimer::of_request(core.now, &request.headers, core.config.min_se) {
            let shortest = core.config.min_se.to_string();
            return core.reply_with(id, 422, &[("Min-SE", &shortest)]);
        }
        if request.method == Method::Update && offer.is_none() {
            self.dialog.refresh_target(&request.headers);
            let remote = self.named_in(core, request);
            self.notice_remote(core, remote);
            self.agree(core, id, request, None);
            return;
        }
        let our_offer_is_out = self.unacknowledged.as_ref().is_some_and(|unacknowledged| unacknowledged.answers.has_offer());
        match &self.negotiation {
            // Their first offer has no answer yet (RFC 3311 section 5.2).
            Negotiation::First if !self.is_ours() => return core.reply_in_a_moment(id),
            Negotiation::Answering { .. } => return core.reply_in_a_moment(id),
            Negotiation::First | Negotiation::Offering { .. } | Negotiation::AckDue { .. } => return core.reply(id, 491),
            Negotiation::Idle | Negotiation::Waiting { .. } if our_offer_is_out => return core.reply(id, 491),
            // Theirs goes first; ours would have to be made anew on what theirs makes of the session.
            Negotiation::Waiting { wish: Wish::User, .. } => {
                self.refuse_wish(core, 491, "the far end changes the call at the same time");
            }
            Negotiation::Idle | Negotiation::Waiting { wish: Wish::Timer | Wish::Connection, .. } => {}
        }
        self.dialog.refresh_target(&request.headers);
        let remote = self.named_in(core, request);
        self.notice_remote(core, remote);
        let asked = if offer.is_some() { Asked::Offer } else { Asked::Demand };
        self.negotiation = Negotiation::Answering { transaction: id, asked, method: request.method.clone() };
        core.tell(self.key, CallEvent::Reoffered { fork: self.fork, offer });
    }

    /// Who the far end is by a request of theirs. From alone says so only when it changed (RFC 4916).
    fn named_in(&self, core: &Core, request: &Request) -> Option<model::Remote> {
        core.asserted(&request.headers).or_else(|| {
            let from = request.headers.from().ok()?;
            let known = self.dialog.remote();
            (from.uri != known.uri || from.display_name != known.display_name).then(|| identity::remote(&from))
        })
    }

    /// Sends the 200 to a re-INVITE or UPDATE, with the session interval they asked for.
    fn agree(&mut self, core: &mut Core, id: ServerId, request: &Request, description: Option<&Description>) -> Option<Vec<u8>> {
        let mut response = core.response(id, 200, "", self.dialog.local_tag())?;
        core.describe_us(&mut response.headers);
        self.grant_timer(core, request, &mut response);
        if let Some(description) = description {
            response.set_body("application/sdp", description.expose());
        }
        core.respond(id, &response)
    }

    /// Settles the session interval in a 2xx of ours.
    pub(super) fn grant_timer(&mut self, core: &Core, request: &Request, response: &mut crate::Response) {
        self.timer = None;
        if let Ok(Some(Agreed { timer, session_expires, required })) =
            SessionTimer::of_request(core.now, &request.headers, core.config.min_se)
        {
            self.timer = Some(timer);
            response.headers.set("Session-Expires", session_expires);
            if required {
                response.headers.set("Require", "timer");
            }
        }
    }

    /// Whether the far end's offer waits for the user.
    pub(super) fn is_asked(&self) -> bool {
        matches!(self.negotiation, Negotiation::Answering { .. })
    }

    /// Whether the user's word is to an offer that was taken back before he had said it.
    pub(super) fn is_moot(&mut self) -> bool {
        let is_moot = self.moot > 0;
        self.moot = self.moot.saturating_sub(1);
        is_moot
    }

    /// Answers or refuses the far end's offer. The user has one word for each, in their order.
    pub(super) fn answer_reoffer(&mut self, core: &mut Core, answer: Result<Description, u16>) {
        if self.is_moot() {
            return;
        }
        let Negotiation::Answering { transaction, asked, method } = &self.negotiation else { return };
        let (id, asked, method) = (*transaction, *asked, method.clone());
        self.negotiation = Negotiation::Idle;
        let Some(request) = core.transactions.open_request(id).cloned() else { return };
        match answer {
            Err(code) => core.reply(id, code.clamp(400, 699)),
            Ok(description) => {
                let Some(response) = self.agree(core, id, &request, Some(&description)) else { return };
                self.local = Some(description);
                if method == Method::Invite {
                    let answers = if asked == Asked::Demand { Answers::Demand } else { Answers::Offer };
                    self.unacknowledged = Some(Unacknowledged::new(core, response, &request, answers));
                }
            }
        }
    }

    /// The far end took its re-INVITE back; `false` when that is not the one.
    pub(super) fn cancelled(&mut self, core: &mut Core, id: ServerId) -> bool {
        match &self.negotiation {
            Negotiation::Answering { transaction, .. } if *transaction == id => {
                core.reply(id, 487);
                self.negotiation = Negotiation::Idle;
                self.moot += 1;
                core.tell(self.key, CallEvent::ReofferWithdrawn);
                true
            }
            Negotiation::First
            | Negotiation::Idle
            | Negotiation::Offering { .. }
            | Negotiation::Waiting { .. }
            | Negotiation::AckDue { .. }
            | Negotiation::Answering { .. } => false,
        }
    }

    /// Whether that ACK ends the repetition of our 2xx.
    pub(super) fn confirm(&mut self, ack: &Request) -> bool {
        let confirmed = self.unacknowledged.take_if(|unacknowledged| unacknowledged.is_of(ack));
        confirmed.is_some()
    }

    /// An ACK arrived.
    pub(super) fn acknowledged(&mut self, core: &mut Core, ack: &Request) -> Fate {
        let Some(answers) = self.unacknowledged.as_ref().map(|unacknowledged| unacknowledged.answers) else {
            return Fate::Lives;
        };
        if !self.confirm(ack) {
            return Fate::Lives;
        }
        // Some repeat their offer here, or send an answer that nobody asked for.
        let answer: Option<Description> = ack.session_description().filter(|_| answers.has_offer()).map(Description::from);
        match answers {
            Answers::First | Answers::FirstDemand => core.tell(self.key, CallEvent::Confirmed { answer }),
            Answers::Demand => core.tell(self.key, CallEvent::ReofferConfirmed { answer }),
            Answers::Offer => {}
        }
        // An offer of ours that waited for this ACK.
        match std::mem::replace(&mut self.negotiation, Negotiation::Idle) {
            Negotiation::Waiting { offer, wish, at: None } => self.send_offer(core, offer, wish),
            other => self.negotiation = other,
        }
        Fate::Lives
    }
}
