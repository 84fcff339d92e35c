//! Calls between two registered users: two dialogs, one conversation, media end to end.

use std::collections::BTreeMap;

use sip::{CallEnd, CallEvent, Command, ExtraHeaders, ReferSubscription, Reliability};

use crate::{core::CallRef, link::LinkId};

/// Headers of an INVITE that the other side gets too; the rest belongs to one hop.
const PASSED_ON: [&str; 6] = ["Alert-Info", "Call-Info", "Diversion", "Subject", "Answer-Mode", "Priority"];

/// Pairs of calls.
#[derive(Debug, Default)]
pub(crate) struct Bridges(BTreeMap<CallRef, CallRef>);

impl Bridges {
    /// Joins two calls: what happens to one is done to the other.
    pub(crate) fn join(&mut self, caller: CallRef, callee: CallRef) {
        self.0.insert(caller, callee);
        self.0.insert(callee, caller);
    }

    /// The other side of a call.
    pub(crate) fn other(&self, call: CallRef) -> Option<CallRef> {
        self.0.get(&call).copied()
    }

    /// The headers of a caller's INVITE that the called gets to see.
    pub(crate) fn passed_on(headers: ExtraHeaders) -> ExtraHeaders {
        let is_passed = |name: &str| {
            name.to_ascii_lowercase().starts_with("x-") || PASSED_ON.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        headers.into_iter().filter(|(name, _)| is_passed(name)).collect()
    }

    /// A connection is gone; the calls whose other side was there.
    pub(crate) fn drop_link(&mut self, link: LinkId) -> Vec<CallRef> {
        let left: Vec<CallRef> = self.0.iter().filter(|((of, _), _)| *of == link).map(|(_, other)| *other).collect();
        self.0.retain(|(of, _), (other, _)| *of != link && *other != link);
        left
    }

    /// What an event of one call means for the other: where, and what to do there.
    pub(crate) fn relay(&mut self, from: CallRef, event: CallEvent) -> Option<(LinkId, Command)> {
        let (link, call) = *self.0.get(&from)?;
        let command = match event {
            CallEvent::Progress { code: 180, answer: None, .. } => Command::Ring { call },
            CallEvent::Progress { code, answer, .. } => {
                Command::Progress { call, code, description: answer, reliable: Reliability::Plain }
            }
            CallEvent::Answered { answer, .. } => Command::Accept { call, description: answer },
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
                self.0.remove(&(link, call));
                match end {
                    CallEnd::Refused { code, text, .. } => Command::Reject { call, code, text, headers: Vec::new() },
                    CallEnd::Failed { .. } => Command::HangUp { call, reason: String::new() },
                    CallEnd::Local | CallEnd::Bye { .. } | CallEnd::Cancelled { .. } => {
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
            | CallEvent::RemoteChanged { .. }
            | CallEvent::InfoAnswered { .. } => return None,
        };
        Some((link, command))
    }
}
