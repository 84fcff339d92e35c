//! Orders from a server in front of the exchange, which has its users called and connects whom they talk to: what an XUC does
//! with the Asterisk behind it.

use std::collections::BTreeMap;

use calls::io::Description;
use model::{Instant, LineCall, Personal};
use sip::{CallEvent, Command, ExtraHeaders, Invite, NameAddr, Uri};
use tokio::sync::mpsc;

use crate::{
    core::{CallRef, Core, DOMAIN},
    number::Number,
};

/// Orders that may wait.
pub(crate) const WAITING: usize = 64;

/// Gives orders to an exchange. Clones lead to the same one.
#[derive(Clone, Debug)]
pub struct Operator(mpsc::Sender<Order>);

impl Operator {
    /// The one, and the queue of its orders.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Order>) {
        let (orders, queue) = mpsc::channel(WAITING);
        (Self(orders), queue)
    }

    /// Gives an order; one too many at a time is lost, as is one to an exchange that has ended.
    pub fn give(&self, order: Order) {
        if self.0.try_send(order).is_err() {
            tracing::warn!("an order to the exchange was lost");
        }
    }
}

/// What is to be done with the calls of users. They are named by the Call-ID of the leg to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Call a user, who is asked to answer at once, and connect him to a number or another user.
    Call {
        /// The user.
        user: String,
        /// The number, or the other one.
        to: String,
        /// Headers that ask for the answer, `(name, value)`.
        headers: ExtraHeaders,
    },
    /// End a call.
    HangUp {
        /// Which.
        call: Personal,
    },
    /// Connect the far ends of two calls of a user with each other, and end both.
    Connect {
        /// The one.
        one: Personal,
        /// The other.
        other: Personal,
    },
    /// Connect the far end of a call to a number in the place of the user.
    SendOn {
        /// Which.
        call: Personal,
        /// Where to.
        to: String,
    },
}

/// Calls by their Call-IDs, and those that were ordered and are not connected yet.
#[derive(Debug, Default)]
pub(crate) struct Ordered {
    call_ids: BTreeMap<CallRef, Personal>,
    /// Users that are being called, to be connected to others as soon as they answer.
    calling: BTreeMap<CallRef, String>,
    /// Users that have answered: their ACK waits for the answer of the one they are connected to.
    unacknowledged: BTreeMap<CallRef, CallRef>,
}

impl Core {
    /// Carries out an order. One about a call that is over comes too late, and does nothing.
    pub(crate) fn order(&mut self, now: Instant, order: Order) {
        match order {
            Order::Call { user, to, headers } => self.call_for(now, &user, to, headers),
            Order::HangUp { call } => {
                if let Some(call) = self.call_named(&call) {
                    self.hang_up(now, call);
                }
            }
            Order::Connect { one, other } => {
                if let (Some(one), Some(other)) = (self.call_named(&one), self.call_named(&other)) {
                    self.connect_far_ends(now, one, other);
                }
            }
            Order::SendOn { call, to } => {
                if let Some(call) = self.call_named(&call) {
                    match Number::of_digits(&to) {
                        Some(number) => self.put_in_place(now, call, number),
                        None => tracing::warn!("calls are sent on to numbers only"),
                    }
                }
            }
        }
    }

    /// What an event tells of the names of calls, and of those that were ordered; whether that is all there is to it.
    pub(crate) fn note_order(&mut self, now: Instant, call: CallRef, event: &CallEvent) -> bool {
        match event {
            CallEvent::Sent { sip_call_id } => drop(self.ordered.call_ids.insert(call, sip_call_id.clone())),
            CallEvent::Incoming(incoming) => drop(self.ordered.call_ids.insert(call, incoming.sip_call_id.clone())),
            CallEvent::Ended(_) => {
                self.ordered.call_ids.remove(&call);
                self.ordered.calling.remove(&call);
                self.ordered.unacknowledged.remove(&call);
            }
            CallEvent::Answered { answer: Some(offer), .. } => {
                if let Some(to) = self.ordered.calling.remove(&call) {
                    self.connect_called(now, call, &to, offer.clone());
                    return true;
                }
            }
            _ => {}
        }
        self.ordered.calling.contains_key(&call)
    }

