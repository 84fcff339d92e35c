//! Messages that wait for the user, as the server tells of them.

use model::{Event, Personal, Provider, Settings, Voicemail};
use sip::{Method, Request};
use tests::{Scenario, seconds};

fn asking(settings: &mut Settings) {
    for account in &mut settings.accounts {
        if let Provider::Sip(sip) = &mut account.provider {
            sip.mwi = true;
        }
    }
}

fn with_a_number(settings: &mut Settings) {
    asking(settings);
    for account in &mut settings.accounts {
        if let Provider::Sip(sip) = &mut account.provider {
            sip.voicemail_number = "*97".into();
        }
    }
}

/// The far end tells how many messages wait, in the dialog of `subscribe` or out of the blue.
fn notify(t: &Scenario, subscribe: Option<&Request>, number: u32, body: &str) {
    let contact = t.far().contact();
    let (from, to, call_id, state) = match subscribe {
        Some(subscribe) => (
            format!("{};tag=mail", subscribe.headers.get("To").expect("it has one")),
            subscribe.headers.get("From").expect("it has one").to_owned(),
            subscribe.headers.get("Call-ID").expect("it has one").to_owned(),
            "Subscription-State: active;expires=3600\r\n",
        ),
        None => ("<sip:mail@far.example>;tag=mail".into(), format!("<{contact}>"), "blue".into(), ""),
    };
    let length = body.len();
    t.far().say(format!(
        "NOTIFY {contact} SIP/2.0\r\nVia: SIP/2.0/WS far.example;branch=z9hG4bK-mail-{number}\r\nMax-Forwards: 70\r\n\
         From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {number} NOTIFY\r\nContact: <sip:mail@far.example>\r\n\
         Event: message-summary\r\n{state}Content-Type: application/simple-message-summary\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    ));
    assert_eq!(t.response(&Method::Notify).code, 200);
}

fn voicemail(t: &Scenario) -> Option<Voicemail> {
    t.alice().snapshot().accounts.first().and_then(|account| account.voicemail.clone())
}

fn told(t: &Scenario) -> Vec<(bool, u32, u32)> {
    let events = t.alice().events().into_iter();
    events
        .filter_map(|event| match event {
            Event::Voicemail { waiting, new, old, .. } => Some((waiting, new, old)),
            _ => None,
        })
        .collect()
}

#[test]
fn who_subscribes_sees_how_many_messages_wait_and_where_they_are_heard() {
    let t = Scenario::new().with_settings(asking).with_far();
    let subscribe = t.request(&Method::Subscribe);
    assert_eq!(voicemail(&t), None, "until somebody tells, nothing is shown");
    t.far().answer(&subscribe, 200, "OK");
    notify(&t, Some(&subscribe), 1, "Messages-Waiting: yes\r\nMessage-Account: sip:*97@far.invalid\r\nVoice-Message: 2/1\r\n");
    t.run_until("two messages are shown", seconds(1), |t| voicemail(t).is_some());
    let shown = voicemail(&t).expect("just seen");
    assert_eq!((shown.waiting, shown.new, shown.old), (true, 2, 1));
    assert_eq!(shown.number.expose(), "*97", "of our own domain, as it is dialled");
    // Told again what is known is no news.
    notify(&t, Some(&subscribe), 2, "Messages-Waiting: yes\r\nMessage-Account: sip:*97@far.invalid\r\nVoice-Message: 2/1\r\n");
    notify(&t, Some(&subscribe), 3, "Messages-Waiting: no\r\nVoice-Message: 0/3\r\n");
    t.run_until("they were heard", seconds(1), |t| voicemail(t).is_some_and(|shown| !shown.waiting));
    assert_eq!(told(&t), [(true, 2, 1), (false, 0, 3)]);
}

#[test]
fn a_server_that_takes_no_subscription_may_tell_out_of_the_blue() {
    let t = Scenario::new().with_settings(with_a_number).with_far();
    let subscribe = t.request(&Method::Subscribe);
    t.far().answer(&subscribe, 489, "Bad Event");
    t.run_for(seconds(5));
    let number = Personal::from("*97");
    assert_eq!(voicemail(&t), Some(Voicemail { number: number.clone(), ..Voicemail::default() }), "the user's number is a key");
    notify(&t, None, 1, "Messages-Waiting: yes\r\n");
    t.run_until("they are shown", seconds(1), |t| voicemail(t).is_some_and(|shown| shown.waiting));
    assert_eq!(voicemail(&t), Some(Voicemail { number, waiting: true, new: 0, old: 0 }));
    t.run_for(seconds(4000));
    assert!(t.far().take_request(&Method::Subscribe).is_none(), "a refused subscription is not asked for again");
}
