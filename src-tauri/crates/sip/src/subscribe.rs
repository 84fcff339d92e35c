//! Subscriptions (RFC 6665): asked for once, then kept up until taken back, the server refuses, or the connection goes.

use std::time::Duration;

use model::Instant;

use crate::{
    Method, Request, Uri, compose,
    dialog::Dialog,
    grammar,
    transaction::{ClientId, ServerId},
    user_agent::{Answered, Core, Event, Subscribe, SubscriptionEvent, SubscriptionKey, User},
};

/// Timer N (RFC 6665 4.1.2): how long the first NOTIFY may take.
const FIRST_NOTIFY_WITHIN: Duration = Duration::from_secs(32);
/// How long taking it back may take.
const UNSUBSCRIBE_WITHIN: Duration = Duration::from_secs(2);
/// Seconds until it is tried again where the server names none, and the bounds of what it may name.
const TRY_AGAIN_S: u32 = 300;
const SHORTEST_PAUSE_S: u32 = 5;
const LONGEST_PAUSE_S: u32 = 3600;
/// How often in one go the server may ask for a longer subscription (423).
const MAX_LENGTHENED: u32 = 2;
/// How often in a row a server may send us away to come back at once (481, `deactivated`).
const MAX_BEGUN_ANEW: u32 = 3;
/// How often between two refreshes the whole is asked for: a server that cannot count is not asked without end.
const MAX_CAUGHT_UP: u32 = 8;

/// One subscription.
#[derive(Debug)]
pub(crate) struct Subscription {
    key: SubscriptionKey,
    target: Uri,
    package: String,
    accept: String,
    expires: u32,
    call_id: String,
    local_tag: String,
    number: u32,
    dialog: Option<Dialog>,
    /// The SUBSCRIBE under way.
    asking: Option<ClientId>,
    lengthened: u32,
    begun_anew: u32,
    caught_up: u32,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Asked for; the first NOTIFY has not come.
    Asked { until: Instant },
    /// In force.
    Active { refresh_at: Instant },
    /// Refused or ended by the server for a while.
    Waiting { until: Instant },
    /// Being taken back.
    Leaving { until: Instant },
    /// Over: nothing of it is left.
    Over,
}

impl Subscription {
    pub fn start(core: &mut Core, subscribe: Subscribe) -> Self {
        let Subscribe { key, target, package, accept, expires } = subscribe;
        let mut subscription = Self {
            key,
            target,
            package,
            accept,
            expires,
            call_id: String::new(),
            local_tag: String::new(),
            number: 0,
            dialog: None,
            asking: None,
            lengthened: 0,
            begun_anew: 0,
            caught_up: 0,
            state: State::Over,
        };
        subscription.begin(core);
        subscription
    }

