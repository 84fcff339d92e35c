//! What the server makes of a registration, and when it is asked again.

use std::time::Duration;

use model::{AccountState, Instant, OfflineCause};
use sip::RegistrationEvent;
use tracing::debug;

use super::{Farewell, Link, Loss, News, Presence, Refusals, whole_seconds};
use crate::{
    net,
    sip::backoff::{Pace, Stages},
};

impl Presence {
    pub(super) fn on_registration(&mut self, now: Instant, event: RegistrationEvent) {
        if let Link::Open { answer_by, .. } = &mut self.link {
            *answer_by = None;
        }
        match (&mut self.link, event) {
            (Link::Leaving { awaits, .. }, RegistrationEvent::Unregistered) => *awaits = Farewell::Calls,
            (Link::Open { register_at, .. }, event) => match event {
                RegistrationEvent::Registered { expires } => {
                    *register_at = None;
                    debug!(expires, "registered");
                    self.serves(now);
                    self.stages = Stages::default();
                    self.tell(AccountState::Registered);
                    self.redial_now(now);
                    self.subscribe(now);
                }
                RegistrationEvent::Refused { code, text, retry_after } => self.on_refused(now, code, &text, retry_after),
                RegistrationEvent::InvalidToken { code } => {
                    // The connection is good for calls, and for the next token.
                    self.tell(AccountState::Offline { cause: OfflineCause::InvalidToken { code }, retry_in_s: None });
                    self.news.push_back(News::TokenRefused);
                }
                RegistrationEvent::WrongPassword { code } if self.habits.refusals == Refusals::InStages => {
                    let wait = self.stages.wait(code);
                    self.ask_again(now, wait, OfflineCause::WrongPassword { code });
                }
                RegistrationEvent::WrongPassword { code } => {
                    self.close(now);
                    self.fall(now, OfflineCause::WrongPassword { code });
                }
                // A call that would end with its connection is worth more than a registration: who talks hears of it.
                RegistrationEvent::NoAnswer if self.habits.loss == Loss::CallsEnd && self.has_calls() => {
                    let wait = self.backoff.wait(now, Pace::Quick);
                    self.ask_again(now, wait, OfflineCause::NoAnswer);
                }
                RegistrationEvent::NoAnswer => {
                    self.close(now);
                    self.fall(now, OfflineCause::NoAnswer);
                }
                // The answer may come yet.
                RegistrationEvent::Expired { waits_for } => {
                    self.tell(AccountState::Offline { cause: OfflineCause::NoAnswer, retry_in_s: Some(waits_for) });
                }
                RegistrationEvent::Replaced => self.news.push_back(News::Replaced),
                RegistrationEvent::Unregistered => debug!("unregistered without being asked"),
            },
            (link, event) => debug!(?link, ?event, "too late"),
        }
    }

    /// The connection is good, the server is not willing: keep the one and ask again later, or turn to another server where
    /// there are several and this one is out of service (RFC 3263 section 4.3). Calls that go on stay where they are.
    fn on_refused(&mut self, now: Instant, code: u16, text: &str, retry_after: Option<u32>) {
        let cause = OfflineCause::Refused { code, text: net::quoted(text) };
        // A XiVO's line keeps to the stages of its own pages.
        let may_move = self.habits.refusals != Refusals::InStages && self.targets.are_several() && self.calls.is_empty();
        if code == 503 && may_move {
            self.close(now);
            let away = retry_after.map(|seconds| self.backoff.told(seconds));
            return self.turn_away(now, cause, away);
        }
        let is_out_of_order = matches!(code, 408 | 500..=599);
        let wait = match (retry_after, self.habits.refusals) {
            (Some(seconds), _) => self.backoff.told(seconds),
            (None, Refusals::InStages) => self.stages.wait(code),
            (None, Refusals::Final) if !is_out_of_order => {
                return self.tell(AccountState::Offline { cause, retry_in_s: None });
            }
            (None, Refusals::Final | Refusals::AskAgain) => {
                let pace = if is_out_of_order || code == 480 { Pace::Quick } else { Pace::Slow };
                self.backoff.wait(now, pace)
            }
        };
        self.ask_again(now, wait, cause);
    }

    fn ask_again(&mut self, now: Instant, wait: Duration, cause: OfflineCause) {
        if let Link::Open { register_at, .. } = &mut self.link {
            *register_at = Some(now + wait);
        }
        self.tell(AccountState::Offline { cause, retry_in_s: Some(whole_seconds(wait)) });
    }
}
