//! Names at the cloud, by the rules of its own libraries: stricter than SIP, since its other side does not take escapes.

use std::{fmt, str::FromStr};

use crate::{FieldFault, SetupFault};

/// Why a text is no such name. The words are those of the cloud's libraries, which its documentation explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Not three numbers with hyphens between them.
    #[error("Invalid cloudId")]
    CloudId,
    /// Not 1 to 63 small letters and digits.
    #[error("Invalid webRtcAccessKey")]
    AccessKey,
    /// Empty, or with other characters than letters, digits and `+ - _ .`.
    #[error("Invalid clientId")]
    ClientId,
    /// Empty, or with other characters than letters, digits and `+ - _ .`.
    #[error("Invalid serviceName")]
    ServiceName,
}

/// Which cloud: three numbers, `1-2-0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudId(String);

impl CloudId {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where its web services are, without a slash at the end.
    pub fn web_services(&self) -> String {
        format!("https://ws-{}.aculabcloud.net", self.0)
    }

    /// Where it speaks SIP over WebSocket.
    pub fn web_socket(&self) -> String {
        format!("wss://{}/sipproxy", self.proxy_domain())
    }

    /// The host of its SIP proxy.
    pub fn proxy_domain(&self) -> String {
        format!("webrtc-{}.aculabcloud.net", self.0)
    }

    /// The domain of the clients that share an access key.
    pub fn client_domain(&self, key: &AccessKey) -> String {
        format!("{}.{}", key.0, self.proxy_domain())
    }

    /// The domain of its services.
    pub fn service_domain(&self) -> String {
        format!("sip-{}.aculab.com", self.0)
    }
}

impl FromStr for CloudId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let groups: Vec<&str> = text.split('-').collect();
        let is_number = |group: &&str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
        if groups.len() == 3 && groups.iter().all(is_number) { Ok(Self(text.to_owned())) } else { Err(InvalidName::CloudId) }
    }
}

/// The key by which the cloud knows whose clients they are: a label of their domain, and no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey(String);

impl AccessKey {
    /// The one of callers that have none of their own: those of the first interface.
    pub fn of_callers() -> Self {
        Self("acc2".to_owned())
    }
}

impl FromStr for AccessKey {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let fits = (1..=63).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidName::AccessKey) }
    }
}

/// Which service of the cloud is called.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceName(String);

impl ServiceName {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// By the rule of the first interface, which is that of SIP: `sip:` before it is left out.
    ///
    /// # Errors
    /// When it has a character that no user part may have.
    pub fn of_caller(text: &str) -> Result<Self, InvalidUser> {
        checked_user(without_sip(text)).map(|name| Self(name.to_owned()))
    }
}

impl fmt::Debug for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceName(..)")
    }
}

impl FromStr for ServiceName {
    type Err = InvalidName;

    /// By the stricter rule of the cloud's libraries; `sip:` before it, escaped or not, is left out.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let name = without_sip(text);
        if is_plain(name) { Ok(Self(name.to_owned())) } else { Err(InvalidName::ServiceName) }
    }
}

/// Why a text is no user part of a SIP address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUser {
    /// There is nothing.
    #[error("is missing")]
    Empty,
    /// It has a character that must not be there.
    #[error("must not have the character {0:?}")]
    Character(char),
    /// A `%` without two hexadecimal digits behind it.
    #[error("has a % that is not followed by two hexadecimal digits")]
    Escape,
}

/// As what is wrong with the account it stands in.
impl From<InvalidName> for SetupFault {
    fn from(invalid: InvalidName) -> Self {
        Self::NotAName { words: invalid.to_string() }
    }
}

/// As what is wrong with the field it stands in.
impl From<InvalidUser> for FieldFault {
    fn from(invalid: InvalidUser) -> Self {
        match invalid {
            InvalidUser::Empty => Self::Missing,
            InvalidUser::Character(character) => Self::Character { character: character.into() },
            InvalidUser::Escape => Self::Escape,
        }
    }
}

/// A user part as RFC 3261 section 25.1 has it (`user`).
fn checked_user(text: &str) -> Result<&str, InvalidUser> {
    if text.is_empty() {
        return Err(InvalidUser::Empty);
    }
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '%' => {
                let escaped = rest.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
                rest = escaped.map(|_| &rest[2..]).ok_or(InvalidUser::Escape)?;
            }
            c if c.is_ascii_alphanumeric() || "-_.!~*'()&=+$,;?/".contains(c) => {}
            other => return Err(InvalidUser::Character(other)),
        }
    }
    Ok(text)
}

/// Who calls by the first interface.
#[derive(Clone, PartialEq, Eq)]
pub struct CallerId(String);

impl CallerId {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the cloud's libraries would take it too; others may be refused by its other side.
    pub fn is_plain(&self) -> bool {
        is_plain(&self.0)
    }
}

impl fmt::Debug for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerId(..)")
    }
}

impl FromStr for CallerId {
    type Err = InvalidUser;

    fn from_str(text: &str) -> Result<Self, InvalidUser> {
        checked_user(without_sip(text)).map(|id| Self(id.to_owned()))
    }
}

/// Who is called at the cloud, and who registers there.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientId(String);

impl ClientId {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientId(..)")
    }
}

impl FromStr for ClientId {
    type Err = InvalidName;

