//! Tokens that were fetched, as they are kept for the next run: the cloud gives few of them a month.

use std::time::Duration;

use model::{AculabAccount, ClientId, InvalidName, Password, Secret, TokenSource};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::token::{Token, fetch_next_after};

/// By what settings tokens are fetched: a digest, for an API access key is among them. Under others, other tokens are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TokenOrigin(String);

/// A token with all that decides whether it can still be used. Times are seconds since 1970 by our own clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchedToken {
    origin: TokenOrigin,
    token: Secret,
    from: i64,
    until: i64,
}

/// One that is good for a while yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GoodToken {
    pub token: Token,
    /// How long it lasts.
    pub left: Duration,
    /// When the next one is to be fetched.
    pub due_in: Duration,
}

impl TokenOrigin {
    /// None where tokens are not fetched, or could not be.
    pub fn of(account: &AculabAccount) -> Option<Self> {
        let client = account.client()?;
        let id: Result<ClientId, InvalidName> = client.client_id.expose().parse();
        let who = (&account.cloud_id, &client.access_key, id.ok()?.as_str().to_owned(), &client.token_source);
        let written = match (&client.token_source, &client.api_key) {
            (TokenSource::Pasted, _) | (TokenSource::WebServices { .. }, Password::Unknown) => return None,
            (TokenSource::Url { .. }, _) => serde_json::to_vec(&who),
            (TokenSource::WebServices { .. }, Password::Known(api_key)) => {
                serde_json::to_vec(&(who, &account.web_services, api_key))
            }
        };
        let digest = Sha256::digest(written.ok()?);
        Some(Self(digest.iter().map(|byte| format!("{byte:02x}")).collect()))
    }
}

impl FetchedToken {
    /// A token that came now for `account`, by the time of day; `asked` is for how long it was to last. None when nobody knows
    /// how long it lasts.
    pub fn now(account: &AculabAccount, token: &Token, asked: Option<Duration>, unix_s: i64) -> Option<Self> {
        Self::by(TokenOrigin::of(account)?, token, asked, unix_s)
    }

    pub(super) fn by(origin: TokenOrigin, token: &Token, asked: Option<Duration>, unix_s: i64) -> Option<Self> {
        let lasts = i64::try_from(token.lasts(unix_s, asked)?.as_secs()).ok()?;
        Some(Self { origin, token: Secret::new(token.text()), from: unix_s, until: unix_s.checked_add(lasts)? })
    }

    /// As it is kept.
    pub fn to_secret(&self) -> Secret {
        Secret::new(serde_json::to_string(self).expect("texts and numbers have no form that JSON lacks"))
    }

    /// What was kept, as far as it can be used: fetched by these settings, and no other one would be fetched yet.
    pub(super) fn good(kept: &Secret, origin: &TokenOrigin, unix_s: i64) -> Option<GoodToken> {
        let kept: Self = serde_json::from_str(kept.expose()).ok().filter(|kept: &Self| kept.origin == *origin)?;
        let span = |from: i64, until: i64| u64::try_from(until.checked_sub(from)?).ok().map(Duration::from_secs);
        // A clock that was set back says nothing about it.
        let used = span(kept.from, unix_s)?;
        let due_in = fetch_next_after(span(kept.from, kept.until)?).checked_sub(used).filter(|due_in| !due_in.is_zero())?;
        Some(GoodToken { token: kept.token.expose().parse().ok()?, left: span(unix_s, kept.until)?, due_in })
    }
}

#[cfg(test)]
mod tests {
    use model::{AculabClient, AculabInterface};

    use super::*;

    const FROM: i64 = 1_583_840_007;
    const HOUR: Option<Duration> = Some(Duration::from_secs(3_600));

    fn account(change: impl FnOnce(&mut AculabAccount)) -> AculabAccount {
        let mut client = AculabClient::new("abc123key".into(), "webrtc:bob");
        client.api_key = Password::Known(Secret::new("api"));
        client.token_source =
            TokenSource::WebServices { user: "bob@example.com".into(), lifetime_s: 3_600, callable: "*".into() };
        let mut account = AculabAccount::at_cloud("1-2-0".into(), AculabInterface::V2(client));
        change(&mut account);
        account
    }

