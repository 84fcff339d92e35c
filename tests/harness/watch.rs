//! What must hold of every phone at every moment, whatever the scenario.

use std::collections::BTreeMap;

use model::{CallId, CallState, Event, Snapshot, TimedEvent};
use phone::{Follower, Phone};
use tracing::info_span;

use crate::seat::Events;

/// Follows a phone, keeps what it tells and looks at every state it shows. A state that must not be panics.
pub(crate) fn follow(phone: &Phone, mut told: Follower) -> Events {
    let events = Events::default();
    let kept = events.clone();
    let mut snapshots = phone.snapshots();
    phone::spawn("watch", info_span!("watch"), async move {
        let mut last = Snapshot::default();
        loop {
            tokio::select! {
                // Shown before told, and in the same order in every run.
                biased;
                changed = snapshots.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let next = snapshots.borrow_and_update().clone();
                    check_step(&last, &next);
                    last = Snapshot::clone(&next);
                }
                event = told.recv() => kept.lock().push(event.expect("the phone holds the other end, and no event is missed")),
            }
        }
        // The phone has stopped; its last words are still in the queue.
        while let Ok(event) = told.try_recv() {
            kept.lock().push(event);
        }
    });
    events
}

fn check_step(last: &Snapshot, next: &Snapshot) {
    assert!(next.revision > last.revision, "revision {} after {}", next.revision, last.revision);
    assert!(next.at_ms >= last.at_ms, "time goes back");
    assert!(next.calls.is_sorted_by_key(|call| call.id), "calls are shown oldest first");
    assert!(next.notices.len() <= 64, "notices pile up: {}", next.notices.len());
    for call in &next.calls {
        assert!(next.accounts.iter().any(|account| account.id == call.account), "a call without an account");
        assert!(call.since_ms <= next.at_ms, "a call of the future");
        let is_answered = matches!(call.state, CallState::Established { .. });
        assert!(!is_answered || call.answered_ms.is_some(), "a conversation that nobody began");
        if let Some(before) = last.calls.iter().find(|before| before.id == call.id) {
            let was_over = matches!(before.state, CallState::Ended { .. });
            assert!(!was_over || before.state == call.state, "a call that was over went on: {:?}", call.state);
            let was_answered = before.answered_ms.is_some();
            assert!(!was_answered || before.answered_ms == call.answered_ms, "a call was answered twice");
        }
    }
}

/// What a whole life of a phone must have been, once it has stopped.
pub(crate) fn check_life(name: &str, events: &[TimedEvent], last: &Snapshot) {
    let mut calls: BTreeMap<CallId, (bool, bool)> = BTreeMap::new();
    for timed in events {
        match &timed.event {
            Event::Dialing { call, .. } | Event::Incoming { call, .. } => {
                assert!(calls.insert(*call, (false, false)).is_none(), "{name}: call {call} began twice");
            }
            Event::Answered { call, .. } => {
                let (answered, ended) = calls.get_mut(call).expect("what is answered has begun");
                assert!(!*answered && !*ended, "{name}: call {call} was answered twice or after its end");
                *answered = true;
            }
            Event::Ended { call, .. } => {
                // A call that was refused before it rang has no beginning that a user saw.
                let (_, ended) = calls.entry(*call).or_default();
                assert!(!*ended, "{name}: call {call} ended twice");
                *ended = true;
            }
            Event::Ringing { call }
            | Event::EarlyMedia { call }
            | Event::MediaConnected { call, .. }
            | Event::Dtmf { call, .. }
            | Event::Microphone { call, .. }
            | Event::Hold { call, .. } => {
                assert!(calls.get(call).is_some_and(|(_, ended)| !ended), "{name}: news of call {call}, which is not there");
            }
            Event::Started { .. }
            | Event::Registered { .. }
            | Event::Ready { .. }
            | Event::Unregistered { .. }
            | Event::Voicemail { .. }
            | Event::Lamp { .. }
            | Event::Conference { .. }
            // Its file is complete a moment after the call.
            | Event::Recording { .. }
            // That nothing is left of it may be told after the call.
            | Event::Transfer { .. }
            | Event::TurnedAway { .. }
            | Event::Service { .. }
            | Event::MediaTrouble { .. }
            | Event::Failed { .. } => {}
        }
    }
    for (call, (_, ended)) in &calls {
        assert!(ended, "{name}: call {call} never ended");
    }
    for call in &last.calls {
        assert!(matches!(call.state, CallState::Ended { .. }), "{name}: call {} stays for ever", call.id);
    }
    assert!(events.is_sorted_by(|one, next| one.at_ms <= next.at_ms), "{name}: events out of order");
}
