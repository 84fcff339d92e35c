//! Trials of the sound devices: the same streams, tones and ringer as in a call.

use std::time::Duration;

use audio::{LegId, LegRoute, Ringing, ToneSpec, TrialProgress, TrialState, microphone_trial};
use model::{DeviceFault, DeviceTrial, Instant, SoundFault, SoundRole, TrialStage, TrialView};
use tokio::task::JoinHandle;

use super::{
    DeskNews, Working, ring_tone,
    ringer::{Rung, outcome, start_ring},
};

/// The leg of a microphone's trial; media sessions have numbers of 32 bits.
const LEG: LegId = LegId(u64::MAX);

/// How long a device may take to open; sound servers take three seconds at most.
const OPENS_WITHIN: Duration = Duration::from_secs(5);

/// How long is recorded.
const RECORDED: Duration = Duration::from_secs(3);

/// How long the speaker plays.
const MUSIC: Duration = Duration::from_secs(3);

/// How long it rings: every pattern twice.
const RINGS: Duration = Duration::from_secs(6);

/// A recording in which nothing is louder holds no voice.
const VOICE_DBFS: f32 = -50.0;

/// A trial, from its start until it is forgotten.
pub(super) struct Trial {
    trial: DeviceTrial,
    at: At,
}

/// How far it is.
enum At {
    Opening {
        until: Instant,
    },
    Recording(TrialProgress),
    PlayingBack(TrialProgress),
    Music {
        until: Instant,
    },
    /// The ringer is on its way.
    Reaching {
        until: Instant,
        starting: JoinHandle<Rung>,
    },
    Ringing {
        until: Instant,
        ringing: Box<dyn Ringing>,
        trouble: Option<DeviceFault>,
    },
    Over {
        trouble: Option<DeviceFault>,
    },
}

impl Trial {
    /// Whether there is still something to do.
    pub(super) fn is_going_on(&self) -> bool {
        !matches!(self.at, At::Over { .. })
    }

    /// Whether microphone and speaker must be open.
    pub(super) fn needs_streams(&self) -> bool {
        match self.at {
            At::Opening { .. } | At::Recording(_) | At::PlayingBack(_) | At::Music { .. } => true,
            At::Reaching { .. } | At::Ringing { .. } | At::Over { .. } => false,
        }
    }

    fn view(&self) -> TrialView {
        let stage = match &self.at {
            At::Opening { .. } | At::Reaching { .. } => TrialStage::Opening,
            At::Recording(_) => TrialStage::Recording,
            At::PlayingBack(_) | At::Music { .. } | At::Ringing { .. } => TrialStage::Playing,
            At::Over { trouble } => TrialStage::Over { trouble: trouble.clone() },
        };
        TrialView { trial: self.trial.clone(), stage }
    }
}

impl Working {
    pub(super) async fn start_trial(&mut self, trial: DeviceTrial) {
        self.stop_trial().await;
        let at = if self.has_a_call() {
            At::Over { trouble: Some(DeviceFault::InCall) }
        } else if let DeviceTrial::Ringer { ringtone } = &trial {
            let tone = ringtone.as_ref().map_or_else(|| self.ringtone.clone(), |ringtone| ring_tone(ringtone, self.volume));
            At::Reaching { until: self.clock.now() + OPENS_WITHIN, starting: start_ring(&self.host, &self.watch, tone) }
        } else {
            // What failed before gets another chance.
            self.microphone.retry();
            self.speaker.retry();
            At::Opening { until: self.clock.now() + OPENS_WITHIN }
        };
        self.trial = Some(Trial { trial, at });
        self.show_trial().await;
    }

    /// Ends it and forgets how it went.
    pub(super) async fn stop_trial(&mut self) {
        if let Some(trial) = self.trial.take() {
            self.silence_trial(&trial);
            self.show_trial().await;
        }
    }

