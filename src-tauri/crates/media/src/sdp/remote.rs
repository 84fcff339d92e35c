//! Judging and reading the far end's description.

use model::{Codec, DescriptionFault, MediaDirection};

use super::{
    Candidate, Fingerprint, Setup, TransportDescription,
    syntax::{self, Attributes, Section, Session},
};

/// More candidates than this are not looked at; each costs connectivity checks.
const MAX_CANDIDATES: usize = 40;

/// Why a description cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct Refusal {
    /// SIP status that says so: 400 for what is no description, else 488.
    pub code: u16,
    /// What does not fit.
    pub fault: DescriptionFault,
}

impl Refusal {
    fn malformed(words: String) -> Self {
        Self { code: 400, fault: DescriptionFault::Malformed { words } }
    }

    pub(crate) fn unacceptable(fault: DescriptionFault) -> Self {
        Self { code: 488, fault }
    }
}

/// A description of the far end that a call can be made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteDescription {
    /// How to reach its audio.
    pub transport: TransportDescription,
    /// What its audio may be.
    pub audio: RemoteAudio,
    /// Every section, because an answer mirrors them all (RFC 3264 section 6).
    pub(crate) sections: Vec<SectionShape>,
    /// Which of them is the audio.
    pub(crate) audio_index: usize,
    /// Whether it bundles (RFC 8843), and so whether an answer may.
    pub(crate) bundles: bool,
}

/// The audio section of the far end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteAudio {
    /// Formats we know, in its order of preference.
    pub formats: Vec<Format>,
    /// What it wants, from its own side; a connection address of zero is read as not wanting ours (RFC 3264 8.4).
    pub direction: MediaDirection,
    /// `a=ptime`, within `a=maxptime`, in ms.
    pub packet_ms: Option<u32>,
    /// `a=rtcp-mux`. Without it RTCP is multiplexed all the same: our transport has one component only.
    pub rtcp_mux: bool,
}

/// A payload type and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// Payload type.
    pub number: u8,
    /// What it stands for.
    pub kind: FormatKind,
}

/// What a payload type stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatKind {
    /// A codec we speak.
    Audio {
        /// Which.
        codec: Codec,
        /// `useinbandfec=1`.
        fec: bool,
        /// `usedtx=1`.
        dtx: bool,
        /// `maxaveragebitrate`, bit/s.
        max_bitrate: Option<u32>,
    },
    /// Digits (RFC 4733) on a clock we speak.
    TelephoneEvent {
        /// 8000 or 48000.
        clock_hz: u32,
    },
    /// Redundancy (RFC 2198) over the payload type named first in its `fmtp`.
    Red {
        /// The payload type it wraps.
        wraps: u8,
    },
}

/// A media section as an answer must mirror it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SectionShape {
    pub media: String,
    pub protocol: String,
    pub formats: String,
    pub mid: Option<String>,
}

impl RemoteDescription {
    /// Reads an offer, for a phone that speaks `codecs`.
    pub fn offer(text: &str, codecs: &[Codec]) -> Result<Self, Refusal> {
        let session = syntax::parse(text).map_err(Refusal::malformed)?;
        let is_audio = |section: &&Section<'_>| section.media.eq_ignore_ascii_case("audio");
        let switched_on = |section: &Section<'_>| section.port != 0 || section.attributes.has("bundle-only");
        if !session.sections.iter().any(|section| is_audio(&section)) {
            return Err(Refusal::unacceptable(DescriptionFault::NoAudio));
        }
        // Of several, which may be one with DTLS beside one without, the first that we can have.
        let mut refusal = None;
        for (index, _) in session.sections.iter().enumerate().filter(|(_, section)| is_audio(section) && switched_on(section)) {
            match Self::read(&session, index, codecs) {
                Ok(description) => return Ok(description),
                Err(error) => refusal = refusal.or(Some(error)),
            }
        }
        Err(refusal.unwrap_or_else(|| Refusal::unacceptable(DescriptionFault::AudioOff)))
    }

    /// Reads the answer to an offer whose audio was section `audio_index`.
    pub fn answer(text: &str, audio_index: usize, codecs: &[Codec]) -> Result<Self, Refusal> {
        let session = syntax::parse(text).map_err(Refusal::malformed)?;
        match session.sections.get(audio_index) {
            Some(section) if !section.media.eq_ignore_ascii_case("audio") => {
                Err(Refusal::unacceptable(DescriptionFault::NoAudio))
            }
            Some(section) if section.port == 0 => Err(Refusal::unacceptable(DescriptionFault::AudioOff)),
            Some(_) => Self::read(&session, audio_index, codecs),
            None => Err(Refusal::unacceptable(DescriptionFault::NoAudio)),
        }
    }

