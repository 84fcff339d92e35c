//! What the faces are told: facts, and the snapshot.

use std::sync::Arc;

use model::{AccountId, Event, Instant, NoticeCode, ServiceEvent, ServiceRow, TimedEvent, Trouble};
use tracing::{debug, warn};

use super::RunLoop;

/// Most events of services that are kept to be looked at.
const SERVICE_EVENTS: usize = 200;

impl RunLoop {
    /// Tells the user, and those who follow, that something does not work.
    pub(super) fn fail(&mut self, code: NoticeCode, trouble: Trouble) {
        self.control.notify(code, trouble.clone());
        self.tell(Event::failed(None, trouble));
    }

    pub(super) fn tell(&self, event: Event) {
        self.tell_at(self.world.clock.now(), event);
    }

    pub(super) fn tell_at(&self, now: Instant, event: Event) {
        debug!(?event);
        if let Event::Service { account, told } = &event {
            self.keep_service_event(now, account, told);
        }
        // An error means only that nobody follows.
        let _followers = self.events.send(Arc::new(TimedEvent { at_ms: now.since_start().as_secs_f64() * 1000.0, event }));
    }

    fn keep_service_event(&self, now: Instant, account: &AccountId, told: &ServiceEvent) {
        let text = match serde_json::to_string(told) {
            Ok(text) => text,
            Err(error) => return warn!(%error, "an event of a service cannot be shown"),
        };
        let at_ms = now.since_start().as_secs_f64() * 1000.0;
        let row = ServiceRow { at_ms, account: account.clone(), group: told.group.clone(), kind: told.kind.clone(), text };
        self.service_events.send_modify(|kept| {
            let kept = Arc::make_mut(kept);
            if kept.len() >= SERVICE_EVENTS {
                kept.remove(0);
            }
            kept.push(row);
        });
    }

    pub(super) fn publish(&mut self) {
        let mut next = self.control.snapshot(self.world.clock.now());
        self.shelf.add_to(&mut next);
        next.assistants = self.assistants.views();
        next.changes.settings = self.settings_saved;
        next.trial = self.trial.clone();
        next.loop_check = self.loop_check.clone();
        next.update = self.update.clone();
        self.call_sessions.send_if_modified(|known| {
            let sessions = self.control.sessions();
            let changed = **known != sessions;
            if changed {
                *known = Arc::new(sessions);
            }
            changed
        });
        self.snapshot.send_if_modified(|shown| {
            // The time it was taken at alone is no change.
            let at_ms = std::mem::replace(&mut next.at_ms, shown.at_ms);
            next.revision = shown.revision;
            if next == **shown {
                return false;
            }
            next.revision += 1;
            next.at_ms = at_ms;
            *shown = Arc::new(next);
            true
        });
    }
}
