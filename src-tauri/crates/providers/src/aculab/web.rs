//! The cloud's web services: they make tokens, and tell who is registered.

use std::{path::PathBuf, str::FromStr, time::Duration};

use model::{Callable, ClientId, CloudId, OfflineCause, Personal, Refusal, Secret};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::Token;
use crate::net::{self, HttpAnswer, HttpMethod, HttpRequest, Network, Proxy};

const GENERATE_TOKEN: &str = "webrtc_generate_token";

/// The lifetimes the cloud grants, seconds.
pub const LIFETIMES_S: std::ops::RangeInclusive<u32> = 600..=86_400;
const USUAL_LIFETIME_S: u32 = 3_600;

/// An account's way to the web services.
#[derive(Clone)]
pub struct WebServices {
    /// At which cloud.
    pub cloud: CloudId,
    /// Name of the user there.
    pub user: Personal,
    /// His API access key; not the access key of WebRTC.
    pub api_key: Secret,
    /// Where they are instead of at the cloud; as usual when empty.
    pub server: String,
    /// PEM file with further authorities to trust.
    pub ca_file: Option<PathBuf>,
    /// HTTP proxy to go through.
    pub proxy: Proxy,
}

/// What a token shall allow.
#[derive(Clone, Debug)]
pub struct TokenWish {
    /// Who will use it.
    pub client: ClientId,
    /// How long.
    pub lifetime: TokenLifetime,
    /// Whether it is good for being called.
    pub incoming: bool,
    /// Which other clients it is good for calling.
    pub callable: Callable,
}

/// How long a token lasts, 600 to 86400 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenLifetime(u32);

impl TokenLifetime {
    /// As a time.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

/// A lifetime that the cloud does not grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token lasts from 600 to 86400 seconds")]
pub struct InvalidLifetime;

/// Somebody who is registered at the cloud. Times are as the cloud writes them, `YYYY-MM-DD_hh:mm:ss`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredClient {
    /// Who.
    pub client_id: Personal,
    /// When he registered last.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub last_modified: String,
    /// Until when.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub expires: String,
}

/// Why the web services did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebError {
    /// They could not be asked.
    #[error("{0}")]
    NotAsked(OfflineCause),
    /// They do not know the user, or it is not his key.
    #[error("the cloud refused the user name or the API access key (401)")]
    WrongKey,
    /// They refused, in their own words.
    #[error("the cloud refused ({code}): {text}")]
    Refused {
        /// The cloud's own four digits, or `HTTP nnn`.
        code: String,
        /// What it says.
        text: String,
    },
    /// They refused without words.
    #[error("the cloud refused: HTTP {status}")]
    Status {
        /// HTTP status.
        status: u16,
    },
    /// They answered something else.
    #[error("the cloud's answer cannot be understood")]
    NotUnderstood,
}

/// As a face tells it.
impl From<WebError> for Refusal {
    fn from(error: WebError) -> Self {
        match error {
            WebError::NotAsked(cause) => Self::Offline { cause },
            WebError::WrongKey => Self::CloudWrongKey,
            WebError::Refused { code, text } => Self::CloudRefused { status: code, text },
            WebError::Status { status } => Self::CloudRefused { status: format!("HTTP {status}"), text: String::new() },
            WebError::NotUnderstood => Self::CloudNotUnderstood,
        }
    }
}

impl Default for TokenLifetime {
    fn default() -> Self {
        Self(USUAL_LIFETIME_S)
    }
}

impl FromStr for TokenLifetime {
    type Err = InvalidLifetime;

    fn from_str(seconds: &str) -> Result<Self, InvalidLifetime> {
        seconds.trim().parse().ok().filter(|seconds| LIFETIMES_S.contains(seconds)).map(Self).ok_or(InvalidLifetime)
    }
}

impl WebServices {
    /// A new token. Accounts of developers get a limited number of them a month.
    ///
    /// # Errors
    /// When the cloud cannot be asked, or refuses.
    pub async fn generate_token(&self, network: &dyn Network, wish: &TokenWish) -> Result<Token, WebError> {
        let parameters = wish.parameters();
        let answer = self.ask(network, GENERATE_TOKEN, &parameters).await?;
        made_token(&answer)
    }

    /// The question for a new token, for a machine that asks by itself; its answer is for [`token_of`].
    pub(super) fn token_request(&self, method: HttpMethod, wish: &TokenWish) -> HttpRequest {
        self.request(method, GENERATE_TOKEN, &wish.parameters())
    }

    /// Who is registered with this account.
    ///
    /// # Errors
    /// When the cloud cannot be asked, or refuses.
    pub async fn registered_clients(&self, network: &dyn Network) -> Result<Vec<RegisteredClient>, WebError> {
        let answer = self.ask(network, "webrtc_registered_clients", &[]).await?;
        let listed: Vec<Value> = serde_json::from_str(answer.body.expose()).map_err(|_| WebError::NotUnderstood)?;
        // One that cannot be read hides nobody else.
        Ok(listed.into_iter().filter_map(|client| serde_json::from_value(client).ok()).collect())
    }

