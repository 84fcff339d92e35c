//! Changes that cross one another.

use calls::io::MediaRequest;
use model::{Cause, EndedBy, Hold, MediaDirection};
use sip::Method;
use tests::{FarCall, Scenario, ms, seconds, tone, tone_dbfs};

use super::kit::{FREE, HELD, Second, agree, dial_second, hold, merge, offer, pick_up, reinvite, take_agreement, unheld};

#[test]
fn a_call_that_refuses_to_be_held_is_silenced_and_can_be_taken_back() {
    let t = Scenario::new().with_far();
    let first = t.far_call();
    let Second { call, invite, hold: asked } = dial_second(&t);
    first.far.respond(&asked, 488, "Not Acceptable Here", "");
    t.request(&Method::Ack);
    let second = pick_up(&t, call, &invite);
    assert_eq!(hold(t.alice(), first.call), HELD, "never half held");
    assert_eq!(t.talks(&first), (false, false));
    assert_eq!(t.talks(&second), (true, true));
    t.alice().resume(first.call);
    agree(&t, &second, &reinvite(&t));
    assert_eq!(unheld(t.alice()), [first.call]);
    assert_eq!(t.talks(&first), (true, true));
    assert_eq!(t.talks(&second), (false, false));
}

#[test]
fn the_microphone_waits_for_the_hold_of_the_other_call_but_not_for_ever() {
    let t = Scenario::new().with_far();
    let first = t.far_call();
    let Second { call, invite, hold: _unanswered } = dial_second(&t);
    let second = pick_up(&t, call, &invite);
    let dialled = t.now();
    second.media.take_heard();
    let mut spoken_after = None;
    while spoken_after.is_none() {
        t.alice().speak(&tone(440.0, -12.0, ms(100)));
        t.run_for(ms(100));
        assert!(tone_dbfs(&first.media.take_heard(), 440.0) < -60.0, "never both");
        if tone_dbfs(&second.media.take_heard(), 440.0) > -30.0 {
            spoken_after = Some(t.now().since(dialled));
        }
        assert!(t.now().since(dialled) < seconds(5), "the second caller waits too long");
    }
    assert!(spoken_after > Some(ms(2_000)), "the hold was not waited for: {spoken_after:?}");
    assert_eq!(hold(t.alice(), first.call), HELD, "silence stands for the hold that nobody answers");
    assert_eq!(t.talks(&first), (false, false));
}

#[test]
fn a_second_call_is_answered_while_the_hold_of_the_first_is_under_way() {
    let t = Scenario::new().with_far();
    let first = t.far_call();
    t.alice().hold(first.call);
    let asked = reinvite(&t);
    let (call, mut far, media) = t.far_rings();
    t.alice().answer(call);
    let response = t.response(&Method::Invite);
    media.ask(MediaRequest::Apply { answer: response.session_description().expect("an answer").into() });
    far.ack(&response, "");
    agree(&t, &first, &asked);
    let second = tests::FarTalk { call, far, media };
    t.run_until("the second is established", seconds(1), |t| unheld(t.alice()) == [call]);
    assert_eq!(t.talks(&first), (false, false));
    assert_eq!(t.talks(&second), (true, true));
}

#[test]
fn hold_against_hold_ends_with_both_held() {
    let t = Scenario::new().with_far();
    let mut first = t.far_call();
    let theirs = t.far_reoffer(&first.media, MediaDirection::SendOnly);
    t.alice().hold(first.call);
    let ours = reinvite(&t);
    first.far.request(&Method::Invite, "", &theirs);
    let refusal = t.response(&Method::Invite);
    assert_eq!(refusal.code, 491);
    first.far.ack(&refusal, "");
    first.media.ask(MediaRequest::Rollback);
    first.far.respond(&ours, 491, "Request Pending", "");
    t.request(&Method::Ack);
    assert_eq!(hold(t.alice(), first.call), FREE, "nothing is agreed yet, and nothing is half held");
    // Theirs comes again before ours does: theirs is settled, and with its answer ours is.
    offer(&t, &mut first, MediaDirection::SendOnly);
    take_agreement(&t, &mut first);
    assert_eq!(hold(t.alice(), first.call), Hold { local: true, remote: true });
    t.run_for(seconds(5));
    assert!(t.far().take_request(&Method::Invite).is_none(), "there is nothing left to ask for");
    assert_eq!(t.talks(&first), (false, false));
}

