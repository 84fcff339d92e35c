//! Names at the cloud, by the rules of its own libraries: stricter than SIP, since its other side does not take escapes.

use std::{fmt, str::FromStr};

/// Why a text is no such name. The words are those of the cloud's libraries, which its documentation explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Not three numbers with hyphens between them.
    #[error("Invalid cloudId")]
    CloudId,
    /// Empty, or with other characters than letters, digits and `+ - _ .`.
    #[error("Invalid clientId")]
    ClientId,
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
}

impl FromStr for CloudId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let groups: Vec<&str> = text.split('-').collect();
        let is_number = |group: &&str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
        if groups.len() == 3 && groups.iter().all(is_number) { Ok(Self(text.to_owned())) } else { Err(InvalidName::CloudId) }
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
        let mut id = text;
        for prefixes in [["sip:", "sip%3A", "sip%3a"], ["webrtc:", "webrtc%3A", "webrtc%3a"]] {
            id = prefixes.iter().find_map(|prefix| id.strip_prefix(prefix)).unwrap_or(id);
        }
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
