//! Both sides of a call as Opus in Ogg (RFC 7845): a stream for each, so that neither is heard in the other's channel.

use std::io::{self, Write};

use opus::{Application, Bitrate, Channels, Encoder, Signal};

use crate::{Frame, SAMPLE_RATE_HZ, wav::recorder::Form};

/// Per side; speech is transparent at it.
const BITRATE: i32 = 32_000;
/// 20 ms, two of our frames.
const PACKET_SAMPLES: usize = 960;
/// RFC 7845 section 4 counts in this rate, whatever is encoded.
const _: () = assert!(SAMPLE_RATE_HZ == 48_000);
/// Room for a packet; the highest rate of Opus needs less (RFC 6716 section 3.2.1).
const LONGEST_PACKET: usize = 1_275;
/// Segments that a page can list (RFC 3533 section 6).
const MOST_SEGMENTS: usize = 255;
/// A file holds one stream, so any number will do.
const SERIAL: u32 = 1;

const BEGINS: u8 = 0x02;
const ENDS: u8 = 0x04;

/// A file being written.
pub(crate) struct OggOpus<W> {
    file: W,
    sides: [Side; 2],
    /// Packets of the next page, and how long each is as Ogg lists it.
    page: Vec<u8>,
    segments: Vec<u8>,
    pages: u32,
    /// Samples that were given, and samples that were encoded; the encoder begins `skip` samples before the sound.
    taken: u64,
    encoded: u64,
    skip: u16,
}

struct Side {
    encoder: Encoder,
    waiting: Vec<f32>,
}

impl Side {
    fn new() -> Result<Self, opus::Error> {
        let mut encoder = Encoder::new(SAMPLE_RATE_HZ, Channels::Mono, Application::Audio)?;
        encoder.set_bitrate(Bitrate::Bits(BITRATE))?;
        encoder.set_signal(Signal::Voice)?;
        Ok(Self { encoder, waiting: Vec::with_capacity(PACKET_SAMPLES) })
    }
}

impl<W: Write> OggOpus<W> {
    /// Writes the two header pages.
    pub(crate) fn begin(file: W) -> io::Result<Self> {
        let mut sides = [Side::new().map_err(broken)?, Side::new().map_err(broken)?];
        let skip = sides[0].encoder.get_lookahead().map_err(broken)?;
        let skip = u16::try_from(skip).unwrap_or_default();
        let (page, segments) = (Vec::new(), Vec::new());
        let mut file = Self { file, sides, page, segments, pages: 0, taken: 0, encoded: 0, skip };
        let mut head = b"OpusHead\x01\x02".to_vec();
        head.extend(skip.to_le_bytes());
        head.extend(SAMPLE_RATE_HZ.to_le_bytes());
        // No gain; mapping family 1 (section 5.1.1.2): two streams, none of them coupled, the first is the left channel.
        head.extend([0, 0, 1, 2, 0, 0, 1]);
        file.add(&head)?;
        file.write_page(BEGINS, 0)?;
        let vendor = opus::version();
        let mut tags = b"OpusTags".to_vec();
        tags.extend(u32::try_from(vendor.len()).unwrap_or_default().to_le_bytes());
        tags.extend(vendor.as_bytes());
        tags.extend(0_u32.to_le_bytes());
        file.add(&tags)?;
        file.write_page(0, 0)?;
        file.file.flush()?;
        Ok(file)
    }

    fn encode_when_full(&mut self, sides: &[Frame; 2]) -> io::Result<()> {
        for (side, frame) in self.sides.iter_mut().zip(sides) {
            side.waiting.extend_from_slice(frame);
        }
        self.taken += sides[0].len() as u64;
        if self.sides[0].waiting.len() >= PACKET_SAMPLES { self.encode() } else { Ok(()) }
    }

    fn encode(&mut self) -> io::Result<()> {
        let mut packets = [const { Vec::new() }; 2];
        for (side, packet) in self.sides.iter_mut().zip(&mut packets) {
            *packet = side.encoder.encode_vec_float(&side.waiting, LONGEST_PACKET).map_err(broken)?;
            side.waiting.clear();
        }
        self.encoded += PACKET_SAMPLES as u64;
        let [left, right] = packets;
        // All but the last stream say how long they are (RFC 6716 appendix B): after the first byte, for there is one frame.
        let mut both = Vec::with_capacity(left.len() + right.len() + 2);
        let (first, frame) = left.split_at(left.len().min(1));
        both.extend(first);
        match u8::try_from(frame.len()) {
            Ok(length) if length < 252 => both.push(length),
            _ => {
                let low = 252 + (frame.len() & 3);
                both.extend([low, (frame.len() - low) / 4].map(|byte| byte as u8));
            }
        }
        both.extend(frame);
        both.extend(right);
        self.add(&both)
    }

    /// Puts a packet into the page, or into a new one when it is full.
    fn add(&mut self, packet: &[u8]) -> io::Result<()> {
        // A packet that fills its last segment is followed by an empty one (RFC 3533 section 5).
        let segments = packet.len() / 255 + 1;
        if self.segments.len() + segments > MOST_SEGMENTS {
            self.write_page(0, self.encoded.saturating_sub(PACKET_SAMPLES as u64))?;
        }
        self.segments.resize(self.segments.len() + segments - 1, 255);
        self.segments.push((packet.len() % 255) as u8);
        self.page.extend(packet);
        Ok(())
    }

