//! Every row of the policy of automatic answer: when, who, after which delay, what becomes of a conversation, which microphone.

use std::time::Duration;

use calls::io::MediaRequest;
use model::{
    AccountId, AutoAnswer, AutoAnswerBusy, AutoAnswerMicrophone, AutoAnswerWhen, CallId, CallState, Cause, Command, Contact,
    ContactNumber, Event, Hold, NumberKind, Settings, TurnedAway,
};
use sip::Method;
use tests::{FarCall, FarMedia, Scenario, ms, seconds, tone, tone_dbfs};

/// The two notes of the beep.
const BEEP_HZ: [f64; 2] = [659.255, 987.767];

/// Everybody who calls is answered after two seconds, with the microphone open.
fn policy() -> AutoAnswer {
    AutoAnswer {
        when: AutoAnswerWhen::Always,
        callers: vec!["*".into()],
        delay_s: 2,
        microphone: AutoAnswerMicrophone::AfterBeep,
        ..AutoAnswer::off(AccountId("desk".into()))
    }
}

fn with(settings: &mut Settings, change: impl FnOnce(&mut AutoAnswer)) {
    let mut policy = policy();
    change(&mut policy);
    settings.auto_answer = vec![policy];
}

/// A call of the far end that has reached Alice.
pub(super) struct Arrived {
    pub(super) call: CallId,
    pub(super) far: FarCall,
    media: FarMedia,
}

/// The far end calls with these headers; it rings.
pub(super) fn rings(t: &Scenario, headers: &str) -> Arrived {
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let far = FarCall::to_phone(t.far(), &offer, headers);
    assert_eq!(t.response(&Method::Invite).code, 180);
    let call = t.alice().newest_call().expect("it arrived");
    Arrived { call, far, media }
}

impl Arrived {
    /// The phone answers by itself within `limit`, and sound flows.
    pub(super) fn is_answered(&mut self, t: &Scenario, limit: Duration) {
        t.run_until("it answers by itself", limit, |t| t.alice().view(self.call).is_some_and(|view| view.auto_answered));
        let response = t.response(&Method::Invite);
        assert_eq!(response.code, 200);
        self.media.ask(MediaRequest::Apply { answer: response.session_description().expect("an answer").into() });
        self.far.ack(&response, "");
        t.run_until("the call is established", seconds(2), |t| t.alice().is_established(self.call));
    }

    /// The phone does not answer by itself, for far longer than any delay of these tests.
    fn only_rings(&self, t: &Scenario) {
        t.run_for(seconds(20));
        let view = t.alice().view(self.call).expect("it is there");
        assert_eq!((view.state, view.auto_answered, view.answers_itself_ms), (CallState::Incoming, false, None));
    }
}

fn at_once(settings: &mut Settings) {
    with(settings, |policy| policy.delay_s = 0);
}

fn by_header(settings: &mut Settings) {
    with(settings, |policy| {
        policy.when = AutoAnswerWhen::ByHeader;
        policy.delay_s = 0;
    });
}

#[test]
fn nothing_is_answered_by_itself_unless_that_is_wanted() {
    assert_eq!(Settings::default().auto_answer, []);
    let off = |settings: &mut Settings| settings.auto_answer = vec![AutoAnswer::off(AccountId("desk".into()))];
    for t in [Scenario::new().with_far(), Scenario::new().with_settings(off).with_far()] {
        rings(&t, "Call-Info: ;answer-after=0\r\nAlert-Info: xivo-autoanswer\r\nAnswer-Mode: Auto\r\n").only_rings(&t);
    }
}

#[test]
fn a_policy_is_its_accounts_and_of_no_other() {
    let of_another = |settings: &mut Settings| with(settings, |policy| policy.account = AccountId("office".into()));
    let t = Scenario::new().with_settings(of_another).with_far();
    rings(&t, "").only_rings(&t);
}

#[test]
fn a_call_rings_for_the_delay_shows_when_it_will_answer_and_is_answered_then() {
    let t = Scenario::new().with_settings(|settings| with(settings, |_| {})).with_far();
    let began = t.now();
    let mut arrived = rings(&t, "");
    t.run_for(ms(1800));
    let view = t.alice().view(arrived.call).expect("it is there");
    assert_eq!((view.state, view.auto_answered), (CallState::Incoming, false));
    assert_eq!(t.alice().sound.rings().len(), 1, "it rings meanwhile");
    let shown = view.answers_itself_ms.expect("the page can count down") - began.as_millis();
    assert!((2000..2100).contains(&shown), "{shown}");
    arrived.is_answered(&t, ms(300));
    assert_eq!(t.alice().sound.rings(), []);
    let view = t.alice().view(arrived.call).expect("it is there");
    assert_eq!((view.auto_answered, view.answers_itself_ms), (true, None));
}

