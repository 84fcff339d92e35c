//! What all parts of a user agent share: transactions, identity, digest, and the way out.

use std::collections::VecDeque;

use model::{Instant, Remote, Secret};

use super::{
    config::{Transport, UserAgentConfig},
    io::{CallEvent, CallKey, Event, ExtraHeaders, Output, RequestKey, SubscriptionKey},
};
use crate::{
    Headers, Method, NameAddr, Request, Response, Tokens, Uri, Via,
    auth::{Attempts, Credentials, Refusal},
    compose, identity,
    invite::Purpose,
    transaction::{ClientId, ServerId, Transactions},
};

/// Methods we take; the value of Allow.
pub(crate) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, UPDATE, PRACK, INFO, REFER, NOTIFY, OPTIONS";

/// Bodies we take; the value of Accept.
pub(crate) const ACCEPT: &str = "application/sdp, application/dtmf-relay";

/// Option tags we know (RFC 3262, 4028, 3891), in lower case.
pub(crate) const SUPPORTED: [&str; 3] = ["100rel", "timer", "replaces"];

/// Letters of a contact's made-up user.
const CONTACT_USER: usize = 8;

/// Most outputs that wait to be fetched; a user agent whose outputs nobody fetches stops growing.
const MAX_OUTPUTS: usize = 4096;

/// Whose request it was, and what its digest has been through.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub user: User,
    pub attempts: Attempts,
}

/// The parts that send requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum User {
    Registration,
    Call(CallKey, Purpose),
    Request(RequestKey),
    Subscription(SubscriptionKey),
}

impl User {
    /// Whether it is a call of that name.
    pub fn is_of(&self, call: CallKey) -> bool {
        match self {
            Self::Call(key, _) => *key == call,
            Self::Registration | Self::Request(_) | Self::Subscription(_) => false,
        }
    }

    /// Whether the request ends a dialog.
    pub fn is_bye(&self) -> bool {
        matches!(self, Self::Call(_, Purpose::Discard { .. }))
    }
}

/// A request of ours with its response; 408 without headers when nobody answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub attempts: Attempts,
    pub request: Box<Request>,
    pub response: Box<Response>,
}

/// What all parts of a user agent share.
#[derive(Debug)]
pub(crate) struct Core {
    pub now: Instant,
    pub config: UserAgentConfig,
    pub tokens: Tokens,
    pub transactions: Transactions<Owner>,
    /// The way our requests outside of calls take (RFC 3608), as the registrar told.
    pub service_route: Vec<NameAddr>,
    /// A call that is over for the user and only says goodbye on the wire.
    pub unheard: Option<CallKey>,
    /// The last INVITE, if nobody has answered it.
    pub unanswered: Option<(CallKey, Request)>,
    credentials: Credentials,
    contact: Uri,
    connection: Connection,
    outputs: VecDeque<Output>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    Up { since: Instant },
    Down,
}

impl Core {
    pub fn new(mut config: UserAgentConfig, seed: [u8; 32]) -> Self {
        let mut tokens = Tokens::new(seed);
        let (host, port) = match &config.transport {
            // RFC 7118 section 5: who has no address makes one up that cannot be one.
            Transport::WebSocket { .. } => (tokens.invalid_host(), None),
            Transport::Addressed { host, port, .. } => (host.clone(), Some(*port)),
        };
        let mut via = Via::new(config.transport.via(), &host, "");
        via.port = port;
        if config.form.rport {
            via.params.set_flag("rport");
        }
        let user = if config.form.anonymous_contact { tokens.word(CONTACT_USER) } else { config.aor.user_text() };
        let mut contact = Uri { host, port, ..Uri::sip(&user, "") };
        match &config.transport {
            Transport::WebSocket { .. } => contact = contact.with_param("transport", "ws"),
            Transport::Addressed { protocol, .. } if protocol == "UDP" => {}
            Transport::Addressed { protocol, .. } => {
                contact = contact.with_param("transport", &protocol.to_ascii_lowercase());
            }
        }
        Self {
            now: Instant::START,
            transactions: Transactions::new(config.transport.timers(), via),
            credentials: std::mem::replace(&mut config.credentials, Credentials::none()),
            service_route: Vec::new(),
            unheard: None,
            unanswered: None,
            contact,
            connection: Connection::Down,
            outputs: VecDeque::new(),
            tokens,
            config,
        }
    }

