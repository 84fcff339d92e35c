//! The official JavaScript clients in headless Chromium, which believe that they talk to the real cloud.
//!
//! There is one browser and one cloud for all tests; each client has a page of its own, and each test its own account.

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{ChildStdin, Command},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use audio::{DtmfDetector, FRAME_SAMPLES};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tests::{CloudAccount, CloudOptions, FakeCloud, TokenTerms};

use crate::interop::program::Program;

/// Chromium takes its time on a busy machine.
pub(super) const CHROMIUM: Duration = Duration::from_secs(60);

/// The accounts of the cloud, so that tests that run side by side do not meet.
const ACCOUNTS: [&str; 14] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "ours1", "ours2", "ours3",
    "ours4",
];

/// The cloud and the browser that is led to it.
pub(super) struct Official {
    pub cloud: FakeCloud,
    program: Program,
    input: Mutex<ChildStdin>,
    numbered: AtomicU32,
    /// Recordings of the calls with services.
    _folder: tempfile::TempDir,
}

/// One client, in its page. Its page is closed when it goes out of scope.
pub(super) struct Client {
    official: &'static Official,
    page: String,
    key: &'static str,
    /// Its id.
    pub id: String,
}

/// The generations of the official client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// `aculab-webrtc` 3.3.1.
    Three,
    /// `@aculab-com/aculab-webrtc` 4.0.8.
    Four,
}

impl Official {
    /// The cloud and the browser; `None`, and said why, where the official clients cannot be run.
    pub fn at_hand() -> Option<&'static Self> {
        static OFFICIAL: OnceLock<Option<Official>> = OnceLock::new();
        OFFICIAL.get_or_init(Self::start).as_ref()
    }

    fn start() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("aculab/official");
        let chromium = env::var_os("SIDETONE_CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules");
        for (what, path) in [
            ("Chromium is not installed", chromium),
            ("the official clients are not installed (cargo xtask test aculab installs them)", folder.join("node_modules")),
            ("the page's tools are not installed (cargo xtask test aculab installs them)", tools),
        ] {
            if !path.exists() {
                eprintln!("skipped: {what}");
                return None;
            }
        }
        let recordings = tempfile::tempdir().expect("a folder");
        let accounts = ACCOUNTS.map(CloudAccount::new).to_vec();
        let options = CloudOptions { accounts, recordings: Some(recordings.path().to_owned()), ..CloudOptions::default() };
        let cloud = FakeCloud::start(options).expect("it starts");
        let mut command = Command::new("node");
        command.arg(folder.join("clients.mjs")).arg(cloud.port().to_string());
        let (program, input) = Program::start_listening("official clients", &mut command);
        program.wait_for_value(0, "browser", CHROMIUM, |value| value["event"] == "ready");
        Some(Self { cloud, program, input: Mutex::new(input), numbered: AtomicU32::new(0), _folder: recordings })
    }

    /// A client of the second interface, whose microphone hums at `hz`.
    pub fn client(&'static self, version: Version, account: usize, id: &str, hz: f64) -> Client {
        let client = self.page(account, id);
        let number = match version {
            Version::Three => 3,
            Version::Four => 4,
        };
        let given = json!({"version": number, "cloud": "1-2-0", "key": client.key, "id": id, "hz": hz});
        client.ask("client", given);
        client
    }

    /// A caller of the first interface.
    pub fn caller(&'static self, id: &str, hz: f64) -> Client {
        let client = self.page(0, id);
        client.ask("caller", json!({"version": 3, "hz": hz}));
        client
    }

    fn page(&'static self, account: usize, id: &str) -> Client {
        let number = self.numbered.fetch_add(1, Relaxed);
        Client { official: self, page: format!("{id} {number}"), key: ACCOUNTS[account], id: id.to_owned() }
    }
}

