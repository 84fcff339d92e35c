//! An account's name and password, and the nonces it has been given.

use std::fmt;

use model::{Personal, Secret};

use super::{Answer, Challenge, answer::Protection, challenge::AuthParams};
use crate::{Headers, Method, Request, Response, Tokens};

/// How a token is introduced.
pub(crate) const BEARER: &str = "Bearer ";

/// Letters of a cnonce, five random bits each.
const CNONCE_LENGTH: usize = 24;

/// What an account answers challenges with.
///
/// Only the account's own realm gets an answer: the configured one, else the one named by the first challenge that was
/// answered, for as long as these credentials live. Where the account has a registrar, that one names it.
#[derive(Debug)]
pub struct Credentials {
    user: Personal,
    password: Option<Secret>,
    realm: Option<String>,
    /// The domain of the account's registrar.
    registrar: Option<String>,
    /// A token in the place of all this (RFC 6750).
    bearer: Option<Secret>,
    user_agent: Option<Session>,
    proxy: Option<Session>,
}

/// A nonce in use, and how often it has been.
struct Session {
    challenge: Challenge,
    cnonce: String,
    count: u32,
}

/// How often one request has been challenged; it lives as long as the tries to get that request through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    user_agent: Attempt,
    proxy: Attempt,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Attempt {
    #[default]
    None,
    Answered,
    AnsweredAfterStale,
}

/// Why a challenge is not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The response is neither 401 nor 407.
    #[error("the response does not ask for a password")]
    NotAChallenge,
    /// The account has no password.
    #[error("the server asks for a password and the account has none")]
    NoPassword,
    /// No digest challenge that we understand.
    #[error("the server does not offer a way to sign in that is safe and known")]
    NoneUsable,
    /// The challenge is for another realm than the account's.
    #[error("the password of this account is not for {realm:?}")]
    ForeignRealm {
        /// The realm that was asked for.
        realm: String,
    },
    /// The answer to its own challenge was refused.
    #[error("the server refused the user name or password")]
    WrongPassword,
    /// The server calls each of its nonces outdated.
    #[error("the server refuses its own sign-in challenges as outdated")]
    AlwaysStale,
}

/// Who asks: the far end or registrar (401), or a proxy on the way (407).
#[derive(Clone, Copy)]
enum Asker {
    UserAgent,
    Proxy,
}

impl Asker {
    fn challenge(self) -> &'static str {
        match self {
            Self::UserAgent => "WWW-Authenticate",
            Self::Proxy => "Proxy-Authenticate",
        }
    }

    fn answer(self) -> &'static str {
        match self {
            Self::UserAgent => "Authorization",
            Self::Proxy => "Proxy-Authorization",
        }
    }

    fn next_nonce(self) -> &'static str {
        match self {
            Self::UserAgent => "Authentication-Info",
            Self::Proxy => "Proxy-Authentication-Info",
        }
    }
}

impl Credentials {
    /// A name and password, and the realm they are for; the empty realm is the first one asked for.
    pub fn new(user: Personal, password: Secret, realm: &str) -> Self {
        let realm = (!realm.is_empty()).then(|| realm.to_owned());
        Self { user, password: Some(password), realm, registrar: None, bearer: None, user_agent: None, proxy: None }
    }

    /// No password: every challenge is refused.
    pub fn none() -> Self {
        Self {
            user: Personal::default(),
            password: None,
            realm: None,
            registrar: None,
            bearer: None,
            user_agent: None,
            proxy: None,
        }
    }

    /// The same for an account that registers in this domain. Whoever forwards its other requests may be anybody: until the
    /// registrar has named its realm, nobody else is answered but for the realm of that domain.
    #[must_use]
    pub fn registered_in(mut self, domain: &str) -> Self {
        self.registrar = Some(domain.to_owned());
        self
    }

    /// Takes a token; none takes it away.
    pub fn set_bearer(&mut self, token: Option<Secret>) {
        self.bearer = token;
    }

    /// Whether there is a token.
    pub fn bears_token(&self) -> bool {
        self.bearer.is_some()
    }

    /// Adds the token, unasked as RFC 6750 section 2.1 has it.
    pub fn bear(&self, request: &mut Request) {
        if let Some(token) = &self.bearer {
            request.headers.set("Authorization", format!("{BEARER}{}", token.expose()));
        }
    }

    /// The realm they are for, once it is known.
    pub fn realm(&self) -> Option<&str> {
        self.realm.as_deref()
    }

    /// Adds what earlier challenges asked for, which saves a round trip. For requests to the account's own server only:
    /// others would be given digests they never asked for.
    pub fn authorise(&mut self, request: &mut Request) {
        self.write(Asker::UserAgent, request);
        self.write(Asker::Proxy, request);
        self.bear(request);
    }