    /// Our contact: the same as long as the user agent lives, so that the far end reaches us after a reconnection too.
    pub fn contact(&self) -> NameAddr {
        NameAddr::new(self.contact.clone())
    }

    /// Who the far end of a request is.
    pub fn remote_of(&self, headers: &Headers) -> Remote {
        if self.config.form.asserted_identity { identity::of_request(headers) } else { identity::of_from(headers) }
    }

    /// Who the far end of a response is, where the network tells and is believed.
    pub fn asserted(&self, headers: &Headers) -> Option<Remote> {
        identity::asserted(headers).filter(|_| self.config.form.asserted_identity)
    }

    /// Our address of record with the name shown to the called, without a tag.
    pub fn identity(&self) -> NameAddr {
        NameAddr::new(self.config.aor.clone()).with_display_name(self.config.display_name.expose())
    }

    /// Tells the user something about a call.
    pub fn tell(&mut self, call: CallKey, event: CallEvent) {
        if self.unheard != Some(call) {
            self.push(Event::Call(call, event));
        }
    }

    /// Tells the user something.
    pub fn push(&mut self, event: Event) {
        self.flush();
        if self.outputs.len() < MAX_OUTPUTS {
            self.outputs.push_back(Output::Event(event));
        } else {
            tracing::error!("outputs of the user agent are not fetched; an event is lost");
        }
    }

    pub fn poll_output(&mut self) -> Option<Output> {
        self.flush();
        self.outputs.pop_front()
    }

    pub fn connected(&mut self) {
        self.flush();
        self.connection = Connection::Up { since: self.now };
    }

    /// Whether there has been a connection for so long as a request waits for its answer.
    pub fn has_listened(&self) -> bool {
        match self.connection {
            Connection::Up { since } => self.now.since(since) >= self.transactions.timers().life(),
            Connection::Down => false,
        }
    }

    pub fn disconnected(&mut self) {
        self.flush();
        self.connection = Connection::Down;
    }

    /// What is sent without a connection is lost; transactions send it again when there is one.
    fn flush(&mut self) {
        while let Some(message) = self.transactions.poll_outgoing() {
            if self.connection != Connection::Down && self.outputs.len() < MAX_OUTPUTS {
                self.outputs.push_back(Output::Send(message));
            }
        }
    }

    /// A request's owner before its first challenge.
    pub fn owner(&self, user: User) -> Owner {
        Owner { user, attempts: Attempts::default() }
    }

    /// Sends a request in a new transaction. `None` when there are too many already.
    pub fn request(&mut self, user: User, mut request: Request) -> Option<ClientId> {
        request.headers.set("User-Agent", &self.config.user_agent);
        let owner = self.owner(user);
        self.transactions.request(self.now, owner, request, &mut self.tokens)
    }

    /// Takes the token to sign in with from now on; none takes it away.
    pub fn set_bearer(&mut self, token: Option<Secret>) {
        self.credentials.set_bearer(token);
    }

    /// Whether we sign in by a token, and so answer no challenge.
    pub fn bears_token(&self) -> bool {
        self.credentials.bears_token()
    }

    /// Adds our token to a request to somebody of our own domain: the server there must know who asks. Others must not be
    /// given it.
    pub fn bear(&self, request: &mut Request) {
        if request.uri.host.eq_ignore_ascii_case(&self.config.aor.host) {
            self.credentials.bear(request);
        }
    }

    /// Sends a REGISTER with what the registrar asked for last time, which saves a round trip. Other requests go on to
    /// other people, who must not be given digests.
    pub fn register(&mut self, mut request: Request) -> Option<ClientId> {
        self.credentials.authorise(&mut request);
        self.request(User::Registration, request)
    }

    /// Takes note of a response that was no challenge.
    pub fn accepted(&mut self, response: &Response) {
        self.credentials.accepted(response);
    }

    /// Sends a request again with the answer to the challenge it met, as number `number`.
    ///
    /// # Errors
    /// When the challenge must not or cannot be answered, or (`None`) there are too many requests already.
    pub fn authorise(&mut self, user: User, answered: &Answered, number: u32) -> Result<ClientId, Option<Refusal>> {
        let mut request = (*answered.request).clone();
        let mut attempts = answered.attempts;
        self.credentials.answer(&mut attempts, &answered.response, &mut request, &mut self.tokens)?;
        compose::renumber(&mut request, number);
        let owner = Owner { user, attempts };
        self.transactions.request(self.now, owner, request, &mut self.tokens).ok_or(None)
    }

