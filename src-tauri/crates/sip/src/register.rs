//! Registration (RFC 3261 section 10): asked for once, then kept up until taken back.

use std::time::Duration;

use model::Instant;

use crate::{
    Method, NameAddr, Request, Response, Uri,
    auth::Refusal,
    compose,
    transaction::ClientId,
    user_agent::{Answered, Core, Event, Refresh, RegistrationEvent, User},
};

/// How long taking the registration back may take.
const UNREGISTER_WITHIN: Duration = Duration::from_secs(2);

/// How often in one go the server may ask for a longer registration (423).
const MAX_LENGTHENED: u32 = 2;

/// Most proxies a registrar may have us go through.
const MAX_SERVICE_ROUTE: usize = 8;
/// A registrar that says so often that nobody is registered, though it has just taken us, does not tell who is.
const TELLS_NOBODY: u32 = 2;

/// The registration of one account.
#[derive(Debug)]
pub(crate) struct Registration {
    call_id: String,
    /// Our tag, the same in all of them; drawn by the first.
    tag: Option<String>,
    number: u32,
    expires: u32,
    state: State,
    /// When what the server granted last is over.
    until: Option<Instant>,
    /// A new token came while a REGISTER with the old one is under way.
    again: bool,
    look: Look,
    /// How often in a row it was told that nobody is registered at all.
    told_nobody: u32,
}

/// Looking whether the registrar still knows us (RFC 3261 10.2.3), between two refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// It is not looked: the registrar lists nobody, or it is not wanted.
    No,
    At(Instant),
    /// It was asked.
    Asked,
}

#[derive(Debug)]
enum State {
    /// Not wanted.
    Off,
    /// Wanted; there is no connection, or the server refused.
    Idle,
    /// A REGISTER is under way; the only one.
    Asking { transaction: ClientId, lengthened: u32, since: Instant },
    /// Registered.
    Registered { refresh_at: Instant },
    /// Being taken back.
    Leaving { until: Instant },
}

impl Registration {
    pub fn new(core: &mut Core) -> Self {
        let (call_id, before_first) = (core.tokens.call_id(), core.tokens.below(1000));
        let number = if core.config.form.counts_from_one { 1 } else { before_first };
        let (expires, state, until) = (core.config.expires, State::Off, None);
        Self { call_id, tag: None, number, expires, state, until, again: false, look: Look::No, told_nobody: 0 }
    }

    /// Registers now and stays registered.
    pub fn start(&mut self, core: &mut Core) {
        match self.state {
            State::Asking { .. } => {}
            State::Off | State::Idle | State::Registered { .. } | State::Leaving { .. } => self.ask(core, 0),
        }
    }

    /// There is a new token: what is registered is so by the old one.
    pub fn token_changed(&mut self, core: &mut Core) {
        match self.state {
            State::Registered { .. } => self.ask(core, 0),
            State::Asking { .. } => self.again = true,
            State::Off | State::Idle | State::Leaving { .. } => {}
        }
    }

    /// A new connection: the registrar must learn of it.
    pub fn connected(&mut self, core: &mut Core) {
        match self.state {
            State::Off | State::Leaving { .. } => {}
            State::Idle | State::Asking { .. } | State::Registered { .. } => self.ask(core, 0),
        }
    }

    /// Whether it is to be registered, over each connection that comes.
    pub fn is_wanted(&self) -> bool {
        !matches!(self.state, State::Off | State::Leaving { .. })
    }

    /// Whether the server has taken us over this connection, and still has us.
    pub fn is_known(&self) -> bool {
        self.until.is_some()
    }

    pub fn disconnected(&mut self, core: &mut Core) {
        self.until = None;
        match self.state {
            State::Off | State::Idle => {}
            State::Leaving { .. } => self.left(core),
            State::Asking { transaction, .. } => {
                core.transactions.forget(transaction);
                self.state = State::Idle;
            }
            State::Registered { .. } => self.state = State::Idle,
        }
    }

    /// Takes the registration back.
    pub fn stop(&mut self, core: &mut Core) {
        self.until = None;
        match self.state {
            State::Leaving { .. } => {}
            State::Off | State::Idle => self.left(core),
            State::Asking { transaction, .. } => {
                // The server may have taken it already, so that it must be taken back all the same.
                core.transactions.forget(transaction);
                self.leave(core);
            }
            State::Registered { .. } => self.leave(core),
        }
    }

