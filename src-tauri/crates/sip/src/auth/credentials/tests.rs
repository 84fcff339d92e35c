use super::*;
use crate::{Method, auth::Algorithm};

const MD5: &str = r#"Digest realm="home", nonce="n1", algorithm=MD5, qop="auth""#;
const SHA_256: &str = r#"Digest realm="home", nonce="n2", algorithm="sha-256", qop="auth,auth-int""#;

fn credentials() -> Credentials {
    Credentials::new("bob".into(), Secret::new("zanzibar"), "")
}

fn challenge(code: u16, lines: &[&str]) -> Response {
    let mut response = Response::new(code, "");
    let name = if code == 407 { "Proxy-Authenticate" } else { "WWW-Authenticate" };
    lines.iter().for_each(|line| response.headers.push(name, line));
    response
}

/// One request with its tries, and the account it belongs to.
struct Try {
    credentials: Credentials,
    attempts: Attempts,
    request: Request,
    tokens: Tokens,
}

impl Try {
    fn new(credentials: Credentials) -> Self {
        let mut request = Request::new(Method::Invite, "sip:600@example.com".parse().expect("valid"));
        request.set_body("application/sdp", "v=0\r\n");
        Self { credentials, attempts: Attempts::default(), request, tokens: Tokens::new([3; 32]) }
    }

    fn challenged(&mut self, code: u16, lines: &[&str]) -> Result<(), Refusal> {
        self.credentials.answer(&mut self.attempts, &challenge(code, lines), &mut self.request, &mut self.tokens)
    }

    /// Another request of the same account, with what is known already.
    fn next_request(&mut self) {
        self.attempts = Attempts::default();
        self.request.headers.remove("Authorization");
        self.request.headers.remove("Proxy-Authorization");
        self.credentials.authorise(&mut self.request);
    }

    fn sent(&self, name: &str) -> Option<Answer> {
        self.request.headers.get(name).map(|value| Answer::parse(value).expect("what we write can be read"))
    }

    /// The answer in `Authorization`, which must be right.
    fn answer(&self) -> Answer {
        let answer = self.sent("Authorization").expect("an answer");
        assert!(answer.matches("bob", &Secret::new("zanzibar"), &self.request.method, &self.request.body));
        answer
    }

    fn count(&self, name: &str) -> u32 {
        self.sent(name).and_then(|answer| answer.protection).map_or(0, |protection| protection.count)
    }
}

#[test]
fn the_strongest_known_algorithm_is_used() {
    let sha_512 = r#"Digest realm="home", nonce="n3", algorithm=SHA-512-256, qop="auth""#;
    let unknown = r#"Digest realm="home", nonce="n4", algorithm=SHA-1, qop="auth""#;
    for lines in [vec![MD5, SHA_256, sha_512, unknown], vec![&[sha_512, MD5, SHA_256].join(", ")]] {
        let mut one = Try::new(credentials());
        assert_eq!(one.challenged(401, &lines), Ok(()));
        assert_eq!((one.answer().algorithm, one.answer().nonce.as_str()), (Algorithm::SHA_512_256, "n3"));
    }
    let mut one = Try::new(credentials());
    assert_eq!(one.challenged(401, &["Digest realm=\"home\", nonce=\"first\"", MD5]), Ok(()));
    assert_eq!(one.answer().nonce, "first");
}

