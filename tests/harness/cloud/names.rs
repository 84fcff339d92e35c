//! The cloud's host names, all made from its id and an account's access key.

use sip::{Request, Uri};

/// Calls of the first interface come with this key instead of an account's.
pub(super) const V1_KEY: &str = "acc2";

/// The names of one cloud.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// `1-2-0`.
    pub cloud: String,
}

impl Names {
    /// Where an account's clients are.
    pub fn clients(&self, key: &str) -> String {
        format!("{key}.webrtc-{}.aculabcloud.net", self.cloud)
    }

    /// Where services are.
    pub fn services(&self) -> String {
        format!("sip-{}.aculab.com", self.cloud)
    }

    /// Who answers to OPTIONS.
    pub fn proxy(&self) -> String {
        format!("webrtc-{}.aculabcloud.net", self.cloud)
    }

    /// The access key in the name of an account's clients' host.
    pub fn key_in<'h>(&self, host: &'h str) -> Option<&'h str> {
        host.strip_suffix(&format!(".webrtc-{}.aculabcloud.net", self.cloud)).filter(|key| !key.contains('.'))
    }

    /// Who sent a request: access key and client id; the key is empty where there is none.
    pub fn sender(&self, request: &Request) -> (String, String) {
        let from = request.headers.from().map(|from| from.uri).unwrap_or_else(|_| Uri::sip("", ""));
        (self.key_in(&from.host).unwrap_or_default().to_owned(), from.user_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_cloud_and_key() {
        let names = Names { cloud: "1-2-0".into() };
        assert_eq!(names.clients("abc"), "abc.webrtc-1-2-0.aculabcloud.net");
        assert_eq!(names.key_in("abc.webrtc-1-2-0.aculabcloud.net"), Some("abc"));
        for host in ["webrtc-1-2-0.aculabcloud.net", "abc.webrtc-1-2-1.aculabcloud.net", "a.b.webrtc-1-2-0.aculabcloud.net"] {
            assert_eq!(names.key_in(host), None, "{host}");
        }
    }
}
