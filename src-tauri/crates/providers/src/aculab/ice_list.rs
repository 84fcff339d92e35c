//! The STUN and TURN servers that the cloud names to who asks its proxy by OPTIONS.

use std::time::Duration;

use model::{IceServer, IceUrl, Instant, Secret};
use serde_json::{Map, Value};
use tracing::warn;

/// The header that asks for them.
pub(super) const TURN_REQUEST: (&str, &str) = ("X-AculabTurnRequest", "1");
/// What they are given with lasts about two minutes.
const AGAIN_AFTER: Duration = Duration::from_secs(30);
const AFTER_FAILURE: Duration = Duration::from_secs(60);
/// More servers than this are a mistake of the cloud's.
const MOST: usize = 16;
/// Nothing of one is longer.
const LONGEST: usize = 1024;
/// How long calls wait for the first list; then they go on without.
const WITHIN: Duration = Duration::from_secs(5);

/// When to ask for the list, and whether it is waited for.
#[derive(Debug, Default)]
pub(super) struct IceList {
    known: bool,
    ask_at: Option<Instant>,
    /// The question has no answer yet, and there is no list from before: until then calls wait.
    awaited_until: Option<Instant>,
}

impl IceList {
    /// The connection is open: ask now.
    pub fn opened(&mut self, now: Instant) {
        self.ask_at = Some(now);
        self.awaited_until = (!self.known).then(|| now + WITHIN);
    }

    /// The connection is gone, and with it whom to ask; what was given is good for a while.
    pub fn lost(&mut self) {
        *self = Self::default();
    }

    /// Whether calls wait for it yet.
    pub fn is_awaited(&mut self, now: Instant) -> bool {
        if self.awaited_until.take_if(|until| *until <= now).is_some() {
            warn!("the cloud names no ICE servers within {} s; calls go on without", WITHIN.as_secs());
        }
        self.awaited_until.is_some()
    }

    pub fn deadline(&self) -> Option<Instant> {
        [self.ask_at, self.awaited_until].into_iter().flatten().min()
    }

    /// Whether to ask now; then the answer, or that there is none, is waited for.
    pub fn is_due(&mut self, now: Instant) -> bool {
        self.ask_at.take_if(|at| *at <= now).is_some()
    }

    /// The proxy answered, or (408) did not: the list to use from now on, if that changes.
    pub fn answered(&mut self, now: Instant, code: u16, body: &[u8]) -> Option<Vec<IceServer>> {
        let is_success = (200..=299).contains(&code);
        self.ask_at = Some(now + if is_success { AGAIN_AFTER } else { AFTER_FAILURE });
        self.awaited_until = None;
        match read(body).filter(|_| is_success) {
            Some(servers) => {
                self.known = true;
                Some(servers)
            }
            // What cannot be read is no list either.
            None => {
                warn!(code, "the cloud names no ICE servers; calls go on without");
                std::mem::take(&mut self.known).then(Vec::new)
            }
        }
    }
}

/// The servers of a JSON array; none when it is none. What cannot be used of it is left out.
pub fn read(body: &[u8]) -> Option<Vec<IceServer>> {
    let listed: Vec<Value> = serde_json::from_slice(body).ok()?;
    let servers = listed.iter().filter_map(Value::as_object);
    Some(servers.flat_map(usable).take(MOST).collect())
}

/// What can be used of one, as browsers take it (`RTCIceServer`) and as they once did: under `urls` or `url` there is one or
/// several, and some clouds write both.
fn usable(server: &Map<String, Value>) -> Vec<IceServer> {
    let text = |name| server.get(name).and_then(as_text).unwrap_or_default();
    let (username, credential) = (text("username"), Secret::new(text("credential")));
    let fits = username.len() <= LONGEST && credential.expose().len() <= LONGEST;
    let written = ["urls", "url"].into_iter().filter_map(|name| server.get(name)).flat_map(|urls| match urls {
        Value::Array(several) => several.as_slice(),
        one => std::slice::from_ref(one),
    });
    let mut urls: Vec<IceUrl> = Vec::new();
    for url in written.filter_map(Value::as_str).filter_map(|url| url.parse::<IceUrl>().ok()) {
        let is_complete = !url.relays || !username.is_empty();
        if fits && is_complete && !urls.contains(&url) {
            urls.push(url);
        }
    }
    let server = |url| IceServer { url, username: username.as_str().into(), credential: credential.clone() };
    urls.into_iter().map(server).collect()
}

