//! Things to tell the user until he takes them away.

use model::{CallId, Notice, NoticeCode, SoundRole, Trouble};
use serde::{Deserialize, Serialize};

/// More than this many at once are noise; the oldest goes.
const MOST: usize = 8;

/// The notices in force.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Notices {
    shown: Vec<Notice>,
    numbered: u32,
}

impl Notices {
    pub(crate) fn tell(&mut self, call: Option<CallId>, code: NoticeCode, trouble: Trouble) {
        self.shown.retain(|notice| notice.code != code || notice.trouble != trouble);
        if self.shown.len() == MOST {
            self.shown.remove(0);
        }
        self.numbered += 1;
        self.shown.push(Notice { id: self.numbered, code, trouble, call });
    }

    pub(crate) fn dismiss(&mut self, id: u32) {
        self.shown.retain(|notice| notice.id != id);
    }

    pub(crate) fn device_works(&mut self, role: SoundRole) {
        self.shown.retain(|notice| match &notice.trouble {
            Trouble::Device { fault } => !fault.ends_with_a_device_for(role),
            _ => true,
        });
    }

    pub(crate) fn shown(&self) -> &[Notice] {
        &self.shown
    }
}
