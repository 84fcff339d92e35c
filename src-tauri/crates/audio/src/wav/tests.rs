use std::{f32::consts::TAU, fs, sync::Mutex};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use super::*;
use crate::{FRAME_SAMPLES, MemoryHost, NullHost, testing::tone_dbfs};

fn spec(channels: u16, sample_rate: u32, bits_per_sample: u16, sample_format: SampleFormat) -> WavSpec {
    WavSpec { channels, sample_rate, bits_per_sample, sample_format }
}

/// A second of 1 kHz at -6 dBFS on every channel.
fn write_tone(path: &Path, spec: WavSpec) {
    let mut writer = WavWriter::create(path, spec).expect("the folder is writable");
    for n in 0..spec.sample_rate {
        let sample = 0.5 * (TAU * (1_000.0 * n as f32 / spec.sample_rate as f32).fract()).sin();
        for _ in 0..spec.channels {
            match spec.sample_format {
                SampleFormat::Float => writer.write_sample(sample),
                SampleFormat::Int => writer.write_sample((sample * (1_i64 << (spec.bits_per_sample - 1)) as f32) as i32),
            }
            .expect("the disk is not full");
        }
    }
    writer.finalize().expect("the disk is not full");
}

fn playing(path: &Path, repeat: bool) -> WavHost {
    let files = WavFiles { play: Some(path.to_owned()), repeat, ..WavFiles::default() };
    WavHost::new(files, Arc::new(NullHost)).expect("the file is good")
}

fn read(microphone: &mut dyn Capture, frames: usize) -> Vec<f32> {
    let mut samples = Vec::new();
    for _ in 0..frames {
        let mut frame = [0.0; FRAME_SAMPLES];
        assert_eq!(microphone.read(&mut frame), Flow::Ok);
        samples.extend(frame);
    }
    samples
}

#[test]
fn files_of_any_rate_form_and_channels_sound_the_same() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("tone.wav");
    for spec in [
        spec(1, 48_000, 16, SampleFormat::Int),
        spec(2, 44_100, 16, SampleFormat::Int),
        spec(1, 8_000, 16, SampleFormat::Int),
        spec(1, 8_000, 8, SampleFormat::Int),
        spec(6, 96_000, 24, SampleFormat::Int),
        spec(2, 22_050, 32, SampleFormat::Int),
        spec(2, 16_000, 32, SampleFormat::Float),
    ] {
        write_tone(&path, spec);
        let host = playing(&path, false);
        let mut microphone = host.open_microphone(None).expect("the file is good");
        let samples = read(&mut *microphone, 90);
        let level = tone_dbfs(&samples[4_800..], 1_000.0);
        assert!((-9.3..-5.8).contains(&level), "{spec:?}: {level} dBFS");
        assert!(!host.finished());
        read(&mut *microphone, 20);
        assert!(host.finished(), "{spec:?}");
    }
}

/// A file of these chunks, which says of itself that it is so long.
fn write_chunks(path: &Path, says: u32, chunks: &[Vec<u8>]) {
    let bytes = [b"RIFF", &says.to_le_bytes()[..], b"WAVE", &chunks.concat()].concat();
    fs::write(path, bytes).expect("there is room");
}

fn chunk(kind: &[u8; 4], length: u32, content: &[u8]) -> Vec<u8> {
    [&kind[..], &length.to_le_bytes(), content].concat()
}

