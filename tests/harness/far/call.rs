//! One call as the far end has it: a dialog (RFC 3261 section 12), every message of which the test asks for.

use sip::{Method, Request, Response};

use super::{Far, answer, body};

/// A call with the phone.
#[derive(Clone, Debug)]
pub struct FarCall {
    far: Far,
    call_id: String,
    /// Our end: the value of our From, or of the To of what the phone sends.
    local: String,
    /// The phone's end; it has its tag once the phone has answered.
    remote: String,
    target: String,
    cseq: u32,
    /// The INVITE that began it, when the phone sent it.
    invite: Option<Request>,
    tag: String,
}

impl FarCall {
    /// The call that a phone's INVITE asks for; each fork of it has a tag of its own.
    pub fn of(far: &Far, invite: &Request) -> Self {
        let header = |name: &str| invite.headers.get(name).unwrap_or_default().to_owned();
        let tag = far.word();
        let contact = invite.headers.contacts().ok().and_then(|contacts| contacts.into_iter().next());
        Self {
            call_id: header("Call-ID"),
            local: format!("{};tag={tag}", header("To")),
            remote: header("From"),
            target: contact.expect("an INVITE says where it comes from").uri.to_string(),
            cseq: 0,
            invite: Some(invite.clone()),
            tag,
            far: far.clone(),
        }
    }

    /// Another branch of the same INVITE answers (RFC 3261 section 12.1).
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::of(&self.far, self.invite.as_ref().expect("only a call of the phone forks"))
    }

    /// Calls the phone, with an offer unless it is empty; `headers` are whole lines.
    pub fn to_phone(far: &Far, offer: &str, headers: &str) -> Self {
        let tag = far.word();
        let mut call = Self {
            call_id: far.word(),
            local: format!("\"Carol\" <sip:carol@far.invalid>;tag={tag}"),
            remote: "<sip:alice@far.invalid>".into(),
            target: far.contact(),
            cseq: 0,
            invite: None,
            tag,
            far: far.clone(),
        };
        call.request(&Method::Invite, headers, offer);
        call
    }

    /// Its Call-ID.
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// The value of a `Replaces` that names it to the phone (RFC 3891 section 6.1: its tag is the one in To).
    pub fn replaces(&self) -> String {
        let its_tag = self.remote.split_once(";tag=").map_or("", |(_, tag)| tag);
        format!("{};to-tag={its_tag};from-tag={}", self.call_id, self.tag)
    }

    /// What the phone puts into To is known now: its tag.
    pub fn learn(&mut self, response: &Response) {
        self.remote = response.headers.get("To").unwrap_or_default().to_owned();
        if let Some(contact) = response.headers.contacts().ok().and_then(|contacts| contacts.into_iter().next()) {
            self.target = contact.uri.to_string();
        }
    }

    /// Answers the phone's INVITE.
    pub fn reply(&self, code: u16, reason: &str, sdp: &str) {
        let invite = self.invite.clone().expect("the phone called");
        self.respond(&invite, code, reason, sdp);
    }

    /// Answers any request of the call.
    pub fn respond(&self, request: &Request, code: u16, reason: &str, sdp: &str) {
        self.respond_with(request, code, reason, "", sdp);
    }

    /// The same with further headers, as whole lines.
    pub fn respond_with(&self, request: &Request, code: u16, reason: &str, headers: &str, sdp: &str) {
        let contact = format!("Contact: <sip:far@far.invalid;transport=ws>\r\n{headers}");
        self.far.say(answer(request, code, reason, &self.tag, &contact, sdp));
    }

    /// Sends a request in the call; its CSeq.
    pub fn request(&mut self, method: &Method, headers: &str, sdp: &str) -> u32 {
        self.cseq += 1;
        self.send(method, self.cseq, headers, &body(sdp));
        self.cseq
    }

    /// Sends a request with a body of another kind.
    pub fn request_with_body(&mut self, method: &Method, content_type: &str, content: &str) {
        self.cseq += 1;
        let body = format!("Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{content}", content.len());
        self.send(method, self.cseq, "", &body);
    }

    /// Tells how a transfer is getting on: the state of the subscription, and the status of the call it led to.
    pub fn notify(&mut self, state: &str, status: &str) {
        self.cseq += 1;
        let headers = format!("Event: refer\r\nSubscription-State: {state}\r\n");
        let fragment = format!("SIP/2.0 {status}\r\n");
        let length = fragment.len();
        let body = format!("Content-Type: message/sipfrag;version=2.0\r\nContent-Length: {length}\r\n\r\n{fragment}");
        self.send(&Method::Notify, self.cseq, &headers, &body);
    }

    /// Acknowledges the phone's final response to our INVITE.
    pub fn ack(&mut self, response: &Response, sdp: &str) {
        self.learn(response);
        let cseq = response.headers.cseq().map_or(self.cseq, |cseq| cseq.number);
        // The ACK to a refusal is part of the INVITE's transaction, the one to a 2xx its own (RFC 3261 17.1.1.3, 13.2.2.4).
        let of = if response.code >= 300 { &Method::Invite } else { &Method::Ack };
        self.send_as(of, &Method::Ack, cseq, "", &body(sdp));
    }

    /// Withdraws our INVITE; `reason` is a Reason header's value.
    pub fn cancel(&self, reason: &str) {
        let reason = if reason.is_empty() { String::new() } else { format!("Reason: {reason}\r\n") };
        // RFC 3261 9.1: the branch is the INVITE's.
        self.send_as(&Method::Invite, &Method::Cancel, self.cseq, &reason, &body(""));
    }

    /// Hangs up.
    pub fn bye(&mut self) {
        self.request(&Method::Bye, "", "");
    }

    fn send(&self, method: &Method, cseq: u32, headers: &str, body: &str) {
        self.send_as(method, method, cseq, headers, body);
    }

    /// Sends a request with the branch that belongs to the `of` of this number.
    fn send_as(&self, of: &Method, method: &Method, cseq: u32, headers: &str, body: &str) {
        self.far.say(self.written(of, method, cseq, headers, body));
    }

    /// A request of this number in the call, as it would be sent; `headers` are whole lines, and `rest` is what follows them, with its
    /// `Content-Length`.
    pub fn draft(&self, method: &Method, cseq: u32, headers: &str, rest: &str) -> Vec<u8> {
        self.written(method, method, cseq, headers, rest).into_bytes()
    }

    /// The number of its last request.
    pub fn number(&self) -> u32 {
        self.cseq
    }

    /// Its requests go on from this number.
    pub fn go_on_from(&mut self, number: u32) {
        self.cseq = number;
    }

    fn written(&self, of: &Method, method: &Method, cseq: u32, headers: &str, body: &str) -> String {
        let branch = format!("z9hG4bK{}{}{cseq}{of}", self.call_id, self.tag);
        format!(
            "{method} {} SIP/2.0\r\nVia: SIP/2.0/WSS far.invalid;branch={branch}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\n\
             Call-ID: {}\r\nCSeq: {cseq} {method}\r\nContact: <sip:far@far.invalid;transport=ws>\r\n{headers}{body}",
            self.target, self.local, self.remote, self.call_id,
        )
    }
}
