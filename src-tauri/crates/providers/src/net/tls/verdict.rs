//! What TLS's verdicts mean, in plain words.

use std::fmt;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, OtherError, PeerIncompatible};
use rustls_pki_types::UnixTime;

use crate::net::{certificate::Certificate, words};

/// Shorter RSA keys are within reach of breaking (NIST SP 800-131A).
const SHORTEST_RSA_BITS: usize = 2048;
/// The last second of the year 9999, the latest a certificate can name (RFC 5280 section 4.1.2.5).
const LATEST_SECOND: u64 = 253_402_300_799;
const SELF_SIGNED: &str = "its certificate is self-signed: nobody this computer trusts vouches for it";

/// What a TLS error means to the user.
pub(super) fn explain(error: &Error) -> String {
    let refused = |why: &str| format!("the server and this phone cannot agree: {why}");
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(words))) | Error::Other(OtherError(words)) => {
            words::quoted(&words.to_string())
        }
        Error::InvalidCertificate(error) => unexplained(error),
        Error::NoCertificatesPresented => "the server shows no certificate".into(),
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => refused("it speaks no version of TLS that is safe (1.2 or 1.3)"),
        Error::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity)
        | Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon | PeerIncompatible::NoKxGroupsInCommon) => {
            refused("they have no safe cipher in common")
        }
        Error::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon) => {
            refused("it signs only in ways that can be forged")
        }
        Error::PeerIncompatible(other) => refused(&words::quoted(&format!("{other:?}"))),
        Error::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::AccessDenied) => {
            "the server wants a certificate from this phone".into()
        }
        Error::AlertReceived(AlertDescription::UnrecognisedName) => "the server is not responsible for that name".into(),
        Error::AlertReceived(AlertDescription::NoApplicationProtocol) => refused("it does not speak HTTP there"),
        Error::AlertReceived(alert) => format!("the server broke it off ({})", words::quoted(&format!("{alert:?}"))),
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            "the server does not speak TLS at that port".into()
        }
        other => words::quoted(&other.to_string()),
    }
}

/// What is wrong with a certificate, as far as the verifier alone can tell.
fn unexplained(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired => "its certificate has expired".into(),
        CertificateError::ExpiredContext { not_after, .. } => format!("its certificate expired on {}", Date(*not_after)),
        CertificateError::NotValidYet => "its certificate is not valid yet; is this computer's clock right?".into(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("its certificate is not valid before {}; is this computer's clock right?", Date(*not_before))
        }
        CertificateError::Revoked => "its certificate was revoked".into(),
        CertificateError::UnknownIssuer => {
            "its certificate is from an authority this computer does not know; a private one can be added to the account".into()
        }
        CertificateError::NotValidForName => "its certificate is for another name".into(),
        CertificateError::NotValidForNameContext { presented, .. } => match presented.as_slice() {
            [] => "its certificate is for another name".into(),
            names => {
                let names: Vec<_> = names.iter().take(3).map(|name| plain_name(name)).collect();
                format!("its certificate is for another name ({})", words::quoted(&names.join(", ")))
            }
        },
        CertificateError::BadSignature => {
            "its certificate was not signed by the authority it names; was that authority replaced by another of the same name?"
                .into()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "its certificate is signed in a way that is not safe or not known".into()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "its certificate is not meant for a server".into()
        }
        CertificateError::UnhandledCriticalExtension => "its certificate demands something this phone does not know".into(),
        CertificateError::BadEncoding => "its certificate cannot be read".into(),
        CertificateError::UnknownRevocationStatus
        | CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => {
            "whether its certificate was revoked cannot be found out".into()
        }
        other => format!("its certificate is not accepted ({})", words::quoted(&other.to_string())),
    }
}

/// The verifier writes names as `DnsName("pbx.example.com")`.
fn plain_name(debugged: &str) -> &str {
    debugged.split('"').nth(1).unwrap_or(debugged)
}

/// What is wrong with this certificate, of which the verifier said `error`.
pub(super) fn refused_because(error: &CertificateError, certificate: Option<&Certificate>) -> String {
    let Some(certificate) = certificate else { return unexplained(error) };
    match error {
        CertificateError::UnknownIssuer if certificate.self_signed => SELF_SIGNED.into(),
        // The verifier has no word of its own for these two.
        CertificateError::Other(_) if !certificate.is_for_servers => unexplained(&CertificateError::InvalidPurpose),
        CertificateError::Other(_) if certificate.is_authority && certificate.self_signed => SELF_SIGNED.into(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } if !certificate.has_alt_names => {
            "its certificate has no subjectAltName, and a name elsewhere in it does not count".into()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. } | CertificateError::BadSignature => {
            weakness(certificate).unwrap_or_else(|| unexplained(error))
        }
        other => unexplained(other),
    }
}

/// What makes a certificate unsafe although it verifies.
pub(super) fn weakness(certificate: &Certificate) -> Option<String> {
    if certificate.forgeable_signature {
        return Some("its certificate is signed with SHA-1 or MD5, which can be forged".into());
    }
    let bits = certificate.rsa_bits.filter(|bits| *bits < SHORTEST_RSA_BITS)?;
    Some(format!("the key of its certificate is too weak ({bits} bits)"))
}

/// A day of the Gregorian calendar, UTC.
struct Date(UnixTime);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut days = self.0.as_secs().min(LATEST_SECOND) / 86_400;
        let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let mut year = 1970;
        while days >= 365 + u64::from(leap(year)) {
            days -= 365 + u64::from(leap(year));
            year += 1;
        }
        let months = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut month = 1;
        for length in months {
            if days < length {
                break;
            }
            days -= length;
            month += 1;
        }
        write!(f, "{year}-{month:02}-{:02}", days + 1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (4_107_542_400, "2100-03-01"),
            (1_767_225_599, "2025-12-31"),
            (u64::MAX, "9999-12-31"),
        ] {
            assert_eq!(Date(UnixTime::since_unix_epoch(Duration::from_secs(seconds))).to_string(), date);
        }
    }

    #[test]
    fn each_way_to_fail_has_its_own_words() {
        let errors = [
            Error::InvalidCertificate(CertificateError::Revoked),
            Error::InvalidCertificate(CertificateError::UnknownIssuer),
            Error::InvalidCertificate(CertificateError::BadSignature),
            Error::InvalidCertificate(CertificateError::InvalidPurpose),
            Error::NoCertificatesPresented,
            Error::AlertReceived(AlertDescription::ProtocolVersion),
            Error::AlertReceived(AlertDescription::HandshakeFailure),
            Error::AlertReceived(AlertDescription::CertificateRequired),
            Error::AlertReceived(AlertDescription::InternalError),
            Error::InvalidMessage(InvalidMessage::InvalidContentType),
            Error::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon),
        ];
        let mut words: Vec<_> = errors.iter().map(explain).collect();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), errors.len(), "{words:#?}");
    }

    #[test]
    fn weak_keys_and_forgeable_signatures_are_told_apart() {
        let good = Certificate {
            self_signed: false,
            forgeable_signature: false,
            rsa_bits: Some(2048),
            has_alt_names: true,
            is_authority: false,
            is_for_servers: true,
        };
        assert_eq!(weakness(&good), None);
        let weak = Certificate { rsa_bits: Some(1024), ..good };
        assert!(weakness(&weak).is_some_and(|words| words.contains("1024 bits")));
        let forgeable = Certificate { forgeable_signature: true, rsa_bits: None, ..weak };
        assert!(weakness(&forgeable).is_some_and(|words| words.contains("SHA-1")));
    }
}
