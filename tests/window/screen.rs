//! A screen with a session bus and a user's folders, for one test.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use model::Snapshot;
use phone::{RemoteAnswer, RemoteRequest, ask_remote};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::interop::{program::Program, pulse};

/// Longest wait for anything on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How often something is looked at that does not tell when it changes.
const LOOK: Duration = Duration::from_millis(25);

/// What every test here needs of the system.
const NEEDED: [&str; 5] = ["Xvfb", "dbus-daemon", "openbox", "wmctrl", "xdotool"];

/// A bus on which everybody may talk, without the services that are installed.
const BARE_BUS: &str = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"#;

/// Held by the test that has the machine's screen.
static TURN: Mutex<()> = Mutex::new(());

/// The screen; everything on it ends with it.
pub(crate) struct Screen {
    pub(crate) runtime: Runtime,
    display: String,
    bus: String,
    folder: TempDir,
    /// Where a sound server is looked for.
    sound: PathBuf,
    /// The last one started ends first.
    programs: Vec<Program>,
    _turn: MutexGuard<'static, ()>,
}

impl Screen {
    /// A screen with a window manager; `None`, and said so, where the system lacks what it takes.
    pub(crate) fn open() -> Option<Self> {
        if let Some(missing) = NEEDED.into_iter().find(|program| !is_installed(program)) {
            eprintln!("skipped: {missing} is not installed (cargo xtask test window installs it)");
            return None;
        }
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = TempDir::new().expect("a folder for the user");
        for name in ["run", "data"] {
            private(&folder.path().join(name));
        }
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        let server = Program::start("Xvfb", &mut server);
        let number = server.find_from(0, "number of the display", PATIENCE, |line| line.trim().parse::<u32>().ok());
        let mut daemon = Command::new("dbus-daemon");
        daemon.args(["--session", "--nofork", "--print-address=1"]);
        let daemon = Program::start("dbus-daemon", &mut daemon);
        let bus = daemon.wait_for_line("unix:", PATIENCE);
        let display = format!(":{number}");
        let mut manager = Command::new("openbox");
        manager.env("DISPLAY", &display).env("HOME", folder.path());
        let manager = Program::start("openbox", &mut manager);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
        let programs = vec![manager, daemon, server];
        let sound = folder.path().join("no-sound");
        Some(Self { runtime, display, bus, folder, sound, programs, _turn: turn })
    }

    /// Starts a sound server with a microphone and a speaker; `None`, and said so, where there is no such program. Ending it
    /// pulls both devices.
    pub(crate) fn sound_server(&mut self) -> Option<Program> {
        self.sound_server_with("module-null-source source_name=mic")
    }

    /// The same with a microphone that hears what the speaker plays.
    pub(crate) fn sound_server_in_a_room(&mut self) -> Option<Program> {
        self.sound_server_with("module-remap-source source_name=mic master=spk.monitor")
    }

    fn sound_server_with(&mut self, microphone: &str) -> Option<Program> {
        if !is_installed("pulseaudio") {
            eprintln!("skipped: pulseaudio is not installed (cargo xtask test window installs it)");
            return None;
        }
        self.sound = self.folder.path().join("pulse.sock");
        let mut command = self.command("pulseaudio");
        command.args(pulse::arguments(&self.sound));
        command.args(["--load=module-null-sink sink_name=spk", &format!("--load={microphone}")]);
        let server = Program::start("pulseaudio", &mut command);
        let socket = self.sound.clone();
        eventually("sound server", || socket.exists().then_some(()));
        Some(server)
    }

    /// The phone's folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The user's home folder.
    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the user settings beside the practice account, before the program starts.
    pub(crate) fn settings(&self, tables: &str) {
        let practice = "[[accounts]]\nid = \"practice\"\nprovider = { kind = \"practice\" }\n";
        fs::write(self.data().join("settings.toml"), format!("{practice}{tables}")).expect("the settings are written");
    }

    /// Programs from now on find no session bus, and so no key store either.
    pub(crate) fn without_bus(&mut self) {
        self.bus = format!("unix:path={}", self.folder.path().join("no-bus").display());
    }

    /// Programs from now on find a session bus that starts nothing, and so no key store.
    pub(crate) fn bare_bus(&mut self) {
        let file = self.folder.path().join("bus.conf");
        fs::write(&file, BARE_BUS).expect("it is written");
        let mut daemon = Command::new("dbus-daemon");
        daemon.arg(format!("--config-file={}", file.display())).args(["--nofork", "--print-address=1"]);
        let daemon = Program::start("dbus-daemon", &mut daemon);
        self.bus = daemon.wait_for_line("unix:", PATIENCE);
        self.programs.insert(0, daemon);
    }

    /// The address of the session bus.
    pub(crate) fn bus(&self) -> &str {
        &self.bus
    }

