//! The accounts as call control sees them: in the user's order, with their states and capabilities.

use std::time::Duration;

use model::{
    Account, AccountCan, AccountId, AccountState, AccountView, AculabInterface, DtmfMode, Event, Instant, OfflineCause, Personal,
    Provider, TokenView, Voicemail,
};
use serde::{Deserialize, Serialize};

use crate::{
    io::{Capabilities, Transfers},
    outbox::Outbox,
};

/// All lines.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Lines(Vec<Line>);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) id: AccountId,
    pub(crate) state: AccountState,
    pub(crate) capabilities: Capabilities,
    pub(crate) dtmf: DtmfMode,
    /// Why it is unreachable, as it was told last: each try to come back passes through other states.
    told: Option<OfflineCause>,
    /// Whether its server can be asked for lamps.
    watches: bool,
    /// Where its calls are parked.
    park_number: Personal,
    /// What the user set to dial for the voice mail.
    voicemail_number: Personal,
    /// What the server told of it last.
    voicemail: Option<Voicemail>,
    /// Until when it is signed in, where that has an end.
    #[serde(default)]
    expires: Option<Instant>,
    /// What becomes of its calls without a microphone.
    #[serde(default)]
    pub(crate) without_microphone: WithoutMicrophone,
    /// How long an answered call may be without audio; none where the media session decides alone.
    #[serde(default)]
    pub(crate) media_within: Option<Duration>,
    /// Whether its service hears no digits in the tones of the audio, so that none are sent there.
    #[serde(default)]
    pub(crate) deaf_to_tones: bool,
    /// How long its calls may ring, where it has a limit of its own.
    #[serde(default)]
    pub(crate) ring_for: Option<Duration>,
    /// What its token says.
    #[serde(default)]
    token: Option<TokenView>,
    /// Who its calls may be from, the usual one first; none where they are from the account itself.
    #[serde(default)]
    pub(crate) caller_ids: Vec<Personal>,
}

/// What becomes of a call when no microphone can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WithoutMicrophone {
    /// It goes on, and the user hears that nobody hears him.
    #[default]
    GoesOn,
    /// It is over: `MIC_ERROR` of the first interface of Aculab Cloud.
    MicrophoneError,
    /// It is over: `DEVICE_ERROR` of the second one.
    DeviceError,
}

/// A cloud that has answered and cannot be reached is hung up on.
const MEDIA_OF_A_CLOUD: Duration = Duration::from_secs(15);

/// Until a line says what it can do, it can do nothing.
const UNKNOWN: Capabilities =
    Capabilities { calls: 0, hold: false, transfer: Transfers::Never, dtmf_info: false, prepares: false, elsewhere: false };

impl Line {
    /// Whether calls can be placed now.
    pub(crate) fn is_usable(&self) -> bool {
        matches!(self.state, AccountState::Registered | AccountState::Ready)
    }

    /// Whether it carries no further call beside so many; one that has not yet said what it can do may.
    pub(crate) fn is_full(&self, calls: usize) -> bool {
        self.capabilities != UNKNOWN && calls >= self.capabilities.calls as usize
    }

    /// Whether a call may be tried now: it is usable, or makes itself so.
    pub(crate) fn may_dial(&self) -> bool {
        self.is_usable() || (self.capabilities.prepares && self.state != AccountState::Disabled)
    }

    /// Its voice mail, with the user's number before the server's.
    fn voicemail_view(&self) -> Option<Voicemail> {
        let told = self.voicemail.clone();
        if self.voicemail_number.is_empty() {
            return told;
        }
        Some(Voicemail { number: self.voicemail_number.clone(), ..told.unwrap_or_default() })
    }

    /// Whether it may become usable in a moment.
    pub(crate) fn is_coming_up(&self) -> bool {
        matches!(self.state, AccountState::Connecting | AccountState::Registering)
    }
}

impl Lines {
    /// Takes the configured accounts; those that stay keep their state.
    pub(crate) fn configure(&mut self, accounts: &[Account]) {
        let mut known = std::mem::take(&mut self.0);
        self.0 = accounts
            .iter()
            .map(|account| {
                let before = known.iter().position(|line| line.id == account.id).map(|at| known.swap_remove(at));
                let capabilities = before.as_ref().map_or(UNKNOWN, |line| line.capabilities);
                let voicemail = before.as_ref().and_then(|line| line.voicemail.clone());
                let expires = before.as_ref().and_then(|line| line.expires);
                let token = before.as_ref().and_then(|line| line.token.clone());
                // Who saves settings is told nothing of it anew.
                let told = before.as_ref().and_then(|line| line.told.clone());
                let state = match before {
                    _ if !account.enabled => AccountState::Disabled,
                    Some(Line { state, .. }) if state != AccountState::Disabled => state,
                    Some(_) | None => AccountState::Connecting,
                };
                let mut line = Line {
                    id: account.id.clone(),
                    state,
                    capabilities,
                    dtmf: DtmfMode::Automatic,
                    told,
                    watches: false,
                    park_number: Personal::default(),
                    voicemail_number: Personal::default(),
                    voicemail,
                    expires,
                    token,
                    without_microphone: WithoutMicrophone::GoesOn,
                    media_within: None,
                    deaf_to_tones: false,
                    ring_for: None,
                    caller_ids: Vec::new(),
                };
                match &account.provider {
                    Provider::Practice => {}
                    Provider::Sip(sip) => {
                        (line.dtmf, line.watches) = (sip.dtmf, sip.register);
                        (line.park_number, line.voicemail_number) = (sip.park_number.clone(), sip.voicemail_number.clone());
                    }
                    Provider::Aculab(aculab) => {
                        (line.dtmf, line.media_within) = (DtmfMode::Rfc4733, Some(MEDIA_OF_A_CLOUD));
                        line.deaf_to_tones = true;
                        line.without_microphone = match &aculab.interface {
                            AculabInterface::V1(caller) => {
                                line.caller_ids = caller.all_ids().cloned().collect();
                                WithoutMicrophone::MicrophoneError
                            }
                            AculabInterface::V2(client) => {
                                line.ring_for = Some(Duration::from_secs(client.ring_for_s.into()));
                                WithoutMicrophone::DeviceError
                            }
                        };
                    }
                    Provider::Xivo(xivo) => (line.dtmf, line.voicemail_number) = (xivo.dtmf, xivo.voicemail_number.clone()),
                }
                line
            })
            .collect();
    }

