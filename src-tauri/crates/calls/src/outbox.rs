//! Where the machines of this room put what they ask for.

use std::collections::VecDeque;

use model::{AccountId, CallId, Event, MediaId, Trouble};
use serde::{Deserialize, Serialize};

use crate::io::{LineRequest, MediaRequest, Output, SoundRequest};

/// Outputs in order, and the numbers of media sessions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outbox {
    outputs: VecDeque<Output>,
    media_sessions: u32,
}

impl Outbox {
    pub(crate) fn next(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(crate) fn line(&mut self, account: &AccountId, request: LineRequest) {
        self.outputs.push_back(Output::Line(account.clone(), request));
    }

    pub(crate) fn media(&mut self, media: MediaId, request: MediaRequest) {
        self.outputs.push_back(Output::Media(media, request));
    }

    pub(crate) fn sound(&mut self, request: SoundRequest) {
        self.outputs.push_back(Output::Sound(request));
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(crate) fn failed(&mut self, call: Option<CallId>, trouble: Trouble) {
        self.event(Event::failed(call, trouble));
    }

    pub(crate) fn new_media(&mut self) -> MediaId {
        self.media_sessions += 1;
        MediaId(self.media_sessions)
    }
}