    fn leave(&mut self, core: &mut Core) {
        let request = self.request(core, 0);
        // Who leaves over the connection he came by needs no token, which may be over by now.
        let sent = if core.bears_token() { core.request(User::Registration, request) } else { core.register(request) };
        self.state = match sent {
            Some(_) => State::Leaving { until: core.now + UNREGISTER_WITHIN },
            None => State::Off,
        };
        if let State::Off = self.state {
            self.left(core);
        }
    }

    fn left(&mut self, core: &mut Core) {
        self.state = State::Off;
        core.push(Event::Registration(RegistrationEvent::Unregistered));
    }

    fn ask(&mut self, core: &mut Core, lengthened: u32) {
        (self.again, self.look) = (false, Look::No);
        if let State::Asking { transaction, .. } = self.state {
            core.transactions.forget(transaction);
        }
        let request = self.request(core, self.expires);
        self.state = match core.register(request) {
            Some(transaction) => State::Asking { transaction, lengthened, since: core.now },
            None => State::Idle,
        };
    }

    /// A REGISTER without a contact: it asks for those that there are.
    fn question(&mut self, core: &mut Core) -> Request {
        self.number += 1;
        let (mut from, to) = (core.identity(), core.identity());
        from.set_tag(self.tag.get_or_insert_with(|| core.tokens.tag()));
        let uri = core.config.registrar.clone();
        compose::request(Method::Register, uri, &from, &to, &self.call_id, self.number)
    }

    fn request(&mut self, core: &mut Core, expires: u32) -> Request {
        let mut request = self.question(core);
        request.headers.push("Contact", self.contact(core, expires));
        if core.config.form.expires_header {
            request.headers.push("Expires", expires);
        }
        let supported = core.config.form.register_supported.iter().copied();
        let outbound = core.config.reg_id.map(|_| "outbound");
        request.headers.push("Supported", supported.chain(outbound).collect::<Vec<_>>().join(", "));
        // Who leaves is asked nothing any more.
        if expires > 0 {
            request.headers.push("Allow", crate::user_agent::ALLOW);
        }
        request
    }

    fn contact(&self, core: &Core, expires: u32) -> NameAddr {
        let mut contact = core.contact();
        if !core.config.instance.is_empty() {
            contact.params.set("+sip.instance", &format!("<{}>", core.config.instance));
        }
        if let Some(reg_id) = core.config.reg_id {
            contact.params.set("reg-id", &reg_id.to_string());
        }
        contact.params.set("expires", &expires.to_string());
        contact
    }

    /// The server answered, or (408) did not.
    pub fn answered(&mut self, core: &mut Core, answered: &Answered) {
        let response = &answered.response;
        if answered.request.headers.cseq().is_ok_and(|cseq| cseq.number != self.number) {
            // An earlier REGISTER, whose outcome a later one has made worthless.
            return;
        }
        if let (State::Registered { .. }, Look::Asked) = (&self.state, self.look) {
            return self.looked(core, answered);
        }
        match (&self.state, response.code) {
            (State::Off | State::Idle | State::Registered { .. }, _) | (_, ..=199) => {}
            (State::Asking { .. }, 400..) if core.bears_token() && refuses_token(response) => {
                self.end(core, RegistrationEvent::InvalidToken { code: response.code });
            }
            (State::Asking { .. }, 401 | 407) if core.bears_token() => self.refused(core, response),
            (State::Asking { .. } | State::Leaving { .. }, 401 | 407) => self.challenged(core, answered),
            (State::Leaving { .. }, _) => self.left(core),
            (State::Asking { .. }, 200..=299) => self.taken(core, response),
            (State::Asking { lengthened, .. }, 423) if *lengthened < MAX_LENGTHENED => {
                let lengthened = *lengthened + 1;
                match response.headers.min_expires().filter(|shortest| *shortest > self.expires) {
                    Some(shortest) => {
                        self.expires = shortest;
                        self.ask(core, lengthened);
                    }
                    None => self.refused(core, response),
                }
            }
            (State::Asking { .. }, _) => self.refused(core, response),
        }
    }