/// A text, which some write as a number.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Instant {
        Instant::START + Duration::from_secs(s)
    }

    fn urls(body: &str) -> Option<Vec<String>> {
        Some(read(body.as_bytes())?.iter().map(|server| server.url.to_string()).collect())
    }

    #[test]
    fn lists_are_read_as_browsers_read_them() {
        let body = r#"[{"urls":["stun:s.example.com"]},{"urls":["turn:t.example.com?transport=udp","turns:t.example.com:443?transport=tcp"],
            "username":"1583843607:x","credential":"secret","credentialType":"password"},{"url":"stun:old.example.com"}]"#;
        let servers = read(body.as_bytes()).expect("a list");
        let told: Vec<_> = servers.iter().map(|s| (s.url.to_string(), s.username.expose(), s.credential.expose())).collect();
        assert_eq!(
            told,
            [
                ("stun:s.example.com".to_owned(), "", ""),
                ("turn:t.example.com".to_owned(), "1583843607:x", "secret"),
                ("turns:t.example.com:443".to_owned(), "1583843607:x", "secret"),
                ("stun:old.example.com".to_owned(), "", ""),
            ]
        );
        assert_eq!(urls("[]"), Some(vec![]));
        assert_eq!(urls(r#"[{"urls":"http://x"},7,{"urls":"turn:t"},{"urls":"stun:s"}]"#), Some(vec!["stun:s".to_owned()]));
        // Both names, other kinds of values, numbers, and nothing at all.
        for (body, told) in [
            (r#"[{"urls":["stun:a"],"url":"stun:a"}]"#, &["stun:a"][..]),
            (r#"[{"url":["stun:a",7,null,{}],"urls":null},null,"stun:b",[]]"#, &["stun:a"]),
            (r#"[{"urls":["turn:t","stun:s"],"username":1583843607,"credential":7}]"#, &["turn:t", "stun:s"]),
            (r#"[{"urls":["turn:t","stun:s"],"username":null,"credential":{"kid":"x"}}]"#, &["stun:s"]),
            (r#"[{},{"urls":[]},{"urls":""},{"urls":{"0":"stun:s"}}]"#, &[]),
            (r#"[{"urls":"turns:t?transport=udp"},{"urls":"STUN:s"}]"#, &["stun:s"]),
        ] {
            assert_eq!(urls(body), Some(told.iter().map(|url| (*url).to_owned()).collect()), "{body}");
        }
        let numbered = read(br#"[{"urls":"turn:t","username":1,"credential":7}]"#).expect("a list");
        assert_eq!((numbered[0].username.expose(), numbered[0].credential.expose()), ("1", "7"));
        for garbage in ["", "null", "{}", "<html>", "[", "\u{0}\u{1}"] {
            assert_eq!(urls(garbage), None, "{garbage:?}");
        }
        let many = format!("[{}]", vec![r#"{"urls":"stun:s"}"#; 500].join(","));
        assert_eq!(read(many.as_bytes()).expect("a list").len(), MOST);
    }

    #[test]
    fn the_next_question_comes_after_half_a_minute_and_after_a_failure_in_a_minute() {
        let mut list = IceList::default();
        list.opened(at(0));
        assert!(list.is_due(at(0)) && !list.is_due(at(0)));
        assert_eq!(list.answered(at(1), 200, b"garbage"), None);
        assert_eq!(list.deadline(), Some(at(31)));
        assert_eq!(list.answered(at(31), 200, b"[]"), Some(vec![]));
        assert_eq!(list.deadline(), Some(at(61)));
        // One that fails takes the list away, and so does one that is none.
        assert_eq!(list.answered(at(61), 503, b"[]"), Some(vec![]));
        assert_eq!(list.deadline(), Some(at(121)));
        assert_eq!(list.answered(at(121), 408, b""), None);
        assert_eq!(list.answered(at(181), 299, b"[]"), Some(vec![]));
        assert_eq!(list.answered(at(211), 200, b""), Some(vec![]));
        list.lost();
        assert_eq!(list.deadline(), None);
    }

    #[test]
    fn calls_wait_for_the_first_answer_whatever_it_is_and_for_none_longer_than_five_seconds() {
        for (code, body) in [(200, "[]"), (200, "garbage"), (503, ""), (408, "")] {
            let mut list = IceList::default();
            assert!(!list.is_awaited(at(0)), "nobody was asked");
            list.opened(at(0));
            assert!(list.is_due(at(0)) && list.is_awaited(at(4)));
            list.answered(at(4), code, body.as_bytes());
            assert!(!list.is_awaited(at(4)), "{code} {body}");
            assert!(list.is_due(at(100)) && !list.is_awaited(at(100)), "later questions keep nobody waiting");
        }
        let mut list = IceList::default();
        list.opened(at(0));
        assert!(list.is_due(at(0)) && list.is_awaited(at(4)));
        assert_eq!(list.deadline(), Some(at(5)));
        assert!(!list.is_awaited(at(5)) && list.deadline().is_none());
    }
}
