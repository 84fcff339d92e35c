//! STUN and TURN servers: those the server tells (`IceConfig`), and those set by hand in either of the shapes of browsers.

use std::time::Duration;

use model::{IcePolicy, IceServer, IceUrl, Secret, XivoAccount};
use serde_json::{Map, Value, json};
use tracing::warn;

use super::fields::{self, Fields};

/// New TURN credentials are asked for after half of their lifetime; where that is nearly nothing, this often.
const SHORTEST_RENEWAL: Duration = Duration::from_secs(30);
/// Lifetimes below this are nearly nothing.
const SHORT_LIFETIME: Duration = Duration::from_secs(60);
/// Most servers taken.
const MOST: usize = 16;

/// One entry of a list of servers, in the modern shape: several addresses with one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceEntry {
    /// Addresses.
    pub urls: Vec<String>,
    /// TURN user; empty for STUN.
    pub username: String,
    /// What TURN asks for; empty for STUN.
    pub credential: Secret,
}

/// What the server told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IceConfig {
    /// The entries, STUN before TURN; none leaves the addresses of this machine.
    pub entries: Vec<IceEntry>,
    /// When to ask again, counted from now.
    pub renew_after: Option<Duration>,
}

/// Whose servers are used. What was set by hand stays until the user goes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IceChoice {
    /// Those the server tells.
    #[default]
    Auto,
    /// These.
    Manual(Vec<IceEntry>),
    /// None: only addresses of this machine.
    LanOnly,
}

/// An entry that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{entry}: {why}")]
pub struct InvalidIceEntry {
    /// Its number and what it says, without its secret.
    pub entry: String,
    /// What is wrong.
    pub why: String,
}

impl IceConfig {
    /// Reads the body of an `IceConfig` message.
    pub fn read(body: &Value) -> Self {
        let fields = Fields::of(body);
        let (stun, turn) = (fields.within("stunConfig"), fields.within("turnConfig"));
        let entries = [stun, turn].into_iter().map(entry).filter(|entry| !entry.urls.is_empty()).collect();
        let lifetime = turn.fitting::<u64>("ttl").map(Duration::from_secs);
        Self { entries, renew_after: lifetime.map(renewal) }
    }

    /// What may be used of it, as media wants it: an address of another kind is left out.
    pub fn servers(&self) -> Vec<IceServer> {
        let all = self.entries.iter().flat_map(|entry| {
            entry.urls.iter().filter_map(move |url| match server(entry, url) {
                Ok(server) => Some(server),
                Err(error) => {
                    warn!(%error, "an ICE server of the XiVO is left out");
                    None
                }
            })
        });
        all.take(MOST).collect()
    }
}

impl IceChoice {
    /// What an account says about it.
    pub fn of(account: &XivoAccount) -> Self {
        let entry = |server: &IceServer| IceEntry {
            urls: vec![server.url.to_string()],
            username: server.username.expose().to_owned(),
            credential: server.credential.clone(),
        };
        match (&account.ice_servers, account.ice_policy) {
            (_, IcePolicy::HostOnly) => Self::LanOnly,
            (None, _) => Self::Auto,
            (Some(servers), _) if servers.is_empty() => Self::LanOnly,
            (Some(servers), _) => Self::Manual(servers.iter().map(entry).collect()),
        }
    }

    /// The entries in force, given what the server told; none before anything was told or set.
    pub fn in_force<'a>(&'a self, told: Option<&'a IceConfig>) -> Option<&'a [IceEntry]> {
        match self {
            Self::Auto => told.map(|config| config.entries.as_slice()),
            Self::Manual(entries) => Some(entries),
            Self::LanOnly => Some(&[]),
        }
    }
}

/// Whole seconds, rounded down.
fn renewal(lifetime: Duration) -> Duration {
    if lifetime < SHORT_LIFETIME { SHORTEST_RENEWAL } else { Duration::from_secs(lifetime.as_secs() / 2) }
}

fn entry(fields: Fields<'_>) -> IceEntry {
    let mut urls = fields.texts("urls");
    urls.extend(fields.texts("url"));
    urls.truncate(MOST);
    IceEntry {
        urls,
        username: fields.text("username").unwrap_or_default(),
        credential: Secret::new(fields.text("credential").unwrap_or_default()),
    }
}

fn server(entry: &IceEntry, url: &str) -> Result<IceServer, String> {
    let url: IceUrl = url.parse().map_err(|error: model::InvalidIceUrl| error.to_string())?;
    let (username, credential) = match url.relays {
        true => (entry.username.clone(), entry.credential.clone()),
        false => (String::new(), Secret::default()),
    };
    Ok(IceServer { url, username: username.into(), credential })
}

/// Reads what `setIceUrls` takes: entries with `url` or `urls`, mixed.
///
/// # Errors
/// When any of them cannot be used; none is taken then.
pub fn read_ice_urls(list: &Value) -> Result<Vec<IceEntry>, InvalidIceEntry> {
    let mut entries = Vec::new();
    for (index, value) in fields::list(list).enumerate() {
        let entry = entry(Fields::of(value));
        let invalid = |what: &str, why: String| InvalidIceEntry { entry: format!("entry {} ({what})", index + 1), why };
        if entry.urls.is_empty() {
            return Err(invalid("no address", "it has neither url nor urls".into()));
        }
        for url in &entry.urls {
            server(&entry, url).map_err(|why| invalid(&crate::net::quoted(url), why))?;
        }
        if entries.len() == MOST {
            return Err(invalid("too many", format!("there may be {MOST} at most")));
        }
        entries.push(entry);
    }
    if list.is_array() {
        Ok(entries)
    } else {
        Err(InvalidIceEntry { entry: "the list".into(), why: "it is no JSON array".into() })
    }
}

