//! A fake XUC in front of real servers: a line of a XiVO whose SIP is Asterisk's, or Kamailio's, with real media. What the XUC
//! tells of calls comes from the messages that pass, and what it is asked to do with them Asterisk does.

use std::{io::Write, process::ChildStdin, time::Duration};

use serde_json::Value;

use super::{
    incoming::read_of,
    lab::{self, Lab, Part, borrow},
    phone::{Phone, SOON, Seat},
    program::{Program, built},
};

/// The variable that hands the phone its password.
const PASSWORD: &str = "SIDETONE_TEST_XUC_PASSWORD";
/// What 601 plays.
const TONE_HZ: f64 = 440.0;
/// Louder than this a tone is heard.
const HEARD: f64 = -35.0;

/// The XUC, in the lab's network.
struct Xuc<'a> {
    lab: &'a Lab,
    program: Program,
    typed: ChildStdin,
    opened: Value,
}

impl<'a> Xuc<'a> {
    /// One whose user has the line of `user` at Asterisk.
    fn at_asterisk(lab: &'a Lab, user: &str) -> Self {
        let (server, manager) = (format!("ws://127.0.0.1:{}/ws", lab.port(88)), format!("127.0.0.1:{}", lab.port(38)));
        let manager = ["--manager", &manager, "--manager-user", "lab", "--manager-secret", "lab-ami-pw"];
        Self::start(lab, user, &[&["--in-front-of", &server], &manager[..]].concat())
    }

    /// One whose user has the line of `user` at Kamailio.
    fn at_kamailio(lab: &'a Lab, user: &str) -> Self {
        let server = format!("ws://127.0.0.1:{}", lab.port(180));
        Self::start(lab, user, &["--in-front-of", &server, "--domain", "127.0.0.1"])
    }

    fn start(lab: &'a Lab, user: &str, arguments: &[&str]) -> Self {
        let ca = lab.state().join(format!("xuc-{user}-{:?}.pem", std::thread::current().id()));
        let mut command = lab.inside(&built("fake"));
        command.args(["xuc", "--json", "--port", "0", "--user", user, "--secret", &format!("pw-{user}"), "--ca"]).arg(ca);
        let (program, typed) = Program::start_listening(&format!("fake xuc for {user}"), command.args(arguments));
        let opened = program.wait_for_value(0, "sign of life", SOON, |value| value["url"].is_string());
        Self { lab, program, typed, opened }
    }

    /// A phone whose account is at it.
    fn phone(&self, verb: &[&str]) -> Seat {
        let text = |name: &str| self.opened[name].as_str().expect("it says so").to_owned();
        let account = ["--xivo", &text("url"), "--login", &text("login"), "--login-password-env", PASSWORD, "--ca", &text("ca")];
        self.lab.anywhere(verb).with(&account).with_variable(PASSWORD, &text("password"))
    }

    /// Another program of the user asks for something by CTI; what it hears.
    fn asked(&self, verb: &[&str]) -> Vec<Value> {
        let (over, _phone) = self.phone(&["xivo"]).with(verb).run(SOON);
        assert_eq!(over.exit, Some(0), "{verb:?}: {:?}", over.events);
        over.events
    }

    /// Makes something go wrong.
    fn goes_wrong(&mut self, words: &str) {
        writeln!(self.typed, "{words}").expect("it reads what is typed");
    }

    /// Waits until it has told this step of a call with somebody, which is of the call with that Call-ID, where that is known.
    fn told(&self, step: &str, other: &str, call_id: Option<&str>) -> Value {
        let is = |said: &Value| {
            let body = &said["body"];
            said["told"] == "PhoneEvent"
                && body["eventType"] == step
                && body["otherDN"] == other
                && call_id.is_none_or(|id| body["userData"]["SIPCALLID"] == id)
        };
        self.program.wait_for_value(0, &format!("{step} with {other}"), SOON, is)["body"].clone()
    }
}

