//! Messages that follow from another message by the letter of the RFC.

use crate::{CSeq, Headers, Method, NameAddr, Reason, Request, Response, headers};

/// RFC 3261 8.1.1.6 recommends it.
pub(crate) const MAX_FORWARDS: u8 = 70;

/// Headers that the machines set; a user who sets one of them as well would break the request.
const OWN_HEADERS: [&str; 31] = [
    "Via",
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Contact",
    "Max-Forwards",
    "Route",
    "Record-Route",
    "Content-Length",
    "Content-Type",
    "Content-Encoding",
    "Authorization",
    "Proxy-Authorization",
    "Allow",
    "Supported",
    "Require",
    "Proxy-Require",
    "Accept",
    "Expires",
    "User-Agent",
    "Server",
    "Session-Expires",
    "Min-SE",
    "RSeq",
    "RAck",
    "Replaces",
    "Refer-To",
    "Event",
    "Subscription-State",
    "MIME-Version",
];

/// Why a header that the user wants to send cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidExtraHeader {
    /// It is one of those the phone sets.
    #[error("the header {0:?} is set by the phone itself")]
    Own(String),
    /// It has characters that no header name may have.
    #[error("{0:?} is not the name of a header")]
    Name(String),
    /// It has a line break or another control character.
    #[error("the value of the header {0:?} contains a line break or another control character")]
    Value(String),
}

/// Checks headers a user wants to add to a request.
///
/// # Errors
/// For a name that is not one or belongs to the machines, and for a value with control characters.
pub fn check_extra_headers(extra: &[(String, model::Personal)]) -> Result<(), InvalidExtraHeader> {
    for (name, value) in extra {
        let long = headers::long_name(name);
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c));
        if !is_name {
            return Err(InvalidExtraHeader::Name(name.clone()));
        }
        if OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(long)) {
            return Err(InvalidExtraHeader::Own(name.clone()));
        }
        if value.expose().chars().any(|c| c.is_control() && c != '\t') {
            return Err(InvalidExtraHeader::Value(name.clone()));
        }
    }
    Ok(())
}

/// A response with what is copied from its request (RFC 3261 8.2.6.2). `to_tag` is added when the request had none;
/// an empty `reason` becomes the RFC's phrase.
pub(crate) fn response(request: &Request, code: u16, reason: &str, to_tag: Option<&str>) -> Response {
    let mut response = Response::to_request(request, code, reason);
    if let (Ok(mut to), Some(tag)) = (request.headers.to(), to_tag)
        && to.tag().is_none()
    {
        to.set_tag(tag);
        response.headers.set("To", to);
    }
    match code {
        100 => response.headers.copy("Timestamp", &request.headers),
        // RFC 3261 12.1.1: what makes a dialog carries the route.
        101..=299 => response.headers.copy("Record-Route", &request.headers),
        _ => {}
    }
    response
}

/// The CANCEL of an INVITE (RFC 3261 9.1); `reason` is the value of a Reason header, or empty.
pub(crate) fn cancel(invite: &Request, reason: &str) -> Request {
    let mut request = of_invite(invite, Method::Cancel);
    request.headers.copy("To", &invite.headers);
    if !reason.is_empty() {
        request.headers.push("Reason", reason);
    }
    request
}

/// The ACK of a final response from 300 on (RFC 3261 17.1.1.3).
pub(crate) fn ack_of_refusal(invite: &Request, response: &Response) -> Request {
    let mut request = of_invite(invite, Method::Ack);
    request.headers.copy("To", &response.headers);
    request
}

/// A request in the transaction of an INVITE: the same address, top Via, route, sender and number.
fn of_invite(invite: &Request, method: Method) -> Request {
    let mut headers = Headers::new();
    if let Some(via) = invite.headers.list("Via").next() {
        headers.push("Via", via);
    }
    headers.push("Max-Forwards", MAX_FORWARDS);
    for name in ["Route", "From", "Call-ID"] {
        headers.copy(name, &invite.headers);
    }
    let number = invite.headers.cseq().map_or(0, |cseq| cseq.number);
    headers.push("CSeq", CSeq { number, method: method.clone() });
    Request { method, uri: invite.uri.clone(), headers, body: Vec::new() }
}

/// A request outside of a dialog, without Via (RFC 3261 8.1.1).
pub(crate) fn request(method: Method, uri: crate::Uri, from: &NameAddr, to: &NameAddr, call_id: &str, number: u32) -> Request {
    let mut headers = Headers::new();
    headers.push("Max-Forwards", MAX_FORWARDS);
    headers.push("From", from);
    headers.push("To", to);
    headers.push("Call-ID", call_id);
    headers.push("CSeq", CSeq { number, method: method.clone() });
    Request { method, uri, headers, body: Vec::new() }
}

/// Gives a request the next number, after a challenge or another refusal that can be mended.
pub(crate) fn renumber(request: &mut Request, number: u32) {
    let method = request.method.clone();
    request.headers.set("CSeq", CSeq { number, method });
}

/// What a Reason header says as a SIP status: that of a `SIP` reason, 200 for the network's "answered elsewhere"
/// (Q.850 cause 26), else nothing.
pub(crate) fn reason_code(headers: &Headers) -> Option<u16> {
    let codes = headers.list("Reason").filter_map(|value| {
        let mut one = Headers::new();
        one.push("Reason", value);
        let Reason { protocol, cause, .. } = one.reason()?;
        match (protocol.to_ascii_uppercase().as_str(), cause?) {
            ("SIP", code) => Some(code),
            ("Q.850", 26) => Some(200),
            _ => None,
        }
    });
    codes.into_iter().next()
}
