//! `sidetone-cli` as a person or a script would start it, and what it says.

#[cfg(target_os = "linux")]
use std::process::{Child, Stdio};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use model::{Password, SipAccount};
use serde_json::Value;

use super::{
    lab::Lab,
    program::{self, Program},
    voice::{Sound, voice, voice_file},
};

/// The variable that hands the phone its password.
const PASSWORD: &str = "SIDETONE_TEST_PASSWORD";

/// Longer than any step takes on a busy machine, and shorter than patience.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A phone that is about to be started.
pub(crate) struct Seat {
    name: String,
    command: Command,
    folder: tempfile::TempDir,
}

/// A started phone.
pub(crate) struct Phone {
    program: Program,
    folder: tempfile::TempDir,
}

/// A started phone that nobody listens to; it is killed when dropped.
#[cfg(target_os = "linux")]
pub(crate) struct Unread {
    process: Child,
    folder: tempfile::TempDir,
}

/// How a phone ended.
#[derive(Debug)]
pub(crate) struct Over {
    pub(crate) exit: Option<i32>,
    pub(crate) events: Vec<Value>,
}

/// A phone without an account of its own: the practice exchange, or what `arguments` say.
pub(crate) fn practice(verb: &[&str]) -> Seat {
    Seat::new("practice", Command::new(program::sidetone_cli()), verb)
}

/// A phone with an account at a practice exchange.
pub(crate) fn at(account: &SipAccount, verb: &[&str]) -> Seat {
    Seat::new("phone", Command::new(program::sidetone_cli()), verb).with_account(account)
}

/// The same in a network namespace.
#[cfg(target_os = "linux")]
pub(crate) fn over_there(space: &str, verb: &[&str], account: &SipAccount) -> Seat {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", space]).arg(program::sidetone_cli());
    Seat::new(space, command, verb).with_account(account)
}

impl Lab {
    /// A phone of a user at Asterisk: 1001 to 1011.
    pub(crate) fn at_asterisk(&self, user: &str, verb: &[&str]) -> Seat {
        self.at(user, &format!("wss://localhost:{}/ws", self.port(89)), verb)
    }

    /// A phone of a user at Kamailio: 3000 to 3999.
    pub(crate) fn at_kamailio(&self, user: &str, verb: &[&str]) -> Seat {
        self.at(user, &format!("wss://localhost:{}", self.port(189)), verb).with(&["--domain", "127.0.0.1"])
    }

    /// A phone without any account.
    pub(crate) fn anywhere(&self, verb: &[&str]) -> Seat {
        Seat::new("phone", self.phone(), verb)
    }

    /// A phone at any server.
    pub(crate) fn at(&self, user: &str, server: &str, verb: &[&str]) -> Seat {
        let mut seat = Seat::new(user, self.phone(), verb).password(&format!("pw-{user}"));
        seat.command.args(["--server", server, "--user", user, "--password-env", PASSWORD, "--ca"]).arg(self.ca());
        seat
    }
}

impl Seat {
    fn new(name: &str, mut command: Command, verb: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for a phone");
        command.args(verb).arg("--json").arg("--data").arg(folder.path());
        // Whatever key store and settings the machine has are not ours.
        command.env("HOME", folder.path()).env("XDG_RUNTIME_DIR", folder.path()).env_remove("DBUS_SESSION_BUS_ADDRESS");
        Self { name: format!("{name} {}", verb.join(" ")), command, folder }
    }

    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    fn with_account(self, account: &SipAccount) -> Self {
        let Password::Known(password) = &account.password else { panic!("the account has a password") };
        let plain: &[&str] = if account.allow_plain_ws { &["--allow-plain-ws"] } else { &[] };
        let ca: &[&str] = if account.ca_file.is_empty() { &[] } else { &["--ca", &account.ca_file] };
        self.password(password.expose())
            .with(&["--server", &account.server, "--domain", &account.domain, "--user", account.user.expose()])
            .with(&["--password-env", PASSWORD, "--proxy", "direct"])
            .with(plain)
            .with(ca)
    }

    pub(crate) fn password(mut self, password: &str) -> Self {
        self.command.env(PASSWORD, password);
        self
    }

    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// It speaks the voice, and what it hears is recorded.
    pub(crate) fn speaking(self) -> Self {
        self.playing(voice_file())
    }

