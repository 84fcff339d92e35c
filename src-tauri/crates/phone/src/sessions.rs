//! The media sessions: one task each, opened when call control first names them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use calls::io::{MediaEvent, MediaRequest};
use media::session::{self, MediaSettings, SessionHandle};
use model::{
    Account, AccountId, CallSettings, IcePolicy, IceServer, InternalFault, MediaFault, MediaId, Provider, Settings, SipAccount,
};
use providers::net::ServerUrl;
use tokio::sync::mpsc;
use tracing::{debug, info_span};

use crate::{desk::leg_id, server_ways::AccountWays, spawn::spawn, world::World};

/// Longest wait for candidates before a description leaves: a dead STUN or TURN server costs a call this much and no more.
const GATHER_FOR: Duration = Duration::from_millis(100);

/// Events of one session that may wait for the run loop.
const WAITING: usize = 64;

/// All open media sessions.
pub(crate) struct Sessions {
    world: World,
    practice: Option<SipAccount>,
    outbox: mpsc::Sender<(MediaId, MediaEvent)>,
    accounts: BTreeMap<AccountId, Ways>,
    /// What the services name, for accounts that have no servers of their own.
    named: BTreeMap<AccountId, Vec<IceServer>>,
    calls: CallSettings,
    open: BTreeMap<MediaId, SessionHandle>,
    /// Asked to close and not yet closed.
    closing: BTreeSet<MediaId>,
}

/// The ways that the audio of an account's calls may take.
struct Ways {
    /// None leaves it to the service.
    ice_servers: Option<Vec<IceServer>>,
    ice_policy: IcePolicy,
    /// What relays reached by TLS may be trusted by, beside the platform; may be empty.
    ca_file: String,
    /// Whether the server is on loopback, and so may be the far end of the audio.
    loopback: bool,
}

impl Ways {
    fn of(provider: &Provider, practice: Option<&SipAccount>) -> Option<Self> {
        let of_sip = |sip: &SipAccount| Self {
            ice_servers: Some(sip.ice_servers.clone()),
            ice_policy: sip.ice_policy,
            ca_file: sip.ca_file.clone(),
            loopback: is_on_this_machine(&sip.server),
        };
        match provider {
            Provider::Sip(sip) => Some(of_sip(sip)),
            Provider::Practice => practice.map(of_sip),
            Provider::Aculab(aculab) => Some(Self {
                ice_servers: aculab.ice_servers.clone(),
                ice_policy: aculab.ice_policy,
                ca_file: aculab.ca_file.clone(),
                loopback: is_on_this_machine(&aculab.server()),
            }),
            Provider::Xivo(xivo) => Some(Self {
                ice_servers: xivo.ice_servers.clone(),
                ice_policy: xivo.ice_policy,
                ca_file: xivo.ca_file.clone(),
                loopback: is_on_this_machine(&xivo.server),
            }),
        }
    }
}

impl Sessions {
    pub(crate) fn new(world: World, practice: Option<SipAccount>, outbox: mpsc::Sender<(MediaId, MediaEvent)>) -> Self {
        let (accounts, named, open, closing) = Default::default();
        Self { world, practice, outbox, accounts, named, calls: CallSettings::default(), open, closing }
    }

    /// Takes the settings for sessions opened from now on; secrets are filled in already.
    pub(crate) fn configure(&mut self, settings: &Settings, asked_for: &[AccountId]) {
        self.calls = settings.calls.clone();
        let mut before = std::mem::take(&mut self.accounts);
        let ways = |account: &Account| {
            let ways = match before.remove(&account.id).filter(|_| asked_for.contains(&account.id)) {
                Some(as_it_was) => as_it_was,
                None => Ways::of(&account.provider, self.practice.as_ref())?,
            };
            Some((account.id.clone(), ways))
        };
        self.accounts = settings.accounts.iter().filter_map(ways).collect();
        self.named.retain(|account, _| self.accounts.contains_key(account));
    }

    /// Takes the servers that an account's service names.
    pub(crate) fn set_ice_servers(&mut self, account: AccountId, servers: Vec<IceServer>) {
        self.named.insert(account, servers);
    }

    /// Hands a request to its session, which is opened by its first one.
    pub(crate) fn send(&mut self, media: MediaId, request: MediaRequest) {
        match &request {
            MediaRequest::Prepare { account } | MediaRequest::Offer { account } | MediaRequest::Accept { account, .. } => {
                if !self.open.contains_key(&media) {
                    self.open_session(media, account);
                }
            }
            MediaRequest::Close => {
                if let Some(handle) = self.open.remove(&media) {
                    self.world.hub.detach(leg_id(media));
                    self.closing.insert(media);
                    // A session that takes no more requests closes by losing its handle, which happens here.
                    let _taken = handle.send(request);
                }
                return;
            }
            MediaRequest::Answered
            | MediaRequest::Apply { .. }
            | MediaRequest::Reoffer { .. }
            | MediaRequest::Reaccept { .. }
            | MediaRequest::Rollback
            | MediaRequest::Withdrawn
            | MediaRequest::Refreshed { .. }
            | MediaRequest::Microphone { .. }
            | MediaRequest::SendDtmf { .. }
            | MediaRequest::PressKey { .. }
            | MediaRequest::ReleaseKey
            | MediaRequest::NetworkChanged => {}
        }
        match self.open.get(&media) {
            Some(handle) => {
                if handle.send(request).is_err() {
                    self.report_failure(media, MediaFault::Over);
                }
            }
            None => debug!(?media, "a request to a media session that is gone"),
        }
    }

