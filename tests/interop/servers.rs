//! `sidetone-cli ice test`, `settings check` and `accounts test`: what works is said to, and what fails is named.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, UdpSocket},
    path::Path,
    process::Command,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tempfile::TempDir;
use tests::turn_credential;

use super::program::{Program, sidetone_cli};

/// Longest wait for one verb; a silent server is given up after five seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a verb came to.
struct Done {
    exit: Option<i32>,
    lines: Vec<String>,
}

fn verb(folder: &Path, arguments: &[&str]) -> Done {
    let mut command = Command::new(sidetone_cli());
    command.arg("--data").arg(folder).args(arguments).env_remove("DBUS_SESSION_BUS_ADDRESS");
    let mut program = Program::start("sidetone-cli", &mut command);
    let exit = program.finish(PATIENCE);
    Done { exit, lines: program.lines() }
}

/// Tries one server: exit status, and each step as `name outcome words`.
fn ice(arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let folder = TempDir::new().expect("a folder");
    let done = verb(folder.path(), &[&["--json", "ice", "test"], arguments].concat());
    let trial =
        done.lines.iter().find_map(|line| serde_json::from_str::<Value>(line).ok()).unwrap_or_else(|| panic!("{:?}", done.lines));
    let text = |step: &Value, field: &str| step[field].as_str().expect("text").to_owned();
    let steps = trial["steps"].as_array().expect("steps");
    let steps = steps.iter().map(|step| format!("{} {} {}", text(step, "step"), text(step, "outcome"), text(step, "words")));
    (done.exit, steps.map(|step| step.trim_end().to_owned()).collect())
}

/// The words of the step that failed.
fn failed(steps: &[String]) -> &str {
    steps.iter().find(|step| step.contains(" failed ")).unwrap_or_else(|| panic!("nothing failed: {steps:?}"))
}

#[test]
fn a_server_without_a_name_a_port_or_a_word_is_told_apart() {
    let (exit, steps) = ice(&["stun:nowhere.invalid"]);
    assert_eq!((exit, failed(&steps)), (Some(3), "name failed the server name \"nowhere.invalid\" could not be found"));

    let taken = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port();
    let (exit, steps) = ice(&[&format!("stun:127.0.0.1:{port}")]);
    assert_eq!(exit, Some(3));
    assert!(failed(&steps).starts_with("answer failed nothing was heard for 5 seconds"), "{steps:?}");
    drop(taken);

    let (_, steps) = ice(&[&format!("turn:u:p@127.0.0.1:{port}?transport=tcp")]);
    assert_eq!(failed(&steps), "connection failed the server could not be reached: nothing answers there (connection refused)");
    assert_eq!(steps[0], "name passed");
}

#[test]
fn a_web_server_is_no_relay() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let web = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody calls");
        let mut asked = [0; 20];
        stream.read_exact(&mut asked).expect("it asks");
        // Who has heard enough closes first.
        let _sent = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let (exit, steps) = ice(&[&format!("turn:u:p@127.0.0.1:{port}?transport=tcp")]);
    assert_eq!(
        (exit, failed(&steps)),
        (Some(3), "answer failed the connection to the server was lost: what answers there speaks no STUN")
    );
    web.join().expect("it ends");
}

#[test]
fn coturn_works_over_every_way_and_refuses_a_wrong_password() {
    let Some(relay) = Relay::start(&["--lt-cred-mech", "--user=phone:s3:cret"]) else { return };
    let (exit, steps) = ice(&[&format!("stun:127.0.0.1:{}", relay.port)]);
    assert_eq!(exit, Some(0), "{steps:?}");
    assert!(steps.iter().any(|step| step.starts_with("answer passed this computer is seen as 127.0.0.1:")), "{steps:?}");

    let ca = relay.authority();
    for server in [
        format!("turn:phone:s3:cret@127.0.0.1:{}", relay.port),
        format!("turn:phone:s3:cret@127.0.0.1:{}?transport=tcp", relay.port),
        format!("turns:phone:s3:cret@localhost:{}", relay.tls_port),
    ] {
        let (exit, steps) = ice(&[&server, "--ca", &ca]);
        assert_eq!(exit, Some(0), "{server}: {steps:?}");
        let last = steps.last().expect("the relay");
        assert!(last.starts_with("relay passed it relays from 127.0.0.1:"), "{server}: {last}");
    }

    for (server, words) in [
        (
            format!("turn:phone:wrong@127.0.0.1:{}", relay.port),
            "password failed it does not take the user name or password (401)",
        ),
        (
            format!("turn:nobody:x@127.0.0.1:{}?transport=tcp", relay.port),
            "password failed it does not take the user name or password (401)",
        ),
    ] {
        let (exit, steps) = ice(&[&server]);
        assert_eq!((exit, failed(&steps)), (Some(3), words));
    }
    // Nobody on this machine knows who signed its certificate.
    let (exit, steps) = ice(&[&format!("turns:phone:s3:cret@localhost:{}", relay.tls_port)]);
    assert_eq!(exit, Some(3));
    assert!(failed(&steps).starts_with("tls failed "), "{steps:?}");
    assert_eq!(&steps[..2], ["name passed", "connection passed"]);
}