    /// It speaks a file, and what it hears is recorded.
    pub(crate) fn playing(mut self, file: &Path) -> Self {
        self.command.arg("--play").arg(file);
        self.recording()
    }

    /// It sounds a tone for a minute, and what it hears is recorded.
    pub(crate) fn sounding(self, hz: f64) -> Self {
        self.saying(&Sound(tests::tone(hz, -12.0, Duration::from_secs(60))))
    }

    /// It says nothing, and what it hears is recorded.
    pub(crate) fn silent(self) -> Self {
        self.saying(&Sound(vec![0.0; 48_000]))
    }

    fn saying(self, sound: &Sound) -> Self {
        let file = self.folder.path().join("said.wav");
        sound.write(&file);
        self.playing(&file)
    }

    /// It hums, and what it hears is recorded.
    pub(crate) fn humming(mut self) -> Self {
        self.command.arg("--melody");
        self.recording()
    }

    fn recording(mut self) -> Self {
        let file = heard_file(self.folder.path());
        self.command.arg("--record").arg(file);
        self
    }

    pub(crate) fn start(mut self) -> Phone {
        Phone { program: Program::start(&self.name, &mut self.command), folder: self.folder }
    }

    /// Starts it where nobody reads what it says and logs.
    #[cfg(target_os = "linux")]
    pub(crate) fn start_unread(mut self) -> Unread {
        let process = self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Unread { process: process.expect("sidetone-cli starts"), folder: self.folder }
    }

    /// Starts it and waits for its end.
    pub(crate) fn run(self, within: Duration) -> (Over, Phone) {
        let mut phone = self.start();
        let over = phone.finish(within);
        (over, phone)
    }
}

impl Phone {
    /// Waits until it can call and be called.
    pub(crate) fn once_registered(self) -> Self {
        self.wait("registered");
        self
    }

    /// Waits for an event.
    pub(crate) fn wait(&self, event: &str) -> Value {
        self.wait_from(0, event)
    }

    /// Waits for an event after moment `from` (of [`Phone::now`]).
    pub(crate) fn wait_from(&self, from: usize, event: &str) -> Value {
        self.program.wait_for_value(from, event, SOON, |value| value["event"] == event)
    }

    /// Waits for an event that `is`.
    pub(crate) fn wait_for(&self, from: usize, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        self.program.wait_for_value(from, what, SOON, is)
    }

    /// Waits until an event that `is` has come, for longer than anything usual takes.
    pub(crate) fn wait_within(&self, from: usize, what: &str, limit: Duration, is: impl Fn(&Value) -> bool) -> Value {
        self.program.wait_for_value(from, what, limit, is)
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.program.id()
    }

    /// The events that were told since moment `from`.
    pub(crate) fn told_since(&self, from: usize) -> Vec<Value> {
        self.program.values_from(from)
    }

    /// Now, as a moment to wait from.
    pub(crate) fn now(&self) -> usize {
        self.program.now()
    }

    /// Waits until it has ended by itself.
    pub(crate) fn finish(&mut self, within: Duration) -> Over {
        let exit = self.program.finish(within);
        Over { exit, events: self.program.values() }
    }

    /// Asks it to end, as Ctrl-C does, and waits until it has.
    pub(crate) fn stop(&mut self) -> Over {
        self.program.interrupt();
        self.finish(SOON)
    }

    /// Tells the running phone something by another `sidetone-cli`.
    pub(crate) fn tell(&self, verb: &[&str]) {
        let (exit, complaint) = self.try_to_tell(verb);
        assert_eq!(exit, Some(0), "{verb:?}: {complaint}");
    }

