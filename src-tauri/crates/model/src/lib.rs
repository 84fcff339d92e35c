//! The words every room shares: values only.
//!
//! Owns the vocabulary (accounts, calls, settings, the snapshot the page draws, time, secrets). It never waits, never
//! reads a clock, a socket, a file or a random number, and knows no other room.

mod account;
mod assistant;
mod auto_answer;
mod book;
mod call;
mod clock;
mod command;
mod decline;
mod devices;
mod diagnosis;
mod dtmf;
mod event;
mod event_program;
mod ice;
mod kiosk;
mod lamp;
mod link;
mod loop_check;
mod office;
mod refusal;
mod report;
mod secret;
mod service;
mod settings;
mod snapshot;
mod target;
mod transfer;
mod trouble;
mod wire;
mod x_headers;

pub use account::{
    AccessKey, Account, AccountId, AccountState, AculabAccount, AculabCaller, AculabClient, AculabInterface, Callable, CallerId,
    ClientId, CloudId, InvalidName, InvalidUser, OfflineCause, Password, Provider, ServiceName, SetupFault, SipAccount, TlsFault,
    TokenFault, TokenSource, Voicemail, XivoAccount, XivoGeneration,
};
pub use assistant::{
    AssistantCall, AssistantChanges, AssistantForward, AssistantList, AssistantMeeting, AssistantMember, AssistantNews,
    AssistantNumber, AssistantOutcome, AssistantParticipant, AssistantPerson, AssistantRequest, AssistantRoom, AssistantState,
    AssistantStatus, AssistantView, ForwardWhen, IceServersView, LineDevice, ListState, PersonId, PhoneState, RoomAct,
    StackStatus,
};
pub use auto_answer::{AutoAnswer, AutoAnswerBusy, AutoAnswerMicrophone, AutoAnswerWhen};
pub use book::{
    Contact, ContactForm, ContactId, ContactName, ContactNumber, ContactQuery, HistoryEntry, HistoryFilter, HistoryQuery,
    ImportReport, NumberKind, Outcome, Skipped, SkippedFault, SuggestedBy, Suggestion,
};
pub use call::{CallId, CallState, CallerKind, Cause, Direction, EndedBy, Hold, LineCall, MediaDirection, MediaId, Remote};
pub use clock::{Clock, Instant};
pub use command::{Command, DialOptions};
pub use decline::{DeclineCode, InvalidDeclineCode};
pub use devices::{CallLevels, DeviceTrial, DeviceView, DevicesView, Levels, RoleView, TrialStage, TrialView};
pub use diagnosis::{CallStory, Check, CheckFact, Finding, LadderRow, Quality, StoryFact, StoryRoom, StoryStep, TraceRow};
pub use dtmf::{DtmfDigit, DtmfMode, InvalidDigit, InvalidDigits};
pub use event::{Event, TimedEvent, TurnedAway};
pub use event_program::{CallMoment, EventProgram};
pub use ice::{IcePolicy, IceServer, IceTransport, IceUrl, InvalidIceUrl};
pub use kiosk::{KioskAction, KioskEntry, KioskFault, KioskScreen, KioskView};
pub use lamp::{LampState, LampView};
pub use loop_check::{LoopCheckView, LoopResult};
pub use office::{
    AccountStep, AccountTrial, FieldFault, FieldProblem, FileDamage, FileFault, IceStep, IceStepView, IceTrial, KeptWhere,
    ProvisionChange, ProvisionOffer, ProvisionView, SecretKept, SecretKey, SecretView, SettingsView, TrialFact, TrialOutcome,
    TrialStep,
};
pub use refusal::Refusal;
pub use report::{CallReport, CandidateKind, CandidatePair, Codec, MediaStatistics, MediaTrouble, PathAddresses, SetupTimes};
pub use secret::{Personal, Private, Pseudonyms, Secret};
pub use service::{ServiceEvent, ServiceFacts, ServiceRow};
pub use settings::{
    AllowTransfers, CallSettings, CallWaiting, Cleanup, DevicePreferences, Forward, HistorySettings, RecordForm, RecordPolicy,
    Ringtone, SETTINGS_VERSION, Settings, Shortcuts, Theme, UpdateSettings, WindowSettings,
};
pub use snapshot::{
    AccountCan, AccountView, CallView, Changes, CloudClient, ConferenceView, Notice, NoticeCode, Snapshot, TokenOrder, TokenView,
    UpdateView,
};
pub use target::{InvalidTarget, Named, Target};
pub use transfer::{TransferFault, TransferStage, TransferTo, TransferView};
pub use trouble::{
    CalleeFault, DescriptionFault, DeviceFault, FileReason, InternalFault, LineFault, MediaFault, RecordingFault, ServiceFault,
    ServiceSwitch, SoundFault, SoundRole, TelephoneFault, Trouble,
};
pub use wire::{Piece, WireMessage, WireWay};
pub use x_headers::XHeaders;
