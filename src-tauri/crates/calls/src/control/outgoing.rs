//! Calls that are dialled here, and the candidates gathered ahead of them.

use std::time::Duration;

use model::{
    AccountId, AccountState, CallId, CalleeFault, Cause, DialOptions, Event, Instant, LineFault, MediaId, NoticeCode, Personal,
    Target, Trouble,
};
use serde::{Deserialize, Serialize};

use super::CallControl;
use crate::{
    call::{Audio, Call},
    dial::Dial,
    floor::Holder,
    io::MediaRequest,
    lines::Line,
};

/// How long a call may wait for its account to come up: what a link that starts the phone needs.
const WAIT_FOR_LINE: Duration = Duration::from_secs(10);

/// How long candidates gathered ahead of dialling are kept; NAT bindings last at least as long (RFC 4787 section 4.3).
const PREPARED_FOR: Duration = Duration::from_secs(60);

/// A media session opened ahead of dialling.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Prepared {
    account: AccountId,
    media: MediaId,
    pub(super) until: Instant,
}

impl CallControl {
    pub(super) fn dial(&mut self, now: Instant, options: DialOptions) {
        let account = options.account.clone();
        self.place(now, account.as_ref(), Dial::from(options));
    }

    /// Places a call from somebody else than the account's usual name.
    pub(super) fn dial_as(&mut self, now: Instant, caller_id: Personal, options: DialOptions) {
        let account = options.account.clone();
        self.place(now, account.as_ref(), Dial { caller_id: Some(caller_id), ..Dial::from(options) });
    }

    /// Picks up the call that rings at a number whose lamp says that it can be.
    pub(super) fn pick_up(&mut self, now: Instant, number: &Personal) {
        let account = self.lamps.picks_up(number).cloned();
        match (account, Target::try_from(number.clone())) {
            (Some(account), Ok(target)) => {
                let dial = Dial { target, headers: Vec::new(), caller_id: None, referred: None, pick_up: true };
                self.place(now, Some(&account), dial);
            }
            _ => self.refuse(None, NoticeCode::DialFailed, Trouble::NothingToPickUp),
        }
    }

    /// Places a call; its number, also when it ends at once. None when there is no account to call from.
    pub(super) fn place(&mut self, now: Instant, account: Option<&AccountId>, dial: Dial) -> Option<CallId> {
        let Some(line) = self.lines.choose(account) else {
            let trouble = match account {
                Some(account) => Trouble::NoSuchAccount { account: account.clone() },
                None => Trouble::NoAccount,
            };
            self.refuse(None, NoticeCode::DialFailed, trouble);
            return None;
        };
        let wait = (line.is_coming_up() && !line.may_dial()).then_some(WAIT_FOR_LINE);
        let on_line = self.live_on(&line.id);
        if line.capabilities.elsewhere && line.is_usable() && !line.is_full(on_line) {
            let account = line.id.clone();
            return self.place_elsewhere(now, &account, &dial);
        }
        let refusal = match &line.state {
            _ if line.is_full(on_line) => Some(Cause::TooManyCalls { most: line.capabilities.calls }),
            _ if dial.caller_id.is_some() && line.caller_ids.is_empty() => {
                Some(Cause::NotCallable { fault: CalleeFault::OwnNameOnly })
            }
            _ if line.may_dial() || line.is_coming_up() => None,
            AccountState::Offline { cause, .. } => {
                Some(Cause::AccountNotReady { fault: LineFault::Offline { cause: cause.clone() } })
            }
            _ => Some(Cause::AccountNotReady { fault: LineFault::SwitchedOff }),
        };
        self.numbered += 1;
        let id = CallId(self.numbered);
        let target = dial.target.clone();
        self.outbox.event(Event::Dialing { call: id, account: line.id.clone(), target: target.into() });
        let call = match refusal {
            None => {
                let audio = match self.prepared.take_if(|prepared| prepared.account == line.id) {
                    Some(prepared) => Audio::new(prepared.media),
                    None => Audio::new(self.outbox.new_media()),
                };
                Call::dialled(now, id, line, dial, audio, wait, &mut self.outbox)
            }
            Some(cause) => Call::not_placed(now, id, line, &dial.target, cause, &mut self.outbox),
        };
        let is_placed = call.is_live();
        self.calls.insert(id, call);
        if is_placed {
            self.give_floor(now, Holder::Call(id));
        }
        Some(id)
    }

    pub(super) fn prepare(&mut self, now: Instant, account: Option<AccountId>) {
        // Where the line has to make ready first, candidates gathered now would lack its servers.
        let is_ready = |line: &&Line| line.is_usable() && !line.capabilities.prepares;
        let Some(line) = self.lines.choose(account.as_ref()).filter(is_ready) else { return };
        let account = line.id.clone();
        if let Some(prepared) = self.prepared.as_mut().filter(|prepared| prepared.account == account) {
            prepared.until = now + PREPARED_FOR;
            return;
        }
        self.drop_prepared();
        let media = self.outbox.new_media();
        self.outbox.media(media, MediaRequest::Prepare { account: account.clone() });
        self.prepared = Some(Prepared { account, media, until: now + PREPARED_FOR });
    }

    pub(super) fn drop_prepared(&mut self) {
        if let Some(prepared) = self.prepared.take() {
            self.outbox.media(prepared.media, MediaRequest::Close);
        }
    }
}
