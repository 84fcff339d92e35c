//! Digits: by RFC 4733 through the media session, by INFO, or as tones in the audio.

use std::{collections::VecDeque, time::Duration};

use model::{CallSettings, DtmfDigit, DtmfMode, Instant, Trouble};
use serde::{Deserialize, Serialize};

use super::Call;
use crate::{
    io::{InfoForm, LineRequest, MediaRequest, SoundRequest},
    outbox::Outbox,
};

/// Length of a tone that is held by hand at the shortest, and of the pause behind it, as browsers do (W3C `insertDTMF` defaults).
const TONE: Duration = Duration::from_millis(100);
const GAP: Duration = Duration::from_millis(70);

/// INFO carries no timing of its own: what a reader needs between two digits is kept here. 120 ms is what gateways expect.
const INFO_TONE: Duration = Duration::from_millis(120);

/// The longest row of digits; more is a mistake.
const MOST: usize = 256;

/// A key that is held longer is let go: somebody leans on it, or its release was lost.
const LONGEST_PRESS: Duration = Duration::from_secs(10);

/// 415: the far end does not know the type of the body (RFC 3261 21.4.13).
const UNSUPPORTED_MEDIA_TYPE: u16 = 415;

/// What a call knows of its digits.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Digits {
    /// Digits that wait to go by INFO or as tones, with their lengths.
    waiting: VecDeque<(DtmfDigit, Duration)>,
    next_at: Option<Instant>,
    /// The one that went by INFO and is not answered yet, and in which form; it goes another way when it is refused, before those
    /// behind it.
    by_info: Option<(DtmfMode, DtmfDigit, Duration)>,
    pressed: Option<Pressed>,
    refused: Refused,
}

/// How long digits sound that are sent by themselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DigitPace {
    tone: Duration,
    gap: Duration,
}

impl DigitPace {
    pub(crate) fn of(settings: &CallSettings) -> Self {
        let ms = |ms: u32| Duration::from_millis(ms.into());
        Self { tone: ms(settings.digit_ms), gap: ms(settings.digit_gap_ms) }
    }
}

/// A key that is being held.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Pressed {
    digit: DtmfDigit,
    since: Instant,
    /// The way it goes, chosen when it was pressed; where the length must be known first, nothing has gone yet.
    sounds: Option<DtmfMode>,
}

/// What the far end of this call has been found not to understand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Refused {
    #[default]
    Nothing,
    /// `application/dtmf-relay`.
    Relay,
    /// INFO of either kind.
    Info,
}

impl Digits {
    pub(super) fn due(&self) -> Option<Instant> {
        let release = self.pressed.map(|pressed| pressed.since + LONGEST_PRESS);
        self.next_at.filter(|_| !self.waiting.is_empty()).into_iter().chain(release).min()
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.pressed = None;
    }
}

impl Call {
    /// Sends digits behind those still waiting.
    pub(crate) fn send_dtmf(
        &mut self,
        now: Instant,
        digits: Vec<DtmfDigit>,
        pace: DigitPace,
        out: &mut Outbox,
    ) -> Result<(), Trouble> {
        let Some(&first) = digits.first() else { return Ok(()) };
        let mode = self.way_of_digits()?;
        if digits.len() + self.digits.waiting.len() > MOST {
            return Err(Trouble::TooManyDigits);
        }
        match (mode, &self.audio) {
            (DtmfMode::Rfc4733, Some(audio)) => {
                out.media(audio.id, MediaRequest::SendDtmf { digits, tone: pace.tone, gap: pace.gap });
            }
            _ => {
                let length = if mode == DtmfMode::InBand { pace.tone } else { INFO_TONE };
                self.digits.waiting.extend(digits.into_iter().map(|digit| (digit, length)));
                self.send_waiting_digits(now, out);
            }
        }
        out.sound(SoundRequest::KeyTone(first));
        Ok(())
    }

    /// A key goes down.
    pub(crate) fn press_key(&mut self, now: Instant, digit: DtmfDigit, out: &mut Outbox) -> Result<(), Trouble> {
        let mode = self.way_of_digits()?;
        self.release_key(now, out);
        let is_free = self.digits.waiting.is_empty() && self.digits.next_at.is_none_or(|at| now >= at);
        let sounds = match (mode, &self.audio) {
            (DtmfMode::Rfc4733, Some(audio)) => {
                out.media(audio.id, MediaRequest::PressKey { digit });
                Some(mode)
            }
            (DtmfMode::InBand, Some(audio)) if is_free => {
                out.sound(SoundRequest::Digit { media: audio.id, digit: Some(digit), tone: LONGEST_PRESS });
                Some(mode)
            }
            _ => None,
        };
        self.digits.pressed = Some(Pressed { digit, since: now, sounds });
        out.sound(SoundRequest::KeyTone(digit));
        Ok(())
    }