impl Client {
    /// Commands the page; what came of it.
    pub fn try_to(&self, name: &str, given: Value) -> Result<Value, String> {
        let number = self.official.numbered.fetch_add(1, Relaxed);
        let from = self.official.program.now();
        let line = json!({"number": number, "page": self.page, "name": name, "given": given});
        {
            let mut input = self.official.input.lock().unwrap_or_else(PoisonError::into_inner);
            writeln!(input, "{line}").expect("the browser's program listens");
        }
        let answer = self.official.program.wait_for_value(from, name, CHROMIUM, |value| value["number"] == number);
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["value"].clone()),
        }
    }

    /// Commands the page to do what it can do.
    pub fn ask(&self, name: &str, given: Value) -> Value {
        self.try_to(name, given).unwrap_or_else(|error| panic!("{}: {name}: {error}", self.page))
    }

    /// A token of its account that allows everything for an hour.
    pub fn token(&self) -> String {
        self.official.cloud.token_of(&self.terms())
    }

    /// The terms of such a token.
    pub fn terms(&self) -> TokenTerms {
        TokenTerms::new(self.key, &self.id)
    }

    /// Its account's access key.
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// Registers and waits for it.
    pub fn register(&self) {
        let from = self.now();
        self.ask("enableIncoming", json!({"token": self.token()}));
        let state = self.told(from, "onIncomingState");
        assert_eq!((&state["ready"], &state["cause"]), (&json!(true), &json!("NORMAL")), "{state}");
    }

    /// Calls a service; where to begin to wait for what comes of it.
    pub fn call_service(&self, service: &str) -> usize {
        let from = self.now();
        self.ask("callService", json!({"service": service}));
        from
    }

    /// Calls another client of its account.
    pub fn call_client(&self, id: &str) -> usize {
        let from = self.now();
        self.ask("callClient", json!({"id": id, "token": self.token(), "options": {}}));
        from
    }

    /// Where to begin to wait for what happens next.
    pub fn now(&self) -> usize {
        self.official.program.now()
    }

    /// What the page tells of an event, from there on.
    pub fn told(&self, from: usize, event: &str) -> Value {
        let is = |value: &Value| value["page"] == self.page.as_str() && value["event"] == event;
        self.official.program.wait_for_value(from, &format!("{event} of {}", self.page), CHROMIUM, is)
    }

    /// The names of the events of its calls, from there on.
    pub fn events(&self, from: usize) -> Vec<String> {
        let values = self.official.program.values_from(from);
        let ours = values.iter().filter(|value| value["page"] == self.page.as_str());
        ours.filter_map(|value| value["event"].as_str()).map(str::to_owned).collect()
    }

    /// The cause that it is told at the end of the call.
    pub fn cause(&self, from: usize) -> String {
        self.told(from, "onDisconnect")["cause"].as_str().expect("a cause is text").to_owned()
    }

    /// What it has heard since it was asked last, 48 kHz.
    pub fn heard(&self) -> Vec<f32> {
        let value = self.ask("heard", json!({}));
        let bytes = STANDARD.decode(value.as_str().expect("text")).expect("base64");
        let (samples, _) = bytes.as_chunks::<2>();
        samples.iter().map(|&sample| f32::from(i16::from_le_bytes(sample)) / 32_768.0).collect()
    }

    /// Waits until the far end of the call that began there is listened to, and says something, be it silence: a key that is
    /// pressed sooner may be over before anybody hears it.
    pub fn listens(&self, from: usize) {
        self.told(from, "listens");
        for _ in 0..150 {
            std::thread::sleep(Duration::from_millis(200));
            if self.ask("figures", json!({}))["received"].as_u64() > Some(10) {
                return;
            }
        }
        panic!("{} receives nothing", self.page);
    }

    /// Waits until it hears this key.
    pub fn hears_key(&self, key: char) {
        let mut detector = DtmfDetector::new();
        let mut sound = Vec::new();
        let mut keys = String::new();
        for _ in 0..50 {
            std::thread::sleep(Duration::from_millis(200));
            sound.extend(self.heard());
            let (frames, rest) = sound.as_chunks::<FRAME_SAMPLES>();
            keys.extend(frames.iter().filter_map(|frame| detector.add(frame)).map(char::from));
            if keys.contains(key) {
                return;
            }
            sound = rest.to_vec();
        }
        panic!("{} does not hear {key}, but {keys:?}", self.page);
    }

    /// Waits until it hears this tone.
    pub fn hears(&self, hz: f64) {
        let mut last = Vec::new();
        for _ in 0..100 {
            std::thread::sleep(Duration::from_millis(200));
            last.extend(self.heard());
            if is_tone(&last, hz) {
                return;
            }
        }
        let levels = [300.0, 440.0, 500.0, 600.0, 700.0, 900.0].map(|hz| (hz, tests::tone_dbfs(&last, hz)));
        panic!("{} does not hear {hz} Hz: {} samples, {levels:?}", self.page, last.len());
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.ask("close", json!({}));
        }
    }
}

/// Whether the last half second is this tone more than anything else.
pub(super) fn is_tone(samples: &[f32], hz: f64) -> bool {
    let last = samples.len().checked_sub(24_000).map(|from| &samples[from..]);
    last.is_some_and(|last| {
        let level = tests::tone_dbfs(last, hz);
        level > -40.0 && level > tests::rms_dbfs(last) - 3.0
    })
}