#[test]
fn a_hold_that_crosses_the_far_ends_hold_is_made_again_by_whoever_waits_less() {
    let t = Scenario::new().with_far();
    let mut first = t.far_calls();
    let theirs = t.far_reoffer(&first.media, MediaDirection::SendOnly);
    let Second { call, invite, hold: ours } = dial_second(&t);
    first.far.request(&Method::Invite, "", &theirs);
    let refusal = t.response(&Method::Invite);
    assert_eq!(refusal.code, 491);
    first.far.ack(&refusal, "");
    first.media.ask(MediaRequest::Rollback);
    first.far.respond(&ours, 491, "Request Pending", "");
    t.request(&Method::Ack);
    let second = pick_up(&t, call, &invite);
    let again = match t.far().take_request(&Method::Invite) {
        Some(again) => again,
        None => t.request_within(&Method::Invite, seconds(5)),
    };
    agree(&t, &first, &again);
    assert_eq!(hold(t.alice(), first.call), HELD);
    offer(&t, &mut first, MediaDirection::SendOnly);
    take_agreement(&t, &mut first);
    assert_eq!(hold(t.alice(), first.call), Hold { local: true, remote: true });
    assert_eq!(t.talks(&second), (true, true));
}

#[test]
fn hanging_up_during_a_changed_offer_ends_the_call_and_no_other() {
    for alice_hangs_up in [true, false] {
        let t = Scenario::new().with_far();
        let mut first = t.far_call();
        let Second { call, invite, hold: unanswered } = dial_second(&t);
        let second = pick_up(&t, call, &invite);
        if alice_hangs_up {
            t.alice().hang_up(first.call);
            let bye = t.request(&Method::Bye);
            first.far.respond(&unanswered, 487, "Request Terminated", "");
            first.far.respond(&bye, 200, "OK", "");
        } else {
            first.far.bye();
            assert_eq!(t.response(&Method::Bye).code, 200);
            first.far.respond(&unanswered, 487, "Request Terminated", "");
        }
        let by = if alice_hangs_up { EndedBy::Local } else { EndedBy::Remote };
        assert_eq!(t.cause("alice", first.call), Cause::HungUp { by });
        assert_eq!(t.talks(&second), (true, true));
        t.far().forget();
    }
}

#[test]
fn a_hold_that_meets_a_refresh_of_the_session_is_made_after_it() {
    let t = Scenario::new().with_far();
    let mut first = t.far_call();
    // The far end's refresh is being answered when the user holds.
    offer(&t, &mut first, MediaDirection::SendRecv);
    t.alice().hold(first.call);
    take_agreement(&t, &mut first);
    if hold(t.alice(), first.call) == FREE {
        agree(&t, &first, &reinvite(&t));
    }
    assert_eq!(hold(t.alice(), first.call), HELD);
    // A refresh without an offer while our own offer is under way changes nothing of it.
    t.alice().resume(first.call);
    let back = reinvite(&t);
    first.far.request(&Method::Update, "Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\n", "");
    assert_eq!(t.response(&Method::Update).code, 200);
    agree(&t, &first, &back);
    assert_eq!(hold(t.alice(), first.call), FREE);
    assert_eq!(t.talks(&first), (true, true));
}

#[test]
fn a_fork_that_answers_during_a_conference_has_the_floor_and_the_conference_waits() {
    let t = Scenario::new().with_far();
    let first = t.far_call();
    let Second { call, invite, hold: asked } = dial_second(&t);
    agree(&t, &first, &asked);
    let second = pick_up(&t, call, &invite);
    merge(t.alice(), &[first.call, second.call]);
    agree(&t, &first, &reinvite(&t));
    assert_eq!(unheld(t.alice()), [first.call, second.call]);

    let third = t.dial("alice", "erin");
    let mut holds = Vec::new();
    let mut dialled = None;
    for _ in 0..3 {
        let invite = t.request(&Method::Invite);
        if invite.headers.get("To").is_some_and(|to| to.contains("tag=")) { holds.push(invite) } else { dialled = Some(invite) }
    }
    let invite = dialled.expect("the third call goes out");
    for asked in &holds {
        let of_first = asked.headers.get("Call-ID") == Some(first.far.call_id());
        agree(&t, if of_first { &first } else { &second }, asked);
    }
    assert!(unheld(t.alice()).is_empty());
    let desk_phone = FarCall::of(t.far(), &invite);
    let early = t.far_media();
    let answer = t.far_answer(&early, &invite.session_description().expect("an offer"));
    desk_phone.reply(183, "Session Progress", &answer);
    t.run_for(ms(50));
    let mobile = desk_phone.fork();
    let media = t.far_media();
    let answer = t.far_answer(&media, &invite.session_description().expect("an offer"));
    mobile.reply(200, "OK", &answer);
    t.request(&Method::Ack);
    // The other branch had the first answer, so a fresh session is offered inside the call.
    let fresh = reinvite(&t);
    let media = t.far_media();
    let answer = t.far_answer(&media, &fresh.session_description().expect("an offer"));
    mobile.respond(&fresh, 200, "OK", &answer);
    t.request(&Method::Ack);
    t.run_until("the fork has the floor", seconds(2), |t| unheld(t.alice()) == [third]);
    let fork = tests::FarTalk { call: third, far: mobile, media };
    assert_eq!(t.talks(&fork), (true, true));
    assert_eq!(t.talks(&first), (false, false));
    let conference = t.alice().snapshot().conference.clone().expect("it is still there");
    assert!(conference.held && conference.members == [first.call, second.call]);
}
