//! Reliable provisional responses of ours (RFC 3262 section 3): one at a time, repeated until its PRACK.

use std::collections::VecDeque;

use model::Instant;

use super::{Provisional, Session};
use crate::{
    Headers, Request,
    transaction::{Repeat, ServerId},
    user_agent::Core,
};

/// Most provisional responses that wait for an earlier one's PRACK.
const MAX_QUEUED: usize = 8;

/// What the caller can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Support {
    /// No PRACK.
    None,
    /// PRACK where we want it.
    Offered,
    /// Each response but 100 has to be confirmed.
    Required,
}

impl Support {
    pub fn of(headers: &Headers) -> Self {
        let named = |tags: Vec<String>| tags.iter().any(|tag| tag == "100rel");
        match (named(headers.require()), named(headers.supported())) {
            (true, _) => Self::Required,
            (false, true) => Self::Offered,
            (false, false) => Self::None,
        }
    }
}

impl Session {
    /// A PRACK in an answered call, for what our answer has overtaken (RFC 3262 section 3 has us take it).
    pub(super) fn confirmed(&mut self, core: &mut Core, id: ServerId, prack: &Request) {
        let Ok(rack) = prack.headers.rack() else { return core.reply(id, 400) };
        match self.overtaken.take_if(|overtaken| *overtaken == rack) {
            None => core.reply(id, 481),
            Some(_) if prack.session_description().is_some() => self.offered(core, id, prack),
            Some(_) => core.reply(id, 200),
        }
    }
}

/// The reliable provisional responses to one INVITE.
#[derive(Debug)]
pub(super) struct Reliable {
    number: u32,
    outstanding: Option<Outstanding>,
    queued: VecDeque<Provisional>,
}

/// One that waits for its PRACK.
#[derive(Debug)]
pub(super) struct Outstanding {
    rseq: u32,
    response: Vec<u8>,
    body: Body,
    repeat: Repeat,
    give_up_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    None,
    Description,
}

impl Outstanding {
    pub fn has_description(&self) -> bool {
        self.body == Body::Description
    }
}

impl Reliable {
    /// `first` is the number before the first; RFC 3262 section 3 wants it random.
    pub fn new(first: u32) -> Self {
        Self { number: first, outstanding: None, queued: VecDeque::new() }
    }

    /// Takes a response that may have to wait; gives it back when it may leave now.
    pub fn queue(&mut self, provisional: Provisional) -> Option<Provisional> {
        if self.outstanding.is_none() {
            return Some(provisional);
        }
        if self.queued.len() < MAX_QUEUED {
            self.queued.push_back(provisional);
        }
        None
    }

    pub fn next_queued(&mut self) -> Option<Provisional> {
        self.queued.pop_front()
    }

    pub fn next_number(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    pub fn sent(&mut self, core: &Core, rseq: u32, response: Vec<u8>, provisional: &Provisional) {
        let timers = core.transactions.timers();
        let body = if provisional.description.is_some() { Body::Description } else { Body::None };
        // RFC 3262 section 3: doubled without a longest pause.
        let repeat = Repeat::start(core.now, timers.t1, timers.life());
        self.outstanding = Some(Outstanding { rseq, response, body, repeat, give_up_at: core.now + timers.life() });
    }

    pub fn outstanding(&self) -> Option<&Outstanding> {
        self.outstanding.as_ref()
    }

    /// A PRACK for that number came; `None` when none waits for it.
    pub fn confirm(&mut self, rseq: u32) -> Option<Outstanding> {
        self.outstanding.take_if(|outstanding| outstanding.rseq == rseq)
    }

    /// Repeats what has no PRACK yet; `true` when it is too late for one.
    pub fn tick(&mut self, core: &mut Core) -> bool {
        let Some(outstanding) = &mut self.outstanding else { return false };
        if core.now >= outstanding.give_up_at {
            return true;
        }
        if outstanding.repeat.is_due(core.now) {
            core.transactions.send(outstanding.response.clone());
        }
        false
    }

    /// The call is answered: what has no PRACK yet is not repeated any more, and the PRACK may still come. Its number.
    pub fn overtaken(&mut self) -> Option<u32> {
        self.outstanding.take().map(|outstanding| outstanding.rseq)
    }

    pub fn deadline(&self) -> Option<Instant> {
        let outstanding = self.outstanding.as_ref()?;
        Some(outstanding.repeat.at().min(outstanding.give_up_at))
    }
}
