//! One dialog of a call and the session in it: requests both ways, refreshes, digits.

use std::time::Duration;

use model::{Instant, LineCall, LineFault, Personal, Remote};

use super::{
    Purpose, Task,
    closing::Acks,
    dialling::ReliableProgress,
    fate::Fate,
    negotiation::{Negotiation, Wish},
    unacknowledged::{Overdue, Unacknowledged},
};
use crate::{
    Headers, Method, RAck, Request, Response, SessionExpires, compose,
    dialog::Dialog,
    identity,
    refer::{IncomingRefer, OutgoingRefers},
    session_timer::{Due, SessionTimer},
    transaction::{ServerId, earlier},
    user_agent::{ACCEPT, ALLOW, Answered, CallEnd, CallEvent, CallKey, Core, Description, User},
};

/// A refresh that got no answer is not worth repeating before its transaction has ended.
const REFRESH_AGAIN_AFTER: Duration = Duration::from_secs(33);

/// A refresh that has to wait for another change of the call is looked at again after so long.
const REFRESH_WHEN_FREE: Duration = Duration::from_secs(1);

/// One dialog of a call, early or confirmed, and the session in it.
#[derive(Debug)]
pub(crate) struct Session {
    pub key: CallKey,
    pub fork: u32,
    pub dialog: Dialog,
    pub remote: Remote,
    pub(super) negotiation: Negotiation,
    /// Offers of theirs that were taken back and for which the user's word is still to come.
    pub(super) moot: u32,
    pub(super) first_answer: FirstAnswer,
    pub(super) unacknowledged: Option<Unacknowledged>,
    pub(super) acks: Acks,
    pub(super) timer: Option<SessionTimer>,
    pub(super) update: Update,
    /// Our description in force, for refreshes.
    pub(super) local: Option<Description>,
    pub(crate) outgoing_refers: OutgoingRefers,
    pub(crate) incoming_refer: IncomingRefer,
    /// The shortest session interval the far end has told us of (422).
    shortest: u32,
    last_rseq: Option<u32>,
    /// What PRACK would confirm of ours, though our answer has left since.
    pub(super) overtaken: Option<RAck>,
}

/// Whether the far end takes UPDATE (RFC 3311 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    Allowed,
    Unknown,
}

/// How far the first answer of this dialog has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstAnswer {
    Missing,
    /// It came in a provisional response that may get lost, so that it will come again.
    Early,
    /// It came, or left, for good.
    Settled,
}

impl Session {
    /// The dialog a response to our INVITE makes.
    pub fn of_response(key: CallKey, fork: u32, answered: &Answered) -> Option<Self> {
        let dialog = Dialog::of_response(&answered.request, &answered.response)?;
        let local = answered.request.session_description().map(Description::from);
        Some(Self::new(key, fork, dialog, local))
    }

    /// The dialog their INVITE makes.
    pub fn of_request(core: &mut Core, key: CallKey, request: &Request) -> Option<Self> {
        let (tag, number) = (core.tokens.tag(), core.tokens.below(1000));
        let dialog = Dialog::of_request(request, &tag, number)?;
        let mut session = Self::new(key, 0, dialog, None);
        session.remote = core.remote_of(&request.headers);
        session.learn(&request.headers);
        Some(session)
    }

    fn new(key: CallKey, fork: u32, dialog: Dialog, local: Option<Description>) -> Self {
        Self {
            key,
            fork,
            remote: identity::remote(dialog.remote()),
            dialog,
            negotiation: Negotiation::First,
            moot: 0,
            first_answer: FirstAnswer::Missing,
            unacknowledged: None,
            acks: Acks::default(),
            timer: None,
            update: Update::Unknown,
            local,
            outgoing_refers: OutgoingRefers::default(),
            incoming_refer: IncomingRefer::None,
            shortest: 0,
            last_rseq: None,
            overtaken: None,
        }
    }

    /// What remains when the call is over.
    pub(super) fn into_dialog(self) -> (Dialog, Acks) {
        (self.dialog, self.acks)
    }

    /// Who a request of this session belongs to.
    pub(crate) fn user(&self, task: Task) -> User {
        User::Call(self.key, Purpose::InDialog { fork: self.fork, task })
    }

    /// Remembers what the far end can do.
    pub(super) fn learn(&mut self, headers: &Headers) {
        if headers.list("Allow").any(|method| method == "UPDATE") {
            self.update = Update::Allowed;
        }
    }