    /// The key that is down goes up; nothing when none is.
    pub(crate) fn release_key(&mut self, now: Instant, out: &mut Outbox) {
        let Some(pressed) = self.digits.pressed.take() else { return };
        let held = now.since(pressed.since).clamp(TONE, LONGEST_PRESS);
        match (pressed.sounds, &self.audio) {
            (Some(DtmfMode::InBand), Some(audio)) => {
                out.sound(SoundRequest::Digit { media: audio.id, digit: None, tone: Duration::ZERO });
                self.digits.next_at = Some(now + GAP);
            }
            (Some(_), Some(audio)) => out.media(audio.id, MediaRequest::ReleaseKey),
            (None, _) => {
                self.digits.waiting.push_back((pressed.digit, held));
                self.send_waiting_digits(now, out);
            }
            (Some(_), None) => {}
        }
    }

    pub(super) fn digits_on_time(&mut self, now: Instant, out: &mut Outbox) {
        if self.digits.pressed.is_some_and(|pressed| now >= pressed.since + LONGEST_PRESS) {
            self.release_key(now, out);
        }
        self.send_waiting_digits(now, out);
    }

    fn send_waiting_digits(&mut self, now: Instant, out: &mut Outbox) {
        if self.digits.next_at.is_some_and(|at| now < at) {
            return;
        }
        self.digits.next_at = None;
        if self.digits.by_info.is_some() {
            return;
        }
        let (Some(mode), Some(audio)) = (self.dtmf_in_use(), &self.audio) else { return };
        let Some((digit, length)) = self.digits.waiting.pop_front() else { return };
        match mode {
            DtmfMode::InBand => out.sound(SoundRequest::Digit { media: audio.id, digit: Some(digit), tone: length }),
            DtmfMode::Rfc4733 => {
                out.media(audio.id, MediaRequest::SendDtmf { digits: vec![digit], tone: length, gap: GAP });
            }
            DtmfMode::Info | DtmfMode::InfoDtmf | DtmfMode::Automatic => {
                let form = if mode == DtmfMode::InfoDtmf { InfoForm::Dtmf } else { InfoForm::DtmfRelay };
                out.line(&self.account, LineRequest::SendDtmf { call: self.line, digit, duration: length, form });
                self.digits.by_info = Some((mode, digit, length));
            }
        }
        self.digits.next_at = Some(now + length + GAP);
    }

    /// The digit that went by INFO is answered. One that the far end does not take goes the next best way, and so do those behind it.
    pub(super) fn on_dtmf_answered(&mut self, now: Instant, code: u16, out: &mut Outbox) {
        let Some((went, digit, length)) = self.digits.by_info.take() else { return };
        if code >= 300 {
            let relay_alone = went == DtmfMode::Info && code == UNSUPPORTED_MEDIA_TYPE;
            self.digits.refused = if relay_alone { Refused::Relay } else { Refused::Info };
            match self.dtmf_in_use() {
                Some(mode) if mode != went => self.digits.waiting.push_front((digit, length)),
                Some(_) | None => out.failed(Some(self.id), Trouble::DigitRefused { status: code }),
            }
        }
        self.send_waiting_digits(now, out);
    }

    fn way_of_digits(&self) -> Result<DtmfMode, Trouble> {
        if !self.audio.as_ref().is_some_and(|audio| audio.connected && self.is_live()) {
            return Err(Trouble::DigitsTooEarly);
        }
        self.dtmf_in_use().ok_or(Trouble::NoDigits)
    }

    /// Which way digits go; `None` while unknown, and where there is none.
    pub(super) fn dtmf_in_use(&self) -> Option<DtmfMode> {
        let telephone_event = self.audio.as_ref()?.telephone_event?;
        let info = match self.digits.refused {
            Refused::Nothing => Some(DtmfMode::Info),
            Refused::Relay => Some(DtmfMode::InfoDtmf),
            Refused::Info => None,
        };
        let info = info.filter(|_| self.dtmf_info);
        let in_stream = telephone_event.then_some(DtmfMode::Rfc4733);
        let wanted = match self.dtmf {
            DtmfMode::Automatic | DtmfMode::Rfc4733 => in_stream.or(info),
            DtmfMode::Info => info.or(in_stream),
            DtmfMode::InfoDtmf => info.map(|_| DtmfMode::InfoDtmf).or(in_stream),
            DtmfMode::InBand => None,
        };
        // The last way that there is.
        wanted.or((!self.deaf_to_tones).then_some(DtmfMode::InBand))
    }
}
