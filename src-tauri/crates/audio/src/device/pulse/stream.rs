//! Streams of a sound server: a thread each, which moves samples and sleeps in between.

use std::{
    io,
    net::Shutdown,
    os::unix::net::UnixStream,
    thread,
    time::{Duration, Instant},
};

use pulseaudio::protocol::{
    ChannelMap, Command, CreatePlaybackStreamReply, CreateRecordStreamReply, DESCRIPTOR_SIZE, PlaybackStreamParams, Prop, Props,
    ProtocolError, RecordStreamParams, SampleFormat, SampleSpec, SetPlaybackStreamBufferAttrParams, SinkInfo, SourceInfo,
    stream::{BufferAttr, StreamFlags},
};

use super::connection::{Connection, Heard};
use crate::{
    Capture, Flow, Frame, Playback,
    device::{
        intake::{CaptureEnd, Intake, intake},
        outlet::{Outlet, PlaybackEnd, outlet},
    },
    priority,
};

/// How much sound moves at once. Half a frame of the hub: shorter would cost time, longer delay.
const PERIOD: Duration = Duration::from_millis(5);

/// How much the server has in store at first: it plays two periods while the next two are on their way.
const STORE: Duration = Duration::from_millis(16);

/// How much it may have at most, after it ran dry often.
const LONGEST_STORE: Duration = Duration::from_millis(80);

/// Reports of running dry in this time are of one trouble.
const ONE_TROUBLE: Duration = Duration::from_millis(200);

/// After this long without one, the store may be shorter again.
const CALM: Duration = Duration::from_secs(20);

/// The most that is sent at once, in samples.
const BLOCK_SAMPLES: usize = 4_096;

const SAMPLE_BYTES: usize = size_of::<f32>();

/// Opens a stream that records. One that was asked for by name ends with its device; another may be moved.
pub(super) fn record(mut connection: Connection, source: &SourceInfo, by_name: bool) -> Result<PulseCapture, ProtocolError> {
    let sample_spec = mono(source.sample_spec.sample_rate)?;
    let params = RecordStreamParams {
        sample_spec,
        channel_map: ChannelMap::mono(),
        source_index: Some(source.index),
        buffer_attr: BufferAttr { fragment_size: bytes(PERIOD, sample_spec), ..BufferAttr::default() },
        flags: StreamFlags { adjust_latency: true, no_move: by_name, ..StreamFlags::default() },
        props: phone(),
        ..RecordStreamParams::default()
    };
    let _: CreateRecordStreamReply = connection.ask(&Command::CreateRecordStream(params))?;
    connection.wait_for_ever()?;
    let line = Line::new(&connection)?;
    let clock = line.opened;
    let (end, intake) = intake(sample_spec.sample_rate, PERIOD);
    spawn("sound-in", move || {
        let meter = end.meter().clone();
        let ended = keep_recording(connection, end, clock);
        tracing::debug!(?ended, "a microphone's stream ended");
        meter.die();
    })?;
    Ok(PulseCapture { line, intake })
}

/// Opens a stream that plays. One that was asked for by name ends with its device; another may be moved.
pub(super) fn play(mut connection: Connection, sink: &SinkInfo, by_name: bool) -> Result<PulsePlayback, ProtocolError> {
    let sample_spec = mono(sink.sample_spec.sample_rate)?;
    let params = PlaybackStreamParams {
        sample_spec,
        channel_map: ChannelMap::mono(),
        sink_index: Some(sink.index),
        buffer_attr: stored(STORE, sample_spec),
        flags: StreamFlags { adjust_latency: true, no_move: by_name, ..StreamFlags::default() },
        props: phone(),
        ..PlaybackStreamParams::default()
    };
    let stream: CreatePlaybackStreamReply = connection.ask(&Command::CreatePlaybackStream(params))?;
    connection.wait_for_ever()?;
    let line = Line::new(&connection)?;
    let (end, outlet) = outlet(sample_spec.sample_rate);
    let player = Player {
        connection,
        end,
        clock: line.opened,
        stream,
        sample_spec,
        store: STORE,
        stored_at: Duration::ZERO,
        block: Vec::new(),
    };
    spawn("sound-out", move || {
        let meter = player.end.meter().clone();
        let ended = player.keep_playing();
        tracing::debug!(?ended, "a speaker's stream ended");
        meter.die();
    })?;
    Ok(PulsePlayback { line, outlet })
}

/// An open microphone.
pub(super) struct PulseCapture {
    line: Line,
    intake: Intake,
}

impl Capture for PulseCapture {
    fn read(&mut self, frame: &mut Frame) -> Flow {
        self.intake.read(frame, self.line.opened.elapsed())
    }
}

/// An open speaker.
pub(super) struct PulsePlayback {
    line: Line,
    outlet: Outlet,
}

impl Playback for PulsePlayback {
    fn write(&mut self, frame: &Frame) -> Flow {
        self.outlet.write(frame, self.line.opened.elapsed())
    }

    fn delay(&self) -> Option<Duration> {
        Some(self.outlet.delay())
    }
}

/// The hub's hold on a stream: dropping it closes the connection, which ends the stream and its thread.
struct Line {
    socket: UnixStream,
    /// The start of the stream's clock.
    opened: Instant,
}

impl Line {
    #[expect(clippy::disallowed_methods, reason = "a device's clock is read where the device is: this is its driver")]
    fn new(connection: &Connection) -> io::Result<Self> {
        Ok(Self { socket: connection.socket()?, opened: Instant::now() })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // It fails when the server closed first.
        drop(self.socket.shutdown(Shutdown::Both));
    }
}

