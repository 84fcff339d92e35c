//! A screen with a session bus and a tray, and the desktop program on it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};
use zbus::{Connection, connection};

use super::{phones::pause, usage};
use crate::Outcome;

/// Longest wait for a line of a program.
const PATIENCE: Duration = Duration::from_secs(30);

/// The screen; everything on it ends with it.
pub struct Desktop {
    display: String,
    bus: String,
    folder: TempDir,
    _tray: Connection,
    _programs: [Child; 3],
}

/// The desktop program as it runs; it is killed when this is dropped.
pub struct Running {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    started: f64,
}

/// A tray that takes every icon and shows none.
struct Watcher;

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&mut self, _service: &str) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Desktop {
    /// Opens it.
    ///
    /// # Errors
    /// When Xvfb, openbox or dbus-daemon is not there.
    pub async fn open() -> Outcome<Self> {
        let folder = TempDir::new()?;
        let mut screen = Command::new("Xvfb");
        screen.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        let (screen, number) = first_line(&mut screen).await?;
        let display = format!(":{}", number.trim());
        let mut daemon = Command::new("dbus-daemon");
        let (daemon, bus) = first_line(daemon.args(["--session", "--nofork", "--print-address=1"])).await?;
        let bus = bus.trim().to_owned();
        let mut manager = Command::new("openbox");
        manager.env("DISPLAY", &display).env("HOME", folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let manager = manager.kill_on_drop(true).spawn()?;
        let tray = connection::Builder::address(bus.as_str())?
            .serve_at("/StatusNotifierWatcher", Watcher)?
            .name("org.kde.StatusNotifierWatcher")?
            .build()
            .await?;
        fs::create_dir(folder.path().join("data"))?;
        Ok(Self { display, bus, folder, _tray: tray, _programs: [manager, daemon, screen] })
    }

    /// The phone's folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the desktop program.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn start(&self, binary: &Path, arguments: &[&str]) -> Outcome<Running> {
        let started = now();
        let mut child = self
            .command(binary)
            .args(["--log", "info,sidetone=debug", "--data"])
            .arg(self.data())
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let log = child.stderr.take().ok_or("the program has no log")?;
        Ok(Running { child, log: BufReader::new(log).lines(), started })
    }

    /// Closes the phone's window as its user does.
    ///
    /// # Errors
    /// When there is none.
    pub async fn close_window(&self) -> Outcome {
        let find = self.command("xdotool").args(["search", "--onlyvisible", "--name", "^Sidetone$"]).output().await?;
        let found = String::from_utf8(find.stdout)?;
        let window = found.lines().last().ok_or("no window to close")?;
        let keys = ["windowactivate", "--sync", window, "key", "--clearmodifiers", "alt+F4"];
        if self.command("xdotool").args(keys).status().await?.success() { Ok(()) } else { Err("the window stays".into()) }
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let home = self.folder.path();
        command
            .env("HOME", home)
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env_remove("WAYLAND_DISPLAY");
        command
    }
}

impl Running {
    /// Waits for a line of the log; when it was written, in seconds of this machine's day.
    ///
    /// # Errors
    /// When none comes within 30 s.
    pub async fn wait(&mut self, words: &str) -> Outcome<f64> {
        let told = async {
            loop {
                let line = self.log.next_line().await?.ok_or("sidetone has ended")?;
                if line.contains(words) {
                    return stamp(&line).ok_or_else(|| format!("a line without a time: {line}").into());
                }
            }
        };
        timeout(PATIENCE, told).await.map_err(|_| format!("sidetone never said {words:?}"))?
    }

    /// When the process was started, in seconds of the day.
    pub fn started(&self) -> f64 {
        self.started
    }

    /// The time on the same clock.
    pub fn now(&self) -> f64 {
        now()
    }

    /// Memory of the program and all it has started, in MB.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn memory_mb(&self) -> Outcome<f64> {
        let family = self.family()?;
        Ok(family.keys().map(|process| usage::memory_mb(*process)).sum::<Result<f64, _>>()?)
    }

    /// What the program itself has taken of the CPU.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn counters(&self) -> Outcome<usage::Counters> {
        Ok(usage::Counters::of(self.child.id().ok_or("sidetone has ended")?, &[])?)
    }

    /// How many web processes it has.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn web_processes(&self) -> Outcome<usize> {
        Ok(self.family()?.values().filter(|name| name.starts_with("WebKitWebProces")).count())
    }

    /// Ends it, and returns when what it has started is gone, too: memory that both have would count half for the next.
    ///
    /// # Errors
    /// When something of it is still there after 30 s.
    pub async fn end(mut self) -> Outcome {
        let family = self.family()?;
        self.child.kill().await?;
        let gone = async {
            while family.keys().any(|process| Path::new(&format!("/proc/{process}")).exists()) {
                pause(0.1).await;
            }
        };
        timeout(PATIENCE, gone).await.map_err(|_| "what sidetone started goes on without it".into())
    }

    /// The program and what it has started, by number, with names.
    fn family(&self) -> Outcome<BTreeMap<u32, String>> {
        let own = self.child.id().ok_or("sidetone has ended")?;
        let mut all = Vec::new();
        for entry in fs::read_dir("/proc")?.flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            // It may have just ended.
            let Ok(status) = fs::read_to_string(entry.path().join("status")) else { continue };
            let field = |name: &str| status.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
            all.push((id, field("PPid:").and_then(|id| id.parse::<u32>().ok()), field("Name:").unwrap_or_default()));
        }
        let mut family = BTreeMap::from([(own, "sidetone".to_owned())]);
        loop {
            let before = family.len();
            for (id, parent, name) in &all {
                if parent.is_some_and(|parent| family.contains_key(&parent)) {
                    family.insert(*id, name.clone());
                }
            }
            if family.len() == before {
                return Ok(family);
            }
        }
    }
}

/// Starts a program and waits for its first line.
async fn first_line(command: &mut Command) -> Outcome<(Child, String)> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
    let stdout: ChildStdout = child.stdout.take().ok_or("no output")?;
    let line = timeout(PATIENCE, BufReader::new(stdout).lines().next_line()).await??;
    pause(0.2).await;
    Ok((child, line.ok_or("it ended at once")?))
}

/// Seconds of the day, UTC, as the log writes them.
fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64() % 86_400.0
}

/// The time of a line of the log (`2026-01-01T12:00:00.000000Z …`).
fn stamp(line: &str) -> Option<f64> {
    let time = line.split_once('T')?.1.split_once('Z')?.0;
    let mut parts = time.split(':').map(str::parse::<f64>);
    let (hours, minutes, seconds) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    Some(hours * 3600.0 + minutes * 60.0 + seconds)
}
