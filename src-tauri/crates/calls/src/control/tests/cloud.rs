//! Calls of accounts at Aculab Cloud, where there is no call without a microphone and none waits long for audio.

use model::{Account, AculabAccount, AculabCaller, AculabClient, AculabInterface, DeviceFault, Personal, Provider, SoundRole};

use super::*;

const NO_MICROPHONE: DeviceFault = DeviceFault::None { role: SoundRole::Microphone };

/// The only account is a client of the cloud.
fn desk() -> Desk {
    desk_of(AculabInterface::V2(AculabClient::new("abc123key".into(), "alice")))
}

/// The only account is a caller of the first interface, who may call as two.
fn caller() -> Desk {
    let mut caller = AculabCaller::new("bob");
    caller.other_ids.push("carol".into());
    desk_of(AculabInterface::V1(caller))
}

fn desk_of(interface: AculabInterface) -> Desk {
    let provider = Provider::Aculab(AculabAccount::at_cloud("1-2-0".into(), interface));
    let accounts = vec![Account { id: account(), enabled: true, provider }];
    Desk::with(Settings { accounts, ..Settings::default() })
}

/// A call rings, its answer is made, and the user has answered.
fn answering(desk: &mut Desk) -> LineCall {
    let call = desk.ring();
    desk.media(1, MediaEvent::Accepted);
    let (direction, remote) = (MediaDirection::SendRecv, MediaDirection::SendRecv);
    desk.media(1, MediaEvent::AnswerReady { answer: text("answer"), direction, remote, telephone_event: true });
    desk.command(Command::Answer { call: CallId(1) });
    assert!(desk.asked(&Output::Sound(SoundRequest::Capture)));
    assert_eq!(desk.state(1), Some(CallState::Connecting));
    call
}

fn is_answered(desk: &mut Desk, call: LineCall) -> bool {
    desk.asked_of_line(LineRequest::Answer { call, description: text("answer"), headers: Vec::new() })
}

#[test]
fn a_call_is_answered_when_the_microphone_is_open() {
    let mut desk = desk();
    let call = answering(&mut desk);
    assert!(!is_answered(&mut desk, call));
    desk.command(Command::Answer { call: CallId(1) });
    desk.give(Input::Microphone);
    assert!(is_answered(&mut desk, call));
    desk.give(Input::Microphone);
    assert!(!is_answered(&mut desk, call), "once");
}

#[test]
fn a_call_that_finds_no_microphone_is_refused_and_not_answered() {
    let mut desk = desk();
    let call = answering(&mut desk);
    desk.give(Input::NoMicrophone(NO_MICROPHONE));
    assert!(desk.asked_of_line(LineRequest::Reject { call, code: 480, text: "Temporarily Unavailable".into() }));
    assert!(!is_answered(&mut desk, call));
    assert_eq!(desk.state(1), Some(CallState::Ended { cause: Cause::NoDevice { fault: NO_MICROPHONE } }));
}

#[test]
fn a_microphone_that_takes_its_time_costs_no_call() {
    let mut desk = desk();
    let call = answering(&mut desk);
    desk.wait(Duration::from_millis(4_900));
    assert!(!is_answered(&mut desk, call));
    desk.wait(Duration::from_millis(200));
    assert!(is_answered(&mut desk, call));
}

#[test]
fn a_call_that_rings_stays_when_another_finds_no_microphone() {
    let mut desk = desk();
    desk.ring();
    desk.media(1, MediaEvent::Accepted);
    desk.give(Input::NoMicrophone(NO_MICROPHONE));
    assert_eq!(desk.state(1), Some(CallState::Incoming));
}

#[test]
fn an_answered_call_without_audio_is_given_up_after_fifteen_seconds_and_one_with_audio_is_not() {
    let mut desk = desk();
    let call = desk.dial();
    desk.line(LineEvent::Answered { call, fork: 0, answer: Some(text("answer")), remote: None, x_headers: XHeaders::default() });
    desk.wait(Duration::from_millis(14_900));
    assert_eq!(desk.state(1), Some(CallState::Connecting));
    desk.wait(Duration::from_millis(200));
    assert!(desk.asked_of_line(LineRequest::HangUp { call }));
    assert!(matches!(desk.state(1), Some(CallState::Ended { cause: Cause::MediaFailed { .. } })));

    let mut desk = self::desk();
    desk.talk();
    desk.wait(Duration::from_secs(60));
    assert_eq!(desk.state(1), Some(CallState::Established { hold: Hold::default() }));
}

#[test]
fn without_any_device_the_first_interface_is_not_supported_and_the_second_one_misses_a_device() {
    for (mut desk, cause) in [(caller(), Cause::NotSupported), (desk(), Cause::NoDevice { fault: DeviceFault::NoneAtAll })] {
        desk.dial();
        desk.give(Input::NoDevices);
        assert_eq!(desk.state(1), Some(CallState::Ended { cause }));
    }
}

#[test]
fn an_account_that_is_registered_nowhere_is_told_to_be_ready_and_to_be_registered_once_it_is() {
    let mut desk = caller();
    desk.line(LineEvent::State(AccountState::Connecting));
    desk.asked.clear();
    for (state, told) in [
        (AccountState::Ready, Event::Ready { account: account() }),
        (AccountState::Registered, Event::Registered { account: account() }),
    ] {
        desk.line(LineEvent::State(state.clone()));
        desk.line(LineEvent::State(state));
        assert_eq!(desk.events(), [told]);
        desk.asked.clear();
    }
}

