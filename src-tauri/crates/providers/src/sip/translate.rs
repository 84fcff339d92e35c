//! The words of call control and those of the user agent, one for one.

use std::fmt;

use calls::io::{IncomingCall, LineEnd, LineEvent, LineRequest};
use model::{CalleeFault, LineCall, Personal, Target, TransferFault, XHeaders};
use sip::{CallEnd, CallEvent, Command, ExtraHeaders, Invite, ReferSubscription};

use super::{dtmf, target};

/// Headers of an INVITE that say how it travelled, not what is wanted; and those that were read already.
const WIRE_HEADERS: [&str; 20] = [
    "Via",
    "Route",
    "Record-Route",
    "From",
    "To",
    "Call-ID",
    "CSeq",
    "Contact",
    "Max-Forwards",
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
    "Allow",
    "Supported",
    "Require",
    "Authorization",
    "Proxy-Authorization",
    "Session-Expires",
    "Min-SE",
    "Date",
];

/// What call control asks for, for the user agent, `None` where it is not the one to ask; or which call cannot be placed
/// and why.
pub(super) fn command(request: LineRequest, domain: &str) -> Result<Option<Command>, (LineCall, CalleeFault)> {
    Ok(Some(match request {
        // The provider keeps who is watched.
        LineRequest::Watch { .. } => return Ok(None),
        // Asked of lines only whose server transfers.
        LineRequest::Consult { .. } | LineRequest::EndConsultation { .. } => return Ok(None),
        // Asked of lines only that control another telephone.
        LineRequest::Elsewhere { .. } => return Ok(None),
        // Asked of lines only that say they do.
        LineRequest::Prepare { call, .. } => return Err((call, unaddressed(&"this account makes ready for nothing"))),
        LineRequest::Invite { call, target, offer, headers, referred: _, pick_up: _ } => {
            if target.named().is_some() {
                return Err((call, CalleeFault::CloudOnly));
            }
            let target = target::request_uri(&target, domain).map_err(|error| (call, unaddressed(&error)))?;
            Command::Invite(Box::new(Invite { call, from: None, target, offer: Some(offer), headers }))
        }
        LineRequest::Refer { call, target, replaces } => {
            let target = target::request_uri(&target, domain).map_err(|error| (call, unaddressed(&error)))?;
            Command::Refer { call, target, replaces }
        }
        LineRequest::AnswerRefer { call, accept: true } => Command::AcceptRefer { call },
        LineRequest::AnswerRefer { call, accept: false } => Command::RefuseRefer { call, code: 603 },
        LineRequest::NotifyRefer { call, code } => Command::NotifyRefer { call, code, text: String::new() },
        LineRequest::Ring { call } => Command::Ring { call },
        LineRequest::Answer { call, description, headers } => Command::Accept { call, description: Some(description), headers },
        LineRequest::Reject { call, code, text } => Command::Reject { call, code, text, headers: Vec::new() },
        LineRequest::Redirect { call, to } => {
            match Target::try_from(to).ok().and_then(|to| target::request_uri(&to, domain).ok()) {
                Some(contact) => Command::Reject {
                    call,
                    code: 302,
                    text: "Moved Temporarily".to_owned(),
                    headers: vec![("Contact".to_owned(), format!("<{contact}>").into())],
                },
                // Nobody can be sent there; the caller hears that nobody is here.
                None => Command::Reject { call, code: 480, text: "Temporarily Unavailable".to_owned(), headers: Vec::new() },
            }
        }
        LineRequest::HangUp { call } => Command::HangUp { call, reason: String::new() },
        LineRequest::Reoffer { call, offer } => Command::Reoffer { call, offer: Some(offer) },
        LineRequest::AnswerReoffer { call, description } => Command::AnswerReoffer { call, description },
        LineRequest::RefuseReoffer { call, code } => Command::RefuseReoffer { call, code },
        LineRequest::SendDtmf { call, digit, duration, form } => {
            let (content_type, body) = dtmf::write(form, digit, duration);
            Command::Info { call, content_type: content_type.to_owned(), body: Personal::new(body) }
        }
    }))
}

