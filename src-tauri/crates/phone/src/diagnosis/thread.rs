//! One call followed through a record: its names in signalling and audio, and everything that concerns it.

use std::{collections::BTreeSet, time::Duration};

use calls::io::{Input, LineEvent, LineRequest, MediaEvent, MediaRequest, Output};
use model::{AccountId, CallId, Direction, Event, Instant, LineCall, MediaId, Personal};

use crate::journal::Entry;

/// What happens this long before a call may be why it went as it did.
const BEFORE: Duration = Duration::from_secs(2);

/// The names of one call, and its time.
#[derive(Clone, Debug)]
pub(super) struct Thread {
    /// None for a call that never reached the user.
    pub(super) call: Option<CallId>,
    pub(super) account: AccountId,
    pub(super) direction: Direction,
    line: Option<LineCall>,
    media: BTreeSet<MediaId>,
    sip_call_id: Option<Personal>,
    pub(super) began: Instant,
    pub(super) ended: Option<Instant>,
}

impl Thread {
    fn new(account: &AccountId, direction: Direction, began: Instant) -> Self {
        let (account, media) = (account.clone(), BTreeSet::new());
        Self { call: None, account, direction, line: None, media, sip_call_id: None, began, ended: None }
    }

    /// All calls of a record, oldest first.
    pub(super) fn all(entries: &[Entry]) -> Vec<Self> {
        let mut threads = Vec::new();
        for entry in entries {
            if let Entry::Step { at, input, outputs } = entry {
                take(&mut threads, *at, input, outputs);
            }
        }
        threads
    }

    /// Whether something was said or happened to this call, or to what it depends on at that time.
    pub(super) fn concerns(&self, entry: &Entry) -> bool {
        let at = entry.at();
        let in_time = at + BEFORE >= self.began && self.ended.is_none_or(|ended| at <= ended + BEFORE);
        match entry {
            Entry::Wire(message) => message.account == self.account && self.sip_call_id.as_ref() == Some(&message.sip_call_id),
            Entry::Note { .. } => in_time,
            Entry::Step { input: Input::Media(media, _), .. } => self.media.contains(media),
            Entry::Step { input: Input::Line(account, LineEvent::State(_)), .. } => *account == self.account && in_time,
            Entry::Step { outputs, .. } => outputs.iter().any(|output| self.is_told_by(output)),
        }
    }

    /// Whether an output tells a fact of this call.
    pub(super) fn is_told_by(&self, output: &Output) -> bool {
        matches!(output, Output::Event(event) if self.call.is_some() && call_of(event) == self.call)
    }
}

fn take(threads: &mut Vec<Thread>, at: Instant, input: &Input, outputs: &[Output]) {
    if let Input::Line(account, LineEvent::Incoming(incoming)) = input {
        let mut thread = Thread::new(account, Direction::Incoming, at);
        thread.line = Some(incoming.call);
        thread.sip_call_id = Some(incoming.sip_call_id.clone());
        threads.push(thread);
    }
    if let Input::Line(account, LineEvent::Sent { call, sip_call_id }) = input
        && let Some(thread) = threads.iter_mut().rev().find(|thread| thread.account == *account && thread.line == Some(*call))
    {
        thread.sip_call_id = Some(sip_call_id.clone());
    }
    for output in outputs {
        match output {
            Output::Event(Event::Dialing { call, account, .. }) => {
                let mut thread = Thread::new(account, Direction::Outgoing, at);
                thread.call = Some(*call);
                threads.push(thread);
            }
            Output::Event(Event::Incoming { call, account, .. }) => {
                let newest = threads.iter_mut().rev();
                let mut unnamed = newest.filter(|thread| thread.call.is_none() && thread.account == *account);
                let of_media = |thread: &&mut Thread| match input {
                    Input::Media(media, MediaEvent::Accepted) => thread.media.contains(media),
                    _ => true,
                };
                if let Some(thread) = unnamed.find(of_media) {
                    thread.call = Some(*call);
                }
            }
            Output::Event(Event::Ended { call, .. }) => {
                if let Some(thread) = threads.iter_mut().find(|thread| thread.call == Some(*call)) {
                    thread.ended = thread.ended.or(Some(at));
                }
            }
            Output::Media(media, MediaRequest::Offer { account } | MediaRequest::Accept { account, .. }) => {
                let known = threads.iter().any(|thread| thread.media.contains(media));
                let waiting = |thread: &&mut Thread| thread.account == *account && thread.media.is_empty();
                if !known && let Some(thread) = threads.iter_mut().rev().find(waiting) {
                    thread.media.insert(*media);
                }
            }
            Output::Line(account, LineRequest::Invite { call, .. } | LineRequest::Prepare { call, .. }) => {
                let of_media = |thread: &Thread| match input {
                    Input::Media(media, MediaEvent::OfferReady { .. }) => thread.media.contains(media),
                    _ => true,
                };
                let fits = |thread: &&mut Thread| {
                    thread.account == *account && thread.direction == Direction::Outgoing && of_media(thread)
                };
                if let Some(thread) = threads.iter_mut().rev().find(fits) {
                    thread.line = Some(*call);
                }
            }
            Output::Event(_) | Output::Line(..) | Output::Media(..) | Output::Sound(_) => {}
        }
    }
}

/// The call that a fact is about.
fn call_of(event: &Event) -> Option<CallId> {
    match event {
        Event::Dialing { call, .. }
        | Event::Incoming { call, .. }
        | Event::Ringing { call }
        | Event::EarlyMedia { call }
        | Event::Answered { call, .. }
        | Event::MediaConnected { call, .. }
        | Event::MediaTrouble { call, .. }
        | Event::Dtmf { call, .. }
        | Event::Hold { call, .. }
        | Event::Microphone { call, .. }
        | Event::Recording { call, .. }
        | Event::Transfer { call, .. }
        | Event::Ended { call, .. } => Some(*call),
        Event::Failed { call, .. } => *call,
        Event::Started { .. }
        | Event::Registered { .. }
        | Event::Ready { .. }
        | Event::Unregistered { .. }
        | Event::Voicemail { .. }
        | Event::Lamp { .. }
        | Event::Conference { .. }
        | Event::Service { .. }
        | Event::TurnedAway { .. } => None,
    }
}