/// What `getIceUrls` gives: the modern shape. Who gets it sees the credentials: it is for the one who set them, and for diagnostics
/// with `masked`.
pub fn ice_urls(entries: &[IceEntry], masked: Masked) -> Value {
    let one = |entry: &IceEntry| {
        let mut object = Map::new();
        object.insert("urls".into(), json!(entry.urls));
        if !entry.username.is_empty() {
            object.insert("username".into(), json!(entry.username));
        }
        match (entry.credential.expose(), masked) {
            ("", _) => {}
            (_, Masked::Yes) => drop(object.insert("credential".into(), json!("***"))),
            (credential, Masked::No) => drop(object.insert("credential".into(), json!(credential))),
        }
        Value::Object(object)
    };
    Value::Array(entries.iter().map(one).collect())
}

/// Whether secrets are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masked {
    /// They are.
    Yes,
    /// They are not.
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Value {
        json!({
            "stunConfig": {"urls": ["stun:edge.example.org:3478"]},
            "turnConfig": {
                "urls": ["turn:edge.example.org:3478", "turns:edge.example.org:3478"],
                "username": "1767225600", "credential": "q2Zs0mVh4bqU1m3x0c9u8y7t6r4=", "ttl": 7200
            }
        })
    }

    #[test]
    fn the_example_gives_its_servers_and_is_renewed_at_half_its_lifetime() {
        let config = IceConfig::read(&example());
        assert_eq!(config.renew_after, Some(Duration::from_secs(3_600)));
        let servers: Vec<_> = config.servers().iter().map(|s| (s.url.to_string(), s.username.expose().to_owned())).collect();
        let relay = |url: &str| (url.to_owned(), "1767225600".to_owned());
        assert_eq!(
            servers,
            [
                ("stun:edge.example.org:3478".to_owned(), String::new()),
                relay("turn:edge.example.org:3478"),
                relay("turns:edge.example.org:3478"),
            ]
        );
        assert_eq!(
            ice_urls(&config.entries, Masked::No),
            json!([
                {"urls": ["stun:edge.example.org:3478"]},
                {
                    "urls": ["turn:edge.example.org:3478", "turns:edge.example.org:3478"],
                    "username": "1767225600", "credential": "q2Zs0mVh4bqU1m3x0c9u8y7t6r4="
                }
            ])
        );
        assert!(!ice_urls(&config.entries, Masked::Yes).to_string().contains("q2Zs"));
        assert!(!format!("{config:?}").contains("q2Zs"));
    }

    #[test]
    fn lifetimes_are_halved_and_rounded_down_and_short_ones_guarded() {
        for (ttl, seconds) in [
            (json!(7201), Some(3_600)),
            (json!("600"), Some(300)),
            (json!(60), Some(30)),
            (json!(59), Some(30)),
            (json!(0), Some(30)),
            (json!(-1), None),
            (json!(null), None),
        ] {
            let body = json!({"turnConfig": {"urls": "turn:x", "ttl": ttl}});
            assert_eq!(IceConfig::read(&body).renew_after, seconds.map(Duration::from_secs), "{ttl}");
        }
    }

    #[test]
    fn parts_may_be_missing_and_what_cannot_be_used_is_left_out() {
        assert_eq!(IceConfig::read(&json!({})), IceConfig::default());
        assert_eq!(IceConfig::read(&json!({"stunConfig": null, "turnConfig": {"ttl": 7200}})).entries, []);
        let odd = IceConfig::read(&json!({"stunConfig": {"urls": ["stuns:x", "stun:y", 7, {}]}}));
        let kept: Vec<_> = odd.servers().iter().map(|server| server.url.to_string()).collect();
        assert_eq!(kept, ["stun:y"]);
    }

    #[test]
    fn both_shapes_are_taken_and_given_back_in_the_modern_one() {
        let given = json!([
            {"url": "turn:turn.example.org", "username": "u", "credential": "p"},
            {"urls": "stun:s.example.org"},
            {"urls": ["turn:t.example.org?transport=tcp", "turns:t.example.org"], "username": "v", "credential": "q"}
        ]);
        let entries = read_ice_urls(&given).expect("all can be used");
        assert_eq!(
            ice_urls(&entries, Masked::No),
            json!([
                {"urls": ["turn:turn.example.org"], "username": "u", "credential": "p"},
                {"urls": ["stun:s.example.org"]},
                {"urls": ["turn:t.example.org?transport=tcp", "turns:t.example.org"], "username": "v", "credential": "q"}
            ])
        );
    }

    #[test]
    fn one_bad_entry_refuses_the_whole_list_and_is_named() {
        for (list, entry) in [
            (json!([{"urls": "stun:x"}, {"urls": ["stun:y", "http:z"]}]), "entry 2 (http:z)"),
            (json!([{"username": "u"}]), "entry 1 (no address)"),
            (json!([7]), "entry 1 (no address)"),
            (json!({}), "the list"),
            (json!(vec![json!({"urls": "stun:x"}); MOST + 1]), "entry 17 (too many)"),
        ] {
            assert_eq!(read_ice_urls(&list).expect_err("is refused").entry, entry);
        }
    }

    #[test]
    fn what_was_set_by_hand_survives_what_the_server_tells() {
        let told = IceConfig::read(&example());
        let manual = read_ice_urls(&json!([{"urls": "stun:mine"}])).expect("can be used");
        assert_eq!(IceChoice::Auto.in_force(None), None);
        assert_eq!(IceChoice::Auto.in_force(Some(&told)), Some(told.entries.as_slice()));
        assert_eq!(IceChoice::Manual(manual.clone()).in_force(Some(&told)), Some(manual.as_slice()));
        assert_eq!(IceChoice::LanOnly.in_force(Some(&told)), Some(&[][..]));
    }
}