    /// What a provisional response of this fork asks for (RFC 3262 section 4): numbers rise by one, within a dialog.
    pub(super) fn reliable_progress(&mut self, response: &Response) -> ReliableProgress {
        let required = response.headers.require().iter().any(|tag| tag == "100rel");
        let (Some(rseq), true, Ok(cseq)) = (response.headers.rseq(), required, response.headers.cseq()) else {
            return ReliableProgress::Plain;
        };
        if self.last_rseq.is_some_and(|last| rseq != last.wrapping_add(1)) {
            return ReliableProgress::Repeated;
        }
        self.last_rseq = Some(rseq);
        ReliableProgress::Confirm(RAck { rseq, cseq: cseq.number, method: cseq.method })
    }

    /// A provisional response brought the answer.
    pub(super) fn early_answer(&mut self, progress: &ReliableProgress) {
        match progress {
            ReliableProgress::Confirm(_) => self.settle(),
            ReliableProgress::Plain | ReliableProgress::Repeated => {
                if self.first_answer == FirstAnswer::Missing {
                    self.first_answer = FirstAnswer::Early;
                }
            }
        }
    }

    /// A provisional response of ours carries our description.
    pub(super) fn say_early(&mut self, description: &Description) {
        self.local = Some(description.clone());
        if self.first_answer == FirstAnswer::Missing {
            self.first_answer = FirstAnswer::Early;
        }
    }

    /// The first offer has its answer for good.
    pub(super) fn settle(&mut self) {
        self.first_answer = FirstAnswer::Settled;
        if let Negotiation::First = self.negotiation {
            self.negotiation = Negotiation::Idle;
        }
    }

    pub(super) fn has_answer(&self) -> bool {
        self.first_answer != FirstAnswer::Missing
    }

    /// Whether a further offer may follow the first one.
    pub(super) fn is_settled(&self) -> bool {
        self.first_answer == FirstAnswer::Settled
    }

    /// Takes the session interval from a 2xx.
    pub(super) fn agree_on_timer(&mut self, core: &Core, headers: &Headers) {
        self.timer = SessionTimer::of_response(core.now, headers, core.config.min_se);
    }

    /// Sends the ACK to a 2xx.
    pub(super) fn acknowledge(&mut self, core: &mut Core, invite: &Request, answer: Option<&Description>) {
        let mut ack = self.dialog.ack(invite);
        if let Some(answer) = answer {
            ack.set_body("application/sdp", answer.expose());
        }
        self.acks.send(core, ack);
    }

    /// A 2xx came again.
    pub(super) fn repeat_ack(&self, core: &mut Core, invite: &Request) {
        self.acks.repeat(core, invite);
    }

    /// The last ACK, or our last 2xx, may have been lost with the old connection.
    pub(super) fn reconnected(&mut self, core: &mut Core) {
        self.acks.repeat_last(core);
        if let Some(unacknowledged) = &self.unacknowledged {
            unacknowledged.repeat(core);
        }
    }

    /// Whether our 2xx still waits for its ACK.
    pub(super) fn awaits_ack(&self) -> bool {
        self.unacknowledged.is_some()
    }

    /// Takes a response to a request in this dialog.
    pub(super) fn answered(&mut self, core: &mut Core, task: Task, answered: &Answered) -> Fate {
        let response = &answered.response;
        if response.is_provisional() {
            return Fate::Lives;
        }
        if let 401 | 407 = response.code {
            let number = self.dialog.next_number();
            match core.authorise(self.user(task), answered, number) {
                Ok(transaction) => {
                    self.renumbered(task, number, transaction);
                    return Fate::Lives;
                }
                Err(refusal) => tracing::debug!(?refusal, "a challenge in a call is not answered"),
            }
        }
        match task {
            Task::Prack => Fate::Lives,
            Task::Offer => self.offer_answered(core, answered),
            Task::Refresh => self.refreshed(core, response, Wish::Timer),
            Task::Renew => self.refreshed(core, response, Wish::Connection),
            Task::Ask => Fate::of_response(response),
            Task::Info => {
                core.tell(self.key, CallEvent::InfoAnswered { code: response.code });
                Fate::of_response(response)
            }
            Task::Refer => {
                self.refer_answered(core, response);
                // RFC 5057 section 4.3: it is no request of the call's, and some answer so when it is the call to be replaced that
                // they do not have. Whether this one is there is asked for.
                if response.code == 481 {
                    self.refresh(core, Wish::Timer);
                }
                Fate::Lives
            }
            Task::Notify | Task::Withdraw => Fate::Lives,
        }
    }

