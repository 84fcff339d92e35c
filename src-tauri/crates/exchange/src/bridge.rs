//! Calls between two registered users: two dialogs, one conversation, media end to end.

use std::collections::BTreeMap;

use model::LineCall;
use sip::{CallEnd, CallEvent, Command, ExtraHeaders, Reason, ReferSubscription, Reliability, reason_phrase};

/// Headers of an INVITE that the other side gets too; the rest belongs to one hop.
const PASSED_ON: [&str; 6] = ["Alert-Info", "Call-Info", "Diversion", "Subject", "Answer-Mode", "Priority"];

/// Pairs of calls. `A` names the user agent that has one.
#[derive(Debug)]
pub struct Bridges<A>(BTreeMap<(A, LineCall), (A, LineCall)>);

impl<A> Default for Bridges<A> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<A: Copy + Ord> Bridges<A> {
    /// Joins two calls: what happens to one is done to the other.
    pub fn join(&mut self, caller: (A, LineCall), callee: (A, LineCall)) {
        self.0.insert(caller, callee);
        self.0.insert(callee, caller);
    }

    /// The other side of a call.
    pub fn other(&self, call: (A, LineCall)) -> Option<(A, LineCall)> {
        self.0.get(&call).copied()
    }

    /// User agents are gone; the calls whose other side they had.
    pub fn drop_agents(&mut self, is_gone: impl Fn(A) -> bool) -> Vec<(A, LineCall)> {
        let others = self.0.iter().filter(|((of, _), (other, _))| is_gone(*of) && !is_gone(*other));
        let left: Vec<(A, LineCall)> = others.map(|(_, other)| *other).collect();
        self.0.retain(|(of, _), (other, _)| !is_gone(*of) && !is_gone(*other));
        left
    }

    /// What an event of one call means for the other: where, and what to do there.
    pub fn relay(&mut self, from: (A, LineCall), event: CallEvent) -> Option<(A, Command)> {
        let (agent, call) = *self.0.get(&from)?;
        let command = match event {
            CallEvent::Progress { code: 180, answer: None, .. } => Command::Ring { call },
            CallEvent::Progress { code, answer, .. } => {
                Command::Progress { call, code, description: answer, reliable: Reliability::Plain }
            }
            CallEvent::Answered { answer, .. } => Command::Accept { call, description: answer, headers: Vec::new() },
            CallEvent::Confirmed { answer: Some(answer) } | CallEvent::ReofferConfirmed { answer: Some(answer) } => {
                Command::AckAnswer { call, answer }
            }
            CallEvent::Reoffered { offer, .. } => Command::Reoffer { call, offer },
            CallEvent::ReofferAnswered { answer } => Command::AnswerReoffer { call, description: answer },
            CallEvent::ReofferRefused { code, .. } => Command::RefuseReoffer { call, code },
            CallEvent::Info { content_type, body } => Command::Info { call, content_type, body },
            CallEvent::Referred { target, .. } => Command::Refer { call, target: *target, replaces: None },
            CallEvent::ReferAnswered { code: 200..=299, .. } => Command::AcceptRefer { call },
            CallEvent::ReferAnswered { code, .. } => Command::RefuseRefer { call, code },
            CallEvent::ReferProgress { code, text, last } => {
                // A subscription that ends without a final code never told how it went.
                let code = if last == ReferSubscription::Terminated && code < 200 { 500 } else { code };
                Command::NotifyRefer { call, code, text }
            }
            CallEvent::Ended(end) => {
                self.0.remove(&from);
                self.0.remove(&(agent, call));
                match end {
                    CallEnd::Refused { code, text, .. } => Command::Reject { call, code, text, headers: Vec::new() },
                    CallEnd::Unanswered => {
                        Command::Reject { call, code: 408, text: reason_phrase(408).to_owned(), headers: Vec::new() }
                    }
                    // Why it was hung up concerns the other end too (RFC 3326).
                    CallEnd::Bye { code: Some(code) } => {
                        Command::HangUp { call, reason: Reason::sip(code, reason_phrase(code)).to_string() }
                    }
                    CallEnd::Local | CallEnd::Bye { code: None } | CallEnd::Cancelled { .. } | CallEnd::Failed { .. } => {
                        Command::HangUp { call, reason: String::new() }
                    }
                }
            }
            CallEvent::Sent { .. }
            | CallEvent::Incoming(_)
            | CallEvent::EarlyAnswer { .. }
            | CallEvent::Confirmed { answer: None }
            | CallEvent::ReofferConfirmed { answer: None }
            | CallEvent::ReofferWithdrawn
            | CallEvent::Refreshed { .. }
            | CallEvent::RemoteChanged { .. }
            | CallEvent::InfoAnswered { .. } => return None,
        };
        Some((agent, command))
    }
}

/// The headers of a caller's INVITE that the called gets to see.
pub fn passed_on(headers: ExtraHeaders) -> ExtraHeaders {
    let is_passed = |name: &str| {
        name.to_ascii_lowercase().starts_with("x-") || PASSED_ON.iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    headers.into_iter().filter(|(name, _)| is_passed(name)).collect()
}
