//! The interop lab: real servers and clients in a network of their own, brought up part by part when a test first asks.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
};

use super::program::{self, Program};

/// The variable that `cargo xtask test interop` sets to the folder of the lab.
const FOLDER: &str = "SIDETONE_LAB";

/// Where the lab's ports begin when it has no network of its own; apart from where a developer's own lab has them.
const PORTS_SHARED: u16 = 15_000;

/// Where they begin in a network of its own.
const PORTS_OWN: u16 = 25_000;

/// What the lab can bring up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Asterisk,
    /// With rtpengine.
    Kamailio,
    /// TURN.
    Coturn,
    /// Servers with bad certificates, and a connection that can be broken.
    BadTls,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Asterisk => "asterisk",
            Self::Kamailio => "kamailio",
            Self::Coturn => "coturn",
            Self::BadTls => "badtls",
        }
    }
}

/// A lab. It is taken down when this process is over, however it ends.
pub(crate) struct Lab {
    script: PathBuf,
    state: PathBuf,
    /// Its network namespace; `None` where none can be made, and it shares the machine's loopback.
    network: Option<String>,
    /// What each part came to.
    parts: Mutex<BTreeMap<Part, Result<(), String>>>,
    /// Ends the lab when its standard input closes.
    _caretaker: Child,
}

/// The lab that tests share, with these parts up. `None` where it cannot be had; the test's name and the reason are printed.
pub(crate) fn with(parts: &[Part]) -> Option<&'static Lab> {
    static SHARED: OnceLock<Result<Lab, String>> = OnceLock::new();
    let lab = SHARED.get_or_init(|| Lab::found("shared"));
    let up = lab.as_ref().map_err(String::clone).and_then(|lab| lab.up(parts).map(|()| lab));
    up.map_err(|reason| skip(&reason)).ok()
}

/// A lab for one test that breaks it, with these parts up.
pub(crate) fn of_its_own(name: &str, parts: &[Part]) -> Option<Lab> {
    let lab = Lab::found(name).and_then(|lab| {
        if lab.network.is_none() {
            return Err("a second lab needs a network of its own, which only root can make".into());
        }
        lab.up(parts)?;
        Ok(lab)
    });
    lab.map_err(|reason| skip(&reason)).ok()
}

/// Says which test is skipped, and why; once for a test that asks again.
pub(crate) fn skip(reason: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let test = thread::current().name().unwrap_or("a test").to_owned();
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(test.clone()) {
        // Past the capture of the test runner, so that it is seen.
        writeln!(io::stderr(), "skipped: {test}: {reason}").expect("standard error can be written");
    }
}

impl Lab {
    fn found(name: &str) -> Result<Self, String> {
        let folder = env::var_os(FOLDER).ok_or_else(|| format!("{FOLDER} does not name the folder of the interop lab"))?;
        let script = PathBuf::from(folder).join("lab");
        if !script.is_file() {
            return Err(format!("the interop lab is not at {}", script.display()));
        }
        let name = format!("sidetone-{}-{name}", process::id());
        let state = env::temp_dir().join(&name);
        fs::create_dir_all(&state).map_err(|error| format!("the lab has no folder: {error}"))?;
        let made = Command::new("ip").args(["netns", "add", &name]).stderr(Stdio::null()).status();
        let network = made.is_ok_and(|status| status.success()).then_some(name);
        let caretaker = caretaker(&script, &state, network.as_deref()).map_err(|error| format!("no shell: {error}"))?;
        Ok(Self { script, state, network, parts: Mutex::default(), _caretaker: caretaker })
    }

    fn up(&self, parts: &[Part]) -> Result<(), String> {
        let mut known = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.iter().try_for_each(|part| known.entry(*part).or_insert_with(|| self.bring_up(*part)).clone())
    }

