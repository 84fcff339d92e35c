//! Accounts from the command line and from settings.

mod aculab;
mod xivo;

use model::{
    Account, AccountId, AculabAccount, IcePolicy, IceServer, Password, Personal, Provider, Secret, Settings, SipAccount,
    XivoAccount,
};
use store::Secrets;

use crate::{
    args::{AccountArguments, SourceArguments},
    exit::Failure,
};

pub(crate) use aculab::AculabArguments;
pub(crate) use xivo::XivoAccountArguments;

/// The name of the account made of the command line alone.
const ONE_OFF: &str = "command-line";

/// The account the arguments describe; `None` when they describe none.
pub(crate) fn described(arguments: &AccountArguments) -> Result<Option<Provider>, Failure> {
    let of_the_cloud =
        [("--caller-id", arguments.aculab.caller_id.is_some()), ("--log-level", arguments.aculab.log_level.is_some())];
    if (arguments.server.is_some() || arguments.xivo.xivo.is_some())
        && let Some((option, _)) = of_the_cloud.iter().find(|(_, given)| *given)
    {
        return Err(Failure::usage(format!("{option} is for accounts at Aculab Cloud")));
    }
    if let Some(aculab) = described_at_cloud(arguments)? {
        return Ok(Some(Provider::Aculab(aculab)));
    }
    if let Some(xivo) = described_at_xivo(arguments)? {
        return Ok(Some(Provider::Xivo(xivo)));
    }
    Ok(described_at_server(arguments)?.map(Provider::Sip))
}

fn described_at_xivo(arguments: &AccountArguments) -> Result<Option<XivoAccount>, Failure> {
    let Some(mut xivo) = xivo::described(&arguments.xivo)? else { return Ok(None) };
    if arguments.no_register {
        return Err(Failure::usage("a line of a XiVO is registered; --no-register is for others"));
    }
    xivo.proxy = arguments.proxy.clone().unwrap_or_default().into();
    xivo.ca_file = ca_file(arguments)?;
    let servers = ice_servers(arguments);
    xivo.ice_servers = (!servers.is_empty() || arguments.host_only).then_some(servers);
    xivo.ice_policy = ice_policy(arguments);
    Ok(Some(xivo))
}

fn described_at_cloud(arguments: &AccountArguments) -> Result<Option<AculabAccount>, Failure> {
    let Some(mut aculab) = aculab::described(&arguments.aculab, !arguments.no_register)? else { return Ok(None) };
    aculab.proxy = arguments.proxy.clone().unwrap_or_default().into();
    aculab.ca_file = ca_file(arguments)?;
    let servers = ice_servers(arguments);
    aculab.ice_servers = (!servers.is_empty() || arguments.host_only).then_some(servers);
    aculab.ice_policy = ice_policy(arguments);
    Ok(Some(aculab))
}

fn described_at_server(arguments: &AccountArguments) -> Result<Option<SipAccount>, Failure> {
    let (Some(server), Some(user)) = (&arguments.server, &arguments.user) else { return Ok(None) };
    let mut sip = SipAccount::at_server(server.clone(), user);
    let text = |option: &Option<String>| option.clone().unwrap_or_default();
    sip.domain = text(&arguments.domain);
    sip.display_name = text(&arguments.name_shown).into();
    sip.auth_user = text(&arguments.auth_user).into();
    sip.realm = text(&arguments.realm);
    sip.proxy = text(&arguments.proxy).into();
    if let Some(variable) = &arguments.password_env {
        sip.password = Password::Known(Secret::new(from_environment(variable, "a password")?));
    }
    sip.ca_file = ca_file(arguments)?;
    sip.allow_plain_ws = arguments.allow_plain_ws;
    sip.register = !arguments.no_register;
    sip.expires_s = arguments.expires.unwrap_or(sip.expires_s);
    sip.dtmf = arguments.dtmf_mode.map_or(sip.dtmf, Into::into);
    sip.ice_servers = ice_servers(arguments);
    sip.ice_policy = ice_policy(arguments);
    Ok(Some(sip))
}

