//! What TLS's verdicts mean, in plain words.

use std::fmt;

use model::TlsFault;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};
use rustls_pki_types::UnixTime;

use crate::net::{certificate::Certificate, words};

/// Shorter RSA keys are within reach of breaking (NIST SP 800-131A).
const SHORTEST_RSA_BITS: usize = 2048;
/// The last second of the year 9999, the latest a certificate can name (RFC 5280 section 4.1.2.5).
const LATEST_SECOND: u64 = 253_402_300_799;

/// What a TLS error means to the user.
pub(super) fn explain(error: &Error) -> TlsFault {
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) | Error::Other(other) => {
            let judged = other.0.downcast_ref::<Judged>();
            judged.map_or_else(|| said(&other.0), |Judged(fault)| fault.clone())
        }
        Error::InvalidCertificate(error) => unexplained(error),
        Error::NoCertificatesPresented => TlsFault::NoCertificate,
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => TlsFault::OldVersion,
        Error::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity)
        | Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon | PeerIncompatible::NoKxGroupsInCommon) => {
            TlsFault::NoCipher
        }
        Error::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon) => TlsFault::ForgeableOnly,
        Error::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::AccessDenied) => {
            TlsFault::WantsCertificate
        }
        Error::AlertReceived(AlertDescription::UnrecognisedName) => TlsFault::NotResponsible,
        Error::AlertReceived(AlertDescription::NoApplicationProtocol) => TlsFault::NoHttp,
        Error::AlertReceived(alert) => TlsFault::BrokenOff { alert: words::quoted(&format!("{alert:?}")) },
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => TlsFault::NoTls,
        other => said(other),
    }
}

fn said(error: &impl fmt::Display) -> TlsFault {
    TlsFault::Said { words: words::quoted(&error.to_string()) }
}

/// A verdict that the verifier had no word for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Judged(pub(super) TlsFault);

/// What is wrong with a certificate, as far as the verifier alone can tell.
fn unexplained(error: &CertificateError) -> TlsFault {
    match error {
        CertificateError::Expired => TlsFault::Expired { on: String::new() },
        CertificateError::ExpiredContext { not_after, .. } => TlsFault::Expired { on: Date(*not_after).to_string() },
        CertificateError::NotValidYet => TlsFault::NotYetValid { from: String::new() },
        CertificateError::NotValidYetContext { not_before, .. } => TlsFault::NotYetValid { from: Date(*not_before).to_string() },
        CertificateError::Revoked => TlsFault::Revoked,
        CertificateError::UnknownIssuer => TlsFault::UnknownIssuer,
        CertificateError::NotValidForName => TlsFault::OtherName { names: String::new() },
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<_> = presented.iter().take(3).map(|name| plain_name(name)).collect();
            TlsFault::OtherName { names: words::quoted(&names.join(", ")) }
        }
        CertificateError::BadSignature => TlsFault::BadSignature,
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => TlsFault::UnsafeSignature,
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => TlsFault::NotForServers,
        CertificateError::UnhandledCriticalExtension => TlsFault::Demanding,
        CertificateError::BadEncoding => TlsFault::Unreadable,
        CertificateError::UnknownRevocationStatus
        | CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => TlsFault::RevocationUnknown,
        other => TlsFault::NotAccepted { words: words::quoted(&other.to_string()) },
    }
}

/// The verifier writes names as `DnsName("pbx.example.com")`.
fn plain_name(debugged: &str) -> &str {
    debugged.split('"').nth(1).unwrap_or(debugged)
}

/// What is wrong with this certificate, of which the verifier said `error`.
pub(super) fn refused_because(error: &CertificateError, certificate: Option<&Certificate>) -> TlsFault {
    let Some(certificate) = certificate else { return unexplained(error) };
    match error {
        CertificateError::UnknownIssuer if certificate.self_signed => TlsFault::SelfSigned,
        // The verifier has no word of its own for these two.
        CertificateError::Other(_) if !certificate.is_for_servers => unexplained(&CertificateError::InvalidPurpose),
        CertificateError::Other(_) if certificate.is_authority && certificate.self_signed => TlsFault::SelfSigned,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } if !certificate.has_alt_names => {
            TlsFault::NoAltName
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. } | CertificateError::BadSignature => {
            weakness(certificate).unwrap_or_else(|| unexplained(error))
        }
        other => unexplained(other),
    }
}

/// What makes a certificate unsafe although it verifies.
pub(super) fn weakness(certificate: &Certificate) -> Option<TlsFault> {
    if certificate.forgeable_signature {
        return Some(TlsFault::ForgeableSignature);
    }
    let bits = certificate.rsa_bits.filter(|bits| *bits < SHORTEST_RSA_BITS)?;
    Some(TlsFault::WeakKey { bits: u32::try_from(bits).unwrap_or_default() })
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
        let mut words: Vec<_> = errors.iter().map(|error| explain(error).to_string()).collect();
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
        assert_eq!(weakness(&weak), Some(TlsFault::WeakKey { bits: 1024 }));
        let forgeable = Certificate { forgeable_signature: true, rsa_bits: None, ..weak };
        assert_eq!(weakness(&forgeable), Some(TlsFault::ForgeableSignature));
    }
}