    fn write_page(&mut self, kind: u8, position: u64) -> io::Result<()> {
        let mut page = b"OggS\x00".to_vec();
        page.push(kind);
        page.extend(position.to_le_bytes());
        page.extend(SERIAL.to_le_bytes());
        page.extend(self.pages.to_le_bytes());
        let checksum_at = page.len();
        page.extend([0; 4]);
        page.push(self.segments.len() as u8);
        page.append(&mut self.segments);
        page.append(&mut self.page);
        let checksum = checksum(&page);
        page[checksum_at..checksum_at + 4].copy_from_slice(&checksum.to_le_bytes());
        self.pages += 1;
        self.file.write_all(&page)
    }
}

impl<W: Write + Send> Form<2> for OggOpus<W> {
    fn write(&mut self, sides: &[Frame; 2]) -> Result<(), hound::Error> {
        Ok(self.encode_when_full(sides)?)
    }

    fn flush(&mut self) -> Result<(), hound::Error> {
        if !self.segments.is_empty() {
            self.write_page(0, self.encoded)?;
        }
        Ok(self.file.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), hound::Error> {
        let end = self.taken + u64::from(self.skip);
        while self.encoded < end {
            self.sides.iter_mut().for_each(|side| side.waiting.resize(PACKET_SAMPLES, 0.0));
            self.encode()?;
        }
        // The last page tells where the sound ends within it (RFC 7845 section 4.4).
        self.write_page(ENDS, end)?;
        Ok(self.file.flush()?)
    }
}

/// The CRC of Ogg: polynomial 0x04c11db7, neither mirrored nor inverted (RFC 3533 section 6).
fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |crc, byte| {
        (0..8)
            .fold(crc ^ (u32::from(*byte) << 24), |crc: u32, _| if crc >> 31 == 1 { (crc << 1) ^ 0x04c1_1db7 } else { crc << 1 })
    })
}

fn broken(error: opus::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

#[cfg(test)]
mod tests {
    use opus::Decoder;

    use super::*;
    use crate::FRAME_SAMPLES;

    #[test]
    fn the_checksum_is_that_of_ogg() {
        // The check value of CRC-32/CKSUM, which differs from it in the last inversion only.
        assert_eq!(checksum(b"123456789"), 0x89a1_897f);
    }

    #[test]
    fn both_sides_are_there_whole_and_apart() {
        let mut bytes = Vec::new();
        let mut file = Box::new(OggOpus::begin(&mut bytes).expect("memory takes it"));
        let tone = |hz: f64, at: usize| (0.5 * (std::f64::consts::TAU * hz * at as f64 / 48_000.0).sin()) as f32;
        // An odd number of frames: the last packet is half full.
        for frame in 0..201 {
            let side = |hz| std::array::from_fn::<f32, FRAME_SAMPLES, _>(|at| tone(hz, frame * FRAME_SAMPLES + at));
            file.write(&[side(440.0), side(700.0)]).expect("memory takes it");
            if frame % 50 == 49 {
                file.flush().expect("memory takes it");
            }
        }
        file.finish().expect("memory takes it");
        let mut rest = &bytes[..];
        let (mut packets, mut end, mut last) = (Vec::new(), 0, 0);
        while let Some((head, after)) = rest.split_at_checked(27) {
            assert_eq!(&head[..5], b"OggS\0");
            last = head[5];
            end = u64::from_le_bytes(head[6..14].try_into().expect("eight"));
            let (segments, mut after) = after.split_at(head[26].into());
            let length: usize = segments.iter().map(|segment| usize::from(*segment)).sum();
            let mut page = [head, segments, &after[..length]].concat();
            page[22..26].fill(0);
            assert_eq!(head[22..26], checksum(&page).to_le_bytes());
            for packet in segments.split_inclusive(|segment| *segment < 255) {
                let (packet, further) = after.split_at(packet.iter().map(|segment| usize::from(*segment)).sum());
                packets.push(packet);
                after = further;
            }
            rest = after;
        }
        assert!(rest.is_empty() && last == ENDS);
        assert!(packets[0].starts_with(b"OpusHead") && packets[1].starts_with(b"OpusTags"));
        let skip = usize::from(u16::from_le_bytes([packets[0][10], packets[0][11]]));
        assert_eq!(end, (201 * FRAME_SAMPLES + skip) as u64);
        let mut decoders = [(); 2].map(|()| Decoder::new(48_000, Channels::Mono).expect("a decoder"));
        let mut heard = [Vec::new(), Vec::new()];
        for packet in &packets[2..] {
            let length = usize::from(packet[1]);
            assert!(length < 252, "speech at this rate is short");
            let left = [&packet[..1], &packet[2..2 + length]].concat();
            for (side, (decoder, packet)) in decoders.iter_mut().zip([&left[..], &packet[2 + length..]]).enumerate() {
                let mut sound = [0.0; PACKET_SAMPLES];
                let count = decoder.decode_float(packet, &mut sound, false).expect("a packet of Opus");
                heard[side].extend_from_slice(&sound[..count]);
            }
        }
        for (side, hz, other) in [(0, 440.0, 700.0), (1, 700.0, 440.0)] {
            let sound = &heard[side][skip..];
            assert!(sound.len() >= 201 * FRAME_SAMPLES, "{} samples", sound.len());
            let level = |hz| crate::testing::tone_dbfs(&sound[9_600..86_400], hz);
            assert!((level(hz) + 6.0).abs() < 1.0 && level(other) < -50.0, "{} {} dBFS", level(hz), level(other));
        }
    }
}
