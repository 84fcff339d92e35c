//! Who may use the exchange and where they are (RFC 3261 section 10).

use std::collections::BTreeMap;

use model::{Personal, Secret};
use sip::{
    NameAddr, Request, Response, Tokens,
    auth::{Algorithm, Answer, Challenge},
};

/// The realm of the exchange's passwords.
pub(crate) const REALM: &str = "practice";

/// Shortest and longest registration granted, seconds.
const EXPIRES: std::ops::RangeInclusive<u32> = 10..=3600;

/// Users with their passwords.
#[derive(Clone, Debug, Default)]
pub struct Users(BTreeMap<Personal, Secret>);

impl Users {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more.
    #[must_use]
    pub fn with(mut self, user: &str, password: Secret) -> Self {
        self.0.insert(user.into(), password);
        self
    }

    fn password(&self, user: &str) -> Option<&Secret> {
        self.0.get(&Personal::new(user))
    }
}

/// Checks REGISTER requests.
#[derive(Debug)]
pub(crate) struct Registrar {
    users: Users,
    nonce: String,
}

/// What a REGISTER came to.
#[derive(Debug)]
pub(crate) enum Registered {
    /// The user is here.
    Here { user: String, response: Response },
    /// The user wants to know where he is registered (RFC 3261 10.2.3), and is not registered by that.
    Asked { user: String, response: Response },
    /// The user has gone.
    Gone { user: String, response: Response },
    /// Not accepted.
    Refused(Response),
}

impl Registrar {
    pub(crate) fn new(users: Users, tokens: &mut Tokens) -> Self {
        Self { users, nonce: tokens.word(26) }
    }

    /// Judges a REGISTER.
    pub(crate) fn register(&self, request: &Request) -> Registered {
        let Ok(to) = request.headers.to() else { return Registered::Refused(Response::new(400, "Bad To")) };
        let user = to.uri.user_text();
        if !self.is_authentic(&user, request) {
            return Registered::Refused(self.challenge());
        }
        let contacts = match request.headers.contacts() {
            Ok(contacts) => contacts,
            Err(invalid) => return Registered::Refused(Response::new(400, &invalid.to_string())),
        };
        if contacts.is_empty() && request.headers.get("Contact").is_none() {
            return Registered::Asked { user, response: Response::new(200, "OK") };
        }
        let asked = contacts.first().and_then(NameAddr::expires).or(request.headers.expires());
        if asked == Some(0) {
            return Registered::Gone { user, response: Response::new(200, "OK") };
        }
        let expires = asked.unwrap_or(*EXPIRES.end());
        if expires < *EXPIRES.start() {
            let mut response = Response::new(423, "Interval Too Brief");
            response.headers.set("Min-Expires", EXPIRES.start());
            return Registered::Refused(response);
        }
        let mut response = Response::new(200, "OK");
        if let Some(contact) = request.headers.get("Contact").filter(|_| !contacts.is_empty()) {
            // The binding as it was given, with what was granted behind it; an earlier `expires` in it is overruled.
            let bare = contacts.first().map_or(contact.to_owned(), |contact| format!("<{}>", contact.uri));
            response.headers.push("Contact", format!("{bare};expires={}", expires.min(*EXPIRES.end())));
        }
        Registered::Here { user, response }
    }

    fn is_authentic(&self, user: &str, request: &Request) -> bool {
        let Some(password) = self.users.password(user) else { return false };
        let answers = request.headers.all("Authorization").filter_map(Answer::parse);
        answers.into_iter().any(|answer| {
            answer.realm == REALM && answer.nonce == self.nonce && answer.matches(user, password, &request.method, &request.body)
        })
    }

    fn challenge(&self) -> Response {
        let mut response = Response::new(401, "Unauthorized");
        // The stronger one first (RFC 8760 section 2.4).
        for algorithm in [Algorithm::SHA_256, Algorithm::MD5] {
            response.headers.push("WWW-Authenticate", Challenge::new(REALM, &self.nonce, algorithm));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use model::Personal;
    use sip::{
        Method, Uri,
        auth::{Attempts, Credentials},
    };

    use super::*;

    fn registrar() -> (Registrar, Tokens) {
        let mut tokens = Tokens::new([3; 32]);
        let users = Users::new().with("alice", Secret::new("wonder"));
        (Registrar::new(users, &mut tokens), tokens)
    }

    fn request(user: &str, expires: &str) -> Request {
        let mut request = Request::new(Method::Register, Uri::sip("", "practice.invalid"));
        request.headers.push("To", format!("<sip:{user}@practice.invalid>"));
        request.headers.push("Contact", format!("<sip:x@y.invalid;transport=ws>;expires={expires}"));
        request
    }

    /// The answer to a REGISTER whose challenge is answered with `password`.
    fn registered(user: &str, password: &str, expires: &str) -> Registered {
        let (registrar, mut tokens) = registrar();
        let mut request = request(user, expires);
        let Registered::Refused(challenge) = registrar.register(&request) else { panic!("nobody gets in without a password") };
        assert_eq!(challenge.code, 401);
        let mut credentials = Credentials::new(Personal::new(user), Secret::new(password), "");
        let answered = credentials.answer(&mut Attempts::default(), &challenge, &mut request, &mut tokens);
        answered.expect("there is a digest challenge");
        registrar.register(&request)
    }

    #[test]
    fn the_right_password_registers_for_the_time_that_was_asked() {
        let Registered::Here { user, response } = registered("alice", "wonder", "120") else { panic!("she is known") };
        assert_eq!((user.as_str(), response.code), ("alice", 200));
        assert_eq!(response.headers.get("Contact"), Some("<sip:x@y.invalid;transport=ws>;expires=120"));
        assert!(matches!(registered("alice", "wonder", "0"), Registered::Gone { .. }));
    }

    #[test]
    fn a_wrong_password_and_a_stranger_hear_the_same() {
        for (user, password) in [("alice", "wander"), ("mallory", "wonder")] {
            let Registered::Refused(response) = registered(user, password, "120") else { panic!("{user} got in") };
            assert_eq!(response.code, 401, "{user}");
        }
    }

    #[test]
    fn too_short_a_time_is_answered_with_the_shortest() {
        let Registered::Refused(response) = registered("alice", "wonder", "5") else { panic!("too short") };
        assert_eq!((response.code, response.headers.min_expires()), (423, Some(10)));
    }
}
