//! A conference that Alice hosts.

use model::{
    AccountId, AccountState, CallId, Cause, Codec, Command, ConferenceView, DialOptions, EndedBy, Event, Provider, Settings,
};
use tests::{Scenario, seconds};

use super::kit::{FREE, HELD, hold, merge, unheld, who_hears};

const FOUR: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// Alice in a conference with Bob and Carol.
fn of_three() -> (Scenario, CallId, CallId) {
    let t = Scenario::new().with_phones(FOUR);
    let bob = t.call("alice", "bob").caller;
    let carol = t.call("alice", "carol").caller;
    merge(t.alice(), &[bob, carol]);
    t.run_until("both are taken back", seconds(1), |t| unheld(t.alice()) == [bob, carol]);
    (t, bob, carol)
}

fn view(members: &[CallId], held: bool) -> Option<ConferenceView> {
    Some(ConferenceView { members: members.to_vec(), held })
}

#[test]
fn everybody_hears_everybody_but_himself() {
    let (t, bob, carol) = of_three();
    assert_eq!(t.alice().snapshot().conference, view(&[bob, carol], false));
    assert_eq!(who_hears(&t, &FOUR[..3]), [vec![1, 2], vec![0, 2], vec![0, 1]]);
    let dave = t.call("alice", "dave").caller;
    t.run_until("the conference is held", seconds(1), |t| unheld(t.alice()) == [dave]);
    assert_eq!(t.alice().snapshot().conference, view(&[bob, carol], true));
    assert_eq!(who_hears(&t, &FOUR), [vec![3], vec![], vec![], vec![0]]);
    merge(t.alice(), &[dave]);
    t.run_until("all are taken back", seconds(1), |t| unheld(t.alice()) == [bob, carol, dave]);
    assert_eq!(who_hears(&t, &FOUR), [vec![1, 2, 3], vec![0, 2, 3], vec![0, 1, 3], vec![0, 1, 2]]);
}

#[test]
fn members_may_have_different_codecs() {
    let own_codecs = |settings: &mut Settings| {
        let Some(Provider::Sip(account)) = settings.accounts.first().map(|account| &account.provider) else { return };
        settings.calls.codecs = match account.user.expose() {
            "bob" => vec![Codec::Pcma],
            "carol" => vec![Codec::G722],
            _ => settings.calls.codecs.clone(),
        };
    };
    let t = Scenario::new().with_settings(own_codecs).with_phones(FOUR);
    let calls: Vec<CallId> = FOUR[1..].iter().map(|name| t.call("alice", name).caller).collect();
    merge(t.alice(), &calls);
    t.run_until("all are taken back", seconds(1), |t| unheld(t.alice()) == calls);
    assert_eq!(who_hears(&t, &FOUR), [vec![1, 2, 3], vec![0, 2, 3], vec![0, 1, 3], vec![0, 1, 2]]);
    t.run_for(seconds(1));
    let codec = |call: &CallId| t.alice().view(*call).and_then(|call| call.media).and_then(|media| media.codec);
    let codecs: Vec<Option<Codec>> = calls.iter().map(codec).collect();
    assert_eq!(codecs, [Some(Codec::Pcma), Some(Codec::G722), Some(Codec::Opus)]);
}

#[test]
fn members_may_be_on_accounts_of_different_providers() {
    let t = Scenario::new().with_xivo_and_sip();
    t.run_until("both accounts are ready", seconds(5), |t| {
        t.alice().snapshot().accounts.iter().all(|account| account.state == AccountState::Registered)
    });
    let bob = t.call("alice", "bob").caller;
    let account = Some(AccountId("dave".into()));
    let target = "carol".parse().expect("a target");
    t.alice().send(Command::Dial(DialOptions { target, account, headers: Vec::new() }));
    t.run_until("carol rings", seconds(2), |t| t.phone("carol").ringing().is_some());
    let at_carol = t.phone("carol").ringing().expect("it rings");
    t.phone("carol").answer(at_carol);
    let carol = t.alice().newest_call().expect("it was dialled");
    t.run_until("both talk", seconds(2), |t| t.alice().is_established(carol));
    let caller = t.phone("carol").view(at_carol).map(|call| call.remote);
    assert_eq!(
        caller.map(|caller| caller.number.expose().to_owned()).as_deref(),
        Some("dave"),
        "who calls is the account dialled from"
    );
    merge(t.alice(), &[bob, carol]);
    t.run_until("both are taken back", seconds(2), |t| unheld(t.alice()) == [bob, carol]);
    let snapshot = t.alice().snapshot();
    let accounts: Vec<&str> = snapshot.calls.iter().map(|call| call.account.0.as_str()).collect();
    assert_eq!(accounts, ["desk", "dave"]);
    assert_eq!(who_hears(&t, &["alice", "bob", "carol"]), [vec![1, 2], vec![0, 2], vec![0, 1]]);
}

