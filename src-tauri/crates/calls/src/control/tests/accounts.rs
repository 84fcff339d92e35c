//! What the state of an account makes of the calls to be placed from it.

use super::*;

#[test]
fn an_account_that_stays_unreachable_is_told_once_per_cause() {
    let offline = |cause| LineEvent::State(AccountState::Offline { cause, retry_in_s: Some(1) });
    let told = |desk: &mut Desk| desk.events().iter().filter(|event| matches!(event, Event::Unregistered { .. })).count();
    let mut desk = Desk::new();
    for _ in 0..5 {
        desk.line(offline(OfflineCause::NoAnswer));
        desk.line(LineEvent::State(AccountState::Connecting));
    }
    assert_eq!(told(&mut desk), 1);
    desk.line(offline(OfflineCause::WrongPassword { code: 403 }));
    assert_eq!(told(&mut desk), 1);
    desk.line(LineEvent::State(AccountState::Registered));
    desk.line(offline(OfflineCause::WrongPassword { code: 403 }));
    assert_eq!(told(&mut desk), 1);
}

#[test]
fn who_saves_settings_is_not_told_again_of_an_account_that_is_off_anyway() {
    let told = |desk: &mut Desk| desk.events().iter().filter(|event| matches!(event, Event::Unregistered { .. })).count();
    for (enabled, cause) in [(false, OfflineCause::SignedOff), (true, OfflineCause::NoAnswer)] {
        let mut desk = Desk::new();
        let mut count = 0;
        for _ in 0..3 {
            let mut settings = Settings::default();
            settings.accounts[0].enabled = enabled;
            desk.command(Command::SaveSettings { settings: Box::new(settings) });
            desk.line(LineEvent::State(AccountState::Offline { cause: cause.clone(), retry_in_s: None }));
            count += told(&mut desk);
        }
        assert_eq!(count, 1, "{cause}");
        desk.command(Command::SaveSettings { settings: Box::default() });
        desk.line(LineEvent::State(AccountState::Registered));
        desk.line(LineEvent::State(AccountState::Offline { cause, retry_in_s: None }));
        assert_eq!(told(&mut desk), 1);
    }
}

#[test]
fn who_enters_another_password_is_told_that_it_is_wrong_too() {
    let told = |desk: &mut Desk| desk.events().iter().filter(|event| matches!(event, Event::Unregistered { .. })).count();
    let offline = |cause| LineEvent::State(AccountState::Offline { cause, retry_in_s: None });
    let mut desk = Desk::new();
    let wrong = OfflineCause::WrongPassword { code: 401 };
    for (signs_in_anew, cause, count) in [
        (false, wrong.clone(), 1),
        (false, wrong.clone(), 0),
        (true, wrong.clone(), 1),
        (false, wrong, 0),
        (false, OfflineCause::NoAnswer, 1),
        (true, OfflineCause::NoAnswer, 0),
    ] {
        if signs_in_anew {
            desk.line(LineEvent::SignsInAnew);
        }
        desk.line(LineEvent::State(AccountState::Connecting));
        desk.line(offline(cause.clone()));
        assert_eq!(told(&mut desk), count, "{signs_in_anew} {cause}");
    }
}

#[test]
fn a_call_dialled_while_the_account_comes_up_goes_out_when_it_is() {
    let mut desk = Desk::new();
    desk.line(LineEvent::State(AccountState::Connecting));
    let call = desk.dial();
    assert!(!desk.asked.iter().any(|asked| matches!(asked, Output::Line(..))));
    desk.line(LineEvent::State(AccountState::Registered));
    desk.media(1, MediaEvent::OfferReady { offer: text("offer") });
    assert!(desk.asked.iter().any(|asked| matches!(asked, Output::Line(_, LineRequest::Invite { call: c, .. }) if *c == call)));
}

#[test]
fn a_call_on_an_account_that_is_offline_says_why() {
    let mut desk = Desk::new();
    desk.line(LineEvent::State(AccountState::Offline { cause: OfflineCause::NoAnswer, retry_in_s: Some(2) }));
    desk.dial();
    let fault = LineFault::Offline { cause: OfflineCause::NoAnswer };
    assert_eq!(desk.state(1), Some(CallState::Ended { cause: Cause::AccountNotReady { fault } }));
    desk.wait(Duration::from_secs(1));
    assert!(desk.events().iter().any(|event| matches!(event, Event::Ended { .. })));
}

#[test]
fn candidates_gathered_ahead_are_used_by_the_next_call_and_else_let_go() {
    let mut desk = Desk::new();
    desk.command(Command::Prepare { account: None });
    assert!(desk.asked_of_media(1, MediaRequest::Prepare { account: account() }));
    desk.dial();
    assert!(desk.asked_of_media(1, MediaRequest::Offer { account: account() }));
    desk.command(Command::Prepare { account: None });
    desk.wait(Duration::from_secs(61));
    assert!(desk.asked_of_media(2, MediaRequest::Close));
}

#[test]
fn a_call_that_cannot_be_placed_leaves_the_candidates_gathered_ahead_to_the_next() {
    let mut desk = Desk::new();
    desk.command(Command::Prepare { account: None });
    desk.line(LineEvent::State(AccountState::Offline { cause: OfflineCause::NoAnswer, retry_in_s: Some(2) }));
    let target: Target = "600".parse().expect("a number");
    desk.command(Command::Dial(DialOptions { target, account: None, headers: Vec::new() }));
    assert!(matches!(desk.state(1), Some(CallState::Ended { .. })));
    desk.wait(Duration::from_secs(61));
    assert!(desk.asked_of_media(1, MediaRequest::Close), "nobody used them");
}

#[test]
fn an_account_that_is_switched_off_stays_so_while_its_line_signs_off() {
    let mut desk = Desk::new();
    let mut settings = Settings::default();
    settings.accounts[0].enabled = false;
    desk.command(Command::SaveSettings { settings: Box::new(settings) });
    desk.line(LineEvent::State(AccountState::Offline { cause: OfflineCause::SignedOff, retry_in_s: None }));
    assert_eq!(desk.control.snapshot(desk.now).accounts[0].state, AccountState::Disabled);
    let is_told = |event: &Event| matches!(event, Event::Unregistered { cause: OfflineCause::SignedOff, .. });
    assert!(desk.events().iter().any(is_told));
    desk.command(Command::SaveSettings { settings: Box::default() });
    assert_eq!(desk.control.snapshot(desk.now).accounts[0].state, AccountState::Connecting);
}
