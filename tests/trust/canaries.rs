//! Secrets and people's data: sown everywhere they can come from, looked for everywhere they must not go.

use model::{ContactForm, ContactQuery, DtmfDigit, HistoryQuery, IceServer, Personal, Provider, Secret, Settings};
use sip::Method;
use tests::{FarCall, Log, Registering, Scenario, ms, seconds};

/// What must be found nowhere: passwords, numbers, names, keys of descriptions.
const CANARIES: [&str; 17] = [
    "Canary Contact",
    "canary-note",
    "441632960000",
    "canary-password",
    "canary-turn",
    "canary-user",
    "canary-auth",
    "Canary Display",
    "442079460123",
    "Canary Caller",
    "canary-caller",
    "canary-header",
    "X-Canary-Name",
    "canary-answer",
    "canary-reason",
    "canary-info",
    // Where the path of a call leads.
    "203.0.113.7",
];

fn sown(settings: &mut Settings) {
    for account in &mut settings.accounts {
        if let Provider::Sip(sip) = &mut account.provider {
            sip.password = model::Password::Known(Secret::new("canary-password"));
            sip.user = "canary-user".into();
            sip.auth_user = "canary-auth".into();
            sip.display_name = "Canary Display".into();
            let url = "turn:turn.invalid".parse().expect("a server's address");
            sip.ice_servers =
                vec![IceServer { url, username: "canary-turn-user".into(), credential: Secret::new("canary-turn") }];
        }
    }
}

fn assert_clean(what: &str, text: &str, keys: &[String]) {
    for canary in CANARIES.iter().copied().chain(keys.iter().map(String::as_str)) {
        let around = text.find(canary).map(|at| text[at.saturating_sub(200)..].chars().take(400).collect::<String>());
        assert!(around.is_none(), "{canary} in {what}: {}", around.unwrap_or_default());
    }
}

/// Values of the lines of a description that tell addresses and keys.
fn keys_of(sdp: &str) -> Vec<String> {
    let told = ["a=ice-pwd:", "a=fingerprint:sha-256 "];
    sdp.lines().filter_map(|line| told.iter().find_map(|name| line.strip_prefix(name))).map(str::to_owned).collect()
}

