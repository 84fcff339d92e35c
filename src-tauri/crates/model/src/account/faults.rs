//! Why an account cannot be used, and what is wrong with a secure connection.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{FieldFault, Refusal};

/// Why an account cannot be used as it is configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum SetupFault {
    /// No address of a server.
    NotAnAddress {
        /// What is there.
        address: String,
        /// What one looks like.
        like: String,
    },
    /// An address that begins in another way.
    Scheme {
        /// So.
        scheme: String,
    },
    /// A user name or password in the address, which would end up in logs.
    UserInAddress,
    /// The way to the server is not encrypted.
    NotEncrypted {
        /// `ws` or `http`.
        scheme: String,
        /// The server.
        host: String,
    },
    /// No address of a web server.
    NotAWebAddress,
    /// No name of a server.
    NotAServerName {
        /// What is there.
        name: String,
    },
    /// No domain.
    NotADomain {
        /// What is there.
        domain: String,
    },
    /// No proxy.
    NotAProxy,
    /// A proxy of another kind than HTTP.
    ProxyKind {
        /// Of which.
        scheme: String,
    },
    /// No fingerprint of a key.
    NotAFingerprint,
    /// There is no user name.
    NoUser,
    /// The password is not known.
    NoPassword,
    /// Nor is the API access key.
    NoApiKey,
    /// A name that the cloud does not allow.
    NotAName {
        /// In the words of its libraries.
        words: String,
    },
    /// A caller id that cannot be one.
    CallerId {
        /// Why.
        fault: FieldFault,
    },
    /// What cannot be sent as a header.
    Header {
        /// Its name.
        name: String,
    },
    /// The file of certificate authorities cannot be read.
    AuthoritiesUnread {
        /// Which.
        file: String,
        /// What the system says.
        detail: String,
    },
    /// It holds no certificate.
    AuthoritiesEmpty {
        /// Which.
        file: String,
    },
    /// TLS cannot be set up on this computer.
    NoTls {
        /// In the words of its library.
        detail: String,
    },
    /// The practice exchange does not run.
    NoPractice,
    /// The user has no line at the server.
    NoLine,
    /// The line may not be used by this phone.
    LineElsewhere,
    /// What the server tells of the line is not enough, or makes no sense.
    LineIncomplete {
        /// What is missing, in English.
        words: String,
    },
}

/// In English; the page has its own words.
impl fmt::Display for SetupFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnAddress { address, like } => write!(f, "{address:?} is not an address of the form {like}"),
            Self::Scheme { scheme } => {
                write!(f, "the server's address must begin with wss://, not with {scheme}://")
            }
            Self::UserInAddress => f.write_str("the server's address may not contain a user name or password"),
            Self::NotEncrypted { scheme, host } => write!(
                f,
                "{scheme}:// to {host} would let anyone on the way read along; use {scheme}s://, or allow plain {scheme}:// for \
                 this account"
            ),
            Self::NotAWebAddress => {
                f.write_str("the address of the web server is not of the form https://host/path, without a user name")
            }
            Self::NotAServerName { name } => write!(f, "{name:?} is no name of a server"),
            Self::NotADomain { domain } => write!(f, "{domain:?} is no domain"),
            Self::NotAProxy => f.write_str("the proxy is not of the form http://[user:password@]host:port"),
            Self::ProxyKind { scheme } => write!(f, "a proxy of the kind {scheme}:// cannot be used, only http://"),
            Self::NotAFingerprint => f.write_str("a key is pinned by its SHA-256, 64 hexadecimal digits"),
            Self::NoUser => f.write_str("it has no user name"),
            Self::NoPassword => f.write_str("its password is not known"),
            Self::NoApiKey => f.write_str("its API access key is not known"),
            Self::NotAName { words } | Self::LineIncomplete { words } => f.write_str(words),
            Self::CallerId { fault } => write!(f, "the caller id {fault}"),
            Self::Header { name } => write!(f, "{name} cannot be sent as a header"),
            Self::AuthoritiesUnread { file, detail } => {
                write!(f, "the file of authorities {file} cannot be read: {detail}")
            }
            Self::AuthoritiesEmpty { file } => {
                write!(f, "the file of authorities {file} contains no certificate in PEM form")
            }
            Self::NoTls { detail } => write!(f, "no certificate authority to trust was found: {detail}"),
            Self::NoPractice => f.write_str("the practice exchange does not run"),
            Self::NoLine => f.write_str("the user has no telephone line on the server"),
            Self::LineElsewhere => f.write_str("its line may not be used by WebRTC"),
        }
    }
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum TokenFault {
    /// None was pasted.
    NotPasted,
    /// The token server refused (401).
    Refused,
    /// It answers so.
    Status {
        /// HTTP status.
        status: u16,
    },
    /// It did not answer with a token.
    NoToken,
    /// It, or the cloud, could not be asked or refused.
    Asked {
        /// How.
        refusal: Box<Refusal>,
    },
}

/// In English; the page has its own words.
impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPasted => f.write_str("none was pasted"),
            Self::Refused => f.write_str("the token server refused (401)"),
            Self::Status { status } => write!(f, "the token server answered HTTP {status}"),
            Self::NoToken => f.write_str("the token server did not answer with a token"),
            Self::Asked { refusal } => write!(f, "{refusal}"),
        }
    }
}