    fn read(session: &Session<'_>, index: usize, codecs: &[Codec]) -> Result<Self, Refusal> {
        let section = &session.sections[index];
        let transport = transport(session, section)?;
        let formats = formats(section, codecs);
        if !formats.iter().any(|format| matches!(format.kind, FormatKind::Audio { .. })) {
            return Err(Refusal::unacceptable(DescriptionFault::NoCodec));
        }
        let milliseconds = |name| section.attributes.first(name).and_then(|value| value.split('.').next()?.parse::<u32>().ok());
        let longest = milliseconds("maxptime").filter(|ms| *ms > 0);
        let packet_ms = milliseconds("ptime").filter(|ms| *ms > 0).map(|ms| longest.map_or(ms, |longest| ms.min(longest)));
        Ok(Self {
            transport,
            audio: RemoteAudio {
                formats,
                direction: direction(session, section),
                packet_ms: packet_ms.or(longest.filter(|longest| *longest < 20)),
                rtcp_mux: section.attributes.has("rtcp-mux"),
            },
            sections: session.sections.iter().map(SectionShape::of).collect(),
            audio_index: index,
            bundles: bundle_of(session, section).is_some(),
        })
    }
}

impl SectionShape {
    fn of(section: &Section<'_>) -> Self {
        Self {
            media: section.media.to_owned(),
            protocol: section.protocol.to_owned(),
            formats: section.formats.join(" "),
            mid: section.attributes.first("mid").map(str::to_owned),
        }
    }
}

/// The mids that this section is bundled with, its own among them.
fn bundle_of<'a>(session: &Session<'a>, section: &Section<'a>) -> Option<Vec<&'a str>> {
    let own = section.attributes.first("mid")?;
    session.attributes.all("group").find_map(|group| {
        let mut words = group.split_ascii_whitespace();
        let mids: Vec<&str> =
            words.next().filter(|semantics| semantics.eq_ignore_ascii_case("BUNDLE")).map(|_| words.collect())?;
        mids.contains(&own).then_some(mids)
    })
}

fn transport(session: &Session<'_>, section: &Section<'_>) -> Result<TransportDescription, Refusal> {
    // In a bundle the transport's lines may stand with the first section of the group alone (RFC 8843 section 7.1.3).
    let tagged = bundle_of(session, section).and_then(|mids| {
        let tag = *mids.first()?;
        session.sections.iter().find(|other| other.attributes.first("mid") == Some(tag))
    });
    let levels: Vec<&Attributes<'_>> =
        [Some(&section.attributes), Some(&session.attributes), tagged.map(|tagged| &tagged.attributes)]
            .into_iter()
            .flatten()
            .collect();
    let first = |name: &str| levels.iter().find_map(|level| level.first(name)).filter(|value| !value.is_empty());

    let fingerprint_lines: Vec<&str> = levels
        .iter()
        .map(|level| level.all("fingerprint").take(8).collect::<Vec<_>>())
        .find(|lines| !lines.is_empty())
        .unwrap_or_default();
    if fingerprint_lines.is_empty() {
        let protocol = section.protocol.to_ascii_uppercase();
        return Err(Refusal::unacceptable(if section.attributes.has("crypto") {
            DescriptionFault::Sdes
        } else if protocol.contains("SAVP") {
            DescriptionFault::NoFingerprint
        } else {
            DescriptionFault::PlainRtp { profile: section.protocol.to_owned() }
        }));
    }
    let fingerprints: Vec<Fingerprint> = fingerprint_lines.into_iter().filter_map(Fingerprint::read).collect();
    if fingerprints.is_empty() {
        return Err(Refusal::unacceptable(DescriptionFault::WeakFingerprint));
    }
    // Lengths of RFC 8839 section 5.4; browsers refuse others as well.
    let ice_ufrag = first("ice-ufrag").filter(|ufrag| (4..=256).contains(&ufrag.len()));
    let ice_pwd = first("ice-pwd").filter(|pwd| (22..=256).contains(&pwd.len()));
    let (Some(ice_ufrag), Some(ice_pwd)) = (ice_ufrag, ice_pwd) else {
        return Err(Refusal::unacceptable(DescriptionFault::NoIce));
    };
    let setup = match first("setup").map(str::to_ascii_lowercase).as_deref() {
        Some("active") => Setup::Active,
        Some("passive") => Setup::Passive,
        Some("holdconn") => return Err(Refusal::unacceptable(DescriptionFault::NotNow)),
        // Without the line either end may begin; the answerer is told to (RFC 5763 section 5).
        _ => Setup::Actpass,
    };
    let candidate_lines = |level: &Attributes<'_>| -> Vec<Candidate> {
        level.all("candidate").filter_map(|line| line.parse().ok()).filter(Candidate::is_usable).take(MAX_CANDIDATES).collect()
    };
    let own = candidate_lines(&section.attributes);
    let candidates = match tagged {
        Some(tagged) if own.is_empty() => candidate_lines(&tagged.attributes),
        _ => own,
    };
    Ok(TransportDescription {
        ice_ufrag: ice_ufrag.to_owned(),
        ice_pwd: ice_pwd.to_owned(),
        // Of the whole session (RFC 8839 section 5.3); some say it beside their candidates.
        ice_lite: levels.iter().any(|level| level.has("ice-lite")),
        fingerprints,
        setup,
        candidates,
    })
}

