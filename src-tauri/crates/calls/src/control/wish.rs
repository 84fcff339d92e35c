//! What other programs of the user ask for by way of the server. Each acts on the call that is named; where none is, on the one
//! that can only be meant.

use model::{AccountId, CallId, CallState, Instant, LineCall, NoticeCode, Trouble};

use super::CallControl;
use crate::{call::DigitPace, io::Wish};

impl CallControl {
    pub(super) fn on_wish(&mut self, now: Instant, account: &AccountId, call: Option<LineCall>, wish: Wish) {
        let of_line = |call: &&crate::call::Call| call.account == *account && call.is_live();
        let live: Vec<(CallId, LineCall, Option<CallState>)> = {
            let calls = self.calls.values().filter(of_line);
            calls.map(|call| (call.id, call.line, call.view().map(|view| view.state))).collect()
        };
        let named = call.map(|line| live.iter().find(|(_, known, _)| *known == line).map(|(id, ..)| *id));
        let meant = match (named, wish) {
            (Some(Some(id)), _) => Ok(id),
            (Some(None), _) => Err(Trouble::WishNoCall),
            (None, Wish::Answer) => {
                let ringing = live.iter().find(|(.., state)| *state == Some(CallState::Incoming));
                ringing.map(|(id, ..)| *id).ok_or(Trouble::WishNoneRings)
            }
            (None, Wish::ToggleHold) if self.floor.conference().is_some() => return self.toggle_conference(now),
            (None, Wish::ToggleHold) => match live.as_slice() {
                [(id, ..)] => Ok(*id),
                [] => Err(Trouble::WishNoCall),
                [_, _, ..] => Err(Trouble::WishSeveral),
            },
            (None, Wish::ToggleMicrophone) => live.first().map(|(id, ..)| *id).ok_or(Trouble::WishNoCall),
            (None, Wish::Dtmf(_)) => Err(Trouble::WishKey),
        };
        let state = |id: CallId| live.iter().find(|(known, ..)| *known == id).and_then(|(.., state)| state.clone());
        match (wish, meant) {
            (Wish::Dtmf(digit), _) => {
                let talking =
                    live.iter().filter(|(.., state)| matches!(state, Some(CallState::Established { hold }) if !hold.local));
                let talking: Vec<CallId> = talking.map(|(id, ..)| *id).collect();
                if talking.is_empty() {
                    return self.refuse(None, NoticeCode::DtmfFailed, Trouble::WishKey);
                }
                for id in talking {
                    let pace = DigitPace::of(&self.settings);
                    self.with_call(id, NoticeCode::DtmfFailed, |call, out| call.send_dtmf(now, vec![digit], pace, out));
                }
            }
            (Wish::Answer, Ok(id)) => self.answer(now, id),
            (Wish::ToggleHold, Ok(id)) => match state(id) {
                Some(CallState::Established { hold }) if hold.local => self.resume(now, id),
                Some(CallState::Established { .. }) => self.hold(id),
                _ => self.refuse(Some(id), NoticeCode::HoldFailed, Trouble::WishHold),
            },
            (Wish::ToggleMicrophone, Ok(id)) => {
                if let Some(call) = self.calls.get_mut(&id) {
                    call.mute(!call.muted, &mut self.outbox);
                }
            }
            (_, Err(trouble)) => self.refuse(None, NoticeCode::Service, trouble),
        }
    }

    fn toggle_conference(&mut self, now: Instant) {
        match self.floor.conference() {
            Some(conference) if conference.held => self.resume_conference(now),
            Some(_) => self.hold_conference(),
            None => {}
        }
    }
}
