//! Asking a STUN or TURN server on its own (RFC 8489, RFC 8656), to learn what works and what does not. A machine: whoever
//! has a way to the server carries its messages.

use std::{net::SocketAddr, sync::Arc};

use model::IceServer;
use rtc::{
    crypto::RTCCryptoProvider,
    shared::error::Error,
    stun::{
        attributes::{
            ATTR_ERROR_CODE, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM, ATTR_REQUESTED_TRANSPORT, ATTR_USERNAME,
            ATTR_XOR_RELAYED_ADDRESS, ATTR_XORMAPPED_ADDRESS, AttrType,
        },
        error_code::ErrorCodeAttribute,
        integrity::MessageIntegrity,
        message::{
            CLASS_ERROR_RESPONSE, CLASS_REQUEST, CLASS_SUCCESS_RESPONSE, Getter, METHOD_ALLOCATE, METHOD_BINDING, METHOD_REFRESH,
            Message, MessageType, Method, Setter, TransactionId,
        },
        xoraddr::XorMappedAddress,
    },
};

use crate::PeerError;

/// REQUESTED-TRANSPORT: UDP, which is what audio comes over (RFC 8656 section 18.7).
const RELAY_UDP: [u8; 4] = [17, 0, 0, 0];

/// LIFETIME of an allocation that is given back.
const GIVEN_BACK: [u8; 4] = [0; 4];

/// A realm or nonce is no longer than this (RFC 8489 sections 14.9 and 14.10); what is longer is a server gone mad.
const LONGEST_TEXT: usize = 763;

/// One server being asked.
pub struct ServerProbe {
    crypto: Arc<dyn RTCCryptoProvider>,
    /// User name and password of a relay; none for STUN.
    relay: Option<(String, String)>,
    seed: [u8; 12],
    asked: u8,
    stage: Stage,
    request: Vec<u8>,
    id: TransactionId,
}

/// What was asked last.
enum Stage {
    /// Who am I? Or, of a relay: what shall I sign with?
    Plain,
    /// A relay, with the password.
    Signed { key: Vec<u8>, realm: Vec<u8>, renewed: Renewed },
}

/// Whether the server has already asked for a newer nonce.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Renewed {
    No,
    Once,
}

/// What a message of the server comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeStep {
    /// It was none of ours.
    Nothing,
    /// The server lives and wants the password: send [`ServerProbe::request`] again.
    AsksForPassword,
    /// It is over.
    Over(ProbeEnd),
}

/// How a server answered in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeEnd {
    /// STUN: how we look from there.
    Reflexive(SocketAddr),
    /// TURN: the address it gave us, to be given back by [`ServerProbe::farewell`].
    Relayed(SocketAddr),
    /// It refused before any password was given.
    Refused {
        /// By number (RFC 8489 section 14.8).
        code: u16,
        /// In its words.
        reason: String,
    },
    /// It refused although, or because, a password was given.
    RefusedSigned {
        /// By number.
        code: u16,
        /// In its words.
        reason: String,
    },
    /// It answered something that makes no sense.
    Strange(&'static str),
}

impl ServerProbe {
    /// A probe of `server` with its credential; `seed` makes its messages unpredictable.
    ///
    /// # Errors
    /// When the machine has no cryptography.
    pub fn new(server: &IceServer, seed: [u8; 12]) -> Result<Self, PeerError> {
        let crypto = rtc::crypto::default_provider().map_err(|error| PeerError::System(error.to_string()))?;
        let relay = server.url.relays.then(|| (server.username.expose().to_owned(), server.credential.expose().to_owned()));
        let id = TransactionId(seed);
        let mut probe = Self { crypto, relay, seed, asked: 0, stage: Stage::Plain, request: Vec::new(), id };
        probe.request = match probe.relay {
            Some(_) => probe.message(METHOD_ALLOCATE, &[(ATTR_REQUESTED_TRANSPORT, &RELAY_UDP)]).raw,
            None => probe.message(METHOD_BINDING, &[]).raw,
        };
        Ok(probe)
    }

    /// What is to be sent; over UDP again and again until something comes.
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Takes one whole message.
    pub fn handle(&mut self, bytes: &[u8]) -> ProbeStep {
        let mut message = Message { raw: bytes.to_vec(), ..Message::default() };
        if message.decode().is_err() || message.transaction_id != self.id {
            return ProbeStep::Nothing;
        }
        match message.typ.class {
            CLASS_SUCCESS_RESPONSE => ProbeStep::Over(self.accepted(&mut message)),
            CLASS_ERROR_RESPONSE => self.refused(&message),
            _ => ProbeStep::Nothing,
        }
    }

    /// What gives the relayed address back; nothing when there is none to give.
    pub fn farewell(&mut self) -> Option<Vec<u8>> {
        let Stage::Signed { key, realm, .. } = &self.stage else { return None };
        let (key, realm) = (key.clone(), realm.clone());
        // The nonce of the last request is still good: it was just accepted.
        let mut last = Message { raw: self.request.clone(), ..Message::default() };
        last.decode().ok()?;
        let nonce = last.get(ATTR_NONCE).ok()?;
        self.signed(METHOD_REFRESH, (ATTR_LIFETIME, &GIVEN_BACK), &key, &realm, &nonce).ok()
    }