    pub(crate) fn get(&self, id: &AccountId) -> Option<&Line> {
        self.0.iter().find(|line| line.id == *id)
    }

    pub(crate) fn set_capabilities(&mut self, id: &AccountId, capabilities: Capabilities) {
        if let Some(line) = self.0.iter_mut().find(|line| line.id == *id) {
            line.capabilities = capabilities;
        }
    }

    pub(crate) fn set_token(&mut self, id: &AccountId, token: Option<TokenView>) {
        if let Some(line) = self.0.iter_mut().find(|line| line.id == *id) {
            line.token = token;
        }
    }

    pub(crate) fn set_expires(&mut self, id: &AccountId, expires: Option<Instant>) {
        if let Some(line) = self.0.iter_mut().find(|line| line.id == *id) {
            line.expires = expires;
        }
    }

    /// Takes what the server tells of the voice mail, and tells those who follow when it is news.
    pub(crate) fn set_voicemail(&mut self, id: &AccountId, voicemail: Voicemail, outbox: &mut Outbox) {
        let Some(line) = self.0.iter_mut().find(|line| line.id == *id) else { return };
        if line.voicemail.as_ref() == Some(&voicemail) {
            return;
        }
        let Voicemail { waiting, new, old, .. } = voicemail;
        outbox.event(Event::Voicemail { account: id.clone(), waiting, new, old });
        line.voicemail = Some(voicemail);
    }

    /// The account signs in by something else: that its server does not take this either is not what was told before.
    pub(crate) fn signs_in_anew(&mut self, id: &AccountId) {
        if let Some(line) = self.0.iter_mut().find(|line| line.id == *id) {
            line.told.take_if(|cause| {
                matches!(
                    cause,
                    OfflineCause::WrongPassword { .. } | OfflineCause::InvalidToken { .. } | OfflineCause::NoToken { .. }
                )
            });
        }
    }

    /// Takes a new state and tells those who follow when it became reachable or stopped being so.
    pub(crate) fn set_state(&mut self, id: &AccountId, state: AccountState, outbox: &mut Outbox) {
        let Some(line) = self.0.iter_mut().find(|line| line.id == *id) else { return };
        if let Some(cause) = offline_cause(&state)
            && line.told.as_ref() != Some(cause)
        {
            outbox.event(Event::Unregistered { account: id.clone(), cause: cause.clone(), message: cause.to_string() });
            line.told = Some(cause.clone());
        }
        // An account that was switched off stays so while its line signs off.
        if line.state == AccountState::Disabled {
            return;
        }
        let was_usable = line.is_usable();
        let before = std::mem::replace(&mut line.state, state);
        if line.is_usable() {
            line.told = None;
        }
        if line.state == AccountState::Registered && before != AccountState::Registered {
            outbox.event(Event::Registered { account: id.clone() });
        } else if line.state == AccountState::Ready && !was_usable {
            outbox.event(Event::Ready { account: id.clone() });
        }
    }

    /// The account to dial from: the one asked for, else the first usable one, else the first coming up.
    pub(crate) fn choose(&self, asked: Option<&AccountId>) -> Option<&Line> {
        match asked {
            Some(id) => self.get(id),
            None => self
                .0
                .iter()
                .find(|line| line.is_usable())
                .or_else(|| self.0.iter().find(|line| line.is_coming_up()))
                .or_else(|| self.0.iter().find(|line| line.state != AccountState::Disabled)),
        }
    }

    /// The account that asks for lamps: the first one that can.
    pub(crate) fn watching(&self) -> Option<&Line> {
        self.0.iter().find(|line| line.watches && line.state != AccountState::Disabled).filter(|line| line.is_usable())
    }

    pub(crate) fn views(&self) -> Vec<AccountView> {
        self.0
            .iter()
            .map(|line| AccountView {
                id: line.id.clone(),
                state: line.state.clone(),
                can: AccountCan {
                    hold: line.capabilities.hold,
                    transfer: line.capabilities.transfer != Transfers::Never,
                    elsewhere: line.capabilities.elsewhere,
                },
                voicemail: line.voicemail_view(),
                expires_ms: line.expires.map(Instant::as_millis),
                token: line.token.clone(),
                caller_ids: line.caller_ids.clone(),
                park_number: line.park_number.clone(),
            })
            .collect()
    }
}

fn offline_cause(state: &AccountState) -> Option<&OfflineCause> {
    match state {
        AccountState::Offline { cause, .. } => Some(cause),
        AccountState::Disabled
        | AccountState::Connecting
        | AccountState::Registering
        | AccountState::Registered
        | AccountState::Ready => None,
    }
}
