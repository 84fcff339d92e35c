//! What becomes of the phone when the machine fails it: killed in a call, started twice, a disk that is full or takes nothing.
//!
//! The disks are small ones of the test's own, in a mount namespace; where the system allows none, the test says so.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::interop::program::{Program, sidetone_cli};

/// Longest wait for anything on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

const SETTINGS: &str = "version = 1\ncountry = \"fr\"\n\n[[accounts]]\nid = \"practice\"\nprovider = { kind = \"practice\" }\n";

/// `sidetone-cli` without sound devices and key store of the real user.
fn cli(mut command: Command, folder: &Path, arguments: &[&str]) -> Command {
    command.arg(sidetone_cli()).args(["--json", "--data"]).arg(folder).args(arguments);
    command.env("PULSE_SERVER", "unix:none").env_remove("DBUS_SESSION_BUS_ADDRESS");
    command
}

/// A program that runs another one as it is.
fn plain() -> Command {
    Command::new("env")
}

/// Its exit code, and what it said.
fn done(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    (status.code(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

fn event<'a>(name: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |value| value["event"] == name
}

/// Starts a phone and waits until it can be called.
fn start(wrapper: Command, folder: &Path) -> Program {
    let phone = Program::start("sidetone-cli", &mut cli(wrapper, folder, &["run", "--melody"]));
    phone.wait_for_value(0, "registration", PATIENCE, event("registered"));
    phone
}

/// Calls the echo from the running phone, and waits for audio.
fn calls(phone: &Program, wrapper: Command, folder: &Path) {
    let from = phone.now();
    let (exit, said) = done(&mut cli(wrapper, folder, &["dial", "600"]));
    assert_eq!(exit, Some(0), "{said}");
    phone.wait_for_value(from, "audio", PATIENCE, event("media-connected"));
}

fn hangs_up(phone: &Program, wrapper: Command, folder: &Path) {
    let (exit, said) = done(&mut cli(wrapper, folder, &["hangup"]));
    assert_eq!(exit, Some(0), "{said}");
    phone.wait_for_value(0, "end of the call", PATIENCE, event("ended"));
}

/// Asks it to end and waits until it has, with all that it keeps written: one that is killed in it leaves other files behind.
fn ends(mut phone: Program) {
    phone.signal("TERM");
    assert_eq!(phone.finish(PATIENCE), Some(0), "it ends when it is asked to");
}

/// The calls of the history, newest first.
fn history(wrapper: Command, folder: &Path) -> Vec<Value> {
    let (exit, said) = done(&mut cli(wrapper, folder, &["history"]));
    assert_eq!(exit, Some(0), "{said}");
    said.lines().map(|line| serde_json::from_str(line).expect("a call")).collect()
}

#[test]
fn a_phone_that_is_killed_in_a_call_keeps_the_call_in_its_history_and_starts_again() {
    let temporary = TempDir::new().expect("a folder");
    let folder = temporary.path();
    let mut phone = start(plain(), folder);
    calls(&phone, plain(), folder);
    // Calls that go on are listed by no program: the file itself is looked into.
    let book = rusqlite::Connection::open(folder.join("book.sqlite3")).expect("the book");
    let until = Instant::now() + PATIENCE;
    while book.query_row("SELECT count(*) FROM history WHERE answered", [], |row| row.get(0)) != Ok(1) {
        assert!(Instant::now() < until, "the call is never written down");
    }
    drop(book);
    phone.signal("KILL");
    assert_eq!(phone.finish(PATIENCE), None, "a signal ended it");
    // The socket and the lock of the one before are still there.
    let phone = start(plain(), folder);
    let kept = history(plain(), folder);
    assert!(kept.len() == 1 && kept[0]["remote"]["number"] == "600" && kept[0]["outcome"] == "answered", "{kept:?}");
    assert!(kept[0]["words"].as_str().is_some_and(|words| words.contains("program")), "it is said what ended it: {kept:?}");
    calls(&phone, plain(), folder);
    hangs_up(&phone, plain(), folder);
    ends(phone);
    let kept = history(plain(), folder);
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept.iter().all(|call| call["outcome"] == "answered"), "both were answered: {kept:?}");
}

#[test]
fn a_second_phone_in_the_same_folder_is_refused_in_words_and_the_first_goes_on() {
    let temporary = TempDir::new().expect("a folder");
    let folder = temporary.path();
    let first = start(plain(), folder);
    calls(&first, plain(), folder);
    let (exit, said) = done(&mut cli(plain(), folder, &["run", "--melody"]));
    assert!(exit == Some(2) && said.contains("a phone already runs with this folder"), "{said}");
    let (exit, said) = done(&mut cli(plain(), folder, &["status"]));
    assert!(exit == Some(0) && said.contains("\"established\"") && said.contains("\"registered\""), "{said}");
    hangs_up(&first, plain(), folder);
    ends(first);
    assert_eq!(history(plain(), folder).len(), 1);
}

/// What the environment names as certificate authorities has no end, or cannot be any; both once hung the program.
#[test]
fn authorities_that_are_none_are_named_and_not_waited_for() {
    let temporary = TempDir::new().expect("a folder");
    let folder = temporary.path();
    let settings = ["clients", "--cloud", "1-2-3", "--user", "u", "--key-env", "KEY", "--web-services", "https://127.0.0.1:9"];
    for file in [Path::new("/dev/zero"), folder] {
        let mut asks = cli(plain(), folder, &[&["aculab"], &settings[..]].concat());
        let (exit, said) = done(asks.env("KEY", "none").env("SSL_CERT_FILE", file));
        assert!(
            exit != Some(0) && said.contains(&format!("the file of authorities {} cannot be read", file.display())),
            "{said}"
        );
    }
}

/// A small disk with the user's folder on it, in a namespace of its own.
struct Disk {
    keeper: Program,
    folder: TempDir,
}

impl Disk {
    /// None, and said so, where the system allows no such thing.
    fn mount() -> Option<Self> {
        let folder = TempDir::new().expect("a folder");
        let mut keeper = Command::new("unshare");
        let script = "mount -t tmpfs -o size=700k,mode=700 none \"$0\" && printf %s \"$1\" > \"$0/settings.toml\" && echo mounted && exec sleep 600";
        keeper.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(folder.path()).arg(SETTINGS);
        let allowed = Command::new("unshare").args(["--map-root-user", "--mount", "true"]).output();
        if !allowed.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: this system allows no mount namespaces (unshare)");
            return None;
        }
        let keeper = Program::start("unshare", &mut keeper);
        keeper.wait_for_line("mounted", PATIENCE);
        Some(Self { keeper, folder })
    }

    /// Runs what follows where the disk is seen.
    fn inside(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--preserve-credentials", "--user", "--mount", "--target", &self.keeper.id().to_string()]);
        command
    }

    /// What a script says that does its work.
    fn sh(&self, script: &str) -> String {
        let (exit, said) = self.try_sh(script);
        assert_eq!(exit, Some(0), "{script}: {said}");
        said
    }

    fn try_sh(&self, script: &str) -> (Option<i32>, String) {
        done(self.inside().args(["sh", "-c", script]).arg(self.folder.path()))
    }

    /// Waits until the system has let go of the files of who has ended, a moment later: they take room, and are written to.
    fn comes_to_rest(&self) {
        let held = "[ $(df --output=used -k \"$0\" | tail -n 1) -gt $(du -sk \"$0\" | cut -f 1) ]";
        let until = Instant::now() + PATIENCE;
        while let (Some(0), said) = self.try_sh(held) {
            assert!(Instant::now() < until, "files that nobody sees take room: {said}");
        }
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let (exit, said) = self.try_sh("dd if=/dev/zero of=\"$0/filler\" bs=4k");
        assert!(exit == Some(1) && said.contains("No space left"), "{said}");
    }

    /// Lets it be written, or only read.
    fn remount(&self, how: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let (exit, said) = self.try_sh(&format!("mount -o remount,{how} \"$0\""));
            if exit == Some(0) {
                return;
            }
            assert!(said.contains("busy") && Instant::now() < until, "{said}");
        }
    }

    /// The phone at a disk that is spoilt, and mended.
    fn goes_on(&self, spoil: impl FnOnce(), mend: impl FnOnce(), words: [&str; 2]) {
        let folder = self.folder.path();
        let phone = start(self.inside(), folder);
        calls(&phone, self.inside(), folder);
        hangs_up(&phone, self.inside(), folder);
        ends(phone);
        self.comes_to_rest();
        spoil();
        let (exit, said) = done(&mut cli(self.inside(), folder, &["accounts", "remove", "practice"]));
        assert!(exit == Some(1) && said.contains("the settings could not be written") && said.contains(words[0]), "{said}");
        // It can be called, calls, and says what is not kept.
        let phone = start(self.inside(), folder);
        let said = phone.wait_for_value(0, "what is wrong", PATIENCE, event("failed"));
        let said = said["message"].as_str().expect("words").to_owned();
        assert!(said.contains("changes are lost when the program ends") && said.ends_with(words[1]), "{said}");
        let (exit, said) = done(&mut cli(self.inside(), folder, &["run", "--melody"]));
        assert!(exit == Some(2) && said.contains("a phone already runs with this folder"), "it is still the only one: {said}");
        ends(phone);
        let (exit, said) = done(&mut cli(self.inside(), folder, &["call", "600", "--melody", "--for", "1s"]));
        assert_eq!(exit, Some(0), "{said}");
        mend();
        assert_eq!(self.sh("cat \"$0/settings.toml\""), SETTINGS, "nothing of the settings is lost");
        assert_eq!(history(self.inside(), folder).len(), 1, "and nothing of the history");
        let phone = start(self.inside(), folder);
        calls(&phone, self.inside(), folder);
        hangs_up(&phone, self.inside(), folder);
        ends(phone);
        assert_eq!(history(self.inside(), folder).len(), 2, "what comes now is kept");
        let left = self.sh("ls \"$0\"");
        assert!(!left.contains("trial") && !left.contains("damaged"), "{left}");
    }
}