#[test]
fn basic_and_unknown_schemes_are_never_answered() {
    for lines in [
        vec![r#"Basic realm="home""#],
        vec!["NoOneKnowsThisScheme opaque-data=here"],
        vec![r#"Digest realm="home", nonce="n", algorithm=SHA-1"#],
        vec![r#"Digest realm="home", nonce="n", qop="token""#],
        vec![r#"Digest realm="home", nonce="n", algorithm=MD5-sess"#],
        vec![],
    ] {
        let mut one = Try::new(credentials());
        assert_eq!(one.challenged(401, &lines), Err(Refusal::NoneUsable));
        assert_eq!(one.sent("Authorization"), None);
    }
}

#[test]
fn only_the_own_realm_is_answered() {
    let mut configured = Try::new(Credentials::new("bob".into(), Secret::new("zanzibar"), "home"));
    let foreign = r#"Digest realm="evil", nonce="n""#;
    assert_eq!(configured.challenged(401, &[foreign]), Err(Refusal::ForeignRealm { realm: "evil".into() }));
    assert_eq!(configured.challenged(401, &[foreign, MD5]), Ok(()));
    assert_eq!(configured.answer().realm, "home");

    let mut pinned = Try::new(credentials());
    assert_eq!(pinned.challenged(401, &[MD5]), Ok(()));
    assert_eq!(pinned.credentials.realm(), Some("home"));
    pinned.next_request();
    assert_eq!(pinned.challenged(407, &[foreign]), Err(Refusal::ForeignRealm { realm: "evil".into() }));
    assert_eq!(pinned.sent("Proxy-Authorization"), None);
}

#[test]
fn nobody_but_the_registrar_names_the_realm() {
    let stranger = r#"Digest realm="evil", nonce="n""#;
    let domain = r#"Digest realm="example.com", nonce="n""#;
    let mut call = Try::new(credentials().registered_in("example.com"));
    assert_eq!(call.challenged(407, &[stranger]), Err(Refusal::ForeignRealm { realm: "evil".into() }));
    assert_eq!(call.challenged(407, &[stranger, domain]), Ok(()), "a proxy of the domain may ask");
    assert_eq!(call.sent("Proxy-Authorization").expect("an answer").realm, "example.com");
    call.next_request();
    call.request.method = Method::Register;
    assert_eq!(call.challenged(401, &[MD5]), Ok(()), "and the registrar may still name another one");
    assert_eq!(call.credentials.realm(), Some("home"));
}

#[test]
fn a_refused_answer_means_a_wrong_password() {
    let mut one = Try::new(credentials());
    assert_eq!(one.challenged(401, &[MD5]), Ok(()));
    assert_eq!(one.challenged(401, &[MD5]), Err(Refusal::WrongPassword));
    assert_eq!(one.challenged(401, &[r#"Digest realm="home", nonce="fresh""#]), Err(Refusal::WrongPassword));
}

#[test]
fn stale_is_believed_once() {
    let stale = |nonce: &str| format!(r#"Digest realm="home", nonce="{nonce}", stale=true"#);
    let mut one = Try::new(credentials());
    assert_eq!(one.challenged(401, &[MD5]), Ok(()));
    assert_eq!(one.challenged(401, &[&stale("s1")]), Ok(()));
    assert_eq!(one.answer().nonce, "s1");
    assert_eq!(one.challenged(401, &[&stale("s2")]), Err(Refusal::AlwaysStale));

    let mut same = Try::new(credentials());
    assert_eq!(same.challenged(401, &[MD5]), Ok(()));
    assert_eq!(same.challenged(401, &[&stale("n1")]), Err(Refusal::WrongPassword));
}

#[test]
fn a_nonce_of_an_earlier_request_may_have_aged() {
    let mut one = Try::new(credentials());
    assert_eq!(one.challenged(401, &[MD5]), Ok(()));
    one.next_request();
    assert_eq!((one.answer().nonce.as_str(), one.count("Authorization")), ("n1", 2));
    // Some servers do not say `stale`.
    assert_eq!(one.challenged(401, &[r#"Digest realm="home", nonce="n9", qop="auth""#]), Ok(()));
    assert_eq!((one.answer().nonce.as_str(), one.count("Authorization")), ("n9", 1));
    one.next_request();
    assert_eq!(one.challenged(401, &[r#"Digest realm="home", nonce="n9", qop="auth""#]), Err(Refusal::WrongPassword));
}

#[test]
fn a_proxy_and_a_server_are_answered_side_by_side() {
    let mut one = Try::new(credentials());
    assert_eq!(one.challenged(407, &[MD5]), Ok(()));
    assert_eq!(one.challenged(401, &[SHA_256]), Ok(()));
    assert_eq!(one.answer().algorithm, Algorithm::SHA_256);
    // The proxy sees the request a second time, so its count goes on.
    assert_eq!((one.count("Proxy-Authorization"), one.count("Authorization")), (2, 1));
    assert_eq!(one.challenged(407, &[MD5]), Err(Refusal::WrongPassword));
}

#[test]
fn the_next_nonce_is_taken_over() {
    let mut one = Try::new(credentials());
    assert_eq!(one.challenged(401, &[MD5]), Ok(()));
    let mut ok = Response::new(200, "");
    ok.headers.push("Authentication-Info", r#"qop=auth, nextnonce="n\"2", rspauth="x", nc=00000001"#);
    one.credentials.accepted(&ok);
    one.next_request();
    assert_eq!((one.answer().nonce.as_str(), one.count("Authorization")), ("n\"2", 1));
}

#[test]
fn old_servers_and_bodies_get_their_form() {
    let mut legacy = Try::new(credentials());
    assert_eq!(legacy.challenged(401, &[r#"Digest realm="ho\"me", nonce="n", opaque="o""#]), Ok(()));
    let answer = legacy.answer();
    assert_eq!((answer.realm.as_str(), answer.opaque.as_deref(), answer.protection), ("ho\"me", Some("o"), None));

    for algorithm in ["MD5-sess", "SHA-256-sess", "SHA-512-256-sess", "MD5", "SHA-256", "SHA-512-256"] {
        let mut integrity = Try::new(credentials());
        let line = format!(r#"Digest realm="home", nonce="n", qop="auth-int", algorithm={algorithm}, userhash=true"#);
        assert_eq!(integrity.challenged(401, &[&line]), Ok(()));
        let answer = integrity.answer();
        assert!(answer.userhash && answer.username != "bob");
        assert!(!answer.matches("bob", &Secret::new("zanzibar"), &Method::Invite, b"v=1\r\n"));
    }
}

#[test]
fn without_a_password_nothing_is_answered() {
    let mut one = Try::new(Credentials::none());
    assert_eq!(one.challenged(401, &[MD5]), Err(Refusal::NoPassword));
    assert_eq!(one.challenged(486, &[MD5]), Err(Refusal::NotAChallenge));
    one.next_request();
    assert_eq!(one.sent("Authorization"), None);
}

#[test]
fn neither_name_nor_password_is_printed() {
    let mut one = Try::new(credentials());
    assert_eq!(one.challenged(401, &[MD5]), Ok(()));
    let printed = format!("{:?} {:?} {:?}", one.credentials, one.request, one.answer());
    assert!(!printed.contains("zanzibar") && !printed.contains("bob") && !printed.contains(&one.answer().response), "{printed}");
}

/// The vector of a XiVO line: MD5 with and without protection.
#[test]
fn a_line_of_xivo_signs_in() {
    let mut request = Request::new(Method::Register, "sip:default".parse().expect("valid"));
    let mut credentials = Credentials::new("k3v9x1qz".into(), Secret::new("s1pS3cret"), "");
    let response = challenge(401, &[r#"Digest realm="asterisk", nonce="1767225600/8f3a""#]);
    let answered = credentials.answer(&mut Attempts::default(), &response, &mut request, &mut Tokens::new([0; 32]));
    assert_eq!(answered, Ok(()));
    let answer = request.headers.get("Authorization").and_then(Answer::parse).expect("an answer");
    assert_eq!(answer.response, "ec834550bb26406aeb5b2570699644f0");
}

#[test]
fn a_proxy_that_takes_each_nonce_once_gets_another_answer_when_the_far_end_asked_too() {
    let proxy = |nonce: &str| format!("Digest realm=\"home\", nonce=\"{nonce}\", qop=\"auth\"");
    let mut one = Try::new(credentials());
    assert_eq!(one.challenged(407, &[&proxy("p1")]), Ok(()));
    assert_eq!(one.challenged(401, &[MD5]), Ok(()));
    assert_eq!(one.count("Proxy-Authorization"), 2, "the same nonce again");
    assert_eq!(one.challenged(407, &[&proxy("p2")]), Ok(()));
    assert_eq!(one.sent("Proxy-Authorization").expect("an answer").nonce, "p2");
    assert_eq!(one.challenged(407, &[&proxy("p3")]), Err(Refusal::WrongPassword), "but not for ever");
    let mut wrong = Try::new(credentials());
    assert_eq!(wrong.challenged(407, &[&proxy("p1")]), Ok(()));
    assert_eq!(wrong.challenged(407, &[&proxy("p2")]), Err(Refusal::WrongPassword));
}