    fn accepted(&self, message: &mut Message) -> ProbeEnd {
        if let Stage::Signed { key, .. } = &self.stage
            && MessageIntegrity::check(message, key, self.crypto.crypto()).is_err()
        {
            return ProbeEnd::Strange("its answer is not signed with the password");
        }
        let attribute = if self.relay.is_some() { ATTR_XOR_RELAYED_ADDRESS } else { ATTR_XORMAPPED_ADDRESS };
        match address(message, attribute) {
            Some(address) if self.relay.is_some() => ProbeEnd::Relayed(address),
            Some(address) => ProbeEnd::Reflexive(address),
            None => ProbeEnd::Strange("its answer holds no address"),
        }
    }

    fn refused(&mut self, message: &Message) -> ProbeStep {
        let mut error = ErrorCodeAttribute::default();
        if !message.contains(ATTR_ERROR_CODE) || error.get_from(message).is_err() {
            return ProbeStep::Over(ProbeEnd::Strange("it refused and did not say why"));
        }
        let (code, reason) = (error.code.0, words(&error.reason));
        let signs = match (&self.stage, &self.relay, code) {
            (Stage::Plain, Some(_), 401) => Some(Renewed::No),
            // The nonce grew old on the way (RFC 8489 section 9.2.4).
            (Stage::Signed { renewed: Renewed::No, .. }, Some(_), 438) => Some(Renewed::Once),
            _ => None,
        };
        match signs {
            Some(renewed) => match self.sign(message, renewed) {
                Ok(()) => ProbeStep::AsksForPassword,
                Err(words) => ProbeStep::Over(ProbeEnd::Strange(words)),
            },
            None if matches!(self.stage, Stage::Plain) => ProbeStep::Over(ProbeEnd::Refused { code, reason }),
            None => ProbeStep::Over(ProbeEnd::RefusedSigned { code, reason }),
        }
    }

    /// Asks again as the server wants it: with user name, realm, nonce and a signature.
    fn sign(&mut self, asked: &Message, renewed: Renewed) -> Result<(), &'static str> {
        let text = |attribute: AttrType| asked.get(attribute).ok().filter(|text| text.len() <= LONGEST_TEXT);
        let (Some(realm), Some(nonce)) = (text(ATTR_REALM), text(ATTR_NONCE)) else {
            return Err("it asks for a password and does not say for which realm");
        };
        let (username, password) = self.relay.clone().ok_or("it asks for a password that STUN does not have")?;
        let realm_text = String::from_utf8_lossy(&realm).into_owned();
        let unsigned = |_: Error| "the machine cannot sign for it";
        let key = MessageIntegrity::long_term_integrity_key(username, realm_text, password, self.crypto.crypto());
        let key = key.map_err(unsigned)?;
        let transport = (ATTR_REQUESTED_TRANSPORT, &RELAY_UDP[..]);
        self.request = self.signed(METHOD_ALLOCATE, transport, &key, &realm, &nonce).map_err(unsigned)?;
        self.stage = Stage::Signed { key, realm, renewed };
        Ok(())
    }

    fn signed(
        &mut self,
        method: Method,
        attribute: (AttrType, &[u8]),
        key: &[u8],
        realm: &[u8],
        nonce: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let username = self.relay.as_ref().map(|(username, _)| username.clone()).unwrap_or_default();
        let attributes = [attribute, (ATTR_USERNAME, username.as_bytes()), (ATTR_REALM, realm), (ATTR_NONCE, nonce)];
        let mut message = self.message(method, &attributes);
        MessageIntegrity::new_raw_integrity_with_provider(key, self.crypto.crypto()).add_to(&mut message)?;
        Ok(message.raw)
    }

    /// A request of its own transaction.
    fn message(&mut self, method: Method, attributes: &[(AttrType, &[u8])]) -> Message {
        let mut id = self.seed;
        id[11] ^= self.asked;
        self.asked = self.asked.wrapping_add(1);
        self.id = TransactionId(id);
        let mut message = Message::new();
        message.transaction_id = self.id;
        message.typ = MessageType::new(method, CLASS_REQUEST);
        message.write_header();
        for (attribute, value) in attributes {
            message.add(*attribute, value);
        }
        message
    }
}

fn address(message: &Message, attribute: AttrType) -> Option<SocketAddr> {
    let mut address = XorMappedAddress::default();
    address.get_from_as(message, attribute).ok()?;
    Some(SocketAddr::new(address.ip, address.port))
}