/// The Call-ID of a call, as XiVO's library would tell it with this event.
fn call_id(phone: &Phone, from: usize, group: &str, kind: &str) -> String {
    let is = |event: &Value| event["event"] == "service" && event["told"]["group"] == group && event["told"]["type"] == kind;
    let told = phone.wait_for(from, kind, is);
    told["told"]["sipCallId"].as_str().expect("every event of a call has its Call-ID").to_owned()
}

#[test]
fn asterisk_echoes_a_call_that_the_cti_tells_of_by_its_call_id() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let xuc = Xuc::at_asterisk(lab, "1001");
    let (over, phone) = xuc.phone(&["call", "600"]).speaking().run(Duration::from_secs(40));
    over.was_a_good_call("local");
    phone.heard_the_voice();
    let id = call_id(&phone, 0, "outgoing", "Connected");
    let steps = ["EventDialing", "EventEstablished", "EventReleased"].map(|step| xuc.told(step, "600", Some(&id)));
    assert!(
        steps.iter().all(|step| step["uniqueId"] == steps[0]["uniqueId"] && step["callDirection"] == "Outgoing"),
        "{steps:?}"
    );
}

#[test]
fn a_call_at_asterisk_is_held_taken_back_and_ended_by_cti() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let xuc = Xuc::at_asterisk(lab, "1001");
    let phone = xuc.phone(&["run"]).humming().start().once_registered();
    let then = phone.now();
    let call = phone.dial("601");
    let id = call_id(&phone, then, "outgoing", "Connected");
    phone.tell(&["hold", "--call", &call.to_string()]);
    phone.is_held(then, call, true);
    xuc.told("EventOnHold", "601", Some(&id));
    // By CTI, as another program of the user does it: with the number that the server has given the call.
    let unique_id = xuc.told("EventDialing", "601", Some(&id))["uniqueId"].as_str().expect("it has one").to_owned();
    let held = phone.now();
    xuc.asked(&["hold", "--call", &unique_id]);
    phone.is_held(held, call, false);
    let calls = xuc.asked(&["calls"]);
    assert_eq!((calls.len(), &calls[0]["sipCallId"], &calls[0]["state"]), (1, &Value::from(id.as_str()), &"established".into()));
    // Long enough to hear that it is back.
    std::thread::sleep(Duration::from_millis(1_500));
    xuc.asked(&["hang-up", "--call", &unique_id]);
    assert_eq!(phone.ended(then, call)["cause"]["by"], "remote");
    xuc.told("EventReleased", "601", Some(&id));
    assert!(phone.heard().time_of_tone(TONE_HZ) > Duration::from_secs(1), "{:?}", phone.heard().length());
}

#[test]
fn asterisk_reads_the_digits_that_a_line_of_a_xivo_sends_by_info() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    // Nobody else has this user's digits read.
    let xuc = Xuc::at_asterisk(lab, "1004");
    let phone = xuc.phone(&["call", "671"]).humming().with(&["--dtmf", "15*"]).start();
    phone.wait("media-connected");
    assert_eq!(read_of(lab, "1004", 3), "15*");
}

#[test]
fn a_call_from_asterisk_is_answered_and_told_by_cti_with_who_calls() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = borrow("1002");
    let xuc = Xuc::at_asterisk(lab, "1002");
    let mut phone = xuc.phone(&["run", "--auto-answer"]).humming().start().once_registered();
    lab.run(&["call-from-asterisk", "1002", "--to", "663", "--caller", "\"Ada Test\" <4711>", "--wait"]);
    let id = call_id(&phone, 0, "incoming", "Setup");
    for step in ["EventRinging", "EventEstablished"] {
        let told = xuc.told(step, "4711", Some(&id));
        assert_eq!((&told["otherDName"], &told["callDirection"]), (&"Ada Test".into(), &"Incoming".into()));
    }
    phone.wait("ended");
    xuc.told("EventReleased", "4711", Some(&id));
    phone.stop().was_a_good_call("remote");
    let heard = phone.heard().time_of_tone(TONE_HZ);
    assert!(heard >= Duration::from_millis(2_000), "{heard:?} of 3 s");
}