fn unaddressed(error: &impl fmt::Display) -> CalleeFault {
    CalleeFault::NotAnAddress { words: error.to_string() }
}

/// What the user agent says of a call, for call control; `None` where it has no ear for it.
pub(super) fn line_event(call: LineCall, event: CallEvent) -> Option<LineEvent> {
    Some(match event {
        CallEvent::Sent { sip_call_id } => LineEvent::Sent { call, sip_call_id },
        CallEvent::Incoming(incoming) => LineEvent::Incoming(Box::new(IncomingCall {
            call,
            remote: incoming.remote,
            caller: None,
            offer: incoming.offer,
            sip_call_id: incoming.sip_call_id,
            replaces: incoming.replaces,
            diverted_by: incoming.diverted_by,
            on_behalf: None,
            plan: None,
            x_headers: XHeaders::among(incoming.message.headers.iter()),
            headers: telling(incoming.headers),
        })),
        CallEvent::Progress { code, fork, answer } => LineEvent::Progress { call, code, fork, answer },
        CallEvent::Answered { fork, answer, remote, x_headers } => LineEvent::Answered { call, fork, answer, remote, x_headers },
        // Either way it is the answer to an offer of ours that left in a 2xx.
        CallEvent::Confirmed { answer } | CallEvent::ReofferConfirmed { answer } => LineEvent::Confirmed { call, answer },
        CallEvent::Reoffered { fork, offer } => LineEvent::Reoffered { call, fork, offer },
        CallEvent::ReofferAnswered { answer } => LineEvent::ReofferAnswered { call, answer },
        CallEvent::Refreshed { answer } => LineEvent::Refreshed { call, answer },
        CallEvent::ReofferRefused { code, text } => LineEvent::ReofferRefused { call, code, text },
        CallEvent::RemoteChanged { remote } => LineEvent::RemoteChanged { call, remote },
        CallEvent::Info { content_type, body } => {
            let (digit, duration) = dtmf::read(&content_type, body.expose())?;
            LineEvent::Dtmf { call, digit, duration }
        }
        CallEvent::InfoAnswered { code } => LineEvent::DtmfAnswered { call, code },
        CallEvent::Ended(how) => LineEvent::Ended { call, how: line_end(how) },
        // It answers an offer in a `Progress` of ours, and we send none.
        CallEvent::EarlyAnswer { .. } => return None,
        CallEvent::ReofferWithdrawn => LineEvent::ReofferWithdrawn { call },
        CallEvent::ReferAnswered { code, text } => {
            let refused = (code >= 300).then_some(TransferFault::Refused { status: code, text });
            LineEvent::ReferAnswered { call, refused }
        }
        CallEvent::ReferProgress { code, text, last } => {
            LineEvent::ReferProgress { call, code, text, last: last == ReferSubscription::Terminated }
        }
        // The provider keeps whom it names, and tells it by itself.
        CallEvent::Referred { .. } => return None,
    })
}

fn line_end(end: CallEnd) -> LineEnd {
    match end {
        CallEnd::Local => LineEnd::Local,
        CallEnd::Bye { code } => LineEnd::Bye { code },
        CallEnd::Cancelled { code } => LineEnd::Cancelled { code },
        CallEnd::Unanswered => LineEnd::Unanswered,
        CallEnd::Refused { code, text, moved_to: _, retry_after: _ } => LineEnd::Refused { code, text },
        CallEnd::Failed { fault } => LineEnd::Failed { fault },
    }
}

/// What policies may look at. The journal keeps its names, so those that the far end made up are not among them.
fn telling(headers: ExtraHeaders) -> ExtraHeaders {
    let on_the_wire = |name: &str| WIRE_HEADERS.iter().any(|wire| wire.eq_ignore_ascii_case(name));
    headers.into_iter().filter(|(name, _)| !on_the_wire(name) && !XHeaders::include(name)).collect()
}
