//! A domain with several servers: one that fails is left for the next, in good order.

use model::{AccountState, Cause, Event, OfflineCause};
use sip::Method;
use tests::{Registering, Scenario, Weather, ms, seconds};

fn registered_at(t: &Scenario, host: &str) -> bool {
    t.alice().is_registered() && !t.server(host).registrations().is_empty()
}

fn is_told_registered(t: &Scenario) -> bool {
    t.alice().told(|event| matches!(event, Event::Registered { .. })) > 0
}

#[test]
fn a_domain_is_asked_for_its_servers_and_the_first_one_serves() {
    let t = Scenario::new().at_domain(["a", "b"]);
    t.run_until("it is registered", ms(200), |t| t.alice().is_registered());
    assert_eq!(t.alice().cable.tried(), ["a"]);
    t.run_for(seconds(3600));
    assert!(t.server("b").registrations().is_empty() && t.alice().is_registered());
}

#[test]
fn whatever_is_wrong_with_the_first_server_the_next_one_serves_at_once() {
    let tls = OfflineCause::Tls { fault: model::TlsFault::Revoked };
    let nobody = OfflineCause::Unreachable { detail: "connection refused".into() };
    let no_socket = OfflineCause::NotSipOverWebSocket { detail: "404".into() };
    let kinds: [(&str, Weather, u64); 5] = [
        ("nobody listens", Weather { refusing: Some(nobody), ..Weather::default() }, 200),
        ("TLS is refused", Weather { refusing: Some(tls), ..Weather::default() }, 200),
        ("no WebSocket is there", Weather { refusing: Some(no_socket), ..Weather::default() }, 200),
        ("it closes at once", Weather { closing: true, ..Weather::default() }, 200),
        ("it is silent", Weather { deaf: true, ..Weather::default() }, 3_200),
    ];
    for (kind, weather, within_ms) in kinds {
        let t = Scenario::new().at_domain(["a", "b"]);
        t.alice().cable.weather_at("a", |now| *now = weather);
        t.run_until(kind, ms(within_ms), |t| registered_at(t, "b"));
        assert_eq!(t.alice().cable.tried(), ["a", "b"], "{kind}");
        assert!(t.server("a").registrations().is_empty(), "{kind}");
    }
}

#[test]
fn a_server_that_refuses_or_ignores_the_registration_is_left_for_the_next() {
    let kinds = [
        ("503", Registering::Refused(503, "Overloaded"), 200),
        ("503 with Retry-After", Registering::SentAway(600), 200),
        ("nothing", Registering::Ignored, 5_200),
    ];
    for (kind, registering, within_ms) in kinds {
        let t = Scenario::new().at_domain(["a", "b"]);
        t.server("a").registering(registering);
        t.run_until(kind, ms(within_ms), |t| registered_at(t, "b"));
        assert_eq!(t.alice().cable.open_connections(), 1, "{kind}: the first one is let go");
        assert_eq!(t.server("a").registrations().len(), 1, "{kind}");
        t.run_for(seconds(1));
        assert_eq!(t.alice().told(|event| matches!(event, Event::Registered { .. })), 1, "{kind}: told once, and truly");
    }
}

#[test]
fn other_refusals_are_the_accounts_and_no_other_server_is_asked() {
    let t = Scenario::new().at_domain(["a", "b"]);
    t.server("a").registering(Registering::Mistrusted);
    t.run_for(seconds(600));
    let offline = AccountState::Offline { cause: OfflineCause::WrongPassword { code: 401 }, retry_in_s: None };
    assert_eq!(t.alice().account(), offline);
    assert_eq!(t.alice().cable.tried(), ["a"], "a password that is wrong is wrong everywhere");
}

#[test]
fn who_sends_us_away_is_asked_again_only_after_that() {
    let t = Scenario::new().at_domain(["a", "b"]);
    t.server("a").registering(Registering::SentAway(120));
    t.server("b").registering(Registering::SentAway(300));
    t.run_for(seconds(119));
    assert_eq!(t.alice().cable.tried(), ["a", "b"]);
    // Up to a tenth later than it says: others were told the same.
    let AccountState::Offline { cause, retry_in_s: Some(retry_in_s) } = t.alice().account() else { panic!("it is offline") };
    assert!(matches!(cause, OfflineCause::Refused { code: 503, .. }) && (119..=133).contains(&retry_in_s), "{retry_in_s}");
    t.server("a").registering(Registering::Granted(600));
    t.run_until("it is back", seconds(14), |t| registered_at(t, "a"));
    assert_eq!(t.alice().cable.tried(), ["a"]);
    assert!(is_told_registered(&t));
}

