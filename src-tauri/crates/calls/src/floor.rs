//! Who has the floor: one call, or the conference. Everybody else who is answered is held.

use std::{collections::BTreeMap, time::Duration};

use model::{CallId, ConferenceView, Instant, MediaId};
use serde::{Deserialize, Serialize};

use crate::{
    call::{Call, Phase},
    io::Route,
};

/// How long the microphone waits for the others to agree to be held: longer than an answer takes on any network, shorter
/// than a caller listens to silence. Whoever has not agreed by then is silenced all the same.
const SETTLE_WITHIN: Duration = Duration::from_secs(3);

/// Who has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Holder {
    /// One call, from the moment it is dialled, answered or taken back.
    Call(CallId),
    /// Every member of the conference.
    Conference,
}

/// The floor, and the conference that may have it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Floor {
    pub(crate) holder: Option<Holder>,
    /// Until when the microphone waits for calls that are being held.
    settle_by: Option<Instant>,
    /// Calls of the conference, in the order in which they came in; none or two and more.
    pub(crate) members: Vec<CallId>,
}

impl Floor {
    /// Somebody else has it from now on.
    pub(crate) fn give(&mut self, now: Instant, holder: Holder) {
        if self.holder != Some(holder) {
            self.settle_by = Some(now + SETTLE_WITHIN);
        }
        self.holder = Some(holder);
    }

    /// Whether a call has the floor, alone or with the conference.
    pub(crate) fn includes(&self, call: CallId) -> bool {
        match self.holder {
            Some(Holder::Call(holder)) => holder == call,
            Some(Holder::Conference) => self.is_member(call),
            None => false,
        }
    }

    pub(crate) fn is_member(&self, call: CallId) -> bool {
        self.members.contains(&call)
    }

    /// The conference as drawn.
    pub(crate) fn conference(&self) -> Option<ConferenceView> {
        let held = self.holder != Some(Holder::Conference);
        (!self.members.is_empty()).then(|| ConferenceView { members: self.members.clone(), held })
    }

    /// When the microphone stops waiting, while it waits.
    pub(crate) fn deadline(&self, calls: &BTreeMap<CallId, Call>) -> Option<Instant> {
        self.settle_by.filter(|_| self.holder.is_some() && calls.values().any(|call| self.is_leaving(call)))
    }

    /// Stops waiting when it is time; the calls that have not agreed to be held until now.
    pub(crate) fn on_time(&mut self, now: Instant, calls: &BTreeMap<CallId, Call>) -> Vec<CallId> {
        match self.settle_by.take_if(|by| now >= *by) {
            Some(_) => calls.values().filter(|call| self.is_leaving(call)).map(|call| call.id).collect(),
            None => Vec::new(),
        }
    }

    /// Who hears whom.
    pub(crate) fn routes(&self, calls: &BTreeMap<CallId, Call>) -> Vec<Route> {
        let is_settled = self.settle_by.is_none() || !calls.values().any(|call| self.is_leaving(call));
        calls.values().filter_map(|call| self.route(call, calls, is_settled)).collect()
    }

    fn route(&self, call: &Call, calls: &BTreeMap<CallId, Call>, is_settled: bool) -> Option<Route> {
        let audio = call.audio.as_ref()?;
        let is_alone = self.holder.is_none() || self.holder == Some(Holder::Call(call.id));
        let talks = self.talks(call);
        // What comes before the answer is played from the first packet on, also before the far end says what it is.
        let is_early = is_alone && matches!(&call.phase, Phase::Inviting { fork: Some(_), .. });
        if !talks && !is_early {
            return None;
        }
        let hears = if talks { self.heard_by(call, calls) } else { Vec::new() };
        Some(Route {
            media: audio.id,
            microphone: talks && is_settled && !call.muted && !call.awaits_beep(),
            speaker: true,
            hears,
        })
    }

    /// The other members a member hears; not those who hold us, because they send music and not their voice.
    fn heard_by(&self, call: &Call, calls: &BTreeMap<CallId, Call>) -> Vec<MediaId> {
        if self.holder != Some(Holder::Conference) {
            return Vec::new();
        }
        let others = self.members.iter().filter(|&&member| member != call.id).filter_map(|member| calls.get(member));
        let heard = others.filter(|other| self.talks(other) && !other.hold.remote);
        heard.filter_map(|other| Some(other.audio.as_ref()?.id)).collect()
    }

    /// Whether sound passes between a call and those who share the floor with it.
    pub(crate) fn talks(&self, call: &Call) -> bool {
        call.is_talking() && self.includes(call.id) && !call.hold.local && !call.is_to_be_held()
    }

    /// Whether a call is being held and its far end has not agreed yet.
    fn is_leaving(&self, call: &Call) -> bool {
        call.is_talking() && !self.includes(call.id) && !call.hold.local
    }
}
