//! What can be seen of a server from outside, for whoever looks for a fault.

use std::net::{IpAddr, SocketAddr};

use model::OfflineCause;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{KeyPin, ServerUrl, certificate::Certificate, dns};

/// Head of an answer that is read for its date.
const LONGEST_HEAD: u64 = 8 * 1024;

/// What was seen of a server. What could not be seen is missing.
#[derive(Clone, Debug, Default)]
pub struct ServerFacts {
    /// All its addresses.
    pub addresses: Vec<IpAddr>,
    /// The one that answered first.
    pub reached: Option<SocketAddr>,
    /// Why nothing more was seen, if so.
    pub trouble: Option<OfflineCause>,
    /// `TLSv1_3`.
    pub tls_version: Option<String>,
    /// How many certificates it showed.
    pub certificates: usize,
    /// When its certificate ends, seconds since 1970.
    pub valid_until_unix_s: Option<i64>,
    /// Its key.
    pub key: Option<KeyPin>,
    /// What time it has, seconds since 1970.
    pub unix_s: Option<i64>,
}

impl ServerFacts {
    /// What DNS says; its addresses are tried later.
    pub(super) async fn of(host: &str) -> Self {
        Self { addresses: dns::resolve(host).await, ..Self::default() }
    }

    /// What the handshake showed.
    pub(super) fn look_at(&mut self, connection: &rustls::ClientConnection) {
        let shown = connection.peer_certificates().unwrap_or_default();
        self.certificates = shown.len();
        self.tls_version = connection.protocol_version().map(|version| format!("{version:?}"));
        self.key = shown.first().and_then(|shown| Certificate::public_key(shown)).map(KeyPin::of);
        self.valid_until_unix_s = shown.first().and_then(|shown| Certificate::valid_until(shown)).and_then(asn1_time);
    }

    /// Asks for nothing but an answer with a date.
    pub(super) async fn ask_the_time<S: AsyncRead + AsyncWrite + Unpin>(&mut self, mut stream: S, server: &ServerUrl) {
        let request = format!("HEAD / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.authority());
        let mut head = Vec::new();
        // Who does not answer has no time to tell.
        if stream.write_all(request.as_bytes()).await.is_ok() && stream.take(LONGEST_HEAD).read_to_end(&mut head).await.is_ok() {
            let head = String::from_utf8_lossy(&head);
            let date = head.lines().find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("date")));
            self.unix_s = date.and_then(|(_, date)| http_date(date.trim()));
        }
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
fn http_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let day = words.next()?.parse().ok()?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|known| *known == month)? + 1;
    let year = words.next()?.parse().ok()?;
    let mut clock = words.next()?.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    seconds(year, i64::try_from(month).ok()?, day, [clock.next()??, clock.next()??, clock.next()??])
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ` (RFC 5280 section 4.1.2.5).
fn asn1_time(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = text.split_at_checked(text.len().checked_sub(10)?)?;
    let written: i64 = year.parse().ok()?;
    let year = match year.len() {
        2 if written >= 50 => 1900 + written,
        2 => 2000 + written,
        _ => written,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i64>().ok();
    seconds(year, part(0)?, part(2)?, [part(4)?, part(6)?, part(8)?])
}

/// Seconds since 1970 of a moment in UTC.
fn seconds(year: i64, month: i64, day: i64, [hour, minute, second]: [i64; 3]) -> Option<i64> {
    let fits = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day) && (0..24).contains(&hour);
    if !fits || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return None;
    }
    // Days since 0000-03-01, where leap days end the year; 719468 of them lie before 1970.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_the_web_and_of_certificates_are_read() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(asn1_time(b"941106084937Z"), Some(784_111_777));
        assert_eq!(asn1_time(b"20000229000000Z"), Some(951_782_400));
        for text in ["", "Sun", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49"] {
            assert_eq!(http_date(text), None, "{text}");
        }
        for text in [&b""[..], b"Z", b"1Z", b"9911060849\xff7Z"] {
            assert_eq!(asn1_time(text), None);
        }
    }
}
