//! Tokens: where they come from, and that a new one comes before the old one ends.

use calls::io::{LineEnd, LineEvent, LineRequest};
use model::{AccountState, AculabAccount, Instant, Password, Secret};
use sip::Method;
use std::time::Duration;

use super::bench::*;
use crate::net::HttpMethod;

const FROM_SERVICES: &str = r#"{"version":"v2","access_key":"abc123key","client_id":"myClientId",
    "token_source":{"source":"web-services","user":"bob@example.com","callable":"agent*"}}"#;
const FROM_URL: &str = r#"{"version":"v2","access_key":"abc123key","client_id":"myClientId",
    "token_source":{"source":"url","url":"https://example.com/token"}}"#;

fn made(token: &str) -> String {
    format!(r#"{{"token":"{token}"}}"#)
}

fn authorization(bench: &Bench) -> String {
    bench.last(Method::Register).headers.get("Authorization").expect("has one").to_owned()
}

#[test]
fn the_web_services_are_asked_and_the_token_is_used_at_once() {
    let mut bench = Bench::new(&account(FROM_SERVICES));
    assert_eq!(bench.states, [AccountState::Connecting]);
    assert!(bench.net.is_empty(), "without a token there is nothing to connect for");
    let (_, asked) = bench.asked.last().expect("they are asked");
    assert_eq!(asked.url, "https://ws-1-2-0.aculabcloud.net/webrtc_generate_token");
    assert_eq!(asked.body.expose(), "client_id=myClientId&ttl=3600&enable_incoming=true&call_client=agent%2A");
    assert_eq!(asked.basic.as_ref().map(|(user, _)| user.as_str()), Some("1-2-0/bob@example.com"));
    bench.web(200, &made(HOUR));
    let expires = LineEvent::Expires(Some(Instant::START + Duration::from_secs(3_600)));
    assert!(
        matches!(&bench.events[..], [LineEvent::TokenToKeep(Some(_)), told, LineEvent::SignedInAs(Some(_))] if *told == expires),
        "{:?}",
        bench.events
    );
    bench.open();
    assert_eq!(authorization(&bench), format!("Bearer {HOUR}"));
}

#[test]
fn the_next_token_is_fetched_after_four_fifths_of_the_time_and_no_call_is_lost() {
    let mut bench = Bench::new(&account(FROM_SERVICES));
    bench.web(200, &made(HOUR));
    bench.open();
    bench.grant(600);
    bench.list(200, "[]");
    bench.answered_call("service:echo");
    let refreshed = |bench: &mut Bench, seconds: u64| {
        for _ in 0..seconds {
            bench.run_s(1);
            let register = bench.last(Method::Register);
            if register.headers.get("Contact").is_some_and(|contact| contact.contains("expires=600")) {
                bench.grant(600);
            }
        }
    };
    refreshed(&mut bench, 2_879);
    assert_eq!(bench.asked.len(), 1);
    refreshed(&mut bench, 2);
    assert_eq!(bench.asked.len(), 2);
    bench.web(200, &made(TOKEN));
    assert_eq!(authorization(&bench), format!("Bearer {TOKEN}"), "it is registered with at once");
    bench.grant(600);
    assert_eq!(bench.states.last(), Some(&AccountState::Registered));
    assert!(!bench.events.iter().any(|event| matches!(event, LineEvent::Ended { .. })));
    bench.request(LineRequest::HangUp { call: CALL });
    assert_eq!(bench.last(Method::Bye).headers.call_id(), bench.last(Method::Invite).headers.call_id());
}

/// What a line last wanted kept for the next run.
fn to_keep(bench: &Bench) -> Option<&Option<Secret>> {
    bench.events.iter().rev().find_map(|event| match event {
        LineEvent::TokenToKeep(token) => Some(token),
        _ => None,
    })
}

/// What is kept after a run in which the web services gave this token.
fn kept_after(account: &AculabAccount, token: &str) -> Secret {
    let mut bench = Bench::new(account);
    bench.web(200, &made(token));
    to_keep(&bench).and_then(Option::clone).expect("it is to be kept")
}

/// The account with what was kept, in a run that begins so many seconds later.
fn in_the_next_run(account: &AculabAccount, kept: &Secret, seconds: i64) -> Bench {
    let mut account = account.clone();
    account.client_mut().expect("a client").fetched = Password::Known(kept.clone());
    Bench::at(&account, MADE_AT + seconds)
}

#[test]
fn a_clock_that_is_hours_off_costs_no_registration_and_asks_for_no_more_tokens() {
    for ahead_s in [5 * 3_600, -5 * 3_600] {
        let mut bench = Bench::at(&account(FROM_SERVICES), MADE_AT + ahead_s);
        bench.web(200, &made(HOUR));
        let expires = LineEvent::Expires(Some(Instant::START + Duration::from_secs(3_600)));
        assert!(bench.events.contains(&expires), "{ahead_s}: {:?}", bench.events);
        bench.open();
        bench.grant(3_600);
        bench.list(200, "[]");
        assert_eq!(bench.states.last(), Some(&AccountState::Registered), "{ahead_s}");
        bench.run_s(2_879);
        assert_eq!(bench.asked.len(), 1, "{ahead_s}: no more than by a good clock");
        bench.run_s(2);
        assert_eq!(bench.asked.len(), 2, "{ahead_s}");
        // One that was pasted is the cloud's to judge.
        let mut bench = Bench::at(&account(CLIENT), MADE_AT + ahead_s);
        bench.open();
        bench.grant(600);
        bench.list(200, "[]");
        assert_eq!(bench.states.last(), Some(&AccountState::Registered), "{ahead_s}");
    }
}

#[test]
fn the_next_run_uses_the_token_that_was_fetched_until_another_is_due() {
    for source in [FROM_SERVICES, FROM_URL] {
        let kept = kept_after(&account(source), HOUR);
        // Half of its life is over: the next one comes after 80 %.
        let mut bench = in_the_next_run(&account(source), &kept, 1_800);
        assert!(bench.asked.is_empty() && to_keep(&bench).is_none());
        assert!(bench.events.contains(&LineEvent::Expires(Some(Instant::START + Duration::from_secs(1_800)))));
        bench.open();
        bench.grant(600);
        bench.list(200, "[]");
        assert_eq!(authorization(&bench), format!("Bearer {HOUR}"));
        assert_eq!(bench.states.last(), Some(&AccountState::Registered));
        for _ in 0..108 {
            bench.run_s(10);
            assert!(bench.asked.is_empty() || bench.now >= Instant::START + Duration::from_secs(1_080));
        }
        assert_eq!(bench.asked.len(), 1);
        bench.web(200, &made(HOUR));
        let kept_now = to_keep(&bench).and_then(Option::clone).expect("the new one is kept");
        assert!(kept_now != kept && !format!("{:?}", bench.events).contains(HOUR));
        // After 80 % of its life it is of no use, and is thrown away.
        let late = in_the_next_run(&account(source), &kept, 2_880);
        assert_eq!((late.asked.len(), to_keep(&late)), (1, Some(&None)));
    }
}

#[test]
fn a_call_needs_no_other_token_than_that_of_the_run_before() {
    let idle = FROM_SERVICES.replace("\"client_id\"", "\"accept_calls\":false,\"client_id\"");
    let mut bench = in_the_next_run(&account(&idle), &kept_after(&account(FROM_SERVICES), HOUR), 60);
    bench.prepare("client:agent7");
    bench.open();
    bench.list(200, "[]");
    assert!(bench.is_prepared() && bench.asked.is_empty());
    bench.invite("client:agent7", &[]);
    assert_eq!(bench.last(Method::Invite).headers.get("Authorization"), Some(format!("Bearer {HOUR}").as_str()));
}

#[test]
fn a_token_of_other_settings_is_thrown_away_and_another_one_fetched() {
    let kept = kept_after(&account(FROM_SERVICES), HOUR);
    for (changed, into) in [
        ("bob@example.com", "alice@example.com"),
        ("\"callable\"", "\"lifetime_s\":600,\"callable\""),
        ("agent*", "*"),
        ("myClientId", "other"),
        ("abc123key", "other"),
    ] {
        let bench = in_the_next_run(&account(&FROM_SERVICES.replace(changed, into)), &kept, 1);
        assert_eq!((bench.asked.len(), to_keep(&bench)), (1, Some(&None)), "{into}");
    }
    let mut other_key = account(FROM_SERVICES);
    other_key.client_mut().expect("a client").api_key = Password::Known(Secret::new("other"));
    let bench = in_the_next_run(&other_key, &kept, 1);
    assert_eq!((bench.asked.len(), to_keep(&bench)), (1, Some(&None)));
    // Where a token was pasted, none that was fetched is needed any more.
    let bench = in_the_next_run(&account(CLIENT), &kept, 1);
    assert_eq!((bench.asked.len(), to_keep(&bench)), (0, Some(&None)));
}

#[test]
fn a_token_of_the_run_before_that_is_refused_is_thrown_away_and_another_one_fetched_at_once() {
    let invalid = [("WWW-Authenticate", r#"Bearer error="invalid_token""#)];
    let kept = kept_after(&account(FROM_SERVICES), HOUR);
    let mut bench = in_the_next_run(&account(FROM_SERVICES), &kept, 60);
    bench.open();
    assert_eq!(authorization(&bench), format!("Bearer {HOUR}"));
    bench.answer(Method::Register, 401, &invalid, "");
    assert_eq!((bench.asked.len(), to_keep(&bench)), (1, Some(&None)), "without a pause");
    bench.web(200, &made(TOKEN));
    assert_eq!(authorization(&bench), format!("Bearer {TOKEN}"));
    assert!(to_keep(&bench).is_some_and(|kept| kept.as_ref().is_some_and(|kept| kept.expose().contains(TOKEN))));
    // One that was fetched just now and is refused too is not kept, and the next one waits.
    bench.answer(Method::Register, 401, &invalid, "");
    assert_eq!((bench.asked.len(), to_keep(&bench)), (1, Some(&None)));
    bench.run_s(5);
    assert_eq!(bench.asked.len(), 2);
}

#[test]
fn services_that_do_not_read_a_post_are_asked_by_get() {
    let mut bench = Bench::new(&account(FROM_SERVICES));
    bench.web(400, r#"{"error":{"code":"0001","text":"Parameter missing"}}"#);
    let (_, asked) = bench.asked.last().expect("they are asked again");
    assert_eq!(asked.method, HttpMethod::Get);
    bench.web(200, &made(TOKEN));
    assert_eq!(bench.net.len(), 1);
}

#[test]
fn without_a_token_the_user_hears_why_and_it_is_tried_again() {
    let mut bench = Bench::new(&account(FROM_SERVICES));
    bench.web(401, "");
    let Some(AccountState::Offline { cause, retry_in_s }) = bench.states.last() else { panic!("{:?}", bench.states) };
    assert_eq!(
        (cause.to_string().as_str(), *retry_in_s),
        ("there is no token to register with: the cloud refused the user name or the API access key (401)", Some(5))
    );
    bench.run_s(5);
    assert_eq!(bench.asked.len(), 2);
    bench.web(500, "<html>");
    bench.run_s(9);
    assert_eq!(bench.asked.len(), 2);
    bench.run_s(1);
    bench.web(200, &made(TOKEN));
    assert_eq!(bench.net.len(), 1);
}

#[test]
fn a_server_that_is_out_of_order_is_asked_every_minute_and_over_another_network_at_once() {
    let mut bench = Bench::new(&account(FROM_URL));
    for wait in [5, 10, 20, 40, 60, 60, 60] {
        bench.web(503, "down");
        let asked = bench.asked.len();
        bench.run_s(wait - 1);
        assert_eq!(bench.asked.len(), asked, "{wait}");
        bench.run_s(1);
        assert_eq!(bench.asked.len(), asked + 1, "{wait}");
    }
    bench.web(503, "down");
    let asked = bench.asked.len();
    bench.tell(crate::Input::NetworkChanged);
    assert_eq!(bench.asked.len(), asked + 1);
    bench.tell(crate::Input::NetworkChanged);
    assert_eq!(bench.asked.len(), asked + 1, "it is being asked");
    bench.web(200, &made(TOKEN));
    bench.tell(crate::Input::NetworkChanged);
    assert_eq!((bench.asked.len(), bench.net.len()), (asked + 1, 3), "there is one; its connection is opened over the new one");
    // Who is refused has to do something about it.
    let mut bench = Bench::new(&account(FROM_SERVICES));
    for wait in [5, 10, 20, 40, 80] {
        bench.web(401, "");
        let asked = bench.asked.len();
        bench.run_s(wait - 1);
        assert_eq!(bench.asked.len(), asked, "{wait}");
        bench.run_s(1);
    }
}

#[test]
fn the_users_own_server_is_given_the_client_id() {
    let mut bench = Bench::new(&account(FROM_URL));
    let (_, asked) = bench.asked.last().expect("it is asked");
    assert_eq!((asked.url.as_str(), asked.body.expose()), ("https://example.com/token", "myClientId"));
    bench.web(404, "nothing here");
    let Some(AccountState::Offline { cause, .. }) = bench.states.last() else { panic!("{:?}", bench.states) };
    assert_eq!(cause.to_string(), "there is no token to register with: the token server answered HTTP 404");
    bench.run_s(5);
    bench.web(200, "no json");
    let Some(AccountState::Offline { cause, .. }) = bench.states.last() else { panic!("{:?}", bench.states) };
    assert!(cause.to_string().ends_with("the token server did not answer with a token"), "{cause}");
}

#[test]
fn a_token_that_is_over_is_told_and_another_one_fetched() {
    let invalid = [("WWW-Authenticate", r#"Bearer error="invalid_token""#)];
    let mut bench = Bench::new(&account(FROM_SERVICES));
    bench.web(200, &made(TOKEN));
    bench.open();
    bench.grant(20);
    bench.run_s(17);
    bench.answer(Method::Register, 401, &invalid, "");
    let Some(AccountState::Offline { cause, retry_in_s: None }) = bench.states.last() else { panic!("{:?}", bench.states) };
    assert_eq!(cause.to_string(), "the server did not accept the token (401)");
    let nothing = [LineEvent::SignedInAs(None), LineEvent::Expires(None), LineEvent::TokenToKeep(None)];
    assert!(bench.events.ends_with(&nothing), "{:?}", bench.events);
    bench.run_s(5);
    assert_eq!(bench.asked.len(), 2);
    bench.web(200, &made(HOUR));
    assert_eq!(authorization(&bench), format!("Bearer {HOUR}"));
    bench.grant(600);
    assert_eq!(bench.states.last(), Some(&AccountState::Registered));
    assert_eq!(bench.net.len(), 1, "over the same connection");
    // One that was pasted cannot be replaced: nothing more is tried.
    let mut bench = Bench::registering();
    bench.answer(Method::Register, 401, &invalid, "");
    bench.run_s(3_600);
    assert_eq!(bench.requests(&Method::Register).len(), 1);
}

#[test]
fn what_was_not_pasted_is_said_and_services_can_be_called_all_the_same() {
    let mut bare = account(CLIENT);
    if let model::AculabInterface::V2(client) = &mut bare.interface {
        client.token = model::Password::Unknown;
    }
    let mut bench = Bench::new(&bare);
    let Some(AccountState::Offline { cause, retry_in_s: None }) = bench.states.last() else { panic!("{:?}", bench.states) };
    assert_eq!(cause.to_string(), "there is no token to register with: none was pasted");
    bench.prepare("service:echo");
    bench.open();
    bench.list(200, "[]");
    assert!(bench.is_prepared());
    assert!(bench.requests(&Method::Register).is_empty());
}

#[test]
fn a_service_is_called_while_there_is_no_token_and_the_state_goes_on_saying_so() {
    let mut bench = Bench::new(&account(FROM_SERVICES));
    bench.web(401, "");
    let told = bench.states.last().cloned();
    assert!(matches!(told, Some(AccountState::Offline { .. })), "{told:?}");
    bench.prepare("service:echo");
    bench.open();
    bench.list(200, "[]");
    assert_eq!(bench.states.last(), told.as_ref(), "it cannot be called");
    bench.invite("service:echo", &[]);
    bench.answer(Method::Invite, 486, &[], "");
    assert_eq!(bench.net.last().map(String::as_str), Some("close(1)"), "nothing is registered over it");
    // The next try finds one.
    bench.run_s(10);
    bench.web(200, &made(HOUR));
    bench.open();
    bench.grant(600);
    assert_eq!(bench.states.last(), Some(&AccountState::Registered));
}

#[test]
fn a_token_that_our_clock_takes_for_over_is_the_clouds_to_judge_in_calls_to_clients_too() {
    // One that was pasted, hours ago by our clock.
    let mut pasted = account(CLIENT);
    pasted.client_mut().expect("a client").token = Password::Known(Secret::new(HOUR));
    // One that ends the moment it is made: {"sub":"myClientId","iat":1583840007,"exp":1583840007}
    let over = "a.eyJzdWIiOiJteUNsaWVudElkIiwiaWF0IjoxNTgzODQwMDA3LCJleHAiOjE1ODM4NDAwMDd9.c";
    let idle = FROM_SERVICES.replace("\"client_id\"", "\"accept_calls\":false,\"client_id\"");
    for (account, token) in [(&pasted, HOUR), (&account(&idle), over)] {
        let mut bench = Bench::at(account, MADE_AT + 9_000);
        bench.prepare("client:agent7");
        bench.open();
        bench.list(200, "[]");
        if bench.asked.last().is_some() {
            bench.web(200, &made(token));
        }
        assert!(bench.is_prepared(), "no call waits for ever");
        bench.invite("client:agent7", &[]);
        assert_eq!(bench.last(Method::Invite).headers.get("Authorization"), Some(format!("Bearer {token}").as_str()));
    }
}

#[test]
fn a_call_to_a_client_waits_for_a_token_and_ends_in_words_without() {
    let idle = FROM_SERVICES.replace("\"client_id\"", "\"accept_calls\":false,\"client_id\"");
    let mut bench = Bench::new(&account(&idle));
    assert!(bench.asked.is_empty(), "tokens are dear: none is fetched before it is needed");
    bench.prepare("client:agent7");
    bench.open();
    bench.list(200, "[]");
    assert!(!bench.is_prepared());
    bench.web(200, &made(HOUR));
    assert!(bench.is_prepared());
    bench.invite("client:agent7", &[]);
    assert_eq!(bench.last(Method::Invite).headers.get("Authorization"), Some(format!("Bearer {HOUR}").as_str()));

    let mut bench = Bench::new(&account(&idle));
    bench.prepare("client:agent7");
    bench.web(401, "");
    let [.., LineEvent::Ended { how: LineEnd::Failed { fault }, .. }] = &bench.events[..] else { panic!("{:?}", bench.events) };
    assert!(fault.to_string().contains("needs a token: the cloud refused the user name"), "{fault}");
}