#[test]
fn a_full_disk_is_told_and_loses_nothing_of_what_was_kept() {
    let Some(disk) = Disk::mount() else { return };
    let mend = || drop(disk.sh("rm \"$0/filler\""));
    disk.goes_on(|| disk.fill(), mend, ["No space left on device", "the disk is full"]);
}

#[test]
fn a_folder_that_may_only_be_read_is_told_and_the_phone_works() {
    let Some(disk) = Disk::mount() else { return };
    let words = ["Read-only file system", "the history and contacts may not be written"];
    disk.goes_on(|| disk.remount("ro"), || disk.remount("rw"), words);
}

/// `ulimit -f`: by itself the system ends a process that writes more into one file.
#[test]
fn a_limit_of_what_may_be_written_is_no_end_of_the_phone() {
    for blocks in ["0", "8", "64"] {
        let temporary = TempDir::new().expect("a folder");
        let folder = temporary.path();
        let limited = || {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("ulimit -f {blocks}; exec \"$@\""), "sh"]);
            shell
        };
        let phone = start(limited(), folder);
        calls(&phone, limited(), folder);
        hangs_up(&phone, limited(), folder);
        ends(phone);
        // Nothing that is left behind keeps the next one from working.
        let phone = start(plain(), folder);
        calls(&phone, plain(), folder);
        hangs_up(&phone, plain(), folder);
        ends(phone);
        assert_eq!(history(plain(), folder)[0]["outcome"], "answered", "{blocks}");
    }
}

