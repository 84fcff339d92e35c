//! What an offer and its answer agree on.

use model::{Codec, MediaDirection};

use super::remote::{Format, FormatKind, RemoteAudio};
use crate::{Negotiated, Payload, TelephoneEvent};

/// The agreement between our formats (of our offer, or of our answer) and the far end's audio. `wanted` is what our
/// description said. `None` when no codec is in common.
///
/// Payload types are the receiver's (RFC 3264 section 5.1): we send under the far end's numbers and are sent to under
/// ours. In practice both are the same.
pub fn negotiate(ours: &[Format], remote: &RemoteAudio, wanted: MediaDirection) -> Option<Negotiated> {
    let our_number = |codec: Codec| ours.iter().find(|format| format.codec() == Some(codec)).map(|format| format.number);
    let common = || remote.formats.iter().filter_map(|format| Some((format, format.codec()?, our_number(format.codec()?)?)));

    let payload = |number: u8, format: &Format, codec: Codec| match format.kind {
        FormatKind::Audio { fec, dtx, max_bitrate, .. } => Some(Payload { number, codec, fec, dtx, max_bitrate }),
        FormatKind::TelephoneEvent { .. } | FormatKind::Red { .. } => None,
    };
    let (first, codec, _) = common().next()?;
    let send = payload(first.number, first, codec)?;
    let mut receive: Vec<Payload> = common().filter_map(|(format, codec, number)| payload(number, format, codec)).collect();
    // Some answer under their own numbers and then send under them too.
    for (format, codec, _) in common() {
        if !receive.iter().any(|known| known.number == format.number) {
            receive.extend(payload(format.number, format, codec));
        }
    }

    let telephone_events = remote
        .formats
        .iter()
        .filter_map(|format| match format.kind {
            FormatKind::TelephoneEvent { clock_hz } => Some(TelephoneEvent { number: format.number, clock_hz }),
            FormatKind::Audio { .. } | FormatKind::Red { .. } => None,
        })
        .filter(|event| ours.iter().any(|format| format.kind == FormatKind::TelephoneEvent { clock_hz: event.clock_hz }))
        .collect();

    // RED counts only where both ends wrap the Opus they send, under one number.
    let opus = common().find(|(_, codec, _)| *codec == Codec::Opus);
    let red = opus.and_then(|(opus, _, _)| {
        let wraps_opus = |format: &&Format| format.kind == FormatKind::Red { wraps: opus.number };
        let theirs = remote.formats.iter().find(wraps_opus)?.number;
        ours.iter().any(|format| format.number == theirs && matches!(format.kind, FormatKind::Red { .. })).then_some(theirs)
    });

    Some(Negotiated {
        send,
        receive,
        telephone_events,
        red,
        direction: wanted.and(remote.direction.reversed()),
        remote: remote.direction,
        packet_ms: remote.packet_ms,
    })
}

impl Format {
    /// The codec, where it stands for one.
    pub fn codec(&self) -> Option<Codec> {
        match self.kind {
            FormatKind::Audio { codec, .. } => Some(codec),
            FormatKind::TelephoneEvent { .. } | FormatKind::Red { .. } => None,
        }
    }
}
