//! What of an account's service does not work beside its calls.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::OfflineCause;

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum ServiceFault {
    /// Calls go on, and everything else is gone until the connection for it is back.
    Gone {
        /// Why.
        cause: OfflineCause,
    },
    /// The same, and the connection will not come back by itself.
    GoneForGood {
        /// Why.
        cause: OfflineCause,
    },
    /// The server refused something.
    Refused {
        /// In its words.
        text: String,
    },
    /// It does not know of a call that goes on here.
    CallNotKnown,
    /// It tells of a call that is not here.
    CallNotHere,
    /// Another phone had taken the line, which was taken back.
    LineTaken,
    /// Another phone takes it again and again.
    LineFought,
    /// Another program named a call that is not here.
    WishNotHere,
    /// The server says that the telephone is free, and tells of a call on it.
    TelephoneFree,
    /// It says that it is in a call, and tells of none.
    TelephoneBusy,
    /// It did not change a favourite.
    FavouriteNotChanged,
    /// It refused a change.
    ChangeRefused {
        /// Of what.
        what: ServiceSwitch,
        /// In its words.
        text: String,
    },
    /// It did not say that it made a change.
    ChangeUnanswered {
        /// Of what.
        what: ServiceSwitch,
    },
    /// A text that is too long to look up.
    TermTooLong,
    /// It cannot be asked now.
    NotConnected,
    /// It has not answered what it was asked before.
    StillAsked,
    /// The server refused something in a conference room.
    RoomRefused {
        /// In its words.
        text: String,
    },
    /// It did not say that it did what was asked of a conference room.
    RoomUnanswered,
    /// What was asked concerns a conference room that the user is not in.
    NotInRoom,
    /// Only an organizer of the conference room may do it.
    NotOrganizer,
    /// Nobody is brought into a conference room while the user is in several.
    SeveralRooms,
    /// The participant it concerns is not in the conference room.
    NobodyInRoom,
    /// A forward needs a number.
    ForwardWithoutNumber,
    /// A number that nobody can be called by.
    NotANumber,
    /// Somebody it has not told of.
    PersonNotKnown,
    /// A status it has not told of.
    StatusNotKnown,
    /// The line has no choice of telephones.
    NoChoiceOfDevice,
    /// The line stays on its telephone while a call goes on there.
    DeviceInCall,
}

/// What a server can be asked to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceSwitch {
    /// Whether it sends calls.
    DoNotDisturb,
    /// Where it forwards them.
    Forward,
    /// What the user says he is doing.
    Status,
    /// Which telephone the line is on.
    Device,
    /// A favourite.
    Favourite,
}

/// In English; the page has its own words.
impl fmt::Display for ServiceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone { cause } => {
                write!(f, "calls go on, but the XiVO's other features are gone ({cause}); it is tried again")
            }
            Self::GoneForGood { cause } => {
                write!(f, "calls go on, but the XiVO's other features are gone ({cause}); it will not come back by itself")
            }
            Self::Refused { text } => write!(f, "the XiVO refused something: {text}"),
            Self::CallNotKnown => f.write_str("the XiVO does not know of a call that goes on here; its features do not reach it"),
            Self::CallNotHere => f.write_str("the XiVO tells of a call on this line that is not here: another phone may have it"),
            Self::LineTaken => {
                f.write_str("another phone has registered for this line; it was taken back, and calls ring here again")
            }
            Self::LineFought => f.write_str(
                "another phone and this one take the line from each other, and calls ring at the last of them: sign one of them \
                 off",
            ),
            Self::WishNotHere => f.write_str("another program named a call that is not here"),
            Self::TelephoneFree => f.write_str("the XiVO says that the desk phone is free, and tells of a call on it"),
            Self::TelephoneBusy => f.write_str("the XiVO says that the desk phone is in a call, and tells of none"),
            Self::FavouriteNotChanged => f.write_str("the XiVO did not change the favourite"),
            Self::ChangeRefused { what, text } => write!(f, "the XiVO refused to change {what}: {text}"),
            Self::ChangeUnanswered { what } => write!(f, "the XiVO did not say that it changed {what}"),
            Self::TermTooLong => f.write_str("that is too long to look up"),
            Self::NotConnected => f.write_str("the XiVO cannot be asked for it now: its CTI is not connected"),
            Self::StillAsked => f.write_str("the XiVO has not answered what it was asked before"),
            Self::RoomRefused { text } => write!(f, "the XiVO refused what was asked of the conference room: {text}"),
            Self::RoomUnanswered => f.write_str("the XiVO did not say that it did what was asked of the conference room"),
            Self::NotInRoom => f.write_str("you are not in this conference room"),
            Self::NotOrganizer => f.write_str("only an organizer of the conference room may do that"),
            Self::SeveralRooms => f.write_str("nobody can be brought in while you are in several conference rooms"),
            Self::NobodyInRoom => f.write_str("this participant is not in the conference room"),
            Self::ForwardWithoutNumber => f.write_str("a forward needs a number to go to"),
            Self::NotANumber => f.write_str("that is not a number"),
            Self::PersonNotKnown => f.write_str("the XiVO has not told of this person"),
            Self::StatusNotKnown => f.write_str("the XiVO knows no such status"),
            Self::NoChoiceOfDevice => f.write_str("the line has no other telephone to go to"),
            Self::DeviceInCall => f.write_str("the line goes to no other telephone while a call goes on"),
        }
    }
}

/// In English.
impl fmt::Display for ServiceSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DoNotDisturb => "do not disturb",
            Self::Forward => "the forward",
            Self::Status => "the status",
            Self::Device => "the telephone of the line",
            Self::Favourite => "the favourite",
        })
    }
}
