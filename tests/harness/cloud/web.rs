//! The web services: tokens, and who is registered.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    CloudAccount,
    http::{HttpQuestion, HttpReply},
    knobs::TokenUrl,
    mint::{Mint, TokenTerms},
    seen::Shared,
};

/// Lifetimes that are granted, seconds.
const LIFETIMES_S: std::ops::RangeInclusive<i64> = 600..=86_400;
const USUAL_LIFETIME_S: i64 = 3_600;

/// The web services of one cloud.
pub(super) struct WebServer {
    pub cloud: String,
    pub accounts: Vec<CloudAccount>,
}

impl WebServer {
    /// Whose cloud it is where nobody says so.
    pub fn first_key(&self) -> &str {
        self.accounts.first().map_or("", |account| &account.key)
    }

    pub fn answer(&self, question: &HttpQuestion, mint: &Mint, shared: &Shared) -> HttpReply {
        shared.change(|state| state.seen.asked.push(question.path.clone()));
        if let Some(key) = question.path.strip_prefix("/token") {
            return self.own_token(key.trim_start_matches('/'), question.body.trim(), mint, shared);
        }
        let Some(account) = self.accounts.iter().find(|account| self.is_of(account, question)) else {
            return refusal(question, 401, "HTTP 401", "Unauthorized", &[]);
        };
        match question.path.as_str() {
            "/webrtc_generate_token" => self.generate(account, question, mint, shared),
            "/webrtc_registered_clients" => HttpReply::json(200, &registered(account, shared)),
            _ => refusal(question, 404, "HTTP 404", "There is no such web service", &[]),
        }
    }

    /// A user's own server, which is asked with nothing but the client id; without a key it is for the first account.
    fn own_token(&self, key: &str, client: &str, mint: &Mint, shared: &Shared) -> HttpReply {
        let is_meant = |account: &&CloudAccount| key.is_empty() || account.key == key;
        let Some(account) = self.accounts.iter().find(is_meant) else { return HttpReply::text(404, "no such account") };
        match shared.knobs(&account.key).token_url {
            TokenUrl::Given { lifetime_s } => {
                let terms = TokenTerms { lifetime_s, ..TokenTerms::new(&account.key, client) };
                HttpReply::json(200, &json!({ "token": mint.token(&terms, shared.clock.unix_seconds()) }))
            }
            TokenUrl::Refused(status) => HttpReply::text(status, "no token today"),
        }
    }

    fn is_of(&self, account: &CloudAccount, question: &HttpQuestion) -> bool {
        let user = format!("{}/{}:{}", self.cloud, account.user, account.api_key.expose());
        question.header("authorization") == Some(&format!("Basic {}", STANDARD.encode(user)))
    }

    fn generate(&self, account: &CloudAccount, question: &HttpQuestion, mint: &Mint, shared: &Shared) -> HttpReply {
        let parameters = question.parameters();
        let all =
            |name: &str| parameters.iter().filter(|(of, _)| of == name).map(|(_, value)| value.as_str()).collect::<Vec<_>>();
        for name in ["client_id", "ttl", "enable_incoming"] {
            if all(name).len() > 1 {
                return refusal(question, 400, "0003", "Parameter given more than once", &[name]);
            }
        }
        let Some(client) = all("client_id").first().copied().filter(|client| !client.is_empty()) else {
            return refusal(question, 400, "0001", "Parameter missing", &["client_id"]);
        };
        let lifetime = all("ttl").first().map_or(Ok(USUAL_LIFETIME_S), |ttl| ttl.parse::<i64>());
        let incoming = match all("enable_incoming").first() {
            None | Some(&"true") => Some(true),
            Some(&"false") => Some(false),
            Some(_) => None,
        };
        let mut malformed = Vec::new();
        if !client.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-_.".contains(&byte)) {
            malformed.push("client_id");
        }
        if lifetime.as_ref().map_or(true, |ttl| !LIFETIMES_S.contains(ttl)) {
            malformed.push("ttl");
        }
        if incoming.is_none() {
            malformed.push("enable_incoming");
        }
        let (Ok(lifetime_s), Some(incoming), true) = (lifetime, incoming, malformed.is_empty()) else {
            return refusal(question, 400, "0002", "Malformed parameter", &malformed);
        };
        let callable = all("call_client").iter().flat_map(|list| list.split(',')).map(str::to_owned).collect();
        let terms = TokenTerms { lifetime_s, incoming, callable, ..TokenTerms::new(&account.key, client) };
        HttpReply::json(200, &json!({ "token": mint.token(&terms, shared.clock.unix_seconds()) }))
    }
}

fn registered(account: &CloudAccount, shared: &Shared) -> Value {
    let state = shared.lock();
    let ours = state.seen.registered.iter().filter(|binding| binding.key == account.key);
    ours.map(|binding| {
        let expires = binding.since + i64::from(binding.granted_s);
        json!({ "client_id": binding.client, "last_modified": date(binding.since), "expires": date(expires) })
    })
    .collect()
}

fn refusal(question: &HttpQuestion, status: u16, code: &str, text: &str, details: &[&str]) -> HttpReply {
    let body = json!({
        "error": { "code": code, "text": text, "details": details },
        "request": { "url": question.path },
    });
    HttpReply::json(status, &body)
}

/// `YYYY-MM-DD_hh:mm:ss` of Unix seconds, in UTC.
fn date(unix_s: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(unix_s).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    format!("{year:04}-{:02}-{day:02}_{hour:02}:{minute:02}:{second:02}", u8::from(month))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_cloud_writes_them() {
        assert_eq!(date(1_583_843_607), "2020-03-10_12:33:27");
    }
}