    fn bring_up(&self, part: Part) -> Result<(), String> {
        let up: &[&[&str]] = match part {
            // Its ports are open before all it serves is there.
            Part::Asterisk => &[&["up", "asterisk"], &["asterisk-cli", "core waitfullybooted"]],
            Part::Kamailio | Part::Coturn | Part::BadTls => &[&["up", part.name()]],
        };
        for step in up {
            let output = self.command(step).output().map_err(|error| error.to_string())?;
            if !output.status.success() {
                let words = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
                return Err(format!("the lab has no {}: {words}", part.name()));
            }
        }
        Ok(())
    }

    /// A command of the lab.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.script);
        command.args(arguments).envs(settings(&self.state, self.network.as_deref())).stdin(Stdio::null());
        command
    }

    /// Runs a command of the lab to its end and gives what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the lab's commands start");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "lab {arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// A peer or another program of the lab that runs beside the test.
    pub(crate) fn start(&self, name: &str, arguments: &[&str]) -> Program {
        Program::start(name, &mut self.command(arguments))
    }

    /// `sidetone-cli` in the lab's network.
    pub(crate) fn phone(&self) -> Command {
        self.inside(&program::sidetone_cli())
    }

    /// A program in the lab's network.
    pub(crate) fn inside(&self, program: &Path) -> Command {
        match &self.network {
            Some(network) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", network]).arg(program);
                command
            }
            None => Command::new(program),
        }
    }

    /// Kills the server of a part, as a crash would.
    pub(crate) fn kill(&self, part: Part) {
        let file = self.state.join("run").join(format!("{}.pid", part.name()));
        let text = fs::read_to_string(&file).expect("a part that is up has a pid file");
        let pid = text.split_whitespace().next().expect("the pid comes first");
        let killed = Command::new("kill").args(["-KILL", pid]).status();
        assert!(killed.is_ok_and(|status| status.success()), "{} could not be killed", part.name());
    }

    /// The port at an offset of the lab's plan.
    pub(crate) fn port(&self, offset: u16) -> u16 {
        offset + if self.network.is_some() { PORTS_OWN } else { PORTS_SHARED }
    }

    /// Who signed the servers' certificates.
    pub(crate) fn ca(&self) -> PathBuf {
        self.state.join("tls/ca.pem")
    }

    /// What the servers leave: logs, recordings.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }
}

/// Users that only one test may have at a time: those whose calls would ring at every phone that is registered.
pub(crate) struct Borrowed(&'static str);

static BORROWED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
static GIVEN_BACK: Condvar = Condvar::new();

/// Waits until nobody else has `user`. Who needs several borrows the one with the highest number first, as everybody does:
/// else two tests could wait for each other.
pub(crate) fn borrow(user: &'static str) -> Borrowed {
    let lock = || -> MutexGuard<'static, Vec<&'static str>> { BORROWED.lock().unwrap_or_else(PoisonError::into_inner) };
    let mut borrowed = GIVEN_BACK.wait_while(lock(), |borrowed| borrowed.contains(&user)).unwrap_or_else(PoisonError::into_inner);
    borrowed.push(user);
    Borrowed(user)
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        BORROWED.lock().unwrap_or_else(PoisonError::into_inner).retain(|user| *user != self.0);
        GIVEN_BACK.notify_all();
    }
}

fn settings(state: &Path, network: Option<&str>) -> Vec<(&'static str, String)> {
    let state = ("LAB_STATE", state.display().to_string());
    match network {
        Some(name) => vec![state, ("LAB_NETNS", name.to_owned())],
        None => vec![state, ("LAB_PORT_BASE", PORTS_SHARED.to_string())],
    }
}

/// A shell that takes the lab down once nobody holds the other end of its standard input any more: a test process has no
/// last moment of its own. In a session of its own, so that Ctrl-C does not reach it.
fn caretaker(script: &Path, state: &Path, network: Option<&str>) -> io::Result<Child> {
    let down = r#"cat; "$0" down
        if [ -n "$LAB_NETNS" ]; then
            for left in $(ip netns pids "$LAB_NETNS"); do kill -KILL "$left"; done
            ip netns del "$LAB_NETNS"
        fi
        rm -rf "$LAB_STATE""#;
    let mut shell = Command::new("setsid");
    shell.args(["sh", "-c", down]).arg(script).envs(settings(state, network));
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}