    /// Takes the forms people copy: `sip:` and `webrtc:` before it, escaped or not, are left out.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let id = without(without_sip(text), ["webrtc:", "webrtc%3A", "webrtc%3a"]);
        if is_plain(id) { Ok(Self(id.to_owned())) } else { Err(InvalidName::ClientId) }
    }
}

/// Whom a token allows to call: client ids with commas between them, each as a whole or its beginning and `*`. Nobody when
/// empty, everybody when `*`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Callable(String);

impl Callable {
    /// As the cloud wants it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Callable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callable(..)")
    }
}

impl FromStr for Callable {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let list: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if list.is_empty() {
            return Ok(Self::default());
        }
        let is_one = |one: &str| one == "*" || is_plain(one.strip_suffix('*').unwrap_or(one));
        if list.split(',').all(is_one) { Ok(Self(list)) } else { Err(InvalidName::ClientId) }
    }
}

fn without_sip(text: &str) -> &str {
    without(text, ["sip:", "sip%3A", "sip%3a"])
}

fn without<'a>(text: &'a str, prefixes: [&str; 3]) -> &'a str {
    prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text)
}

fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_is_three_numbers() {
        assert_eq!("1-2-0".parse::<CloudId>().expect("is one").web_services(), "https://ws-1-2-0.aculabcloud.net");
        for text in ["", "1-2", "a-b-c", "1-2-0-3", "1--0", " 1-2-0", "1-2-0/x"] {
            assert_eq!(text.parse::<CloudId>(), Err(InvalidName::CloudId), "{text:?}");
        }
        assert_eq!(InvalidName::CloudId.to_string(), "Invalid cloudId");
    }

    #[test]
    fn addresses_are_made_of_the_cloud_and_the_key() {
        let cloud: CloudId = "1-2-0".parse().expect("is one");
        let key: AccessKey = "abc123key".parse().expect("is one");
        assert_eq!(cloud.web_socket(), "wss://webrtc-1-2-0.aculabcloud.net/sipproxy");
        assert_eq!(cloud.client_domain(&key), "abc123key.webrtc-1-2-0.aculabcloud.net");
        assert_eq!(cloud.client_domain(&AccessKey::of_callers()), "acc2.webrtc-1-2-0.aculabcloud.net");
        assert_eq!(cloud.service_domain(), "sip-1-2-0.aculab.com");
        for text in ["", "Abc", "a-b", "a.b", &"a".repeat(64)] {
            assert_eq!(text.parse::<AccessKey>(), Err(InvalidName::AccessKey), "{text:?}");
        }
        assert_eq!(InvalidName::AccessKey.to_string(), "Invalid webRtcAccessKey");
    }

    #[test]
    fn services_are_named_strictly_by_clients_and_by_the_rule_of_sip_by_callers() {
        for (text, name) in [("echo", "echo"), ("sip:echo", "echo"), ("sip%3aa+b-c_d.9", "a+b-c_d.9")] {
            assert_eq!(text.parse::<ServiceName>().expect(text).as_str(), name);
        }
        for text in ["", "sip:", "ec ho", "echo!", "webrtc:echo", "e%20o"] {
            assert_eq!(text.parse::<ServiceName>(), Err(InvalidName::ServiceName), "{text:?}");
        }
        assert_eq!(InvalidName::ServiceName.to_string(), "Invalid serviceName");
        assert_eq!(ServiceName::of_caller("sip:e%20o!").expect("SIP allows it").as_str(), "e%20o!");
        for (text, error) in [
            ("", InvalidUser::Empty),
            ("a b", InvalidUser::Character(' ')),
            ("zoë", InvalidUser::Character('ë')),
            ("a@b", InvalidUser::Character('@')),
            ("100%", InvalidUser::Escape),
            ("a%2", InvalidUser::Escape),
            ("a%zz", InvalidUser::Escape),
        ] {
            assert_eq!(ServiceName::of_caller(text), Err(error), "{text:?}");
            assert_eq!(text.parse::<CallerId>(), Err(error), "{text:?}");
        }
        assert!("bob".parse::<CallerId>().expect("is one").is_plain());
        assert!(!"bob!".parse::<CallerId>().expect("SIP allows it").is_plain());
        assert_eq!(InvalidUser::Character('@').to_string(), "must not have the character '@'");
    }

    #[test]
    fn client_ids_lose_what_people_copy_before_them() {
        for (text, id) in
            [("bob", "bob"), ("sip:bob", "bob"), ("webrtc:bob", "bob"), ("sip%3Awebrtc%3abob", "bob"), ("a+b-c_d.9", "a+b-c_d.9")]
        {
            assert_eq!(text.parse::<ClientId>().expect(text).as_str(), id);
        }
        for text in ["", "sip:", "b ob", "bob@x", "bob%20", "zoë", "webrtc:sip:bob"] {
            assert_eq!(text.parse::<ClientId>(), Err(InvalidName::ClientId), "{text:?}");
        }
    }

    #[test]
    fn who_may_be_called_is_a_list_with_wildcards() {
        for (text, list) in [("", ""), (" bob, agent* ", "bob,agent*"), ("*", "*")] {
            assert_eq!(text.parse::<Callable>().expect(text).as_str(), list);
        }
        for text in ["bob,", "b*b", "**", "a&b=c"] {
            assert_eq!(text.parse::<Callable>(), Err(InvalidName::ClientId), "{text:?}");
        }
    }
}
