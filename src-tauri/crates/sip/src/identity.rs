//! Who the far end is, as far as the network tells.

use model::Remote;

use crate::{Headers, NameAddr};

/// The far end as asserted by the network (RFC 3325), or by older servers in Remote-Party-ID; none when neither is there.
pub(crate) fn asserted(headers: &Headers) -> Option<Remote> {
    let first = |name| headers.addresses(name).ok().and_then(|all| all.into_iter().next());
    first("P-Asserted-Identity").or_else(|| first("Remote-Party-ID")).map(|address| remote(&address))
}

/// The far end of a request: as asserted, else as it says itself in From.
pub(crate) fn of_request(headers: &Headers) -> Remote {
    asserted(headers).unwrap_or_else(|| of_from(headers))
}

/// The far end of a request as it says itself in From.
pub(crate) fn of_from(headers: &Headers) -> Remote {
    headers.from().map(|from| remote(&from)).unwrap_or_default()
}

/// A name with an address as the far end of a call.
pub(crate) fn remote(address: &NameAddr) -> Remote {
    let mut uri = address.uri.clone();
    uri.headers.clear();
    Remote {
        name: address.display_name.clone().unwrap_or_default().into(),
        number: uri.user_text().into(),
        uri: uri.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_is_believed_before_the_caller() {
        let mut headers = Headers::new();
        headers.push("From", "\"Mallory\" <sip:1@x>;tag=1");
        assert_eq!(of_request(&headers).name.expose(), "Mallory");
        headers.push("Remote-Party-ID", "\"Bob\" <sip:+442@x>;party=calling");
        assert_eq!(of_request(&headers).number.expose(), "+442");
        headers.push("P-Asserted-Identity", "\"Zoë\" <sip:3@x>, <tel:+443>");
        let zoe = of_request(&headers);
        assert_eq!((zoe.name.expose(), zoe.number.expose(), zoe.uri.expose()), ("Zoë", "3", "sip:3@x"));
    }
}