    /// Takes a request in this dialog.
    pub(super) fn receive(&mut self, core: &mut Core, id: ServerId, request: &Request) -> Fate {
        if !self.dialog.accept_number(request) {
            // RFC 3261 12.2.2.
            core.reply(id, 500);
            return Fate::Lives;
        }
        let unknown = Core::unknown_required(request);
        if !unknown.is_empty() {
            core.reply_with(id, 420, &[("Unsupported", &unknown.join(", "))]);
            return Fate::Lives;
        }
        self.learn(&request.headers);
        match &request.method {
            Method::Bye => {
                core.reply(id, 200);
                return Fate::Hung { code: compose::reason_code(&request.headers) };
            }
            Method::Invite | Method::Update => self.offered(core, id, request),
            Method::Info => self.receive_info(core, id, request),
            Method::Message if core.config.form.takes_messages => core.reply(id, 200),
            Method::Refer => self.referred(core, id, request),
            Method::Notify => self.notified(core, id, request),
            Method::Options => {
                let supported = core.supported();
                core.reply_with(id, 200, &[("Allow", ALLOW), ("Accept", ACCEPT), ("Supported", &supported)]);
            }
            Method::Prack => self.confirmed(core, id, request),
            Method::Other(_) => core.reply_with(id, 501, &[("Allow", ALLOW)]),
            Method::Ack | Method::Cancel | Method::Register | Method::Subscribe | Method::Message | Method::Publish => {
                core.reply_with(id, 405, &[("Allow", ALLOW)]);
            }
        }
        Fate::Lives
    }

    /// Tells when the far end goes by another name than before.
    pub(super) fn notice_remote(&mut self, core: &mut Core, asserted: Option<Remote>) {
        if let Some(remote) = asserted
            && remote != self.remote
        {
            self.remote = remote.clone();
            core.tell(self.key, CallEvent::RemoteChanged { remote });
        }
    }

    fn receive_info(&mut self, core: &mut Core, id: ServerId, request: &Request) {
        const DIGITS: [&str; 2] = ["application/dtmf-relay", "application/dtmf"];
        let content_type = request.headers.content_type().unwrap_or_default();
        let is_digit = DIGITS.contains(&content_type.as_str());
        // Without a body it asks whether we are still there (RFC 2976 section 2.2).
        if request.body.is_empty() || (!is_digit && core.config.form.takes_messages) {
            return core.reply(id, 200);
        }
        if !is_digit {
            return core.reply_with(id, 415, &[("Accept", "application/dtmf-relay, application/dtmf")]);
        }
        core.reply(id, 200);
        let body = String::from_utf8_lossy(&request.body).into_owned().into();
        core.tell(self.key, CallEvent::Info { content_type, body });
    }

    /// Sends INFO. Whoever wants an order among several waits for each answer.
    pub(crate) fn info(&mut self, core: &mut Core, content_type: &str, body: &Personal) {
        let mut info = self.dialog.request(Method::Info);
        info.set_body(content_type, body.expose());
        if core.request(self.user(Task::Info), info).is_none() {
            core.tell(self.key, CallEvent::InfoAnswered { code: 503 });
        }
    }

    fn refreshed(&mut self, core: &mut Core, response: &Response, wish: Wish) -> Fate {
        match response.code {
            200..=299 => {
                self.learn(&response.headers);
                self.dialog.refresh_target(&response.headers);
                self.agree_on_timer(core, &response.headers);
                Fate::Lives
            }
            422 if self.lengthen(&response.headers) => {
                self.refresh(core, wish);
                Fate::Lives
            }
            405 | 501 => {
                self.update = Update::Unknown;
                self.refresh(core, wish);
                Fate::Lives
            }
            _ => match wish {
                Wish::Timer => self.refresh_failed(core, response),
                Wish::User | Wish::Connection => Fate::of_response(response),
            },
        }
    }

    /// RFC 4028 section 10: 408 and 481 say that there is no session; anything else is worth another try, and so is what may not
    /// have been heard for want of a connection.
    pub(super) fn refresh_failed(&mut self, core: &Core, response: &Response) -> Fate {
        // What every response repeats of the request is missing where there was none.
        let was_heard = !response.headers.is_empty() || core.has_listened();
        match response.code {
            408 if was_heard => Fate::vanished(),
            481 => Fate::forgotten(),
            _ => {
                if let Some(timer) = &mut self.timer {
                    timer.postpone(core.now, Duration::from_secs(5));
                }
                Fate::Lives
            }
        }
    }

    /// A proxy on the way, or the far end itself, may know us by a connection that is gone. A request of ours tells it the new
    /// one (RFC 3261 12.2, RFC 3311); what is under way, or waits, does so by itself.
    pub(super) fn renew(&mut self, core: &mut Core) {
        if let (Negotiation::Idle, None, FirstAnswer::Settled) = (&self.negotiation, &self.unacknowledged, self.first_answer) {
            self.refresh(core, Wish::Connection);
        }
    }

    /// Tells the way to us in a dialog that has no session yet.
    pub(super) fn tell_way(&mut self, core: &mut Core) {
        let mut update = self.dialog.request(Method::Update);
        core.describe_us(&mut update.headers);
        core.request(self.user(Task::Ask), update);
    }