    /// What a bridge would do to a call that was ordered, said in the other direction: it is called, and does not call.
    pub(crate) fn as_ordered(&mut self, call: CallRef, command: Command) -> Option<Command> {
        if !self.ordered.unacknowledged.contains_key(&call) {
            return Some(command);
        }
        match command {
            Command::Ring { .. } | Command::Progress { .. } => None,
            Command::Accept { call: leg, description: Some(answer), .. } => {
                self.ordered.unacknowledged.remove(&call);
                Some(Command::AckAnswer { call: leg, answer })
            }
            Command::Reject { call: leg, .. } => {
                self.ordered.unacknowledged.remove(&call);
                Some(Command::HangUp { call: leg, reason: String::new() })
            }
            other => Some(other),
        }
    }

    fn call_named(&self, call_id: &Personal) -> Option<CallRef> {
        self.ordered.call_ids.iter().find(|(_, known)| *known == call_id).map(|(call, _)| *call)
    }

    /// Numbers call with an offer of their own; for another user, the offer is asked of the one who is called first.
    fn call_for(&mut self, now: Instant, user: &str, to: String, headers: ExtraHeaders) {
        let Some(link) = self.link_of(user) else { return tracing::warn!("who is to be called is not here") };
        let target = Uri::sip(user, DOMAIN);
        if let Some(number) = Number::of_digits(&to) {
            let call = self.call_out(link, number, target);
            if let Some(attendant) = self.attendants.get_mut(&call) {
                attendant.headers = headers;
            }
            return;
        }
        let call = (link, LineCall::Dialled(self.next_number()));
        // Who is called for himself sees whom he is calling.
        let from = Some(NameAddr::new(Uri::sip(&to, DOMAIN)));
        self.ordered.calling.insert(call, to);
        self.command(now, link, Command::Invite(Box::new(Invite { call: call.1, from, target, offer: None, headers })));
    }

    fn connect_called(&mut self, now: Instant, call: CallRef, to: &str, offer: Description) {
        let Some(callee) = self.link_of(to) else { return self.hang_up(now, call) };
        let dialled = LineCall::Dialled(self.next_number());
        self.bridges.join(call, (callee, dialled));
        self.ordered.unacknowledged.insert(call, (callee, dialled));
        let (from, target) = (self.caller(call.0), Uri::sip(to, DOMAIN));
        let invite = Invite { call: dialled, from, target, offer: Some(offer), headers: Vec::new() };
        self.command(now, callee, Command::Invite(Box::new(invite)));
    }

    fn hang_up(&mut self, now: Instant, call: CallRef) {
        if self.attendants.contains_key(&call) {
            return self.hang_up_attended(now, call);
        }
        self.command(now, call.0, Command::HangUp { call: call.1, reason: String::new() });
    }

    /// Two numbers need no call to hear one another; a number takes the user's place at another user.
    fn connect_far_ends(&mut self, now: Instant, one: CallRef, other: CallRef) {
        let number = |call: CallRef, core: &Self| core.attendants.get(&call).map(|attendant| attendant.number);
        match (number(one, self), number(other, self)) {
            (None, Some(to)) => self.put_in_place(now, one, to),
            (Some(to), None) => self.put_in_place(now, other, to),
            (Some(_), Some(_)) => self.hang_up(now, one),
            (None, None) => return tracing::warn!("two users are not connected without their help"),
        }
        for call in [one, other] {
            if self.attendants.contains_key(&call) {
                self.hang_up_attended(now, call);
            }
        }
    }

    /// A number takes the place of a call's user at its far end, whose phone ends the call itself.
    fn put_in_place(&mut self, now: Instant, call: CallRef, number: Number) {
        match self.other_side(call) {
            Ok((link, target)) => {
                self.call_out(link, number, target);
            }
            Err(_) => self.hang_up(now, call),
        }
    }
}
