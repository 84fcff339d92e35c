//! What an entry of the journal says that happened, for ladder and story alike.

use calls::io::{Input, LineEvent, MediaEvent};
use model::{AccountId, AccountState, Event, StoryFact, StoryRoom, Trouble, WireWay};

use crate::journal::{Entry, Note};

/// What happened there, besides what was told of it; none where it is nothing to show.
pub(super) fn of_entry(entry: &Entry) -> Option<(StoryRoom, StoryFact)> {
    Some(match entry {
        Entry::Wire(message) => {
            (StoryRoom::Signalling, StoryFact::Message { sent: message.way == WireWay::Sent, title: message.what() })
        }
        Entry::Note { note: Note::NetworkChanged, .. } => (StoryRoom::Network, StoryFact::NetworkChanged),
        // The record holds a stand-in for the words: they name a device, and so perhaps its owner.
        Entry::Note { note: Note::Device(words), .. } => {
            (StoryRoom::Device, StoryFact::DeviceTrouble { stand_in: words.expose().to_owned() })
        }
        Entry::Step { input, .. } => return of_input(input),
    })
}

/// Whose server or state it is about.
pub(super) fn account_of(entry: &Entry) -> Option<&AccountId> {
    match entry {
        Entry::Wire(message) => Some(&message.account),
        Entry::Step { input: Input::Line(account, _), .. } => Some(account),
        Entry::Step { .. } | Entry::Note { .. } => None,
    }
}

fn of_input(input: &Input) -> Option<(StoryRoom, StoryFact)> {
    match input {
        Input::Media(_, event) => Some((StoryRoom::Audio, of_media(event)?)),
        Input::Line(_, LineEvent::State(AccountState::Offline { cause, .. })) => {
            Some((StoryRoom::Network, StoryFact::Offline { cause: cause.clone() }))
        }
        Input::Line(_, LineEvent::State(AccountState::Registered)) => Some((StoryRoom::Network, StoryFact::Registered)),
        Input::NoMicrophone(_) | Input::NoDevices => Some((StoryRoom::Device, StoryFact::NoMicrophone)),
        Input::Command(_) | Input::Watch(_) | Input::Line(..) | Input::Sound(_) | Input::Microphone | Input::Timeout => None,
    }
}

fn of_media(event: &MediaEvent) -> Option<StoryFact> {
    Some(match event {
        MediaEvent::Connected { pair } => StoryFact::Connected { pair: *pair },
        MediaEvent::FirstPacket => StoryFact::FirstAudio,
        MediaEvent::Interrupted => StoryFact::PathLost,
        MediaEvent::Failed { fault } => StoryFact::NoPath { fault: fault.clone() },
        MediaEvent::RelayRefused { server, error } => StoryFact::RelayRefused { server: server.clone(), error: *error },
        MediaEvent::Refused { code, .. } => StoryFact::DescriptionRefused { status: *code },
        MediaEvent::Died { .. } => StoryFact::MediaDied,
        MediaEvent::Trouble(Some(trouble)) => StoryFact::Trouble { trouble: *trouble },
        MediaEvent::Trouble(None) => StoryFact::TroubleOver,
        MediaEvent::OfferReady { .. }
        | MediaEvent::Accepted
        | MediaEvent::AnswerReady { .. }
        | MediaEvent::Applied { .. }
        | MediaEvent::Dtmf { .. }
        | MediaEvent::DtmfSent
        | MediaEvent::DtmfUnavailable
        | MediaEvent::Statistics(_)
        | MediaEvent::Closed(_) => return None,
    })
}

/// What call control told of a call, where the entry itself does not say it already.
pub(super) fn of_event(event: &Event) -> Option<(StoryRoom, StoryFact)> {
    Some(match event {
        Event::Dialing { .. } => (StoryRoom::Call, StoryFact::Dialled),
        Event::Incoming { .. } => (StoryRoom::Call, StoryFact::RingsHere),
        Event::Ringing { .. } => (StoryRoom::Call, StoryFact::RingsThere),
        Event::EarlyMedia { .. } => (StoryRoom::Audio, StoryFact::EarlyMedia),
        Event::Answered { .. } => (StoryRoom::Call, StoryFact::Answered),
        Event::Hold { hold, .. } => (StoryRoom::Call, StoryFact::Held { local: hold.local, remote: hold.remote }),
        Event::Transfer { .. } => (StoryRoom::Call, StoryFact::Transfer),
        Event::Recording { on, .. } => (StoryRoom::Call, StoryFact::Recording { on: *on }),
        Event::Failed { trouble, .. } => (StoryRoom::Call, StoryFact::Failed { trouble: Trouble::clone(trouble) }),
        Event::Ended { cause, .. } => (StoryRoom::Call, StoryFact::Ended { cause: cause.clone() }),
        _ => return None,
    })
}
