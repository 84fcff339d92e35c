//! The far end: a W3C peer connection of the crate `webrtc` with one audio track, which sends a tone and measures ours.
//!
//! It is used as its users use it. Where it is no telephone, its user has to help: see [`Theirs::accept`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use calls::io::Description;
use model::{Codec, DtmfDigit, MediaDirection};
use rtc::{
    interceptor::Registry,
    media_stream::MediaStreamTrack,
    peer_connection::{
        configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_PCMU, MIME_TYPE_TELEPHONE_EVENT},
        transport::{RTCDtlsRole, RTCDtlsTransportState},
    },
    rtp,
    rtp_transceiver::rtp_sender::{
        RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
    },
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{interval, timeout},
};
use webrtc::{
    media_stream::{
        track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
        track_remote::{TrackRemote, TrackRemoteEvent},
    },
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
        RTCIceGatheringState, RTCPeerConnectionState, RTCSessionDescription, SettingEngineBuilder, configure_rtcp_reports,
    },
    rtp_transceiver::{RTCRtpTransceiverDirection, RtpTransceiver},
};

use crate::{
    SOON,
    sound::{Events, OPUS, PCMU, listen, speak},
    tone::{Heard, OURS, heard},
};

/// Two far ends are two sources.
static NEXT_SSRC: AtomicU32 = AtomicU32::new(0x5eed_0001);

pub struct Theirs {
    connection: Arc<dyn PeerConnection>,
    transceiver: Arc<dyn RtpTransceiver>,
    gathering: watch::Receiver<RTCIceGatheringState>,
    state: watch::Receiver<RTCPeerConnectionState>,
    heard: watch::Receiver<Heard>,
    keys: mpsc::Sender<(Events, DtmfDigit)>,
    /// As agreed.
    events: Option<Events>,
    digits: mpsc::Receiver<DtmfDigit>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Theirs {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Tells what the connection does.
struct Reporter {
    gathering: watch::Sender<RTCIceGatheringState>,
    state: watch::Sender<RTCPeerConnectionState>,
    packets: mpsc::Sender<rtp::Packet>,
}

#[async_trait]
impl PeerConnectionEventHandler for Reporter {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathering.send_replace(state);
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.state.send_replace(state);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let packets = self.packets.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event
                    && packets.send(packet).await.is_err()
                {
                    break;
                }
            }
        });
    }
}

fn codec(mime_type: &str, clock_rate: u32, channels: u16, payload_type: u8, fmtp: &str) -> RTCRtpCodecParameters {
    let rtp_codec =
        RTCRtpCodec { mime_type: mime_type.into(), clock_rate, channels, sdp_fmtp_line: fmtp.into(), ..RTCRtpCodec::default() };
    RTCRtpCodecParameters { rtp_codec, payload_type }
}

impl Theirs {
    /// Opens a connection that sends with `codec`. As an answerer it says the DTLS hello.
    pub async fn open(codec: Codec) -> Self {
        Self::open_as(codec, RTCDtlsRole::Client).await
    }

