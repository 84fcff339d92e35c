//! What a number does once it is called.

use std::{sync::Arc, time::Duration};

use audio::{Repeat, ToneSpec};
use calls::io::Description;
use model::{DtmfDigit, Instant, MediaId};
use sip::{ExtraHeaders, Uri};

use crate::{booths::Heard, core::CallRef, number::Number};

/// Tones of the humming numbers: musical thirds apart, so that each is told from the other in a mix.
const PARTNER_HZ: f32 = 523.25;
const TARGET_HZ: f32 = 659.26;

/// A call that a number takes, or makes (the call back).
#[derive(Debug)]
pub(crate) struct Attendant {
    pub(crate) number: Number,
    /// The number those it calls see.
    pub(crate) seen_as: Number,
    pub(crate) media: MediaId,
    pub(crate) stage: Stage,
    /// Our answer or offer, while it waits for the moment to answer.
    pub(crate) description: Option<Description>,
    /// Whom it calls, when it does not wait to be called.
    pub(crate) calls: Option<Uri>,
    /// The call whose place it takes when it answers (RFC 3891).
    pub(crate) in_place_of: Option<CallRef>,
    /// Further headers of its own call.
    pub(crate) headers: ExtraHeaders,
    digits: Vec<DtmfDigit>,
}

/// Where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The caller's offer is being judged, or our offer is being made.
    Preparing,
    /// It rings or plays until then.
    Alerting { answer_at: Instant },
    /// Answered. It hangs up at `until`, if at all.
    Talking { until: Option<Instant> },
    /// Answered; digits are read back at `at`.
    Collecting { at: Instant },
}

impl Attendant {
    pub(crate) fn new(number: Number, media: MediaId) -> Self {
        Self {
            number,
            seen_as: number,
            media,
            stage: Stage::Preparing,
            description: None,
            calls: None,
            in_place_of: None,
            headers: Vec::new(),
            digits: Vec::new(),
        }
    }

    /// How long it rings or plays before it answers; `None` when it never does.
    pub(crate) fn answers_after(&self) -> Option<Duration> {
        match self.number {
            _ if self.in_place_of.is_some() => Some(Duration::ZERO),
            Number::NeverAnswers | Number::Busy => None,
            Number::EarlyMedia => Some(Duration::from_secs(4)),
            Number::TransferTarget => Some(Duration::from_secs(2)),
            Number::Echo | Number::Music | Number::CallBack | Number::DigitReader | Number::ConferencePartner => {
                Some(Duration::ZERO)
            }
        }
    }

    /// What is heard before the answer; the caller's own ringback when silent.
    pub(crate) fn heard_before_answer(&self) -> Heard {
        if self.number == Number::EarlyMedia { Heard::Tone(ToneSpec::Music) } else { Heard::Silence }
    }

    /// What is heard after it.
    pub(crate) fn heard(&self) -> Heard {
        match self.number {
            Number::Echo | Number::EarlyMedia => Heard::Echo,
            Number::Music => Heard::Tone(ToneSpec::Music),
            Number::CallBack => Heard::Tone(ToneSpec::AutoAnswer),
            Number::ConferencePartner => Heard::Tone(ToneSpec::Sine { hz: PARTNER_HZ, dbfs: -20.0 }),
            Number::TransferTarget => Heard::Tone(ToneSpec::Sine { hz: TARGET_HZ, dbfs: -20.0 }),
            Number::DigitReader | Number::Busy | Number::NeverAnswers => Heard::Silence,
        }
    }

    /// The call is answered.
    pub(crate) fn answered(&mut self, now: Instant) {
        // A busy number that calls has nobody to offer either.
        let until = matches!(self.number, Number::CallBack | Number::Busy).then_some(now + Duration::from_millis(1500));
        self.stage = Stage::Talking { until };
    }

    /// The caller pressed a key.
    pub(crate) fn digit(&mut self, now: Instant, digit: DtmfDigit) {
        if self.number != Number::DigitReader || !matches!(self.stage, Stage::Talking { .. } | Stage::Collecting { .. }) {
            return;
        }
        let is_end = digit == DtmfDigit::POUND;
        if !is_end && self.digits.len() < 64 {
            self.digits.push(digit);
        }
        let pause = if is_end { Duration::ZERO } else { Duration::from_millis(1500) };
        self.stage = Stage::Collecting { at: now + pause };
    }

    /// The digits to be read back now.
    pub(crate) fn read_back(&mut self) -> ToneSpec {
        self.stage = Stage::Talking { until: None };
        let digits = std::mem::take(&mut self.digits);
        if digits.is_empty() {
            return ToneSpec::Samples { samples: Arc::from([]), repeat: Repeat::Once };
        }
        ToneSpec::Digits { digits, tone: Duration::from_millis(120), gap: Duration::from_millis(80) }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Preparing => None,
            Stage::Alerting { answer_at } => Some(answer_at),
            Stage::Talking { until } => until,
            Stage::Collecting { at } => Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<DtmfDigit> {
        DtmfDigit::parse_all(text).expect("digits")
    }

    #[test]
    fn digits_are_read_back_after_a_pause_or_at_once_after_the_pound_key() {
        let mut reader = Attendant::new(Number::DigitReader, MediaId(1));
        let now = Instant::START;
        reader.answered(now);
        for digit in digits("12") {
            reader.digit(now, digit);
        }
        assert_eq!(reader.deadline(), Some(now + Duration::from_millis(1500)));
        reader.digit(now, DtmfDigit::POUND);
        assert_eq!(reader.deadline(), Some(now));
        let ToneSpec::Digits { digits: read, .. } = reader.read_back() else { panic!("digits are tones") };
        assert_eq!(read, digits("12"));
        assert_eq!(reader.deadline(), None, "and the call goes on");
    }

    #[test]
    fn every_number_but_two_answers() {
        let silent: Vec<_> =
            Number::ALL.into_iter().filter(|number| Attendant::new(*number, MediaId(1)).answers_after().is_none()).collect();
        assert_eq!(silent, [Number::Busy, Number::NeverAnswers]);
        assert!(Number::ALL.into_iter().all(|number| Number::of_digits(number.digits()) == Some(number)));
    }
}
