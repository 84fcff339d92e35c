//! The whole table of the policy of automatic answer: when, who, after which delay, what becomes of a conversation, which
//! microphone. What a row leads to is said once ([`Row::is_answered`], [`play`]), and every row is played.

use std::time::Duration;

use model::{
    AccountId, AutoAnswer, AutoAnswerBusy, AutoAnswerMicrophone, AutoAnswerWhen, CallId, CallState, Cause, Command, Contact,
    ContactNumber, HistoryQuery, Hold, NumberKind, Settings,
};
use sip::Method;
use tests::{FarCall, FarTalk, Scenario, ms, seconds};

use super::auto_answer::{Arrived, rings};

const WHEN: [AutoAnswerWhen; 3] = [AutoAnswerWhen::Never, AutoAnswerWhen::Always, AutoAnswerWhen::ByHeader];
const WHO: [Who; 4] = [Who::Stranger, Who::Number, Who::Address, Who::Contact];
const DELAYS_S: [u32; 2] = [0, 2];
const BUSY: [AutoAnswerBusy; 3] = [AutoAnswerBusy::Refuse, AutoAnswerBusy::Hold, AutoAnswerBusy::Answer];
const MICROPHONES: [AutoAnswerMicrophone; 2] = [AutoAnswerMicrophone::Closed, AutoAnswerMicrophone::AfterBeep];

/// By what Carol, who calls and is among the contacts, is permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// By nothing.
    Stranger,
    /// A pattern of her number.
    Number,
    /// A pattern of her address.
    Address,
    /// The contacts.
    Contact,
}

/// One row, and whether the call asks for it by a header.
#[derive(Clone, Copy, Debug)]
struct Row {
    when: AutoAnswerWhen,
    asks: bool,
    who: Who,
    delay_s: u32,
    busy: AutoAnswerBusy,
    microphone: AutoAnswerMicrophone,
}

impl Row {
    fn policy(self) -> AutoAnswer {
        let patterns: &[&str] = match self.who {
            Who::Stranger => &["7??", "*@other.example"],
            Who::Number => &["c?rol"],
            Who::Address => &["*@far.invalid"],
            Who::Contact => &[],
        };
        AutoAnswer {
            account: AccountId("desk".into()),
            when: self.when,
            callers: patterns.iter().map(|pattern| (*pattern).into()).collect(),
            contacts: self.who == Who::Contact,
            delay_s: self.delay_s,
            busy: self.busy,
            microphone: self.microphone,
        }
    }

    fn headers(self) -> &'static str {
        if self.asks { "Answer-Mode: Auto\r\n" } else { "" }
    }

    fn delay(self) -> Duration {
        seconds(self.delay_s.into())
    }

    /// Whether the policy answers it, when the user is free.
    fn is_answered(self) -> bool {
        let is_wanted = match self.when {
            AutoAnswerWhen::Never => false,
            AutoAnswerWhen::Always => true,
            AutoAnswerWhen::ByHeader => self.asks,
        };
        is_wanted && self.who != Who::Stranger
    }
}

/// Every row with this `busy`.
fn rows(busy: AutoAnswerBusy) -> Vec<Row> {
    let mut rows = Vec::new();
    for when in WHEN {
        for asks in [false, true] {
            for who in WHO {
                for delay_s in DELAYS_S {
                    rows.extend(MICROPHONES.map(|microphone| Row { when, asks, who, delay_s, busy, microphone }));
                }
            }
        }
    }
    rows
}

/// A phone whose contacts have Carol.
fn scenario() -> Scenario {
    let t = Scenario::new().with_far();
    let number = ContactNumber { kind: NumberKind::Work, number: "sip:carol@far.invalid".into() };
    let carol = Contact { name: "Carol".into(), numbers: vec![number], ..Contact::default() };
    t.ask(t.alice().phone.book().save_contact(carol)).expect("the book takes her");
    t.run_for(seconds(1));
    t
}

fn set(t: &Scenario, row: Row) {
    let mut settings = Settings::clone(&t.alice().phone.settings().borrow());
    settings.auto_answer = vec![row.policy()];
    t.alice().send(Command::SaveSettings { settings: Box::new(settings) });
    t.run_for(ms(20));
}

