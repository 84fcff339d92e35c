//! `sidetone-cli` as a process.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use model::SipAccount;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};

use crate::Outcome;

/// Longest wait for anything the process shall say.
const PATIENCE: Duration = Duration::from_secs(30);

/// Builds `sidetone-cli` with the profile of this program; where it is. `SIDETONE_CLI` names another one to be measured.
///
/// # Errors
/// When it does not build.
pub async fn build() -> Outcome<PathBuf> {
    match std::env::var_os("SIDETONE_CLI") {
        Some(program) => Ok(program.into()),
        None => build_named("sidetone-cli").await,
    }
}

/// Builds one of the programs with the profile of this one; where it is.
///
/// # Errors
/// When it does not build.
pub async fn build_named(name: &str) -> Outcome<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--workspace", "--bin", name]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    if !command.status().await?.success() {
        return Err(format!("{name} cannot be built").into());
    }
    Ok(std::env::current_exe()?.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// The running program; it is killed when this is dropped.
pub struct Program {
    program: PathBuf,
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    /// Takes what it says when it says it: a phone whose events nobody reads leaves some out.
    _reader: JoinSet<()>,
    /// The events that were read so far, with the calls they are of.
    told: Vec<(String, Option<u64>)>,
    folder: TempDir,
}

impl Program {
    /// Starts it with `run` at this account and further arguments.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(program: &Path, account: &SipAccount, arguments: &[&str]) -> Outcome<Self> {
        Self::start(Command::new(program), program, account, arguments)
    }

    /// The same in a network namespace.
    ///
    /// # Errors
    /// When it cannot be started.
    #[cfg(target_os = "linux")]
    pub fn run_in(space: &str, program: &Path, account: &SipAccount, arguments: &[&str]) -> Outcome<Self> {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", space]).arg(program);
        Self::start(command, program, account, arguments)
    }

    fn start(mut command: Command, program: &Path, account: &SipAccount, arguments: &[&str]) -> Outcome<Self> {
        let folder = TempDir::new()?;
        let model::Password::Known(password) = &account.password else { return Err("the account has no password".into()) };
        let ca: &[&str] = if account.ca_file.is_empty() { &[] } else { &["--ca", &account.ca_file] };
        let plain: &[&str] = if account.allow_plain_ws { &["--allow-plain-ws"] } else { &[] };
        let mut child = command
            .args(["--json", "--data"])
            .arg(folder.path())
            .args(["run", "--server", &account.server, "--user", account.user.expose(), "--domain", &account.domain])
            .args(["--password-env", "BENCH_PASSWORD", "--proxy", "direct"])
            .args([ca, plain, arguments].concat())
            .env("BENCH_PASSWORD", password.expose())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or("the program has no output")?;
        let (said, lines) = mpsc::unbounded_channel();
        let mut reader = JoinSet::new();
        reader.spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { program: program.to_owned(), child, lines, _reader: reader, told: Vec::new(), folder })
    }

    /// Its number.
    ///
    /// # Errors
    /// When it has ended.
    pub fn id(&self) -> Outcome<u32> {
        Ok(self.child.id().ok_or("sidetone-cli has ended")?)
    }

    /// Has it do something, by another start of the program with a verb.
    ///
    /// # Errors
    /// When it refuses.
    pub async fn ask(&self, verb: &[&str]) -> Outcome<()> {
        let done = Command::new(&self.program).arg("--data").arg(self.folder.path()).args(verb).output().await?;
        if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned().into()) }
    }

    /// How often it has told of an event, of what was waited through.
    pub fn told(&self, event: &str) -> u32 {
        u32::try_from(self.told.iter().filter(|(name, _)| name == event).count()).unwrap_or(u32::MAX)
    }

    /// How often the window of ringing calls would have come up, of what was waited through.
    pub fn popups(&self) -> u32 {
        tests::popups(self.told.iter().map(|(event, call)| (event.as_str(), *call)))
    }

    /// Waits until it tells of an event.
    ///
    /// # Errors
    /// When it does not within 30 s, or ends.
    pub async fn wait(&mut self, event: &str) -> Outcome<Value> {
        let told = async {
            loop {
                let line = self.lines.recv().await.ok_or("sidetone-cli has ended")?;
                let line: Value = serde_json::from_str(&line)?;
                let name = line["event"].as_str().unwrap_or_default();
                self.told.push((name.to_owned(), line["call"].as_u64()));
                if name == event {
                    return Outcome::Ok(line);
                }
            }
        };
        timeout(PATIENCE, told).await.map_err(|_| format!("sidetone-cli never said {event:?}"))?
    }
}
