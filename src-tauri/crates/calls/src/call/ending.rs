//! The end of a call: its cause, its report, and the moment it stays to be read.

use std::time::Duration;

use model::{CallReport, Cause, Event, Instant};
use serde::{Deserialize, Serialize};

use super::{Call, Phase};
use crate::{
    io::{LineRequest, SoundRequest},
    outbox::Outbox,
};

/// How long the media session may take to tell its last figures; closing takes milliseconds.
const REPORT_WITHIN: Duration = Duration::from_millis(500);

/// How long a call that is over stays in the snapshot, so that its cause can be read.
const SHOWN_FOR: Duration = Duration::from_secs(5);

/// A call that is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub(crate) cause: Cause,
    report_by: Option<Instant>,
    forget_at: Instant,
}

impl Ended {
    pub(super) fn deadline(&self) -> Instant {
        self.report_by.unwrap_or(self.forget_at)
    }

    pub(super) fn is_stale(&self, now: Instant) -> bool {
        self.report_by.is_none() && now >= self.forget_at
    }
}

impl Call {
    /// Ends the call for the user. Only the first cause counts.
    pub(crate) fn end(&mut self, now: Instant, cause: Cause, out: &mut Outbox) {
        if !self.is_live() {
            return;
        }
        if self.prepares && matches!(self.phase, Phase::Preparing { .. } | Phase::Offering { .. }) {
            out.line(&self.account, LineRequest::HangUp { call: self.line });
        }
        if let Some(media) = self.recorded_media() {
            out.sound(SoundRequest::EndRecording { media });
        }
        let has_audio = self.close_audio(out);
        self.talked = self.answered.map_or(Duration::ZERO, |answered| now.since(answered));
        self.digits.clear();
        self.phase = Phase::Ended(Ended { cause, report_by: Some(now + REPORT_WITHIN), forget_at: now + SHOWN_FOR });
        if !has_audio {
            self.report(out);
        }
    }

    pub(super) fn report_when_due(&mut self, now: Instant, out: &mut Outbox) {
        if matches!(&self.phase, Phase::Ended(ended) if ended.report_by.is_some_and(|due| now >= due)) {
            self.report(out);
        }
    }

    /// Tells the end with its report, once.
    pub(super) fn report(&mut self, out: &mut Outbox) {
        let Phase::Ended(ended) = &mut self.phase else { return };
        if ended.report_by.take().is_none() {
            return;
        }
        let cause = ended.cause.clone();
        let report = CallReport {
            talked_ms: u64::try_from(self.talked.as_millis()).unwrap_or(u64::MAX),
            setup: self.setup,
            media: self.statistics.clone().unwrap_or_default(),
        };
        self.audio = None;
        let (code, message) = (cause.code(), cause.to_string());
        out.event(Event::Ended { call: self.id, cause, code, message, report: Box::new(report) });
    }
}
