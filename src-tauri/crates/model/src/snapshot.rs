//! The whole visible state of the phone, small enough to be sent at each change.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    AccountId, AccountState, AssistantView, CallId, CallState, CallerKind, ContactName, Direction, DtmfMode, LampView,
    LoopCheckView, MediaStatistics, Personal, Remote, TransferView, TrialView, Trouble, Voicemail, XHeaders,
};

/// What the page draws. It is always whole; nothing has to be added up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct Snapshot {
    /// Grows by one at each change.
    pub revision: u32,
    /// Milliseconds on the phone's clock when it was taken, so that the page can run visible timers.
    #[specta(type = u32)]
    pub at_ms: u64,
    /// Accounts in the user's order.
    pub accounts: Vec<AccountView>,
    /// Calls, oldest first. A call that is over stays a moment, so that its cause can be read.
    pub calls: Vec<CallView>,
    /// The conference hosted here, when there is one.
    pub conference: Option<ConferenceView>,
    /// Favourites that are watched, in the order of their names.
    pub lamps: Vec<LampView>,
    /// The assistants of the accounts whose service has one.
    pub assistants: Vec<AssistantView>,
    /// Whether new calls are turned away here without ringing, on every account. A service's own is its account's assistant's.
    pub do_not_disturb: bool,
    /// Things to tell the user, oldest first.
    pub notices: Vec<Notice>,
    /// The trial of a sound device, until it is stopped or a call needs the devices.
    pub trial: Option<TrialView>,
    /// The phone's last proof that it works, where it makes such.
    pub loop_check: Option<LoopCheckView>,
    /// A new version of the program that can be installed.
    pub update: Option<UpdateView>,
    /// Missed calls that the user has not seen yet.
    pub missed: u32,
    /// What has changed that the snapshot does not hold.
    pub changes: Changes,
}

/// Counters of what is too large for the snapshot: when one has grown, what it counts is to be asked for again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Changes {
    /// The settings.
    pub settings: u32,
    /// The history.
    pub history: u32,
    /// The contacts.
    pub contacts: u32,
}

/// One account as drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct AccountView {
    /// Which.
    pub id: AccountId,
    /// How it is doing.
    pub state: AccountState,
    /// What its service lets a call do.
    pub can: AccountCan,
    /// Until when it is signed in, ms on the phone's clock; none where that has no end.
    #[specta(type = Option<u32>)]
    pub expires_ms: Option<u64>,
    /// What the token says with which it is signed in; none where there is none, or it cannot be read.
    pub token: Option<TokenView>,
    /// Who its calls may be from, the usual one first; none where they are from the account itself.
    pub caller_ids: Vec<Personal>,
    /// Its voice mail; none when the server tells nothing and no number is set.
    pub voicemail: Option<Voicemail>,
    /// Where its calls are parked; empty when no number is set.
    pub park_number: Personal,
}

/// What a token to order shall allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TokenOrder {
    /// Seconds, 600 to 86400.
    pub lifetime_s: u32,
    /// Whether it is good for being called.
    pub incoming: bool,
    /// Which other clients it is good for calling: ids with commas between them, `agent*` for several, `*` for all.
    pub callable: Personal,
}

/// Somebody who is registered at a cloud. Times are as the cloud writes them, `YYYY-MM-DD_hh:mm:ss` in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CloudClient {
    /// Who.
    pub client: Personal,
    /// When he registered last.
    pub last_modified: String,
    /// Until when.
    pub expires: String,
}

/// What a token says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TokenView {
    /// Whose it is; empty when it does not say.
    pub client: Personal,
    /// Where it is good; empty when it does not say.
    pub cloud: String,
    /// Whether it is for the account that uses it.
    pub fits: bool,
}

/// What a service lets a call do, so that a face offers no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AccountCan {
    /// Be held by signalling.
    pub hold: bool,
    /// Be transferred.
    pub transfer: bool,
    /// Be at another telephone only, which is controlled.
    pub elsewhere: bool,
}

/// One call as drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct CallView {
    /// Which.
    pub id: CallId,
    /// On which account.
    pub account: AccountId,
    /// Its `Call-ID`, once there is one; none of a call at another telephone.
    pub sip_call_id: Option<Personal>,
    /// Who started it.
    pub direction: Direction,
    /// The far end.
    pub remote: Remote,
    /// What the far end is that calls us, where the service of the account tells.
    pub caller: Option<CallerKind>,
    /// Who sent the call on to us, where the server tells.
    pub diverted_by: Option<Remote>,
    /// Those of the INVITE of a call that arrived, and of the answer to one of ours.
    pub headers: XHeaders,
    /// Who that is among the contacts, matched by number.
    pub contact: Option<ContactName>,
    /// Where it is.
    pub state: CallState,
    /// When it began, ms on the phone's clock.
    #[specta(type = u32)]
    pub since_ms: u64,
    /// When it was answered.
    #[specta(type = Option<u32>)]
    pub answered_ms: Option<u64>,
    /// Whether it is at another telephone of the user's, which is controlled from here: its sound is there, so that there is no
    /// microphone to switch off and are no figures.
    pub elsewhere: bool,
    /// Microphone off.
    pub muted: bool,
    /// Ringer off for this call.
    pub silenced: bool,
    /// How digits travel in it, once known.
    pub dtmf: Option<DtmfMode>,
    /// Whether it is being recorded.
    pub recording: bool,
    /// Whether the phone answered it by itself.
    pub auto_answered: bool,
    /// When the phone will answer it by itself, ms on the phone's clock, unless that is vetoed.
    #[specta(type = Option<u32>)]
    pub answers_itself_ms: Option<u64>,
    /// How its transfer is getting on.
    pub transfer: Option<TransferView>,
    /// Figures, about once a second.
    pub media: Option<MediaStatistics>,
}

/// The conference as drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ConferenceView {
    /// Its calls, in the order in which they came in; two or more.
    pub members: Vec<CallId>,
    /// Whether we hold all of them.
    pub held: bool,
}

/// A new version of the program: it was signed by who publishes it, and is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct UpdateView {
    /// Which.
    pub version: String,
    /// The package.
    pub file: Personal,
}

/// Something to tell the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct Notice {
    /// Its number, to take it away with.
    pub id: u32,
    /// What the page may offer an action for.
    pub code: NoticeCode,
    /// What there is to tell.
    pub trouble: Trouble,
    /// Of which call, where it is about one.
    pub call: Option<CallId>,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeCode {
    /// A call could not be placed.
    DialFailed,
    /// A digit could not be sent.
    DtmfFailed,
    /// Hold or resume did not work.
    HoldFailed,
    /// A conference could not be made or changed.
    ConferenceFailed,
    /// A call cannot be recorded, or not any longer.
    RecordingFailed,
    /// A transfer did not work.
    TransferFailed,
    /// A sound device is missing, gone, or silent.
    Device,
    /// Audio of a call is in trouble.
    Media,
    /// A TURN server does not take the user name or password.
    TurnRefused,
    /// The key store cannot be used.
    KeyStore,
    /// Settings could not be read or written.
    Settings,
    /// The history or the contacts could not be read or are not kept.
    Book,
    /// A part of an account's service does not work.
    Service,
}