    /// What the registrar says of those who are registered. One that does not tell is not asked again before the next refresh.
    fn looked(&mut self, core: &mut Core, answered: &Answered) {
        match answered.response.code {
            ..=199 => {}
            200..=299 if is_listed(core, &answered.response) => {
                self.told_nobody = 0;
                self.look_later(core);
            }
            // Nobody has our place: it was lost, or the registrar repeats what a REGISTER says and tells nothing else.
            200..=299 if answered.response.headers.get("Contact").is_none() => {
                self.told_nobody = self.told_nobody.saturating_add(1);
                self.ask(core, 0);
            }
            200..=299 => {
                core.push(Event::Registration(RegistrationEvent::Replaced));
                self.ask(core, 0);
            }
            401 | 407 => {
                self.number += 1;
                if core.authorise(User::Registration, answered, self.number).is_err() {
                    self.look = Look::No;
                }
            }
            _ => self.look = Look::No,
        }
    }

    fn look_later(&mut self, core: &Core) {
        self.look = core.config.look_after.map_or(Look::No, |after| Look::At(core.now + after));
    }

    fn challenged(&mut self, core: &mut Core, answered: &Answered) {
        self.number += 1;
        match (core.authorise(User::Registration, answered, self.number), &mut self.state) {
            (Ok(id), State::Asking { transaction, .. }) => *transaction = id,
            (Ok(_), _) => {}
            (Err(_), State::Leaving { .. }) => self.left(core),
            (Err(Some(Refusal::WrongPassword | Refusal::NoPassword)), _) => {
                self.end(core, RegistrationEvent::WrongPassword { code: answered.response.code });
            }
            (Err(Some(refusal)), _) => {
                let (code, text) = (answered.response.code, refusal.to_string());
                self.end(core, RegistrationEvent::Refused { code, text, retry_after: None });
            }
            (Err(None), _) => self.end(core, RegistrationEvent::NoAnswer),
        }
    }

    fn taken(&mut self, core: &mut Core, response: &Response) {
        let Some(expires) = self.granted(core, response) else {
            let text = String::from("the server does not list this phone among those registered");
            return self.end(core, RegistrationEvent::Refused { code: response.code, text, retry_after: None });
        };
        if expires == 0 {
            let text = String::from("the server took the registration away at once");
            return self.end(core, RegistrationEvent::Refused { code: response.code, text, retry_after: None });
        }
        if core.config.form.service_route {
            core.service_route = response.headers.addresses("Service-Route").unwrap_or_default();
            core.service_route.truncate(MAX_SERVICE_ROUTE);
        }
        let refresh_at = core.now + refresh_after(core, expires);
        self.state = State::Registered { refresh_at };
        self.until = Some(core.now + Duration::from_secs(expires.into()));
        if is_listed(core, response) && self.told_nobody < TELLS_NOBODY {
            self.look_later(core);
        }
        core.push(Event::Registration(RegistrationEvent::Registered { expires }));
        if self.again {
            self.ask(core, 0);
        }
    }

    /// RFC 3261 10.2.4: `expires` of our contact, then Expires, then what we asked for. Servers add parameters to the
    /// contact and list those of our other phones. None when ours is not there and must be: a registrar lists everybody that it
    /// knows (10.3 step 8), so that one which names others, and not us, does not know us. Many that know us name nobody.
    fn granted(&self, core: &Core, response: &Response) -> Option<u32> {
        let contacts = listed(response);
        let ours: Vec<&NameAddr> = match own_among(core, &contacts) {
            Some(own) => vec![own],
            None if core.config.binding_listed => return None,
            None => contacts.iter().filter(|contact| may_be_ours(core, contact)).collect(),
        };
        if ours.is_empty() && !contacts.is_empty() {
            return None;
        }
        // Of several that may be ours, the first that ends.
        let granted = ours.into_iter().filter_map(NameAddr::expires).min();
        Some(granted.or_else(|| response.headers.expires()).unwrap_or(self.expires))
    }

    fn refused(&mut self, core: &mut Core, response: &Response) {
        let event = match response.code {
            408 => RegistrationEvent::NoAnswer,
            code => {
                RegistrationEvent::Refused { code, text: response.reason.clone(), retry_after: response.headers.retry_after() }
            }
        };
        self.end(core, event);
    }

    fn end(&mut self, core: &mut Core, event: RegistrationEvent) {
        if self.again {
            // It was about a token that is not used any more.
            return self.ask(core, 0);
        }
        (self.state, self.until) = (State::Idle, None);
        core.push(Event::Registration(event));
    }