/// What a variable of the environment holds; `what` says what is looked for.
fn from_environment(variable: &str, what: &str) -> Result<String, Failure> {
    std::env::var(variable).map_err(|_| Failure::usage(format!("the environment has no variable {variable} with {what}")))
}

fn ca_file(arguments: &AccountArguments) -> Result<String, Failure> {
    let Some(ca) = &arguments.ca else { return Ok(String::new()) };
    // Whether it holds what it should is seen with the first connection; a wrong name is better told before.
    let unusable = |words: String| Failure::usage(format!("{}: {words}", ca.display()));
    // A pipe would be waited for.
    if !std::fs::metadata(ca).map_err(|error| unusable(error.to_string()))?.is_file() {
        return Err(unusable("it is no file".into()));
    }
    std::fs::File::open(ca).map_err(|error| unusable(error.to_string()))?;
    Ok(ca.to_str().ok_or_else(|| Failure::usage("the path of --ca is not text"))?.to_owned())
}

fn ice_servers(arguments: &AccountArguments) -> Vec<IceServer> {
    let server = |ice: &crate::args::IceArgument| IceServer {
        url: ice.url.clone(),
        username: ice.username.as_str().into(),
        credential: ice.credential.clone(),
    };
    arguments.ice.iter().map(server).collect()
}

fn ice_policy(arguments: &AccountArguments) -> IcePolicy {
    match (arguments.relay_only, arguments.host_only) {
        (true, _) => IcePolicy::RelayOnly,
        (false, true) => IcePolicy::HostOnly,
        (false, false) => IcePolicy::All,
    }
}

/// Leaves exactly the account in the settings that the arguments choose, for `call`. Of one that is made of them nothing is
/// kept after this run.
pub(crate) fn choose(settings: &mut Settings, source: &SourceArguments, secrets: &Secrets) -> Result<AccountId, Failure> {
    let mut account = match (described(&source.one_off)?, &source.account) {
        (Some(provider), _) => {
            let account = Account { id: AccountId(ONE_OFF.into()), enabled: true, provider };
            secrets.keep_for_this_run(&account);
            account
        }
        (None, Some(name)) => {
            let found = settings.accounts.iter().find(|account| account.id.0 == *name).cloned();
            let mut account = found.ok_or_else(|| Failure::usage(unknown(settings, name)))?;
            account.enabled = true;
            account
        }
        (None, None) => Account { id: AccountId("practice".into()), enabled: true, provider: Provider::Practice },
    };
    match (&mut account.provider, source.one_off.aculab.log_level) {
        (_, None) => {}
        (Provider::Aculab(aculab), level) => aculab.log_level = level,
        (_, Some(_)) => return Err(Failure::usage("--log-level is for accounts at Aculab Cloud")),
    }
    let id = account.id.clone();
    settings.accounts = vec![account];
    Ok(id)
}

/// Who a call is to be from, where that was asked for; an account that is made of the arguments has it already.
pub(crate) fn caller_id(source: &SourceArguments) -> Option<Personal> {
    let aculab = &source.one_off.aculab;
    aculab.caller_id.as_ref().filter(|_| aculab.cloud.is_none()).map(|id| id.as_str().into())
}

/// The accounts that `run` serves: the one that is chosen, or all that are configured.
pub(crate) fn choose_to_serve(settings: &mut Settings, source: &SourceArguments, secrets: &Secrets) -> Result<(), Failure> {
    if caller_id(source).is_some() {
        return Err(Failure::usage("--caller-id is chosen for a call: give it to 'call' or 'dial', or keep it in the account"));
    }
    if source.account.is_some() || source.one_off.is_given() {
        choose(settings, source, secrets)?;
    }
    Ok(())
}

fn unknown(settings: &Settings, name: &str) -> String {
    let known: Vec<&str> = settings.accounts.iter().map(|account| account.id.0.as_str()).collect();
    format!("there is no account {name:?}; there is {}", if known.is_empty() { "none".into() } else { known.join(", ") })
}