fn keep_recording(mut connection: Connection, mut end: CaptureEnd, clock: Instant) -> Result<(), ProtocolError> {
    loop {
        match connection.hear()? {
            Heard::Sound(bytes) => {
                let samples = bytes.chunks_exact(SAMPLE_BYTES).map(|bytes| bytes.try_into().map_or(0.0, f32::from_le_bytes));
                end.take(samples, clock.elapsed());
            }
            Heard::Killed => return Ok(()),
            // A stream that was put to sleep is taken for dead soon enough, for want of sound.
            Heard::Request(_) | Heard::Underflow | Heard::Other => {}
        }
    }
}

/// The thread of a speaker.
struct Player {
    connection: Connection,
    end: PlaybackEnd,
    clock: Instant,
    stream: CreatePlaybackStreamReply,
    sample_spec: SampleSpec,
    store: Duration,
    /// When that was changed, on the stream's clock.
    stored_at: Duration,
    block: Vec<u8>,
}

impl Player {
    fn keep_playing(mut self) -> Result<(), ProtocolError> {
        self.block.reserve_exact(DESCRIPTOR_SIZE + BLOCK_SAMPLES * SAMPLE_BYTES);
        // Not a sign of life, which only the device's own requests are: one that slept takes its time.
        self.send(self.stream.requested_bytes)?;
        loop {
            match self.connection.hear()? {
                Heard::Request(length) => {
                    let ahead = self.store().saturating_sub(self.sample_spec.bytes_to_duration(length as usize));
                    self.end.called(self.clock.elapsed(), ahead + Duration::from_micros(self.stream.stream_latency));
                    self.send(length)?;
                    self.store_less()?;
                }
                Heard::Underflow => self.store_more()?,
                Heard::Killed => return Ok(()),
                Heard::Sound(_) | Heard::Other => {}
            }
        }
    }

    /// Sends as many bytes as the server asks for.
    fn send(&mut self, bytes: u32) -> Result<(), ProtocolError> {
        let mut samples =
            usize::try_from(bytes).unwrap_or(0).min(SAMPLE_BYTES * self.sample_spec.sample_rate as usize) / SAMPLE_BYTES;
        while samples > 0 {
            let count = samples.min(BLOCK_SAMPLES);
            samples -= count;
            self.block.resize(DESCRIPTOR_SIZE, 0);
            for _ in 0..count {
                let sample = self.end.next().clamp(-1.0, 1.0);
                self.block.extend_from_slice(&sample.to_le_bytes());
            }
            self.connection.send(self.stream.channel, &mut self.block)?;
        }
        Ok(())
    }

    /// How much the server keeps in store.
    fn store(&self) -> Duration {
        self.sample_spec.bytes_to_duration(self.stream.buffer_attr.target_length as usize)
    }

    /// The server ran dry: this machine cannot keep up with so small a store.
    fn store_more(&mut self) -> Result<(), ProtocolError> {
        let since_last = self.clock.elapsed().saturating_sub(self.stored_at);
        if since_last < ONE_TROUBLE || self.store >= LONGEST_STORE {
            return Ok(());
        }
        self.set_store(self.store + PERIOD)
    }

    /// It has not for a while.
    fn store_less(&mut self) -> Result<(), ProtocolError> {
        let since_last = self.clock.elapsed().saturating_sub(self.stored_at);
        if since_last < CALM || self.store <= STORE {
            return Ok(());
        }
        self.set_store(self.store - PERIOD)
    }

    fn set_store(&mut self, store: Duration) -> Result<(), ProtocolError> {
        tracing::debug!(?store, "the sound server's store changes");
        self.store = store;
        self.stored_at = self.clock.elapsed();
        let buffer_attr = stored(store, self.sample_spec);
        self.stream.buffer_attr.target_length = buffer_attr.target_length;
        self.connection.tell(&Command::SetPlaybackStreamBufferAttr(SetPlaybackStreamBufferAttrParams {
            index: self.stream.channel,
            buffer_attr,
            adjust_latency: true,
            early_requests: false,
        }))
    }
}

/// A store of that length, which is asked to be filled up in periods and plays whatever is in it.
fn stored(store: Duration, sample_spec: SampleSpec) -> BufferAttr {
    BufferAttr {
        target_length: bytes(store, sample_spec),
        minimum_request_length: bytes(PERIOD, sample_spec),
        pre_buffering: 0,
        ..BufferAttr::default()
    }
}

/// Our form of sound at the device's own rate, so that it is resampled once: here, where the drift is taken out, too.
fn mono(sample_rate: u32) -> Result<SampleSpec, ProtocolError> {
    if !(1_000..=768_000).contains(&sample_rate) {
        return Err(ProtocolError::Invalid(format!("a device with {sample_rate} samples per second")));
    }
    Ok(SampleSpec { format: SampleFormat::Float32Le, channels: 1, sample_rate })
}

fn bytes(span: Duration, spec: SampleSpec) -> u32 {
    let samples = u64::from(spec.sample_rate) * span.as_micros() as u64 / 1_000_000;
    u32::try_from(samples.max(1) * SAMPLE_BYTES as u64).unwrap_or(u32::MAX)
}

/// Tells the server that this is a call: it may quieten music meanwhile, and prefer a headset.
fn phone() -> Props {
    let mut props = Props::new();
    props.set(Prop::MediaName, c"Call");
    props.set(Prop::MediaRole, c"phone");
    props
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            priority::raise();
            work();
        })
        .map(drop)
}