    pub fn tick(&mut self, core: &mut Core) {
        match self.state {
            State::Registered { refresh_at } if core.now >= refresh_at => self.ask(core, 0),
            State::Registered { .. } if matches!(self.look, Look::At(at) if core.now >= at) => {
                let question = self.question(core);
                self.look = core.register(question).map_or(Look::No, |_| Look::Asked);
            }
            State::Leaving { until } if core.now >= until => self.left(core),
            State::Asking { since, .. } if self.until.take_if(|until| core.now >= *until).is_some() => {
                let left = (since + core.transactions.timers().life()).since(core.now);
                let waits_for = u32::try_from(left.as_secs()).unwrap_or(u32::MAX);
                core.push(Event::Registration(RegistrationEvent::Expired { waits_for }));
            }
            State::Off | State::Idle | State::Asking { .. } | State::Registered { .. } | State::Leaving { .. } => {}
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Registered { refresh_at } => match self.look {
                Look::At(at) => Some(at.min(refresh_at)),
                Look::No | Look::Asked => Some(refresh_at),
            },
            State::Leaving { until } => Some(until),
            State::Asking { .. } => self.until,
            State::Off | State::Idle => None,
        }
    }
}

/// Who is registered, as far as that can be read. Value by value: another phone's unreadable contact is no reason to overlook ours.
fn listed(response: &Response) -> Vec<NameAddr> {
    response.headers.list("Contact").filter_map(|value| value.parse().ok()).collect()
}

/// Whether our contact is among those that the registrar lists.
fn is_listed(core: &Core, response: &Response) -> bool {
    own_among(core, &listed(response)).is_some()
}

/// Our contact among those that a registrar lists.
fn own_among<'a>(core: &Core, contacts: &'a [NameAddr]) -> Option<&'a NameAddr> {
    let ours = core.contact().uri;
    let is_ours = |contact: &&NameAddr| {
        let instance = contact.params.text("+sip.instance").unwrap_or_default();
        let same_instance =
            !core.config.instance.is_empty() && instance.trim_matches(['<', '>']).eq_ignore_ascii_case(&core.config.instance);
        let uri = &contact.uri;
        let same_address = uri.host.eq_ignore_ascii_case(&ours.host) && uri.port == ours.port && uri.user == ours.user;
        // Nobody else has made up the same word; some servers put the address they see beside it.
        let same_word = core.config.form.anonymous_contact && uri.user == ours.user;
        same_address || same_instance || same_word
    };
    let same_address = contacts.iter().find(|contact| contact.uri.host.eq_ignore_ascii_case(&ours.host) && is_ours(contact));
    same_address.or_else(|| contacts.iter().find(is_ours))
}

/// Whether a contact can be ours with the address beside it that a server sees, as some put it there: same user, by WebSocket too,
/// and no address that another phone has made up (RFC 7118 appendix B.1).
fn may_be_ours(core: &Core, contact: &NameAddr) -> bool {
    let (ours, uri) = (core.contact().uri, &contact.uri);
    // Some servers write what RFC 7118 has not: "wss" for what is secure.
    let is_web_socket =
        |uri: &Uri| uri.param("transport").is_some_and(|name| ["ws", "wss"].contains(&&*name.to_ascii_lowercase()));
    uri.user_text() == ours.user_text()
        && is_web_socket(uri) == is_web_socket(&ours)
        && !uri.host.to_ascii_lowercase().ends_with(".invalid")
}

/// Whether a response says that the token is not, or no longer, good (RFC 6750 section 3.1).
fn refuses_token(response: &Response) -> bool {
    response.headers.all("WWW-Authenticate").any(|challenge| challenge.contains("error=\"invalid_token\""))
}

/// How long after a registration for so many seconds it is refreshed.
fn refresh_after(core: &mut Core, expires: u32) -> Duration {
    /// Below this, `Refresh::Before` would register all the time.
    const SHORT: u32 = 10;
    const SHORTEST: Duration = Duration::from_secs(5);
    match core.config.refresh {
        Refresh::Early => Duration::from_millis(u64::from(expires) * u64::from(550 + core.tokens.below(200))),
        Refresh::Before(_) if expires < SHORT => Duration::from_secs(expires.into()) / 2,
        Refresh::Before(before) => Duration::from_secs(expires.into()).saturating_sub(before).max(SHORTEST),
    }
}