#[test]
fn no_secret_and_no_person_is_in_logs_journals_or_debug_prints() {
    let log = Log::collect();
    let t = Scenario::new().with_settings(sown).with_folders().with_unregistered_far();
    t.far().registering(Registering::Challenged(60));
    t.run_until("the phone is registered", seconds(2), |t| t.alice().is_registered());
    let phone = &t.alice().phone;
    let wanted = t.run(phone.office().settings()).settings;
    t.run(phone.office().save(phone, wanted)).expect("they are as they were");

    // Out: a number, with a header of the user's.
    let target = "+442079460123".parse().expect("a number");
    let headers = vec![("X-Note".to_owned(), Personal::new("canary-header"))];
    t.alice().send(model::Command::Dial(model::DialOptions { target, account: None, headers }));
    let invite = t.request(&Method::Invite);
    assert!(invite.headers.get("X-Note").is_some_and(|note| note == "canary-header"), "the canary is alive");
    let (far, media) = (FarCall::of(t.far(), &invite), t.far_media());
    let offer = invite.session_description().expect("an offer");
    let answer = t.far_answer(&media, &offer);
    far.respond_with(&invite, 200, "canary-reason", "X-Canary-Name: canary-answer\r\n", &answer);
    t.request(&Method::Ack);
    let call = t.alice().newest_call().expect("it was dialled");
    let shown = |call| t.alice().view(call).is_some_and(|view| view.headers.iter().any(|(name, _)| name == "X-Canary-Name"));
    t.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
    assert!(shown(call), "the canary is alive");
    t.alice().send(model::Command::SendDtmf { call, digits: vec![DtmfDigit::POUND] });
    t.run_for(seconds(2));
    let view = t.alice().view(call).expect("it is shown");
    let addresses = view.media.and_then(|media| media.addresses).expect("the user sees where the path leads");
    assert_eq!(addresses.remote.expose(), "203.0.113.78:5000", "the canary is alive");
    t.alice().hang_up(call);
    t.run_for(ms(100));

    // In: a caller with a name, damaged messages that carry it too, and a body that is no digit.
    let named = "P-Asserted-Identity: \"Canary Caller\" <sip:canary-caller@far.invalid>\r\nX-Canary-Name: canary-header\r\n";
    let incoming = t.far_media();
    let theirs = t.far_offer(&incoming);
    let mut far = FarCall::to_phone(t.far(), &theirs, named);
    assert_eq!(t.response(&Method::Invite).code, 180);
    let call = t.alice().ringing().expect("it rings");
    assert!(shown(call), "the canary is alive");
    t.alice().answer(call);
    let response = t.response(&Method::Invite);
    far.ack(&response, "");
    far.request_with_body(&Method::Info, "application/x-other", "canary-info");
    t.far()
        .say("INVITE sip:canary-user SIP/2.0\r\nFrom: \"Canary Caller\" <sip:canary-caller@x>\r\nbroken: 442079460123\r\n\r\n");
    t.far().say("SIP/2.0 200 canary-reason\r\nVia: SIP/2.0/WSS x;branch=z9hG4bKcanary\r\nCSeq: 1 BYE\r\n\r\n");
    t.run_for(seconds(3));
    far.request(&Method::Bye, "Reason: SIP;cause=500;text=\"canary-reason\"\r\n", "");
    t.run_for(seconds(90));

    // The book: of contacts, of what was searched, of a file that is none, and of a call that it could not keep.
    let book = t.alice().phone.book();
    let table = "Name,Phone,Notes\nCanary Contact,+441632960000,canary-note\n\"Canary Contact";
    let report = t.ask(book.import_contacts(ContactForm::Csv, table.into())).expect("a table");
    let refused = t.ask(book.import_contacts(ContactForm::VCard, table.into())).expect_err("no vCard");
    let query = ContactQuery { text: "Canary Contact".into(), limit: 9, ..ContactQuery::default() };
    let contacts = t.ask(book.contacts(query)).expect("the contacts");
    let query = HistoryQuery { text: "442079460123".into(), limit: 9, ..HistoryQuery::default() };
    let history = t.ask(book.history(query)).expect("the history");
    let suggested = t.ask(book.suggest("Canary Contact".into())).expect("suggestions");
    assert_eq!((contacts.len(), history.len(), suggested.len()), (1, 1, 1), "the canaries are alive");
    let other = rusqlite::Connection::open(t.folder("alice").join("book.sqlite3")).expect("the file");
    other.execute_batch("DROP TABLE party").expect("broken");
    let printed = [
        format!("{book:?} {report:?} {refused:?} {refused} {contacts:?} {history:?} {suggested:?}"),
        format!("{:?}", t.ask(book.history(HistoryQuery { limit: 9, ..HistoryQuery::default() }))),
        format!("{:?}", t.ask(book.save_contact(contacts[0].clone()))),
    ];
    t.alice().dial("+441632960000");
    t.run_for(seconds(1));

    let keys: Vec<String> = [offer, answer, theirs].iter().flat_map(|sdp| keys_of(sdp)).collect();
    assert!(keys.len() >= 6);
    // What is given away, and what the user sees: no secret, and in the one no person either.
    let phone = &t.alice().phone;
    assert_clean("the support bundle", &t.ask(phone.support_bundle()).expect("a phone that runs"), &keys);
    let trace = t.ask(phone.trace()).expect("a phone that runs");
    let capture = String::from_utf8_lossy(&trace.pcapng()).into_owned();
    assert!(capture.contains("442079460123"), "the user sees whom he called");
    for secret in ["canary-password", "canary-turn", "a=ice-pwd:a", "response=\"a"] {
        assert!(!capture.contains(secret), "{secret} in the trace");
    }
    let passwords = keys.iter().filter(|key| !key.contains(':'));
    passwords.for_each(|key| assert!(!capture.contains(key.as_str()), "a key in the trace"));
    let seen = t.alice().snapshot();
    assert_clean("the book", &printed.join("\n"), &keys);
    assert_clean("a printed snapshot", &format!("{seen:?}"), &keys);
    assert_clean("printed events", &format!("{:?}", t.alice().events()), &keys);
    assert_clean("the journal", &t.journal("alice").join("\n"), &keys);
    t.finish();
    let text = log.text();
    let steps = ["registered", "Dialing", "Answered", "Ended", "Incoming", "cannot be read", "is not kept"];
    assert!(steps.iter().all(|step| text.contains(step)), "the log was collected: {text}");
    assert_clean("the log", &text, &keys);
}