/// What is wrong with a secure connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum TlsFault {
    /// Nobody this computer trusts vouches for the certificate.
    SelfSigned,
    /// An authority does that this computer does not know.
    UnknownIssuer,
    /// It has expired.
    Expired {
        /// When, `YYYY-MM-DD`; empty when that is not known.
        on: String,
    },
    /// It is not valid yet.
    NotYetValid {
        /// From when on, `YYYY-MM-DD`; empty when that is not known.
        from: String,
    },
    /// It was revoked.
    Revoked,
    /// Whether it was revoked cannot be found out.
    RevocationUnknown,
    /// It is for another name.
    OtherName {
        /// For which; empty when that is not known.
        names: String,
    },
    /// It names its server in a way that does not count.
    NoAltName,
    /// The authority it names has not signed it.
    BadSignature,
    /// It is signed in a way that is not safe or not known.
    UnsafeSignature,
    /// By SHA-1 or MD5, which can be forged.
    ForgeableSignature,
    /// Its key is too weak.
    WeakKey {
        /// So long.
        bits: u32,
    },
    /// It is not meant for a server.
    NotForServers,
    /// It demands something this phone does not know.
    Demanding,
    /// It cannot be read.
    Unreadable,
    /// It is not accepted for another reason.
    NotAccepted {
        /// In the words of the library that verifies it.
        words: String,
    },
    /// The server shows none.
    NoCertificate,
    /// It speaks no version of TLS that is safe.
    OldVersion,
    /// Both have no safe cipher in common.
    NoCipher,
    /// The server signs only in ways that can be forged.
    ForgeableOnly,
    /// It does not speak HTTP there.
    NoHttp,
    /// It does not speak TLS at that port.
    NoTls,
    /// It wants a certificate from this phone.
    WantsCertificate,
    /// It is not responsible for that name.
    NotResponsible,
    /// It broke it off.
    BrokenOff {
        /// Its alert.
        alert: String,
    },
    /// Something else.
    Said {
        /// In the words of the library.
        words: String,
    },
}

/// In English; the page has its own words.
impl fmt::Display for TlsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SelfSigned => f.write_str("its certificate is self-signed: nobody this computer trusts vouches for it"),
            Self::UnknownIssuer => f.write_str(
                "its certificate is from an authority this computer does not know; a private one can be added to the account",
            ),
            Self::Expired { on } if on.is_empty() => f.write_str("its certificate has expired"),
            Self::Expired { on } => write!(f, "its certificate expired on {on}"),
            Self::NotYetValid { from } if from.is_empty() => {
                f.write_str("its certificate is not valid yet; is this computer's clock right?")
            }
            Self::NotYetValid { from } => {
                write!(f, "its certificate is not valid before {from}; is this computer's clock right?")
            }
            Self::Revoked => f.write_str("its certificate was revoked"),
            Self::RevocationUnknown => f.write_str("whether its certificate was revoked cannot be found out"),
            Self::OtherName { names } if names.is_empty() => f.write_str("its certificate is for another name"),
            Self::OtherName { names } => write!(f, "its certificate is for another name ({names})"),
            Self::NoAltName => f.write_str("its certificate has no subjectAltName, and a name elsewhere in it does not count"),
            Self::BadSignature => f.write_str(
                "its certificate was not signed by the authority it names; was that authority replaced by another of the same \
                 name?",
            ),
            Self::UnsafeSignature => f.write_str("its certificate is signed in a way that is not safe or not known"),
            Self::ForgeableSignature => f.write_str("its certificate is signed with SHA-1 or MD5, which can be forged"),
            Self::WeakKey { bits } => write!(f, "the key of its certificate is too weak ({bits} bits)"),
            Self::NotForServers => f.write_str("its certificate is not meant for a server"),
            Self::Demanding => f.write_str("its certificate demands something this phone does not know"),
            Self::Unreadable => f.write_str("its certificate cannot be read"),
            Self::NotAccepted { words } => write!(f, "its certificate is not accepted ({words})"),
            Self::NoCertificate => f.write_str("the server shows no certificate"),
            Self::OldVersion => disagreeing(f, "it speaks no version of TLS that is safe (1.2 or 1.3)"),
            Self::NoCipher => disagreeing(f, "they have no safe cipher in common"),
            Self::ForgeableOnly => disagreeing(f, "it signs only in ways that can be forged"),
            Self::NoHttp => disagreeing(f, "it does not speak HTTP there"),
            Self::NoTls => f.write_str("the server does not speak TLS at that port"),
            Self::WantsCertificate => f.write_str("the server wants a certificate from this phone"),
            Self::NotResponsible => f.write_str("the server is not responsible for that name"),
            Self::BrokenOff { alert } => write!(f, "the server broke it off ({alert})"),
            Self::Said { words } => f.write_str(words),
        }
    }
}

fn disagreeing(f: &mut fmt::Formatter<'_>, why: &str) -> fmt::Result {
    write!(f, "the server and this phone cannot agree: {why}")
}