/// Plays a row that is answered, or only rings, and looks at what it leads to.
fn play(t: &Scenario, row: Row, talk: Option<&FarTalk>) {
    let begun = t.now();
    let mut arrived = rings(t, row.headers());
    if !row.is_answered() {
        t.run_for(seconds(4));
        let view = t.alice().view(arrived.call).expect("it is there");
        assert_eq!((view.state, view.auto_answered, view.answers_itself_ms), (CallState::Incoming, false, None), "{row:?}");
        arrived.far.cancel("");
        arrived.far.ack(&t.response(&Method::Invite), "");
        assert_eq!(t.cause("alice", arrived.call), Cause::Missed);
        return;
    }
    match (talk, row.busy) {
        (Some(talk), AutoAnswerBusy::Hold) => agree_to_hold(t, talk, row.delay()),
        (Some(_), AutoAnswerBusy::Answer) => {
            let bye = t.request_within(&Method::Bye, row.delay() + seconds(1));
            t.far().answer(&bye, 200, "OK");
        }
        (Some(_), AutoAnswerBusy::Refuse) | (None, _) => {}
    }
    is_answered(t, &mut arrived, row);
    assert!(t.now().since(begun) >= row.delay(), "{row:?}: too early");
    if let Some(talk) = talk {
        let held = CallState::Established { hold: Hold { local: true, remote: false } };
        let ended = CallState::Ended { cause: Cause::HungUp { by: model::EndedBy::Local } };
        let expected = if row.busy == AutoAnswerBusy::Hold { held } else { ended };
        assert_eq!(t.alice().state(talk.call), Some(expected), "{row:?}");
    }
}

fn is_answered(t: &Scenario, arrived: &mut Arrived, row: Row) {
    arrived.is_answered(t, row.delay() + ms(300));
    t.run_for(ms(800));
    let view = t.alice().view(arrived.call).expect("it is there");
    let is_closed = row.microphone == AutoAnswerMicrophone::Closed;
    assert_eq!((view.auto_answered, view.muted), (true, is_closed), "{row:?}");
}

fn agree_to_hold(t: &Scenario, talk: &FarTalk, delay: Duration) {
    let reinvite = t.request_within(&Method::Invite, delay + seconds(1));
    let answer = t.far_reanswer(&talk.media, &reinvite.session_description().expect("an offer"));
    talk.far.respond(&reinvite, 200, "OK", &answer);
    t.request(&Method::Ack);
}

/// Ends every call.
fn clear(t: &Scenario) {
    let is_live = |call: &model::CallView| !matches!(call.state, CallState::Ended { .. });
    let live: Vec<CallId> = t.alice().snapshot().calls.iter().filter(|call| is_live(call)).map(|call| call.id).collect();
    for call in live {
        t.alice().hang_up(call);
        let bye = t.request(&Method::Bye);
        t.far().answer(&bye, 200, "OK");
        t.cause("alice", call);
    }
    t.run_for(ms(20));
    t.far().forget();
}

/// The history's words for the newest call that arrived.
fn words(t: &Scenario) -> String {
    let entries = t.ask(t.alice().phone.book().history(HistoryQuery { limit: 4, ..HistoryQuery::default() }));
    let arrived = entries.expect("the book is open").into_iter().find(|entry| entry.direction == model::Direction::Incoming);
    arrived.expect("it is in the history").words
}

#[test]
fn every_row_is_kept_to_by_a_phone_that_is_free() {
    let t = scenario();
    for (at, row) in rows(AutoAnswerBusy::default()).into_iter().enumerate() {
        // What becomes of a conversation makes no difference where there is none: each of the three takes its turn.
        let row = Row { busy: BUSY[at % BUSY.len()], ..row };
        set(&t, row);
        play(&t, row, None);
        clear(&t);
        assert_eq!(words(&t).starts_with("answered automatically; "), row.is_answered(), "{row:?}");
    }
}

#[test]
fn every_row_is_kept_to_by_a_phone_in_conversation_that_holds_or_ends_it() {
    let t = scenario();
    for row in [AutoAnswerBusy::Hold, AutoAnswerBusy::Answer].into_iter().flat_map(rows) {
        // Who is not answered waits, whichever microphone and delay he does not get.
        if !row.is_answered() && (row.delay_s > 0 || row.microphone == AutoAnswerMicrophone::Closed) {
            continue;
        }
        set(&t, row);
        let talk = t.far_call();
        play(&t, row, Some(&talk));
        clear(&t);
        assert_eq!(words(&t).starts_with("answered automatically; "), row.is_answered(), "{row:?}");
    }
}

#[test]
fn every_row_that_refuses_in_a_conversation_does_so_at_once() {
    let t = scenario();
    let talk = t.far_call();
    for row in rows(AutoAnswerBusy::Refuse).into_iter().filter(|row| row.is_answered()) {
        set(&t, row);
        let media = t.far_media();
        let offer = t.far_offer(&media);
        let mut far = FarCall::to_phone(t.far(), &offer, row.headers());
        let response = t.response(&Method::Invite);
        assert_eq!(response.code, 486, "{row:?}");
        far.ack(&response, "");
        t.run_for(ms(20));
        assert!(t.alice().is_established(talk.call), "{row:?}");
        assert_eq!(words(&t), "turned away: busy", "{row:?}");
        t.far().forget();
    }
}