#[test]
fn files_of_pipes_and_editors_are_played_to_their_end() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("odd.wav");
    // 8 kHz, mono, 16 bits; and the same with more of it than there is to say.
    let form: [u8; 16] = [1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0];
    let longer = [&form[..], &[0; 4]].concat();
    let sound: Vec<u8> = (0..4_001).flat_map(|n| (if n % 8 < 4 { 16_000_i16 } else { -16_000 }).to_le_bytes()).collect();
    let whole = sound.len() as u32;
    let (usual, data) = (chunk(b"fmt ", 16, &form), |says: u32| chunk(b"data", says, &sound));
    for (name, says, chunks) in [
        ("an odd chunk, filled up", 1, vec![chunk(b"LIST", 5, b"hello\0"), usual.clone(), data(whole)]),
        ("an odd chunk, not filled up", 1, vec![chunk(b"LIST", 5, b"hello"), usual.clone(), data(whole)]),
        ("a form of twenty bytes", 1, vec![chunk(b"fmt ", 20, &longer), data(whole)]),
        ("a pipe that knew nothing", 0, vec![usual.clone(), data(0)]),
        ("a pipe that promised everything", u32::MAX, vec![usual.clone(), data(u32::MAX)]),
        ("half a sample at the end", 1, vec![usual.clone(), data(whole - 1)]),
        ("something behind", 1, vec![usual.clone(), data(whole), chunk(b"LIST", 3, b"end")]),
    ] {
        write_chunks(&path, says, &chunks);
        let host = playing(&path, false);
        let mut microphone = host.open_microphone(None).expect("the file is good");
        let heard = read(&mut *microphone, 60);
        let loud = heard.iter().filter(|sample| sample.abs() > 0.2).count();
        assert!((20_000..=24_010).contains(&loud), "{name}: {loud} samples");
        assert!(host.finished(), "{name}");
    }
    let doubles: Vec<u8> = (0..480).flat_map(|n| (if n % 2 == 0 { 0.5_f64 } else { f64::NAN }).to_le_bytes()).collect();
    let form = [3, 0, 1, 0, 0x80, 0xBB, 0, 0, 0, 0, 0, 0, 8, 0, 64, 0];
    write_chunks(&path, 1, &[chunk(b"fmt ", 16, &form), chunk(b"data", 3_840, &doubles)]);
    assert_eq!(read(&mut *playing(&path, false).open_microphone(None).expect("it is good"), 1)[..3], [0.5, 0.0, 0.5]);
}

#[test]
fn files_of_many_channels_are_played_and_those_that_no_disk_could_feed_are_refused() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("many.wav");
    let form = |channels: u16, rate_hz: u32| {
        let block = channels.saturating_mul(2);
        [&[1, 0], &channels.to_le_bytes()[..], &rate_hz.to_le_bytes(), &[0; 4], &block.to_le_bytes(), &[16, 0]].concat()
    };
    let sound = |channels: u16| -> Vec<u8> {
        let sides = [8_000_i16, 16_000].into_iter().chain(std::iter::repeat(i16::MAX)).take(channels.into());
        let block: Vec<u8> = sides.flat_map(i16::to_le_bytes).collect();
        block.repeat(960)
    };
    for channels in [1, 2, 3, 64] {
        let sound = sound(channels);
        write_chunks(&path, 1, &[chunk(b"fmt ", 16, &form(channels, 48_000)), chunk(b"data", sound.len() as u32, &sound)]);
        let host = playing(&path, false);
        let heard = read(&mut *host.open_microphone(None).expect("the file is good"), 3);
        let wanted = if channels == 1 { 8_000.0 } else { 12_000.0 } / 32_768.0;
        assert!(heard[..960].iter().all(|sample| (sample - wanted).abs() < 1e-4) && heard[960] == 0.0, "{channels} channels");
    }
    let refusal = |chunks: &[Vec<u8>]| {
        write_chunks(&path, 1, chunks);
        let files = WavFiles { play: Some(path.clone()), ..WavFiles::default() };
        WavHost::new(files, Arc::new(NullHost)).err().map(|error| error.to_string()).unwrap_or_default()
    };
    for (channels, rate_hz, why) in [(2_000, 48_000, "form"), (2_000, 26_000, "form"), (0, 48_000, "no sound"), (1, 0, "form")] {
        let said = refusal(&[chunk(b"fmt ", 16, &form(channels, rate_hz)), chunk(b"data", 38_400, &[0; 38_400])]);
        assert!(said.contains(why), "{channels} channels at {rate_hz} Hz: {said:?}");
    }
    let said = refusal(&vec![chunk(b"junk", 0, b""); 100_000]);
    assert!(said.contains("it is not a WAV file"), "{said:?}");
}

