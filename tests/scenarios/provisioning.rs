//! What an administrator sets is in force whoever asks for something else, and a server's wishes are shown before they are.

use model::{Command, FieldProblem, NoticeCode, RecordPolicy, Refusal, Settings, Theme};
use tests::{Scenario, ms, seconds};

const URL: &str = "https://provisioning.example.com/phone.toml";
const POLICY: &str = "contact = \"the help desk\"\nlocked = [\"window\"]\n[features]\nrecording = \"off\"\n";

fn in_force(t: &Scenario) -> Settings {
    Settings::clone(&t.alice().phone.settings().borrow())
}

fn save(t: &Scenario, change: impl FnOnce(&mut Settings)) -> Result<(), Vec<String>> {
    let mut settings = in_force(t);
    change(&mut settings);
    let phone = &t.alice().phone;
    t.ask(phone.office().save(phone, settings))
        .map_err(|refused| problems(refused).into_iter().map(|problem| format!("{} {}", problem.field, problem.fault)).collect())
}

fn problems(refused: Refusal) -> Vec<FieldProblem> {
    let Refusal::Fields { problems } = refused else { panic!("it is for the fields: {refused}") };
    problems
}

#[test]
fn what_is_set_is_in_force_and_neither_the_page_nor_another_program_changes_it() {
    let t = Scenario::new().with_provisioning(POLICY).with_far();
    assert_eq!(in_force(&t).calls.record, RecordPolicy::Off);
    let refused = save(&t, |settings| settings.calls.record = RecordPolicy::Always).expect_err("it is set");
    assert_eq!(refused, ["calls.record is set by the administrator; ask the help desk"]);
    assert!(save(&t, |settings| settings.window.theme = Theme::Dark).is_err(), "that page is locked");
    save(&t, |settings| settings.calls.beep_on_record = true).expect("that is the user's own");
    t.run_for(ms(20));
    // By the way that programs of the user have, which asks nobody first.
    let mut settings = in_force(&t);
    settings.calls.record = RecordPolicy::Always;
    t.alice().send(Command::SaveSettings { settings: Box::new(settings) });
    t.run_for(ms(20));
    assert_eq!((in_force(&t).calls.record, in_force(&t).calls.beep_on_record), (RecordPolicy::Off, true));
    let notices = t.alice().snapshot().notices.clone();
    assert!(notices.iter().any(|notice| notice.code == NoticeCode::Settings && notice.trouble.to_string().contains("help desk")));
    let talk = t.far_call();
    t.alice().send(Command::Record { call: talk.call, on: true });
    t.run_for(seconds(1));
    assert!(t.alice().view(talk.call).is_some_and(|view| !view.recording), "nothing is recorded");
}

#[test]
fn what_a_server_wants_is_shown_first_kept_and_taken_anew_when_it_changes() {
    let t = Scenario::new().with_provisioning("").with_far();
    let (phone, office) = (t.alice().phone.clone(), t.alice().phone.office().clone());
    let text = format!("{POLICY}[settings]\ncountry = \"de\"\n");
    t.alice().cable.page(URL, 200, &text);
    let offer = t.ask(office.offer_provisioning(URL)).expect("it is offered");
    let shown: Vec<(&str, &str, &str)> =
        offer.changes.iter().map(|change| (change.field.as_str(), change.before.expose(), change.after.expose())).collect();
    assert_eq!(shown, [("calls.record", "on-request", "off"), ("country", "gb", "de")]);
    assert_eq!(offer.locked, ["window"]);
    assert_eq!(in_force(&t).country, "gb", "nothing is changed before the user agrees");
    assert!(t.ask(office.accept_provisioning(&phone, "https://other.example.com/")).is_err(), "to something that was not shown");
    t.ask(office.offer_provisioning(URL)).expect("it is offered");
    t.ask(office.accept_provisioning(&phone, URL)).expect("it is kept");
    t.run_for(ms(20));
    assert_eq!((in_force(&t).country.as_str(), in_force(&t).calls.record), ("de", RecordPolicy::Off));
    assert!(save(&t, |settings| settings.country = "fr".into()).is_err());
    // It is nonsense for a while, and then something else.
    t.alice().cable.page(URL, 200, "[settings]\ncountry = 7\n");
    t.ask(office.refresh_provisioning(&phone));
    t.run_for(ms(20));
    assert_eq!(in_force(&t).country, "de");
    t.alice().cable.page(URL, 200, "[settings]\ncountry = \"fr\"\n");
    t.ask(office.refresh_provisioning(&phone));
    t.run_for(ms(20));
    assert_eq!(in_force(&t).country, "fr");
    t.ask(office.forget_provisioning(&phone)).expect("it is forgotten");
    t.run_for(ms(20));
    assert_eq!(t.ask(office.settings()).provisioned.url, None);
}

#[test]
fn only_https_is_asked_and_what_is_wrong_is_said_with_its_line() {
    let t = Scenario::new().with_provisioning("").with_far();
    let refusal = |url: &str| t.ask(t.alice().phone.office().offer_provisioning(url)).expect_err("it is refused").to_string();
    for url in ["http://provisioning.example.com/phone.toml", "", "file:///etc/passwd"] {
        assert!(refusal(url).contains("https://"), "{url}");
    }
    assert!(refusal(URL).contains("no web server"));
    t.alice().cable.page(URL, 404, "");
    assert!(refusal(URL).contains("404"));
    t.alice().cable.page(URL, 200, "[features]\n\nrecording = \"perhaps\"\n");
    let words = refusal(URL);
    assert!(words.contains(URL) && words.contains("line 3"), "{words}");
}
