//! The configuration as a value. `store` reads and writes it.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{Account, AccountId, AutoAnswer, Codec, Personal, Target};

/// The version `store` writes; older files are migrated when read.
pub const SETTINGS_VERSION: u32 = 1;

/// Everything the user can set, but secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Settings {
    /// Version of the form.
    pub version: u32,
    /// Country the user is in, ISO 3166 two letters: by its rules numbers are matched.
    pub country: String,
    /// Accounts, the first usable one is dialled from.
    pub accounts: Vec<Account>,
    /// Sound devices.
    pub devices: DevicePreferences,
    /// How calls are handled.
    pub calls: CallSettings,
    /// Whose calls are answered without the user; one per account at most.
    pub auto_answer: Vec<AutoAnswer>,
    /// The history of calls.
    pub history: HistorySettings,
    /// The desktop program around the phone.
    pub window: WindowSettings,
    /// Keys that work while another program has the keyboard.
    pub shortcuts: Shortcuts,
    /// New versions of the program.
    pub updates: UpdateSettings,
    /// Filter of the log, as of `tracing` (`info`, `sip=debug`).
    pub log: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: SETTINGS_VERSION,
            country: "gb".into(),
            accounts: vec![Account { id: AccountId("practice".into()), enabled: true, provider: crate::Provider::Practice }],
            devices: DevicePreferences::default(),
            calls: CallSettings::default(),
            auto_answer: Vec::new(),
            history: HistorySettings::default(),
            window: WindowSettings::default(),
            shortcuts: Shortcuts::default(),
            updates: UpdateSettings::default(),
            log: "info".into(),
        }
    }
}

impl Settings {
    /// Whether any account needs the practice exchange.
    pub fn needs_practice(&self) -> bool {
        self.accounts.iter().any(|account| account.enabled && account.provider == crate::Provider::Practice)
    }
}

/// Which devices to use, per role: ids in order of preference; the system's default when none of them is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct DevicePreferences {
    /// Microphones.
    pub microphones: Vec<String>,
    /// Speakers.
    pub speakers: Vec<String>,
    /// Where it rings; the speaker when empty.
    pub ringers: Vec<String>,
    /// How loud speaker and ringer play, in percent of what the system lets them.
    pub volume: u32,
    /// What is done to the microphone's sound.
    pub cleanup: Cleanup,
}

impl Default for DevicePreferences {
    fn default() -> Self {
        let none = Vec::new;
        Self { microphones: none(), speakers: none(), ringers: none(), volume: 100, cleanup: Cleanup::default() }
    }
}

/// Treatment of the microphone's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Cleanup {
    /// Echo cancellation.
    pub echo: bool,
    /// Noise suppression.
    pub noise: bool,
    /// Gain control.
    pub gain: bool,
}

impl Cleanup {
    /// Nothing is touched.
    pub const OFF: Self = Self { echo: false, noise: false, gain: false };

    /// Whether there is nothing to do.
    pub fn is_off(self) -> bool {
        self == Self::OFF
    }
}

impl Default for Cleanup {
    fn default() -> Self {
        Self { echo: true, noise: true, gain: true }
    }
}

/// How calls are handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct CallSettings {
    /// Codecs in order of preference; those left out are not offered.
    pub codecs: Vec<Codec>,
    /// Audio per packet, 10 or 20 ms.
    pub packet_ms: u32,
    /// Discontinuous transmission of Opus.
    pub dtx: bool,
    /// Most bits a second that Opus may take, 8000 to 128000; as many as it needs when 0.
    pub max_bitrate: u32,
    /// How long a digit sounds, 40 to 500 ms, …
    pub digit_ms: u32,
    /// … and the pause behind it, 30 to 400 ms.
    pub digit_gap_ms: u32,
    /// How many calls may be up or ringing before a further one hears busy.
    pub limit: u32,
    /// What a further call meets while another one is up or rings.
    pub waiting: CallWaiting,
    /// Who is sent elsewhere (302), and where.
    pub forward: Forward,
    /// What callers are refused with while the user is not to be disturbed: 486 (busy) or 480 (not there).
    pub dnd_code: u16,
    /// Who rings all the same.
    pub dnd_exceptions: Vec<Target>,
    /// What happens when the far end of a call asks us to call somebody else.
    pub allow_transfers: AllowTransfers,
    /// Whether calls may be recorded.
    pub record: RecordPolicy,
    /// What recordings are written as.
    pub record_form: RecordForm,
    /// Where recordings are kept; in the data folder when empty.
    pub recordings_folder: String,
    /// Let the far end hear a beep every 15 s while it is recorded.
    pub beep_on_record: bool,
    /// Answer every call at once and without a beep, unless another one is in conversation: then it waits. For test rigs
    /// and `sidetone-cli run --auto-answer`; people have `Settings::auto_answer`.
    pub auto_answer: bool,
    /// Seconds an incoming call may ring before it is answered with 480.
    pub ring_for_s: u32,
    /// Country whose ringback, busy and congestion tones are played, ISO 3166 two letters.
    pub tones: String,
    /// How it rings.
    pub ringtone: Ringtone,
    /// A number that says again what it hears; where it is empty, the one that the account's kind of server has by habit.
    pub echo_number: Personal,
}