#[test]
fn who_dials_in_another_program_is_called_by_asterisk_and_answers_by_itself() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = borrow("1002");
    let xuc = Xuc::at_asterisk(lab, "1002");
    let phone = xuc.phone(&["run"]).humming().start().once_registered();
    let then = phone.now();
    xuc.asked(&["dial", "601"]);
    let call = phone.connected(then);
    let id = call_id(&phone, then, "incoming", "AutoAnswered");
    let told = xuc.told("EventEstablished", "601", Some(&id));
    assert_eq!(told["callDirection"], "Outgoing", "the user has dialled");
    std::thread::sleep(Duration::from_secs(2));
    assert!(phone.hears(TONE_HZ) > HEARD, "{} dBFS", phone.hears(TONE_HZ));
    phone.tell(&["hangup"]);
    phone.ended(then, call);
}

#[test]
fn asterisk_connects_the_two_whom_the_user_has_brought_together() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    // Each of them is called: no other phone of theirs may ring.
    let (_bobs, _carols, _alices) = (borrow("1005"), borrow("1003"), borrow("1002"));
    let xuc = Xuc::at_asterisk(lab, "1002");
    let bob = lab.at_asterisk("1005", &["run", "--auto-answer"]).sounding(1_100.0).start().once_registered();
    let carol = lab.at_asterisk("1003", &["run", "--auto-answer"]).sounding(1_600.0).start().once_registered();
    let alice = xuc.phone(&["run"]).humming().start().once_registered();
    let first = alice.dial("1005");
    let then = alice.now();
    alice.tell(&["transfer", "--consult", "1003", "--call", &first.to_string()]);
    let second = alice.connected(then);
    let id = call_id(&alice, then, "incoming", "AutoAnswered");
    xuc.told("EventEstablished", "1003", Some(&id));
    carol.wait("media-connected");
    alice.tell(&["complete-transfer", "--call", &first.to_string()]);
    for call in [first, second] {
        alice.ended(then, call);
    }
    let hears = |phone: &Phone, hz: f64| {
        (0..40).any(|_| {
            std::thread::sleep(Duration::from_millis(250));
            phone.hears(hz) > HEARD
        })
    };
    assert!(hears(&bob, 1_600.0) && hears(&carol, 1_100.0), "the two hear each other");
}

#[test]
fn a_call_at_asterisk_keeps_its_audio_while_the_cti_and_the_way_of_sip_are_cut() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let mut xuc = Xuc::at_asterisk(lab, "1001");
    let phone = xuc.phone(&["run"]).humming().start().once_registered();
    let then = phone.now();
    let call = phone.dial("601");
    for fault in ["close-cti", "cut-sip", "forget-tokens"] {
        let cut = phone.now();
        xuc.goes_wrong(fault);
        std::thread::sleep(Duration::from_secs(3));
        assert!(phone.hears(TONE_HZ) > HEARD, "after {fault}: {} dBFS", phone.hears(TONE_HZ));
        if fault == "cut-sip" {
            phone.wait_for(cut, "the registration over another way", |event| event["event"] == "registered");
        }
    }
    phone.tell(&["hangup"]);
    assert_eq!(phone.ended(then, call)["cause"]["by"], "local");
}

#[test]
fn lines_at_kamailio_call_each_other_and_the_cti_tells_of_both_ways() {
    let Some(lab) = lab::with(&[Part::Kamailio]) else { return };
    let xuc = Xuc::at_kamailio(lab, "3008");
    let mut other = lab.at_kamailio("3009", &["run", "--auto-answer"]).speaking().start().once_registered();
    let (over, phone) = xuc.phone(&["call", "3009"]).speaking().run(Duration::from_secs(40));
    over.was_a_good_call("local");
    phone.heard_the_voice();
    let id = call_id(&phone, 0, "outgoing", "Connected");
    xuc.told("EventEstablished", "3009", Some(&id));
    other.wait("ended");
    other.stop().was_a_good_call("remote");
    // And the other way.
    let mut called = xuc.phone(&["run", "--auto-answer"]).speaking().start().once_registered();
    let (over, caller) = lab.at_kamailio("3009", &["call", "3008"]).speaking().run(Duration::from_secs(40));
    over.was_a_good_call("local");
    caller.heard_the_voice();
    called.wait("ended");
    let id = call_id(&called, 0, "incoming", "Setup");
    xuc.told("EventRinging", "3009", Some(&id));
    xuc.told("EventReleased", "3009", Some(&id));
    called.stop().was_a_good_call("remote");
}