#[test]
fn who_calls_is_chosen_for_one_call_where_the_account_lets_one_choose() {
    let dial_as = |desk: &mut Desk, caller_id: &str| {
        let dial = DialOptions { target: "service:echo".parse().expect("a service"), account: None, headers: Vec::new() };
        desk.command(Command::DialAs { caller_id: caller_id.into(), dial });
    };
    let mut desk = caller();
    desk.line(LineEvent::Capable(Capabilities { prepares: true, ..CAPABLE }));
    let ids: Vec<Personal> = ["bob", "carol"].map(Personal::from).to_vec();
    assert_eq!(desk.control.snapshot(desk.now).accounts[0].caller_ids, ids);
    dial_as(&mut desk, "carol");
    let prepare = |call, caller_id: Option<&str>| {
        let target = "service:echo".parse().expect("a service");
        LineRequest::Prepare { call: LineCall::Dialled(call), target, caller_id: caller_id.map(Personal::from) }
    };
    assert!(desk.asked_of_line(prepare(1, Some("carol"))));
    desk.command(Command::Dial(DialOptions {
        target: "service:echo".parse().expect("a service"),
        account: None,
        headers: Vec::new(),
    }));
    assert!(desk.asked_of_line(prepare(2, None)), "the next one is from the account's own again");

    let mut desk = self::desk();
    dial_as(&mut desk, "carol");
    assert!(matches!(desk.state(1), Some(CallState::Ended { cause: Cause::NotCallable { .. } })));
}

#[test]
fn digits_that_a_service_does_not_take_are_said_not_to_be_and_the_call_goes_on() {
    let mut desk = Desk::new();
    desk.talk();
    desk.command(Command::SendDtmf { call: CallId(1), digits: vec![DtmfDigit::POUND] });
    desk.media(1, MediaEvent::DtmfUnavailable);
    assert_eq!(failures(&mut desk), ["DTMF not available in this call"]);
    assert!(matches!(desk.state(1), Some(CallState::Established { .. })));
}

/// What did not work, in the words that programs are given.
fn failures(desk: &mut Desk) -> Vec<String> {
    let told = desk.events().into_iter().filter_map(|event| match event {
        Event::Failed { message, .. } => Some(message),
        _ => None,
    });
    told.collect()
}

#[test]
fn digits_are_no_tones_where_the_cloud_hears_none_and_what_keeps_them_is_said_in_its_words() {
    let press = |desk: &mut Desk| {
        desk.command(Command::SendDtmf { call: CallId(1), digits: vec![DtmfDigit::POUND] });
        failures(desk)
    };
    let mut desk = self::desk();
    desk.line(LineEvent::Capable(Capabilities { dtmf_info: false, ..CAPABLE }));
    assert_eq!(press(&mut desk), ["DTMF send error - no call"]);
    let call = desk.dial();
    assert_eq!(press(&mut desk), ["DTMF send error"], "there is no audio yet");
    desk.line(LineEvent::Answered { call, fork: 0, answer: Some(text("answer")), remote: None, x_headers: XHeaders::default() });
    let (direction, remote) = (MediaDirection::SendRecv, MediaDirection::SendRecv);
    desk.media(1, MediaEvent::Applied { direction, remote, telephone_event: false });
    desk.media(1, MediaEvent::Connected { pair: None });
    desk.asked.clear();
    assert_eq!(press(&mut desk), ["DTMF not available in this call"]);
    desk.command(Command::PressKey { call: CallId(1), digit: DtmfDigit::POUND });
    assert!(!desk.asked.iter().any(|asked| matches!(asked, Output::Sound(SoundRequest::Digit { .. }))), "{:?}", desk.asked);
    assert_eq!(failures(&mut desk), ["DTMF not available in this call"]);
    desk.command(Command::SendDtmf { call: CallId(1), digits: Vec::new() });
    assert_eq!(desk.events(), [], "nothing is wrong with nothing");
    assert!(matches!(desk.state(1), Some(CallState::Established { .. })));
}

#[test]
fn a_call_from_the_cloud_rings_for_a_minute() {
    let mut desk = self::desk();
    let call = desk.ring();
    desk.media(1, MediaEvent::Accepted);
    desk.wait(Duration::from_millis(59_900));
    assert_eq!(desk.state(1), Some(CallState::Incoming));
    desk.wait(Duration::from_millis(200));
    assert!(desk.asked_of_line(LineRequest::Reject { call, code: 480, text: "Temporarily Unavailable".into() }));
    assert_eq!(desk.state(1), Some(CallState::Ended { cause: Cause::Missed }));
}

#[test]
fn digits_sound_as_long_as_the_user_says() {
    let calls = model::CallSettings { digit_ms: 500, digit_gap_ms: 400, ..model::CallSettings::default() };
    for (settings, tone_ms, gap_ms) in [(Settings::default(), 100, 70), (Settings { calls, ..Settings::default() }, 500, 400)] {
        let mut desk = Desk::with(settings);
        desk.talk();
        desk.command(Command::SendDtmf { call: CallId(1), digits: vec![DtmfDigit::POUND] });
        let (tone, gap) = (Duration::from_millis(tone_ms), Duration::from_millis(gap_ms));
        assert!(desk.asked_of_media(1, MediaRequest::SendDtmf { digits: vec![DtmfDigit::POUND], tone, gap }));
    }
}
