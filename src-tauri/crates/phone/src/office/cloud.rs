//! The web services of Aculab Cloud for the faces: tokens to order, and who is registered.

use std::sync::Arc;

use model::{
    AccountId, AculabAccount, CloudClient, FieldFault, FieldProblem, Password, Provider, Refusal, Secret, SecretKey, TokenOrder,
    TokenSource,
};
use providers::{
    aculab::{FetchedToken, LIFETIMES_S, TokenWish, WebServices},
    net::Proxy,
};
use tokio::task::spawn_blocking;

use super::{Office, broken, of_key_store};
use crate::phone::Phone;

/// A lifetime that the cloud does not grant.
fn not_granted() -> FieldFault {
    FieldFault::NotSeconds { from: *LIFETIMES_S.start(), to: *LIFETIMES_S.end() }
}

/// What was ordered cannot be had.
fn wrong(field: &str, fault: FieldFault) -> Refusal {
    Refusal::Fields { problems: vec![FieldProblem { field: field.into(), fault }] }
}

impl Office {
    /// Who is registered at the cloud of `account`.
    ///
    /// # Errors
    /// When its tokens are not from the web services, or those do not say.
    pub async fn registered_clients(&self, account: AccountId) -> Result<Vec<CloudClient>, Refusal> {
        let Way { services, .. } = self.web_services(account).await?;
        let clients = services.registered_clients(&*self.world.network).await.map_err(Refusal::from)?;
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
    pub async fn order_token(&self, phone: &Phone, account: AccountId, order: TokenOrder) -> Result<(), Refusal> {
        let Way { services, account: aculab, client } = self.web_services(account.clone()).await?;
        let wish = TokenWish {
            client: client.parse().map_err(|_| wrong("client_id", FieldFault::NotAClient))?,
            lifetime: order.lifetime_s.to_string().parse().map_err(|_| wrong("lifetime_s", not_granted()))?,
            incoming: order.incoming,
            callable: order.callable.expose().parse().map_err(|_| wrong("callable", FieldFault::NotClients))?,
        };
        let token = services.generate_token(&*self.world.network, &wish).await.map_err(Refusal::from)?;
        let fetched = FetchedToken::now(&aculab, &token, Some(wish.lifetime.duration()), self.world.clock.unix_seconds());
        if let Some(fetched) = fetched {
            let (secrets, key) = (Arc::clone(&self.world.secrets), SecretKey::FetchedToken { account: account.clone() });
            spawn_blocking(move || secrets.set(key, fetched.to_secret())).await.map_err(broken)?;
        }
        Ok(phone.sign_in(account, Secret::new(token.text()))?)
    }

    /// The way to the web services of an account.
    async fn web_services(&self, id: AccountId) -> Result<Way, Refusal> {
        let account = self.settings.borrow().accounts.iter().find(|account| account.id == id).cloned();
        let mut account = account.ok_or(Refusal::NoCloud)?;
        let secrets = Arc::clone(&self.world.secrets);
        let filled = spawn_blocking(move || secrets.fill(&mut account).map(|()| account));
        let account = filled.await.map_err(broken)?.map_err(of_key_store)?;
        let Provider::Aculab(aculab) = account.provider else { return Err(Refusal::NoCloud) };
        let client = aculab.client().ok_or(Refusal::NoCloud)?;
        let TokenSource::WebServices { user, .. } = &client.token_source else { return Err(Refusal::NoCloud) };
        let Password::Known(api_key) = &client.api_key else {
            return Err(Refusal::NoCloudKey);
        };
        let services = WebServices {
            cloud: aculab.cloud_id.parse().map_err(|_| wrong("cloud_id", FieldFault::NotACloud))?,
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