    /// Asks by POST; once more by GET where the parameters of a POST are not read.
    async fn ask(&self, network: &dyn Network, what: &str, parameters: &[(&str, String)]) -> Result<HttpAnswer, WebError> {
        let request = self.request(HttpMethod::Post, what, parameters);
        let answer = judge(network.ask(&request).await.map_err(WebError::NotAsked)?);
        if !answer.as_ref().is_err_and(WebError::is_unread) {
            return answer;
        }
        let request = self.request(HttpMethod::Get, what, parameters);
        judge(network.ask(&request).await.map_err(WebError::NotAsked)?)
    }

    fn request(&self, method: HttpMethod, what: &str, parameters: &[(&str, String)]) -> HttpRequest {
        let base = if self.server.is_empty() { self.cloud.web_services() } else { self.server.trim_end_matches('/').to_owned() };
        let form: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let form = form.join("&");
        let plain = |value: &str| Secret::new(value);
        // Without the first, some of them answer in XML.
        let mut headers = vec![("Accept".to_owned(), plain("application/json"))];
        let (query, body) = match method {
            HttpMethod::Get if form.is_empty() => (String::new(), String::new()),
            HttpMethod::Get => (format!("?{form}"), String::new()),
            HttpMethod::Post => {
                headers.push(("Content-Type".to_owned(), plain("application/x-www-form-urlencoded")));
                (String::new(), form)
            }
        };
        HttpRequest {
            method,
            url: format!("{base}/{what}{query}"),
            basic: Some((format!("{}/{}", self.cloud.as_str(), self.user.expose()), self.api_key.clone())),
            headers,
            body: Secret::new(body),
            ca_file: self.ca_file.clone(),
            pin: None,
            allow_plain: false,
            proxy: self.proxy.clone(),
        }
    }
}

impl TokenWish {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("client_id", self.client.as_str().to_owned()),
            ("ttl", self.lifetime.0.to_string()),
            ("enable_incoming", self.incoming.to_string()),
        ];
        if self.callable != Callable::default() {
            parameters.push(("call_client", self.callable.as_str().to_owned()));
        }
        parameters
    }
}

impl WebError {
    /// Whether it may pass without anybody doing anything.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::NotAsked(_) | Self::Status { status: 500.. } => true,
            Self::WrongKey | Self::Refused { .. } | Self::Status { .. } | Self::NotUnderstood => false,
        }
    }

    /// Whether the parameters of a POST were not read, as far as can be told.
    pub(super) fn is_unread(&self) -> bool {
        match self {
            Self::Status { status } => [400, 405, 411, 415, 501].contains(status),
            // "Parameter missing": none of ours is.
            Self::Refused { code, .. } => ["0001", "HTTP 405", "HTTP 411", "HTTP 415", "HTTP 501"].contains(&code.as_str()),
            Self::NotAsked(_) | Self::WrongKey | Self::NotUnderstood => false,
        }
    }
}

/// The token in the answer to `WebServices::token_request`, or in that of a user's own server, which has the same form.
///
/// # Errors
/// When there is none, for the reason that the answer gives.
pub(super) fn token_of(answer: HttpAnswer) -> Result<Token, WebError> {
    made_token(&judge(answer)?)
}

fn made_token(answer: &HttpAnswer) -> Result<Token, WebError> {
    let made: MadeToken = serde_json::from_str(answer.body.expose()).map_err(|_| WebError::NotUnderstood)?;
    made.token.expose().parse().map_err(|_| WebError::NotUnderstood)
}

#[derive(Deserialize)]
struct MadeToken {
    token: Secret,
}

/// The `error` of an answer: its code, and all it says.
fn error_of(body: &str) -> Option<(String, String)> {
    let body: Value = serde_json::from_str(body).ok()?;
    let error = body.get("error")?.as_object()?;
    // Some write a number, and one detail without a list around it.
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let field = |name: &str| error.get(name).and_then(plain);
    let details = match error.get("details") {
        Some(Value::Array(several)) => several.iter().filter_map(plain).collect(),
        Some(one) => plain(one).into_iter().collect(),
        None => Vec::new(),
    };
    let said: Vec<String> = field("text").into_iter().chain(details).filter(|words| !words.is_empty()).collect();
    let code = match field("code") {
        // Four digits, which lose their zeros as a number.
        Some(code) if code.len() < 4 && code.bytes().all(|byte| byte.is_ascii_digit()) && !code.is_empty() => {
            format!("{code:0>4}")
        }
        code => code.unwrap_or_default(),
    };
    (!said.is_empty()).then(|| (code, said.join("; ")))
}

fn text_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_str().unwrap_or_default().to_owned())
}

/// The answer, when it is none of refusal.
fn judge(answer: HttpAnswer) -> Result<HttpAnswer, WebError> {
    let status = answer.status;
    match status {
        200..=299 => return Ok(answer),
        401 => return Err(WebError::WrongKey),
        _ => {}
    }
    let Some((code, text)) = error_of(answer.body.expose()) else { return Err(WebError::Status { status }) };
    let code = if code.is_empty() { format!("HTTP {status}") } else { net::quoted(&code) };
    Err(WebError::Refused { code, text: net::quoted(&text) })
}

/// A value of a form: everything but the unreserved characters of RFC 3986 is escaped.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests;