    /// Sends the ACK to a 2xx; returns its bytes for repetitions.
    pub fn acknowledge(&mut self, mut ack: Request) -> Vec<u8> {
        let via = self.transactions.via(&mut self.tokens);
        ack.headers.push_front("Via", via);
        ack.headers.set("User-Agent", &self.config.user_agent);
        let bytes = ack.to_bytes();
        self.transactions.send(bytes.clone());
        bytes
    }

    /// A response to a request of theirs that is still open. To gets `tag` when it had none.
    pub fn response(&self, id: ServerId, code: u16, text: &str, tag: &str) -> Option<Response> {
        let request = self.transactions.open_request(id)?;
        let mut response = compose::response(request, code, text, Some(tag));
        response.headers.push("Server", &self.config.user_agent);
        Some(response)
    }

    /// Sends a response; returns its bytes for repetitions of a 2xx.
    pub fn respond(&mut self, id: ServerId, response: &Response) -> Option<Vec<u8>> {
        self.transactions.respond(self.now, id, response)
    }

    /// Answers a request of theirs with a bare status.
    pub fn reply(&mut self, id: ServerId, code: u16) {
        self.reply_with(id, code, &[]);
    }

    /// Answers a request of theirs with a status and some headers.
    pub fn reply_with(&mut self, id: ServerId, code: u16, headers: &[(&str, &str)]) {
        let tag = self.tokens.tag();
        if let Some(mut response) = self.response(id, code, "", &tag) {
            for (name, value) in headers {
                response.headers.push(name, value);
            }
            self.respond(id, &response);
        }
    }

    /// "In a moment": RFC 3261 14.2 asks for a random pause of up to ten seconds.
    pub fn reply_in_a_moment(&mut self, id: ServerId) {
        let seconds = self.tokens.below(11).to_string();
        self.reply_with(id, 500, &[("Retry-After", &seconds)]);
    }

    /// Adds what each request and response that makes or changes a session says about us.
    pub fn describe_us(&self, headers: &mut crate::Headers) {
        headers.set("Contact", self.contact());
        headers.set("Allow", ALLOW);
        headers.set("Supported", self.supported());
    }

    /// The same for an INVITE, whose contact may differ.
    pub fn describe_us_in_invite(&self, headers: &mut crate::Headers) {
        self.describe_us(headers);
        if self.config.form.ob {
            let mut contact = self.contact.clone();
            contact.params.set_flag("ob");
            headers.set("Contact", NameAddr::new(contact));
        }
    }

    /// The value of Supported.
    pub fn supported(&self) -> String {
        self.config.form.supported.join(", ")
    }

    /// The value of Supported without one of its option tags.
    pub fn supported_without(&self, tag: &str) -> String {
        let others = self.config.form.supported.iter().copied().filter(|other| *other != tag);
        others.collect::<Vec<_>>().join(", ")
    }

    /// The option tags of Require that we do not know.
    pub fn unknown_required(request: &Request) -> Vec<String> {
        let required = request.headers.require().into_iter();
        required.filter(|tag| !SUPPORTED.contains(&tag.as_str())).collect()
    }

    /// A request outside of a dialog.
    pub fn outside_request(&mut self, method: Method, target: Uri, extra: &ExtraHeaders) -> Request {
        let mut from = self.identity();
        from.set_tag(&self.tokens.tag());
        let call_id = self.tokens.call_id();
        let mut to = target.clone();
        to.headers.clear();
        // RFC 3261 19.1.1, table 1: what To may not hold.
        for name in ["transport", "maddr", "ttl", "method", "lr"] {
            if !self.config.form.whole_to {
                to.params.remove(name);
            }
        }
        to.port = None;
        let mut uri = target;
        uri.headers.clear();
        let number = if self.config.form.counts_from_one { 1 } else { 1 + self.tokens.below(1000) };
        let mut request = compose::request(method, uri, &from, &NameAddr::new(to), &call_id, number);
        for route in &self.service_route {
            request.headers.push("Route", route);
        }
        for (name, value) in extra {
            request.headers.push(name, value.expose());
        }
        request
    }
}