#[test]
fn after_an_outage_of_both_servers_it_is_back_within_two_seconds_by_whichever_comes_first() {
    for (seed, first) in (1..10).flat_map(|seed| [(seed, "a"), (seed, "b")]) {
        let t = Scenario::seeded(seed).at_domain(["a", "b"]);
        t.run_until("it is registered", ms(200), |t| t.alice().is_registered());
        t.run_for(seconds(60));
        t.alice().cable.refuse();
        t.alice().cable.cut();
        t.run_for(seconds(5));
        t.alice().cable.weather_at(first, |weather| *weather = Weather::default());
        t.run_until("it is registered again", seconds(2), |t| t.alice().is_registered());
        assert_eq!(t.alice().cable.tried().last().map(String::as_str), Some(first));
    }
}

#[test]
fn a_server_that_is_started_anew_is_found_again_and_one_that_stays_away_is_replaced() {
    let t = Scenario::new().at_domain(["a", "b"]);
    t.run_until("it is registered", ms(200), |t| t.alice().is_registered());
    t.run_for(seconds(60));
    t.alice().cable.cut();
    t.run_until("it is back where it was", ms(700), |t| t.server("a").registrations().len() == 2 && t.alice().is_registered());
    t.run_for(seconds(60));
    t.alice().cable.weather_at("a", |weather| weather.deaf = true);
    t.alice().cable.cut();
    t.run_until("the other one serves", ms(3_700), |t| registered_at(t, "b"));
    assert_eq!(t.alice().cable.tried(), ["a", "a", "a", "b"]);
    // The first one lives again, and nobody leaves a server that works.
    t.alice().cable.weather_at("a", |weather| weather.deaf = false);
    t.run_for(seconds(3600));
    assert_eq!(t.alice().cable.tried(), [""; 0]);
}

#[test]
fn servers_that_are_all_away_are_asked_a_few_times_a_minute_and_the_domain_as_often_as_it_wishes() {
    let t = Scenario::new().at_domain(["a", "b", "c"]);
    t.alice().cable.refuse();
    t.run_for(seconds(2 * 3600));
    t.alice().cable.tried();
    let asked = t.alice().cable.located();
    t.run_for(seconds(600));
    let tried = t.alice().cable.tried();
    let each = ["a", "b", "c"].map(|host| tried.iter().filter(|tried| *tried == host).count());
    assert!(each.iter().all(|tries| (15..=60).contains(tries)), "{each:?} tries in ten minutes");
    assert!((1..=3).contains(&(t.alice().cable.located() - asked)), "what it says is valid for five minutes");
    assert!(!is_told_registered(&t));
}

#[test]
fn a_call_that_one_server_cannot_place_is_placed_by_the_next() {
    let t = Scenario::new().at_domain(["a", "b"]);
    t.run_until("it is registered", ms(200), |t| t.alice().is_registered());
    // What the domain said is over by then.
    t.run_for(seconds(3600));
    let call = t.dial("alice", "600");
    let invite = t.taken("an INVITE", || t.server("a").take_request(&Method::Invite));
    t.server("a").send_away(&invite, 300);
    let again = t.taken("the same to another server", || t.server("b").take_request(&Method::Invite));
    assert_eq!(again.body, invite.body, "with the same offer");
    assert!(registered_at(&t, "b") && t.alice().cause(call).is_none());
    t.server("b").answer(&again, 486, "Busy Here");
    t.run_for(ms(100));
    assert!(matches!(t.cause("alice", call), Cause::Busy { .. }));
}

#[test]
fn a_call_that_no_server_places_ends_as_the_first_one_said() {
    let t = Scenario::new().at_domain(["a", "b"]);
    t.run_until("it is registered", ms(200), |t| t.alice().is_registered());
    t.alice().cable.weather_at("b", |weather| weather.deaf = true);
    let call = t.dial("alice", "600");
    let invite = t.taken("an INVITE", || t.server("a").take_request(&Method::Invite));
    t.server("a").send_away(&invite, 300);
    t.run_until("it has ended", seconds(11), |t| t.alice().cause(call).is_some());
    assert!(matches!(t.cause("alice", call), Cause::ServerFailed { code: 503, .. }), "{:?}", t.cause("alice", call));
    assert!(!t.alice().is_registered());
}

