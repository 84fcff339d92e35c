use model::{LineFault, Remote, XHeaders};

use super::*;

const OUT: LineCall = LineCall::Dialled(1);
const IN: LineCall = LineCall::Received(1);

/// What is asked and told, and how the library's events are written.
#[derive(Default)]
struct Line {
    narrator: Narrator,
    told: Vec<String>,
}

impl Line {
    fn note(&mut self, events: Vec<ServiceEvent>) {
        self.told.extend(events.iter().map(|event| serde_json::to_string(event).expect("serialises")));
    }

    fn ask(&mut self, request: LineRequest) {
        let events = self.narrator.asked(&request);
        self.note(events);
    }

    fn tell(&mut self, event: LineEvent) {
        let events = self.narrator.told(&event);
        self.note(events);
    }

    fn dial(&mut self) {
        let target = "1002".parse().expect("can be dialled");
        self.ask(LineRequest::Invite {
            call: OUT,
            target,
            offer: "v=0".into(),
            headers: Vec::new(),
            referred: None,
            pick_up: false,
        });
        self.tell(LineEvent::Sent { call: OUT, sip_call_id: "out@x".into() });
    }

    fn arrive(&mut self, auto_answer: bool) {
        let remote = Remote { name: "Bob".into(), number: "1002".into(), uri: "sip:1002@default".into() };
        let incoming = IncomingCall {
            call: IN,
            remote,
            caller: None,
            offer: None,
            sip_call_id: "in@x".into(),
            diverted_by: None,
            on_behalf: None,
            replaces: None,
            plan: None,
            headers: Vec::new(),
            x_headers: XHeaders::default(),
        };
        let events = self.narrator.arrived(&incoming, auto_answer);
        self.note(vec![events]);
    }

    fn reoffer(&mut self, call: LineCall, direction: &str) {
        self.ask(LineRequest::Reoffer { call, offer: format!("v=0\r\na={direction}\r\n").into() });
        self.tell(LineEvent::ReofferAnswered { call, answer: "v=0".into() });
    }
}

#[test]
fn an_outgoing_call_is_told_in_the_order_of_the_library() {
    let mut line = Line::default();
    line.dial();
    line.tell(LineEvent::Progress { call: OUT, code: 180, fork: 0, answer: None });
    line.tell(LineEvent::Answered { call: OUT, fork: 0, answer: None, remote: None, x_headers: XHeaders::default() });
    line.reoffer(OUT, "sendonly");
    line.reoffer(OUT, "sendrecv");
    line.tell(LineEvent::Ended { call: OUT, how: LineEnd::Bye { code: None } });
    line.tell(LineEvent::Ended { call: OUT, how: LineEnd::Local });
    assert_eq!(
        line.told,
        [
            r#"{"group":"outgoing","type":"Establishing","sipCallId":"out@x"}"#,
            r#"{"group":"outgoing","type":"Ringing","data":{"callee":"1002"},"sipCallId":"out@x"}"#,
            r#"{"group":"incoming","type":"RemoteMediaAdded","sipCallId":"out@x"}"#,
            r#"{"group":"outgoing","type":"Connected","data":{"callee":"1002"},"sipCallId":"out@x"}"#,
            r#"{"group":"outgoing","type":"Hold","sipCallId":"out@x"}"#,
            r#"{"group":"outgoing","type":"Resume","sipCallId":"out@x"}"#,
            r#"{"group":"outgoing","type":"Terminated","data":{"reason":"Call terminated"},"sipCallId":"out@x"}"#,
        ]
    );
}

