//! `sidetone-cli accounts`.

use std::io::{self, IsTerminal, Write};

use model::{Account, AccountId, AculabInterface, Password, Provider, Secret, Settings};
use store::{KeptIn, KioskPin};

use crate::{
    account,
    args::{AccountArguments, AccountsVerb},
    checks,
    exit::{Exit, Failure},
    input::read_line,
    print::Printer,
    setting::Setting,
};

/// Lists, adds, tries and removes accounts.
pub(crate) async fn run(setting: &Setting, verb: AccountsVerb, printer: Printer) -> Result<Exit, Failure> {
    let file = setting.file();
    let (mut settings, trouble) = setting.load();
    match verb {
        AccountsVerb::List => {
            if let Some(trouble) = trouble {
                printer.line(&trouble);
            }
            list(&settings, printer);
        }
        AccountsVerb::Add { name, account } => {
            refuse_to_overwrite(trouble)?;
            let added = described(&settings, name, &account)?;
            settings.accounts.push(added.clone());
            file.save(&settings).map_err(Failure::usage)?;
            keep(setting, &added, printer);
        }
        AccountsVerb::Test { name } => return checks::account(setting, &name, printer).await,
        AccountsVerb::AcceptKey { name, fingerprint } => return checks::accept_key(setting, &name, &fingerprint, printer).await,
        AccountsVerb::Remove { name } => {
            refuse_to_overwrite(trouble)?;
            let Some(at) = settings.accounts.iter().position(|account| account.id.0 == name) else {
                return Err(Failure::usage(format!("there is no account {name:?}")));
            };
            let removed = settings.accounts.remove(at);
            // A policy ends with its account: a later account of the same name shall not find it.
            settings.auto_answer.retain(|policy| policy.account != removed.id);
            file.save(&settings).map_err(|error| Failure::new(Exit::Failed, error))?;
            setting.secrets.forget(&removed).map_err(|error| Failure::new(Exit::Failed, error))?;
        }
    }
    Ok(Exit::Done)
}

/// Settings that could not be read whole are not written over.
fn refuse_to_overwrite(trouble: Option<String>) -> Result<(), Failure> {
    trouble.map_or(Ok(()), |trouble| Err(Failure::usage(trouble)))
}

fn list(settings: &Settings, printer: Printer) {
    for account in &settings.accounts {
        match printer {
            Printer::Json => printer.value(account),
            Printer::People => {
                let off = if account.enabled { "" } else { " (switched off)" };
                let what = match &account.provider {
                    Provider::Practice => "the practice exchange".to_owned(),
                    Provider::Sip(sip) => format!("{} at {}", sip.user.expose(), sip.server),
                    Provider::Aculab(aculab) => {
                        let who = match &aculab.interface {
                            AculabInterface::V1(caller) => &caller.caller_id,
                            AculabInterface::V2(client) => &client.client_id,
                        };
                        format!("{} at Aculab Cloud {}", who.expose(), aculab.cloud_id)
                    }
                    Provider::Xivo(xivo) => format!("{} at the XiVO {}", xivo.login.expose(), xivo.server),
                };
                printer.line(&format!("{:<16} {what}{off}", account.id.0));
            }
        }
    }
}

fn described(settings: &Settings, name: String, arguments: &AccountArguments) -> Result<Account, Failure> {
    let needs = "an account needs --server and --user, --cloud, or --xivo and --login";
    let mut provider = account::described(arguments)?.ok_or_else(|| Failure::usage(needs))?;
    let id = AccountId(name);
    if settings.accounts.iter().any(|account| account.id == id) {
        return Err(Failure::usage(format!("there is already an account {id}")));
    }
    let password = match &mut provider {
        Provider::Sip(sip) => Some(&mut sip.password),
        Provider::Xivo(xivo) => Some(&mut xivo.password),
        Provider::Practice | Provider::Aculab(_) => None,
    };
    if let Some(password) = password.filter(|password| **password == Password::Unknown) {
        *password = Password::Known(ask_secret("Password")?);
    }
    Ok(Account { id, enabled: true, provider })
}

fn keep(setting: &Setting, account: &Account, printer: Printer) {
    if let KeptIn::ThisRun { because } = setting.secrets.keep(account) {
        let why = because.map_or_else(String::new, |error| format!(": {error}"));
        printer
            .line(&format!("the password could not be kept{why}; give the account's options with --password-env when calling"));
    }
}

/// Prints what the profile of a kiosk keeps of a PIN.
pub(crate) fn kiosk_pin(printer: Printer) -> Result<Exit, Failure> {
    let hash = KioskPin::hash(&ask_secret("PIN")?).map_err(Failure::usage)?;
    printer.line(&format!("pin = \"{hash}\""));
    if let Printer::Json = printer {
        printer.value(&serde_json::json!({ "pin": hash }));
    }
    Ok(Exit::Done)
}

/// Reads a secret from standard input. It is not hidden: who does not want it on the screen uses --password-env.
fn ask_secret(what: &str) -> Result<Secret, Failure> {
    let failed = |error: io::Error| Failure::new(Exit::Failed, format!("the input cannot be read: {error}"));
    if io::stdin().is_terminal() {
        let mut screen = io::stderr();
        write!(screen, "{what} (shown while typed): ").and_then(|()| screen.flush()).map_err(failed)?;
    }
    Ok(Secret::new(read_line()?.trim_end_matches(['\r', '\n'])))
}