    fn of_client(change: impl FnOnce(&mut AculabClient)) -> AculabAccount {
        account(|account| change(account.client_mut().expect("it is a client")))
    }

    fn source(user: &str, lifetime_s: u32, callable: &str) -> TokenSource {
        TokenSource::WebServices { user: user.into(), lifetime_s, callable: callable.into() }
    }

    fn due_in(account: &AculabAccount, kept: &Secret, unix_s: i64) -> Option<u64> {
        let good = FetchedToken::good(kept, &TokenOrigin::of(account)?, unix_s)?;
        assert_eq!(good.token.text(), "a.b.c.d.e");
        Some(good.due_in.as_secs())
    }

    fn kept() -> Secret {
        let token = "a.b.c.d.e".parse().expect("is one");
        FetchedToken::now(&account(|_| {}), &token, HOUR, FROM).expect("can be kept").to_secret()
    }

    #[test]
    fn a_token_is_good_until_four_fifths_of_its_life_are_over() {
        for (at, due) in [(FROM, Some(2_880)), (FROM + 2_879, Some(1)), (FROM + 2_880, None), (FROM + 9_000, None)] {
            assert_eq!(due_in(&account(|_| {}), &kept(), at), due, "{at}");
        }
        // The clock was wrong then, or is now.
        assert_eq!(due_in(&account(|_| {}), &kept(), FROM - 1), None);
        assert_eq!(due_in(&account(|_| {}), &kept(), i64::MIN), None);
    }

    #[test]
    fn it_is_good_for_the_settings_only_that_it_was_fetched_by() {
        let same = [
            of_client(|client| client.client_id = "bob".into()),
            of_client(|client| (client.accept_calls, client.max_concurrent) = (false, 2)),
            account(|account| account.proxy = "direct".into()),
        ];
        let others = [
            of_client(|client| client.client_id = "alice".into()),
            of_client(|client| client.access_key = "other".into()),
            of_client(|client| client.api_key = Password::Known(Secret::new("other"))),
            of_client(|client| client.api_key = Password::Unknown),
            of_client(|client| client.token_source = source("alice@example.com", 3_600, "*")),
            of_client(|client| client.token_source = source("bob@example.com", 600, "*")),
            of_client(|client| client.token_source = source("bob@example.com", 3_600, "")),
            of_client(|client| client.token_source = TokenSource::Url { url: "https://example.com/token".into() }),
            of_client(|client| client.token_source = TokenSource::Pasted),
            account(|account| account.cloud_id = "0-0-0".into()),
            account(|account| account.web_services = "https://example.com".into()),
        ];
        same.iter().for_each(|account| assert_eq!(due_in(account, &kept(), FROM), Some(2_880)));
        others.iter().for_each(|account| assert_eq!(due_in(account, &kept(), FROM), None));
    }

    #[test]
    fn nothing_of_it_is_printed_the_key_is_not_in_it_and_what_is_none_is_none() {
        let kept = kept();
        let text = kept.expose();
        assert!(text.contains("a.b.c.d.e") && !text.contains("\"api\"") && !text.contains("bob"), "{text}");
        let fetched: FetchedToken = serde_json::from_str(text).expect("reads");
        assert!(!format!("{fetched:?}").contains("a.b.c.d.e"));
        let origin = TokenOrigin::of(&account(|_| {})).expect("it fetches");
        for text in ["", "a.b.c", "{}", &text.replace("a.b.c.d.e", "a b"), &text.replace("1583", "x")] {
            assert_eq!(FetchedToken::good(&Secret::new(text), &origin, FROM), None, "{text}");
        }
        let endless = "a.b.c".parse().expect("is one");
        assert_eq!(FetchedToken::now(&account(|_| {}), &endless, None, FROM), None, "nobody knows how long it lasts");
    }
}