#[test]
fn a_repeated_file_never_ends_and_an_opened_microphone_begins_at_its_start() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("tone.wav");
    write_tone(&path, spec(1, 48_000, 16, SampleFormat::Int));
    let host = playing(&path, true);
    let mut microphone = host.open_microphone(None).expect("the file is good");
    let samples = read(&mut *microphone, 350);
    assert!(samples.chunks(480).skip(1).all(|chunk| chunk.iter().any(|sample| sample.abs() > 0.4)));
    assert!(!host.finished());
    let mut again = host.open_microphone(None).expect("the file is good");
    assert_eq!(read(&mut *again, 5), samples[..5 * 480]);
}

#[test]
fn a_recording_is_complete_when_the_host_is_dropped_and_readable_before() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("heard.wav");
    let files = WavFiles { record: Some(path.clone()), ..WavFiles::default() };
    let beneath = MemoryHost::desk();
    let host = WavHost::new(files, Arc::new(beneath.clone())).expect("the folder is writable");
    assert_eq!(WavReader::open(&path).expect("it has a header from the start").duration(), 0);
    let mut speaker = host.open_speaker(None).expect("the desk has one");
    for _ in 0..75 {
        assert_eq!(speaker.write(&[0.25; FRAME_SAMPLES]), Flow::Ok);
    }
    assert_eq!(beneath.take_played("memory:spk"), vec![0.25; 75 * FRAME_SAMPLES]);
    drop(speaker);
    drop(host);
    let mut reader = WavReader::open(&path).expect("it is complete");
    assert_eq!(reader.duration() as usize, 75 * FRAME_SAMPLES);
    assert!(reader.samples::<i16>().all(|sample| sample.is_ok_and(|sample| sample == 8_192)));
}

#[test]
fn a_microphone_is_recorded_as_it_was_heard() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("said.wav");
    let files = WavFiles { record_microphone: Some(path.clone()), ..WavFiles::default() };
    let beneath = MemoryHost::desk();
    let host = WavHost::new(files, Arc::new(beneath.clone())).expect("the folder is writable");
    let mut microphone = host.open_microphone(None).expect("the desk has one");
    beneath.say("memory:mic", &[-0.5; 480]);
    read(&mut *microphone, 2);
    beneath.unplug("memory:mic");
    let mut frame = [0.0; FRAME_SAMPLES];
    assert_eq!(microphone.read(&mut frame), Flow::Gone);
    drop((microphone, host));
    let mut reader = WavReader::open(&path).expect("it is complete");
    let samples: Vec<i16> = reader.samples().map_while(Result::ok).collect();
    assert_eq!((samples.len(), samples[0], samples[480]), (960, -16_384, 0));
}

#[test]
fn what_cannot_be_played_or_written_is_said_in_words() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = |name: &str| folder.path().join(name);
    let refusal = |files: WavFiles| match WavHost::new(files, Arc::new(NullHost)) {
        Ok(_) => "none".to_owned(),
        Err(error) => error.to_string(),
    };
    let play = |path: PathBuf| WavFiles { play: Some(path), ..WavFiles::default() };
    assert!(refusal(play(path("none.wav"))).ends_with("none.wav: there is no such file or folder"));
    fs::write(path("text.wav"), "not at all a sound, but longer than any header").expect("there is room");
    assert!(refusal(play(path("text.wav"))).contains("it is not a WAV file"));
    fs::write(path("short.wav"), "RIFF").expect("there is room");
    assert!(refusal(play(path("short.wav"))).contains("it is not a WAV file"));
    let empty = WavWriter::create(path("empty.wav"), spec(1, 8_000, 16, SampleFormat::Int)).expect("there is room");
    empty.finalize().expect("there is room");
    assert!(refusal(play(path("empty.wav"))).ends_with("there is no sound in it"));
    write_tone(&path("tone.wav"), spec(1, 8_000, 16, SampleFormat::Int));
    let both = WavFiles { record: Some(path("tone.wav")), ..play(path("tone.wav")) };
    assert!(refusal(both).ends_with("it cannot be played and written at once"));
    let nowhere = WavFiles { record: Some(path("no/where.wav")), ..WavFiles::default() };
    assert!(refusal(nowhere).ends_with("where.wav: there is no such file or folder"));
}