/// What an XUC names: the user is the second until which he may use the relay, and the password follows from a shared secret.
#[test]
fn coturn_takes_the_credentials_of_a_shared_secret_until_their_time_is_over() {
    let Some(relay) = Relay::start(&["--use-auth-secret", "--static-auth-secret=s3cret"]) else { return };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let server = |until: u64| {
        let credential = turn_credential("s3cret", &until.to_string());
        ice(&[&format!("turn:{until}:{credential}@127.0.0.1:{}", relay.port)])
    };
    let (exit, steps) = server(now + 600);
    assert_eq!(exit, Some(0), "{steps:?}");
    let (exit, steps) = server(now - 600);
    assert_eq!((exit, failed(&steps)), (Some(3), "password failed it does not take the user name or password (401)"));
}

#[test]
fn settings_are_checked_field_by_field_and_left_alone() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("settings.toml");
    let done = verb(folder.path(), &["settings", "check"]);
    assert!(done.exit == Some(0) && done.lines[0].contains("is not there"), "{:?}", done.lines);
    fs::write(&file, "version = 1\nlog = 'sip==loud'\n[calls]\nlimit = 0\n").expect("it is written");
    let done = verb(folder.path(), &["settings", "check"]);
    let starts = |words: &str| done.lines.iter().any(|line| line.starts_with(words));
    assert!(done.exit == Some(2) && starts("calls.limit ") && starts("log is no log filter"), "{:?}", done.lines);
    fs::write(&file, "version = 1\nlog = [").expect("it is written");
    let done = verb(folder.path(), &["settings", "check"]);
    assert!(done.exit == Some(2) && done.lines.iter().any(|line| line.contains("line 2")), "{:?}", done.lines);
    assert!(file.exists(), "a damaged file stays where it is");
}

#[test]
fn an_account_is_tried_by_name() {
    let folder = TempDir::new().expect("a folder");
    let file = "version = 1\n[[accounts]]\nid = 'office'\n[accounts.provider]\nkind = 'sip'\nserver = 'wss://nowhere.invalid/ws'\nuser = '1001'\n";
    fs::write(folder.path().join("settings.toml"), file).expect("it is written");
    let done = verb(folder.path(), &["accounts", "test", "office"]);
    assert_eq!(done.exit, Some(2), "{:?}", done.lines);
    let failed = done.lines.iter().find(|line| line.contains("FAILED")).expect("no key store has its password");
    assert!(failed.contains("settings") && failed.contains("its password is not known"), "{failed}");
    fs::write(folder.path().join("settings.toml"), "version = 1\n").expect("it is written");
    assert_eq!(verb(folder.path(), &["accounts", "test", "practice"]).exit, Some(0));
    assert_eq!(verb(folder.path(), &["accounts", "test", "nobody"]).exit, Some(2));
}

#[test]
fn who_has_seen_enough_of_the_status_does_no_harm() {
    let folder = TempDir::new().expect("a folder");
    let list = format!("'{}' --data '{}' accounts list", sidetone_cli().display(), folder.path().display());
    // The reader is gone before the first line is written.
    let piped = Command::new("sh").args(["-c", &format!("{{ sleep 0.2; {list}; echo $? >&2; }} | true")]).output();
    let said = String::from_utf8_lossy(&piped.expect("a shell").stderr).into_owned();
    assert!(said.trim() == "0" && !said.contains("panicked"), "{said}");
}

/// A TURN server on loopback.
struct Relay {
    port: u16,
    tls_port: u16,
    folder: TempDir,
    _server: Program,
}

impl Relay {
    /// Starts it; `None`, and said so, where coturn is not installed.
    fn start(users: &[&str]) -> Option<Self> {
        if Command::new("turnserver").arg("--version").output().is_err() {
            eprintln!("skipped: coturn is not installed (cargo xtask test interop installs it)");
            return None;
        }
        let folder = TempDir::new().expect("a folder");
        let key = KeyPair::generate().expect("a key");
        let mut of_authority = CertificateParams::new([]).expect("no names");
        of_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(of_authority, KeyPair::generate().expect("a key")).expect("signs");
        let server = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let certificate = server.signed_by(&key, &authority).expect("signs");
        let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
        fs::write(path("ca.pem"), authority.pem()).expect("it is written");
        fs::write(path("cert.pem"), certificate.pem()).expect("it is written");
        fs::write(path("key.pem"), key.serialize_pem()).expect("it is written");
        let (port, tls_port) = (free_port(), free_port());
        let mut command = Command::new("turnserver");
        command.args(["-n", "--no-cli", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers"]);
        command.args(["--realm=test", "--no-dtls", "--log-file=stdout", "--simple-log"]).args(users);
        command.arg(format!("--listening-port={port}")).arg(format!("--tls-listening-port={tls_port}"));
        command.arg(format!("--cert={}", path("cert.pem"))).arg(format!("--pkey={}", path("key.pem")));
        command.arg(format!("--pidfile={}", path("pid"))).arg(format!("--userdb={}", path("users")));
        let program = Program::start("turnserver", &mut command);
        let relay = Self { port, tls_port, folder, _server: program };
        for port in [relay.port, relay.tls_port] {
            let listens = (0..200).any(|_| {
                thread::sleep(Duration::from_millis(50));
                std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
            });
            assert!(listens, "coturn does not listen on {port}");
        }
        Some(relay)
    }

    fn authority(&self) -> String {
        self.folder.path().join("ca.pem").to_str().expect("text").to_owned()
    }
}

/// A port of loopback that nobody uses.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}