#[test]
fn the_beep_is_heard_before_the_microphone_is() {
    let t = Scenario::new().with_settings(at_once).with_far();
    let mut arrived = rings(&t, "");
    t.alice().speak(&tone(440.0, -12.0, seconds(5)));
    t.alice().take_heard();
    arrived.is_answered(&t, ms(100));
    arrived.media.take_heard();
    t.run_for(ms(550));
    let (said, heard) = (arrived.media.take_heard(), t.alice().take_heard());
    assert!(tone_dbfs(&said, 440.0) < -60.0, "the microphone waits: {}", tone_dbfs(&said, 440.0));
    for hz in BEEP_HZ {
        // Each note fills a fifth of the time or more.
        assert!(tone_dbfs(&heard, hz) > -45.0, "{hz} Hz at {} dBFS", tone_dbfs(&heard, hz));
    }
    t.run_for(ms(300));
    arrived.media.take_heard();
    t.run_for(seconds(1));
    assert!((tone_dbfs(&arrived.media.take_heard(), 440.0) + 12.0).abs() < 1.0, "then it is open");
    t.alice().take_heard();
    t.run_for(seconds(1));
    assert!(tone_dbfs(&t.alice().take_heard(), BEEP_HZ[1]) < -60.0, "it beeps once");
}

#[test]
fn a_closed_microphone_stays_closed_until_the_user_opens_it() {
    let closed = |settings: &mut Settings| {
        with(settings, |policy| {
            policy.delay_s = 0;
            policy.microphone = AutoAnswerMicrophone::Closed;
        });
    };
    let t = Scenario::new().with_settings(closed).with_far();
    let mut arrived = rings(&t, "");
    t.alice().speak(&tone(440.0, -12.0, seconds(10)));
    arrived.is_answered(&t, ms(100));
    t.run_for(seconds(3));
    assert!(t.alice().view(arrived.call).is_some_and(|view| view.muted), "and it is seen to be");
    assert!(tone_dbfs(&arrived.media.take_heard(), 440.0) < -60.0);
    t.alice().send(Command::Mute { call: arrived.call, muted: false });
    t.run_for(ms(200));
    arrived.media.take_heard();
    t.run_for(seconds(1));
    assert!((tone_dbfs(&arrived.media.take_heard(), 440.0) + 12.0).abs() < 1.0);
}

#[test]
fn a_stranger_only_rings() {
    let chosen = |settings: &mut Settings| with(settings, |policy| policy.callers = vec!["7??".into(), "*@other.example".into()]);
    let t = Scenario::new().with_settings(chosen).with_far();
    rings(&t, "").only_rings(&t);
}

#[test]
fn a_permitted_caller_is_known_by_number_or_by_address() {
    let by_number = |settings: &mut Settings| with(settings, |policy| policy.callers = vec!["7??".into(), "c?rol".into()]);
    let by_address = |settings: &mut Settings| with(settings, |policy| policy.callers = vec!["*@far.invalid".into()]);
    for change in [by_number, by_address] {
        let t = Scenario::new().with_settings(change).with_far();
        rings(&t, "").is_answered(&t, seconds(3));
    }
}

#[test]
fn contacts_are_answered_where_that_is_set_and_only_they() {
    let contacts = |settings: &mut Settings| {
        with(settings, |policy| {
            policy.callers.clear();
            policy.contacts = true;
        });
    };
    let t = Scenario::new().with_settings(contacts).with_far();
    let stranger = rings(&t, "");
    stranger.only_rings(&t);
    stranger.far.cancel("");
    t.cause("alice", stranger.call);
    t.far().forget();
    let number = ContactNumber { kind: NumberKind::Work, number: "sip:carol@far.invalid".into() };
    let carol = Contact { name: "Carol".into(), numbers: vec![number], ..Contact::default() };
    t.ask(t.alice().phone.book().save_contact(carol)).expect("the book takes her");
    t.run_for(seconds(1));
    rings(&t, "").is_answered(&t, seconds(3));
}

#[test]
fn a_veto_lets_it_ring_on_and_the_user_answers_or_not() {
    let t = Scenario::new().with_settings(|settings| with(settings, |_| {})).with_far();
    let arrived = rings(&t, "");
    t.run_for(seconds(1));
    t.alice().send(Command::Veto { call: arrived.call });
    arrived.only_rings(&t);
    t.alice().decline(arrived.call);
    assert_eq!(t.cause("alice", arrived.call), Cause::Declined);
}

#[test]
fn who_answers_in_time_has_his_microphone_at_once_and_no_beep() {
    let t = Scenario::new().with_settings(|settings| with(settings, |_| {})).with_far();
    let Arrived { call, mut far, media } = rings(&t, "");
    t.alice().speak(&tone(440.0, -12.0, seconds(3)));
    t.alice().answer(call);
    let response = t.response(&Method::Invite);
    media.ask(MediaRequest::Apply { answer: response.session_description().expect("an answer").into() });
    far.ack(&response, "");
    t.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
    media.take_heard();
    t.run_for(ms(400));
    assert!(tone_dbfs(&media.take_heard(), 440.0) > -20.0);
    assert!(t.alice().view(call).is_some_and(|view| !view.auto_answered && !view.muted));
}

