//! Dialogs (RFC 3261 section 12): who, where to, and in which order.

use crate::{CSeq, Headers, Method, NameAddr, Replaces, Request, Response, Uri, auth::BEARER, compose};

/// One dialog, early or confirmed, seen from our side.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    call_id: String,
    local: NameAddr,
    remote: NameAddr,
    target: Uri,
    routes: Vec<NameAddr>,
    local_number: u32,
    remote_number: Option<u32>,
}

impl Dialog {
    /// The dialog that a response to our request makes (RFC 3261 12.1.2). A response without Contact leaves the request's
    /// address as target: servers that forget it exist.
    pub fn of_response(request: &Request, response: &Response) -> Option<Self> {
        let mut dialog = Self {
            call_id: request.headers.call_id().ok()?.to_owned(),
            local: request.headers.from().ok()?,
            remote: response.headers.to().ok()?,
            target: request.uri.clone(),
            routes: Vec::new(),
            local_number: request.headers.cseq().ok()?.number,
            remote_number: None,
        };
        dialog.refresh_routes(response);
        dialog.refresh_target(&response.headers);
        Some(dialog)
    }

    /// The dialog that a request of theirs makes (RFC 3261 12.1.1), with the tag we answer it with.
    pub fn of_request(request: &Request, local_tag: &str, first_number: u32) -> Option<Self> {
        let mut local = request.headers.to().ok()?;
        local.set_tag(local_tag);
        let contact = request.headers.contacts().ok()?.into_iter().next()?;
        Some(Self {
            call_id: request.headers.call_id().ok()?.to_owned(),
            local,
            remote: request.headers.from().ok()?,
            target: contact.uri,
            routes: request.headers.record_routes().ok()?,
            local_number: first_number,
            remote_number: Some(request.headers.cseq().ok()?.number),
        })
    }

    /// The route of the 2xx replaces that of the early dialog (RFC 3261 13.2.2.4).
    pub fn refresh_routes(&mut self, response: &Response) {
        match response.headers.record_routes() {
            Ok(mut routes) => {
                routes.reverse();
                self.routes = routes;
            }
            Err(error) => tracing::warn!(%error, "a response has a route that cannot be read; the old one stays"),
        }
    }

    /// Where the far end can be reached from now on (RFC 3261 12.2.1.2).
    pub fn refresh_target(&mut self, headers: &Headers) {
        if let Some(contact) = headers.contacts().ok().and_then(|contacts| contacts.into_iter().next())
            && contact.uri.is_sip()
        {
            self.target = contact.uri;
        }
    }

    /// A request in the dialog with the next number, without Via.
    pub fn request(&mut self, method: Method) -> Request {
        let number = self.next_number();
        self.request_with(method, number)
    }

    /// The number of the next request.
    pub fn next_number(&mut self) -> u32 {
        // RFC 3261 8.1.1.5: below 2^31.
        self.local_number = (self.local_number + 1) % (1 << 31);
        self.local_number
    }

    /// The ACK to a 2xx: the INVITE's number and credentials (RFC 3261 13.2.2.4, 22.1).
    pub fn ack(&self, invite: &Request) -> Request {
        let number = invite.headers.cseq().map_or(self.local_number, |cseq| cseq.number);
        let mut ack = self.request_with(Method::Ack, number);
        for name in ["Authorization", "Proxy-Authorization"] {
            ack.headers.copy(name, &invite.headers);
        }
        // A digest is of no use to others; a token is, and no server needs it here.
        if ack.headers.get("Authorization").is_some_and(|value| value.starts_with(BEARER)) {
            ack.headers.remove("Authorization");
        }
        ack
    }

    /// A request with a number that `next_number` gave (RFC 3261 12.2.1.1). A first route without `lr` is a strict router: it wants to be the address of the request.
    pub fn request_with(&self, method: Method, number: u32) -> Request {
        let strict = self.routes.first().filter(|first| !first.uri.params.has("lr"));
        let uri = strict.map_or(&self.target, |first| &first.uri).clone();
        let mut headers = Headers::new();
        headers.push("Max-Forwards", compose::MAX_FORWARDS);
        for route in self.routes.iter().skip(usize::from(strict.is_some())) {
            headers.push("Route", route);
        }
        if strict.is_some() {
            headers.push("Route", NameAddr::new(self.target.clone()));
        }
        headers.push("From", &self.local);
        headers.push("To", &self.remote);
        headers.push("Call-ID", &self.call_id);
        headers.push("CSeq", CSeq { number, method: method.clone() });
        Request { method, uri, headers, body: Vec::new() }
    }

    /// Whether a request of theirs belongs here.
    pub fn is_of(&self, request: &Request) -> bool {
        let headers = &request.headers;
        headers.call_id().is_ok_and(|call_id| call_id == self.call_id)
            && headers.to().is_ok_and(|to| to.tag() == self.local.tag())
            && headers.from().is_ok_and(|from| from.tag() == self.remote.tag())
    }

    /// Whether a response to the INVITE that made this dialog belongs to it, and not to another fork.
    pub fn is_of_response(&self, response: &Response) -> bool {
        response.headers.to().is_ok_and(|to| to.tag() == self.remote.tag())
    }

    /// Whether the response that made this dialog, or this one, has no tag, so that both may be of the same fork.
    pub fn may_be_of_response(&self, response: &Response) -> bool {
        response.headers.to().is_ok_and(|to| to.tag().is_none() || self.remote.tag().is_none())
    }

    /// Takes the tag of a response where the one that made this dialog had none.
    pub fn take_tag(&mut self, response: &Response) {
        if let (None, Ok(to)) = (self.remote.tag(), response.headers.to())
            && let Some(tag) = to.tag()
        {
            self.remote.set_tag(tag);
        }
    }

    /// Whether a `Replaces` names it.
    pub fn is_named_by(&self, replaces: &Replaces) -> bool {
        // RFC 3891 section 3: a tag of "0" also stands for a peer that sends none.
        let same = |tag: Option<&str>, named: &str| tag.map_or(named == "0", |tag| tag == named);
        self.call_id == replaces.call_id
            && same(self.local.tag(), &replaces.to_tag)
            && same(self.remote.tag(), &replaces.from_tag)
    }

    /// What another phone of the far end's says to take this dialog's place.
    pub fn to_be_replaced(&self) -> Replaces {
        let tag = |address: &NameAddr| address.tag().unwrap_or("0").to_owned();
        // The receiver's tag comes first: from where it stands, we are the far end.
        Replaces { call_id: self.call_id.clone(), to_tag: tag(&self.remote), from_tag: tag(&self.local), early_only: false }
    }

    /// Takes the number of a request of theirs; `false` when it is out of order (RFC 3261 12.2.2).
    pub fn accept_number(&mut self, request: &Request) -> bool {
        let Ok(CSeq { number, .. }) = request.headers.cseq() else { return false };
        if self.remote_number.is_some_and(|last| number < last) {
            return false;
        }
        self.remote_number = Some(number);
        true
    }

    /// The Call-ID.
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Our tag.
    pub fn local_tag(&self) -> &str {
        self.local.tag().unwrap_or("")
    }

    /// The far end's address of record.
    pub fn remote(&self) -> &NameAddr {
        &self.remote
    }
}
