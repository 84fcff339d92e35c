//! A phone for people who do not know it: what its one screen shows, and the few things that can be asked there.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{AccountId, CallId, CallView, ContactId, FileFault, OfflineCause, Personal};

/// Everything the page of a kiosk draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct KioskView {
    /// The phone's clock, in ms.
    #[specta(type = u32)]
    pub at_ms: u64,
    /// Code of the language that is spoken.
    pub language: String,
    /// The one screen.
    pub screen: KioskScreen,
    /// Whether what is said here is heard elsewhere.
    pub microphone_live: bool,
    /// Whether a PIN leads out.
    pub can_leave: bool,
    /// Whether no pointer is shown.
    pub hides_cursor: bool,
}

/// The screens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "screen", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "there is one")]
pub enum KioskScreen {
    /// Nothing goes on.
    Idle {
        /// The headline.
        title: String,
        /// What else stands there.
        text: String,
        /// Who can be called, in the order of the profile.
        buttons: Vec<String>,
        /// Who else can be called, by name.
        directory: Vec<KioskEntry>,
        /// Whether a call could be placed now.
        ready: bool,
        /// Whether the last loop call found something out of order.
        suspect: bool,
    },
    /// A call.
    Call {
        /// It.
        call: CallView,
        /// Whether it can be answered by a touch.
        can_answer: bool,
    },
    /// It cannot be used.
    Fault {
        /// Why.
        fault: KioskFault,
    },
}

/// Somebody in the directory of a kiosk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct KioskEntry {
    /// Which contact.
    pub contact: ContactId,
    /// What stands there.
    pub name: Personal,
}

/// Why a kiosk cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum KioskFault {
    /// Its profile cannot be used.
    Profile {
        /// Why.
        fault: FileFault,
    },
    /// The settings have no account of the name in the profile.
    Account {
        /// That name.
        account: AccountId,
    },
    /// The account cannot be reached.
    Offline {
        /// Why, where that is known.
        cause: Option<OfflineCause>,
    },
}

/// What can be asked on the screen of a kiosk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum KioskAction {
    /// Call whom a button names.
    Dial {
        /// Its place, from 0.
        button: u32,
    },
    /// Call somebody of the directory.
    Call {
        /// Whom.
        contact: ContactId,
    },
    /// Answer a ringing call.
    Answer {
        /// Which.
        call: CallId,
    },
    /// End a call, or decline it.
    End {
        /// Which.
        call: CallId,
    },
    /// Open or close the microphone.
    Microphone {
        /// In which call.
        call: CallId,
        /// Whether it is open from now on.
        on: bool,
    },
}