    /// Looks how it is getting on.
    pub(super) async fn follow_trial(&mut self) {
        let Some(mut trial) = self.trial.take() else { return };
        let before = trial.view();
        trial.at = match self.stream_trouble(&trial) {
            Some(trouble) => At::Over { trouble: Some(trouble) },
            None => match trial.at {
                At::Reaching { starting, .. } if starting.is_finished() => {
                    let rung = starting.await;
                    self.trial_rings(outcome(rung))
                }
                at => self.advance(&trial.trial, at),
            },
        };
        if !trial.is_going_on() {
            self.silence_trial(&trial);
        }
        let changed = trial.view() != before;
        self.trial = Some(trial);
        if changed {
            self.show_trial().await;
        }
    }

    fn advance(&mut self, trial: &DeviceTrial, at: At) -> At {
        let now = self.clock.now();
        match at {
            At::Opening { .. } if *trial == DeviceTrial::Speaker && self.speaker.is_open() => {
                self.hub.tone(Some(ToneSpec::Music));
                At::Music { until: now + MUSIC }
            }
            At::Opening { .. } if *trial == DeviceTrial::Microphone && self.microphone.is_open() && self.speaker.is_open() => {
                let (leg, progress) = microphone_trial(RECORDED);
                self.hub.attach(LEG, leg);
                self.hub.route(vec![LegRoute { leg: LEG, microphone: true, speaker: true, hears: Vec::new() }]);
                At::Recording(progress)
            }
            At::Opening { until } if now >= until => {
                let role = if *trial == DeviceTrial::Microphone { SoundRole::Microphone } else { SoundRole::Speaker };
                At::Over { trouble: Some(DeviceFault::Unusable { role, fault: SoundFault::TimedOut }) }
            }
            At::Reaching { until, .. } if now >= until => {
                At::Over { trouble: Some(DeviceFault::RingsUnheard { fault: SoundFault::TimedOut }) }
            }
            At::Recording(progress) if progress.state() != TrialState::Recording => At::PlayingBack(progress),
            At::PlayingBack(progress) if progress.state() == TrialState::Done => {
                At::Over { trouble: unheard(progress.loudest_dbfs(), self.hub.microphone_levels().only_zeros) }
            }
            At::Music { until } if now >= until => At::Over { trouble: None },
            At::Ringing { ringing, .. } if ringing.is_gone() => At::Over { trouble: Some(DeviceFault::RingerGone) },
            At::Ringing { until, trouble, .. } if now >= until => At::Over { trouble },
            going_on => going_on,
        }
    }

    /// What is wrong with the streams that a trial needs.
    fn stream_trouble(&self, trial: &Trial) -> Option<DeviceFault> {
        if !trial.needs_streams() {
            return None;
        }
        // One that is gone is opened again, or another in its place: only that can fail for good.
        let (of_microphone, of_speaker) = (self.microphone.failure(), self.speaker.failure());
        let of_microphone = of_microphone.filter(|_| trial.trial == DeviceTrial::Microphone);
        of_microphone.or(of_speaker).cloned()
    }

    /// How a ring goes on that has begun.
    fn trial_rings(&self, (ringing, trouble): (Option<Box<dyn Ringing>>, Option<DeviceFault>)) -> At {
        match ringing {
            Some(ringing) => At::Ringing { until: self.clock.now() + RINGS, ringing, trouble },
            None => At::Over { trouble },
        }
    }

    fn silence_trial(&self, trial: &Trial) {
        match trial.trial {
            DeviceTrial::Microphone => {
                self.hub.route(Vec::new());
                self.hub.detach(LEG);
            }
            DeviceTrial::Speaker => self.hub.tone(None),
            DeviceTrial::Ringer { .. } => {}
        }
    }

    async fn show_trial(&mut self) {
        let view = self.trial.as_ref().map(Trial::view);
        // The run loop is gone only when the phone stops.
        let _heard = self.outbox.send(DeskNews::Trial(view)).await;
    }
}

/// What is to be said of a recording without a voice.
fn unheard(loudest_dbfs: f32, only_zeros: bool) -> Option<DeviceFault> {
    if loudest_dbfs >= VOICE_DBFS {
        None
    } else if only_zeros || loudest_dbfs <= audio::SILENCE_DBFS {
        Some(DeviceFault::OnlySilence)
    } else {
        #[expect(clippy::cast_possible_truncation, reason = "levels are between silence and full scale")]
        Some(DeviceFault::Quiet { dbfs: loudest_dbfs.round() as i32 })
    }
}
