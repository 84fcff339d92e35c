//! The recording of a call: asked for, under way, over.

use model::{Event, MediaId, Personal, RecordingFault, Trouble};
use serde::{Deserialize, Serialize};

use super::Call;
use crate::{
    io::{SoundEvent, SoundRequest},
    outbox::Outbox,
};

/// Where a recording is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) enum Recording {
    /// There was none.
    #[default]
    None,
    /// Asked for; nothing is recorded yet.
    Asked(MediaId),
    /// Under way, into this file.
    Running(MediaId, Personal),
    /// It ended, or could not begin.
    Over,
}

impl Call {
    /// Begins to record, or ends it.
    pub(crate) fn record(&mut self, on: bool, beep: bool, out: &mut Outbox) -> Result<(), Trouble> {
        match (&self.recording, on) {
            (Recording::None | Recording::Over, true) => {
                let Some(audio) = self.audio.as_ref().filter(|audio| audio.connected && self.is_talking()) else {
                    return Err(Trouble::NotToBeRecorded);
                };
                out.sound(SoundRequest::Record { media: audio.id, call: self.id, beep });
                self.recording = Recording::Asked(audio.id);
            }
            (Recording::Asked(media) | Recording::Running(media, _), false) => {
                out.sound(SoundRequest::EndRecording { media: *media });
            }
            (Recording::Asked(_) | Recording::Running(..), true) | (Recording::None | Recording::Over, false) => {}
        }
        Ok(())
    }

    /// Whether it shall be recorded by itself: it is connected, and nobody has begun or ended a recording.
    pub(crate) fn awaits_recording(&self) -> bool {
        let is_connected = self.audio.as_ref().is_some_and(|audio| audio.connected);
        self.is_talking() && is_connected && matches!(self.recording, Recording::None)
    }

    /// Whether what is said now is kept.
    pub(super) fn is_recorded(&self) -> bool {
        matches!(self.recording, Recording::Running(..))
    }

    /// The session that is recorded, or is about to be.
    pub(crate) fn recorded_media(&self) -> Option<MediaId> {
        match &self.recording {
            Recording::Asked(media) | Recording::Running(media, _) => Some(*media),
            Recording::None | Recording::Over => None,
        }
    }

    /// What becomes of the recording; why, when it ended and nobody asked for that.
    pub(crate) fn on_sound(&mut self, event: SoundEvent, out: &mut Outbox) -> Option<RecordingFault> {
        match event {
            SoundEvent::RecordingBegan { media, file } => {
                self.recording = Recording::Running(media, file.clone());
                out.event(Event::Recording { call: self.id, on: true, file, message: None });
                None
            }
            SoundEvent::RecordingEnded { trouble, .. } => {
                let file = match std::mem::replace(&mut self.recording, Recording::Over) {
                    Recording::Running(_, file) => file,
                    Recording::None | Recording::Asked(_) | Recording::Over => Personal::default(),
                };
                out.event(Event::Recording {
                    call: self.id,
                    on: false,
                    file,
                    message: trouble.as_ref().map(ToString::to_string),
                });
                trouble
            }
        }
    }
}