    fn open_session(&mut self, media: MediaId, account: &AccountId) {
        let Some(ways) = self.accounts.get(account) else {
            self.report_failure(media, MediaFault::NotConfigured);
            return;
        };
        let seed = self.world.randomness.seed();
        let settings = MediaSettings {
            codecs: self.calls.codecs.clone(),
            packet_ms: self.calls.packet_ms,
            dtx: self.calls.dtx,
            max_bitrate: (self.calls.max_bitrate > 0).then_some(self.calls.max_bitrate),
            ice_servers: ways.ice_servers.as_ref().or_else(|| self.named.get(account)).cloned().unwrap_or_default(),
            server_ways: Arc::new(AccountWays::new(&self.world.network, &ways.ca_file)),
            ice_policy: ways.ice_policy,
            loopback: ways.loopback,
            gather_for: GATHER_FOR,
            seed: u64::from_le_bytes([seed[0], seed[1], seed[2], seed[3], seed[4], seed[5], seed[6], seed[7]]),
        };
        let (events, mut told) = mpsc::channel(WAITING);
        let session = session::open(self.world.rtc.clone(), self.world.clock.clone(), settings, events);
        self.world.hub.attach(leg_id(media), session.leg);
        self.open.insert(media, session.handle);
        let (outbox, run) = (self.outbox.clone(), session.run);
        spawn("media session", info_span!("media", id = media.0), run);
        spawn("media events", info_span!("media", id = media.0), async move {
            let mut said_its_last = false;
            while let Some(event) = told.recv().await {
                said_its_last |= matches!(event, MediaEvent::Closed(_));
                if outbox.send((media, event)).await.is_err() {
                    return;
                }
            }
            if !said_its_last {
                let fault = InternalFault::Carrying;
                // Nobody listens only when the phone is stopping.
                let _heard = outbox.send((media, MediaEvent::Died { fault })).await;
            }
        });
    }

    /// Tells every session that the network changed.
    pub(crate) fn network_changed(&self) {
        for (media, handle) in &self.open {
            if handle.send(MediaRequest::NetworkChanged).is_err() {
                debug!(?media, "a session that is ending");
            }
        }
    }

    /// Closes what is open: at the end that is what was prepared and used by no call.
    pub(crate) fn close(&mut self) {
        for media in self.open.keys().copied().collect::<Vec<_>>() {
            self.send(media, MediaRequest::Close);
        }
    }

    fn report_failure(&self, media: MediaId, fault: MediaFault) {
        let (outbox, event) = (self.outbox.clone(), MediaEvent::Failed { fault });
        spawn("media failure", info_span!("media", id = media.0), async move {
            // Nobody listens only when the phone is stopping.
            let _heard = outbox.send((media, event)).await;
        });
    }

    /// Notes what a session said.
    pub(crate) fn heard(&mut self, media: MediaId, event: &MediaEvent) {
        if matches!(event, MediaEvent::Closed(_) | MediaEvent::Died { .. }) {
            self.closing.remove(&media);
            if self.open.remove(&media).is_some() {
                self.world.hub.detach(leg_id(media));
            }
        }
    }

    /// Whether any session is still open or closing.
    pub(crate) fn are_open(&self) -> bool {
        !self.open.is_empty() || !self.closing.is_empty()
    }
}

/// Whether the host of a URL is loopback.
fn is_on_this_machine(server: &str) -> bool {
    let place = server.split_once("://").map_or(server, |(_, place)| place);
    // An account at a XiVO is named by https, or by its name alone.
    format!("wss://{place}").parse::<ServerUrl>().is_ok_and(|server| server.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_servers_are_told_from_others() {
        for server in [
            "ws://127.0.0.1:80/ws",
            "wss://localhost/ws",
            "wss://LocalHost:8089",
            "wss://[::1]:8089/ws",
            "wss://[::1]/ws",
            "https://127.0.0.1",
            "localhost",
        ] {
            assert!(is_on_this_machine(server), "{server}");
        }
        for server in ["wss://example.com", "wss://localhost.example.com/ws", "wss://[2001:db8::1]:443/", "wss://10.0.0.1"] {
            assert!(!is_on_this_machine(server), "{server}");
        }
    }
}
