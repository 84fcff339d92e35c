//! Passwords: what a challenge gets out of the phone, and what it does not.

use sip::{Method, Request};
use tests::{FarTalk, Registering, Scenario, seconds};

const FOREIGN: &str = "Digest realm=\"stranger\", nonce=\"x\", qop=\"auth\", algorithm=MD5";
const BASIC: &str = "Basic realm=\"far\"";

fn answers(request: &Request) -> bool {
    request.headers.has("Authorization") || request.headers.has("Proxy-Authorization")
}

fn registered() -> Scenario {
    let t = Scenario::new().with_unregistered_far();
    // From the first answer on, the account's realm is known.
    t.far().registering(Registering::Challenged(600));
    t.run_until("the phone is registered", seconds(2), |t| t.alice().is_registered());
    t
}

/// Challenges a request in every way; whether the phone ever answered.
fn challenge(t: &Scenario, talk: &FarTalk, method: &Method, request: &Request, challenge: &str) -> bool {
    for (code, header) in [(401, "WWW-Authenticate"), (407, "Proxy-Authenticate")] {
        talk.far.respond_with(request, code, "Prove It", &format!("{header}: {challenge}\r\n"), "");
        t.run_for(seconds(1));
        if t.far().take_request(method).is_some_and(|again| answers(&again)) {
            return true;
        }
    }
    false
}

#[test]
fn a_strangers_challenge_to_our_bye_gets_nothing() {
    for asked in [FOREIGN, BASIC] {
        let t = registered();
        let talk = t.far_call();
        t.alice().hang_up(talk.call);
        let bye = t.request(&Method::Bye);
        assert!(!answers(&bye), "an answer nobody asked for");
        assert!(!challenge(&t, &talk, &Method::Bye, &bye, asked));
    }
}

#[test]
fn a_strangers_challenge_to_our_hold_gets_nothing() {
    for asked in [FOREIGN, BASIC] {
        let t = registered();
        let talk = t.far_calls();
        t.alice().hold(talk.call);
        let reinvite = t.request(&Method::Invite);
        assert!(!answers(&reinvite), "an answer nobody asked for");
        assert!(!challenge(&t, &talk, &Method::Invite, &reinvite, asked));
    }
}

#[test]
fn a_foreign_realm_gets_nothing_for_a_call_either() {
    for asked in [FOREIGN, BASIC] {
        let t = registered();
        let call = t.dial("alice", "carol");
        let invite = t.request(&Method::Invite);
        let far = tests::FarCall::of(t.far(), &invite);
        far.respond_with(&invite, 401, "Prove It", &format!("WWW-Authenticate: {asked}\r\n"), "");
        t.cause("alice", call);
        while let Some(again) = t.far().take_request(&Method::Invite) {
            assert!(!answers(&again));
        }
    }
}

#[test]
fn a_stranger_names_no_realm_where_the_registrar_asked_for_no_password() {
    for asked in [FOREIGN, BASIC] {
        let t = Scenario::new().with_far();
        let call = t.dial("alice", "carol");
        let invite = t.request(&Method::Invite);
        let far = tests::FarCall::of(t.far(), &invite);
        far.respond_with(&invite, 407, "Prove It", &format!("Proxy-Authenticate: {asked}\r\n"), "");
        t.cause("alice", call);
        while let Some(again) = t.far().take_request(&Method::Invite) {
            assert!(!answers(&again));
        }
    }
}

#[test]
fn the_password_itself_never_leaves() {
    let t = registered();
    let talk = t.far_call();
    t.alice().hang_up(talk.call);
    t.run_for(seconds(1));
    t.finish();
    let rungs = t.messages().rungs();
    assert!(rungs.iter().any(|rung| rung.text.contains("Authorization: Digest")));
    assert!(rungs.iter().all(|rung| !rung.text.contains("opensesame") && !rung.text.contains("Basic")));
}