/// The server's words, short and in one line.
fn words(reason: &[u8]) -> String {
    String::from_utf8_lossy(reason).chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use model::Secret;

    use super::*;

    fn server(url: &str) -> IceServer {
        IceServer { url: url.parse().expect("a url"), username: "phone".into(), credential: Secret::new("secret") }
    }

    fn probe(url: &str) -> ServerProbe {
        ServerProbe::new(&server(url), [7; 12]).expect("the machine has cryptography")
    }

    /// The server's answer to what the probe asks now.
    fn answer(probe: &ServerProbe, success: bool, attributes: &[(AttrType, Vec<u8>)]) -> Message {
        let mut asked = Message { raw: probe.request().to_vec(), ..Message::default() };
        asked.decode().expect("our own message");
        let class = if success { CLASS_SUCCESS_RESPONSE } else { CLASS_ERROR_RESPONSE };
        let mut message = Message::new();
        message.transaction_id = asked.transaction_id;
        message.typ = MessageType::new(asked.typ.method, class);
        message.write_header();
        attributes.iter().for_each(|(attribute, value)| message.add(*attribute, value));
        message
    }

    fn error(code: u16) -> (AttrType, Vec<u8>) {
        (ATTR_ERROR_CODE, [&[0, 0, (code / 100) as u8, (code % 100) as u8], &b"No\nway"[..]].concat())
    }

    fn at(message: &mut Message, attribute: AttrType) -> SocketAddr {
        let address = XorMappedAddress { ip: "192.0.2.7".parse().expect("an address"), port: 4711 };
        address.add_to_as(message, attribute).expect("there is room");
        SocketAddr::new(address.ip, address.port)
    }

    #[test]
    fn a_stun_server_tells_our_address() {
        let mut probe = probe("stun:h");
        let mut told = answer(&probe, true, &[]);
        let ours = at(&mut told, ATTR_XORMAPPED_ADDRESS);
        let mut other = told.raw.clone();
        other[9] ^= 1;
        assert_eq!(probe.handle(&other), ProbeStep::Nothing, "another transaction");
        assert_eq!(probe.handle(b"GET / HTTP/1.1\r\n\r\nxxxxxxxx"), ProbeStep::Nothing);
        assert_eq!(probe.handle(&told.raw), ProbeStep::Over(ProbeEnd::Reflexive(ours)));
        assert_eq!(probe.farewell(), None);
    }

    #[test]
    fn a_relay_is_asked_with_the_password_and_given_back() {
        let mut probe = probe("turn:h");
        let challenge = [error(401), (ATTR_REALM, b"realm".to_vec()), (ATTR_NONCE, b"nonce".to_vec())];
        let asked = answer(&probe, false, &challenge);
        assert_eq!(probe.handle(&asked.raw), ProbeStep::AsksForPassword);
        let old = answer(&probe, false, &[error(438), (ATTR_REALM, b"realm".to_vec()), (ATTR_NONCE, b"newer".to_vec())]);
        assert_eq!(probe.handle(&old.raw), ProbeStep::AsksForPassword);
        let mut given = answer(&probe, true, &[]);
        let relayed = at(&mut given, ATTR_XOR_RELAYED_ADDRESS);
        assert_eq!(
            probe.handle(&given.raw.clone()),
            ProbeStep::Over(ProbeEnd::Strange("its answer is not signed with the password"))
        );
        let crypto = rtc::crypto::default_provider().expect("cryptography");
        let signs = MessageIntegrity::new_long_term_integrity_with_provider(
            "phone".into(),
            "realm".into(),
            "secret".into(),
            crypto.crypto(),
        );
        signs.expect("a key").add_to(&mut given).expect("it is signed");
        assert_eq!(probe.handle(&given.raw), ProbeStep::Over(ProbeEnd::Relayed(relayed)));
        let mut goodbye = Message { raw: probe.farewell().expect("there is something to give back"), ..Message::default() };
        goodbye.decode().expect("our own message");
        assert_eq!((goodbye.typ.method, goodbye.get(ATTR_LIFETIME).ok()), (METHOD_REFRESH, Some(GIVEN_BACK.to_vec())));
        assert_eq!(goodbye.get(ATTR_NONCE).ok(), Some(b"newer".to_vec()));
    }

    #[test]
    fn refusals_tell_whether_the_password_was_in_play() {
        let mut wrong = probe("turn:h");
        let challenge = [error(401), (ATTR_REALM, b"realm".to_vec()), (ATTR_NONCE, b"nonce".to_vec())];
        let asked = answer(&wrong, false, &challenge);
        assert_eq!(wrong.handle(&asked.raw), ProbeStep::AsksForPassword);
        let refused = answer(&wrong, false, &challenge);
        let end = ProbeEnd::RefusedSigned { code: 401, reason: "Noway".into() };
        assert_eq!(wrong.handle(&refused.raw), ProbeStep::Over(end));
        let mut forbidden = probe("turn:h");
        let refused = answer(&forbidden, false, &[error(403)]);
        let end = ProbeEnd::Refused { code: 403, reason: "Noway".into() };
        assert_eq!(forbidden.handle(&refused.raw), ProbeStep::Over(end));
        let mut silent = probe("turn:h");
        let unclear = answer(&silent, false, &[error(401)]);
        assert!(matches!(silent.handle(&unclear.raw), ProbeStep::Over(ProbeEnd::Strange(_))));
    }
}
