//! The command line's words.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use model::{CallerId, DeclineCode, DtmfDigit, DtmfMode, IceUrl, Target};

use crate::{
    account::{AculabArguments, XivoAccountArguments},
    aculab::AculabVerb,
    book::BookVerb,
    checks::{IceVerb, SettingsVerb},
    devices::DevicesVerb,
    diagnosis::DiagnosisVerb,
    provision::ProvisionVerb,
    several::SeveralVerb,
    transfer::TransferVerb,
    xivo::XivoArguments,
};

/// Sidetone without a window: places and takes calls, and controls a running phone.
#[derive(Debug, Parser)]
#[command(name = "sidetone-cli", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// Print events and answers as JSON, one object a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to log to standard error: error, warn, info, debug, trace, or per room (sip=debug).
    #[arg(long, global = true, default_value = "warn", value_name = "FILTER")]
    pub(crate) log: String,
    /// Folder of settings; the user's own when missing.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Place one call, print what happens and a report at its end.
    Call(CallArguments),
    /// Register and serve until interrupted; the other verbs control it.
    Run(RunArguments),
    /// The configured accounts.
    Accounts {
        #[command(subcommand)]
        verb: AccountsVerb,
    },
    /// The sound devices of this machine, or a trial of them.
    Devices {
        #[command(subcommand)]
        verb: Option<DevicesVerb>,
    },
    /// STUN and TURN servers.
    Ice {
        #[command(subcommand)]
        verb: IceVerb,
    },
    /// The settings file.
    Settings {
        #[command(subcommand)]
        verb: SettingsVerb,
    },
    /// What others have set here.
    Provision {
        #[command(subcommand)]
        verb: ProvisionVerb,
    },
    /// The web services of Aculab Cloud.
    Aculab {
        #[command(subcommand)]
        verb: AculabVerb,
    },
    /// What a XiVO does for its user beside calls here, and the control of his telephone.
    Xivo(XivoArguments),
    #[command(flatten)]
    Book(BookVerb),
    /// Look at everything that calls depend on: names, certificates, connections, each STUN and TURN server, NAT, clock.
    Diagnose {
        /// Of this account only.
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
    #[command(flatten)]
    Diagnosis(DiagnosisVerb),
    /// The state of the running phone.
    Status,
    /// Read a PIN from the input and print what the profile of a kiosk keeps of it.
    KioskPin,
    /// Bring the window of the running phone up.
    Show,
    /// Dial from the running phone.
    Dial {
        /// A number or SIP address.
        target: Target,
        /// Account to dial from.
        #[arg(long)]
        account: Option<String>,
        /// Who is calling, on an account of the first interface of Aculab Cloud.
        #[arg(long, value_name = "ID")]
        caller_id: Option<CallerId>,
    },
    /// Who of the watched favourites of the running phone is in a call.
    Lamps,
    /// Pick up the call that rings at a watched favourite.
    PickUp {
        /// The number of its lamp.
        number: String,
    },
    /// Answer a ringing call of the running phone.
    Answer {
        #[command(flatten)]
        call: CallChoice,
        /// A header for the answer: 'X-Name: value'. May be given several times.
        #[arg(long = "header", value_name = "HEADER", value_parser = header)]
        headers: Vec<(String, String)>,
    },
    /// Decline a ringing call of the running phone; one that is answered only when its number is given.
    Decline {
        #[command(flatten)]
        call: CallChoice,
        /// What the caller is told: 486 busy, 480 not now, 404 nobody here by that name, 603 declined everywhere; 400 to 699.
        #[arg(long, value_name = "CODE", default_value = "486")]
        code: DeclineCode,
    },
    /// Hang up (or decline) a call of the running phone.
    Hangup(CallChoice),
    /// Put a call of the running phone on hold.
    Hold(CallChoice),
    /// Take a held call of the running phone back.
    Resume(CallChoice),
    /// Switch the microphone of a call of the running phone off, or on.
    Mute {
        #[command(flatten)]
        call: CallChoice,
        /// Switch it on again.
        #[arg(long)]
        off: bool,
    },
    /// Send digits in a call of the running phone.
    Dtmf {
        /// Of 0-9 * # A-D.
        #[arg(value_parser = digits)]
        digits: Digits,
        /// Hold the key down for so long; one digit only.
        #[arg(long, value_name = "TIME", value_parser = span)]
        hold: Option<Duration>,
        #[command(flatten)]
        call: CallChoice,
    },
    #[command(flatten)]
    Several(SeveralVerb),
    #[command(flatten)]
    Transfer(TransferVerb),
}

#[derive(Debug, Args)]
pub(crate) struct CallChoice {
    /// Its number in `status`; the only one, or the newest, when missing.
    #[arg(long = "call", value_name = "NUMBER")]
    pub(crate) call: Option<u32>,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "it exists once in the life of the process")]
