//! Lamps: which account asks for them, and what they show.

use model::{AccountId, Event, LampState, LampView, Personal};
use serde::{Deserialize, Serialize};

use crate::{io::LineRequest, lines::Lines, outbox::Outbox};

/// All lamps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lamps {
    lamps: Vec<LampView>,
    /// The account that asks for them.
    asked: Option<AccountId>,
}

impl Lamps {
    /// Takes whose lamps are wanted; those known stay as they are.
    pub(crate) fn watch(&mut self, numbers: Vec<Personal>, lines: &Lines, outbox: &mut Outbox) {
        if self.lamps.iter().map(|lamp| &lamp.number).eq(&numbers) {
            return;
        }
        let mut known = std::mem::take(&mut self.lamps);
        let lamp = |number: Personal| {
            let before = known.iter().position(|lamp| lamp.number == number).map(|at| known.swap_remove(at));
            before.unwrap_or_else(|| LampView { number, state: LampState::default(), pick_up: false })
        };
        self.lamps = numbers.into_iter().map(lamp).collect();
        self.settle(lines, outbox);
        self.ask(outbox);
    }

    /// After each input: asks where they can be asked for. One account does: numbers mean little elsewhere.
    pub(crate) fn settle(&mut self, lines: &Lines, outbox: &mut Outbox) {
        let wanted = lines.watching().map(|line| line.id.clone());
        if wanted == self.asked {
            return;
        }
        if let Some(before) = std::mem::replace(&mut self.asked, wanted).filter(|_| !self.lamps.is_empty()) {
            outbox.line(&before, LineRequest::Watch { numbers: Vec::new() });
        }
        for lamp in &mut self.lamps {
            show(lamp, LampState::Unknown, false, outbox);
        }
        self.ask(outbox);
    }

    fn ask(&self, outbox: &mut Outbox) {
        if let Some(account) = &self.asked {
            let numbers = self.lamps.iter().map(|lamp| lamp.number.clone()).collect();
            outbox.line(account, LineRequest::Watch { numbers });
        }
    }

    /// An account tells what one shows.
    pub(crate) fn told(&mut self, account: &AccountId, number: &Personal, state: LampState, pick_up: bool, outbox: &mut Outbox) {
        if self.asked.as_ref() != Some(account) {
            return;
        }
        if let Some(lamp) = self.lamps.iter_mut().find(|lamp| lamp.number == *number) {
            show(lamp, state, pick_up, outbox);
        }
    }

    /// The account that can pick up the call that rings at a number.
    pub(crate) fn picks_up(&self, number: &Personal) -> Option<&AccountId> {
        let lamp = self.lamps.iter().find(|lamp| lamp.number == *number)?;
        self.asked.as_ref().filter(|_| lamp.pick_up)
    }

    pub(crate) fn views(&self) -> Vec<LampView> {
        self.lamps.clone()
    }
}

fn show(lamp: &mut LampView, state: LampState, pick_up: bool, outbox: &mut Outbox) {
    lamp.pick_up = pick_up;
    if lamp.state != state {
        lamp.state = state;
        outbox.event(Event::Lamp { number: lamp.number.clone(), lamp: state });
    }
}
