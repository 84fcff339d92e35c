//! What happens on the user's telephone, and on those of others.

use model::{Direction, DtmfDigit, Personal};
use serde_json::Value;

use crate::xivo::fields::Fields;

/// Most words that hang on a call.
const MOST_WORDS: usize = 64;
/// The word that is the `Call-ID` of our end.
const CALL_ID: &str = "SIPCALLID";

/// A step of a call on the user's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneEvent {
    /// Which step.
    pub kind: PhoneEventType,
    /// The user's number.
    pub dn: Personal,
    /// The other one; empty when it is as before.
    pub other_dn: Personal,
    /// His name; empty when it is as before.
    pub other_name: Personal,
    /// Number of the whole call.
    pub linked_id: String,
    /// Number of our end of it: what commands name.
    pub unique_id: String,
    /// Who called, when the server says so.
    pub direction: Option<Direction>,
    /// The queue it came by; empty as a rule.
    pub queue_name: String,
    /// `Call-ID` of our end of it, as it stands in SIP.
    pub sip_call_id: Option<Personal>,
    /// Everything else that hangs on the call.
    pub words: Vec<(String, Personal)>,
}

/// The steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneEventType {
    /// The user calls.
    Dialing,
    /// It rings at the user's.
    Ringing,
    /// In conversation.
    Established,
    /// Held.
    OnHold,
    /// Over.
    Released,
    /// It came to nothing.
    Failure,
    /// Another one, which is not known here.
    Other(String),
}

/// How a telephone is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneStatus {
    /// Free.
    Available,
    /// Calling.
    Calling,
    /// In a call.
    Busy,
    /// Not reachable.
    Unavailable,
    /// Ringing.
    Ringing,
    /// In a call, and another one rings.
    BusyAndRinging,
    /// Holding.
    OnHold,
    /// Switched off.
    Deactivated,
    /// There is none.
    Unexisting,
    /// Nobody knows.
    Error,
}

/// How somebody's telephone is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneHint {
    /// His number.
    pub number: Personal,
    /// How.
    pub status: PhoneStatus,
}

/// What another program of the user asks this one to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebRtcCommand {
    /// Answer this call, or the ringing one.
    Answer(Option<Personal>),
    /// Hold this call or take it back, or the only one.
    Hold(Option<Personal>),
    /// Press a key.
    SendDtmf(DtmfDigit),
    /// Switch the microphone of this call off or on, or of the first one.
    ToggleMicrophone(Option<Personal>),
    /// Something that is not known here.
    Other(String),
}

impl PhoneEvent {
    pub(super) fn read(body: &Value) -> Self {
        let fields = Fields::of(body);
        let said = fields.within("userData");
        let sip_call_id = said.text(CALL_ID).filter(|id| !id.is_empty()).map(Personal::from);
        let words = said.all_texts().into_iter().filter(|(name, _)| name != CALL_ID).take(MOST_WORDS);
        let direction = match fields.text("callDirection").unwrap_or_default().to_ascii_lowercase().as_str() {
            "incoming" => Some(Direction::Incoming),
            "outgoing" => Some(Direction::Outgoing),
            _ => None,
        };
        Self {
            kind: PhoneEventType::of(&fields.text("eventType").unwrap_or_default()),
            dn: fields.personal("DN"),
            other_dn: fields.personal("otherDN"),
            other_name: fields.personal("otherDName"),
            linked_id: fields.text("linkedId").unwrap_or_default(),
            unique_id: fields.text("uniqueId").unwrap_or_default(),
            direction,
            queue_name: fields.text("queueName").unwrap_or_default(),
            sip_call_id,
            words: words.map(|(name, value)| (name, value.into())).collect(),
        }
    }

    /// By what the server tells its calls apart: the number of our end; where it leaves that out, that of the whole call, or the
    /// `Call-ID`. None when it names none.
    pub fn name(&self) -> Option<&str> {
        let call_id = self.sip_call_id.as_ref().map(Personal::expose).unwrap_or_default();
        [self.unique_id.as_str(), self.linked_id.as_str(), call_id].into_iter().find(|name| !name.is_empty())
    }
}

impl PhoneEventType {
    fn of(name: &str) -> Self {
        match name {
            "EventDialing" => Self::Dialing,
            "EventRinging" => Self::Ringing,
            "EventEstablished" => Self::Established,
            "EventOnHold" => Self::OnHold,
            "EventReleased" => Self::Released,
            "EventFailure" => Self::Failure,
            other => Self::Other(other.chars().take(60).collect()),
        }
    }

    /// As the server writes it.
    pub fn name(&self) -> &str {
        match self {
            Self::Dialing => "EventDialing",
            Self::Ringing => "EventRinging",
            Self::Established => "EventEstablished",
            Self::OnHold => "EventOnHold",
            Self::Released => "EventReleased",
            Self::Failure => "EventFailure",
            Self::Other(name) => name,
        }
    }
}

/// Names and numbers, as the library of XiVO's own pages has them.
const STATUSES: [(&str, i64, PhoneStatus); 10] = [
    ("AVAILABLE", 0, PhoneStatus::Available),
    ("CALLING", 1, PhoneStatus::Calling),
    ("BUSY", 2, PhoneStatus::Busy),
    ("INDISPONIBLE", 4, PhoneStatus::Unavailable),
    ("RINGING", 8, PhoneStatus::Ringing),
    ("BUSY_AND_RINGING", 9, PhoneStatus::BusyAndRinging),
    ("ONHOLD", 16, PhoneStatus::OnHold),
    ("DEACTIVATED", -1, PhoneStatus::Deactivated),
    ("UNEXISTING", -2, PhoneStatus::Unexisting),
    ("ERROR", -99, PhoneStatus::Error),
];

impl PhoneStatus {
    /// Reads the member `status`, a name or a number.
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        let name = fields.text("status")?;
        let named = STATUSES.iter().find(|(known, _, _)| name.eq_ignore_ascii_case(known)).map(|(_, _, status)| *status);
        named.or_else(|| Self::of_code(fields.number("status")))
    }

    /// The status of a number.
    pub(super) fn of_code(code: Option<i64>) -> Option<Self> {
        STATUSES.iter().find(|(_, known, _)| Some(*known) == code).map(|(_, _, status)| *status)
    }

    /// As the server writes it.
    pub fn name(self) -> &'static str {
        STATUSES.iter().find(|(_, _, status)| *status == self).map_or("ERROR", |(name, _, _)| name)
    }
}

impl PhoneHint {
    pub(super) fn read(body: &Value) -> Option<Self> {
        let fields = Fields::of(body);
        let number = fields.personal("number");
        (!number.is_empty()).then_some(Self { number, status: PhoneStatus::read(fields)? })
    }
}

impl WebRtcCommand {
    pub(super) fn read(body: &Value) -> Self {
        let fields = Fields::of(body);
        let command = fields.text("command").unwrap_or_default();
        let call = || fields.text("sipCallId").filter(|id| !id.is_empty()).map(Personal::from);
        let key = || {
            let key = fields.text("key")?;
            let mut characters = key.chars();
            let only = characters.next().filter(|_| characters.next().is_none())?;
            DtmfDigit::try_from(only).ok()
        };
        match (command.as_str(), key()) {
            ("Answer", _) => Self::Answer(call()),
            ("Hold", _) => Self::Hold(call()),
            ("ToggleMicrophone", _) => Self::ToggleMicrophone(call()),
            ("SendDtmf", Some(key)) => Self::SendDtmf(key),
            _ => Self::Other(command.chars().take(60).collect()),
        }
    }
}