    /// The same, and what came of it: the exit status, and what was complained of.
    pub(crate) fn try_to_tell(&self, verb: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(program::sidetone_cli());
        let output = command.args(verb).arg("--data").arg(self.folder.path()).output().expect("sidetone-cli starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Dials from the running phone and waits until the audio is connected; the number of the call.
    pub(crate) fn dial(&self, target: &str) -> u64 {
        let then = self.now();
        self.tell(&["dial", target]);
        self.connected(then)
    }

    /// Waits until the audio of a call is connected; its number.
    pub(crate) fn connected(&self, from: usize) -> u64 {
        let connected = self.wait_from(from, "media-connected");
        connected["call"].as_u64().expect("a call has a number")
    }

    /// Waits until a call is held here, or not.
    pub(crate) fn is_held(&self, from: usize, call: u64, held: bool) {
        let what = format!("call {call} held: {held}");
        self.wait_for(from, &what, |event| event["event"] == "hold" && event["call"] == call && event["hold"]["local"] == held);
    }

    /// Waits for the end of a call.
    pub(crate) fn ended(&self, from: usize, call: u64) -> Value {
        self.wait_for(from, &format!("the end of call {call}"), |event| event["event"] == "ended" && event["call"] == call)
    }

    /// How loud a tone is in the last second but a half of what it heard.
    pub(crate) fn hears(&self, hz: f64) -> f64 {
        let heard = self.heard();
        let start = heard.length().saturating_sub(Duration::from_millis(1_500));
        tests::tone_dbfs(heard.part(start, Duration::from_secs(1)), hz)
    }

    /// What it heard so far.
    pub(crate) fn heard(&self) -> Sound {
        Sound::read(&heard_file(self.folder.path()))
    }

    /// A folder that lives as long as the phone.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Asserts that it heard the voice, whole.
    pub(crate) fn heard_the_voice(&self) {
        is_the_voice(&self.heard());
    }
}

/// Asserts that a recording has the voice, whole.
pub(crate) fn is_the_voice(heard: &Sound) {
    let likeness = heard.likeness(&voice());
    let whole = likeness.heard >= 0.8 && likeness.median >= 0.75 && likeness.longest_hole <= Duration::from_millis(300);
    assert!(whole, "the voice was not heard well: {likeness}");
}

#[cfg(target_os = "linux")]
impl Unread {
    /// Whether it says that it can be called, when another `sidetone-cli` asks.
    pub(crate) fn is_registered(&self) -> bool {
        let mut command = Command::new(program::sidetone_cli());
        let output = command.arg("status").arg("--data").arg(self.folder.path()).output().expect("sidetone-cli starts");
        String::from_utf8_lossy(&output.stdout).contains(" registered")
    }

    /// Asks it to end, as the system does.
    pub(crate) fn ask_to_end(&self) {
        let sent = Command::new("kill").arg("-TERM").arg(self.process.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "it runs");
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.try_wait().expect("it is ours").is_some()
    }
}

#[cfg(target_os = "linux")]
impl Drop for Unread {
    fn drop(&mut self) {
        // It may have ended.
        let _killed = self.process.kill();
        let _waited = self.process.wait();
    }
}

impl Over {
    /// The report of the only call.
    pub(crate) fn ended(&self) -> &Value {
        let mut ended = self.events.iter().filter(|event| event["event"] == "ended");
        let first = ended.next().unwrap_or_else(|| panic!("no call has ended: {:?}", self.names()));
        assert!(ended.next().is_none(), "a call ends once: {:?}", self.names());
        first
    }

    /// The figures of the only call's audio.
    pub(crate) fn media(&self) -> &Value {
        &self.ended()["report"]["media"]
    }

    /// The sentence it failed with.
    pub(crate) fn sentence(&self) -> &str {
        let error = self.events.iter().find(|event| event["event"] == "error");
        error.and_then(|error| error["message"].as_str()).unwrap_or_default()
    }

    /// The events by name, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.events.iter().filter_map(|event| event["event"].as_str()).collect()
    }

    /// Asserts that these events came, in this order, whatever else came between.
    pub(crate) fn came_in_order(&self, expected: &[&str]) {
        let mut names = self.names().into_iter();
        let missing = expected.iter().find(|expected| !names.any(|name| name == **expected));
        assert!(missing.is_none(), "{:?} is missing, or not in its place: {:?}", missing, self.names());
    }

    /// Asserts that all went well with an answered call: it ended by `by`, with audio in and out and without trouble.
    pub(crate) fn was_a_good_call(&self, by: &str) {
        assert_eq!(self.exit, Some(0), "{}", self.sentence());
        assert_eq!(self.ended()["cause"]["by"], by);
        assert_eq!(self.ended()["code"], Value::Null);
        let media = self.media();
        let count = |which: &str| media[which].as_u64().unwrap_or_default();
        assert!(count("packets_sent") > 20 && count("packets_received") > 20, "{media}");
        assert_eq!(media["trouble"], Value::Null, "{media}");
    }
}

fn heard_file(folder: &Path) -> PathBuf {
    folder.join("heard.wav")
}
