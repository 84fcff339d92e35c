//! A call that is answered without the user: it rings for its delay, is answered, beeps, and only then has the microphone.

use std::time::Duration;

use model::{AutoAnswerMicrophone, Instant, Trouble};
use serde::{Deserialize, Serialize};

use super::Call;
use crate::io::Plan;

/// The beep lasts 340 ms; the rest is for a speaker that has just been opened.
const BEEP: Duration = Duration::from_millis(600);

/// How far that has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Unattended {
    /// The user answers, or nobody.
    #[default]
    No,
    /// It does not ring yet.
    Planned(Plan),
    /// It rings until then.
    Due { at: Instant, plan: Plan },
    /// It is answered; nothing can be heard yet.
    Answered,
    /// The beep sounds until then, and the microphone is off.
    Beeping { until: Instant },
    /// Its beep was heard.
    Announced,
}

impl Call {
    /// It shall be answered without the user.
    pub(crate) fn plan(&mut self, plan: Option<Plan>) {
        self.unattended = plan.map_or(Unattended::No, Unattended::Planned);
    }

    /// The delay begins: it has begun to ring.
    pub(crate) fn begin_delay(&mut self, now: Instant) {
        if let Unattended::Planned(plan) = self.unattended {
            self.unattended = Unattended::Due { at: now + plan.delay, plan };
        }
    }

    /// The user takes it into his own hands: it will not be answered without him.
    pub(crate) fn veto(&mut self) -> Result<(), Trouble> {
        match self.unattended {
            Unattended::Planned(_) | Unattended::Due { .. } => {
                self.unattended = Unattended::No;
                Ok(())
            }
            Unattended::No | Unattended::Answered | Unattended::Beeping { .. } | Unattended::Announced => {
                Err(Trouble::NotAnsweringItself)
            }
        }
    }

    /// The plan that is to be carried out now, once.
    pub(crate) fn take_due_plan(&mut self, now: Instant) -> Option<Plan> {
        match self.unattended {
            Unattended::Due { at, plan } if now >= at && self.is_ringing_here() => {
                self.unattended = Unattended::No;
                Some(plan)
            }
            Unattended::No
            | Unattended::Planned(_)
            | Unattended::Due { .. }
            | Unattended::Answered
            | Unattended::Beeping { .. }
            | Unattended::Announced => None,
        }
    }

    /// The plan of a call that does not ring first.
    pub(crate) fn take_plan(&mut self) -> Option<Plan> {
        match std::mem::take(&mut self.unattended) {
            Unattended::Planned(plan) => Some(plan),
            other => {
                self.unattended = other;
                None
            }
        }
    }

    /// It is answered as planned: the beep comes with the sound.
    pub(crate) fn answer_as_planned(&mut self, plan: Plan) {
        self.unattended = Unattended::Answered;
        self.muted = plan.microphone == AutoAnswerMicrophone::Closed;
    }

    /// It is answered at once and without a beep, as test rigs want it.
    pub(crate) fn answer_unannounced(&mut self) {
        self.unattended = Unattended::Announced;
    }

    pub(super) fn beep_on_time(&mut self, now: Instant) {
        match self.unattended {
            Unattended::Answered if self.is_talking() && self.audio.as_ref().is_some_and(|audio| audio.connected) => {
                self.unattended = Unattended::Beeping { until: now + BEEP };
            }
            Unattended::Beeping { until } if now >= until => self.unattended = Unattended::Announced,
            Unattended::No
            | Unattended::Planned(_)
            | Unattended::Due { .. }
            | Unattended::Answered
            | Unattended::Beeping { .. }
            | Unattended::Announced => {}
        }
    }

    pub(super) fn unattended_due(&self) -> Option<Instant> {
        match self.unattended {
            Unattended::Due { at, .. } => Some(at).filter(|_| self.is_ringing_here()),
            Unattended::Beeping { until } => Some(until).filter(|_| self.is_live()),
            Unattended::No | Unattended::Planned(_) | Unattended::Answered | Unattended::Announced => None,
        }
    }

    /// When it will answer itself.
    pub(super) fn answers_itself(&self) -> Option<Instant> {
        match self.unattended {
            Unattended::Due { at, .. } => Some(at).filter(|_| self.is_ringing_here()),
            Unattended::No
            | Unattended::Planned(_)
            | Unattended::Answered
            | Unattended::Beeping { .. }
            | Unattended::Announced => None,
        }
    }

    /// Whether the phone answered it.
    pub(crate) fn is_auto_answered(&self) -> bool {
        matches!(self.unattended, Unattended::Answered | Unattended::Beeping { .. } | Unattended::Announced)
    }

    /// Whether the beep sounds now.
    pub(crate) fn beeps(&self) -> bool {
        self.is_live() && matches!(self.unattended, Unattended::Beeping { .. })
    }

    /// Whether nobody may be listened to yet, because the beep is still to be heard.
    pub(crate) fn awaits_beep(&self) -> bool {
        matches!(self.unattended, Unattended::Answered | Unattended::Beeping { .. })
    }
}
