//! Opening cpal's streams: any rate, any number of channels, any sample format.

use std::time::Duration;

use cpal::{
    BufferSize, Error, ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig, StreamInstant,
    SupportedBufferSize, SupportedStreamConfig,
    traits::{DeviceTrait, StreamTrait},
};

use super::{
    intake::{CaptureEnd, Intake, intake},
    meter::Meter,
    outlet::{Outlet, PlaybackEnd, outlet},
};

/// How often a device shall call back, in times per second: every 10 ms, as the hub ticks.
const CALLBACKS_PER_S: u32 = 100;

/// Opens and starts a microphone.
pub(crate) fn open_capture(device: &cpal::Device) -> Result<(Stream, Intake), Error> {
    let supported = device.default_input_config()?;
    with_short_periods(&supported, |config| {
        let period = Duration::from_secs(1) / CALLBACKS_PER_S;
        let (end, intake) = intake(config.sample_rate, period);
        let stream = build_capture(device, config, supported.sample_format(), end)?;
        stream.play()?;
        Ok((stream, intake))
    })
}

/// Opens and starts a speaker.
pub(crate) fn open_playback(device: &cpal::Device) -> Result<(Stream, Outlet), Error> {
    let supported = device.default_output_config()?;
    with_short_periods(&supported, |config| {
        let (end, outlet) = outlet(config.sample_rate);
        let stream = build_playback(device, config, supported.sample_format(), end)?;
        stream.play()?;
        Ok((stream, outlet))
    })
}

/// A moment on a stream's own clock.
pub(crate) fn on_clock(moment: StreamInstant) -> Duration {
    Duration::from_nanos(u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX))
}

/// Tries short periods first, and what the device would choose where it refuses them.
fn with_short_periods<R>(supported: &SupportedStreamConfig, open: impl Fn(StreamConfig) -> Result<R, Error>) -> Result<R, Error> {
    let default = supported.config();
    let period = (default.sample_rate / CALLBACKS_PER_S).max(1);
    let period = match *supported.buffer_size() {
        SupportedBufferSize::Range { min, max } if min <= max => period.clamp(min.max(1), max.max(1)),
        SupportedBufferSize::Range { .. } | SupportedBufferSize::Unknown => period,
    };
    let short = StreamConfig { buffer_size: BufferSize::Fixed(period), ..default };
    open(short).or_else(|error| match error.kind() {
        ErrorKind::UnsupportedConfig | ErrorKind::InvalidInput | ErrorKind::BackendError => open(default),
        _ => Err(error),
    })
}

/// Calls a generic function with the type of a sample format.
macro_rules! by_format {
    ($format:expr, $function:ident($($argument:expr),*)) => {
        match $format {
            SampleFormat::F32 => $function::<f32>($($argument),*),
            SampleFormat::F64 => $function::<f64>($($argument),*),
            SampleFormat::I8 => $function::<i8>($($argument),*),
            SampleFormat::I16 => $function::<i16>($($argument),*),
            SampleFormat::I24 => $function::<cpal::I24>($($argument),*),
            SampleFormat::I32 => $function::<i32>($($argument),*),
            SampleFormat::U8 => $function::<u8>($($argument),*),
            SampleFormat::U16 => $function::<u16>($($argument),*),
            SampleFormat::U24 => $function::<cpal::U24>($($argument),*),
            SampleFormat::U32 => $function::<u32>($($argument),*),
            other => Err(Error::with_message(ErrorKind::UnsupportedConfig, format!("samples of the form {other}"))),
        }
    };
}

fn build_capture(device: &cpal::Device, config: StreamConfig, format: SampleFormat, end: CaptureEnd) -> Result<Stream, Error> {
    by_format!(format, build_capture_of(device, config, end))
}

fn build_capture_of<S>(device: &cpal::Device, config: StreamConfig, mut end: CaptureEnd) -> Result<Stream, Error>
where
    S: SizedSample,
    f32: FromSample<S>,
{
    let channels = usize::from(config.channels.max(1));
    let meter = end.meter().clone();
    device.build_input_stream::<S, _, _>(
        config,
        move |samples, info| {
            let mono = samples.chunks_exact(channels).map(|samples| to_mono(samples));
            end.take(mono, on_clock(info.timestamp().callback));
        },
        move |error| note(&meter, &error),
        None,
    )
}

fn build_playback(device: &cpal::Device, config: StreamConfig, format: SampleFormat, end: PlaybackEnd) -> Result<Stream, Error> {
    by_format!(format, build_playback_of(device, config, end))
}

fn build_playback_of<S>(device: &cpal::Device, config: StreamConfig, mut end: PlaybackEnd) -> Result<Stream, Error>
where
    S: SizedSample + FromSample<f32>,
{
    let channels = usize::from(config.channels.max(1));
    let meter = end.meter().clone();
    device.build_output_stream::<S, _, _>(
        config,
        move |samples: &mut [S], info| {
            let moment = info.timestamp();
            end.called(on_clock(moment.callback), moment.playback.saturating_duration_since(moment.callback));
            for samples in samples.chunks_exact_mut(channels) {
                let sample = S::from_sample(end.next().clamp(-1.0, 1.0));
                // Both front channels; the others are for films.
                for (channel, place) in samples.iter_mut().enumerate() {
                    *place = if channel < 2 { sample } else { S::EQUILIBRIUM };
                }
            }
        },
        move |error| note(&meter, &error),
        None,
    )
}

/// One channel of any number: the middle of the first two, which is where a microphone is.
fn to_mono<S>(samples: &[S]) -> f32
where
    S: SizedSample,
    f32: FromSample<S>,
{
    match samples {
        [] => 0.0,
        [only] => only.to_sample::<f32>(),
        [left, right, ..] => (left.to_sample::<f32>() + right.to_sample::<f32>()) / 2.0,
    }
}

/// An error of a running stream; some of them are only news.
fn note(meter: &Meter, error: &Error) {
    match error.kind() {
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied | ErrorKind::Xrun => {}
        _ => meter.die(),
    }
}
