//! Being reachable, and staying so.

use model::{AccountState, Event, OfflineCause, Password, Provider, Secret};
use tests::{Registering, Scenario, ms, seconds};

/// When each REGISTER went out, ms.
fn registers(t: &Scenario) -> Vec<u64> {
    let rungs = t.messages().rungs();
    rungs.iter().filter(|rung| rung.what == "REGISTER").map(|rung| rung.at.as_millis()).collect()
}

fn fell(t: &Scenario) -> usize {
    t.alice().told(|event| matches!(event, Event::Unregistered { .. }))
}

#[test]
fn a_registration_is_renewed_well_before_it_expires() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Granted(60));
    t.run_for(seconds(600));
    let sent = registers(&t);
    for (one, next) in sent.iter().zip(&sent[1..]) {
        assert!((20_000..=55_000).contains(&(next - one)), "{} ms between two", next - one);
    }
    assert!(sent.len() >= 11, "{sent:?}");
    assert_eq!(fell(&t), 0);
}

#[test]
fn a_password_is_given_when_it_is_asked_for_and_asked_once_a_renewal() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Challenged(120));
    t.run_for(seconds(300));
    assert!(t.alice().is_registered());
    let sent = t.messages().rungs();
    let with_answer = sent.iter().filter(|rung| rung.what == "REGISTER" && rung.text.contains("Authorization:")).count();
    assert_eq!(registers(&t).len(), with_answer + 1, "only the first one goes without");
}

#[test]
fn a_wrong_password_is_told_and_never_tried_again() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Mistrusted);
    t.run_for(seconds(600));
    let offline = AccountState::Offline { cause: OfflineCause::WrongPassword { code: 401 }, retry_in_s: None };
    assert_eq!(t.alice().account(), offline);
    assert!(registers(&t).len() <= 3, "an account that tries a wrong password again and again gets locked");
    assert_eq!(t.alice().cable.open_connections(), 0);
}

#[test]
fn another_password_that_is_wrong_is_told_and_the_same_one_is_not() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Mistrusted);
    t.run_for(seconds(10));
    assert_eq!(fell(&t), 1);
    let phone = &t.alice().phone;
    let mut settings = t.run(phone.office().settings()).settings;
    for (password, name, count) in [("guessed", "Alice", 2), ("guessed", "Alice L.", 2), ("guessed again", "Alice L.", 3)] {
        let Provider::Sip(sip) = &mut settings.accounts[0].provider else { panic!("it is a SIP account") };
        (sip.password, sip.display_name) = (Password::Known(Secret::new(password)), name.into());
        t.run(phone.office().save(phone, settings.clone())).expect("they are fine");
        t.run_for(seconds(10));
        assert_eq!(fell(&t), count, "{password} {name}");
    }
}

#[test]
fn a_server_that_says_nothing_is_told_and_tried_again() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Ignored);
    t.run_until("silence is told", seconds(40), |t| {
        matches!(t.alice().account(), AccountState::Offline { cause: OfflineCause::NoAnswer, retry_in_s: Some(_) })
    });
    t.far().registering(Registering::Granted(600));
    t.run_until("it registers after all", seconds(40), |t| t.alice().is_registered());
}

#[test]
fn a_refusal_is_told_in_the_servers_words_and_tried_again_later() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Refused(503, "Maintenance"));
    t.run_until("it is told", seconds(2), |t| {
        let cause = OfflineCause::Refused { code: 503, text: "Maintenance".into() };
        matches!(t.alice().account(), AccountState::Offline { cause: told, retry_in_s: Some(_) } if told == cause)
    });
    t.far().registering(Registering::Granted(600));
    t.run_until("it registers after all", seconds(35), |t| t.alice().is_registered());
}

#[test]
fn a_connection_that_is_closed_is_replaced_within_700_ms() {
    let t = Scenario::new().with_far();
    for _ in 0..5 {
        t.run_for(seconds(60));
        t.alice().cable.cut();
        t.run_until("the loss is noticed", ms(50), |t| !t.alice().is_registered());
        t.run_until("it is registered again", ms(700), |t| t.alice().is_registered());
    }
    assert_eq!(fell(&t), 5);
}

#[test]
fn after_an_outage_of_five_seconds_it_is_back_within_two() {
    for seed in 1..10 {
        let t = Scenario::seeded(seed).with_far();
        t.alice().cable.refuse();
        t.alice().cable.cut();
        t.run_for(seconds(5));
        t.alice().cable.mend();
        t.run_until("it is registered again", seconds(2), |t| t.alice().is_registered());
    }
}