/// The terminal it was started from is closed, or the session ends.
#[test]
fn a_phone_that_loses_its_terminal_hangs_up_and_signs_off_unless_it_shall_outlive_it() {
    let temporary = TempDir::new().expect("a folder");
    let folder = temporary.path();
    // Whoever started this test may have had all of it outlive the terminal.
    let mut mortal = plain();
    mortal.arg("--default-signal=HUP");
    let mut phone = start(mortal, folder);
    calls(&phone, plain(), folder);
    phone.signal("HUP");
    assert_eq!(phone.finish(PATIENCE), Some(0));
    let told = phone.values();
    assert!(told.iter().any(event("ended")) && told.iter().any(event("unregistered")), "{told:?}");
    let phone = start(Command::new("nohup"), folder);
    phone.signal("HUP");
    calls(&phone, plain(), folder);
    hangs_up(&phone, plain(), folder);
    ends(phone);
}

#[test]
fn settings_damaged_in_a_thousand_ways_are_used_or_kept_under_another_name() {
    let temporary = TempDir::new().expect("a folder");
    let path = temporary.path().join("settings.toml");
    let file = store::SettingsFile::at(&path);
    let settings = tests::settings("alice", "wss://pbx.example.com/ws", "example.com", "");
    file.save(&settings).expect("good settings can be saved");
    let whole = vec![fs::read(&path).expect("it was saved")];
    let mut aside = 0;
    for (time, damaged) in tests::Mutations::of(whole, 36).take(1_000).enumerate() {
        fs::write(&path, &damaged).expect("it is written");
        let loaded = file.load();
        match &loaded.trouble {
            None => {
                assert_eq!(fs::read(&path).expect("the file"), damaged, "damage {time}: a file that can be used stays as it is")
            }
            Some(store::LoadTrouble::KeptAside { kept, .. }) => {
                assert_eq!(fs::read(kept).expect("the file"), damaged, "damage {time}");
                fs::remove_file(kept).expect("it is removed");
                aside += 1;
            }
            Some(trouble @ store::LoadTrouble::Untouched { .. }) => {
                assert_eq!(fs::read(&path).expect("the file"), damaged, "damage {time}: {trouble}");
            }
        }
        // The user sets the phone up again; a file that this program must not replace it leaves, and says so.
        match file.save(&settings) {
            Ok(()) => assert!(file.load().trouble.is_none(), "damage {time}"),
            Err(refused) => assert_eq!(fs::read(&path).expect("the file"), damaged, "damage {time}: {refused}"),
        }
    }
    println!("{aside} of 1000 damaged files were kept aside, the others used or left");
    assert!(aside > 100, "they were damaged");
}
