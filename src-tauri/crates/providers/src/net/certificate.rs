//! What a certificate says of itself, read only to explain why it was refused.
//!
//! Nothing is trusted because of what is read here; that is the verifier's work. So an unreadable certificate is no error,
//! only one that cannot be explained further.

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BOOLEAN: u8 = 0x01;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_ID: u8 = 0x06;
/// `[0] EXPLICIT` version and `[3] EXPLICIT` extensions of RFC 5280 section 4.1.
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;

/// 1.2.840.113549.1.1.4 and .5, 1.2.840.10045.4.1: MD5 and SHA-1 with RSA, SHA-1 with ECDSA.
const FORGEABLE_SIGNATURES: [&[u8]; 3] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05],
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01],
];
/// 1.2.840.113549.1.1.1.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 2.5.29.17, .19 and .37.
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// 1.3.6.1.5.5.7.3.1 and 2.5.29.37.0: TLS servers, and any purpose.
const FOR_SERVERS: [&[u8]; 2] = [&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01], &[0x55, 0x1d, 0x25, 0x00]];

/// What matters of a certificate (RFC 5280 section 4.1) for an explanation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// Issuer and subject are the same.
    pub(crate) self_signed: bool,
    /// Signed with an algorithm whose signatures can be forged.
    pub(crate) forgeable_signature: bool,
    /// Length of an RSA key; `None` for other keys.
    pub(crate) rsa_bits: Option<usize>,
    /// Whether it has a subjectAltName: names elsewhere do not count (RFC 9525 section 2).
    pub(crate) has_alt_names: bool,
    /// Marked as an authority, which may not be a server at the same time.
    pub(crate) is_authority: bool,
    /// Whether its purpose includes that of a server.
    pub(crate) is_for_servers: bool,
}

impl Certificate {
    /// The SubjectPublicKeyInfo of one in DER, whole; `None` when it is none.
    pub(crate) fn public_key(der: &[u8]) -> Option<&[u8]> {
        let mut certificate = Der(Der(der).value_of(SEQUENCE)?);
        let mut body = Der(certificate.value_of(SEQUENCE)?);
        body.skip_if(VERSION)?;
        for tag in [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE] {
            body.value_of(tag)?;
        }
        let before = body.0;
        body.value_of(SEQUENCE)?;
        before.get(..before.len() - body.0.len())
    }

    /// The end of its validity in one in DER, as it is written there.
    pub(crate) fn valid_until(der: &[u8]) -> Option<&[u8]> {
        let mut certificate = Der(Der(der).value_of(SEQUENCE)?);
        let mut body = Der(certificate.value_of(SEQUENCE)?);
        body.skip_if(VERSION)?;
        for tag in [INTEGER, SEQUENCE, SEQUENCE] {
            body.value_of(tag)?;
        }
        let mut validity = Der(body.value_of(SEQUENCE)?);
        validity.next()?;
        validity.next().map(|(_, until)| until)
    }

    /// Reads one in DER; `None` when it is none.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let mut certificate = Der(Der(der).value_of(SEQUENCE)?);
        let mut body = Der(certificate.value_of(SEQUENCE)?);
        let signature = Der(certificate.value_of(SEQUENCE)?).value_of(OBJECT_ID)?;

        body.skip_if(VERSION)?;
        body.value_of(INTEGER)?;
        body.value_of(SEQUENCE)?;
        let issuer = body.value_of(SEQUENCE)?;
        body.value_of(SEQUENCE)?;
        let subject = body.value_of(SEQUENCE)?;
        let rsa_bits = rsa_bits(body.value_of(SEQUENCE)?);
        Some(Self {
            self_signed: issuer == subject,
            forgeable_signature: FORGEABLE_SIGNATURES.contains(&signature),
            rsa_bits,
            has_alt_names: extension(body, SUBJECT_ALT_NAME).is_some(),
            is_authority: extension(body, BASIC_CONSTRAINTS).is_some_and(is_authority),
            is_for_servers: extension(body, EXTENDED_KEY_USAGE).is_none_or(is_for_servers),
        })
    }
}

fn rsa_bits(key_info: &[u8]) -> Option<usize> {
    let mut key_info = Der(key_info);
    if Der(key_info.value_of(SEQUENCE)?).value_of(OBJECT_ID)? != RSA {
        return None;
    }
    let (_unused_bits, key) = key_info.value_of(BIT_STRING)?.split_first()?;
    let modulus = Der(Der(key).value_of(SEQUENCE)?).value_of(INTEGER)?;
    let leading_zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    Some((modulus.len() - leading_zeros) * 8)
}

fn is_authority(basic_constraints: &[u8]) -> bool {
    let flag = Der(basic_constraints).value_of(SEQUENCE).and_then(|list| Der(list).value_of(BOOLEAN));
    flag.is_some_and(|flag| flag != [0])
}

fn is_for_servers(purposes: &[u8]) -> bool {
    let mut list = Der(Der(purposes).value_of(SEQUENCE).unwrap_or_default());
    std::iter::from_fn(|| list.value_of(OBJECT_ID)).any(|purpose| FOR_SERVERS.contains(&purpose))
}

/// The value of an extension, from what follows the key in the certificate.
fn extension<'a>(mut rest: Der<'a>, wanted: &[u8]) -> Option<&'a [u8]> {
    let (_, wrapped) = std::iter::from_fn(|| rest.next()).find(|(tag, _)| *tag == EXTENSIONS)?;
    let mut list = Der(Der(wrapped).value_of(SEQUENCE)?);
    std::iter::from_fn(|| list.value_of(SEQUENCE)).map(Der).find_map(|mut extension| {
        (extension.value_of(OBJECT_ID)? == wanted).then_some(())?;
        extension.skip_if(BOOLEAN)?;
        extension.value_of(OCTET_STRING)
    })
}

/// A run of DER values (X.690 section 10).
#[derive(Clone, Copy)]
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next value with its tag.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, short], rest) = self.0.split_first_chunk::<2>()?;
        let (length, rest) = match short {
            0..=0x7f => (usize::from(short), rest),
            // Two bytes of length reach 64 KiB; no certificate that TLS carries to us is longer.
            0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
            0x82 => rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    /// The next value, if it has this tag.
    fn value_of(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().and_then(|(found, value)| (found == tag).then_some(value))
    }

    fn skip_if(&mut self, tag: u8) -> Option<()> {
        if self.0.first()? == &tag {
            self.next()?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn der(names: &[&str]) -> Vec<u8> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let params = CertificateParams::new(names).expect("names are fine");
        params.self_signed(&KeyPair::generate().expect("a key")).expect("signs").der().to_vec()
    }

    #[test]
    fn a_certificate_tells_who_signed_it_and_whether_it_has_names() {
        let named = Certificate::read(&der(&["pbx.example.com"])).expect("reads");
        assert!(named.self_signed && named.has_alt_names && named.is_for_servers);
        assert!(!named.forgeable_signature && !named.is_authority && named.rsa_bits.is_none());
        assert!(!Certificate::read(&der(&[])).expect("reads").has_alt_names);
    }

    #[test]
    fn a_damaged_certificate_is_never_a_panic() {
        let good = der(&["pbx.example.com"]);
        for length in 0..good.len() {
            assert_eq!(Certificate::read(&good[..length]), None);
        }
        for position in 0..good.len() {
            for value in [0, 0x7f, 0x80, 0x81, 0x82, 0xff] {
                let mut bad = good.clone();
                bad[position] = value;
                let _ = (Certificate::read(&bad), Certificate::public_key(&bad));
            }
        }
    }
}
