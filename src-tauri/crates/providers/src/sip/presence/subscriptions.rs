//! What the server is asked to tell: who is in calls, and whether messages wait.

use calls::io::LineEvent;
use model::{AccountState, Instant, Personal, Target, Voicemail};
use sip::{Command, MessageSummary, Subscribe, SubscriptionEvent, SubscriptionKey};
use tracing::debug;

use super::{MESSAGES, Output, Presence};
use crate::sip::{lamps::Gap, target};

/// RFC 3842 3.4 leaves it to us; an hour costs little.
const SUBSCRIPTION_S: u32 = 3600;

impl Presence {
    /// Watches these people, and nobody else.
    pub(super) fn watch(&mut self, now: Instant, numbers: Vec<Personal>) {
        for key in self.lamps.watch(numbers, &self.domain) {
            self.agent(now, sip::Input::Command(Command::Unsubscribe(key)));
        }
        if self.told == Some(AccountState::Registered) {
            self.subscribe_to_lamps(now);
        }
    }

    fn subscribe_to_lamps(&mut self, now: Instant) {
        for subscribe in self.lamps.subscriptions() {
            self.agent(now, sip::Input::Command(Command::Subscribe(Box::new(subscribe))));
        }
    }

    /// What the server says of somebody who is watched.
    pub(super) fn on_lamp(&mut self, now: Instant, key: SubscriptionKey, event: SubscriptionEvent) {
        let news = match event {
            SubscriptionEvent::Notified { body, .. } => self.lamps.notified(key, body.expose()),
            SubscriptionEvent::Refused { code } => Ok(self.lamps.refused(key, code)),
        };
        match news {
            Ok(news) => self.outputs.extend(news.map(Output::Line)),
            Err(Gap) => self.agent(now, sip::Input::Command(Command::CatchUp(key))),
        }
    }

    /// Asks to be told of messages that wait, and of whom lamps are wanted; once registered, for servers tell only whom they know.
    pub(super) fn subscribe(&mut self, now: Instant) {
        self.subscribe_to_lamps(now);
        if !self.mwi {
            return;
        }
        let subscribe = Subscribe {
            key: MESSAGES,
            target: self.aor.clone(),
            package: "message-summary".to_owned(),
            accept: "application/simple-message-summary".to_owned(),
            expires: SUBSCRIPTION_S,
        };
        self.agent(now, sip::Input::Command(Command::Subscribe(Box::new(subscribe))));
    }

    pub(super) fn on_summary(&mut self, body: &str) {
        let Some(MessageSummary { waiting, account, new, old }) = MessageSummary::parse(body) else {
            return debug!("a notice of waiting messages that does not say whether there are any");
        };
        let number = account.map(|account| target::shown(&account, &self.domain)).unwrap_or_default();
        // What cannot be called is no number.
        let number = number.parse::<Target>().map(Personal::from).unwrap_or_default();
        self.outputs.push_back(Output::Line(LineEvent::Voicemail(Voicemail { number, waiting, new, old })));
    }
}
