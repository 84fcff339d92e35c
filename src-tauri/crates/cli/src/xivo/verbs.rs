//! The verbs of `sidetone-cli xivo`, and what each asks of the XiVO.

use clap::{Args, Subcommand, ValueEnum};
use model::{DtmfDigit, ForwardWhen, LineDevice, Personal, RoomAct};
use providers::xivo::cti::CtiCommand;

use crate::args::Switch;

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
        /// Those of the last days instead.
        #[arg(long, value_name = "DAYS", conflicts_with = "size")]
        days: Option<u32>,
    },
    /// The name that a login is shown by.
    DisplayName {
        /// The login.
        login: String,
    },
    /// Keep a preference of the user's own at the XiVO.
    Preference {
        /// Its name.
        key: String,
        /// What it is to be.
        value: String,
        /// Of which type that is.
        #[arg(long = "type", value_name = "TYPE", default_value = "String")]
        kind: String,
    },
    /// Have the line on another of its telephones, where it may be on several.
    UseDevice {
        /// Which.
        device: DeviceChoice,
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
        /// Whether who is called or brought in may do what organizers may.
        #[arg(long)]
        organizer: bool,
    },
    /// Call somebody: the user's telephone is called first.
    Dial {
        /// A number.
        number: String,
        #[command(flatten)]
        attached: Attached,
    },
    /// The same, by his login.
    DialUser {
        /// His login.
        login: String,
        #[command(flatten)]
        attached: Attached,
    },
    /// Call somebody from the user's mobile phone.
    DialFromMobile {
        /// A number.
        number: String,
        #[command(flatten)]
        attached: Attached,
    },
    /// Call somebody at a XiVO that does not know `dial` yet.
    Originate {
        /// A number.
        number: String,
    },
    /// Write a line into the XiVO's log, for its administrator.
    PushLog {
        /// What it says.
        words: String,
        /// How bad it is, in the XiVO's words.
        #[arg(long, value_name = "LEVEL", default_value = "info")]
        level: String,
    },
    /// Attach words to the call in conversation.
    SetData {
        /// `NAME=VALUE` each.
        #[arg(value_name = "NAME=VALUE", value_parser = attached, required = true)]
        words: Vec<(String, String)>,
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
    /// Invite a user into the user's own room.
    InviteToMyRoom {
        /// The XiVO's number of him.
        user: u32,
    },
}

/// Words that hang on a call, and come back with what is told of it.
#[derive(Debug, Args)]
pub(crate) struct Attached {
    /// Attach this to the call; may be given several times.
    #[arg(long = "attach", value_name = "NAME=VALUE", value_parser = attached)]
    words: Vec<(String, String)>,
}

impl Attached {
    fn variables(self) -> Vec<(String, Personal)> {
        variables(self.words)
    }
}

fn variables(words: Vec<(String, String)>) -> Vec<(String, Personal)> {
    words.into_iter().map(|(name, value)| (name, value.into())).collect()
}

fn attached(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("that is not NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A telephone that a line can be on.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DeviceChoice {
    /// The desk phone.
    Phone,
    /// A phone that registers by SIP, as this one.
    Webrtc,
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
    Include,
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
            Self::Include => RoomAct::Include { organizer: invited.organizer },
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

impl Question {
    pub(super) fn command(&self) -> CtiCommand {
        match self {
            Self::Line => CtiCommand::GetConfigLine,
            Self::IceUrls => CtiCommand::GetIceConfig,
            Self::History { size, days: None } => CtiCommand::GetUserCallHistory { size: Some(*size) },
            Self::History { days: Some(days), .. } => CtiCommand::GetUserCallHistoryByDays { days: *days },
            Self::DisplayName { login } => CtiCommand::DisplayNameLookup { username: login.as_str().into() },
            Self::Preference { key, value, kind } => {
                CtiCommand::SetUserPreference { key: key.clone(), value: value.as_str().into(), kind: kind.clone() }
            }
            Self::UseDevice { device } => {
                let device = match device {
                    DeviceChoice::Phone => LineDevice::DeskPhone,
                    DeviceChoice::Webrtc => LineDevice::Here,
                };
                CtiCommand::ToggleUniqueAccountDevice { device }
            }
            Self::Search { term } => CtiCommand::DirectoryLookUp { term: term.as_str().into() },
            Self::Favorites => CtiCommand::GetFavorites,
            Self::AddFavorite(FavoriteChoice { contact, source }) => {
                CtiCommand::AddFavorite { contact_id: contact.clone(), source: source.clone() }
            }
            Self::RemoveFavorite(FavoriteChoice { contact, source }) => {
                CtiCommand::RemoveFavorite { contact_id: contact.clone(), source: source.clone() }
            }
            Self::Rooms => CtiCommand::GetRooms,
            Self::Dnd { state } => CtiCommand::Dnd { state: state.is_on() },
            Self::Forward { when, number } => {
                let when = match when {
                    When::NoAnswer => ForwardWhen::NoAnswer,
                    When::Always => ForwardWhen::Always,
                    When::Busy => ForwardWhen::Busy,
                };
                let destination = number.as_deref().unwrap_or_default().into();
                CtiCommand::Forward { when, state: number.is_some(), destination }
            }
            Self::Calls => CtiCommand::GetCurrentCallsPhoneEvents,
        }
    }

    /// The same in the words of newer servers, where those have their own.
    pub(super) fn newer(&self) -> Option<CtiCommand> {
        match self {
            Self::Search { term } => Some(CtiCommand::SearchContacts { term: term.as_str().into() }),
            Self::Favorites => Some(CtiCommand::GetFavoriteContacts),
            _ => None,
        }
    }
}

impl Order {
    pub(super) fn command(self) -> CtiCommand {
        match self {
            Self::Room { number, act, who, call, organizer } => {
                let invited = Invited { number: call.unwrap_or_default(), organizer };
                CtiCommand::Room { number: number.into(), act: act.act(who.unwrap_or_default(), invited) }
            }
            Self::Dial { number, attached } => CtiCommand::Dial { destination: number.into(), variables: attached.variables() },
            Self::DialUser { login, attached } => {
                CtiCommand::DialByUsername { username: login.into(), variables: attached.variables() }
            }
            Self::DialFromMobile { number, attached } => {
                CtiCommand::DialFromMobile { destination: number.into(), variables: attached.variables() }
            }
            Self::Originate { number } => CtiCommand::Originate { destination: number.into() },
            Self::PushLog { words, level } => CtiCommand::PushLogToServer { level, log: words.into() },
            Self::SetData { words } => CtiCommand::SetData { variables: variables(words) },
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
            Self::InviteToMyRoom { user } => CtiCommand::InviteConferenceRoom { user },
        }
    }
}

fn key(text: &str) -> Result<DtmfDigit, String> {
    match *DtmfDigit::parse_all(text).map_err(|error| error.to_string())?.as_slice() {
        [key] => Ok(key),
        _ => Err("one key at a time".into()),
    }
}
