//! Networks that change under a call, and networks that are not as one wishes: a computer that gets another address, a cable that
//! is out for a while, nothing but a relay, nothing but IPv6, packets that get lost.
//!
//! The phone and the practice exchange stand in network namespaces of their own, joined by a virtual cable. Where those
//! cannot be made (another system, no rights), the tests say that they are skipped.

use std::{
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;
use tests::{IpVersion, Machines};

use super::{
    lab::skip,
    phone::{Phone, SOON, over_there},
    program::Program,
};

/// The user of the relay.
const USER: &str = "relayed";
const RELAY_PASSWORD: &str = "over-there";
const RELAY_PORT: u16 = 3478;

/// Two computers and their cable; none, and said so, where they cannot be had.
fn machines(test: &str, version: IpVersion) -> Option<Machines> {
    Machines::join(test, version).map_err(|why| skip(&why)).ok()
}

/// Whether something the machine may not have is there; said so where it is not.
fn is_had(what: Result<(), String>) -> bool {
    what.map_err(|why| skip(&why)).is_ok()
}

/// A registered phone on its computer.
fn registered(machines: &Machines, arguments: &[&str]) -> Phone {
    over_there(&machines.here, &["run"], &machines.account).with(arguments).humming().start().once_registered()
}

/// A phone in a call to a steady tone.
fn in_a_call(machines: &Machines, arguments: &[&str]) -> Phone {
    let phone = registered(machines, arguments);
    phone.dial("607");
    // Long enough for the tone to be there, and for everything to have settled.
    thread::sleep(Duration::from_secs(3));
    phone
}

/// The longest silence since `from`, a length of what was heard.
fn longest_gap(phone: &Phone, from: Duration) -> Duration {
    let heard = phone.heard();
    tests::longest_gap(heard.part(from, heard.length().saturating_sub(from)))
}

/// How much was heard by now. The recording is written each half second: it is so long as it says just then.
fn heard_so_far(phone: &Phone) -> Duration {
    let before = phone.heard().length();
    loop {
        thread::sleep(Duration::from_millis(5));
        let now = phone.heard().length();
        if now > before {
            return now;
        }
    }
}

/// Ends the call and the phone; the kinds of both candidates of the path it had in the end.
fn over(mut phone: Phone) -> [String; 2] {
    let then = phone.now();
    phone.tell(&["hangup"]);
    let ended = phone.wait_from(then, "ended");
    assert_eq!(ended["cause"]["by"], "local", "{ended}");
    assert_eq!(phone.stop().exit, Some(0));
    ["local", "remote"].map(|end| ended["report"]["media"]["pair"][end].as_str().unwrap_or("none").to_owned())
}

#[test]
fn a_call_follows_the_computer_to_another_address() {
    let Some(machines) = machines("moves", IpVersion::V4) else { return };
    let phone = in_a_call(&machines, &[]);
    let (then, before) = (phone.now(), phone.heard().length());
    machines.move_here();
    let moved = Instant::now();
    phone.wait_from(then, "unregistered");
    phone.wait_from(then, "registered");
    let registered = moved.elapsed();
    thread::sleep(Duration::from_secs(6));
    let gap = longest_gap(&phone, before);
    eprintln!("another address: registered again after {registered:?}, silence of {gap:?}");
    // Two seconds are the goal; a busy machine takes longer by itself, and without a restart it would be silent for good.
    assert!(gap <= Duration::from_secs(4), "silence of {gap:?}");
    over(phone);
}

#[test]
fn a_call_survives_a_cable_that_is_out_for_a_while() {
    let Some(machines) = machines("cut", IpVersion::V4) else { return };
    let phone = in_a_call(&machines, &[]);
    machines.plug(false);
    thread::sleep(Duration::from_secs(20));
    let restored = heard_so_far(&phone);
    machines.plug(true);
    // Until the account is back, too, and another path was looked for.
    thread::sleep(Duration::from_secs(10));
    let gap = longest_gap(&phone, restored);
    // 300 ms are the goal; a busy machine takes longer by itself.
    eprintln!("a cable out for 20 s: silence of {gap:?} after it is back");
    assert!(gap <= Duration::from_secs(1), "silence of {gap:?} after the cable is back");
    over(phone);
}

/// A relay on the computer of the exchange; none, and said so, where there is no such program.
fn relay(machines: &Machines) -> Option<(Program, TempDir)> {
    let there = machines.far_address().to_string();
    let mut command = machines.inside(&machines.far, "turnserver");
    if !command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        skip("there is no relay (turnserver, of the package coturn)");
        return None;
    }
    let folder = TempDir::new().expect("a folder");
    let mut command = machines.inside(&machines.far, "turnserver");
    command
        .args(["-n", "--log-file=stdout", "--simple-log", "--no-cli", "--no-tls", "--no-dtls", "--lt-cred-mech"])
        .args(["--realm=relay.invalid", "--min-port=49160", "--max-port=49199"])
        .args(["pidfile", "userdb"].map(|file| format!("--{file}={}", folder.path().join(file).display())))
        .args([format!("--listening-port={RELAY_PORT}"), format!("--user={USER}:{RELAY_PASSWORD}")])
        .args([format!("--listening-ip={there}"), format!("--relay-ip={there}")]);
    let relay = Program::start("turnserver", &mut command);
    // The last that it starts.
    relay.wait_for_line("admin thread", SOON);
    Some((relay, folder))
}

