//! The token an account signs in with: fetched where it comes from, and again before it ends.

use std::{path::PathBuf, time::Duration};

use model::{
    AculabAccount, AculabClient, Callable, ClientId, CloudId, Instant, InvalidName, OfflineCause, Password, Secret, SetupFault,
    TokenFault, TokenSource, TokenView,
};

use super::{
    FetchedToken, TokenWish, WebError, WebServices,
    fetched::{GoodToken, TokenOrigin},
    line::WallClock,
    token::{InvalidToken, Token, fetch_next_after},
    web::{InvalidLifetime, token_of},
};
use crate::net::{HttpAnswer, HttpMethod, HttpRequest, Proxy, QuestionId};

/// Never sooner again: a cloud that gives out tokens that are over is not asked all the time.
const SHORTEST: Duration = Duration::from_secs(10);
/// After a failure it is tried again, each time twice as late: up to a minute where it may pass by itself, and ten minutes where
/// somebody has to do something about it.
const FIRST_RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(60);
const LONGEST_RETRY_IN_VAIN: Duration = Duration::from_secs(600);

/// Where tokens come from, and when the next one is due.
pub(super) struct TokenKeeper {
    client: ClientId,
    cloud: CloudId,
    source: Source,
    /// By what settings tokens are fetched, if they are.
    origin: Option<TokenOrigin>,
    /// What was fetched in an earlier run, until it has been looked at.
    kept: Option<Secret>,
    /// Whether the token in use is from there.
    uses_kept: bool,
    clock: WallClock,
    state: State,
    failures: u32,
    last_question: u32,
}

enum Source {
    /// There is this one only.
    Pasted(Option<Token>),
    Url {
        url: String,
        client: ClientId,
        ca_file: Option<PathBuf>,
        proxy: Proxy,
    },
    WebServices {
        services: Box<WebServices>,
        wish: TokenWish,
    },
}

#[derive(Debug)]
enum State {
    /// Nothing was asked for yet, or nothing more will be.
    Idle,
    Fetching {
        question: QuestionId,
        method: HttpMethod,
    },
    /// One is in use; the next one is fetched then.
    Waiting {
        fetch_at: Instant,
    },
}

/// What the keeper found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This one, until then as far as it says.
    Token { token: Token, expires: Option<Instant> },
    /// None; why, and when it is tried again.
    None { fault: TokenFault, retry_in: Option<Duration> },
}

/// A question to a web server.
pub(super) type Question = (QuestionId, HttpRequest);

impl TokenKeeper {
    /// The keeper of a client's tokens; the error is in words for the user.
    pub fn new(account: &AculabAccount, client: &AculabClient, clock: WallClock) -> Result<Self, OfflineCause> {
        let configuration = |fault: SetupFault| OfflineCause::Configuration { fault };
        let name = |error: InvalidName| configuration(error.into());
        let said = |error: &dyn std::fmt::Display| configuration(SetupFault::NotAName { words: error.to_string() });
        let id: ClientId = client.client_id.expose().parse().map_err(name)?;
        let cloud: CloudId = account.cloud_id.parse().map_err(name)?;
        let ca_file = (!account.ca_file.is_empty()).then(|| PathBuf::from(&account.ca_file));
        let proxy = Proxy::named(account.proxy.expose());
        let source = match &client.token_source {
            TokenSource::Pasted => Source::Pasted(match &client.token {
                Password::Unknown => None,
                Password::Known(token) if token.expose().trim().is_empty() => None,
                Password::Known(token) => Some(token.expose().parse().map_err(|error: InvalidToken| said(&error))?),
            }),
            TokenSource::Url { url } => Source::Url { url: url.clone(), client: id.clone(), ca_file, proxy },
            TokenSource::WebServices { user, lifetime_s, callable } => {
                let Password::Known(api_key) = &client.api_key else {
                    return Err(configuration(SetupFault::NoApiKey));
                };
                let callable: Callable = callable.expose().parse().map_err(name)?;
                let lifetime = lifetime_s.to_string().parse().map_err(|error: InvalidLifetime| said(&error))?;
                Source::WebServices {
                    services: Box::new(WebServices {
                        cloud: cloud.clone(),
                        user: user.clone(),
                        api_key: api_key.clone(),
                        server: account.web_services.clone(),
                        ca_file,
                        proxy,
                    }),
                    wish: TokenWish { client: id.clone(), lifetime, incoming: true, callable },
                }
            }
        };
        let kept = match &client.fetched {
            Password::Unknown => None,
            Password::Known(fetched) => Some(fetched.clone()),
        };
        let origin = TokenOrigin::of(account);
        let (state, failures, last_question) = (State::Idle, 0, 0);
        Ok(Self { client: id, cloud, source, origin, kept, uses_kept: false, clock, state, failures, last_question })
    }

