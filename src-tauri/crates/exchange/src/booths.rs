//! The media sessions of a server's own calls, and what each caller hears.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use audio::{CallRecording, LegId, LegRoute, ToneSpec};
use calls::io::{MediaEvent, MediaRequest};
use media::session::{self, MediaSettings, SessionHandle};
use model::{Codec, MediaId};
use sip::Tokens;
use tokio::{sync::mpsc, task::JoinSet};
use tracing::warn;

use crate::server::ExchangeWorld;

/// Gathering on loopback takes a millisecond.
const GATHER_FOR: Duration = Duration::from_millis(20);

/// What a caller hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Himself.
    Echo,
    /// A sound of ours.
    Tone(ToneSpec),
    /// Nothing.
    Silence,
}

/// The sessions; dropping them ends them all.
pub struct Booths {
    world: ExchangeWorld,
    tokens: Tokens,
    sessions: BTreeMap<MediaId, SessionHandle>,
    heard: BTreeMap<MediaId, Heard>,
    /// Ends every session when the server ends.
    tasks: JoinSet<()>,
    outbox: mpsc::Sender<(MediaId, MediaEvent)>,
    events: mpsc::Receiver<(MediaId, MediaEvent)>,
}

impl Booths {
    /// No session yet; each will run as a task of the runtime it is asked for in.
    pub fn new(world: ExchangeWorld, tokens: Tokens) -> Self {
        let (outbox, events) = mpsc::channel(256);
        Self { world, tokens, sessions: BTreeMap::new(), heard: BTreeMap::new(), tasks: JoinSet::new(), outbox, events }
    }

    /// What a session tells next. Waits for ever while there is none. Cancel-safe.
    pub async fn event(&mut self) -> (MediaId, MediaEvent) {
        loop {
            tokio::select! {
                Some((media, event)) = self.events.recv() => {
                    if matches!(event, MediaEvent::Closed(_)) {
                        self.forget(media);
                    }
                    return (media, event);
                }
                Some(ended) = self.tasks.join_next() => {
                    if ended.is_err_and(|error| error.is_panic()) {
                        warn!("a media session of the exchange panicked and has ended");
                    }
                }
            }
        }
    }

    /// Asks a session for something; the first request opens it, `MediaRequest::Close` ends it.
    pub fn ask(&mut self, media: MediaId, request: MediaRequest) {
        if matches!(request, MediaRequest::Close) {
            return self.forget(media);
        }
        if !self.sessions.contains_key(&media) {
            self.open(media);
        }
        if self.sessions.get(&media).is_some_and(|session| session.send(request).is_err()) {
            self.forget(media);
        }
    }

    /// What the far end of a session hears from now on.
    pub fn hear(&mut self, media: MediaId, heard: Heard) {
        let tone = if let Heard::Tone(tone) = &heard { Some(tone.clone()) } else { None };
        self.world.hub.leg_tone(leg_id(media), tone);
        self.heard.insert(media, heard);
        self.route();
    }

    /// Takes a session down from now on: what its far end hears, and what it says.
    pub fn record(&self, media: MediaId, recording: CallRecording) {
        self.world.hub.record(leg_id(media), Some(recording));
    }

    fn open(&mut self, media: MediaId) {
        let seed = (u64::from(self.tokens.below(u32::MAX)) << 32) | u64::from(self.tokens.below(u32::MAX));
        let mut settings = MediaSettings::new(vec![Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma], seed);
        settings.loopback = true;
        settings.gather_for = GATHER_FOR;
        let (events, mut told) = mpsc::channel(64);
        let session = session::open(Arc::clone(&self.world.rtc), Arc::clone(&self.world.clock), settings, events);
        self.world.hub.attach(leg_id(media), session.leg);
        self.sessions.insert(media, session.handle);
        let (outbox, run) = (self.outbox.clone(), session.run);
        self.tasks.spawn(async move {
            let forward = async {
                while let Some(event) = told.recv().await {
                    if outbox.send((media, event)).await.is_err() {
                        return;
                    }
                }
            };
            tokio::join!(run, forward);
        });
    }

    /// Dropping its handle closes the session.
    fn forget(&mut self, media: MediaId) {
        self.world.hub.detach(leg_id(media));
        self.sessions.remove(&media);
        if self.heard.remove(&media).is_some() {
            self.route();
        }
    }

    fn route(&self) {
        let route = |(media, heard): (&MediaId, &Heard)| LegRoute {
            leg: leg_id(*media),
            microphone: false,
            speaker: false,
            hears: if *heard == Heard::Echo { vec![leg_id(*media)] } else { Vec::new() },
        };
        self.world.hub.route(self.heard.iter().map(route).collect());
    }
}

fn leg_id(media: MediaId) -> LegId {
    LegId(media.0.into())
}
