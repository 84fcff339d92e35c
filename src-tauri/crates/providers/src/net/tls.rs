//! TLS: who is trusted, and in plain words why somebody is not.

#[cfg(target_os = "linux")]
mod named;
mod verdict;

use std::{fmt, fs, io, path::Path, sync::Arc, time::Duration};

use model::{Clock, OfflineCause, SetupFault, TlsFault};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring,
    time_provider::TimeProvider,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use rustls_platform_verifier::Verifier;

use super::{KeyPin, certificate::Certificate, words};

/// Above this a file of authorities is a mistake: those of all the world have a quarter of a megabyte.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Makes the configuration of a client that trusts the platform's authorities and those in `ca_file` (PEM, any number).
///
/// Reads files, so call it where blocking is allowed.
pub(crate) fn client_config(
    ca_file: Option<&Path>,
    pin: Option<KeyPin>,
    clock: Arc<dyn Clock>,
) -> Result<ClientConfig, SetupFault> {
    // Given to each part by hand: the process-wide default may be another room's choice, or not made yet.
    let provider = Arc::new(ring::default_provider());
    let authorities = ca_file.map(read_authorities).transpose()?.unwrap_or_default();
    #[cfg(target_os = "linux")]
    named::look_at(std::env::var_os("SSL_CERT_FILE"), std::env::var_os("SSL_CERT_DIR"))?;
    let verifier = Verifier::new_with_extra_roots(authorities, provider.clone()).map_err(|error| no_tls(&error))?;
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(WallClock(clock)))
        .with_safe_default_protocol_versions()
        .map_err(|error| no_tls(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Explaining { verifier, pin }))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // One server per account is resumed at most; the default keeps 256.
    config.resumption = rustls::client::Resumption::in_memory_sessions(2);
    Ok(config)
}

fn no_tls(error: &Error) -> SetupFault {
    SetupFault::NoTls { detail: words::quoted(&error.to_string()) }
}

fn read_authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, SetupFault> {
    let name = || file.display().to_string();
    let unread = |detail: String| SetupFault::AuthoritiesUnread { file: name(), detail };
    let known = fs::metadata(file).map_err(|error| unread(error.to_string()))?;
    if !can_be_read(&known) {
        return Err(no_authorities(file));
    }
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(file).and_then(Iterator::collect).map_err(|error| unread(error.to_string()))?;
    match certificates.is_empty() {
        true => Err(SetupFault::AuthoritiesEmpty { file: name() }),
        false => Ok(certificates),
    }
}

/// A pipe would be waited for, each time once more, and a device has no end.
fn can_be_read(known: &fs::Metadata) -> bool {
    known.is_file() && known.len() <= LARGEST
}

fn no_authorities(file: &Path) -> SetupFault {
    SetupFault::AuthoritiesUnread { file: file.display().to_string(), detail: "it is no file of authorities".into() }
}

/// What a failed handshake means to the user: a verdict of TLS, or just a lost connection.
pub(crate) fn handshake_error(error: &io::Error) -> OfflineCause {
    refusal(error).unwrap_or_else(|| OfflineCause::Unreachable { detail: words::io_error(error) })
}

/// The verdict of TLS inside an I/O error, if that is what it is.
pub(crate) fn refusal(error: &io::Error) -> Option<OfflineCause> {
    tls_error(error).map(refusal_of)
}

/// What a verdict of TLS means to the user.
pub(crate) fn refusal_of(error: &Error) -> OfflineCause {
    if let Error::InvalidCertificate(CertificateError::Other(OtherError(other))) = error
        && let Some(KeyChanged { expected, found }) = other.downcast_ref()
    {
        return OfflineCause::KeyChanged { expected: expected.to_string(), found: found.to_string() };
    }
    OfflineCause::Tls { fault: verdict::explain(error) }
}

/// The TLS error inside an I/O error, if that is what it is.
pub(crate) fn inner_error(error: &io::Error) -> Option<TlsFault> {
    tls_error(error).map(verdict::explain)
}

fn tls_error(error: &io::Error) -> Option<&Error> {
    let inner = error.get_ref()?;
    // A client of web servers wraps it once more.
    inner.downcast_ref().or_else(|| tls_error(inner.downcast_ref::<io::Error>()?))
}

/// The platform's verifier, a little stricter, and with words for its verdicts.
#[derive(Debug)]
struct Explaining {
    verifier: Verifier,
    /// The only key the server may have, beside being vouched for.
    pin: Option<KeyPin>,
}

impl ServerCertVerifier for Explaining {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = Certificate::read(end_entity);
        match self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Ok(verified) => match certificate.as_ref().and_then(verdict::weakness) {
                Some(fault) => Err(refused(fault)),
                None => self.compare(end_entity).map(|()| verified),
            },
            Err(Error::InvalidCertificate(error)) => Err(refused(verdict::refused_because(&error, certificate.as_ref()))),
            Err(other) => Err(other),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

impl Explaining {
    /// Holds the server's key against the one it is known by.
    fn compare(&self, end_entity: &CertificateDer<'_>) -> Result<(), Error> {
        let Some(expected) = self.pin else { return Ok(()) };
        let found = KeyPin::of(Certificate::public_key(end_entity).unwrap_or_default());
        if found == expected {
            return Ok(());
        }
        Err(Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(KeyChanged { expected, found })))))
    }
}

/// A key that is not the one it should be.
#[derive(Debug, thiserror::Error)]
#[error("the server has another key than the one it is known by: expected {expected}, found {found}")]
struct KeyChanged {
    expected: KeyPin,
    found: KeyPin,
}

fn refused(fault: TlsFault) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(verdict::Judged(fault)))))
}

/// The world's clock, for the dates of certificates.
struct WallClock(Arc<dyn Clock>);

impl TimeProvider for WallClock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.unix_seconds()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WallClock")
    }
}
