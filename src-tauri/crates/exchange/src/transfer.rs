//! Transfers: numbers that are sent elsewhere, and callers who take the place of a call (RFC 3515, 3891, 5589).

use std::collections::BTreeMap;

use model::Instant;
use sip::{CallEnd, CallEvent, Command, IncomingCall, Replaces, Uri};

use crate::{
    attendant::Attendant,
    core::{CallRef, Core, DOMAIN, Link},
    link::LinkId,
    number::Number,
};

/// Transfers under way.
#[derive(Debug, Default)]
pub(crate) struct Transfers {
    /// Calls that numbers make because they were asked to, and the calls they were asked in.
    asked_in: BTreeMap<CallRef, CallRef>,
    /// When a number answers that another number was sent to, and the call in which that is told.
    answers: Vec<(Instant, CallRef)>,
}

impl Transfers {
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.answers.iter().map(|(at, _)| *at).min()
    }
}

/// Where a number is sent to.
enum Goal {
    /// Another number.
    Number(Number),
    /// A number that is in a call, which the two end between them.
    Attended(CallRef),
    /// A user.
    User(LinkId, Uri),
}

impl Core {
    /// The call that is to be replaced, on whatever connection, or the status to refuse it with.
    fn named_by(&self, replaces: &Replaces) -> Result<CallRef, u16> {
        let named = |(id, link): (&LinkId, &Link)| Some(link.agent.named_by(replaces)?.map(|call| (*id, call)));
        self.links.iter().find_map(named).unwrap_or(Err(481))
    }

    /// Whom to call to get into the place of one who is connected to `call`.
    pub(crate) fn other_side(&self, call: CallRef) -> Result<(LinkId, Uri), u16> {
        let (link, other) = self.bridges.other(call).ok_or(481_u16)?;
        let found = self.links.get(&link).and_then(|link| Some((link.user.clone()?, link.agent.replaces(other)?)));
        let (user, replaces) = found.ok_or(481_u16)?;
        Ok((link, Uri::sip(&user, DOMAIN).replacing(&replaces)))
    }

    /// A caller who takes the place of another call.
    pub(crate) fn on_replacing(&mut self, now: Instant, call: CallRef, incoming: IncomingCall, replaces: &Replaces) {
        let replaced = match self.named_by(replaces) {
            Ok(replaced) => replaced,
            Err(code) => return self.reject(now, call, code, ""),
        };
        if let Some(number) = self.attendants.get(&replaced).map(|attendant| attendant.number) {
            return self.attend(call, number, incoming.offer, Some(replaced));
        }
        match self.other_side(replaced) {
            Ok((callee, target)) => self.connect(now, call, incoming, callee, target),
            Err(code) => self.reject(now, call, code, ""),
        }
    }

    /// A number is sent elsewhere.
    pub(crate) fn on_referred(&mut self, now: Instant, call: CallRef, target: &Uri) {
        let Some(number) = self.attendants.get(&call).map(|attendant| attendant.number) else { return };
        let goal = self.goal(target);
        self.command(now, call.0, Command::AcceptRefer { call: call.1 });
        match goal {
            Err(code) => self.notify(now, call, code),
            Ok(Goal::Attended(other)) => {
                self.hang_up_attended(now, other);
                self.notify(now, call, 200);
            }
            Ok(Goal::Number(Number::Busy)) => self.notify(now, call, 486),
            Ok(Goal::Number(to)) => {
                // The two of them need no call to hear one another; told is what a call would have been like.
                let wait = Attendant::new(to, self.attendants[&call].media).answers_after();
                self.notify(now, call, 180);
                self.transfers.answers.extend(wait.map(|wait| (now + wait, call)));
            }
            Ok(Goal::User(link, target)) => {
                let new = self.call_out(link, number, target);
                self.transfers.asked_in.insert(new, call);
            }
        }
    }

    fn goal(&self, target: &Uri) -> Result<Goal, u16> {
        if let Some(replaces) = target.replaces().map_err(|_| 400_u16)? {
            let named = self.named_by(&replaces)?;
            if self.attendants.contains_key(&named) {
                return Ok(Goal::Attended(named));
            }
            return self.other_side(named).map(|(link, target)| Goal::User(link, target));
        }
        let dialled = target.user_text();
        match (Number::of_digits(&dialled), self.link_of(&dialled)) {
            (Some(number), _) => Ok(Goal::Number(number)),
            (None, Some(link)) => Ok(Goal::User(link, Uri::sip(&dialled, DOMAIN))),
            (None, None) => Err(404),
        }
    }

    fn notify(&mut self, now: Instant, call: CallRef, code: u16) {
        self.command(now, call.0, Command::NotifyRefer { call: call.1, code, text: String::new() });
    }

    /// Who has sent a number elsewhere is told how its call there gets on.
    pub(crate) fn tell_who_transferred(&mut self, now: Instant, call: CallRef, event: &CallEvent) {
        let Some(asked_in) = self.transfers.asked_in.get(&call).copied() else { return };
        let code = match event {
            CallEvent::Progress { code, .. } => *code,
            CallEvent::Answered { .. } => 200,
            CallEvent::Ended(CallEnd::Refused { code, .. }) => *code,
            CallEvent::Ended(CallEnd::Unanswered) => 408,
            CallEvent::Ended(_) => 500,
            _ => return,
        };
        if code >= 200 {
            self.transfers.asked_in.remove(&call);
        }
        self.notify(now, asked_in, code);
    }

    /// Numbers answer that others were sent to.
    pub(crate) fn transfers_due(&mut self, now: Instant) {
        let answers = std::mem::take(&mut self.transfers.answers);
        let (due, later): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(at, _)| *at <= now);
        self.transfers.answers = later;
        for (_, call) in due {
            self.notify(now, call, 200);
        }
    }
}