#[test]
fn a_damaged_file_ends_or_is_refused_and_never_breaks() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("damaged.wav");
    write_tone(&path, spec(2, 8_000, 16, SampleFormat::Int));
    let good = fs::read(&path).expect("it was just written");
    let mut random = crate::testing::Random::new(5);
    for round in 0..500 {
        let mut bytes = good.clone();
        if round % 3 == 0 {
            bytes.truncate((random.next().abs() * 400.0) as usize);
        }
        for _ in 0..4 {
            let place = (random.next().abs() * 60.0) as usize;
            if let Some(byte) = bytes.get_mut(place) {
                *byte = (random.next().abs() * 255.0) as u8;
            }
        }
        fs::write(&path, &bytes).expect("there is room");
        if let Ok(mut player) = WavPlayer::open(&path, round % 2 == 0) {
            let mut frame = [0.0; FRAME_SAMPLES];
            for _ in 0..20 {
                player.fill(&mut frame);
                assert!(frame.iter().all(|sample| sample.abs() < 4.0));
            }
        }
    }
}

/// A disk with room for so many bytes.
struct SmallDisk(std::io::Cursor<Vec<u8>>, usize);

impl std::io::Write for SmallDisk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.get_ref().len() + bytes.len() > self.1 {
            return Err(ErrorKind::StorageFull.into());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl std::io::Seek for SmallDisk {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_full_disk_ends_a_recording_in_words_and_holds_nobody_up() {
    let disk = SmallDisk(std::io::Cursor::default(), 10_000);
    let recorder = recorder::Recorder::<2>::in_wav(Path::new("call.wav"), disk).expect("there is room for a beginning");
    for _ in 0..200 {
        recorder.take([&[0.1; FRAME_SAMPLES]; 2]);
    }
    recorder.finish();
    assert_eq!(recorder.trouble().map(|error| error.to_string()), Some("call.wav: the disk is full".into()));
    recorder.take([&[0.1; FRAME_SAMPLES]; 2]);
}

/// A disk that writes only while nobody holds its gate, onto what can be read afterwards.
#[derive(Clone, Default)]
struct SlowDisk {
    gate: Arc<Mutex<()>>,
    written: Arc<Mutex<std::io::Cursor<Vec<u8>>>>,
}

impl std::io::Write for SlowDisk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _open = self.gate.lock().expect("not poisoned");
        std::io::Write::write(&mut *self.written.lock().expect("not poisoned"), bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl std::io::Seek for SlowDisk {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        std::io::Seek::seek(&mut *self.written.lock().expect("not poisoned"), to)
    }
}

#[test]
fn for_a_disk_that_stands_still_ten_seconds_are_kept_and_no_more() {
    let disk = SlowDisk::default();
    let recorder = recorder::Recorder::<1>::in_wav(Path::new("call.wav"), disk.clone()).expect("there is room for a beginning");
    let shut = disk.gate.lock().expect("not poisoned");
    for _ in 0..1_500 {
        recorder.take([&[0.1; FRAME_SAMPLES]]);
    }
    drop(shut);
    recorder.finish();
    let bytes = disk.written.lock().expect("not poisoned").get_ref().clone();
    let samples: Vec<i16> = WavReader::new(&bytes[..]).expect("it is complete").samples().map_while(Result::ok).collect();
    assert_eq!(samples.len(), 1_500 * FRAME_SAMPLES, "what was lost is silence");
    let kept = samples.iter().filter(|sample| **sample != 0).count() / FRAME_SAMPLES;
    // Beside those that waited, some were being written.
    assert!((1_000..=1_020).contains(&kept), "{kept} frames");
}

#[test]
fn what_a_killed_program_leaves_can_be_played_up_to_the_last_half_second() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("killed.wav");
    let recorder = recorder::Recorder::<2>::create_new(&path).expect("the folder is writable");
    for _ in 0..120 {
        recorder.take([&[0.1; FRAME_SAMPLES], &[0.2; FRAME_SAMPLES]]);
    }
    // Never finished, never dropped: as if the program were gone.
    std::mem::forget(recorder);
    let there = || WavReader::open(&path).map_or(0, |reader| reader.duration());
    while there() < 48_000 {
        std::thread::yield_now();
    }
    let mut reader = WavReader::open(&path).expect("it can be opened");
    assert!(reader.samples::<i16>().take(96_000).all(|sample| sample.is_ok()));
}
