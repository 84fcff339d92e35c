//! What is heard: who hears whom, ringback and ringing, as a function of the calls.

use std::{collections::BTreeMap, time::Duration};

use model::{CallId, Cause, Instant};
use serde::{Deserialize, Serialize};

use crate::{
    call::{Call, Phase, Progress},
    floor::Floor,
    io::{MediaRequest, ProgressTone, Ring, Route, SoundRequest},
    outbox::Outbox,
};

/// How long busy and congestion tones are played.
const END_TONE: Duration = Duration::from_secs(3);

/// What was asked of the hub last, so that it is asked only for changes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sound {
    routes: Vec<Route>,
    tone: Option<ProgressTone>,
    ring: Option<Ring>,
    ending: Option<(ProgressTone, Instant)>,
}

impl Sound {
    /// A call has just ended: the caller hears why.
    pub(crate) fn ended(&mut self, now: Instant, cause: &Cause) {
        let tone = match cause {
            Cause::Busy { .. } | Cause::Rejected { .. } => ProgressTone::Busy,
            Cause::NotFound { .. }
            | Cause::ServerFailed { .. }
            | Cause::LineFailed { .. }
            | Cause::Forbidden { .. }
            | Cause::ServiceSilent => ProgressTone::Congestion,
            Cause::HungUp { .. }
            | Cause::Transferred
            | Cause::Cancelled
            | Cause::Missed
            | Cause::AnsweredElsewhere
            | Cause::Declined
            | Cause::Diverted
            | Cause::NoAnswer { .. }
            | Cause::Moved { .. }
            | Cause::NotAcceptable { .. }
            | Cause::ConnectionLost
            | Cause::MediaFailed { .. }
            | Cause::NoMicrophone { .. }
            | Cause::NoDevice { .. }
            | Cause::Internal { .. }
            | Cause::NotSupported
            | Cause::NotCallable { .. }
            | Cause::TooManyCalls { .. }
            | Cause::AccountNotReady { .. } => return,
        };
        self.ending = Some((tone, now + END_TONE));
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.ending.map(|(_, until)| until)
    }

    /// Asks the hub for what the calls now need.
    pub(crate) fn update(&mut self, now: Instant, calls: &BTreeMap<CallId, Call>, floor: &Floor, out: &mut Outbox) {
        if self.ending.is_some_and(|(_, until)| now >= until) {
            self.ending = None;
        }
        let routes = floor.routes(calls);
        if routes != self.routes {
            self.tell_sessions(&routes, calls, out);
            out.sound(SoundRequest::Route(routes.clone()));
            self.routes = routes;
        }
        let tone = tone(calls, floor).or(self.ending.map(|(tone, _)| tone).filter(|_| self.routes.is_empty()));
        if tone != self.tone {
            out.sound(SoundRequest::Tone(tone));
            self.tone = tone;
        }
        let ring = ring(calls);
        if ring != self.ring {
            out.sound(SoundRequest::Ring(ring));
            self.ring = ring;
        }
    }
}

impl Sound {
    /// Sessions are told when the microphone is theirs, and when no longer.
    fn tell_sessions(&self, routes: &[Route], calls: &BTreeMap<CallId, Call>, out: &mut Outbox) {
        let has_microphone = |routes: &[Route], media| routes.iter().any(|route| route.media == media && route.microphone);
        for media in calls.values().filter(|call| call.is_live()).filter_map(|call| call.audio.as_ref()).map(|audio| audio.id) {
            let open = has_microphone(routes, media);
            if open != has_microphone(&self.routes, media) {
                out.media(media, MediaRequest::Microphone { open });
            }
        }
    }
}

fn tone(calls: &BTreeMap<CallId, Call>, floor: &Floor) -> Option<ProgressTone> {
    if calls.values().any(Call::beeps) {
        return Some(ProgressTone::AutoAnswer);
    }
    let rings = |call: &&Call| matches!(call.phase, Phase::Inviting { progress: Progress::Ringing, .. });
    let ringing = calls.values().filter(rings).any(|call| floor.holder.is_none() || floor.includes(call.id));
    ringing.then_some(ProgressTone::Ringback)
}

fn ring(calls: &BTreeMap<CallId, Call>) -> Option<Ring> {
    let rings =
        calls.values().any(|call| matches!(call.phase, Phase::Alerting { .. }) && !call.silenced && !call.is_being_answered());
    let busy = calls.values().any(|call| call.is_talking() || matches!(call.phase, Phase::Inviting { .. }));
    rings.then_some(if busy { Ring::Soft } else { Ring::Full })
}
