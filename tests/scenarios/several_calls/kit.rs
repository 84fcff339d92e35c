//! What these stories share: who hears whom, and a far end with several calls.

use calls::io::MediaRequest;
use model::{CallId, CallState, Command, Hold, MediaDirection};
use sip::{Method, Request};
use tests::{FarCall, FarTalk, Scenario, Seat, ms, seconds, tone, tone_dbfs};

/// Where the tones of the phones lie: far enough apart to be told from one another.
pub(super) const TONES: [f64; 5] = [440.0, 700.0, 1_100.0, 1_600.0, 2_300.0];

/// Speaks with everybody at once, each in his own tone; who hears whom, by place.
pub(crate) fn who_hears(t: &Scenario, names: &[&str]) -> Vec<Vec<usize>> {
    for (name, hz) in names.iter().zip(TONES) {
        t.phone(name).speak(&tone(hz, -18.0, ms(1_600)));
    }
    t.run_for(ms(700));
    names.iter().for_each(|name| drop(t.phone(name).take_heard()));
    t.run_for(ms(500));
    let heard: Vec<Vec<f32>> = names.iter().map(|name| t.phone(name).take_heard()).collect();
    t.run_for(ms(700));
    let hears = |samples: &[f32]| {
        let level = |place: usize| tone_dbfs(samples, TONES[place]);
        (0..names.len())
            .filter(|&place| {
                let level = level(place);
                // What is below has been left there by lossy codecs.
                assert!(!(-48.0..-24.0).contains(&level), "neither heard nor silent: {level} dBFS at {} Hz", TONES[place]);
                level > -24.0
            })
            .collect()
    };
    heard.iter().map(|samples| hears(samples)).collect()
}

pub(crate) fn hold(seat: &Seat, call: CallId) -> Hold {
    match seat.state(call) {
        Some(CallState::Established { hold }) => hold,
        other => panic!("call {call} is not established: {other:?}"),
    }
}

pub(crate) const HELD: Hold = Hold { local: true, remote: false };
pub(crate) const FREE: Hold = Hold { local: false, remote: false };

/// Calls of a phone that are answered and not held here.
pub(crate) fn unheld(seat: &Seat) -> Vec<CallId> {
    let snapshot = seat.snapshot();
    let free = snapshot.calls.iter().filter(|call| matches!(call.state, CallState::Established { hold } if !hold.local));
    free.map(|call| call.id).collect()
}

pub(crate) fn merge(seat: &Seat, calls: &[CallId]) {
    seat.send(Command::Merge { calls: calls.to_vec() });
}

/// Waits for an INVITE inside a call, which has a tag in To.
pub(super) fn reinvite(t: &Scenario) -> Request {
    let invite = t.request(&Method::Invite);
    assert!(is_inside(&invite), "a new call came where a changed one was waited for");
    invite
}

fn is_inside(invite: &Request) -> bool {
    invite.headers.get("To").is_some_and(|to| to.contains("tag="))
}

/// The far end agrees to a changed offer.
pub(super) fn agree(t: &Scenario, talk: &FarTalk, reinvite: &Request) {
    let answer = t.far_reanswer(&talk.media, &reinvite.session_description().expect("an offer"));
    talk.far.respond(reinvite, 200, "OK", &answer);
    t.request(&Method::Ack);
    t.run_for(ms(10));
}

/// The far end's own offer; its media has made it, and it is on the way.
pub(super) fn offer(t: &Scenario, talk: &mut FarTalk, direction: MediaDirection) {
    let offer = t.far_reoffer(&talk.media, direction);
    talk.far.request(&Method::Invite, "", &offer);
}

/// Alice's agreement to the far end's offer.
pub(super) fn take_agreement(t: &Scenario, talk: &mut FarTalk) {
    let response = t.response(&Method::Invite);
    assert_eq!(response.code, 200);
    talk.media.ask(MediaRequest::Apply { answer: response.session_description().expect("an answer").into() });
    talk.far.ack(&response, "");
    t.run_for(ms(10));
}

/// Alice dials a second call to the far end, whose calls share one inbox: the INVITE of it and, in whatever order they
/// come, the changed offer to the first call.
pub(super) struct Second {
    pub(super) call: CallId,
    pub(super) invite: Request,
    pub(super) hold: Request,
}

pub(super) fn dial_second(t: &Scenario) -> Second {
    let call = t.dial("alice", "dave");
    let (invite, hold) = invite_and_hold(t);
    Second { call, invite, hold }
}

/// The INVITE of a second call and the changed offer to the first, in whatever order they come.
pub(super) fn invite_and_hold(t: &Scenario) -> (Request, Request) {
    let (one, other) = (t.request(&Method::Invite), t.request(&Method::Invite));
    let (invite, hold) = if is_inside(&one) { (other, one) } else { (one, other) };
    assert!(is_inside(&hold) && !is_inside(&invite));
    (invite, hold)
}

/// The far end answers a dialled call.
pub(super) fn pick_up(t: &Scenario, call: CallId, invite: &Request) -> FarTalk {
    let (far, media) = (FarCall::of(t.far(), invite), t.far_media());
    let answer = t.far_answer(&media, &invite.session_description().expect("an offer"));
    far.reply(200, "OK", &answer);
    t.request(&Method::Ack);
    t.run_until("the call is established", seconds(2), |t| t.alice().is_established(call));
    FarTalk { call, far, media }
}