#[test]
fn a_server_that_is_away_for_two_hours_is_asked_a_few_times_a_minute_and_found_again() {
    let t = Scenario::new().with_far();
    t.alice().cable.refuse();
    t.alice().cable.cut();
    t.run_for(seconds(2 * 3600));
    let before = t.alice().cable.tries();
    t.run_for(seconds(600));
    let tries = t.alice().cable.tries() - before;
    assert!((15..=60).contains(&tries), "{tries} tries in ten minutes");
    t.alice().cable.mend();
    t.run_until("it is registered again", seconds(46), |t| t.alice().is_registered());
}

#[test]
fn a_connection_over_which_nothing_comes_is_given_up() {
    let t = Scenario::new().with_far();
    t.alice().cable.weather(|weather| weather.frozen = true);
    t.run_until("it is noticed", seconds(80), |t| !t.alice().is_registered());
    t.alice().cable.mend();
    t.run_until("it is registered again", seconds(35), |t| t.alice().is_registered());
}

#[test]
fn a_change_of_network_finds_a_dead_connection_within_three_seconds() {
    let t = Scenario::new().with_far();
    t.alice().cable.weather(|weather| weather.frozen = true);
    t.alice().phone.network_changed().expect("the phone runs");
    t.run_until("it is noticed", ms(3_100), |t| !t.alice().is_registered());
    t.alice().cable.mend();
    t.alice().phone.network_changed().expect("the phone runs");
    t.run_until("it is registered again", ms(200), |t| t.alice().is_registered());
}

#[test]
fn signing_off_takes_the_registration_back() {
    let t = Scenario::new().with_far();
    t.finish();
    assert_eq!(t.far().registrations().last(), Some(&Some(0)));
}

#[test]
fn a_server_with_another_key_is_refused_until_its_user_takes_that_key() {
    let t = Scenario::new().with_unregistered_far();
    t.far().registering(Registering::Granted(600));
    let phone = &t.alice().phone;
    let [known, found] = ["A1", "5C"].map(|pair| [pair; 32].join(":"));
    let mut settings = t.run(phone.office().settings()).settings;
    let id = settings.accounts[0].id.clone();
    let Provider::Sip(sip) = &mut settings.accounts[0].provider else { panic!("it is a SIP account") };
    sip.pin = known.clone();
    t.alice().cable.change_key(&found);
    t.run(phone.office().save(phone, settings)).expect("they are fine");
    // The connection of before signs off.
    t.run_for(seconds(5));
    let before = registers(&t).len();
    t.run_for(seconds(600));
    let cause = OfflineCause::KeyChanged { expected: known, found: found.clone() };
    assert_eq!(t.alice().account(), AccountState::Offline { cause, retry_in_s: None });
    assert_eq!(registers(&t).len(), before, "nothing is said to it");
    // Only what was shown can be taken.
    for wrong in [["77"; 32].join(":"), "yes".into(), String::new()] {
        t.run(phone.office().accept_key(phone, &id, &wrong)).expect_err("the server has not shown it");
    }
    assert!(!t.alice().is_registered());
    t.run(phone.office().accept_key(phone, &id, &found.replace(':', "").to_lowercase())).expect("it was shown");
    t.run_until("it is its server again", seconds(5), |t| t.alice().is_registered());
    let Provider::Sip(sip) = &t.run(phone.office().settings()).settings.accounts[0].provider else { panic!("it is one") };
    assert_eq!(sip.pin, found);
}

#[test]
fn an_account_that_is_changed_registers_anew_and_is_never_told_to_have_signed_off() {
    let t = Scenario::new().with_far();
    let phone = &t.alice().phone;
    let mut wanted = t.run(phone.office().settings()).settings;
    let Provider::Sip(sip) = &mut wanted.accounts[0].provider else { panic!("the account is at a SIP server") };
    sip.display_name = "Alice in Wonderland".into();
    let before = registers(&t).len();
    t.run(phone.office().save(phone, wanted)).expect("they are fine");
    t.run_until("the new line registers, and the old one signs off", seconds(5), |t| registers(t).len() >= before + 2);
    t.run_for(seconds(5));
    assert!(t.alice().is_registered());
    assert_eq!(fell(&t), 0);
}