#[test]
fn a_refusal_of_one_call_does_not_move_the_account() {
    let t = Scenario::new().at_domain(["a", "b"]);
    t.run_until("it is registered", ms(200), |t| t.alice().is_registered());
    let call = t.dial("alice", "600");
    let invite = t.taken("an INVITE", || t.server("a").take_request(&Method::Invite));
    t.server("a").answer(&invite, 503, "No Circuit Available");
    t.run_for(seconds(10));
    assert!(matches!(t.cause("alice", call), Cause::ServerFailed { code: 503, .. }));
    assert!(t.alice().is_registered() && t.server("b").registrations().is_empty());
}

#[test]
fn a_server_that_gives_no_sign_of_life_to_a_call_is_left_within_seconds_and_the_caller_can_hang_up_meanwhile() {
    for hangs_up in [false, true] {
        let t = Scenario::new().at_domain(["a", "b"]);
        t.run_until("it is registered", ms(200), |t| t.alice().is_registered());
        if hangs_up {
            t.alice().cable.weather_at("b", |weather| weather.delay = seconds(1));
        }
        let call = t.dial("alice", "600");
        let invite = t.taken("an INVITE", || t.server("a").take_request(&Method::Invite));
        if hangs_up {
            t.run_until("the server is given up", ms(5_100), |t| !t.alice().is_registered());
            t.alice().hang_up(call);
            t.run_for(seconds(10));
            assert!(matches!(t.cause("alice", call), Cause::Cancelled | Cause::HungUp { .. }), "{:?}", t.cause("alice", call));
            assert!(t.server("b").take_request(&Method::Invite).is_none());
        } else {
            t.run_until("the next server is asked", ms(5_300), |t| t.server("b").untaken() > 0);
            let again = t.taken("an INVITE", || t.server("b").take_request(&Method::Invite));
            let name =
                |invite: &sip::Request| ["From", "Call-ID", "CSeq"].map(|name| invite.headers.get(name).map(str::to_owned));
            assert_eq!(name(&again), name(&invite), "whom both reach takes it for one call");
            t.server("b").answer(&again, 486, "Busy Here");
        }
        t.run_for(seconds(1));
        assert!(registered_at(&t, "b"));
        assert!(t.server("a").take_request(&Method::Invite).is_none() && t.server("b").take_request(&Method::Invite).is_none());
    }
}

#[test]
fn a_server_that_lives_has_as_long_for_a_call_as_it_takes() {
    let t = Scenario::new().at_domain(["a", "b"]);
    t.run_until("it is registered", ms(200), |t| t.alice().is_registered());
    let call = t.dial("alice", "600");
    t.taken("an INVITE", || t.server("a").take_request(&Method::Invite));
    t.run_until("it is asked", ms(2_100), |t| t.server("a").untaken() > 0);
    let asked = t.taken("a question", || t.server("a").take_request(&Method::Options));
    t.server("a").answer(&asked, 405, "Method Not Allowed");
    t.run_for(seconds(28));
    assert!(t.alice().cause(call).is_none() && t.alice().is_registered());
    assert!(t.server("b").take_request(&Method::Invite).is_none(), "the call is with the first one");
}

#[test]
fn a_url_is_left_for_the_other_addresses_of_its_host_when_the_server_there_is_out_of_service() {
    let kinds = [
        ("503", Registering::Refused(503, "Overloaded"), 200),
        ("503 with Retry-After", Registering::SentAway(600), 200),
        ("nothing", Registering::Ignored, 5_200),
    ];
    for (kind, registering, within_ms) in kinds {
        let t = Scenario::new().at_url(["a", "b"]);
        t.server("a").registering(registering);
        t.run_until(kind, ms(within_ms), |t| registered_at(t, "b"));
        assert_eq!(t.alice().cable.tried(), ["b"], "{kind}: beside the URL");
        assert_eq!((t.alice().cable.open_connections(), t.server("a").registrations().len()), (1, 1), "{kind}");
        t.run_for(seconds(700));
        assert_eq!(t.alice().cable.located(), 0, "{kind}: a URL asks for no servers of its domain");
        // A call goes the same way, and back.
        t.server("a").registering(Registering::Granted(600));
        t.dial("alice", "600");
        let invite = t.taken("an INVITE", || t.server("b").take_request(&Method::Invite));
        t.server("b").send_away(&invite, 300);
        let again = t.taken("the same to the other address", || t.server("a").take_request(&Method::Invite));
        assert_eq!(again.body, invite.body, "{kind}");
    }
}
