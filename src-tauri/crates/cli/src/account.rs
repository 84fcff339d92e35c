//! Accounts from the command line and from settings.

use model::{Account, AccountId, IcePolicy, IceServer, Password, Provider, Secret, Settings, SipAccount};

use crate::{
    args::{AccountArguments, SourceArguments},
    exit::Failure,
};

/// The name of the account made of the command line alone.
const ONE_OFF: &str = "command-line";

/// The account the arguments describe; `None` when they describe none.
pub(crate) fn described(arguments: &AccountArguments) -> Result<Option<SipAccount>, Failure> {
    let (Some(server), Some(user)) = (&arguments.server, &arguments.user) else { return Ok(None) };
    let mut sip = SipAccount::at_server(server.clone(), user);
    let text = |option: &Option<String>| option.clone().unwrap_or_default();
    sip.domain = text(&arguments.domain);
    sip.display_name = text(&arguments.name_shown).into();
    sip.auth_user = text(&arguments.auth_user).into();
    sip.realm = text(&arguments.realm);
    sip.proxy = text(&arguments.proxy).into();
    if let Some(variable) = &arguments.password_env {
        let password = std::env::var(variable)
            .map_err(|_| Failure::usage(format!("the environment has no variable {variable} with a password")))?;
        sip.password = Password::Known(Secret::new(password));
    }
    if let Some(ca) = &arguments.ca {
        sip.ca_file = ca.to_str().ok_or_else(|| Failure::usage("the path of --ca is not text"))?.to_owned();
    }
    sip.allow_plain_ws = arguments.allow_plain_ws;
    sip.register = !arguments.no_register;
    sip.expires_s = arguments.expires.unwrap_or(sip.expires_s);
    sip.dtmf = arguments.dtmf_mode.map_or(sip.dtmf, Into::into);
    let server = |ice: &crate::args::IceArgument| IceServer {
        url: ice.url.clone(),
        username: ice.username.clone(),
        credential: ice.credential.clone(),
    };
    sip.ice_servers = arguments.ice.iter().map(server).collect();
    sip.ice_policy = match (arguments.relay_only, arguments.host_only) {
        (true, _) => IcePolicy::RelayOnly,
        (false, true) => IcePolicy::HostOnly,
        (false, false) => IcePolicy::All,
    };
    Ok(Some(sip))
}

/// Leaves exactly the account in the settings that the arguments choose, for `call`.
pub(crate) fn choose(settings: &mut Settings, source: &SourceArguments) -> Result<AccountId, Failure> {
    let account = match (described(&source.one_off)?, &source.account) {
        (Some(sip), _) => Account { id: AccountId(ONE_OFF.into()), enabled: true, provider: Provider::Sip(sip) },
        (None, Some(name)) => {
            let found = settings.accounts.iter().find(|account| account.id.0 == *name).cloned();
            let mut account = found.ok_or_else(|| Failure::usage(unknown(settings, name)))?;
            account.enabled = true;
            account
        }
        (None, None) => Account { id: AccountId("practice".into()), enabled: true, provider: Provider::Practice },
    };
    let id = account.id.clone();
    settings.accounts = vec![account];
    Ok(id)
}

/// The accounts that `run` serves: the one that is chosen, or all that are configured.
pub(crate) fn choose_to_serve(settings: &mut Settings, source: &SourceArguments) -> Result<(), Failure> {
    if source.account.is_some() || source.one_off.server.is_some() {
        choose(settings, source)?;
    }
    Ok(())
}

fn unknown(settings: &Settings, name: &str) -> String {
    let known: Vec<&str> = settings.accounts.iter().map(|account| account.id.0.as_str()).collect();
    format!("there is no account {name:?}; there is {}", if known.is_empty() { "none".into() } else { known.join(", ") })
}
