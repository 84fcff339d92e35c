//! Addresses of WebSocket servers.

use std::{fmt, net::IpAddr, str::FromStr};

use model::SetupFault;
use tokio_tungstenite::tungstenite::http::Uri;

use super::Place;

/// The longest address taken; longer ones are mistakes.
const LONGEST: usize = 2048;

/// Where a WebSocket server is: `wss://host[:port][/path][?query]`, or `ws://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    secure: bool,
    host: String,
    port: u16,
    resource: String,
}

/// Why a text is no address of a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServerUrl {
    /// It is none at all.
    #[error("{0:?} is not an address of the form wss://host/path")]
    NotAnAddress(String),
    /// It is one, but not of a WebSocket server.
    #[error("the server's address must begin with wss://, not with {0}://")]
    Scheme(String),
    /// It carries a user name or password, which would end up in logs.
    #[error("the server's address may not contain a user name or password")]
    Credentials,
    /// It would send everything in the clear over the network.
    #[error("ws:// to {0} would let anyone on the way read along; use wss://, or allow plain ws:// for this account")]
    Plain(String),
}

/// As what is wrong with the account it stands in.
impl From<InvalidServerUrl> for SetupFault {
    fn from(invalid: InvalidServerUrl) -> Self {
        match invalid {
            InvalidServerUrl::NotAnAddress(address) => Self::NotAnAddress { address, like: "wss://host/path".into() },
            InvalidServerUrl::Scheme(scheme) => Self::Scheme { scheme },
            InvalidServerUrl::Credentials => Self::UserInAddress,
            InvalidServerUrl::Plain(host) => Self::NotEncrypted { scheme: "ws".into(), host },
        }
    }
}

impl ServerUrl {
    /// Whether TLS is used.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Name or address of the server, without the brackets of IPv6.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path and query, as asked for in the handshake; begins with `/`.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Host and port, as of the `Host` header: brackets around IPv6, the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        if self.port == own_port(self.secure) { self.bracketed_host() } else { self.host_and_port() }
    }

    /// Host and port.
    pub fn place(&self) -> Place {
        Place { host: self.host.clone(), port: self.port }
    }

    /// The same in one text, as CONNECT of a proxy wants it: the port always.
    pub fn host_and_port(&self) -> String {
        self.place().to_string()
    }

    /// The host as it stands in a URI: brackets around IPv6.
    pub fn bracketed_host(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }

    /// Whether the host can only be this computer (RFC 6761 section 6.3 for the name).
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Refuses `ws://` to another computer.
    pub fn refuse_plain(&self) -> Result<(), InvalidServerUrl> {
        if self.secure || self.is_loopback() { Ok(()) } else { Err(InvalidServerUrl::Plain(self.host.clone())) }
    }
}

impl FromStr for ServerUrl {
    type Err = InvalidServerUrl;

    fn from_str(text: &str) -> Result<Self, InvalidServerUrl> {
        let text = text.trim();
        // What stands before an `@` may be a password: it is not repeated in an error.
        if text.split('/').nth(2).is_some_and(|authority| authority.contains('@')) {
            return Err(InvalidServerUrl::Credentials);
        }
        let not_an_address = || InvalidServerUrl::NotAnAddress(text.chars().take(60).collect());
        if text.len() > LONGEST || text.contains('#') {
            return Err(not_an_address());
        }
        let uri: Uri = text.parse().map_err(|_| not_an_address())?;
        let scheme = uri.scheme_str().ok_or_else(not_an_address)?.to_ascii_lowercase();
        let secure = match scheme.as_str() {
            "wss" => true,
            "ws" => false,
            _ => return Err(InvalidServerUrl::Scheme(scheme)),
        };
        let authority = uri.authority().ok_or_else(not_an_address)?;
        // A port out of range is no error to the parser of the URI, it is just not there.
        let port = match authority.as_str().strip_prefix(authority.host()).ok_or_else(not_an_address)? {
            "" => own_port(secure),
            port => {
                port.strip_prefix(':').and_then(|port| port.parse().ok()).filter(|port| *port != 0).ok_or_else(not_an_address)?
            }
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
        if host.is_empty() || (host.contains(':') && host.parse::<IpAddr>().is_err()) {
            return Err(not_an_address());
        }
        let resource = uri.path_and_query().map_or("/", |resource| resource.as_str());
        let resource = if resource.starts_with('/') { resource.to_owned() } else { format!("/{resource}") };
        Ok(Self { secure, host, port, resource })
    }
}

/// A server as an account names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountServer {
    /// Its address; that of the domain where only a domain was written.
    pub url: ServerUrl,
    /// Whether its domain may name other servers in its place (RFC 3263): no scheme was written, and no port.
    pub located: bool,
}

