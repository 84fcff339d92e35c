//! A call taken down: what was said to the left, what was heard to the right.

use std::{path::Path, sync::Arc};

use model::RecordForm;

use crate::{Frame, SoundError, wav::recorder::Recorder};

/// A recording under way: a file of two channels, as WAV (48 kHz, 16 bits) or as Opus in Ogg. Clones are the same one; it is completed by
/// [`CallRecording::finish`], or when the last clone is dropped.
#[derive(Clone)]
pub struct CallRecording(Arc<Recorder<2>>);

impl CallRecording {
    /// Begins a file that is not there yet. May wait for the disk.
    ///
    /// # Errors
    /// When it is there, or cannot be made.
    pub fn begin(path: &Path, form: RecordForm) -> Result<Self, SoundError> {
        let recorder = match form {
            RecordForm::Wav => Recorder::create_new(path),
            RecordForm::Opus => Recorder::create_new_opus(path),
        };
        recorder.map(|recorder| Self(Arc::new(recorder)))
    }

    /// Why it ended early, if it did: the disk is full, say.
    pub fn trouble(&self) -> Option<SoundError> {
        self.0.trouble()
    }

    /// Completes the file; waits for the disk.
    pub fn finish(&self) {
        self.0.finish();
    }

    /// Takes 10 ms of both sides; never waits.
    pub(crate) fn take(&self, local: &Frame, remote: &Frame) {
        self.0.take([local, remote]);
    }
}
