//! The words between call control and the drivers: everything it is told, everything it asks for.
//!
//! These types are what the journal keeps, so each of them can be written and read back.

mod elsewhere;
mod line;
mod line_end;
mod media;
mod plan;
mod sound;

use model::{AccountId, Command, DeviceFault, Event, MediaId, Personal};
use serde::{Deserialize, Serialize};

pub use self::{
    elsewhere::{Act, Elsewhere, Step},
    line::{Capabilities, IncomingCall, InfoForm, LineEvent, LineRequest, OnBehalf, Transfers, Wish},
    line_end::LineEnd,
    media::{MediaEvent, MediaRequest},
    plan::Plan,
    sound::{ProgressTone, Ring, Route, SoundEvent, SoundRequest},
};

/// A session description as text (RFC 8866). Personal: it tells addresses and keys.
pub type Description = Personal;

/// Something call control is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// A user asks for something.
    Command(Command),
    /// Whose lamps are wanted, by number.
    Watch(Vec<Personal>),
    /// An account's line says something.
    Line(AccountId, LineEvent),
    /// A media session says something.
    Media(MediaId, MediaEvent),
    /// Those who work for the sound hub say something.
    Sound(SoundEvent),
    /// The microphone is open for a call that is being answered.
    Microphone,
    /// Calls have to do without a microphone; why.
    NoMicrophone(DeviceFault),
    /// Calls have to do without a microphone and without a speaker.
    NoDevices,
    /// A moment that was asked for by `poll_timeout` has come.
    Timeout,
}

/// Something call control asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// To an account's line.
    Line(AccountId, LineRequest),
    /// To a media session; `MediaRequest::Offer` and `Accept` create it.
    Media(MediaId, MediaRequest),
    /// To the sound hub.
    Sound(SoundRequest),
    /// A fact for those who follow the phone.
    Event(Event),
}
