//! Programs that run beside a test, and what they print, line by line.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::Value;

/// How often a program is looked at that has closed its output and not ended.
const LOOK: Duration = Duration::from_millis(10);

/// How long a program may take to end when its test is over.
const FAREWELL: Duration = Duration::from_secs(5);

/// A running program. It is ended when it goes out of scope, and shows what it printed when the test has failed.
pub(crate) struct Program {
    name: String,
    child: Child,
    printed: Arc<Printed>,
    readers: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Printed {
    lines: Mutex<Lines>,
    more: Condvar,
}

#[derive(Default)]
struct Lines {
    all: Vec<String>,
    ended: u8,
}

/// `sidetone-cli` of the same build as the test.
pub(crate) fn sidetone_cli() -> PathBuf {
    built("sidetone-cli")
}

/// A program of the same build as the test: one folder above it.
pub(crate) fn built(name: &str) -> PathBuf {
    let test = env::current_exe().expect("the test knows itself");
    let folder = test.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
    let program = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} is not built: cargo build --workspace --bin {name}", program.display());
    program
}

impl Program {
    pub(crate) fn start(name: &str, command: &mut Command) -> Self {
        Self::spawn(name, command.stdin(Stdio::null()))
    }

    /// Starts one that is told things on its standard input.
    pub(crate) fn start_listening(name: &str, command: &mut Command) -> (Self, ChildStdin) {
        let mut program = Self::spawn(name, command.stdin(Stdio::piped()));
        let input = program.child.stdin.take().expect("its input is piped");
        (program, input)
    }

    fn spawn(name: &str, command: &mut Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // So that it alone can be interrupted.
        #[cfg(windows)]
        std::os::windows::process::CommandExt::creation_flags(
            command,
            windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP,
        );
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let printed = Arc::new(Printed::default());
        let output: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().expect("its output is piped")),
            Box::new(child.stderr.take().expect("its errors are piped")),
        ];
        let readers = output.map(|output| {
            let printed = Arc::clone(&printed);
            thread::spawn(move || printed.follow(output))
        });
        Self { name: name.to_owned(), child, printed, readers: readers.into() }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it printed so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.printed.lines.lock().unwrap_or_else(PoisonError::into_inner).all.clone()
    }

    /// The JSON objects among what it printed so far.
    pub(crate) fn values(&self) -> Vec<Value> {
        self.values_from(0)
    }

    /// The same, from line number `from` on.
    pub(crate) fn values_from(&self, from: usize) -> Vec<Value> {
        self.lines().iter().skip(from).filter_map(|line| value(line)).collect()
    }

    /// How many lines it has printed: where to begin to wait for what comes next.
    pub(crate) fn now(&self) -> usize {
        self.printed.lines.lock().unwrap_or_else(PoisonError::into_inner).all.len()
    }

    /// Waits for a line, from line number `from` on, that `find` makes something of.
    pub(crate) fn find_from<T>(&self, from: usize, what: &str, within: Duration, find: impl Fn(&str) -> Option<T>) -> T {
        let until = Instant::now() + within;
        let mut lines = self.printed.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = from;
        loop {
            while let Some(line) = lines.all.get(next) {
                if let Some(found) = find(line) {
                    return found;
                }
                next += 1;
            }
            let left = until.saturating_duration_since(Instant::now());
            let over = usize::from(lines.ended) == self.readers.len();
            if left.is_zero() || over {
                drop(lines);
                panic!("{}: no {what} {}", self.name, if over { "until it ended" } else { "in time" });
            }
            lines = self.printed.more.wait_timeout(lines, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for a line that contains `words`.
    pub(crate) fn wait_for_line(&self, words: &str, within: Duration) -> String {
        self.find_from(0, &format!("line with {words:?}"), within, |line| line.contains(words).then(|| line.to_owned()))
    }

    /// Waits for a JSON object, from line number `from` on.
    pub(crate) fn wait_for_value(&self, from: usize, what: &str, within: Duration, is: impl Fn(&Value) -> bool) -> Value {
        self.find_from(from, what, within, |line| value(line).filter(|value| is(value)))
    }

    /// Asks it to end, so that it can end what it has started itself; kills it when it does not.
    fn end(&mut self) {
        let until = Instant::now() + FAREWELL;
        let mut asked = false;
        while let Ok(None) = self.child.try_wait() {
            if Instant::now() >= until {
                self.child.kill().expect("a child that runs can be killed");
                self.child.wait().expect("a killed child ends");
                return;
            }
            if !std::mem::replace(&mut asked, true) {
                self.ask_to_end();
            }
            thread::sleep(LOOK);
        }
    }

    /// Asks it to end, as the system does.
    #[cfg(unix)]
    fn ask_to_end(&self) {
        self.signal("TERM");
    }

    /// Asks it to end; as the system does, a test cannot.
    #[cfg(windows)]
    fn ask_to_end(&self) {
        self.interrupt();
    }

    /// Asks it to end, as a key does.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        self.signal("INT");
    }

    /// Asks it to end, as a key does.
    #[cfg(windows)]
    pub(crate) fn interrupt(&self) {
        use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
        // SAFETY: takes plain numbers. The child has a group of its own, by its own number.
        let sent = unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, self.child.id()) };
        assert_ne!(sent, 0, "{} could not be interrupted", self.name);
    }

    /// Sends it a signal by name.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: &str) {
        // It is our child and was not waited for yet, so the number is still its own, even when it has just ended.
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "{} could not be sent {signal}", self.name);
    }

    /// Waits for its end and gives its exit code; `None` when a signal ended it.
    pub(crate) fn finish(&mut self, within: Duration) -> Option<i32> {
        let until = Instant::now() + within;
        let mut lines = self.printed.lines.lock().unwrap_or_else(PoisonError::into_inner);
        while usize::from(lines.ended) < self.readers.len() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(lines);
                panic!("{} does not end", self.name);
            }
            lines = self.printed.more.wait_timeout(lines, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(lines);
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status.code();
            }
            assert!(Instant::now() < until, "{} has closed its output and does not end", self.name);
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
        if thread::panicking() {
            eprintln!("--- {} printed:\n{}\n---", self.name, self.lines().join("\n"));
        }
    }
}

impl Printed {
    fn follow(&self, output: impl Read) {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            self.lines.lock().unwrap_or_else(PoisonError::into_inner).all.push(text);
            self.more.notify_all();
            line.clear();
        }
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).ended += 1;
        self.more.notify_all();
    }
}

fn value(line: &str) -> Option<Value> {
    line.starts_with('{').then(|| serde_json::from_str(line).ok()).flatten()
}
