//! What a phone at a XiVO tells those who look closely: its log, the list of events, and the events themselves.

use model::{Event, Settings};
use tests::{Log, Scenario, ms, seconds};

use super::{all_events, end, two_calls};

#[test]
fn f01_messages_events_and_subscriptions_are_logged_without_secrets() {
    let log = Log::collect();
    let logged = |settings: &mut Settings| super::signing_in::change_xivo(settings, |xivo| xivo.log_events = true);
    let t = Scenario::new().with_settings(logged).with_xivo();
    drop(t.alice().phone.events());
    let talk = t.call("alice", "bob");
    super::end(&t, &[talk.caller]);
    let text = log.text();
    let lines = |of: &str| text.lines().filter(|line| line.contains(of)).map(str::to_owned).collect::<Vec<_>>();
    // By target: each is a switch of its own, while the phone runs (settings.log, --log).
    assert!(lines(" messages: ").iter().any(|line| line.starts_with(|c: char| c.is_ascii_digit()) && line.contains("TRACE")));
    let sip = ["REGISTER ", "INVITE ", "SIP/2.0 200"];
    assert!(sip.iter().all(|start| text.lines().any(|line| line.contains(start))), "SIP traffic");
    assert!(!text.contains("INVITE sip:"), "which names nobody");
    assert!(text.contains("S>>> getConfig") && text.contains("RS<<< LineConfig"), "and that of the CTI");
    for event in ["RE<<< registration Registered", "RE<<< outgoing Connected", "RE<<< phone EventDialing"] {
        assert!(lines(" events: ").iter().any(|line| line.contains(event) && line.contains(" INFO ")), "{event}");
    }
    let subscriptions = lines(" followers: ");
    let tells = |what: &str| subscriptions.iter().any(|line| line.contains(what));
    assert!(tells(" subscribes to events") && tells("unsubscribes from events"), "{subscriptions:?}");
    // Passwords, tokens and answers to challenges are in none of it.
    let secret = t.xuc().password_of_line();
    assert!(!text.contains("pa55") && !text.contains("token1.b.c") && !text.contains(&secret));
    let responses = text.lines().filter(|line| line.starts_with("Authorization: Digest"));
    assert!(responses.into_iter().all(|line| line.contains("response=xxxx")), "masked");
}

#[test]
fn f01_what_is_not_switched_on_is_not_logged() {
    let log = Log::collect();
    let t = Scenario::new().with_xivo();
    t.run_for(seconds(1));
    let at_info = |of: &str| log.text().lines().any(|line| line.contains(of) && line.contains(" INFO "));
    assert!(!at_info(" events: ") && !at_info(" messages: ") && !at_info(" followers: "), "below what is logged as a rule");
}

#[test]
fn f02_each_event_is_listed_with_its_json_as_it_comes() {
    let t = Scenario::new().with_xivo();
    let mut listed = t.alice().phone.service_events();
    listed.mark_unchanged();
    let two = two_calls(&t);
    end(&t, &[two.first, two.second]);
    assert!(listed.has_changed().expect("the phone runs"), "who looks is told");
    let rows = listed.borrow_and_update().clone();
    let told = all_events(&t);
    assert_eq!(rows.len(), told.len());
    for (row, event) in rows.iter().zip(&told) {
        assert_eq!(serde_json::from_str::<model::ServiceEvent>(&row.text).expect("is JSON"), *event);
        assert_eq!((&row.group, &row.kind, row.account.0.as_str()), (&event.group, &event.kind, "desk"));
    }
    assert!(rows.is_sorted_by(|one, next| one.at_ms <= next.at_ms));
    let has = |group: &str, kind: &str| rows.iter().any(|row| row.group == group && row.kind == kind);
    for (group, kinds) in [
        ("general", &["Started"][..]),
        ("registration", &["Registered"]),
        ("incoming", &["Setup", "Connected", "RemoteMediaAdded", "Hold", "Terminated"]),
        ("outgoing", &["Establishing", "Connected", "Terminated"]),
        ("phone", &["EventRinging", "EventDialing", "EventEstablished", "EventOnHold", "EventReleased"]),
        ("cti", &["LineConfig", "IceConfig", "PhoneStatusUpdate", "UserConfigUpdate"]),
    ] {
        for kind in kinds {
            assert!(has(group, kind), "{group}/{kind}");
        }
    }
    assert!(!rows.iter().any(|row| row.text.contains(&t.xuc().password_of_line())), "no secrets");
}

#[test]
fn f02_the_list_of_events_keeps_the_last_two_hundred() {
    let t = Scenario::new().with_xivo();
    for number in 0..300 {
        t.xuc().say("RightProfile", &serde_json::json!({"profile": number.to_string()}));
        t.run_for(ms(1));
    }
    assert_eq!(t.alice().phone.service_events().borrow().len(), 200);
}

#[test]
fn f18_everybody_who_subscribes_hears_every_event_until_he_leaves() {
    let t = Scenario::new().with_xivo();
    let (mut first, mut second) = (t.alice().phone.events(), t.alice().phone.events());
    let heard = |events: &mut phone::Follower| {
        let told = std::iter::from_fn(|| events.try_recv().ok()).filter_map(|timed| match timed.event {
            Event::Service { told, .. } if told.group == "incoming" => Some(format!("{}/{}", told.group, told.kind)),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    let talk = t.ring("bob", "alice");
    let arrived = ["incoming/Setup"];
    assert_eq!((heard(&mut first), heard(&mut second)), (arrived.map(Into::into).to_vec(), arrived.map(Into::into).to_vec()));
    drop(first);
    t.bob().hang_up(talk.caller);
    t.cause("alice", talk.called);
    assert_eq!(heard(&mut second), ["incoming/Terminated"], "who stays is told all the same");
    let mut late = t.alice().phone.events();
    assert_eq!(heard(&mut late), [""; 0], "and who comes late not of what was");
}
