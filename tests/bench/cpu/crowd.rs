//! Many calls at once to one `sidetone-cli`, in one conference that it hosts: otherwise it would hold all but one. They come
//! from far ends that cost next to nothing: they send speech that was encoded before, and note when packets arrive instead of
//! playing them.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use audio::{FRAME_SAMPLES, Frame, Hub, Leg as _};
use bytes::Bytes;
use media::{
    AudioStream, Bell, Negotiated, Payload, Peer, PeerError, PeerEvent, PeerSettings, PeerStatistics, Roles, RtcRuntime,
    RtpPacket, StreamSettings, sdp::TransportDescription,
};
use model::{Clock, Codec, Instant, MediaDirection};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::{
    Outcome,
    kit::{
        desk::Desk,
        phones::{Office, pause},
        program::Program,
        usage::Counters,
    },
};

/// Samples of a packet in the clock of Opus.
const PACKET: u32 = 960;

/// Opus' payload type in our own offers.
const OPUS: u8 = 111;

/// How long the calls are watched.
const WATCH_S: f64 = 10.0;

/// A frame is late when it comes so long after its time.
const LATE_MS: f64 = 20.0;

/// What was seen of a crowd.
#[derive(Debug, Default)]
pub struct Lateness {
    pub frames: usize,
    pub late: usize,
    pub worst_ms: f64,
    pub cpu_share: f64,
}

/// Places the calls and watches them.
///
/// # Errors
/// When a call cannot be placed.
pub async fn lateness(program: &Path, folder: &Path, speech: &Path, calls: usize) -> Outcome<Lateness> {
    let office = Office::open(&["alice", "bob"]).await?;
    let recording = folder.join("crowd.wav");
    let (speech_path, recording, limit) = (speech.to_string_lossy(), recording.to_string_lossy(), (calls + 1).to_string());
    let arguments = ["--limit", &limit, "--play", &speech_path, "--record", &recording];
    let mut bob = Program::run(program, &office.account("bob"), &arguments)?;
    bob.wait("registered").await?;
    let crowd = Arc::new(Crowd {
        inner: Arc::clone(&office.rtc),
        clock: Arc::clone(&office.clock),
        packets: encoded(speech)?.into(),
        watching: AtomicBool::new(false),
        arrivals: Mutex::default(),
    });
    let mut settings = office.settings("alice");
    settings.calls.limit = u32::try_from(calls)? + 1;
    // No hub runs here: nothing is encoded or played at this end.
    let (_hub, handle) = Hub::new();
    let desk = Arc::new(Desk::new(Arc::clone(&office.clock)));
    let mut alice = office.phone_with_hub(settings, desk, Arc::new(CrowdRuntime(Arc::clone(&crowd))), handle, None).await?;
    for _ in 0..calls {
        alice.dial("bob")?;
        bob.wait("incoming").await?;
        bob.ask(&["answer"]).await?;
        bob.wait("media-connected").await?;
    }
    alice.merge()?;
    let members: Vec<String> = (1..=calls).map(|call| call.to_string()).collect();
    let merge = std::iter::once("merge").chain(members.iter().map(String::as_str));
    bob.ask(&merge.collect::<Vec<_>>()).await?;
    pause(2.0).await;
    crowd.watching.store(true, Relaxed);
    let before = Counters::of(bob.id()?, &[])?;
    pause(WATCH_S).await;
    crowd.watching.store(false, Relaxed);
    let used = Counters::of(bob.id()?, &[])?.since(&before);
    let mut lateness = crowd.lateness();
    lateness.cpu_share = used.cpu_s / WATCH_S;
    alice.hang_up().await?;
    Ok(lateness)
}

/// The payloads of a file, as the phone would send them.
fn encoded(speech: &Path) -> Outcome<Vec<Bytes>> {
    let payload = Payload { number: OPUS, codec: Codec::Opus, fec: true, dtx: false, max_bitrate: None };
    let agreed = Negotiated {
        send: payload.clone(),
        receive: vec![payload],
        telephone_events: Vec::new(),
        red: None,
        direction: MediaDirection::SendRecv,
        remote: MediaDirection::SendRecv,
        packet_ms: None,
    };
    let (mut stream, mut leg) = AudioStream::open(StreamSettings::default(), 1, Bell::default());
    stream.configure(&agreed)?;
    stream.set_connected(Instant::START, true);
    let samples: Vec<f32> = hound::WavReader::open(speech)?
        .samples::<i16>()
        .filter_map(Result::ok)
        .map(|sample| f32::from(sample) / 32_768.0)
        .collect();
    let (mut now, mut packets) = (Instant::START, Vec::new());
    for sound in samples.chunks_exact(FRAME_SAMPLES) {
        let mut frame: Frame = [0.0; FRAME_SAMPLES];
        frame.copy_from_slice(sound);
        leg.push(&frame);
        now += Duration::from_millis(10);
        stream.packets(now, &mut packets);
    }
    Ok(packets.into_iter().map(|packet| packet.payload).collect())
}

