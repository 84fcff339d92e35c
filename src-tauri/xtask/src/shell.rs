//! Running other programs.

use std::{
    env, fmt,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A step failed. An empty message means that the program which failed has said why.
#[derive(Debug)]
pub struct Failed {
    pub message: String,
    /// What to exit with.
    pub code: u8,
}

impl Failed {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The top of the working tree.
pub fn root() -> PathBuf {
    // Cargo sets it for whatever it runs; the folder of this crate is two below the top.
    let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    here.as_deref().and_then(|here| here.ancestors().nth(2)).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The cargo that runs us, in the top of the working tree.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    // What cargo says about this crate must not reach the builds it starts.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        command.env_remove(name);
    }
    command
}

/// Where cargo builds.
pub fn cargo_target() -> Result<PathBuf, Failed> {
    // This program is in there, in the folder of its profile.
    let here = env::current_exe().map_err(|error| Failed::new(format!("where the programs are is unknown: {error}")))?;
    let target = here.parent().and_then(Path::parent).map(Path::to_path_buf);
    target.ok_or_else(|| Failed::new("where the programs are is unknown"))
}

/// Runs a command to its end; its exit code becomes ours when it fails.
pub fn run(command: &mut Command) -> Result<(), Failed> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() {
        return Ok(());
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failed { message: String::new(), code })
}

/// Runs a command, shows its standard output as it comes, and gives it line by line to `each` as well.
pub fn run_and_read(command: &mut Command, mut each: impl FnMut(&str)) -> Result<(), Failed> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| not_started(command, &error))?;
    if let Some(output) = child.stdout.take() {
        let mut lines = BufReader::new(output);
        let mut line = Vec::new();
        // Bytes, for a program under test may print anything.
        while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            each(text.trim_end());
            line.clear();
        }
    }
    let status = child.wait().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(Failed { message: String::new(), code: 1 }) }
}

/// The standard output of a command that succeeds; `None` when it fails or is not there.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program is there and runs.
pub fn has(program: &str) -> bool {
    output(Command::new(program).arg("--version")).is_some()
}

fn not_started(command: &Command, error: &io::Error) -> Failed {
    Failed::new(format!("{} could not be started: {error}", command.get_program().display()))
}
