//! Digits in the body of INFO.
//!
//! There is no RFC for it; the forms are those that PBXs have understood since they were proposed (RFC 6086 appendix A
//! speaks of them).

use std::time::Duration;

use calls::io::InfoForm;
use model::DtmfDigit;

/// The type we send first, and understand.
const RELAY: &str = "application/dtmf-relay";
/// The older type, just the digit; sent where the other is not known.
const BARE: &str = "application/dtmf";
/// What is taken when a body does not tell, or tells nonsense.
const USUAL: Duration = Duration::from_millis(160);
/// From the shortest tone a detector must hear (ITU-T Q.24) to what a person would hold down.
const SENSIBLE_MS: std::ops::RangeInclusive<u64> = 40..=10_000;

/// The type and the body that say a digit.
pub(super) fn write(form: InfoForm, digit: DtmfDigit, duration: Duration) -> (&'static str, String) {
    match form {
        InfoForm::DtmfRelay => (RELAY, format!("Signal={digit}\r\nDuration={}\r\n", duration.as_millis())),
        InfoForm::Dtmf => (BARE, format!("{digit}\r\n")),
    }
}

/// The digit an INFO says, if it is one.
pub(super) fn read(content_type: &str, body: &str) -> Option<(DtmfDigit, Duration)> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        // Some put the lines of the other type here.
        BARE if !body.contains('=') => Some((digit(body)?, USUAL)),
        RELAY | BARE => {
            let field = |name: &str| {
                let mut fields = body.lines().filter_map(|line| line.split_once('='));
                fields.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
            };
            let told = field("Duration").and_then(|text| text.parse().ok()).filter(|ms| SENSIBLE_MS.contains(ms));
            Some((digit(field("Signal")?)?, told.map_or(USUAL, Duration::from_millis)))
        }
        _ => None,
    }
}

/// A key, or its event code (RFC 4733 section 3.2) from 10 on.
fn digit(text: &str) -> Option<DtmfDigit> {
    let text = text.trim();
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(key), None) => DtmfDigit::try_from(key).ok(),
        _ => text.parse().ok().and_then(DtmfDigit::from_event),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: char) -> DtmfDigit {
        DtmfDigit::try_from(key).expect("a key")
    }

    #[test]
    fn what_we_say_we_understand() {
        let (kind, body) = write(InfoForm::DtmfRelay, key('#'), Duration::from_millis(100));
        assert_eq!(body, "Signal=#\r\nDuration=100\r\n");
        assert_eq!(read(kind, &body), Some((key('#'), Duration::from_millis(100))));
        let (kind, body) = write(InfoForm::Dtmf, key('#'), Duration::from_millis(100));
        assert_eq!((kind, body.as_str()), ("application/dtmf", "#\r\n"));
        assert_eq!(read(kind, &body), Some((key('#'), USUAL)));
    }

    #[test]
    fn the_dialects_are_understood_and_the_rest_is_not() {
        for (content_type, body, read_as) in [
            ("application/dtmf-relay", "Signal= 5\nDuration= 250", Some(('5', 250))),
            ("Application/DTMF-Relay; x=y", "signal=a\r\n", Some(('A', 160))),
            ("application/dtmf-relay", "Signal=11\r\nDuration=0\r\n", Some(('#', 160))),
            ("application/dtmf-relay", "Duration=99999999999999999999\r\nSignal=1", Some(('1', 160))),
            ("application/dtmf", "7\r\n", Some(('7', 160))),
            ("application/dtmf", "10", Some(('*', 160))),
            ("application/dtmf", "Signal=3", Some(('3', 160))),
            ("application/dtmf-relay", "Signal=16", None),
            ("application/dtmf-relay", "Signal=x", None),
            ("application/dtmf-relay", "", None),
            ("text/plain", "5", None),
        ] {
            let expected = read_as.map(|(digit, ms)| (key(digit), Duration::from_millis(ms)));
            assert_eq!(read(content_type, body), expected, "{content_type} {body:?}");
        }
    }
}