/// The runtime of the far ends.
struct Crowd {
    inner: Arc<dyn RtcRuntime>,
    clock: Arc<dyn Clock>,
    packets: Arc<[Bytes]>,
    watching: AtomicBool,
    /// When packets came, by call: timestamp and time.
    arrivals: Mutex<Vec<Vec<(u32, Instant)>>>,
}

impl Crowd {
    fn lock(&self) -> MutexGuard<'_, Vec<Vec<(u32, Instant)>>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, call: usize, timestamp: u32) {
        if self.watching.load(Relaxed)
            && let Some(arrivals) = self.lock().get_mut(call)
        {
            arrivals.push((timestamp, self.clock.now()));
        }
    }

    fn packet(&self, number: u16) -> RtpPacket {
        RtpPacket {
            payload_type: OPUS,
            marker: number == 0,
            sequence: number,
            timestamp: u32::from(number) * PACKET,
            ssrc: 1,
            payload: self.packets.get(usize::from(number) % self.packets.len()).cloned().unwrap_or_default(),
        }
    }

    /// A packet's time is that of its call's promptest packet, and 20 ms for each one between them.
    fn lateness(&self) -> Lateness {
        let mut lateness = Lateness::default();
        for call in &*self.lock() {
            let Some((first, _)) = call.first() else { continue };
            let delay = |(timestamp, at): &(u32, Instant)| {
                at.since_start().as_secs_f64() * 1e3 - f64::from(timestamp.wrapping_sub(*first).cast_signed()) / 48.0
            };
            let promptest = call.iter().map(delay).fold(f64::INFINITY, f64::min);
            for late_ms in call.iter().map(|packet| delay(packet) - promptest) {
                lateness.frames += 1;
                lateness.late += usize::from(late_ms > LATE_MS);
                lateness.worst_ms = lateness.worst_ms.max(late_ms);
            }
        }
        lateness
    }
}

/// The crowd as the runtime of a phone.
struct CrowdRuntime(Arc<Crowd>);

#[async_trait]
impl RtcRuntime for CrowdRuntime {
    async fn open(&self, settings: PeerSettings) -> Result<Box<dyn Peer>, PeerError> {
        let peer = self.0.inner.open(settings).await?;
        let mut arrivals = self.0.lock();
        arrivals.push(Vec::new());
        let mut pace = interval(Duration::from_millis(20));
        pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let speech = Speech { pace, sent: 0, connected: false };
        Ok(Box::new(FarEnd { crowd: Arc::clone(&self.0), peer, number: arrivals.len() - 1, speech: speech.into() }))
    }

    fn bell(&self) -> Bell {
        self.0.inner.bell()
    }
}

/// One far end.
struct FarEnd {
    crowd: Arc<Crowd>,
    peer: Box<dyn Peer>,
    number: usize,
    speech: tokio::sync::Mutex<Speech>,
}

/// What it says.
struct Speech {
    pace: Interval,
    sent: u16,
    connected: bool,
}

#[async_trait]
impl Peer for FarEnd {
    async fn local(&self) -> Result<TransportDescription, PeerError> {
        self.peer.local().await
    }

    async fn restart(&self) -> Result<(), PeerError> {
        self.peer.restart().await
    }

    async fn discard_restart(&self) {
        self.peer.discard_restart().await;
    }

    async fn connect(&self, remote: TransportDescription, roles: Roles) -> Result<(), PeerError> {
        self.peer.connect(remote, roles).await
    }

    async fn send(&self, packet: RtpPacket) -> Result<(), PeerError> {
        self.peer.send(packet).await
    }

    async fn event(&self) -> PeerEvent {
        let mut speech = self.speech.lock().await;
        loop {
            let event = tokio::select! {
                event = self.peer.event() => event,
                _ = speech.pace.tick(), if speech.connected => {
                    // Like a network, it loses what it cannot carry.
                    let _sent = self.peer.send(self.crowd.packet(speech.sent)).await;
                    speech.sent = speech.sent.wrapping_add(1);
                    continue;
                }
            };
            match event {
                PeerEvent::Rtp(packet) => self.crowd.note(self.number, packet.timestamp),
                PeerEvent::Connected(pair) => {
                    speech.connected = true;
                    speech.pace.reset();
                    return PeerEvent::Connected(pair);
                }
                PeerEvent::Interrupted | PeerEvent::RelayRefused { .. } | PeerEvent::Failed(_) | PeerEvent::Closed => {
                    return event;
                }
            }
        }
    }

    async fn statistics(&self) -> PeerStatistics {
        self.peer.statistics().await
    }

    async fn close(&self) {
        self.peer.close().await;
    }
}
