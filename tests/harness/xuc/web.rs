//! The web server of a fake XUC: tokens for logins and for earlier tokens, and whom they let in.

use model::{OfflineCause, Secret};
use providers::net::{Endpoint, HttpAnswer, HttpMethod, HttpRequest};
use serde_json::{Value, json};

use super::Xuc;

/// The password of everybody.
pub(super) const PASSWORD: &str = "pa55";

impl Xuc {
    /// A web request.
    pub(crate) fn answer(&self, request: &HttpRequest) -> Result<HttpAnswer, OfflineCause> {
        let mut state = self.state();
        let path = request.url.split("/xuc/api/2.0/").nth(1).unwrap_or_default().to_owned();
        state.asked.push(path.clone());
        state.knocks += 1;
        if let Some(status) = state.refusing {
            return Ok(HttpAnswer { status, body: Secret::new("<html>") });
        }
        let login = match (request.method, path.as_str()) {
            (HttpMethod::Post, "auth/login") => {
                let Ok(body) = serde_json::from_str::<Value>(request.body.expose()) else {
                    return Ok(refused(400, "InvalidJson"));
                };
                if body["password"] != PASSWORD {
                    return Ok(refused(401, "InvalidCredentials"));
                }
                body["login"].as_str().map(str::to_owned)
            }
            (HttpMethod::Get, "auth/check") => {
                let bearer = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Authorization"));
                bearer.and_then(|(_, value)| state.owner(value.expose().strip_prefix("Bearer ")?))
            }
            _ => return Ok(HttpAnswer { status: 404, body: Secret::default() }),
        };
        let Some(login) = login else { return Ok(refused(403, "TokenExpired")) };
        state.tokens += 1;
        let token = format!("token{}.b.c", state.tokens);
        let body = json!({"login": login, "token": token, "TTL": state.lifetime_s}).to_string();
        state.good.insert(login, token);
        Ok(HttpAnswer { status: 200, body: Secret::new(body) })
    }

    /// From now on it lets SIP in at `/ws` without a token, as XiVOs did until 2020.07.
    pub fn is_of_first_generation(&self) {
        self.state().first_generation = true;
    }

    /// Whether a connection may be opened; whose login opens it.
    pub(crate) fn admits(&self, endpoint: &Endpoint) -> Result<String, OfflineCause> {
        let mut state = self.state();
        let refused = |status: u16| OfflineCause::NotSipOverWebSocket { detail: format!("{status}, refused") };
        state.knocks += 1;
        if let Some(status) = state.refusing.or(state.closed) {
            return Err(refused(status));
        }
        let is_first = state.first_generation && endpoint.url.trim_end_matches('?').ends_with("/ws");
        if is_first && endpoint.subprotocol.is_some() {
            state.sip_urls.push(endpoint.url.clone());
            return Ok(state.user.clone());
        }
        let owner = endpoint.url.split("token=").nth(1).and_then(|token| state.owner(token));
        let owner = owner.ok_or(refused(403))?;
        if endpoint.subprotocol.is_some() {
            state.sip_urls.push(endpoint.url.clone());
        }
        Ok(owner)
    }
}

fn refused(status: u16, code: &str) -> HttpAnswer {
    HttpAnswer { status, body: Secret::new(json!({"error": code, "message": "no"}).to_string()) }
}