    /// Answers a 401 or 407: afterwards `request` carries the answer and can be sent again, with a new branch and CSeq.
    ///
    /// # Errors
    /// When it must not or cannot be answered; the request is then over.
    pub fn answer(
        &mut self,
        attempts: &mut Attempts,
        response: &Response,
        request: &mut Request,
        tokens: &mut Tokens,
    ) -> Result<(), Refusal> {
        let (asker, other) = match response.code {
            401 => (Asker::UserAgent, Asker::Proxy),
            407 => (Asker::Proxy, Asker::UserAgent),
            _ => return Err(Refusal::NotAChallenge),
        };
        if self.password.is_none() || self.bears_token() {
            return Err(Refusal::NoPassword);
        }
        let names_realm = self.registrar.is_none() || request.method == Method::Register;
        let challenge = self.choose(response.headers.challenges(asker.challenge()), names_realm)?;
        let attempt = match asker {
            Asker::UserAgent => &mut attempts.user_agent,
            Asker::Proxy => &mut attempts.proxy,
        };
        let sent = sent_nonce(&request.headers, asker);
        let spent = self.session(asker).as_ref().is_some_and(|session| session.count > 1);
        *attempt = attempt.next(&challenge, sent.as_deref(), spent)?;
        if names_realm {
            self.realm.get_or_insert_with(|| challenge.realm.clone());
        }
        let session = Session { challenge, cnonce: tokens.word(CNONCE_LENGTH), count: 0 };
        *self.session(asker) = Some(session);
        self.write(asker, request);
        // The request goes out anew, so what it says to the other asker must count up too.
        if request.headers.has(other.answer()) {
            self.write(other, request);
        }
        Ok(())
    }

    /// Takes note of a response that was not a challenge: it may name the nonce to use next (RFC 7616 section 3.5).
    pub fn accepted(&mut self, response: &Response) {
        for asker in [Asker::UserAgent, Asker::Proxy] {
            let Some(value) = response.headers.get(asker.next_nonce()) else { continue };
            if let (Some(nonce), Some(session)) = (AuthParams::parse(value).get("nextnonce"), self.session(asker)) {
                session.challenge.nonce = nonce.to_owned();
                session.count = 0;
            }
        }
    }

    /// The strongest challenge of our realm that we understand.
    fn choose(&self, mut challenges: Vec<Challenge>, names_realm: bool) -> Result<Challenge, Refusal> {
        challenges.retain(|challenge| challenge.best_qop().is_some());
        let foreign = challenges.first().ok_or(Refusal::NoneUsable)?.realm.clone();
        let realm = match (&self.realm, &self.registrar) {
            (Some(realm), _) => realm.clone(),
            (None, Some(domain)) if !names_realm => domain.clone(),
            (None, _) => foreign.clone(),
        };
        // Servers put the one they like best first, so of equals the first is taken.
        challenges.reverse();
        let ours = challenges.into_iter().filter(|challenge| challenge.realm == realm);
        ours.max_by_key(|challenge| challenge.algorithm).ok_or(Refusal::ForeignRealm { realm: foreign })
    }

    fn session(&mut self, asker: Asker) -> &mut Option<Session> {
        match asker {
            Asker::UserAgent => &mut self.user_agent,
            Asker::Proxy => &mut self.proxy,
        }
    }

    fn write(&mut self, asker: Asker, request: &mut Request) {
        let Some(password) = self.password.clone() else { return };
        let user = self.user.clone();
        let Some(session) = self.session(asker) else { return };
        let value = session.answer(user.expose(), &password, request);
        request.headers.set(asker.answer(), value);
    }
}

fn sent_nonce(headers: &Headers, asker: Asker) -> Option<String> {
    headers.get(asker.answer()).and_then(Answer::parse).map(|answer| answer.nonce)
}

impl Attempt {
    /// Whether one more answer may help. A nonce handed out for this very request and refused means a wrong password,
    /// but for `stale`, which is believed once. A nonce from an earlier request may have aged, whatever the server says
    /// about it; so may one that is `spent`, because the request went out again for another asker on its way.
    fn next(self, challenge: &Challenge, sent: Option<&str>, spent: bool) -> Result<Self, Refusal> {
        let same_nonce = sent == Some(challenge.nonce.as_str());
        match self {
            Self::None if same_nonce && !challenge.stale => Err(Refusal::WrongPassword),
            Self::None => Ok(Self::Answered),
            Self::Answered if (challenge.stale || spent) && !same_nonce => Ok(Self::AnsweredAfterStale),
            Self::AnsweredAfterStale if challenge.stale => Err(Refusal::AlwaysStale),
            Self::Answered | Self::AnsweredAfterStale => Err(Refusal::WrongPassword),
        }
    }
}

impl Session {
    fn answer(&mut self, user: &str, password: &Secret, request: &Request) -> Answer {
        let challenge = &self.challenge;
        self.count = self.count.saturating_add(1);
        let qop = challenge.best_qop().flatten();
        let mut answer = Answer {
            username: if challenge.userhash { challenge.algorithm.hash(&[user, &challenge.realm]) } else { user.to_owned() },
            realm: challenge.realm.clone(),
            nonce: challenge.nonce.clone(),
            uri: request.uri.to_string(),
            response: String::new(),
            algorithm: challenge.algorithm,
            opaque: challenge.opaque.clone(),
            protection: qop.map(|qop| Protection { qop, cnonce: self.cnonce.clone(), count: self.count }),
            userhash: challenge.userhash,
        };
        answer.response = answer.digest(user, password, &request.method, &request.body);
        answer
    }
}

/// Shows for which realm and how often.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} used {} times", self.challenge.realm, self.count)
    }
}

#[cfg(test)]
mod tests;
