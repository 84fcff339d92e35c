//! Who sent a call on to us: Diversion (RFC 5806) or History-Info (RFC 7044), whichever a server speaks.

use model::Remote;

use crate::{Headers, NameAddr, grammar, identity};

/// Entries that are read; a call that was sent on more often has been going in circles.
const MOST_ENTRIES: usize = 20;

/// The last one who sent the call on, where the server tells and may.
pub(crate) fn diverted_by(headers: &Headers) -> Option<Remote> {
    diversion(headers).or_else(|| history(headers)).map(|by| identity::remote(&by))
}

fn entries(headers: &Headers, name: &str) -> Vec<NameAddr> {
    headers.list(name).take(MOST_ENTRIES).filter_map(|value| value.parse().ok()).collect()
}

/// The topmost is the latest (RFC 5806 section 5.1).
fn diversion(headers: &Headers) -> Option<NameAddr> {
    let latest = entries(headers, "Diversion").into_iter().next()?;
    let is_private = latest.params.text("privacy").is_some_and(|privacy| !privacy.eq_ignore_ascii_case("off"));
    (!is_private).then_some(latest)
}

/// The one in whose place somebody else was put last (`mp`, RFC 7044 section 5), or at whom it last failed (RFC 4244).
fn history(headers: &Headers) -> Option<NameAddr> {
    let entries = entries(headers, "History-Info");
    let mapped_from = entries.iter().rev().find_map(|entry| entry.params.get("mp"));
    let by = match mapped_from {
        Some(index) => entries.iter().find(|entry| entry.params.get("index") == Some(index)),
        None => entries.iter().rev().skip(1).find(|entry| header_of(entry, "Reason").is_some_and(|reason| is_sent_on(&reason))),
    }?;
    let is_private = header_of(by, "Privacy").is_some_and(|privacy| privacy.to_ascii_lowercase().contains("history"));
    (!is_private && !by.uri.host.eq_ignore_ascii_case("anonymous.invalid")).then(|| by.clone())
}

fn header_of(entry: &NameAddr, name: &str) -> Option<String> {
    let found = entry.uri.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
    found.map(|(_, value)| grammar::unescape(value).into_owned())
}

/// Whether a Reason (RFC 3326) is one for which calls are sent on: redirected, busy, not answered, declined.
fn is_sent_on(reason: &str) -> bool {
    let cause = reason.split(';').find_map(|part| part.trim().strip_prefix("cause="));
    cause
        .and_then(|cause| cause.trim().parse().ok())
        .is_some_and(|cause: u16| matches!(cause, 300..=399 | 404 | 408 | 410 | 480 | 486 | 487 | 503 | 600 | 603))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(lines: &[(&str, &str)]) -> Option<String> {
        let mut headers = Headers::new();
        lines.iter().for_each(|(name, value)| headers.push(name, value));
        diverted_by(&headers).map(|remote| format!("{} {}", remote.name.expose(), remote.number.expose()))
    }

    #[test]
    fn the_latest_diversion_counts() {
        let boss = "\"The Boss\" <sip:1001@pbx>;reason=no-answer;counter=1";
        assert_eq!(
            by(&[("Diversion", boss), ("Diversion", "<sip:1000@pbx>;reason=unconditional")]).as_deref(),
            Some("The Boss 1001")
        );
        assert_eq!(by(&[("Diversion", "<sip:1001@pbx>;privacy=full")]), None, "who does not want to be seen");
        assert_eq!(by(&[("Diversion", "<sip:1001@pbx>;privacy=off")]).as_deref(), Some(" 1001"));
        for unreadable in ["", "<", "nobody at all", "<sip:>"] {
            assert_eq!(by(&[("Diversion", unreadable)]), None, "{unreadable:?}");
        }
    }

    #[test]
    fn the_history_names_whose_place_was_taken_last() {
        let first = ("History-Info", "<sip:1000@pbx>;index=1, \"Desk\" <sip:1001@pbx>;index=1.1;mp=1");
        let last = (
            "History-Info",
            "<sip:1002@pbx?Reason=SIP%3Bcause%3D302>;index=1.1.1;mp=1.1,<sip:a1@192.0.2.1>;index=1.1.1.1;rc=1.1.1",
        );
        assert_eq!(by(&[first, last]).as_deref(), Some("Desk 1001"));
        assert_eq!(
            by(&[("History-Info", "<sip:1000@pbx>;index=1,<sip:a1@192.0.2.1>;index=1.1;rc=1")]),
            None,
            "only registered there"
        );
        let older = "<sip:1001@pbx?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%22>;index=1, <sip:1002@pbx>;index=2";
        assert_eq!(by(&[("History-Info", older)]).as_deref(), Some(" 1001"));
        let private = "<sip:1001@pbx?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1, <sip:1002@pbx>;index=2";
        assert_eq!(by(&[("History-Info", private)]), None);
        assert_eq!(by(&[("History-Info", "<sip:1001@pbx>;index=1;mp=7")]), None, "an index that is not there");
    }
}