    fn refresh(&mut self, core: &mut Core, wish: Wish) {
        if let Some(timer) = &mut self.timer {
            timer.postpone(core.now, REFRESH_AGAIN_AFTER);
        }
        match (self.update, self.local.clone()) {
            (Update::Unknown, Some(local)) => {
                if !self.offer_again(core, local, wish)
                    && let Some(timer) = &mut self.timer
                {
                    timer.postpone(core.now, REFRESH_WHEN_FREE);
                }
            }
            (Update::Allowed, _) | (Update::Unknown, None) => {
                let mut update = self.dialog.request(Method::Update);
                core.describe_us(&mut update.headers);
                self.ask_for_timer(core, &mut update.headers);
                let task = match wish {
                    Wish::Connection => Task::Renew,
                    Wish::User | Wish::Timer => Task::Refresh,
                };
                core.request(self.user(task), update);
            }
        }
    }

    /// Asks for the session interval that is in force, or the one we would like.
    pub(super) fn ask_for_timer(&self, core: &Core, headers: &mut Headers) {
        let mut wanted = match (&self.timer, core.config.session_expires) {
            (Some(timer), _) => timer.session_expires(),
            (None, Some(seconds)) => SessionExpires { seconds, refresher: None },
            (None, None) => return,
        };
        wanted.seconds = wanted.seconds.max(self.shortest);
        headers.set("Session-Expires", wanted);
        headers.set("Min-SE", core.config.min_se.max(self.shortest));
        // RFC 4028 section 7.4: who refreshes says that he knows timers, though he does not offer them.
        let mut supported = headers.supported();
        if !supported.iter().any(|tag| tag == "timer") {
            supported.push("timer".to_owned());
            headers.set("Supported", supported.join(", "));
        }
    }

    /// Takes over the interval a 422 asks for; whether it is longer than what we knew, so that another try may help.
    pub(super) fn lengthen(&mut self, headers: &Headers) -> bool {
        match headers.min_se().filter(|shortest| *shortest > self.shortest) {
            Some(shortest) => {
                self.shortest = shortest;
                true
            }
            None => false,
        }
    }

    /// Lets the time pass.
    pub(super) fn tick(&mut self, core: &mut Core) -> Fate {
        if let fate @ Fate::Ends { .. } = self.tick_unacknowledged(core) {
            return fate;
        }
        self.tick_negotiation(core);
        match self.timer.map_or(Due::Nothing, |timer| timer.due(core.now)) {
            Due::Nothing => Fate::Lives,
            Due::Refresh => {
                self.refresh(core, Wish::Timer);
                Fate::Lives
            }
            Due::End => Fate::vanished(),
        }
    }

    /// Repeats our 2xx until its ACK; ends the call when none comes (RFC 3261 13.3.1.4).
    pub(super) fn tick_unacknowledged(&mut self, core: &mut Core) -> Fate {
        let overdue = self.unacknowledged.as_mut().map_or(Overdue::No, |unacknowledged| unacknowledged.tick(core));
        match overdue {
            Overdue::No => Fate::Lives,
            Overdue::GiveUp => {
                self.unacknowledged = None;
                let end = CallEnd::Failed { fault: LineFault::AnswerNotConfirmed };
                Fate::Ends { end, reason: "SIP;cause=408;text=\"ACK missing\"" }
            }
        }
    }

    pub(super) fn unacknowledged_deadline(&self) -> Option<Instant> {
        self.unacknowledged.as_ref().map(Unacknowledged::deadline)
    }

    /// When `tick` is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let timer = self.timer.as_ref().map(SessionTimer::deadline);
        earlier(earlier(self.unacknowledged_deadline(), timer), self.early_deadline())
    }

    /// When `tick_negotiation` is due; all that can be due before the answer.
    pub(super) fn early_deadline(&self) -> Option<Instant> {
        self.negotiation.deadline()
    }

    /// Whether we chose the Call-ID, which decides who waits longer after a crossing (RFC 3261 14.1).
    pub(super) fn is_ours(&self) -> bool {
        matches!(self.key, LineCall::Dialled(_))
    }

    /// The call ends: what the far end still waits for is answered.
    pub(super) fn abandon(&mut self, core: &mut Core) {
        match std::mem::replace(&mut self.negotiation, Negotiation::Idle) {
            Negotiation::Answering { transaction, .. } => core.reply(transaction, 487),
            Negotiation::AckDue { invite } => self.acknowledge(core, &invite, None),
            Negotiation::First
            | Negotiation::Idle
            | Negotiation::Offering { wish: Wish::User | Wish::Timer | Wish::Connection, .. }
            | Negotiation::Waiting { .. } => {}
        }
        self.drop_refer(core);
    }
}