pub(crate) enum AccountsVerb {
    /// Show them.
    List,
    /// Add one at a SIP server, at Aculab Cloud or at a XiVO. Its password is read from the variable that an option names, or asked for.
    Add {
        /// Its name here.
        name: String,
        #[command(flatten)]
        account: AccountArguments,
    },
    /// Try one as it would be used, and say which step fails.
    Test {
        /// Its name.
        name: String,
    },
    /// Know its server by another key from now on: the one that the server has, and that whoever runs it says is theirs.
    AcceptKey {
        /// Its name.
        name: String,
        /// SHA-256 of the key, as the phone shows it: 64 hexadecimal digits, with or without colons.
        fingerprint: String,
    },
    /// Remove one, with its password.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CallArguments {
    /// A number or SIP address; at the practice exchange 600 is an echo. At Aculab Cloud service:NAME or client:ID.
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    /// Hang up after this long in conversation (10s, 2m).
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub(crate) length: Option<Duration>,
    /// Digits to send once the call is connected.
    #[arg(long, value_name = "DIGITS", value_parser = digits)]
    pub(crate) dtmf: Option<Digits>,
    /// A header for the INVITE: 'Name: value'. May be given several times.
    #[arg(long = "header", value_name = "HEADER", value_parser = header)]
    pub(crate) headers: Vec<(String, String)>,
    /// Whether the far end may send the call to somebody else, who is called then; it may when this is missing, unless the
    /// settings forbid it.
    #[arg(long, value_name = "on|off")]
    pub(crate) allow_transfer: Option<Switch>,
    #[command(flatten)]
    pub(crate) sound: SoundArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Settings file to use instead of the one in the data folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Answer every call at once.
    #[arg(long)]
    pub(crate) auto_answer: bool,
    /// End after this long.
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub(crate) length: Option<Duration>,
    /// How many calls at once; further ones hear busy.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) limit: Option<u32>,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) sound: SoundArguments,
}

#[derive(Debug, Args)]
pub(crate) struct SourceArguments {
    /// A configured account; the practice account when neither this nor --server, --cloud or --xivo is given.
    #[arg(long, value_name = "NAME", conflicts_with = "service")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) one_off: AccountArguments,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct AccountArguments {
    /// SIP server: wss://host[:port]/path, a domain whose DNS names its servers, or ws:// on this machine.
    #[arg(long, value_name = "URL", requires = "user", group = "service")]
    pub(crate) server: Option<String>,
    /// User part of the address of record.
    #[arg(long, value_name = "USER", requires = "server")]
    pub(crate) user: Option<String>,
    /// Domain of the address of record; the server's host when missing.
    #[arg(long, value_name = "DOMAIN", requires = "server")]
    pub(crate) domain: Option<String>,
    /// Name shown to the called.
    #[arg(long, value_name = "NAME", requires = "server")]
    pub(crate) name_shown: Option<String>,
    /// Environment variable that holds the password.
    #[arg(long, value_name = "VARIABLE", requires = "server")]
    pub(crate) password_env: Option<String>,
    /// User name for authentication; --user when missing.
    #[arg(long, value_name = "USER", requires = "server")]
    pub(crate) auth_user: Option<String>,
    /// Realm the password belongs to; the one the server names first when missing.
    #[arg(long, value_name = "REALM", requires = "server")]
    pub(crate) realm: Option<String>,
    /// PEM file with further certificate authorities to trust.
    #[arg(long, value_name = "FILE", requires = "service")]
    pub(crate) ca: Option<PathBuf>,
    /// Allow ws:// to other machines: anyone on the way can read the signalling.
    #[arg(long, requires = "server")]
    pub(crate) allow_plain_ws: bool,
    /// HTTP proxy (http://[user:password@]host:port), or 'direct'.
    #[arg(long, value_name = "URL", requires = "service")]
    pub(crate) proxy: Option<String>,
    /// Only call out; do not register. Its account is told to be 'ready' in the place of 'registered'.
    #[arg(long, requires = "service")]
    pub(crate) no_register: bool,
    /// Seconds to ask for in REGISTER.
    #[arg(long, value_name = "SECONDS", requires = "server", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) expires: Option<u32>,
    /// STUN or TURN server: stun:host[:port], turn:user:secret@host[:port][?transport=tcp], turns:…
    #[arg(long, value_name = "SERVER", value_parser = ice_server, requires = "service")]
    pub(crate) ice: Vec<IceArgument>,
    /// Use relayed candidates only.
    #[arg(long, requires = "service", conflicts_with = "host_only")]
    pub(crate) relay_only: bool,
    /// Ask no STUN or TURN server.
    #[arg(long, requires = "service")]
    pub(crate) host_only: bool,
    /// How digits travel.
    #[arg(long, value_name = "WAY", requires = "server")]
    pub(crate) dtmf_mode: Option<DtmfChoice>,
    #[command(flatten)]
    pub(crate) aculab: AculabArguments,
    #[command(flatten)]
    pub(crate) xivo: XivoAccountArguments,
}

impl AccountArguments {
    /// Whether they describe an account.
    pub(crate) fn is_given(&self) -> bool {
        self.server.is_some() || self.aculab.cloud.is_some() || self.xivo.xivo.is_some()
    }
}

