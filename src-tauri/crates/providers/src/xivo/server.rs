//! Where a XUC is.

use std::str::FromStr;

use model::SetupFault;

use super::rest::Token;
use crate::net::{InvalidServerUrl, ServerUrl};

/// Under which path everything of it is.
const API: &str = "/xuc/api/2.0";

/// A XUC, by the address its web pages have: `https://host[:port]`, or just `host[:port]`; `http://…` for tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XucServer(ServerUrl);

/// Why a text is no address of a XUC.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidXucServer {
    /// It is none at all.
    #[error("{0:?} is not an address of the form https://host[:port]")]
    NotAnAddress(String),
    /// It carries a user name or password, which would end up in logs.
    #[error("the server's address may not contain a user name or password")]
    Credentials,
}

/// As what is wrong with the account it stands in.
impl From<InvalidXucServer> for SetupFault {
    fn from(invalid: InvalidXucServer) -> Self {
        match invalid {
            InvalidXucServer::NotAnAddress(address) => Self::NotAnAddress { address, like: "https://host[:port]".into() },
            InvalidXucServer::Credentials => Self::UserInAddress,
        }
    }
}

impl XucServer {
    /// Whether TLS is used.
    pub fn is_secure(&self) -> bool {
        self.0.is_secure()
    }

    /// Whether it can only be this computer.
    pub fn is_loopback(&self) -> bool {
        self.0.is_loopback()
    }

    /// Name or address, without the brackets of IPv6.
    pub fn host(&self) -> &str {
        self.0.host()
    }

    /// TCP port.
    pub fn port(&self) -> u16 {
        self.0.port()
    }

    /// Where somebody signs in.
    pub fn login_url(&self) -> String {
        self.web("auth/login")
    }

    /// Where a token is checked, and a new one got for it.
    pub fn check_url(&self) -> String {
        self.web("auth/check")
    }

    /// The CTI WebSocket. Its text holds the token, and is not to be printed.
    pub fn cti_url(&self, token: &Token) -> String {
        let scheme = if self.is_secure() { "wss" } else { "ws" };
        format!("{scheme}://{}{API}/cti?token={}", self.0.authority(), token.in_query())
    }

    fn web(&self, path: &str) -> String {
        let scheme = if self.is_secure() { "https" } else { "http" };
        format!("{scheme}://{}{API}/{path}", self.0.authority())
    }
}

impl FromStr for XucServer {
    type Err = InvalidXucServer;

    fn from_str(text: &str) -> Result<Self, InvalidXucServer> {
        let text = text.trim();
        let not_an_address = || InvalidXucServer::NotAnAddress(text.chars().take(60).collect());
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("wss", rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("ws", rest),
            Some(_) => return Err(not_an_address()),
            None => ("wss", text),
        };
        match format!("{scheme}://{rest}").parse::<ServerUrl>() {
            // Paths of a page that somebody copied from the browser say nothing about the server.
            Ok(url) => Ok(Self(url)),
            Err(InvalidServerUrl::Credentials) => Err(InvalidXucServer::Credentials),
            Err(_) => Err(not_an_address()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_as_in_a_browser() {
        let token: Token = "a.b.c".parse().expect("is one");
        for (text, login, cti) in [
            (
                "xivo.example.org",
                "https://xivo.example.org/xuc/api/2.0/auth/login",
                "wss://xivo.example.org/xuc/api/2.0/cti?token=a.b.c",
            ),
            (" HTTPS://xivo.example.org:8443/ucassistant#/main ", "", ""),
            (
                "https://xivo.example.org:8443/ucassistant",
                "https://xivo.example.org:8443/xuc/api/2.0/auth/login",
                "wss://xivo.example.org:8443/xuc/api/2.0/cti?token=a.b.c",
            ),
            (
                "http://127.0.0.1:8090",
                "http://127.0.0.1:8090/xuc/api/2.0/auth/login",
                "ws://127.0.0.1:8090/xuc/api/2.0/cti?token=a.b.c",
            ),
            (
                "[2001:db8::1]:443",
                "https://[2001:db8::1]/xuc/api/2.0/auth/login",
                "wss://[2001:db8::1]/xuc/api/2.0/cti?token=a.b.c",
            ),
        ] {
            match text.parse::<XucServer>() {
                Ok(server) => assert_eq!((server.login_url().as_str(), server.cti_url(&token).as_str()), (login, cti)),
                Err(error) => assert!(login.is_empty(), "{text}: {error}"),
            }
        }
    }

    #[test]
    fn other_texts_are_refused_without_repeating_a_password() {
        for text in ["", "ftp://x", "wss://x", "https://", "a b"] {
            assert!(matches!(text.parse::<XucServer>(), Err(InvalidXucServer::NotAnAddress(_))), "{text}");
        }
        assert_eq!("https://u:hunter2@x".parse::<XucServer>(), Err(InvalidXucServer::Credentials));
        assert_eq!("u:hunter2@x".parse::<XucServer>(), Err(InvalidXucServer::Credentials));
    }
}