impl Fingerprint {
    fn read(line: &str) -> Option<Self> {
        let (algorithm, digest) = line.split_once(' ')?;
        let algorithm = algorithm.to_ascii_lowercase();
        let length = match algorithm.as_str() {
            "sha-1" => 20,
            "sha-256" => 32,
            "sha-384" => 48,
            "sha-512" => 64,
            _ => return None,
        };
        let digest: Vec<u8> = digest.trim().split(':').map(|byte| u8::from_str_radix(byte, 16)).collect::<Result<_, _>>().ok()?;
        (digest.len() == length).then_some(Self { algorithm, digest })
    }
}

fn direction(session: &Session<'_>, section: &Section<'_>) -> MediaDirection {
    let stated = |level: &Attributes<'_>| {
        let names = [
            ("sendrecv", MediaDirection::SendRecv),
            ("sendonly", MediaDirection::SendOnly),
            ("recvonly", MediaDirection::RecvOnly),
            ("inactive", MediaDirection::Inactive),
        ];
        names.into_iter().find(|(name, _)| level.has(name)).map(|(_, direction)| direction)
    };
    let stated = stated(&section.attributes).or_else(|| stated(&session.attributes)).unwrap_or_default();
    let address = section.connection.or(session.connection).and_then(|connection| connection.split_ascii_whitespace().nth(2));
    // Hold of the old kind. With port 9 a zero address says no more than "see the candidates" (RFC 8839 section 4.2.1.3).
    let zero = matches!(address, Some("0.0.0.0" | "::")) && section.port != 9;
    if zero { stated.and(MediaDirection::SendOnly) } else { stated }
}

fn formats(section: &Section<'_>, codecs: &[Codec]) -> Vec<Format> {
    let parameters = |name: &str, number: u8| {
        section.attributes.all(name).find_map(|line| {
            let (pt, value) = line.split_once(' ')?;
            (pt.parse() == Ok(number)).then(|| value.trim())
        })
    };
    let mut formats: Vec<Format> = Vec::new();
    for number in section.formats.iter().filter_map(|format| format.parse::<u8>().ok()) {
        // 64 to 95 would be taken for RTCP under rtcp-mux (RFC 5761 section 4).
        if number > 127 || (64..96).contains(&number) || formats.iter().any(|known| known.number == number) {
            continue;
        }
        let map = parameters("rtpmap", number).or(match number {
            0 => Some("PCMU/8000"),
            8 => Some("PCMA/8000"),
            9 => Some("G722/8000"),
            _ => None,
        });
        if let Some(kind) = map.and_then(|map| format_kind(map, parameters("fmtp", number).unwrap_or(""), codecs)) {
            formats.push(Format { number, kind });
        }
    }
    formats
}

fn format_kind(map: &str, fmtp: &str, codecs: &[Codec]) -> Option<FormatKind> {
    let mut parts = map.split('/');
    let name = parts.next()?.trim().to_ascii_lowercase();
    let clock_hz: u32 = parts.next()?.trim().parse().ok()?;
    let channels = parts.next().unwrap_or("1").trim();
    let codec = match (name.as_str(), clock_hz, channels) {
        // RFC 7587 section 7 asks for "/2"; gateways that forget it mean the same codec.
        ("opus", 48_000, "1" | "2") => Codec::Opus,
        // Some write the sampling rate where RFC 3551 wants the historical 8000.
        ("g722", 8_000 | 16_000, "1") => Codec::G722,
        ("pcmu", 8_000, "1") => Codec::Pcmu,
        ("pcma", 8_000, "1") => Codec::Pcma,
        ("telephone-event", 8_000 | 48_000, "1") => return Some(FormatKind::TelephoneEvent { clock_hz }),
        ("red", 48_000, _) => {
            let wraps = fmtp.split('/').next()?.trim().parse().ok()?;
            return Some(FormatKind::Red { wraps });
        }
        _ => return None,
    };
    let parameter = |name: &str| {
        fmtp.split(';').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    codecs.contains(&codec).then(|| FormatKind::Audio {
        codec,
        fec: codec == Codec::Opus && parameter("useinbandfec") == Some("1"),
        dtx: codec == Codec::Opus && parameter("usedtx") == Some("1"),
        // RFC 7587 section 6.1 has 6000 to 510000.
        max_bitrate: parameter("maxaveragebitrate")
            .and_then(|value| value.parse().ok())
            .filter(|bits| codec == Codec::Opus && (6_000..=510_000).contains(bits)),
    })
}