#[derive(Debug, Args)]
pub(crate) struct SoundArguments {
    /// Speak this WAV file instead of a microphone.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["mic", "microphone", "melody"])]
    pub(crate) play: Option<PathBuf>,
    /// Speak a built-in melody instead of a microphone.
    #[arg(long, conflicts_with_all = ["mic", "microphone"])]
    pub(crate) melody: bool,
    /// Speak into the microphone; what is done without --play.
    #[arg(long)]
    pub(crate) mic: bool,
    /// Record what is heard to this WAV file instead of playing it.
    #[arg(long, value_name = "FILE", conflicts_with = "speaker")]
    pub(crate) record: Option<PathBuf>,
    /// Microphone, by id or name.
    #[arg(long, value_name = "NAME")]
    pub(crate) microphone: Option<String>,
    /// Speaker, by id or name.
    #[arg(long, value_name = "NAME")]
    pub(crate) speaker: Option<String>,
    /// Echo cancellation, noise suppression and gain control of the microphone.
    #[arg(long, value_name = "on|off")]
    pub(crate) cleanup: Option<Switch>,
    /// Codecs in order of preference, with commas: opus,g722,pcmu,pcma.
    #[arg(long, value_name = "CODECS", value_delimiter = ',')]
    pub(crate) codecs: Vec<CodecChoice>,
    /// Audio per packet: 10 or 20 ms.
    #[arg(long, value_name = "MS", value_parser = ["10", "20"])]
    pub(crate) packet_ms: Option<String>,
    /// Send nothing while nobody speaks (Opus DTX).
    #[arg(long)]
    pub(crate) dtx: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

impl Switch {
    pub(crate) fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CodecChoice {
    Opus,
    G722,
    Pcmu,
    Pcma,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DtmfChoice {
    Automatic,
    Rfc4733,
    Info,
    InfoDtmf,
    InBand,
}

impl From<DtmfChoice> for DtmfMode {
    fn from(choice: DtmfChoice) -> Self {
        match choice {
            DtmfChoice::Automatic => Self::Automatic,
            DtmfChoice::Rfc4733 => Self::Rfc4733,
            DtmfChoice::Info => Self::Info,
            DtmfChoice::InfoDtmf => Self::InfoDtmf,
            DtmfChoice::InBand => Self::InBand,
        }
    }
}

/// A row of digits as one argument.
#[derive(Clone, Debug)]
pub(crate) struct Digits(pub(crate) Vec<DtmfDigit>);

fn digits(text: &str) -> Result<Digits, String> {
    DtmfDigit::parse_all(text).map(Digits).map_err(|error| error.to_string())
}

/// An ICE server with its credentials.
#[derive(Clone)]
pub(crate) struct IceArgument {
    pub(crate) url: IceUrl,
    pub(crate) username: String,
    pub(crate) credential: model::Secret,
}

impl std::fmt::Debug for IceArgument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IceArgument({})", self.url)
    }
}

pub(crate) fn ice_server(text: &str) -> Result<IceArgument, String> {
    let (scheme, rest) = text.split_once(':').ok_or_else(|| model::InvalidIceUrl::Scheme.to_string())?;
    // The secret may hold an @; the host may not.
    let (credentials, address) =
        rest.rsplit_once('@').map_or((None, rest), |(credentials, address)| (Some(credentials), address));
    let url: IceUrl = format!("{scheme}:{address}").parse().map_err(|error: model::InvalidIceUrl| error.to_string())?;
    let (username, credential) = match credentials {
        Some(credentials) => credentials.split_once(':').ok_or("a TURN server's user and secret are written user:secret@")?,
        None if url.relays => return Err("a TURN server needs user:secret@ before its host".into()),
        None => ("", ""),
    };
    Ok(IceArgument { url, username: username.into(), credential: model::Secret::new(credential) })
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a header is written 'Name: value'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn span(text: &str) -> Result<Duration, String> {
    let invalid = || format!("{text:?} is no length of time; write 500ms, 10s or 2m");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().map_err(|_| invalid())?;
    let seconds = match &text[digits.len()..] {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(invalid()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn lengths_of_time_read_as_written() {
        for (text, ms) in [("500ms", 500), ("10s", 10_000), ("1.5", 1_500), ("2m", 120_000)] {
            assert_eq!(span(text), Ok(Duration::from_millis(ms)));
        }
        for text in ["", "s", "-1s", "10 s", "1e99h", "5d"] {
            assert!(span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn turn_servers_carry_their_secret() {
        let server = ice_server("turn:user:p@ss:word@relay.example:99?transport=tcp").expect("a TURN server");
        assert_eq!((server.username.as_str(), server.credential.expose()), ("user", "p@ss:word"));
        assert_eq!(server.url.to_string(), "turn:relay.example:99?transport=tcp");
        assert!(ice_server("turn:relay.example").is_err());
        assert!(!format!("{server:?}").contains("p@ss"));
    }
}
