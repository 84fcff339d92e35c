//! Calls on the wire (RFC 3261 sections 13 to 15): from the first INVITE until nothing of them is awaited any more.
//!
//! A call is in one of five states, each of which owns what it needs:
//! [`Dialling`] (our INVITE, one early dialog per fork), [`Ringing`] (their INVITE), talking (one confirmed [`Session`]),
//! parting (over for the user, but our 2xx must be acknowledged before the BYE may leave) and closing (over for the
//! user; CANCEL, BYE or late forks are being tidied up).

mod closing;
mod dialling;
mod fate;
mod negotiation;
mod received;
mod reliable;
mod replaces;
mod ringing;
mod session;
mod unacknowledged;

use model::Instant;

use crate::{
    Reason,
    invite::{
        closing::{Closing, Discarded},
        dialling::Dialling,
        fate::Fate,
        ringing::Ringing,
    },
    user_agent::{CallEnd, CallEvent, CallKey, Core, Description, ExtraHeaders, Invite},
};

pub(crate) use negotiation::Reinvitation;
pub(crate) use ringing::{Arrival, Provisional, Rejection};
pub(crate) use session::Session;

/// What a request of a call is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The first INVITE.
    Invite,
    /// Its CANCEL.
    Cancel,
    /// A request in the dialog of one fork.
    InDialog { fork: u32, task: Task },
    /// The BYE of a dialog that is not, or no longer, wanted.
    Discard { number: u32 },
}

/// What a request in a dialog is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Confirms a reliable provisional response.
    Prack,
    /// Offers a changed session, by re-INVITE or UPDATE.
    Offer,
    /// The CANCEL of a re-INVITE.
    Withdraw,
    /// Keeps the session alive by an UPDATE without offer.
    Refresh,
    /// The same, to tell the way to us after a new connection.
    Renew,
    /// Asks a caller whether he still calls, and tells him the way after a new connection.
    Ask,
    /// INFO.
    Info,
    /// REFER.
    Refer,
    /// NOTIFY about a transfer.
    Notify,
}

/// A call on the wire.
#[derive(Debug)]
pub(crate) struct Call {
    key: CallKey,
    state: State,
    /// Dialogs that are being ended: forks that answered too late, and the one of a call that is over.
    discarded: Vec<Discarded>,
    next_discarded: u32,
}

#[derive(Debug)]
enum State {
    Dialling(Box<Dialling>),
    Ringing(Box<Ringing>),
    Talking(Box<Session>),
    Parting { session: Box<Session>, reason: String },
    Closing(Closing),
}

/// Most dialogs of one call that are being ended.
const MAX_DISCARDED: usize = 16;

impl Call {
    /// Sends the first INVITE.
    pub fn dial(core: &mut Core, invite: Invite) -> Result<Self, CallEnd> {
        let key = invite.call;
        let dialling = Dialling::start(core, invite)?;
        Ok(Self::new(key, State::Dialling(Box::new(dialling))))
    }

    /// Takes an INVITE that has passed the checks before ringing.
    pub fn receive(core: &mut Core, key: CallKey, arrival: Arrival) -> Option<Self> {
        let ringing = Ringing::start(core, key, arrival)?;
        Some(Self::new(key, State::Ringing(Box::new(ringing))))
    }

    fn new(key: CallKey, state: State) -> Self {
        Self { key, state, discarded: Vec::new(), next_discarded: 0 }
    }

    /// Its name.
    pub fn key(&self) -> CallKey {
        self.key
    }

    /// Its Call-ID, as long as anything of it is left.
    pub fn call_id(&self) -> Option<&str> {
        match &self.state {
            State::Dialling(dialling) => dialling.call_id(),
            State::Ringing(ringing) => Some(ringing.session.dialog.call_id()),
            State::Talking(session) | State::Parting { session, .. } => Some(session.dialog.call_id()),
            State::Closing(_) => self.discarded.first().map(|one| one.dialog.call_id()),
        }
    }

    /// The confirmed dialog's session.
    pub fn talking(&mut self) -> Option<&mut Session> {
        match &mut self.state {
            State::Talking(session) => Some(session),
            State::Dialling(_) | State::Ringing(_) | State::Parting { .. } | State::Closing(_) => None,
        }
    }

