//! Calls being recorded: one task each, between the hub and a file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use audio::{CallRecording, SoundError, ToneSpec};
use calls::io::SoundEvent;
use model::{CallId, MediaId, RecordForm, RecordingFault, Settings, SoundFault};
use store::DataFolder;
use tokio::{
    sync::{mpsc, oneshot},
    task::{JoinError, spawn_blocking},
    time::interval,
};
use tracing::{error, info_span};

use crate::{desk::leg_id, spawn::spawn, world::World};

/// A disk that has filled up is noticed within this time.
const LOOK: Duration = Duration::from_millis(500);

/// All recordings under way.
pub(crate) struct Recordings {
    world: World,
    /// The phone's own folder, when it has one.
    home: Option<PathBuf>,
    /// The folder that the user chose.
    chosen: Option<PathBuf>,
    form: RecordForm,
    outbox: mpsc::Sender<SoundEvent>,
    running: BTreeMap<MediaId, oneshot::Sender<()>>,
    /// How many have not said their last word.
    open: usize,
}

impl Recordings {
    pub(crate) fn new(world: World, folder: Option<&DataFolder>, outbox: mpsc::Sender<SoundEvent>) -> Self {
        let home = folder.map(|folder| folder.path().join("recordings"));
        Self { world, home, chosen: None, form: RecordForm::default(), outbox, running: BTreeMap::new(), open: 0 }
    }

    /// Takes the settings for recordings that begin from now on.
    pub(crate) fn configure(&mut self, settings: &Settings) {
        self.form = settings.calls.record_form;
        let chosen = &settings.calls.recordings_folder;
        self.chosen = (!chosen.is_empty()).then(|| PathBuf::from(chosen));
    }

    /// Begins one. Whether that worked is told later.
    pub(crate) fn begin(&mut self, media: MediaId, call: CallId, beep: bool) {
        let (stop, stopped) = oneshot::channel();
        self.running.insert(media, stop);
        self.open += 1;
        let name = file_name(self.world.clock.unix_seconds(), call, self.form);
        let path = self.chosen.as_ref().or(self.home.as_ref()).map(|folder| folder.join(name));
        let recording = Recorded { hub: self.world.hub.clone(), media, beep, form: self.form, outbox: self.outbox.clone() };
        spawn("recording", info_span!("recording", media = media.0), recording.run(path, stopped));
    }

    /// Ends one.
    pub(crate) fn end(&mut self, media: MediaId) {
        // Dropping it says so; one that has ended by itself is not there any more.
        self.running.remove(&media);
    }

    /// Notes what a recording said.
    pub(crate) fn heard(&mut self, event: &SoundEvent) {
        if let SoundEvent::RecordingEnded { media, .. } = event {
            self.running.remove(media);
            self.open = self.open.saturating_sub(1);
        }
    }

    /// Whether a file is still open.
    pub(crate) fn are_open(&self) -> bool {
        self.open > 0
    }
}

/// One recording.
struct Recorded {
    hub: audio::HubHandle,
    media: MediaId,
    beep: bool,
    form: RecordForm,
    outbox: mpsc::Sender<SoundEvent>,
}

impl Recorded {
    async fn run(self, path: Option<PathBuf>, stopped: oneshot::Receiver<()>) {
        let trouble = match self.record(path, stopped).await {
            Ok(trouble) => trouble.map(|error| RecordingFault::Ended { fault: without_path(error) }),
            Err(fault) => Some(fault),
        };
        self.tell(SoundEvent::RecordingEnded { media: self.media, trouble }).await;
    }

    async fn record(
        &self,
        path: Option<PathBuf>,
        mut stopped: oneshot::Receiver<()>,
    ) -> Result<Option<SoundError>, RecordingFault> {
        let path = path.ok_or(RecordingFault::NoFolder)?;
        let form = self.form;
        let file = path.display().to_string().into();
        let recording = spawn_blocking(move || open(&path, form)).await.map_err(broken)??;
        let leg = leg_id(self.media);
        self.hub.record(leg, Some(recording.clone()));
        if self.beep {
            self.hub.leg_tone(leg, Some(ToneSpec::Recorded));
        }
        self.tell(SoundEvent::RecordingBegan { media: self.media, file }).await;
        let mut looks = interval(LOOK);
        while recording.trouble().is_none() {
            tokio::select! {
                // Stopped by a word or by the end of the phone: both end it.
                _ = &mut stopped => break,
                _ = looks.tick() => {}
            }
        }
        self.hub.record(leg, None);
        if self.beep {
            self.hub.leg_tone(leg, None);
        }
        let finished = recording.clone();
        spawn_blocking(move || finished.finish()).await.map_err(broken)?;
        Ok(recording.trouble())
    }

    async fn tell(&self, event: SoundEvent) {
        if self.outbox.send(event).await.is_err() {
            error!("nobody hears what becomes of a recording");
        }
    }
}

/// Makes the file and the folders above it, for the user's eyes only.
fn open(path: &Path, form: RecordForm) -> Result<CallRecording, RecordingFault> {
    if let Some(folder) = path.parent() {
        store::make_private(folder).map_err(|error| RecordingFault::Folder { detail: error.to_string() })?;
    }
    CallRecording::begin(path, form).map_err(|error| RecordingFault::NotBegun { fault: without_path(error) })
}

/// What is wrong, without the name of the file: it tells who the user is, and goes into journals.
fn without_path(error: SoundError) -> SoundFault {
    match SoundFault::from(error) {
        SoundFault::File { reason, .. } => SoundFault::File { file: "".into(), reason },
        other => other,
    }
}

/// Work that broke down.
fn broken(panicked: JoinError) -> RecordingFault {
    error!(%panicked, "a recording broke down");
    RecordingFault::Broken
}

/// The name of a recording: when it began (UTC), and the number of the call.
fn file_name(unix_seconds: i64, call: CallId, form: RecordForm) -> String {
    let (days, second) = (unix_seconds.div_euclid(86_400), unix_seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let kind = match form {
        RecordForm::Wav => "wav",
        RecordForm::Opus => "opus",
    };
    format!("{year:04}-{month:02}-{day:02} {hour:02}.{minute:02}.{second:02}Z call {call}.{kind}")
}

/// The day of the Gregorian calendar, so many days after 1970-01-01. Years are counted from March, so that the day that
/// may be missing is the last one.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_named_by_its_time_and_its_call() {
        for (seconds, name) in [
            (0, "1970-01-01 00.00.00Z call 3.wav"),
            (951_782_399, "2000-02-28 23.59.59Z call 3.wav"),
            (951_782_400, "2000-02-29 00.00.00Z call 3.wav"),
            (1_795_650_906, "2026-11-25 23.55.06Z call 3.wav"),
        ] {
            assert_eq!(file_name(seconds, CallId(3), RecordForm::Wav), name);
        }
        assert!(file_name(0, CallId(3), RecordForm::Opus).ends_with(" call 3.opus"));
    }
}
