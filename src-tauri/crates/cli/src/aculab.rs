//! `sidetone-cli aculab`: the web services of Aculab Cloud.

use std::{env, path::PathBuf, sync::Arc};

use clap::{Args, Subcommand};
use model::{Callable, ClientId, CloudId, Secret};
use phone::SystemClock;
use providers::{
    aculab::{TokenLifetime, TokenWish, WebError, WebServices},
    net::{Proxy, Sockets},
};

use crate::{
    exit::{Exit, Failure},
    print::Printer,
};

#[derive(Debug, Subcommand)]
pub(crate) enum AculabVerb {
    /// Have a token made, with which a client registers and calls other clients.
    Token {
        #[command(flatten)]
        access: AccessArguments,
        /// The client that will use it.
        #[arg(long, value_name = "ID")]
        client_id: ClientId,
        /// How long it lasts, 600 to 86400 seconds; an hour when missing.
        #[arg(long, value_name = "SECONDS")]
        ttl: Option<TokenLifetime>,
        /// It shall not be good for being called.
        #[arg(long)]
        no_incoming: bool,
        /// Clients that may be called with it: 'bob,agent*', or '*' for all; none when missing.
        #[arg(long, value_name = "CLIENTS")]
        call_client: Option<Callable>,
    },
    /// Who is registered.
    Clients {
        #[command(flatten)]
        access: AccessArguments,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AccessArguments {
    /// The cloud, as 1-2-0.
    #[arg(long, value_name = "CLOUD")]
    cloud: CloudId,
    /// User name at the cloud.
    #[arg(long, value_name = "NAME")]
    user: String,
    /// The variable of the environment that holds the API access key.
    #[arg(long, value_name = "VARIABLE")]
    key_env: String,
    /// Where the web services are, instead of at the cloud.
    #[arg(long, value_name = "URL")]
    web_services: Option<String>,
    /// PEM file with further authorities to trust.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// HTTP proxy, http://[user:password@]host:port; the system's when missing, none when 'direct'.
    #[arg(long, value_name = "PROXY")]
    proxy: Option<String>,
}

/// Asks the web services and prints what they say.
pub(crate) async fn run(verb: AculabVerb, printer: Printer) -> Result<Exit, Failure> {
    let network = Sockets::new(Arc::new(SystemClock::start()));
    match verb {
        AculabVerb::Token { access, client_id, ttl, no_incoming, call_client } => {
            let wish = TokenWish {
                client: client_id,
                lifetime: ttl.unwrap_or_default(),
                incoming: !no_incoming,
                callable: call_client.unwrap_or_default(),
            };
            let made = services(access)?.generate_token(&network, &wish).await.map_err(failure)?;
            let lifetime_s = made.claims().and_then(|claims| claims.lifetime()).map(|lifetime| lifetime.as_secs());
            printer.line(made.text());
            if let Printer::Json = printer {
                printer.value(&serde_json::json!({ "token": made.text(), "lifetime_s": lifetime_s }));
            }
        }
        AculabVerb::Clients { access } => {
            let clients = services(access)?.registered_clients(&network).await.map_err(failure)?;
            for client in &clients {
                match printer {
                    Printer::Json => printer.value(client),
                    Printer::People => {
                        let until = client.expires.replace('_', " ");
                        printer.line(&format!("{:<24} until {until}", client.client_id.expose()));
                    }
                }
            }
            if clients.is_empty() {
                printer.line("nobody is registered");
            }
        }
    }
    Ok(Exit::Done)
}

fn services(access: AccessArguments) -> Result<WebServices, Failure> {
    let variable = &access.key_env;
    let api_key = env::var(variable)
        .map_err(|_| Failure::usage(format!("the environment has no variable {variable} with an API access key")))?;
    let proxy = Proxy::named(access.proxy.as_deref().unwrap_or_default());
    Ok(WebServices {
        cloud: access.cloud,
        user: access.user.into(),
        api_key: Secret::new(api_key),
        server: access.web_services.unwrap_or_default(),
        ca_file: access.ca,
        proxy,
    })
}

fn failure(error: WebError) -> Failure {
    let exit = match &error {
        WebError::NotAsked(cause) => Exit::of_offline(cause),
        WebError::WrongKey => Exit::NotAuthorised,
        WebError::Refused { .. } | WebError::Status { .. } | WebError::NotUnderstood => Exit::Failed,
    };
    Failure::new(exit, error)
}