impl FromStr for AccountServer {
    type Err = InvalidServerUrl;

    /// `wss://host[:port][/path]`, or `domain[:port][/path]`, which is by TLS.
    fn from_str(text: &str) -> Result<Self, InvalidServerUrl> {
        let text = text.trim();
        if text.contains("://") {
            return Ok(Self { url: text.parse()?, located: false });
        }
        let not_an_address = || InvalidServerUrl::NotAnAddress(text.chars().take(60).collect());
        let url: ServerUrl = match format!("wss://{text}").parse() {
            Err(InvalidServerUrl::NotAnAddress(_)) => Err(not_an_address()),
            url => url,
        }?;
        let authority = text.split(['/', '?']).next().unwrap_or_default();
        let is_a_domain = url.host.parse::<IpAddr>().is_err() && !url.is_loopback();
        Ok(Self { located: is_a_domain && !authority.contains(':'), url })
    }
}

/// Ports of RFC 6455 section 3.
fn own_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.secure { "wss" } else { "ws" }, self.authority(), self.resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_and_write_back() {
        for (text, written, host, port) in [
            ("wss://pbx.example.com", "wss://pbx.example.com/", "pbx.example.com", 443),
            (" WSS://PBX.example.com.:8089/ws ", "wss://pbx.example.com:8089/ws", "pbx.example.com", 8089),
            ("ws://127.0.0.1:80/a?b=c&d", "ws://127.0.0.1/a?b=c&d", "127.0.0.1", 80),
            ("wss://h?token=x", "wss://h/?token=x", "h", 443),
            ("wss://[2001:db8::1]:7443/ws", "wss://[2001:db8::1]:7443/ws", "2001:db8::1", 7443),
        ] {
            let url: ServerUrl = text.parse().expect(text);
            assert_eq!((url.to_string().as_str(), url.host(), url.port()), (written, host, port));
            assert_eq!(written.parse::<ServerUrl>().expect(written), url);
        }
    }

    #[test]
    fn wrong_addresses_are_refused_without_repeating_a_password() {
        use InvalidServerUrl::{Credentials, NotAnAddress, Scheme};
        let not_an_address = |text: &str| NotAnAddress(text.to_owned());
        for (text, error) in [
            ("", not_an_address("")),
            ("pbx.example.com", not_an_address("pbx.example.com")),
            ("https://pbx/", Scheme("https".into())),
            ("wss://u:hunter2@pbx/", Credentials),
            ("wss://pbx/#x", not_an_address("wss://pbx/#x")),
            ("wss://pbx:0/", not_an_address("wss://pbx:0/")),
            ("wss://pbx:99999/", not_an_address("wss://pbx:99999/")),
            ("wss://p bx/", not_an_address("wss://p bx/")),
            ("wss://[::zz]/", not_an_address("wss://[::zz]/")),
        ] {
            assert_eq!(text.parse::<ServerUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn only_a_domain_alone_may_name_its_servers_itself() {
        for (text, url, located) in [
            ("example.com", "wss://example.com/", true),
            (" Example.com/ws ", "wss://example.com/ws", true),
            ("example.com:443", "wss://example.com/", false),
            ("example.com:8089/ws", "wss://example.com:8089/ws", false),
            ("wss://example.com", "wss://example.com/", false),
            ("192.0.2.1", "wss://192.0.2.1/", false),
            ("[2001:db8::1]/ws", "wss://[2001:db8::1]/ws", false),
            ("localhost", "wss://localhost/", false),
        ] {
            let server: AccountServer = text.parse().expect(text);
            assert_eq!((server.url.to_string().as_str(), server.located), (url, located), "{text}");
        }
        assert_eq!("a b".parse::<AccountServer>(), Err(InvalidServerUrl::NotAnAddress("a b".into())));
        assert_eq!("u:p@example.com".parse::<AccountServer>(), Err(InvalidServerUrl::Credentials));
        assert_eq!("".parse::<AccountServer>(), Err(InvalidServerUrl::NotAnAddress(String::new())));
    }

    #[test]
    fn plain_is_for_this_computer_only() {
        for (text, fine) in [
            ("ws://localhost:8088/ws", true),
            ("ws://127.3.2.1/ws", true),
            ("ws://[::1]/ws", true),
            ("wss://pbx/ws", true),
            ("ws://pbx/ws", false),
            ("ws://localhost.example.com/", false),
            ("ws://10.0.0.1/", false),
        ] {
            assert_eq!(text.parse::<ServerUrl>().expect(text).refuse_plain().is_ok(), fine, "{text}");
        }
    }
}
