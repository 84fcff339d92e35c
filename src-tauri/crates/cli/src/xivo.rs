//! `sidetone-cli xivo`: what a XiVO does for its user beside calls here, and the control of his desk phone.

mod words;

use std::{sync::Arc, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use model::{Clock, DtmfDigit, ForwardWhen, Provider, RoomAct, XivoAccount};
use phone::{Randomness, SystemClock, SystemRandomness};
use providers::{
    net::{Network, Sockets},
    xivo::{
        Visit, VisitError,
        cti::CtiCommand,
        ice_config::{Masked, read_ice_urls},
    },
};

use crate::{
    account,
    args::{AccountArguments, Switch},
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

/// What has an answer.
#[derive(Debug, Subcommand)]
pub(crate) enum Question {
    /// The line: its number, where its SIP is, whether it belongs to a desk phone.
    Line,
    /// The STUN and TURN servers that the XiVO names, as its own library gives them (getIceUrls), without secrets.
    IceUrls,
    /// The calls that the XiVO remembers.
    History {
        /// How many.
        #[arg(long, default_value_t = 20)]
        size: u32,
    },
    /// Look somebody up.
    Search {
        /// A part of a name or number.
        term: String,
    },
    /// The favourites.
    Favorites,
    /// Make somebody who was looked up a favourite.
    AddFavorite(FavoriteChoice),
    /// The reverse.
    RemoveFavorite(FavoriteChoice),
    /// The conference rooms.
    Rooms,
    /// Whether the user wants no calls.
    Dnd {
        /// On or off.
        state: Switch,
    },
    /// Forward calls; without a number, do so no longer.
    Forward {
        /// When.
        when: When,
        /// Where to.
        number: Option<String>,
    },
    /// The calls on the line, wherever it is answered, with the numbers that the other verbs take.
    Calls,
}

/// What is done with calls. It has no answer of its own: what follows is told of the calls themselves.
#[derive(Debug, Subcommand)]
pub(crate) enum Order {
    /// Do something in a conference room that the line is in.
    Room {
        /// Its number.
        number: String,
        /// What.
        act: RoomChoice,
        /// Who in it, by the number that the server gave him; for what is done to one.
        #[arg(long, value_name = "INDEX", required_if_eq_any = [
            ("act", "mute"), ("act", "unmute"), ("act", "kick"), ("act", "deafen"), ("act", "undeafen"),
        ])]
        who: Option<u32>,
        /// Whose number is called into it, for `invite`.
        #[arg(long, value_name = "NUMBER", required_if_eq("act", "invite"))]
        call: Option<String>,
        /// Whether who is called in may do what organizers may.
        #[arg(long)]
        organizer: bool,
    },
    /// Call somebody: the user's telephone is called first.
    Dial {
        /// A number.
        number: String,
    },
    /// Answer a ringing call.
    Answer(UniqueId),
    /// End a call.
    HangUp(UniqueId),
    /// Hold a call, or take it back.
    Hold(UniqueId),
    /// Switch the microphone of a call off, or on.
    ToggleMicrophone(UniqueId),
    /// Press a key.
    Dtmf {
        /// Of 0-9 * # A-D.
        #[arg(value_parser = key)]
        key: DtmfDigit,
    },
    /// Transfer the current call without a word.
    DirectTransfer {
        /// A number.
        number: String,
    },
    /// Consult somebody before the call is transferred.
    AttendedTransfer {
        /// A number.
        number: String,
    },
    /// Connect the two.
    CompleteTransfer,
    /// Go back to the first call.
    CancelTransfer,
    /// Make a conference of the two calls of a desk phone.
    Conference,
}

#[derive(Debug, Args)]
pub(crate) struct FavoriteChoice {
    /// His id, as `search` prints it.
    contact: String,
    /// The directory he is in.
    #[arg(long, default_value = "internal")]
    source: String,
}

