//! The STUN and TURN servers that the cloud names to who asks its proxy by OPTIONS.

use std::time::Duration;

use model::{IceServer, IceUrl, Instant, Secret};
use serde::Deserialize;

/// The header that asks for them.
pub(super) const TURN_REQUEST: (&str, &str) = ("X-AculabTurnRequest", "1");
/// What they are given with lasts about two minutes.
const AGAIN_AFTER: Duration = Duration::from_secs(30);
const AFTER_FAILURE: Duration = Duration::from_secs(60);
/// More servers than this are a mistake of the cloud's.
const MOST: usize = 16;
/// Nothing of one is longer.
const LONGEST: usize = 1024;

/// When to ask for the list, and whether there is one.
#[derive(Debug, Default)]
pub(super) struct IceList {
    known: bool,
    ask_at: Option<Instant>,
}

impl IceList {
    /// The connection is open: ask now.
    pub fn opened(&mut self, now: Instant) {
        self.ask_at = Some(now);
    }

    /// The connection is gone, and with it whom to ask; what was given is good for a while.
    pub fn lost(&mut self) {
        self.ask_at = None;
        self.known = false;
    }

    /// Whether there is a list.
    pub fn is_known(&self) -> bool {
        self.known
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.ask_at
    }

    /// Whether to ask now; then the answer, or that there is none, is waited for.
    pub fn is_due(&mut self, now: Instant) -> bool {
        self.ask_at.take_if(|at| *at <= now).is_some()
    }

    /// The proxy answered, or (408) did not: the list to use from now on, if that changes.
    pub fn answered(&mut self, now: Instant, code: u16, body: &[u8]) -> Option<Vec<IceServer>> {
        if !(200..=299).contains(&code) {
            self.ask_at = Some(now + AFTER_FAILURE);
            return std::mem::take(&mut self.known).then(Vec::new);
        }
        self.ask_at = Some(now + AGAIN_AFTER);
        let servers = read(body)?;
        self.known = true;
        Some(servers)
    }
}

/// As browsers take it (`RTCIceServer`), and as they once did.
#[derive(Deserialize)]
struct Server {
    #[serde(alias = "url")]
    urls: Urls,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    credential: Option<Secret>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Urls {
    One(String),
    Several(Vec<String>),
}

/// The servers of a JSON array; none when it is none. What cannot be used of it is left out.
pub fn read(body: &[u8]) -> Option<Vec<IceServer>> {
    let listed: Vec<serde_json::Value> = serde_json::from_slice(body).ok()?;
    let servers = listed.into_iter().filter_map(|server| serde_json::from_value::<Server>(server).ok());
    Some(servers.flat_map(usable).take(MOST).collect())
}

fn usable(server: Server) -> Vec<IceServer> {
    let urls = match server.urls {
        Urls::One(url) => vec![url],
        Urls::Several(urls) => urls,
    };
    let (username, credential) = (server.username.unwrap_or_default(), server.credential.unwrap_or_default());
    let urls = urls.iter().filter_map(|url| url.parse::<IceUrl>().ok());
    let server = |url: IceUrl| {
        let fits = username.len() <= LONGEST && credential.expose().len() <= LONGEST;
        let complete = !url.relays || !username.is_empty();
        (fits && complete).then(|| IceServer { url, username: username.as_str().into(), credential: credential.clone() })
    };
    urls.filter_map(server).collect()
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
        assert_eq!((list.is_known(), list.deadline()), (false, Some(at(31))));
        assert_eq!(list.answered(at(31), 200, b"[]"), Some(vec![]));
        assert_eq!((list.is_known(), list.deadline()), (true, Some(at(61))));
        // One that fails takes the list away.
        assert_eq!(list.answered(at(61), 503, b""), Some(vec![]));
        assert_eq!((list.is_known(), list.deadline()), (false, Some(at(121))));
        assert_eq!(list.answered(at(121), 408, b""), None);
        list.lost();
        assert_eq!(list.deadline(), None);
    }
}
