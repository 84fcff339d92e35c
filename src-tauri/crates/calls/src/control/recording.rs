//! Which calls are recorded: by the user's wish, or by the settings.

use model::{CallId, NoticeCode, RecordPolicy, Trouble};

use super::CallControl;
use crate::{call::Call, io::SoundEvent};

impl CallControl {
    /// The user begins or ends a recording.
    pub(super) fn record(&mut self, call: CallId, on: bool) {
        if on && self.settings.record == RecordPolicy::Off {
            return self.refuse(Some(call), NoticeCode::RecordingFailed, Trouble::RecordingOff);
        }
        let beep = self.settings.beep_on_record;
        self.with_call(call, NoticeCode::RecordingFailed, |call, out| call.record(on, beep, out));
    }

    /// Begins the recordings that the settings ask for.
    pub(super) fn record_always(&mut self) {
        if self.settings.record != RecordPolicy::Always {
            return;
        }
        let waiting: Vec<CallId> = self.calls.values().filter(|call| call.awaits_recording()).map(|call| call.id).collect();
        waiting.into_iter().for_each(|call| self.record(call, true));
    }

    pub(super) fn on_sound(&mut self, event: SoundEvent) {
        let (SoundEvent::RecordingBegan { media, .. } | SoundEvent::RecordingEnded { media, .. }) = &event;
        let of_this_session = |call: &&mut Call| call.recorded_media() == Some(*media);
        let Some(call) = self.calls.values_mut().find(of_this_session) else { return };
        let id = call.id;
        if let Some(fault) = call.on_sound(event, &mut self.outbox) {
            self.notices.tell(Some(id), NoticeCode::RecordingFailed, Trouble::Recording { fault });
        }
    }
}