#[test]
fn an_incoming_call_is_told_in_the_order_of_the_library() {
    let mut line = Line::default();
    line.arrive(false);
    line.ask(LineRequest::Ring { call: IN });
    line.ask(LineRequest::Answer { call: IN, description: "v=0".into(), headers: Vec::new() });
    line.ask(LineRequest::Answer { call: IN, description: "v=0".into(), headers: Vec::new() });
    line.tell(LineEvent::Ended { call: IN, how: LineEnd::Local });
    let caller = r#""data":{"caller":"1002","displayName":"Bob"},"sipCallId":"in@x""#;
    assert_eq!(
        line.told,
        [
            format!(r#"{{"group":"incoming","type":"Setup",{caller}}}"#),
            format!(r#"{{"group":"incoming","type":"Connected",{caller}}}"#),
            r#"{"group":"incoming","type":"RemoteMediaAdded","sipCallId":"in@x"}"#.to_owned(),
            r#"{"group":"incoming","type":"Terminated","data":{"reason":"Call terminated"},"sipCallId":"in@x"}"#.to_owned(),
        ]
    );
}

fn kinds(line: &Line) -> Vec<&str> {
    line.told.iter().filter_map(|event| event.split("\"type\":\"").nth(1)?.split('"').next()).collect()
}

#[test]
fn a_call_that_answers_itself_says_so() {
    let mut line = Line::default();
    line.arrive(true);
    line.ask(LineRequest::Answer { call: IN, description: "v=0".into(), headers: Vec::new() });
    assert_eq!(kinds(&line), ["Setup", "AutoAnswered", "Connected", "RemoteMediaAdded"]);
    assert!(line.told[0].contains(r#""autoAnswer":true"#));
}

#[test]
fn a_refused_or_missed_call_ends_once_with_the_words_of_sip() {
    let mut line = Line::default();
    line.dial();
    line.tell(LineEvent::Ended { call: OUT, how: LineEnd::Refused { code: 486, text: "Busy Here".into() } });
    let ended = r#"{"group":"outgoing","type":"Terminated","data":{"reason":"Busy Here","code":486},"sipCallId":"out@x"}"#;
    assert_eq!(line.told.last().map(String::as_str), Some(ended));
    line.arrive(false);
    line.tell(LineEvent::Ended { call: IN, how: LineEnd::Cancelled { code: None } });
    assert_eq!(kinds(&line), ["Establishing", "Terminated", "Setup", "Terminated"]);
    assert!(line.told.last().is_some_and(|event| event.contains("Call cancelled")));
}

#[test]
fn a_call_that_never_left_has_failed() {
    let mut line = Line::default();
    let target = "sip:1002@elsewhere".parse().expect("can be dialled");
    line.ask(LineRequest::Invite { call: OUT, target, offer: "v=0".into(), headers: Vec::new(), referred: None, pick_up: false });
    line.tell(LineEvent::Ended { call: OUT, how: LineEnd::Failed { fault: LineFault::NotConnected } });
    assert_eq!(line.told, [r#"{"group":"outgoing","type":"Failed"}"#]);
}

#[test]
fn holding_is_told_only_once_it_is_agreed() {
    let mut line = Line::default();
    line.dial();
    line.tell(LineEvent::Answered { call: OUT, fork: 0, answer: None, remote: None, x_headers: XHeaders::default() });
    let before = line.told.len();
    line.ask(LineRequest::Reoffer { call: OUT, offer: "v=0\r\na=inactive\r\n".into() });
    assert_eq!(line.told.len(), before);
    line.tell(LineEvent::ReofferRefused { call: OUT, code: 488, text: String::new() });
    // An offer for another reason while it is not held is neither.
    line.reoffer(OUT, "sendrecv");
    assert_eq!(line.told.len(), before);
    line.reoffer(OUT, "inactive");
    assert_eq!(kinds(&line).last(), Some(&"Hold"));
}

#[test]
fn the_registration_is_told_when_it_begins_and_ends() {
    let mut line = Line::default();
    let lost = || OfflineCause::ConnectionLost { detail: "gone".into() };
    let opened = vec![line.narrator.opened(), line.narrator.not_opened(&OfflineCause::NoAnswer)];
    line.note(opened);
    for state in [
        AccountState::Connecting,
        AccountState::Registered,
        AccountState::Registered,
        AccountState::Offline { cause: lost(), retry_in_s: Some(2) },
        AccountState::Registered,
        AccountState::Offline { cause: OfflineCause::SignedOff, retry_in_s: None },
        AccountState::Offline { cause: OfflineCause::Refused { code: 403, text: "Forbidden".into() }, retry_in_s: None },
    ] {
        line.tell(LineEvent::State(state));
    }
    assert_eq!(kinds(&line), ["Started", "Failed", "Registered", "Unregistered", "Registered", "Unregistered", "Unregistered"]);
    assert_eq!(line.told[3], r#"{"group":"registration","type":"Unregistered","data":{"reason":"Transport lost"}}"#);
    assert!(line.told[5].contains("Stopped") && line.told[6].contains("403"));
}