    /// What a token says of itself, and whether it is for this account. One that is not is used all the same: what its
    /// claims mean, only the cloud knows.
    pub fn view(&self, token: &Token) -> Option<TokenView> {
        let claims = token.claims()?;
        let is_ours = claims.client.as_ref().is_none_or(|client| client == self.client.as_str());
        let is_here = claims.clouds.is_empty() || claims.clouds.iter().any(|cloud| cloud == self.cloud.as_str());
        Some(TokenView {
            client: claims.client.unwrap_or_default().into(),
            cloud: claims.clouds.join(", "),
            fits: is_ours && is_here,
        })
    }

    /// A token that costs nothing: the one that was pasted, or was fetched in an earlier run and is good yet.
    pub fn at_hand(&mut self, now: Instant) -> Option<Found> {
        match &self.source {
            Source::Pasted(Some(token)) => Some(Found::Token { token: token.clone(), expires: self.expires(now, token) }),
            Source::Pasted(None) => None,
            Source::Url { .. } | Source::WebServices { .. } => self.take_kept(now),
        }
    }

    /// Whether something is kept from an earlier run that is of no use any more.
    pub fn keeps_in_vain(&self, now: Instant) -> bool {
        self.kept.is_some() && self.good(now).is_none()
    }

    /// A token that came just now, as the next run needs it; none when that cannot use it.
    pub fn to_keep(&self, now: Instant, token: &Token) -> Option<Secret> {
        let fetched = FetchedToken::by(self.origin.clone()?, token, self.asked(), self.clock.unix_at(now));
        fetched.map(|fetched| fetched.to_secret())
    }

    /// The token that was pasted, or the question for one; neither when one is being fetched already.
    pub fn start(&mut self, now: Instant) -> (Option<Found>, Option<Question>) {
        match (&self.source, &self.state) {
            (Source::Pasted(Some(_)), _) => (self.at_hand(now), None),
            (Source::Pasted(None), _) => (Some(Found::None { fault: TokenFault::NotPasted, retry_in: None }), None),
            (_, State::Fetching { .. }) => (None, None),
            (Source::Url { .. } | Source::WebServices { .. }, State::Idle | State::Waiting { .. }) => match self.take_kept(now) {
                Some(found) => (Some(found), None),
                None => (None, self.question(HttpMethod::Post)),
            },
        }
    }

    /// The cloud did not take the one in use: the next one, at once when that one was from an earlier run, else soon.
    pub fn refused(&mut self, now: Instant) -> Option<Question> {
        let was_kept = std::mem::take(&mut self.uses_kept);
        match (&self.source, &self.state) {
            (Source::Pasted(_), _) | (_, State::Fetching { .. }) => None,
            (Source::Url { .. } | Source::WebServices { .. }, State::Idle | State::Waiting { .. }) if was_kept => {
                self.question(HttpMethod::Post)
            }
            (Source::Url { .. } | Source::WebServices { .. }, State::Idle | State::Waiting { .. }) => {
                self.state = State::Waiting { fetch_at: now + self.retry_after(LONGEST_RETRY_IN_VAIN) };
                None
            }
        }
    }

