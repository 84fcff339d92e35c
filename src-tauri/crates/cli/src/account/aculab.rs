//! An account at Aculab Cloud from the command line.

use clap::Args;
use model::{AculabAccount, AculabCaller, AculabClient, AculabInterface, CallerId, Password, Secret, TokenSource};

use super::from_environment;
use crate::exit::Failure;

/// What describes one, beside what all accounts have.
#[derive(Clone, Debug, Args)]
pub(crate) struct AculabArguments {
    /// Aculab Cloud, as 1-2-0, in the place of a SIP server.
    #[arg(long, value_name = "CLOUD", group = "service")]
    pub(crate) cloud: Option<String>,
    /// Its first interface: who the called service is told is calling; with --account, in this call only.
    #[arg(long, value_name = "ID", conflicts_with_all = ["access_key", "client_id"])]
    pub(crate) caller_id: Option<CallerId>,
    /// Its second interface: the access key of WebRTC.
    #[arg(long, value_name = "KEY", requires_all = ["cloud", "client_id"])]
    access_key: Option<String>,
    /// Who we are there.
    #[arg(long, value_name = "ID", requires_all = ["cloud", "access_key"])]
    client_id: Option<String>,
    /// Environment variable that holds a token, with which to register and to call clients.
    #[arg(long, value_name = "VARIABLE", requires = "client_id", group = "token")]
    token_env: Option<String>,
    /// Web server of your own that tokens come from.
    #[arg(long, value_name = "URL", requires = "client_id", group = "token")]
    token_url: Option<String>,
    /// User of the cloud's web services, where tokens come from then.
    #[arg(long, value_name = "NAME", requires_all = ["client_id", "key_env"], group = "token")]
    cloud_user: Option<String>,
    /// Environment variable that holds the API access key of that user.
    #[arg(long, value_name = "VARIABLE", requires = "cloud_user")]
    key_env: Option<String>,
    /// Clients that may be called with those tokens: 'bob,agent*', or '*' for all.
    #[arg(long, value_name = "CLIENTS", requires = "cloud_user")]
    call_client: Option<String>,
    /// wss://host[:port]/path of a private cloud.
    #[arg(long, value_name = "URL", requires = "cloud")]
    cloud_server: Option<String>,
    /// https://host[:port] of its web services.
    #[arg(long, value_name = "URL", requires = "cloud")]
    web_services: Option<String>,
    /// How much of it is logged: 0 (nothing) to 6 (its messages too, without secrets and people); as everything else when missing.
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=6))]
    pub(crate) log_level: Option<u8>,
    /// Calls at once.
    #[arg(long, value_name = "NUMBER", requires = "client_id")]
    max_concurrent: Option<u32>,
}

/// The account they describe; none without a cloud.
pub(super) fn described(arguments: &AculabArguments, registers: bool) -> Result<Option<AculabAccount>, Failure> {
    let Some(cloud) = &arguments.cloud else { return Ok(None) };
    let caller_id = arguments.caller_id.as_ref().map(CallerId::as_str);
    let interface = match (caller_id, &arguments.access_key, &arguments.client_id) {
        (Some(caller), _, _) => AculabInterface::V1(AculabCaller::new(caller)),
        (None, Some(key), Some(id)) => AculabInterface::V2(client(arguments, key, id, registers)?),
        (None, _, _) => {
            return Err(Failure::usage("an account at Aculab Cloud needs --caller-id, or --access-key and --client-id"));
        }
    };
    let mut account = AculabAccount::at_cloud(cloud.clone(), interface);
    account.log_level = arguments.log_level;
    account.server = arguments.cloud_server.clone().unwrap_or_default();
    account.web_services = arguments.web_services.clone().unwrap_or_default();
    Ok(Some(account))
}

fn client(arguments: &AculabArguments, key: &str, id: &str, registers: bool) -> Result<AculabClient, Failure> {
    let mut client = AculabClient::new(key.to_owned(), id);
    let secret = |variable, what| Ok::<_, Failure>(Password::Known(Secret::new(from_environment(variable, what)?)));
    if let Some(variable) = &arguments.token_env {
        client.token = secret(variable, "a token")?;
    }
    if let Some(url) = &arguments.token_url {
        client.token_source = TokenSource::Url { url: url.clone() };
    }
    if let (Some(user), Some(variable)) = (&arguments.cloud_user, &arguments.key_env) {
        client.api_key = secret(variable, "an API access key")?;
        client.token_source = TokenSource::WebServices {
            user: user.as_str().into(),
            lifetime_s: 3_600,
            callable: arguments.call_client.clone().unwrap_or_default().into(),
        };
    }
    // Without a token nobody can register, and services can be called all the same.
    let has_source = client.token != Password::Unknown || client.token_source != TokenSource::Pasted;
    client.accept_calls = registers && has_source;
    client.max_concurrent = arguments.max_concurrent.unwrap_or(client.max_concurrent);
    Ok(client)
}