    /// Opens a connection with a DTLS role of its own as an answerer.
    pub async fn open_as(speaks: Codec, answering: RTCDtlsRole) -> Self {
        let mut engine = MediaEngine::default();
        for codec in [
            codec(MIME_TYPE_OPUS, 48_000, 2, OPUS, "minptime=10;useinbandfec=1"),
            codec(MIME_TYPE_PCMU, 8_000, 0, PCMU, ""),
            codec(MIME_TYPE_TELEPHONE_EVENT, 8_000, 0, 101, "0-15"),
        ] {
            engine.register_codec(codec, RtpCodecKind::Audio).expect("the codec can be registered");
        }
        let settings =
            SettingEngineBuilder::new().with_include_loopback_candidate(true).with_answering_dtls_role(answering).build();
        let (gathering, gathering_state) = watch::channel(RTCIceGatheringState::New);
        let (state, connection_state) = watch::channel(RTCPeerConnectionState::New);
        let (packets, incoming) = mpsc::channel(256);
        let connection: Arc<dyn PeerConnection> = Arc::new(
            PeerConnectionBuilder::new()
                .with_configuration(RTCConfigurationBuilder::default().build())
                .with_media_engine(engine)
                .with_setting_engine(settings)
                .with_interceptor_registry(configure_rtcp_reports(Registry::new()))
                .with_handler(Arc::new(Reporter { gathering, state, packets }))
                // Of loopback and of each interface.
                .with_udp_addrs(vec!["127.0.0.1:0", "0.0.0.0:0"])
                .build()
                .await
                .expect("their connection can be opened"),
        );
        let ssrc = NEXT_SSRC.fetch_add(1, Ordering::Relaxed);
        let track = Arc::new(track(ssrc));
        connection.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>).await.expect("the track can be added");
        let transceiver = connection.get_transceivers().await.pop().expect("the track has a transceiver");
        let (listened, heard) = watch::channel(Heard::nothing(OURS));
        let (keys, pressed) = mpsc::channel(16);
        let (received, digits) = mpsc::channel(16);
        let tasks = vec![tokio::spawn(speak(track, speaks, ssrc, pressed)), tokio::spawn(listen(incoming, listened, received))];
        Self {
            connection,
            transceiver,
            gathering: gathering_state,
            state: connection_state,
            heard,
            keys,
            events: None,
            digits,
            tasks,
        }
    }

    async fn direct(&self, direction: MediaDirection) {
        let direction = match direction {
            MediaDirection::SendRecv => RTCRtpTransceiverDirection::Sendrecv,
            MediaDirection::SendOnly => RTCRtpTransceiverDirection::Sendonly,
            MediaDirection::RecvOnly => RTCRtpTransceiverDirection::Recvonly,
            MediaDirection::Inactive => RTCRtpTransceiverDirection::Inactive,
        };
        self.transceiver.set_direction(direction).await.expect("the direction can be set");
    }

    /// Sets the local description; its text once every candidate is in it.
    async fn settle(&mut self, description: RTCSessionDescription) -> Description {
        self.connection.set_local_description(description).await.expect("their own description fits");
        let complete = self.gathering.wait_for(|state| *state == RTCIceGatheringState::Complete);
        timeout(SOON, complete).await.expect("they gather").expect("their connection is there");
        Description::from(self.connection.local_description().await.expect("it was set").sdp)
    }

    pub async fn offer(&mut self, direction: MediaDirection) -> Description {
        self.direct(direction).await;
        let offer = self.connection.create_offer(None).await.expect("they can offer");
        self.settle(offer).await
    }

    /// Answers. What flows is the user's to say before: the connection would answer `sendonly` with `sendrecv`.
    pub async fn accept(&mut self, offer: &Description) -> Description {
        let remote = direction_of(offer);
        let offer = RTCSessionDescription::offer(offer.expose().to_owned()).expect("they can read our offer");
        self.connection.set_remote_description(offer).await.expect("they take our offer");
        self.direct(remote.reversed()).await;
        let answer = self.connection.create_answer(None).await.expect("they can answer");
        let answer = self.settle(answer).await;
        self.events = Events::of(&answer);
        answer
    }

    pub async fn apply(&mut self, answer: &Description) {
        self.events = Events::of(answer);
        let answer = RTCSessionDescription::answer(answer.expose().to_owned()).expect("they can read our answer");
        self.connection.set_remote_description(answer).await.expect("they take our answer");
    }

    /// Takes an offer back that we refused. The direction it was to have is the user's to take back.
    pub async fn roll_back(&self) {
        let back = RTCSessionDescription::rollback(None).expect("a rollback");
        self.connection.set_local_description(back).await.expect("their offer can be taken back");
        self.direct(MediaDirection::SendRecv).await;
    }

    /// New ICE credentials and sockets in the next offer.
    pub async fn restart_ice(&self) {
        self.connection.restart_ice().await.expect("ICE can be restarted");
    }

    pub async fn connected(&mut self) {
        let up = |state: &RTCPeerConnectionState| *state == RTCPeerConnectionState::Connected;
        let reached = timeout(SOON, self.state.wait_for(up)).await.map(|found| found.is_ok());
        assert!(reached == Ok(true), "they are {:?}", *self.state.borrow());
    }

    /// Waits for a state of their DTLS, which tells nobody when it changes.
    pub async fn dtls_is(&self, wanted: RTCDtlsTransportState) {
        let sender = self.transceiver.sender().await.expect("their connection is there").expect("the track has a sender");
        let reached = timeout(SOON, async {
            let mut ticks = interval(Duration::from_millis(10));
            loop {
                ticks.tick().await;
                let transport = sender.transport().await.expect("the sender is there").expect("it was negotiated");
                if transport.state().await.expect("the transport is there") == wanted {
                    break;
                }
            }
        });
        reached.await.unwrap_or_else(|_| panic!("their DTLS does not become {wanted:?}"));
    }

    pub async fn press(&self, digits: &[DtmfDigit]) {
        let events = self.events.expect("keys are agreed on");
        for digit in digits {
            self.keys.send((events, *digit)).await.expect("they speak");
        }
    }

    pub async fn digit(&mut self) -> DtmfDigit {
        timeout(SOON, self.digits.recv()).await.expect("a digit comes to them").expect("they listen")
    }

    pub async fn hears(&mut self) {
        heard(&mut self.heard, "they hear us", Heard::is_tone).await;
    }

    pub async fn hears_nothing(&mut self) {
        heard(&mut self.heard, "they hear nothing", Heard::is_silence).await;
    }

    pub async fn close(&self) {
        self.connection.close().await.expect("their connection can be closed");
    }
}

/// What a description says, as a SIP stack above the connection would look it up.
pub fn direction_of(description: &Description) -> MediaDirection {
    let stated = |line: &str| match line {
        "a=sendonly" => Some(MediaDirection::SendOnly),
        "a=recvonly" => Some(MediaDirection::RecvOnly),
        "a=inactive" => Some(MediaDirection::Inactive),
        _ => None,
    };
    description.expose().lines().find_map(stated).unwrap_or(MediaDirection::SendRecv)
}

/// A track without a codec of its own: with one the connection would offer nothing else.
fn track(ssrc: u32) -> TrackLocalStaticRTP {
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..RTCRtpCodingParameters::default() },
        ..RTCRtpEncodingParameters::default()
    };
    let (stream, id, label) = ("theirs".to_owned(), "audio".to_owned(), "audio".to_owned());
    TrackLocalStaticRTP::new(MediaStreamTrack::new(stream, id, label, RtpCodecKind::Audio, vec![encoding]))
}
