//! Digits: by RFC 4733 through the media session, or one after another by INFO.

use std::{collections::VecDeque, time::Duration};

use model::{DtmfDigit, DtmfMode, Instant};
use serde::{Deserialize, Serialize};

use super::Call;
use crate::{
    io::{LineRequest, MediaRequest, SoundRequest},
    outbox::Outbox,
};

/// Length of a tone and of the pause behind it, as browsers do (W3C `insertDTMF` defaults).
const TONE: Duration = Duration::from_millis(100);
const GAP: Duration = Duration::from_millis(70);

/// INFO carries no timing of its own: what a reader needs between two digits is kept here. 120 ms is what gateways expect.
const INFO_TONE: Duration = Duration::from_millis(120);

/// The longest row of digits; more is a mistake.
const MOST: usize = 256;

/// Digits that wait to go by INFO.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct InfoDigits {
    waiting: VecDeque<DtmfDigit>,
    next_at: Option<Instant>,
}

impl InfoDigits {
    pub(super) fn due(&self) -> Option<Instant> {
        self.next_at.filter(|_| !self.waiting.is_empty())
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

impl Call {
    /// Sends digits behind those still waiting.
    pub(crate) fn send_dtmf(&mut self, now: Instant, digits: Vec<DtmfDigit>, out: &mut Outbox) -> Result<(), &'static str> {
        let Some(audio) = self.audio.as_ref().filter(|audio| audio.connected && self.is_live()) else {
            return Err("digits can be sent when the audio of a call is connected");
        };
        if digits.len() + self.digits.waiting.len() > MOST {
            return Err("that is too many digits at once");
        }
        let Some(&first) = digits.first() else { return Ok(()) };
        match self.dtmf_in_use() {
            Some(DtmfMode::Rfc4733) => out.media(audio.id, MediaRequest::SendDtmf { digits, tone: TONE, gap: GAP }),
            Some(DtmfMode::Info | DtmfMode::InfoDtmf) => {
                self.digits.waiting.extend(digits);
                self.send_info_digits(now, out);
            }
            Some(DtmfMode::Automatic | DtmfMode::InBand) | None => return Err("the far end takes no digits in this call"),
        }
        out.sound(SoundRequest::KeyTone(first));
        Ok(())
    }

    pub(super) fn send_info_digits(&mut self, now: Instant, out: &mut Outbox) {
        if self.digits.next_at.is_some_and(|at| now < at) {
            return;
        }
        self.digits.next_at = None;
        if let Some(digit) = self.digits.waiting.pop_front() {
            out.line(&self.account, LineRequest::SendDtmf { call: self.line, digit, duration: INFO_TONE });
            self.digits.next_at = Some(now + INFO_TONE + GAP);
        }
    }

    /// Which way digits go; `None` while unknown or when there is no way.
    pub(super) fn dtmf_in_use(&self) -> Option<DtmfMode> {
        let telephone_event = self.audio.as_ref()?.telephone_event;
        match self.dtmf {
            DtmfMode::Info if self.dtmf_info => Some(DtmfMode::Info),
            DtmfMode::Rfc4733 | DtmfMode::Automatic | DtmfMode::Info if telephone_event == Some(true) => Some(DtmfMode::Rfc4733),
            DtmfMode::Automatic | DtmfMode::Rfc4733 if telephone_event == Some(false) && self.dtmf_info => Some(DtmfMode::Info),
            DtmfMode::Automatic | DtmfMode::Rfc4733 | DtmfMode::Info | DtmfMode::InfoDtmf | DtmfMode::InBand => None,
        }
    }
}