impl Default for CallSettings {
    fn default() -> Self {
        Self {
            codecs: vec![Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma],
            packet_ms: 20,
            dtx: false,
            max_bitrate: 0,
            // As browsers do (W3C `insertDTMF`).
            digit_ms: 100,
            digit_gap_ms: 70,
            limit: 8,
            waiting: CallWaiting::default(),
            forward: Forward::default(),
            dnd_code: 486,
            dnd_exceptions: Vec::new(),
            allow_transfers: AllowTransfers::default(),
            record: RecordPolicy::default(),
            record_form: RecordForm::default(),
            recordings_folder: String::new(),
            beep_on_record: false,
            auto_answer: false,
            ring_for_s: 120,
            tones: "gb".into(),
            ringtone: Ringtone::default(),
            echo_number: Personal::default(),
        }
    }
}

/// How it rings: one of the phone's own ways, or the user's file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Ringtone {
    /// A warbling bell.
    #[default]
    Classic,
    /// Two strokes of an old bell.
    Bell,
    /// A rising chord.
    Chime,
    /// A tune on wooden bars.
    Marimba,
    /// Quick beeps.
    Digital,
    /// Two soft notes.
    Soft,
    /// The first half minute of a WAV, MP3, Ogg Vorbis or FLAC file, by its whole path.
    File(String),
}

/// What a further call meets while another one is up or rings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum CallWaiting {
    /// It rings softly.
    #[default]
    Ring,
    /// Its caller hears busy.
    Busy,
}

/// Who is sent elsewhere. Numbers or addresses as they are dialled; empty ones forward nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Forward {
    /// Every caller.
    pub always: Personal,
    /// Who would hear busy.
    pub busy: Personal,
    /// Whom nobody answers.
    pub no_answer: Personal,
    /// After how many seconds of ringing.
    pub no_answer_s: u32,
    /// Who is forwarded in no case.
    pub exceptions: Vec<Target>,
}

impl Default for Forward {
    fn default() -> Self {
        let nobody = Personal::default;
        Self { always: nobody(), busy: nobody(), no_answer: nobody(), no_answer_s: 20, exceptions: Vec::new() }
    }
}

/// What happens when the far end of a call asks us to call somebody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum AllowTransfers {
    /// The user is asked.
    #[default]
    Ask,
    /// It is done.
    Always,
    /// It is refused.
    Never,
}

/// Whether calls may be recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum RecordPolicy {
    /// Never.
    Off,
    /// When the user asks for it.
    #[default]
    OnRequest,
    /// Every call, from its answer on.
    Always,
}

/// What a recording is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum RecordForm {
    /// WAV: everything can play it; 11 MB a minute.
    #[default]
    Wav,
    /// Opus in Ogg (RFC 7845): half a megabyte a minute.
    Opus,
}

/// The history of calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct HistorySettings {
    /// Days until a call is forgotten; never when zero.
    pub keep_days: u32,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self { keep_days: 365 }
    }
}

/// The desktop program around the phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct WindowSettings {
    /// Closing the window leaves the phone in the tray, where there is one.
    pub close_to_tray: bool,
    /// The phone starts when the user signs in to the desktop.
    pub start_with_session: bool,
    /// A small window shows who calls.
    pub popup: bool,
    /// The desktop's own notifications show who calls and who called.
    pub notifications: bool,
    /// A `tel:` or `sip:` link dials at once instead of filling the number in.
    pub dial_links_at_once: bool,
    /// Language of the page, as an ISO 639 code; the system's when empty.
    pub language: String,
    /// Light or dark.
    pub theme: Theme,
    /// Single letters do something in the window. Who speaks to the computer, or types without looking, may not want that
    /// (WCAG 2.2, 2.1.4).
    pub letter_keys: bool,
}

impl Default for WindowSettings {
    fn default() -> Self {
        Self {
            close_to_tray: true,
            start_with_session: false,
            popup: true,
            notifications: true,
            dial_links_at_once: false,
            language: String::new(),
            theme: Theme::default(),
            letter_keys: true,
        }
    }
}

/// New versions of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct UpdateSettings {
    /// Look for them now and then.
    pub check: bool,
}

impl Default for UpdateSettings {
    fn default() -> Self {
        Self { check: true }
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the desktop has it.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// Keys that work while another program has the keyboard, as `Ctrl+Alt+A`; empty ones do nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct Shortcuts {
    /// Whether they are in force.
    pub enabled: bool,
    /// Answer what rings.
    pub answer: String,
    /// End the call, or decline what rings.
    pub hang_up: String,
    /// Microphone off and on.
    pub mute: String,
    /// Hold and resume.
    pub hold: String,
    /// Bring the window up.
    pub show: String,
}

impl Default for Shortcuts {
    fn default() -> Self {
        let key = |letter: char| format!("Ctrl+Alt+{letter}");
        Self { enabled: false, answer: key('A'), hang_up: key('E'), mute: key('M'), hold: key('H'), show: key('P') }
    }
}
