//! `sidetone-cli ice`, `accounts test` and `settings`: what is configured, tried without a call.

use std::{fmt::Display, path::PathBuf, sync::Arc};

use audio::NullHost;
use clap::{Args, Subcommand};
use model::{
    Account, AccountId, AccountStep, IceServer, IceTrial, IceUrl, Provider, Secret, Settings, SipAccount, TrialFact, TrialOutcome,
};
use phone::{Office, Phone, PhoneOptions, RealWorld, RemoteAnswer, RemoteError, RemoteRequest, ask_remote, pin_key};
use serde::Serialize;
use serde_json::{Value, json};
use store::SettingsFile;

use crate::{
    args::{IceArgument, ice_server},
    exit::{Exit, Failure},
    print::Printer,
    setting::Setting,
};

/// The name of an account that only carries servers to be tried.
const PASSING: &str = "trial";

#[derive(Debug, Subcommand)]
pub(crate) enum IceVerb {
    /// Try STUN and TURN servers, and say which step fails.
    Test(IceArguments),
}

#[derive(Debug, Args)]
pub(crate) struct IceArguments {
    /// stun:host[:port], turn:user:secret@host[:port][?transport=tcp], turns:…; those of the accounts when missing.
    #[arg(value_name = "SERVER", value_parser = ice_server)]
    servers: Vec<IceArgument>,
    /// The servers of this account only.
    #[arg(long, value_name = "NAME", conflicts_with = "servers")]
    account: Option<String>,
    /// PEM file with further certificate authorities to trust.
    #[arg(long, value_name = "FILE", requires = "servers")]
    ca: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsVerb {
    /// Say what in the settings cannot work, field by field.
    Check {
        /// Another file than the one in the data folder.
        file: Option<PathBuf>,
    },
}

/// Tries servers.
pub(crate) async fn ice(setting: &Setting, verb: IceVerb, printer: Printer) -> Result<Exit, Failure> {
    let IceVerb::Test(arguments) = verb;
    let trials =
        if arguments.servers.is_empty() { of_accounts(setting, arguments.account.as_deref())? } else { of_arguments(arguments)? };
    if trials.is_empty() {
        return Err(Failure::usage("no account has a STUN or TURN server; name one to try it"));
    }
    let (phone, _world) = idle_phone(setting)?;
    let mut exit = Exit::Done;
    for (account, url, credential) in trials {
        let trial = phone.office().try_ice(account, &url, credential).await;
        let trial = trial.ok_or_else(|| Failure::new(Exit::Failed, "the key store could not be asked"))?;
        print_ice(&url, &trial, printer);
        if trial.failed().is_some() {
            exit = Exit::Unreachable;
        }
    }
    phone.stop().await;
    Ok(exit)
}

/// Tries a configured account.
pub(crate) async fn account(setting: &Setting, name: &str, printer: Printer) -> Result<Exit, Failure> {
    let account = configured(setting, Some(name))?.swap_remove(0);
    let (phone, _world) = idle_phone(setting)?;
    let trial = phone.office().try_account(account, None).await;
    match printer {
        Printer::Json => printer.value(&json!({ "steps": spoken_steps(&trial.steps, |step| &step.fact) })),
        Printer::People => {
            for step in &trial.steps {
                printer.line(&step_words(&step.step, step.outcome, &step.fact, step.ms));
            }
        }
    }
    phone.stop().await;
    Ok(match trial.failed().map(|failed| failed.step) {
        None => Exit::Done,
        Some(AccountStep::Settings) => Exit::Usage,
        Some(AccountStep::Registration) => Exit::NotAuthorised,
        Some(AccountStep::Name | AccountStep::Connection | AccountStep::Tls | AccountStep::WebSocket) => Exit::Unreachable,
    })
}

/// Knows the server of an account by the key that it shows now: in the running phone, else in the settings file.
pub(crate) async fn accept_key(setting: &Setting, name: &str, fingerprint: &str, printer: Printer) -> Result<Exit, Failure> {
    let account = AccountId(name.to_owned());
    let request = RemoteRequest::AcceptKey { account: account.clone(), found: fingerprint.to_owned() };
    match ask_remote(setting.folder.path(), &request).await {
        Ok(RemoteAnswer::Accepted) => {}
        Ok(RemoteAnswer::Refused(words)) => return Err(Failure::new(Exit::Failed, words)),
        Ok(_) => return Err(Failure::new(Exit::NoPhone, "the running phone is of another version")),
        Err(RemoteError::NoPhone(_)) => {
            let configured = configured(setting, Some(name))?.swap_remove(0);
            let (mut settings, trouble) = setting.load();
            if let Some(trouble) = trouble {
                // What could not be read whole is not written over.
                return Err(Failure::usage(trouble));
            }
            let (phone, _world) = idle_phone(setting)?;
            let shown = phone.office().other_key(configured).await;
            phone.stop().await;
            pin_key(&mut settings, &account, fingerprint, shown).map_err(|words| Failure::new(Exit::Failed, words))?;
            setting.file().save(&settings).map_err(|error| Failure::new(Exit::Failed, error))?;
        }
        Err(error) => return Err(Failure::new(Exit::NoPhone, error)),
    }
    printer.line(&format!("the server of {name} is known by the key {fingerprint} from now on"));
    Ok(Exit::Done)
}

/// Looks at everything that calls of an account depend on.
pub(crate) async fn diagnose(setting: &Setting, name: Option<&str>, printer: Printer) -> Result<Exit, Failure> {
    let (phone, _world) = idle_phone(setting)?;
    let mut exit = Exit::Done;
    for account in configured(setting, name)? {
        let id = account.id.clone();
        let checks = phone.office().diagnose(account).await;
        if checks.iter().any(|check| check.outcome == TrialOutcome::Failed) {
            exit = Exit::Unreachable;
        }
        match printer {
            Printer::Json => printer.value(&json!({ "account": id, "checks": checks })),
            Printer::People => {
                printer.line(&id.0);
                checks.iter().for_each(|check| printer.line(&step_words(&check.name, check.outcome, &check.fact, check.ms)));
            }
        }
    }
    phone.stop().await;
    Ok(exit)
}

/// Checks the settings.
pub(crate) fn settings(setting: &Setting, verb: SettingsVerb, printer: Printer) -> Result<Exit, Failure> {
    let SettingsVerb::Check { file } = verb;
    let named = file.is_some();
    let path = file.unwrap_or_else(|| setting.folder.settings_file());
    if !named && !path.exists() {
        printer.line(&format!("{} is not there: everything is as it comes", path.display()));
        return Ok(Exit::Done);
    }
    // Only read: a damaged file stays where it is.
    let settings = SettingsFile::at(&path).read().map_err(Failure::usage)?;
    let problems = Office::check(&settings);
    for problem in &problems {
        match printer {
            Printer::Json => printer.value(&spoken(problem, &problem.fault)),
            Printer::People => printer.line(&format!("{} {}", problem.field, problem.fault)),
        }
    }
    if problems.is_empty() {
        printer.line(&format!("{} is in order", path.display()));
        return Ok(Exit::Done);
    }
    Ok(Exit::Usage)
}

/// One server to try: the account that has it, and the secret where it was given.
type Tried = (Account, IceUrl, Option<Secret>);

fn of_accounts(setting: &Setting, name: Option<&str>) -> Result<Vec<Tried>, Failure> {
    let mut tried = Vec::new();
    for account in configured(setting, name)? {
        tried.extend(account.provider.ice_servers().iter().map(|server| (account.clone(), server.url.clone(), None)));
    }
    Ok(tried)
}

fn of_arguments(arguments: IceArguments) -> Result<Vec<Tried>, Failure> {
    let ca_file = match &arguments.ca {
        Some(ca) => ca.to_str().ok_or_else(|| Failure::usage("the path of --ca is not text"))?.to_owned(),
        None => String::new(),
    };
    let tried = |IceArgument { url, username, credential }: IceArgument| {
        let mut sip = SipAccount::at_server(String::new(), PASSING);
        sip.ca_file.clone_from(&ca_file);
        sip.ice_servers = vec![IceServer { url: url.clone(), username: username.into(), credential: credential.clone() }];
        (Account { id: AccountId(PASSING.into()), enabled: true, provider: Provider::Sip(sip) }, url, Some(credential))
    };
    Ok(arguments.servers.into_iter().map(tried).collect())
}

/// The accounts of the settings, or the one of a name: at least one.
fn configured(setting: &Setting, name: Option<&str>) -> Result<Vec<Account>, Failure> {
    let (settings, trouble) = setting.load();
    if let Some(trouble) = trouble {
        return Err(Failure::usage(trouble));
    }
    let mut accounts = settings.accounts;
    accounts.retain(|account| name.is_none_or(|name| account.id.0 == name));
    match (accounts.is_empty(), name) {
        (true, Some(name)) => Err(Failure::usage(format!("there is no account {name:?}"))),
        (true, None) => Err(Failure::usage("there is no account")),
        (false, _) => Ok(accounts),
    }
}

/// A phone without accounts and sound, for what its office can do; the world must live as long.
fn idle_phone(setting: &Setting) -> Result<(Phone, RealWorld), Failure> {
    let world = setting.world(Arc::new(NullHost))?;
    let settings = Settings { accounts: Vec::new(), ..Settings::default() };
    let (phone, _events) = Phone::start(world.world().clone(), PhoneOptions::passing(settings));
    Ok((phone, world))
}

fn print_ice(url: &IceUrl, trial: &IceTrial, printer: Printer) {
    match printer {
        Printer::Json => {
            let steps = spoken_steps(&trial.steps, |step| &step.fact);
            printer.value(&json!({ "server": url.to_string(), "steps": steps }));
        }
        Printer::People => {
            printer.line(&format!("{url}: {}", if trial.failed().is_none() { "works" } else { "does not work" }));
            for step in &trial.steps {
                printer.line(&step_words(&step.step, step.outcome, &step.fact, step.ms));
            }
        }
    }
}

/// Each step with its words in English beside its codes.
fn spoken_steps<Step: Serialize>(steps: &[Step], fact: impl Fn(&Step) -> &TrialFact) -> Vec<Value> {
    steps.iter().map(|step| spoken(step, fact(step))).collect()
}

/// An object with its words in English beside its codes.
fn spoken(object: &impl Serialize, words: &impl Display) -> Value {
    let mut object = json!(object);
    object["words"] = words.to_string().into();
    object
}

fn step_words(step: &impl Serialize, outcome: TrialOutcome, words: &impl Display, ms: Option<f64>) -> String {
    let name = serde_json::to_value(step).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    let outcome = match outcome {
        TrialOutcome::Passed => "done",
        TrialOutcome::Failed => "FAILED",
        TrialOutcome::Skipped => "-",
    };
    let after = ms.map_or_else(String::new, |ms| format!("{ms:.0} ms"));
    format!("  {name:<13} {outcome:<7} {after:>8}  {words}").trim_end().to_owned()
}