    /// Whether nothing of it is left.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Asked { until } | State::Waiting { until } | State::Leaving { until } => Some(until),
            State::Active { refresh_at } => Some(refresh_at),
            State::Over => None,
        }
    }

    pub fn tick(&mut self, core: &mut Core) {
        match self.state {
            State::Asked { until } if core.now >= until => {
                // RFC 6665 4.1.2.4: without a NOTIFY there is no subscription, whatever the 2xx said.
                self.wait(core, TRY_AGAIN_S);
            }
            State::Active { refresh_at } if core.now >= refresh_at => {
                // It has lasted; only what ends at once, time and again, is to be left alone.
                (self.begun_anew, self.caught_up) = (0, 0);
                self.refresh(core);
            }
            State::Waiting { until } if core.now >= until => {
                self.begun_anew = 0;
                self.begin(core);
            }
            State::Leaving { until } if core.now >= until => self.end(core),
            State::Asked { .. } | State::Active { .. } | State::Waiting { .. } | State::Leaving { .. } | State::Over => {}
        }
    }

    /// Something that was told is missing: asks for the whole at once, which a refresh brings (RFC 6665 4.4.1).
    pub fn catch_up(&mut self, core: &mut Core) {
        let is_free = matches!(self.state, State::Active { .. }) && self.asking.is_none();
        if is_free && self.caught_up < MAX_CAUGHT_UP {
            self.caught_up += 1;
            self.refresh(core);
        }
    }

    /// Takes it back.
    pub fn stop(&mut self, core: &mut Core) {
        match self.state {
            State::Leaving { .. } | State::Over => {}
            State::Asked { .. } | State::Waiting { .. } => self.end(core),
            State::Active { .. } => {
                self.state = State::Leaving { until: core.now + UNSUBSCRIBE_WITHIN };
                self.ask(core, 0);
            }
        }
    }

    /// Whether a request of theirs belongs to it: before the first NOTIFY only our half of the dialog is known.
    pub fn is_of(&self, request: &Request) -> bool {
        let headers = &request.headers;
        match &self.dialog {
            Some(dialog) => dialog.is_of(request),
            None => {
                request.method == Method::Notify
                    && matches!(self.state, State::Asked { .. })
                    && headers.call_id().is_ok_and(|call_id| call_id == self.call_id)
                    && headers.to().is_ok_and(|to| to.tag() == Some(&self.local_tag))
            }
        }
    }

    /// A request of theirs in its dialog.
    pub fn received(&mut self, core: &mut Core, id: ServerId, notify: &Request) {
        if notify.method != Method::Notify {
            return core.reply_with(id, 405, &[("Allow", "NOTIFY")]);
        }
        let package = notify.headers.get("Event").unwrap_or("").split(';').next().unwrap_or("").trim();
        if !package.eq_ignore_ascii_case(&self.package) {
            return core.reply_with(id, 489, &[("Allow-Events", &self.package)]);
        }
        if self.dialog.is_none() {
            self.dialog = Dialog::of_request(notify, &self.local_tag, self.number);
        }
        let Some(dialog) = &mut self.dialog else {
            return core.reply_with(id, 400, &[("Warning", "399 - \"there is no readable Contact\"")]);
        };
        if !dialog.accept_number(notify) {
            return core.reply(id, 500);
        }
        dialog.refresh_target(&notify.headers);
        core.reply(id, 200);
        if !notify.body.is_empty() && !matches!(self.state, State::Leaving { .. }) {
            let content_type = notify.headers.content_type().unwrap_or_default();
            let body = String::from_utf8_lossy(&notify.body).into_owned().into();
            core.push(Event::Subscription(self.key, SubscriptionEvent::Notified { content_type, body }));
        }
        self.take_state(core, notify.headers.get("Subscription-State").unwrap_or("active"));
    }

    /// RFC 6665 4.1.3, and 4.4.1 for the reasons.
    fn take_state(&mut self, core: &mut Core, value: &str) {
        let mut parts = value.split(';').map(str::trim);
        let is_terminated = parts.next().is_some_and(|state| state.eq_ignore_ascii_case("terminated"));
        let param = |wanted: &str| {
            let params = value.split(';').skip(1).filter_map(|param| param.split_once('='));
            let mut named = params.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
            named.next().map(|(_, value)| value.trim().to_ascii_lowercase())
        };
        if matches!(self.state, State::Leaving { .. }) {
            if is_terminated {
                self.end(core);
            }
            return;
        }
        if !is_terminated {
            self.lasts(core, param("expires").as_deref().and_then(grammar::seconds));
            return;
        }
        let retry_after = param("retry-after").as_deref().and_then(grammar::seconds);
        match param("reason").as_deref() {
            Some("deactivated" | "timeout") => self.begin_anew(core),
            Some("rejected" | "noresource" | "invariant") => self.refused(core, 403),
            _ => self.wait(core, retry_after.unwrap_or(TRY_AGAIN_S)),
        }
    }

    /// The server answered a SUBSCRIBE, or (408) did not.
    pub fn answered(&mut self, core: &mut Core, answered: &Answered) {
        let response = &answered.response;
        if response.is_provisional() || answered.request.headers.cseq().is_ok_and(|cseq| cseq.number != self.number) {
            return;
        }
        self.asking = None;
        match (&self.state, response.code) {
            (State::Waiting { .. } | State::Over, _) => {}
            (_, 401 | 407) => self.challenged(core, answered),
            (State::Leaving { .. }, 200..=299) => {}
            (State::Leaving { .. }, _) => self.end(core),
            (_, 200..=299) => self.taken(core, answered),
            (_, 423) if self.lengthened < MAX_LENGTHENED => {
                self.lengthened += 1;
                match response.headers.min_expires().filter(|shortest| *shortest > self.expires) {
                    Some(shortest) => {
                        self.expires = shortest;
                        self.ask(core, shortest);
                    }
                    None => self.refused(core, 423),
                }
            }
            // RFC 6665 4.1.2.2: it knows the dialog no more.
            (State::Active { .. }, 481) => self.begin_anew(core),
            (_, 408 | 480 | 500 | 503 | 504) => self.wait(core, response.headers.retry_after().unwrap_or(TRY_AGAIN_S)),
            (_, code) => self.refused(core, code),
        }
    }

    fn challenged(&mut self, core: &mut Core, answered: &Answered) {
        self.number = match &mut self.dialog {
            Some(dialog) => dialog.next_number(),
            None => self.number + 1,
        };
        match (core.authorise(User::Subscription(self.key), answered, self.number), &self.state) {
            (Ok(id), _) => self.asking = Some(id),
            (Err(_), State::Leaving { .. }) => self.end(core),
            (Err(Some(_)), _) => self.refused(core, answered.response.code),
            (Err(None), _) => self.wait(core, TRY_AGAIN_S),
        }
    }

    fn taken(&mut self, core: &mut Core, answered: &Answered) {
        self.lengthened = 0;
        // The dialog is that of the first NOTIFY (RFC 6665 4.1.2.4): where the request forked, the answer may be another's.
        if let State::Active { .. } = self.state {
            self.lasts(core, answered.response.headers.expires());
        }
    }

    /// It is in force for so many seconds; as long as asked for when nobody said.
    fn lasts(&mut self, core: &mut Core, seconds: Option<u32>) {
        let seconds = seconds.unwrap_or(self.expires).min(self.expires);
        // Between 55 and 75 % of the time, so that phones that came back together do not stay together.
        let share = 550 + core.tokens.below(200);
        let pause = Duration::from_millis(u64::from(seconds) * u64::from(share));
        // A server that grants next to nothing is not asked without end.
        let pause = pause.max(Duration::from_secs(SHORTEST_PAUSE_S.into()));
        self.state = State::Active { refresh_at: core.now + pause };
    }

    fn begin_anew(&mut self, core: &mut Core) {
        self.begun_anew += 1;
        if self.begun_anew > MAX_BEGUN_ANEW {
            return self.wait(core, TRY_AGAIN_S);
        }
        self.begin(core);
    }

    /// Asks for a new subscription.
    fn begin(&mut self, core: &mut Core) {
        self.forget(core);
        self.dialog = None;
        self.call_id = core.tokens.call_id();
        self.local_tag = core.tokens.tag();
        self.number = core.tokens.below(1000);
        self.state = State::Asked { until: core.now + FIRST_NOTIFY_WITHIN };
        self.ask(core, self.expires);
    }

    fn refresh(&mut self, core: &mut Core) {
        // Whatever becomes of it, it is not asked again before its answer.
        self.state = State::Active { refresh_at: core.now + Duration::from_secs(u64::from(TRY_AGAIN_S)) };
        self.ask(core, self.expires);
    }

    fn ask(&mut self, core: &mut Core, expires: u32) {
        self.forget(core);
        let mut request = match &mut self.dialog {
            Some(dialog) => {
                self.number = dialog.next_number();
                dialog.request_with(Method::Subscribe, self.number)
            }
            None => {
                self.number += 1;
                let mut request = core.outside_request(Method::Subscribe, self.target.clone(), &Vec::new());
                let mut from = core.identity();
                from.set_tag(&self.local_tag);
                request.headers.set("From", from);
                request.headers.set("Call-ID", &self.call_id);
                compose::renumber(&mut request, self.number);
                request
            }
        };
        request.headers.set("Contact", core.contact());
        request.headers.set("Event", &self.package);
        request.headers.set("Accept", &self.accept);
        request.headers.set("Expires", expires);
        self.asking = core.request(User::Subscription(self.key), request);
        if self.asking.is_none() {
            self.wait(core, TRY_AGAIN_S);
        }
    }

    fn wait(&mut self, core: &mut Core, seconds: u32) {
        self.forget(core);
        self.dialog = None;
        let seconds = seconds.clamp(SHORTEST_PAUSE_S, LONGEST_PAUSE_S);
        self.state = State::Waiting { until: core.now + Duration::from_secs(u64::from(seconds)) };
    }

    fn refused(&mut self, core: &mut Core, code: u16) {
        self.end(core);
        core.push(Event::Subscription(self.key, SubscriptionEvent::Refused { code }));
    }

    fn end(&mut self, core: &mut Core) {
        self.forget(core);
        self.state = State::Over;
    }

    fn forget(&mut self, core: &mut Core) {
        if let Some(transaction) = self.asking.take() {
            core.transactions.forget(transaction);
        }
    }

    /// The connection is gone, and with it what the server could tell: whoever wants it subscribes again.
    pub fn disconnected(&mut self, core: &mut Core) {
        self.end(core);
    }
}