    /// Rings, tells progress.
    pub fn progress(&mut self, core: &mut Core, provisional: Provisional) {
        if let State::Ringing(ringing) = &mut self.state {
            ringing.progress(core, provisional);
        }
    }

    /// Answers.
    pub fn accept(&mut self, core: &mut Core, description: Option<Description>, headers: ExtraHeaders) {
        if let State::Ringing(ringing) = &mut self.state
            && ringing.accept(core, description, headers)
        {
            self.answered(core);
        }
    }

    /// A 2xx has left: from now on there is a session.
    fn answered(&mut self, core: &Core) {
        let state = std::mem::replace(&mut self.state, State::Closing(Closing::winding(core)));
        self.state = match state {
            State::Ringing(ringing) => State::Talking(Box::new(ringing.session)),
            state @ (State::Dialling(_) | State::Talking(_) | State::Parting { .. } | State::Closing(_)) => state,
        };
    }

    /// Refuses. What is answered already is ended for the same reason, in the words that Aculab's clients have for it.
    pub fn reject(&mut self, core: &mut Core, rejection: &Rejection) {
        match &mut self.state {
            State::Ringing(ringing) => {
                ringing.reject(core, rejection);
                self.end(core, CallEnd::Local);
            }
            State::Talking(_) => {
                let text = if rejection.text.is_empty() { "Rejected" } else { &rejection.text };
                self.hang_up(core, &Reason::sip(rejection.code, text).to_string());
            }
            State::Dialling(_) | State::Parting { .. } | State::Closing(_) => {}
        }
    }

    /// Ends the call in whatever state it is.
    pub fn hang_up(&mut self, core: &mut Core, reason: &str) {
        match &mut self.state {
            State::Dialling(dialling) => {
                let closing = dialling.cancel(core, reason);
                core.tell(self.key, CallEvent::Ended(CallEnd::Local));
                self.state = State::Closing(closing);
            }
            State::Ringing(ringing) => {
                ringing.reject(core, &Rejection { code: 480, ..Rejection::default() });
                self.end(core, CallEnd::Local);
            }
            State::Talking(session) if session.awaits_ack() => {
                core.tell(self.key, CallEvent::Ended(CallEnd::Local));
                session.abandon(core);
                let state = std::mem::replace(&mut self.state, State::Closing(Closing::winding(core)));
                if let State::Talking(session) = state {
                    self.state = State::Parting { session, reason: reason.to_owned() };
                }
            }
            State::Talking(_) => self.part(core, CallEnd::Local, reason),
            State::Parting { .. } | State::Closing(_) => {}
        }
    }

    /// Gives up an INVITE that nobody has answered, without a word.
    pub fn abandon(&mut self, core: &mut Core) {
        if let State::Dialling(dialling) = &mut self.state {
            let end = dialling.abandon(core);
            self.end(core, end);
        }
    }

    /// Ends a confirmed session from our side: BYE, and the user is told.
    fn part(&mut self, core: &mut Core, end: CallEnd, reason: &str) {
        let state = std::mem::replace(&mut self.state, State::Closing(Closing::winding(core)));
        match state {
            State::Talking(mut session) => {
                session.abandon(core);
                self.discard(core, *session, reason);
                core.tell(self.key, CallEvent::Ended(end));
            }
            State::Parting { session, .. } => self.discard(core, *session, reason),
            State::Dialling(_) | State::Ringing(_) | State::Closing(_) => {}
        }
    }

    /// The user is told that it is over; nothing has to be said on the wire any more.
    fn end(&mut self, core: &mut Core, end: CallEnd) {
        self.state = State::Closing(Closing::winding(core));
        core.tell(self.key, CallEvent::Ended(end));
    }

    /// Sends BYE in a dialog and keeps it until that is answered.
    fn discard(&mut self, core: &mut Core, session: Session, reason: &str) {
        let key = self.key;
        self.remember(session).bye(core, key, reason);
    }

    /// Keeps a dialog that is over for what may still come of it.
    fn remember(&mut self, session: Session) -> &mut Discarded {
        self.next_discarded += 1;
        self.discarded.push_mut(Discarded::of(session, self.next_discarded))
    }