    /// Whether tokens are fetched, so that one may be kept.
    pub fn fetches(&self) -> bool {
        self.origin.is_some()
    }

    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Waiting { fetch_at } => Some(fetch_at),
            State::Idle | State::Fetching { .. } => None,
        }
    }

    fn good(&self, now: Instant) -> Option<GoodToken> {
        FetchedToken::good(self.kept.as_ref()?, self.origin.as_ref()?, self.clock.unix_at(now))
    }

    /// The token of an earlier run, as long as no other would be fetched: developers get few of them a month.
    fn take_kept(&mut self, now: Instant) -> Option<Found> {
        let good = self.good(now);
        self.kept = None;
        let GoodToken { token, left, due_in } = good?;
        self.uses_kept = true;
        self.state = State::Waiting { fetch_at: now + due_in };
        Some(Found::Token { token, expires: Some(now + left) })
    }

    /// Takes a token from outside, in the place of its own.
    pub fn given(&mut self, now: Instant, token: Token) -> Found {
        let expires = self.expires(now, &token);
        self.uses_kept = false;
        match &mut self.source {
            Source::Pasted(pasted) => *pasted = Some(token.clone()),
            Source::Url { .. } | Source::WebServices { .. } => {
                let lasts = expires.map(|at| at.since(now));
                self.state =
                    lasts.map_or(State::Idle, |lasts| State::Waiting { fetch_at: now + fetch_next_after(lasts).max(SHORTEST) });
            }
        }
        Found::Token { token, expires }
    }

    /// Fetches nothing when it would be due; `start` does.
    pub fn rest(&mut self, now: Instant) -> Option<Question> {
        if let State::Waiting { fetch_at } = self.state
            && fetch_at <= now
        {
            self.state = State::Idle;
        }
        None
    }

    /// It is another network: what failed over the last one is asked for over this one, at once.
    pub fn network_changed(&mut self) -> Option<Question> {
        match self.state {
            State::Waiting { .. } if self.failures > 0 => {
                self.failures = 0;
                self.question(HttpMethod::Post)
            }
            State::Waiting { .. } | State::Idle | State::Fetching { .. } => None,
        }
    }

    /// The question that is due.
    pub fn on_time(&mut self, now: Instant) -> Option<Question> {
        match self.state {
            State::Waiting { fetch_at } if fetch_at <= now => self.question(HttpMethod::Post),
            State::Waiting { .. } | State::Idle | State::Fetching { .. } => None,
        }
    }

    /// A web server answered; nothing when it was not asked by us.
    pub fn answered(
        &mut self,
        now: Instant,
        question: QuestionId,
        answer: Result<HttpAnswer, OfflineCause>,
    ) -> (Option<Found>, Option<Question>) {
        let State::Fetching { question: asked, method } = self.state else { return (None, None) };
        if asked != question {
            return (None, None);
        }
        match answer.map_err(WebError::NotAsked).and_then(token_of) {
            Ok(token) => {
                let expires = self.expires(now, &token);
                self.uses_kept = false;
                let lasts = expires.map(|at| at.since(now));
                // A token that says nothing about its end is good until it is refused.
                self.state =
                    lasts.map_or(State::Idle, |lasts| State::Waiting { fetch_at: now + fetch_next_after(lasts).max(SHORTEST) });
                if lasts.is_none_or(|lasts| lasts > SHORTEST) {
                    self.failures = 0;
                }
                (Some(Found::Token { token, expires }), None)
            }
            Err(error) if method == HttpMethod::Post && self.gets_too() && error.is_unread() => {
                (None, self.question(HttpMethod::Get))
            }
            Err(error) => {
                let longest = if error.may_pass() { LONGEST_RETRY } else { LONGEST_RETRY_IN_VAIN };
                let fault = self.fault(error);
                let retry_in = self.retry_after(longest);
                self.state = State::Waiting { fetch_at: now + retry_in };
                (Some(Found::None { fault, retry_in: Some(retry_in) }), None)
            }
        }
    }

    fn gets_too(&self) -> bool {
        matches!(self.source, Source::WebServices { .. })
    }

    fn fault(&self, error: WebError) -> TokenFault {
        match (&self.source, error) {
            (Source::Url { .. }, WebError::WrongKey) => TokenFault::Refused,
            (Source::Url { .. }, WebError::Status { status }) => TokenFault::Status { status },
            (Source::Url { .. }, WebError::NotUnderstood) => TokenFault::NoToken,
            (_, error) => TokenFault::Asked { refusal: Box::new(error.into()) },
        }
    }

    fn retry_after(&mut self, longest: Duration) -> Duration {
        let wait = (FIRST_RETRY * (1 << self.failures.min(7))).min(longest);
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// For how long tokens are asked for, where one can say.
    fn asked(&self) -> Option<Duration> {
        match &self.source {
            Source::WebServices { wish, .. } => Some(wish.lifetime.duration()),
            Source::Pasted(_) | Source::Url { .. } => None,
        }
    }

    /// When a token that came now ends. One that was pasted may be over already.
    fn expires(&self, now: Instant, token: &Token) -> Option<Instant> {
        let unix_s = self.clock.unix_at(now);
        let is_over = |end: i64| matches!(self.source, Source::Pasted(_)) && end < unix_s;
        if token.claims().is_some_and(|claims| claims.lifetime().is_some() && claims.expires.is_some_and(is_over)) {
            return Some(now);
        }
        token.lasts(unix_s, self.asked()).map(|lasts| now + lasts)
    }

    fn question(&mut self, method: HttpMethod) -> Option<Question> {
        let request = self.request(method)?;
        self.last_question = self.last_question.wrapping_add(1);
        let question = QuestionId(self.last_question);
        self.state = State::Fetching { question, method };
        Some((question, request))
    }

    /// None where there is nobody to ask.
    fn request(&self, method: HttpMethod) -> Option<HttpRequest> {
        Some(match &self.source {
            Source::WebServices { services, wish } => services.token_request(method, wish),
            Source::Url { url, client, ca_file, proxy } => HttpRequest {
                method,
                url: url.clone(),
                basic: None,
                headers: vec![
                    ("Accept".to_owned(), Secret::new("application/json")),
                    ("Content-Type".to_owned(), Secret::new("text/plain")),
                ],
                body: Secret::new(client.as_str()),
                ca_file: ca_file.clone(),
                pin: None,
                allow_plain: false,
                proxy: proxy.clone(),
            },
            Source::Pasted(_) => return None,
        })
    }
}