#[derive(Debug, Args)]
pub(crate) struct UniqueId {
    /// Its number in `calls`; the one that is meant, to the server's mind, when missing.
    #[arg(long = "call", value_name = "NUMBER")]
    call: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoomChoice {
    MuteMe,
    UnmuteMe,
    MuteAll,
    UnmuteAll,
    Mute,
    Unmute,
    Kick,
    Deafen,
    Undeafen,
    Reset,
    Close,
    Invite,
}

impl RoomChoice {
    fn act(self, index: u32, invited: Invited) -> RoomAct {
        match self {
            Self::MuteMe => RoomAct::MuteMe,
            Self::UnmuteMe => RoomAct::UnmuteMe,
            Self::MuteAll => RoomAct::MuteAll,
            Self::UnmuteAll => RoomAct::UnmuteAll,
            Self::Mute => RoomAct::Mute { index },
            Self::Unmute => RoomAct::Unmute { index },
            Self::Kick => RoomAct::Kick { index },
            Self::Deafen => RoomAct::Deafen { index },
            Self::Undeafen => RoomAct::Undeafen { index },
            Self::Reset => RoomAct::Reset,
            Self::Close => RoomAct::Close,
            Self::Invite => RoomAct::Invite { number: invited.number.into(), organizer: invited.organizer },
        }
    }
}

/// Who is called into a room.
struct Invited {
    number: String,
    organizer: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum When {
    NoAnswer,
    Always,
    Busy,
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
        XivoVerb::Question(question) => question.command(),
        XivoVerb::Order(order) => return give(&mut visit, order, printer).await,
    };
    // What it says of itself when one comes in is no answer.
    visit.forget_heard();
    visit.ask(&command).await?;
    let answer = visit.hear(ANSWERS_WITHIN, |message| command.is_answered_by(message).then(|| message.clone())).await?;
    words::print(&answer, printer);
    Ok(())
}

async fn give(visit: &mut Visit<'_>, order: Order, printer: Printer) -> Result<(), VisitError> {
    visit.forget_heard();
    visit.ask(&order.command()).await?;
    match visit.hear(REFUSES_WITHIN, |_| None::<()>).await {
        Err(VisitError::NoAnswer(_)) | Ok(()) => {
            printer.line("asked");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

impl Question {
    fn command(self) -> CtiCommand {
        match self {
            Self::Line => CtiCommand::GetConfigLine,
            Self::IceUrls => CtiCommand::GetIceConfig,
            Self::History { size } => CtiCommand::GetUserCallHistory { size: Some(size) },
            Self::Search { term } => CtiCommand::DirectoryLookUp { term: term.into() },
            Self::Favorites => CtiCommand::GetFavorites,
            Self::AddFavorite(FavoriteChoice { contact, source }) => CtiCommand::AddFavorite { contact_id: contact, source },
            Self::RemoveFavorite(FavoriteChoice { contact, source }) => {
                CtiCommand::RemoveFavorite { contact_id: contact, source }
            }
            Self::Rooms => CtiCommand::GetRooms,
            Self::Dnd { state } => CtiCommand::Dnd { state: state.is_on() },
            Self::Forward { when, number } => {
                let when = match when {
                    When::NoAnswer => ForwardWhen::NoAnswer,
                    When::Always => ForwardWhen::Always,
                    When::Busy => ForwardWhen::Busy,
                };
                CtiCommand::Forward { when, state: number.is_some(), destination: number.unwrap_or_default().into() }
            }
            Self::Calls => CtiCommand::GetCurrentCallsPhoneEvents,
        }
    }
}

impl Order {
    fn command(self) -> CtiCommand {
        match self {
            Self::Room { number, act, who, call, organizer } => {
                let invited = Invited { number: call.unwrap_or_default(), organizer };
                CtiCommand::Room { number: number.into(), act: act.act(who.unwrap_or_default(), invited) }
            }
            Self::Dial { number } => CtiCommand::Dial { destination: number.into(), variables: Vec::new() },
            Self::Answer(UniqueId { call }) => CtiCommand::Answer { unique_id: call },
            Self::HangUp(UniqueId { call }) => CtiCommand::Hangup { unique_id: call },
            Self::Hold(UniqueId { call }) => CtiCommand::Hold { unique_id: call },
            Self::ToggleMicrophone(UniqueId { call }) => CtiCommand::ToggleMicrophone { unique_id: call },
            Self::Dtmf { key } => CtiCommand::SendDtmf { key },
            Self::DirectTransfer { number } => CtiCommand::DirectTransfer { destination: number.into() },
            Self::AttendedTransfer { number } => CtiCommand::AttendedTransfer { destination: number.into() },
            Self::CompleteTransfer => CtiCommand::CompleteTransfer,
            Self::CancelTransfer => CtiCommand::CancelTransfer,
            Self::Conference => CtiCommand::Conference,
        }
    }
}

fn key(text: &str) -> Result<DtmfDigit, String> {
    match *DtmfDigit::parse_all(text).map_err(|error| error.to_string())?.as_slice() {
        [key] => Ok(key),
        _ => Err("one key at a time".into()),
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
