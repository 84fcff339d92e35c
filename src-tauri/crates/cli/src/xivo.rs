//! `sidetone-cli xivo`: what a XiVO does for its user beside calls here, and the control of his desk phone.

mod verbs;
mod words;

use std::{sync::Arc, time::Duration};

use clap::{Args, Subcommand};
use model::{Clock, Provider, XivoAccount};
use phone::{Randomness, SystemClock, SystemRandomness};
use providers::{
    net::{Network, Sockets},
    xivo::{
        Visit, VisitError,
        cti::{CtiCommand, CtiMessage, PhoneEventType},
        ice_config::{Masked, read_ice_urls},
    },
};

use self::verbs::{Order, Question};
use crate::{
    account,
    args::AccountArguments,
    exit::{Exit, Failure},
    print::Printer,
    setting::Setting,
};

/// How long an answer may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// A command about a call has no answer of its own: a refusal would come within this.
const REFUSES_WITHIN: Duration = Duration::from_millis(700);

#[derive(Debug, Args)]
pub(crate) struct XivoArguments {
    /// A configured account; the only one at a XiVO when missing.
    #[arg(long, value_name = "NAME", global = true)]
    account: Option<String>,
    #[command(flatten)]
    one_off: Box<AccountArguments>,
    #[command(subcommand)]
    verb: XivoVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum XivoVerb {
    /// Read a list as XiVO's own library takes it (setIceUrls), in either of its shapes, and print it as it would be used.
    ReadIceUrls {
        /// A JSON array.
        list: String,
    },
    /// Who the user is, and his services.
    User,
    /// What the user says he is doing; what he may say, when missing.
    Status {
        /// Its name.
        status: Option<String>,
    },
    #[command(flatten)]
    Question(Question),
    #[command(flatten)]
    Order(Order),
}

/// Asks the XiVO and prints what it says.
pub(crate) async fn run(setting: &Setting, arguments: XivoArguments, printer: Printer) -> Result<Exit, Failure> {
    if let XivoVerb::ReadIceUrls { list } = &arguments.verb {
        let list = serde_json::from_str(list).map_err(|error| Failure::usage(format!("that is no JSON: {error}")))?;
        let entries = read_ice_urls(&list).map_err(Failure::usage)?;
        words::print_rows(&words::ice_rows(&entries, Masked::No), printer);
        return Ok(Exit::Done);
    }
    let account = chosen(setting, &arguments)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let network: Arc<dyn Network> = Arc::new(Sockets::new(Arc::clone(&clock)));
    let visit = Visit::begin(&*network, &*clock, &account, SystemRandomness.seed()).await.map_err(failure)?;
    carry_out(visit, arguments.verb, printer).await.map_err(failure)?;
    Ok(Exit::Done)
}

async fn carry_out(mut visit: Visit<'_>, verb: XivoVerb, printer: Printer) -> Result<(), VisitError> {
    let command = match verb {
        XivoVerb::ReadIceUrls { .. } => return Ok(()),
        XivoVerb::User => return words::user(&mut visit, printer).await,
        XivoVerb::Status { status: None } => return words::statuses(&mut visit, printer).await,
        XivoVerb::Status { status: Some(status) } => CtiCommand::UserStatusUpdate { status },
        XivoVerb::Question(question) => return ask(&mut visit, &question, printer).await,
        XivoVerb::Order(order) => return give(&mut visit, order, printer).await,
    };
    words::print(&answer(&mut visit, &command).await?, printer);
    Ok(())
}

/// What the XiVO says when it is asked for something.
async fn answer(visit: &mut Visit<'_>, command: &CtiCommand) -> Result<CtiMessage, VisitError> {
    // What it says of itself when one comes in is no answer.
    visit.forget_heard();
    visit.ask(command).await?;
    visit.hear(ANSWERS_WITHIN, |message| command.is_answered_by(message).then(|| message.clone())).await
}

async fn ask(visit: &mut Visit<'_>, question: &Question, printer: Printer) -> Result<(), VisitError> {
    let told = match (answer(visit, &question.command()).await, question.newer()) {
        (Err(VisitError::Refused(_) | VisitError::NoAnswer(_)), Some(newer)) => answer(visit, &newer).await?,
        (told, _) => told?,
    };
    words::print(&told, printer);
    Ok(())
}

async fn give(visit: &mut Visit<'_>, order: Order, printer: Printer) -> Result<(), VisitError> {
    visit.forget_heard();
    visit.ask(&order.command()).await?;
    let failed = |message: &CtiMessage| matches!(message, CtiMessage::PhoneEvent(event) if event.kind == PhoneEventType::Failure);
    match visit.hear(REFUSES_WITHIN, |message| failed(message).then_some(())).await {
        Err(VisitError::NoAnswer(_)) => {
            printer.line("asked");
            Ok(())
        }
        Ok(()) => Err(VisitError::Refused(PhoneEventType::Failure.name().into())),
        Err(error) => Err(error),
    }
}

fn chosen(setting: &Setting, arguments: &XivoArguments) -> Result<XivoAccount, Failure> {
    if let Some(Provider::Xivo(xivo)) = account::described(&arguments.one_off)? {
        return Ok(xivo);
    }
    let mut settings = setting.load().0;
    let is_meant = |account: &model::Account| match &arguments.account {
        Some(name) => account.id.0 == *name,
        None => matches!(account.provider, Provider::Xivo(_)),
    };
    let mut found: Vec<_> = settings.accounts.iter_mut().filter(|account| is_meant(account)).collect();
    let [account] = found.as_mut_slice() else {
        return Err(Failure::usage("name one account at a XiVO by --account, or describe it by --xivo and --login"));
    };
    setting.secrets.fill(account).map_err(|error| Failure::new(Exit::Failed, error))?;
    match &account.provider {
        Provider::Xivo(xivo) => Ok(xivo.clone()),
        _ => Err(Failure::usage(format!("the account {} is at no XiVO", account.id))),
    }
}

fn failure(error: VisitError) -> Failure {
    let exit = match &error {
        VisitError::Offline(cause) => Exit::of_offline(cause),
        VisitError::Refused(_) | VisitError::NoAnswer(_) => Exit::Failed,
    };
    Failure::new(exit, error)
}