    /// A program on this screen, with nothing of the real user.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let home = self.folder.path();
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home.join("run"))
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            // No sound server of the machine takes part.
            .env("PULSE_SERVER", format!("unix:{}", self.sound.display()));
        command
    }

    /// The desktop program with the folder of this screen.
    pub(crate) fn sidetone(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(sidetone());
        command.arg("--data").arg(self.data()).args(arguments);
        command
    }

    /// Starts it and waits until its phone is registered with the practice exchange.
    pub(crate) fn start(&self, arguments: &[&str]) -> Program {
        let program = Program::start("sidetone", &mut self.sidetone(arguments));
        self.wait_for("registration", |snapshot| {
            snapshot.accounts.iter().any(|account| account.state == model::AccountState::Registered)
        });
        program
    }

    /// The running phone's state; `None` when there is none.
    pub(crate) fn status(&self) -> Option<Snapshot> {
        match self.runtime.block_on(ask_remote(&self.data(), &RemoteRequest::Status)) {
            Ok(RemoteAnswer::Status(snapshot)) => Some(*snapshot),
            _ => None,
        }
    }

    /// Waits until the phone is in a state.
    pub(crate) fn wait_for(&self, what: &str, is: impl Fn(&Snapshot) -> bool) -> Snapshot {
        eventually(what, || self.status().filter(&is))
    }

    /// Asks the running phone.
    pub(crate) fn ask(&self, command: model::Command) {
        let request = RemoteRequest::Command(Box::new(command));
        let answer = self.runtime.block_on(ask_remote(&self.data(), &request));
        assert!(matches!(answer, Ok(RemoteAnswer::Accepted)), "{answer:?}");
    }

    /// Dials `number` on the running phone.
    pub(crate) fn dial(&self, number: &str) {
        let target = number.parse().expect("a number");
        self.ask(model::Command::Dial(model::DialOptions { target, account: None, headers: Vec::new() }));
    }

    /// What `xdotool` says; nothing when it fails.
    pub(crate) fn xdotool(&self, arguments: &[&str]) -> String {
        let output = self.command("xdotool").args(arguments).output().expect("xdotool runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The visible windows with this title.
    pub(crate) fn windows(&self, title: &str) -> Vec<String> {
        let mut search = self.command("xdotool");
        search.args(["search", "--onlyvisible", "--name", &format!("^{title}$")]);
        // It gives up when a window ends while it is looked at.
        let output = eventually("whole look", || {
            let output = search.output().expect("xdotool runs");
            (!String::from_utf8_lossy(&output.stderr).contains("X Error")).then_some(output)
        });
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// Waits for the window with this title.
    pub(crate) fn window(&self, title: &str) -> String {
        eventually(&format!("window {title:?}"), || self.windows(title).pop())
    }

    /// Closes a window as its user does.
    pub(crate) fn close(&self, window: &str) {
        // What the cross of the title bar sends (xdotool's `windowclose` kills the program, and a key may go elsewhere).
        let number: u64 = window.parse().expect("the number of a window");
        let status = self.command("wmctrl").args(["-i", "-c", &format!("{number:#x}")]).status();
        assert!(status.is_ok_and(|status| status.success()), "the window manager is not asked");
    }
}

/// `sidetone` of the same build as the test.
pub(crate) fn sidetone() -> PathBuf {
    crate::interop::program::built("sidetone")
}

/// Looks until there is something.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "no {what} in time");
        thread::sleep(LOOK);
    }
}

/// Web processes of the program with this number.
pub(crate) fn web_processes(program: u32) -> Vec<u32> {
    started_by(program, "WebKitWebProces")
}

/// All that WebKit has started for the program with this number.
pub(crate) fn processes_of_webkit(program: u32) -> Vec<u32> {
    started_by(program, "WebKit")
}

/// What a program, and what it has started, has started of this name.
fn started_by(program: u32, named: &str) -> Vec<u32> {
    let mut family = vec![program];
    let mut found = Vec::new();
    let all: Vec<(u32, u32, String)> = processes();
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        for (id, of, name) in &all {
            if *of == parent {
                family.push(*id);
                if name.starts_with(named) {
                    found.push(*id);
                }
            }
        }
        at += 1;
    }
    found
}

/// Number, parent and name of every process.
pub(crate) fn processes() -> Vec<(u32, u32, String)> {
    let entries = fs::read_dir("/proc").expect("processes are listed");
    let read = |entry: fs::DirEntry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
        Some((id, field("PPid:")?.parse().ok()?, field("Name:")?))
    };
    entries.filter_map(|entry| read(entry.ok()?)).collect()
}

/// A port of loopback that nobody uses.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

fn is_installed(program: &str) -> bool {
    let paths = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// A folder of the user alone.
pub(crate) fn private(folder: &Path) {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(folder).expect("a folder");
}