#[test]
fn a_conference_is_held_and_taken_back_as_a_whole() {
    let (t, bob, carol) = of_three();
    t.alice().send(Command::HoldConference);
    t.run_until("both are held", seconds(1), |t| unheld(t.alice()).is_empty());
    assert_eq!(t.alice().snapshot().conference, view(&[bob, carol], true));
    assert_eq!(who_hears(&t, &FOUR[..3]), [const { Vec::<usize>::new() }; 3]);
    t.alice().send(Command::ResumeConference);
    t.run_until("both are taken back", seconds(1), |t| unheld(t.alice()) == [bob, carol]);
    assert_eq!(who_hears(&t, &FOUR[..3]), [vec![1, 2], vec![0, 2], vec![0, 1]]);
}

#[test]
fn a_member_that_leaves_is_held_and_the_last_one_is_an_ordinary_call() {
    let (t, bob, carol) = of_three();
    t.alice().send(Command::Leave { call: bob });
    t.run_until("Bob is held", seconds(1), |t| unheld(t.alice()) == [carol]);
    assert_eq!(t.alice().snapshot().conference, None);
    assert_eq!(who_hears(&t, &FOUR[..3]), [vec![2], vec![], vec![0]]);
    t.alice().hold(carol);
    t.run_until("Carol is held", seconds(1), |t| unheld(t.alice()).is_empty());
}

#[test]
fn a_member_that_hangs_up_leaves_the_rest_together() {
    let (t, bob, carol) = of_three();
    let dave = t.call("alice", "dave").caller;
    merge(t.alice(), &[dave]);
    t.run_until("all are taken back", seconds(1), |t| unheld(t.alice()) == [bob, carol, dave]);
    let at_bob = t.bob().newest_call().expect("he is in it");
    t.bob().hang_up(at_bob);
    assert_eq!(t.cause("alice", bob), Cause::HungUp { by: EndedBy::Remote });
    assert_eq!(t.alice().snapshot().conference, view(&[carol, dave], false));
    assert_eq!(who_hears(&t, &["alice", "carol", "dave"]), [vec![1, 2], vec![0, 2], vec![0, 1]]);
    t.alice().hang_up(carol);
    t.cause("alice", carol);
    assert_eq!(t.alice().snapshot().conference, None);
    assert_eq!(hold(t.alice(), dave), FREE, "the last one goes on as it was");
    assert_eq!(who_hears(&t, &["alice", "dave"]), [vec![1], vec![0]]);
}

#[test]
fn a_muted_member_is_not_spoken_to_and_is_heard() {
    let (t, bob, _) = of_three();
    t.alice().send(Command::Mute { call: bob, muted: true });
    assert_eq!(who_hears(&t, &FOUR[..3]), [vec![1, 2], vec![2], vec![0, 1]]);
}

#[test]
fn after_a_split_all_members_are_held_separate_calls() {
    let (t, bob, carol) = of_three();
    t.alice().send(Command::Split);
    t.run_until("both are held", seconds(1), |t| unheld(t.alice()).is_empty());
    assert_eq!(t.alice().snapshot().conference, None);
    assert_eq!((hold(t.alice(), bob), hold(t.alice(), carol)), (HELD, HELD));
    t.alice().resume(bob);
    t.run_until("Bob is back", seconds(1), |t| unheld(t.alice()) == [bob]);
    assert_eq!(who_hears(&t, &FOUR[..3]), [vec![1], vec![0], vec![]]);
}

#[test]
fn ending_a_conference_ends_the_calls_of_its_members_alone() {
    let t = Scenario::new().with_phones(FOUR);
    let dave = t.call("alice", "dave").caller;
    let bob = t.call("alice", "bob").caller;
    let carol = t.call("alice", "carol").caller;
    merge(t.alice(), &[bob, carol]);
    t.run_until("both are taken back", seconds(1), |t| unheld(t.alice()) == [bob, carol]);
    t.alice().send(Command::EndConference);
    for call in [bob, carol] {
        assert_eq!(t.cause("alice", call), Cause::HungUp { by: EndedBy::Local });
    }
    assert_eq!(hold(t.alice(), dave), HELD);
    assert_eq!(t.alice().snapshot().conference, None);
}

#[test]
fn a_member_that_holds_us_is_not_heard_by_the_others() {
    let (t, bob, _) = of_three();
    let at_bob = t.bob().newest_call().expect("he is in it");
    t.bob().hold(at_bob);
    t.run_until("it is shown", seconds(1), |t| hold(t.alice(), bob).remote);
    assert_eq!(who_hears(&t, &["alice", "carol"]), [vec![1], vec![0]]);
}

#[test]
fn what_is_no_conference_is_refused_in_words() {
    let t = Scenario::new().with_phones(["alice", "bob"]);
    let bob = t.ring("alice", "bob").caller;
    merge(t.alice(), &[bob]);
    t.alice().send(Command::Split);
    t.run_until("both are refused", seconds(1), |t| t.alice().told(|event| matches!(event, Event::Failed { .. })) == 2);
    let notices: Vec<String> = t.alice().snapshot().notices.iter().map(|notice| notice.trouble.to_string()).collect();
    assert_eq!(notices, ["call 1 cannot be in a conference: it is not answered", "there is no conference"]);
}
