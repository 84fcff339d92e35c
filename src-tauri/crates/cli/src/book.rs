//! The verbs of the history and the contacts. They open the file in the data folder, beside a running phone or without one,
//! and tell the phone when they have changed something.

mod contacts;
mod history;

use model::{AccountId, Command, DialOptions, Personal, Target};
use phone::RemoteRequest;
use store::{BookError, BookFile, BookLease, BookRules, BookTrouble};

pub(crate) use self::{contacts::ContactsVerb, history::HistoryArguments};
use crate::{
    exit::{Exit, Failure},
    print::Printer,
    remote,
    setting::Setting,
};

/// The verbs.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum BookVerb {
    /// The calls of the past, newest first.
    History(HistoryArguments),
    /// Dial the last dialled number again, from the running phone.
    Redial {
        /// Account to dial from.
        #[arg(long)]
        account: Option<String>,
    },
    /// Dial the last caller who was missed, from the account he called, on the running phone.
    CallBack,
    /// Those who are known.
    Contacts {
        #[command(subcommand)]
        verb: ContactsVerb,
    },
}

/// Runs one of the verbs.
pub(crate) async fn run(setting: &Setting, verb: BookVerb, printer: Printer) -> Result<Exit, Failure> {
    match verb {
        BookVerb::History(arguments) => history::run(setting, arguments, printer).await,
        BookVerb::Redial { account } => {
            let last = open(setting, printer)?.last_dialled().map_err(failed)?;
            let last = last.ok_or_else(|| Failure::new(Exit::Failed, "nothing has been dialled yet"))?;
            dial(setting, last, account.map(AccountId)).await
        }
        BookVerb::CallBack => {
            let missed = open(setting, printer)?.last_missed().map_err(failed)?;
            let (account, number) =
                missed.ok_or_else(|| Failure::new(Exit::Failed, "no call was missed that could be returned"))?;
            dial(setting, number, Some(account)).await
        }
        BookVerb::Contacts { verb } => contacts::run(setting, verb, printer).await,
    }
}

async fn dial(setting: &Setting, number: Personal, account: Option<AccountId>) -> Result<Exit, Failure> {
    let target = Target::try_from(number).map_err(|error| Failure::new(Exit::Failed, error))?;
    remote::tell(setting.folder.path(), Command::Dial(DialOptions { target, account, headers: Vec::new() })).await
}

/// Opens the book, unless it cannot be kept: what these verbs change shall last.
fn open(setting: &Setting, printer: Printer) -> Result<BookFile, Failure> {
    let (settings, _) = setting.load();
    let rules = BookRules { country: settings.country, keep_days: settings.history.keep_days };
    let lease = BookLease::take(&setting.folder);
    let opened = BookFile::open(&setting.folder, &rules, lease.as_ref());
    match opened.trouble {
        Some(trouble @ BookTrouble::NotKept { .. }) => Err(Failure::new(Exit::Failed, trouble)),
        Some(trouble @ BookTrouble::KeptAside { .. }) => {
            printer.line(&trouble.to_string());
            Ok(opened.book)
        }
        None => Ok(opened.book),
    }
}

/// Tells the running phone, if there is one, that the book has changed.
async fn changed(setting: &Setting) -> Result<Exit, Failure> {
    match phone::ask_remote(setting.folder.path(), &RemoteRequest::BookChanged).await {
        Ok(_) | Err(phone::RemoteError::NoPhone(_)) => Ok(Exit::Done),
        Err(error) => Err(Failure::new(Exit::NoPhone, format!("it is changed, but the running phone does not know: {error}"))),
    }
}

fn failed(error: BookError) -> Failure {
    let exit = if matches!(error, BookError::Refused(_) | BookError::NoSuchContact) { Exit::Usage } else { Exit::Failed };
    Failure::new(exit, error)
}