/// A call from a computer whose packet filter has these rules, by a relay that is reached by `transport`. It is not told that it
/// can do nothing else.
fn by_the_relay_alone(test: &str, transport: &str, rules: &[&[&str]]) {
    let Some(machines) = machines(test, IpVersion::V4) else { return };
    if !rules.iter().all(|rule| is_had(machines.filter(&machines.here, rule))) {
        return;
    }
    let Some(_relay) = relay(&machines) else { return };
    let server = format!("turn:{USER}:{RELAY_PASSWORD}@{}:{RELAY_PORT}?transport={transport}", machines.far_address());
    let phone = in_a_call(&machines, &["--ice", &server]);
    let settled = phone.heard().length();
    thread::sleep(Duration::from_secs(4));
    let gap = longest_gap(&phone, settled);
    let [local, _] = over(phone);
    eprintln!("by a relay over {transport}: silence of {gap:?}");
    assert_eq!(local, "relay");
    assert!(gap <= Duration::from_millis(200), "silence of {gap:?}");
}

#[test]
fn where_no_datagram_but_to_the_relay_passes_calls_go_by_the_relay() {
    let port = RELAY_PORT.to_string();
    let but_the_relay: [&[&str]; 2] = [
        &["-A", "OUTPUT", "-p", "udp", "!", "--dport", &port, "-j", "DROP"],
        &["-A", "INPUT", "-p", "udp", "!", "--sport", &port, "-j", "DROP"],
    ];
    by_the_relay_alone("relay", "udp", &but_the_relay);
}

#[test]
fn where_no_datagram_passes_at_all_calls_go_by_the_relay_over_tcp() {
    let none: [&[&str]; 2] = [&["-A", "OUTPUT", "-p", "udp", "-j", "DROP"], &["-A", "INPUT", "-p", "udp", "-j", "DROP"]];
    by_the_relay_alone("relay-tcp", "tcp", &none);
}

#[test]
fn where_there_is_nothing_but_ipv6_the_phone_registers_calls_and_follows() {
    let Some(machines) = machines("six", IpVersion::V6) else { return };
    let phone = in_a_call(&machines, &[]);
    let (then, before) = (phone.now(), phone.heard().length());
    assert!(longest_gap(&phone, Duration::from_secs(1)) <= Duration::from_millis(200), "the tone is heard");
    machines.move_here();
    phone.wait_from(then, "registered");
    thread::sleep(Duration::from_secs(6));
    let gap = longest_gap(&phone, before);
    eprintln!("another address of IPv6: silence of {gap:?}");
    assert!(gap <= Duration::from_secs(4), "silence of {gap:?}");
    over(phone);
    // The kernel counts what it was given of IPv4 on that computer.
    let counted = machines.inside(&machines.here, "cat").arg("/proc/net/snmp").output().expect("the kernel counts");
    let counted = String::from_utf8_lossy(&counted.stdout).into_owned();
    let rows: Vec<Vec<&str>> = counted.lines().filter_map(|line| Some(line.strip_prefix("Ip: ")?.split(' ').collect())).collect();
    let [names, counts] = &rows[..] else { panic!("two lines of IP: {counted}") };
    for name in ["InReceives", "OutRequests"] {
        let at = names.iter().position(|it| *it == name).expect("it is counted");
        assert_eq!(counts[at], "0", "{name} of IPv4");
    }
}

#[test]
fn a_tenth_of_all_packets_lost_for_long_costs_neither_call_nor_registration_nor_sound() {
    let Some(machines) = machines("lossy", IpVersion::V4) else { return };
    let phone = in_a_call(&machines, &["--expires", "60"]);
    if !is_had(machines.lose(10)) {
        return;
    }
    let (then, begun) = (phone.now(), phone.heard().length());
    // Long enough for the registration to be renewed several times.
    thread::sleep(Duration::from_secs(125));
    let heard = phone.heard();
    let heard = heard.part(begun, heard.length().saturating_sub(begun));
    let (gap, level) = (tests::longest_gap(heard), tests::rms_dbfs(heard));
    eprintln!("a tenth lost for two minutes: silence of {gap:?} at most, {level:.1} dBFS");
    // What is heard of a lost packet is in the next ones (RED, FEC) or made up; what is not ends the tone.
    assert!(gap <= Duration::from_millis(120), "silence of {gap:?}");
    assert!(heard.len() >= 115 * 48_000, "it went on all the time");
    let told = phone.told_since(then);
    let is_loss = |event: &Value| event["event"] == "unregistered" || event["event"] == "ended";
    assert!(!told.iter().any(is_loss), "{told:?}");
    over(phone);
}