#[test]
fn a_header_asks_and_its_delay_counts() {
    for (headers, delay) in [
        ("Call-Info: <sip:far.invalid>;answer-after=4\r\n", 4),
        ("Alert-Info: <http://wazo.community>;info=alert-autoanswer;delay=0;xivo-autoanswer\r\n", 0),
        ("Alert-Info: xivo-autoanswer\r\n", 0),
        ("Alert-Info: Ring Answer\r\n", 0),
        ("Answer-Mode: Auto\r\n", 0),
    ] {
        let t = Scenario::new().with_settings(by_header).with_far();
        let began = t.now();
        let mut arrived = rings(&t, headers);
        arrived.is_answered(&t, seconds(delay) + ms(200));
        let took = t.now().since(began);
        assert!(took >= seconds(delay), "{headers} {took:?}");
    }
}

#[test]
fn without_its_header_a_call_only_rings_where_headers_decide() {
    let t = Scenario::new().with_settings(by_header).with_far();
    rings(&t, "Answer-Mode: Manual\r\nAlert-Info: <urn:alert:service:call-waiting>\r\n").only_rings(&t);
}

#[test]
fn a_header_opens_no_microphone_for_a_stranger() {
    let chosen = |settings: &mut Settings| {
        by_header(settings);
        settings.auto_answer[0].callers = vec!["7??".into()];
    };
    let t = Scenario::new().with_settings(chosen).with_far();
    rings(&t, "Answer-Mode: Auto\r\n").only_rings(&t);
}

#[test]
fn who_is_busy_is_left_in_peace_and_the_caller_hears_busy() {
    let t = Scenario::new().with_settings(at_once).with_far();
    let talk = t.far_call();
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let mut far = FarCall::to_phone(t.far(), &offer, "");
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 486);
    far.ack(&response, "");
    assert_eq!(t.alice().told(|event| matches!(event, Event::TurnedAway { because: TurnedAway::Busy, .. })), 1);
    assert!(t.alice().is_established(talk.call));
}

/// Alice is in conversation with Bob, and Carol calls.
fn carol_calls_in_a_conversation(change: fn(&mut Settings)) -> (Scenario, CallId, CallId) {
    let t = Scenario::new().with_settings(change).with_phones(["alice", "bob", "carol"]);
    t.bob().dial("alice");
    t.run_until("it answers", seconds(3), |t| t.alice().newest_call().is_some_and(|call| t.alice().is_established(call)));
    let first = t.alice().newest_call().expect("it came");
    t.run_for(seconds(1));
    t.phone("carol").dial("alice");
    t.run_until("Carol is answered", seconds(3), |t| {
        t.alice().newest_call().is_some_and(|call| call != first && t.alice().is_established(call))
    });
    let second = t.alice().newest_call().expect("it came");
    t.run_for(seconds(1));
    (t, first, second)
}

#[test]
fn a_conversation_is_held_for_it_where_that_is_set() {
    let hold = |settings: &mut Settings| {
        at_once(settings);
        settings.auto_answer[0].busy = AutoAnswerBusy::Hold;
    };
    let (t, first, second) = carol_calls_in_a_conversation(hold);
    let held = Hold { local: true, remote: false };
    assert_eq!(t.alice().state(first), Some(CallState::Established { hold: held }));
    assert_eq!(t.alice().state(second), Some(CallState::Established { hold: Hold::default() }));
}

#[test]
fn a_conversation_is_ended_for_it_where_that_is_set() {
    let answer = |settings: &mut Settings| {
        at_once(settings);
        settings.auto_answer[0].busy = AutoAnswerBusy::Answer;
    };
    let (t, first, second) = carol_calls_in_a_conversation(answer);
    assert_eq!(t.alice().cause(first), Some(Cause::HungUp { by: model::EndedBy::Local }));
    assert_eq!(t.alice().state(second), Some(CallState::Established { hold: Hold::default() }));
}

#[test]
fn do_not_disturb_comes_before_any_policy() {
    let t = Scenario::new().with_settings(at_once).with_far();
    t.alice().send(Command::DoNotDisturb { on: true });
    let media = t.far_media();
    let offer = t.far_offer(&media);
    let mut far = FarCall::to_phone(t.far(), &offer, "Answer-Mode: Auto\r\n");
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 486);
    far.ack(&response, "");
}

#[test]
fn who_gives_up_in_the_delay_was_missed() {
    let t = Scenario::new().with_settings(|settings| with(settings, |_| {})).with_far();
    let Arrived { call, mut far, .. } = rings(&t, "");
    t.run_for(seconds(1));
    far.cancel("");
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 487);
    far.ack(&response, "");
    assert_eq!(t.cause("alice", call), Cause::Missed);
}