    /// Offers a changed session.
    pub fn reoffer(&mut self, core: &mut Core, reinvitation: Reinvitation) {
        match &mut self.state {
            State::Dialling(dialling) => dialling.reoffer(core, reinvitation),
            State::Ringing(ringing) => ringing.session.reoffer(core, reinvitation),
            State::Talking(session) => session.reoffer(core, reinvitation),
            State::Parting { .. } | State::Closing(_) => {}
        }
    }

    /// Answers or refuses the far end's changed offer.
    pub fn answer_reoffer(&mut self, core: &mut Core, answer: Result<Description, u16>) {
        match &mut self.state {
            State::Dialling(dialling) => dialling.answer_reoffer(core, answer),
            State::Ringing(ringing) => ringing.session.answer_reoffer(core, answer),
            State::Talking(session) => session.answer_reoffer(core, answer),
            State::Parting { .. } | State::Closing(_) => {}
        }
    }

    /// What a session said about its own future.
    fn suffer(&mut self, core: &mut Core, fate: Fate) {
        let Fate::Ends { end, reason } = fate else { return };
        match &self.state {
            State::Talking(_) | State::Parting { .. } => self.part(core, end, reason),
            // An early dialog alone is not worth the call: the INVITE decides.
            State::Dialling(_) | State::Ringing(_) | State::Closing(_) => {}
        }
    }

    fn step(&mut self, core: &mut Core, step: ringing::Step) {
        match step {
            ringing::Step::Rings => {}
            ringing::Step::Answered => self.answered(core),
            ringing::Step::Over(end) => self.end(core, end),
        }
    }

    /// Sends the ACK that waited for our answer.
    pub fn ack_answer(&mut self, core: &mut Core, answer: &Description) {
        if let State::Talking(session) = &mut self.state {
            session.ack_answer(core, answer);
        }
    }

    /// Lets the time pass.
    pub fn tick(&mut self, core: &mut Core) {
        match &mut self.state {
            State::Dialling(dialling) => {
                if let Some(closing) = dialling.tick(core) {
                    let text = "nobody answered in time".into();
                    let end = CallEnd::Refused { code: 408, text, moved_to: Vec::new(), retry_after: None };
                    core.tell(self.key, CallEvent::Ended(end));
                    self.state = State::Closing(closing);
                }
            }
            State::Ringing(ringing) => {
                let step = ringing.tick(core);
                self.step(core, step);
            }
            State::Talking(session) => {
                let fate = session.tick(core);
                self.suffer(core, fate);
            }
            State::Parting { session, reason } => {
                if let Fate::Ends { .. } = session.tick_unacknowledged(core) {
                    let reason = std::mem::take(reason);
                    self.part(core, CallEnd::Local, &reason);
                }
            }
            State::Closing(closing) => {
                if closing.tick(core) {
                    core.transactions.forget_all(|owner| owner.user.is_of(self.key));
                }
            }
        }
    }

    /// When `tick` is due.
    pub fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Dialling(dialling) => dialling.deadline(),
            State::Ringing(ringing) => ringing.deadline(),
            State::Talking(session) => session.deadline(),
            State::Parting { session, .. } => session.unacknowledged_deadline(),
            State::Closing(closing) => Some(closing.deadline()),
        }
    }

    /// A new connection: the last ACK may have been lost with the old one.
    pub fn reconnected(&mut self, core: &mut Core) {
        if let State::Talking(session) | State::Parting { session, .. } = &mut self.state {
            session.reconnected(core);
        }
    }

    /// The server knows us over this connection: the far end is told, too.
    pub fn renew(&mut self, core: &mut Core) {
        match &mut self.state {
            State::Talking(session) => session.renew(core),
            State::Ringing(ringing) => ringing.ask_caller(core),
            State::Dialling(_) | State::Parting { .. } | State::Closing(_) => {}
        }
    }

    /// Whether all that is left of it is a watch for late or repeated responses.
    pub fn is_settled(&self) -> bool {
        matches!(self.state, State::Closing(Closing::Winding { .. }))
    }

    /// Whether nothing of it is awaited any more.
    pub fn is_over(&self, core: &Core) -> bool {
        match &self.state {
            State::Closing(Closing::Winding { .. }) => !core.transactions.any_of(|owner| owner.user.is_of(self.key)),
            State::Closing(Closing::Cancelling(_))
            | State::Dialling(_)
            | State::Ringing(_)
            | State::Talking(_)
            | State::Parting { .. } => false,
        }
    }
}
