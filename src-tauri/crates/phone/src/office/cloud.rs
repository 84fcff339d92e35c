//! The web services of Aculab Cloud for the faces: tokens to order, and who is registered.

use std::sync::Arc;

use model::{AccountId, AculabAccount, CloudClient, Password, Provider, Secret, SecretKey, TokenOrder, TokenSource};
use providers::{
    aculab::{FetchedToken, TokenWish, WebError, WebServices},
    net::Proxy,
};
use tokio::task::spawn_blocking;
use tracing::warn;

use super::Office;
use crate::phone::Phone;

/// Why the web services did nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloudFailure {
    /// They said so.
    #[error(transparent)]
    Web(#[from] WebError),
    /// They were not asked, or the token could not be kept.
    #[error("{0}")]
    NotDone(String),
}

impl CloudFailure {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Web(WebError::NotAsked(_)) => "cloud-unreachable",
            Self::Web(WebError::WrongKey) => "cloud-wrong-key",
            Self::Web(WebError::Refused { .. } | WebError::Status { .. }) => "cloud-refused",
            Self::Web(WebError::NotUnderstood) => "cloud-not-understood",
            Self::NotDone(_) => "cloud-not-done",
        }
    }

    /// What the other side said, or what stood in the way; empty when the code says it all.
    pub fn detail(&self) -> String {
        match self {
            Self::Web(WebError::NotAsked(cause)) => cause.to_string(),
            Self::Web(WebError::Refused { code, text }) => format!("{code}: {text}"),
            Self::Web(WebError::Status { status }) => format!("HTTP {status}"),
            Self::Web(WebError::WrongKey | WebError::NotUnderstood) => String::new(),
            Self::NotDone(words) => words.clone(),
        }
    }
}

impl Office {
    /// Who is registered at the cloud of `account`.
    ///
    /// # Errors
    /// When its tokens are not from the web services, or those do not say.
    pub async fn registered_clients(&self, account: AccountId) -> Result<Vec<CloudClient>, CloudFailure> {
        let Way { services, .. } = self.web_services(account).await?;
        let clients = services.registered_clients(&*self.world.network).await?;
        let view = |client: providers::aculab::RegisteredClient| CloudClient {
            client: client.client_id,
            last_modified: client.last_modified,
            expires: client.expires,
        };
        Ok(clients.into_iter().map(view).collect())
    }

    /// Has a token made for `account`, keeps it and uses it at once.
    ///
    /// # Errors
    /// When its tokens are not from the web services, those refuse, or the phone has stopped.
    pub async fn order_token(&self, phone: &Phone, account: AccountId, order: TokenOrder) -> Result<(), CloudFailure> {
        let Way { services, account: aculab, client } = self.web_services(account.clone()).await?;
        let words = |error: &dyn std::fmt::Display| CloudFailure::NotDone(error.to_string());
        let wish = TokenWish {
            client: client.parse().map_err(|error: model::InvalidName| words(&error))?,
            lifetime: order.lifetime_s.to_string().parse().map_err(|error: providers::aculab::InvalidLifetime| words(&error))?,
            incoming: order.incoming,
            callable: order.callable.expose().parse().map_err(|error: model::InvalidName| words(&error))?,
        };
        let token = services.generate_token(&*self.world.network, &wish).await?;
        let fetched = FetchedToken::now(&aculab, &token, Some(wish.lifetime.duration()), self.world.clock.unix_seconds());
        if let Some(fetched) = fetched {
            let (secrets, key) = (Arc::clone(&self.world.secrets), SecretKey::FetchedToken { account: account.clone() });
            spawn_blocking(move || secrets.set(key, fetched.to_secret())).await.map_err(|failed| words(&failed))?;
        }
        phone.sign_in(account, Secret::new(token.text())).map_err(|stopped| words(&stopped))
    }

    /// The way to the web services of an account.
    async fn web_services(&self, id: AccountId) -> Result<Way, CloudFailure> {
        let none = || CloudFailure::NotDone(format!("{id} has no way to the web services of the cloud"));
        let account = self.settings.borrow().accounts.iter().find(|account| account.id == id).cloned();
        let mut account = account.ok_or_else(none)?;
        let secrets = Arc::clone(&self.world.secrets);
        let filled = spawn_blocking(move || secrets.fill(&mut account).map(|()| account)).await;
        let account = match filled {
            Ok(filled) => filled.map_err(|error| CloudFailure::NotDone(error.to_string()))?,
            Err(failed) => {
                warn!(%failed, "the key store could not be asked");
                return Err(none());
            }
        };
        let Provider::Aculab(aculab) = account.provider else { return Err(none()) };
        let client = aculab.client().ok_or_else(none)?;
        let TokenSource::WebServices { user, .. } = &client.token_source else { return Err(none()) };
        let Password::Known(api_key) = &client.api_key else {
            return Err(CloudFailure::NotDone("its API access key is not known".to_owned()));
        };
        let services = WebServices {
            cloud: aculab.cloud_id.parse().map_err(|error: model::InvalidName| CloudFailure::NotDone(error.to_string()))?,
            user: user.clone(),
            api_key: api_key.clone(),
            server: aculab.web_services.clone(),
            ca_file: (!aculab.ca_file.is_empty()).then(|| aculab.ca_file.clone().into()),
            proxy: Proxy::named(aculab.proxy.expose()),
        };
        let client = client.client_id.expose().to_owned();
        Ok(Way { services, account: aculab, client })
    }
}

/// The web services of an account, the account with its secrets, and its client id.
struct Way {
    services: WebServices,
    account: AculabAccount,
    client: String,
}