/// What a `message-summary` says (RFC 3842 section 5.2): whether voice messages wait, and how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSummary {
    /// Whether there are messages to be heard.
    pub waiting: bool,
    /// Where they are heard.
    pub account: Option<Uri>,
    /// New voice messages.
    pub new: u32,
    /// Old ones.
    pub old: u32,
}

impl MessageSummary {
    /// Reads a body; `None` when it does not say whether messages wait.
    pub fn parse(body: &str) -> Option<Self> {
        let mut waiting = None;
        let mut summary = Self { waiting: false, account: None, new: 0, old: 0 };
        for line in body.lines() {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "messages-waiting" => waiting = Some(value.eq_ignore_ascii_case("yes")),
                "message-account" => summary.account = value.parse().ok(),
                "voice-message" => {
                    // `new/old (urgent new/urgent old)`.
                    let counts = value.split('(').next().unwrap_or("");
                    let (new, old) = counts.split_once('/').unwrap_or((counts, "0"));
                    summary.new = grammar::seconds(new.trim()).unwrap_or(0);
                    summary.old = grammar::seconds(old.trim()).unwrap_or(0);
                }
                _ => {}
            }
        }
        Some(Self { waiting: waiting?, ..summary })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_read_with_forbearance() {
        let summary = |waiting, account: Option<&str>, new, old| MessageSummary {
            waiting,
            account: account.map(|account| account.parse().expect("an address")),
            new,
            old,
        };
        for (body, read) in [
            (
                "Messages-Waiting: yes\r\nMessage-Account: sip:*97@pbx\r\nVoice-Message: 2/8 (0/2)\r\n",
                Some(summary(true, Some("sip:*97@pbx"), 2, 8)),
            ),
            ("messages-waiting:NO\nvoice-message: 0/3", Some(summary(false, None, 0, 3))),
            ("Messages-Waiting: yes", Some(summary(true, None, 0, 0))),
            ("Messages-Waiting: yes\r\nVoice-Message: 99999999999/x", Some(summary(true, None, u32::MAX, 0))),
            ("Voice-Message: 1/0", None),
            ("", None),
        ] {
            assert_eq!(MessageSummary::parse(body), read, "{body}");
        }
    }
}
