//! Words for what goes wrong with sockets.

use std::io;

/// Longest piece of a server's own text that is repeated to the user.
const LONGEST: usize = 160;

/// What the far end said, fit for one line on a screen: no control characters, not long.
pub(crate) fn quoted(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    clean.trim().to_owned()
}

/// What an I/O error means to the user.
pub(crate) fn io_error(error: &io::Error) -> String {
    use io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => "nothing answers there (connection refused)".into(),
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "the server cut the connection".into(),
        ErrorKind::ConnectionAborted => "the connection was cut".into(),
        ErrorKind::UnexpectedEof => "the server closed the connection without a word".into(),
        ErrorKind::HostUnreachable => "there is no way to that computer".into(),
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown | ErrorKind::AddrNotAvailable => {
            "there is no network to reach it by".into()
        }
        ErrorKind::TimedOut => "it does not answer".into(),
        ErrorKind::PermissionDenied => "this computer does not allow the connection (firewall?)".into(),
        _ => quoted(&error.to_string()),
    }
}

/// What an HTTP status means where a WebSocket was asked for.
pub(crate) fn http_status(code: u16) -> &'static str {
    match code {
        200..=299 => "an ordinary web page is there",
        300..=399 => "it points to another address, which is not followed",
        400 => "it does not understand the request",
        401 => "it wants a web login first",
        403 => "access is forbidden",
        404 => "there is nothing at that path",
        405 | 426 => "no WebSocket is offered at that path",
        407 => "the proxy wants a user name and password",
        429 => "too many connections",
        500 | 501 => "it is broken inside",
        502 | 504 => "the server behind it does not answer",
        503 => "it is overloaded or down for maintenance",
        _ => "it refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_words_fit_on_one_line() {
        assert_eq!(quoted(" going\r\naway\u{1b}[2J "), "goingaway[2J");
        assert_eq!(quoted(&"x".repeat(500)).len(), LONGEST);
    }
}