/// What coturn's time-limited users are made with.
const RELAY_SECRET: &str = "lab-rest-secret";
/// Whole seconds that credentials last in these tests: they are asked for again after half a minute (5.1).
const CREDENTIALS_LAST: u64 = 40;

fn by_relay(event: &Value) -> bool {
    event["event"] == "media-connected" && event["media"]["pair"]["local"] == "relay"
}

#[test]
fn f22_f23_a_relay_that_the_xivo_names_carries_a_call_past_its_credentials_and_the_next_call_by_new_ones() {
    let Some(lab) = lab::with(&[Part::Asterisk, Part::Coturn]) else { return };
    let mut xuc = Xuc::at_asterisk(lab, "1001");
    xuc.goes_wrong(&format!("relay turn:127.0.0.1:{} {RELAY_SECRET} {CREDENTIALS_LAST}", lab.port(378)));
    // It is typed to a program that runs already: who comes in a moment later hears of it.
    std::thread::sleep(Duration::from_millis(300));
    let phone = xuc.phone(&["run"]).with(&["--relay-only"]).humming().start().once_registered();
    let from = phone.now();
    let call = phone.dial("601");
    phone.wait_within(from, "a call by the relay", SOON, by_relay);
    std::thread::sleep(Duration::from_secs(CREDENTIALS_LAST + 2));
    assert!(phone.hears(TONE_HZ) > HEARD, "{} dBFS once its credentials have run out", phone.hears(TONE_HZ));
    let from = phone.now();
    let second = phone.dial("604");
    phone.wait_within(from, "the next call by the relay", SOON, by_relay);
    phone.tell(&["resume", "--call", &call.to_string()]);
    phone.is_held(from, second, true);
    std::thread::sleep(Duration::from_secs(1));
    assert!(phone.hears(TONE_HZ) > HEARD, "the first call goes on by its relay: {} dBFS", phone.hears(TONE_HZ));
    let asked = |said: &Value| said["asked"]["command"] == "getIceConfig";
    xuc.program.wait_for_value(0, "a question for the servers of ICE", SOON, asked);
}

#[test]
fn f22_a_relay_that_is_set_by_hand_carries_the_call_whatever_the_xivo_names() {
    let Some(lab) = lab::with(&[Part::Asterisk, Part::Coturn]) else { return };
    let mut xuc = Xuc::at_asterisk(lab, "1001");
    xuc.goes_wrong(&format!("relay turn:127.0.0.1:9 {RELAY_SECRET} 600"));
    std::thread::sleep(Duration::from_millis(300));
    let server = format!("turn:softphone:turn-secret-pw@127.0.0.1:{}", lab.port(278));
    let seat = xuc.phone(&["call", "600"]).speaking().with(&["--ice", &server, "--relay-only"]);
    let (over, phone) = seat.run(Duration::from_secs(40));
    over.was_a_good_call("local");
    assert_eq!(over.media()["pair"]["local"], "relay");
    phone.heard_the_voice();
}

/// 9.10: the server's session timers are agreed to, and the refresh comes in time.
#[test]
fn a_call_with_session_timers_lasts_longer_than_its_session() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let xuc = Xuc::at_asterisk(lab, "1008");
    let (over, phone) = xuc.phone(&["call", "601", "--for", "100s"]).humming().run(Duration::from_secs(130));
    over.was_a_good_call("local");
    let heard = phone.heard().time_of_tone(TONE_HZ);
    assert!(heard > Duration::from_secs(95), "{heard:?} of 100 s: the session is 90 s long");
}
