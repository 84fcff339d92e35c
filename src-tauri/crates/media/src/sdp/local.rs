//! Writing our offers and answers.

use std::fmt::Write as _;

use model::{CandidateKind, Codec, MediaDirection};

use super::{
    Candidate, Fingerprint, Setup, TransportDescription,
    remote::{Format, FormatKind, RemoteDescription, SectionShape},
};

/// What we are ready to do with audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioTerms {
    /// Codecs in the user's order of preference.
    pub codecs: Vec<Codec>,
    /// Audio per packet we ask for, in ms.
    pub packet_ms: u32,
    /// Whether Opus may pause while nobody speaks.
    pub dtx: bool,
}

/// An offer of ours, as it leaves and as it is remembered until the answer comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The description.
    pub text: String,
    /// What its payload types stand for.
    pub formats: Vec<Format>,
}

/// An answer of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The description.
    pub text: String,
    /// What its payload types stand for: the common formats, in the offer's order.
    pub formats: Vec<Format>,
}

/// Our side of an SDP session: what must stay the same from one description to the next.
#[derive(Clone, Debug)]
pub struct LocalSession {
    /// `o=` session id (RFC 8866 section 5.2).
    id: u64,
    version: u64,
    /// The last description without its `o=` line; the version counts its changes (RFC 3264 section 8).
    body: String,
    /// Sections in the order they were first agreed on; none may ever go (RFC 3264 section 8).
    sections: Vec<SectionShape>,
    audio_index: usize,
    bundles: bool,
    rtcp_mux: bool,
    /// Payload types that were agreed on; they keep their meaning (RFC 3264 section 8.3.2).
    agreed: Vec<Format>,
    /// Codecs in the order agreed on last: the first is what is spoken.
    in_use: Vec<Codec>,
}

/// Default payload types; the dynamic ones are those of browsers, because gateways have seen them before.
const OPUS: u8 = 111;
const RED: u8 = 63;
const EVENTS_48K: u8 = 110;
const EVENTS_8K: u8 = 101;

impl LocalSession {
    /// A session whose id is drawn from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            // 62 bits keep clear of readers that take the number for signed.
            id: (seed >> 2) | 1,
            version: 1,
            body: String::new(),
            sections: vec![SectionShape {
                media: "audio".into(),
                protocol: "UDP/TLS/RTP/SAVPF".into(),
                formats: String::new(),
                mid: Some("0".into()),
            }],
            audio_index: 0,
            bundles: true,
            rtcp_mux: true,
            agreed: Vec::new(),
            in_use: Vec::new(),
        }
    }

    /// Which section of the session is the audio.
    pub fn audio_index(&self) -> usize {
        self.audio_index
    }

    /// Writes an offer.
    pub fn offer(&mut self, terms: &AudioTerms, transport: &TransportDescription, direction: MediaDirection) -> Offer {
        let formats = self.offered_formats(terms);
        self.bundles = self.sections[self.audio_index].mid.is_some();
        self.rtcp_mux = true;
        let text = self.write(terms, transport, Setup::Actpass, direction, &formats);
        Offer { text, formats }
    }

    /// Writes the answer to `remote`; `None` when no codec is left in common. `setup` is `Active` or `Passive`.
    pub fn answer(
        &mut self,
        remote: &RemoteDescription,
        terms: &AudioTerms,
        transport: &TransportDescription,
        (setup, direction): (Setup, MediaDirection),
    ) -> Option<Answer> {
        let formats = answered_formats(&remote.audio.formats, terms)?;
        self.sections = remote.sections.clone();
        self.audio_index = remote.audio_index;
        self.bundles = remote.bundles;
        self.rtcp_mux = remote.audio.rtcp_mux;
        self.agreed = formats.clone();
        self.uses(&formats);
        let text = self.write(terms, transport, setup, direction, &formats);
        Some(Answer { text, formats })
    }

    /// Remembers what the far end's answer settled.
    pub fn answered(&mut self, offer: &Offer) {
        self.agreed = offer.formats.clone();
    }

    /// Remembers the order in which the far end wants formats.
    pub fn uses(&mut self, formats: &[Format]) {
        self.in_use = formats.iter().filter_map(Format::codec).collect();
    }

    fn offered_formats(&self, terms: &AudioTerms) -> Vec<Format> {
        let opus = terms.codecs.contains(&Codec::Opus);
        let mut formats: Vec<Format> = Vec::new();
        let mut add = |number: u8, kind: FormatKind| {
            let agreed = self.agreed.iter().find(|format| format.kind.is_same(&kind)).map(|format| format.number);
            let taken = |number: u8, formats: &[Format]| {
                formats.iter().chain(&self.agreed).any(|format| format.number == number && !format.kind.is_same(&kind))
            };
            let number = agreed.unwrap_or(number);
            let free = std::iter::once(number).chain(96..=127).find(|number| !taken(*number, &formats));
            if let Some(number) = free {
                formats.push(Format { number, kind });
            }
            free.unwrap_or(number)
        };
        // What is spoken stays first: an offer that only holds a call shall have nobody change his codec.
        let kept = self.in_use.iter().filter(|codec| terms.codecs.contains(codec));
        let others = terms.codecs.iter().filter(|codec| !self.in_use.contains(codec));
        for codec in kept.chain(others) {
            let number = match codec {
                Codec::Opus => OPUS,
                Codec::G722 => 9,
                Codec::Pcmu => 0,
                Codec::Pcma => 8,
            };
            let is_opus = *codec == Codec::Opus;
            let kind = FormatKind::Audio { codec: *codec, fec: is_opus, dtx: is_opus && terms.dtx, max_bitrate: None };
            let number = add(number, kind);
            if is_opus {
                add(RED, FormatKind::Red { wraps: number });
            }
        }
        if opus {
            add(EVENTS_48K, FormatKind::TelephoneEvent { clock_hz: 48_000 });
        }
        add(EVENTS_8K, FormatKind::TelephoneEvent { clock_hz: 8_000 });
        formats
    }

    fn write(
        &mut self,
        terms: &AudioTerms,
        transport: &TransportDescription,
        setup: Setup,
        direction: MediaDirection,
        formats: &[Format],
    ) -> String {
        let default = transport.default_candidate().and_then(|candidate| Some((candidate.ip()?, candidate.port)));
        let connection = match default {
            Some((ip, _)) if ip.is_ipv4() => format!("IN IP4 {ip}"),
            Some((ip, _)) => format!("IN IP6 {ip}"),
            None => "IN IP4 0.0.0.0".to_owned(),
        };
        let port = default.map_or(9, |(_, port)| port);
        let mut body = Lines::default();
        body.add("s=-");
        body.add("t=0 0");
        if let Some(mid) = self.sections.get(self.audio_index).and_then(|audio| audio.mid.as_ref()).filter(|_| self.bundles) {
            body.add(format_args!("a=group:BUNDLE {mid}"));
        }
        for (index, section) in self.sections.iter().enumerate() {
            if index == self.audio_index {
                let numbers: Vec<String> = formats.iter().map(|format| format.number.to_string()).collect();
                body.add(format_args!("m=audio {port} {} {}", section.protocol, numbers.join(" ")));
                body.add(format_args!("c={connection}"));
                body.add(format_args!("a=rtcp:{port} {connection}"));
                self.write_audio(&mut body, section, transport, setup, direction);
                write_formats(&mut body, formats, terms);
            } else {
                // Nothing but audio is spoken here; a refused section stays in its place with port 0 (RFC 3264 section 6).
                body.add(format_args!("m={} 0 {} {}", section.media, section.protocol, section.formats));
                body.add("c=IN IP4 0.0.0.0");
                if let Some(mid) = &section.mid {
                    body.add(format_args!("a=mid:{mid}"));
                }
                body.add("a=inactive");
            }
        }
        if body.0 != self.body {
            self.version += u64::from(!self.body.is_empty());
            self.body = body.0;
        }
        format!("v=0\r\no=- {} {} {connection}\r\n{}", self.id, self.version, self.body)
    }

    fn write_audio(
        &self,
        body: &mut Lines,
        section: &SectionShape,
        transport: &TransportDescription,
        setup: Setup,
        direction: MediaDirection,
    ) {
        if let Some(mid) = &section.mid {
            body.add(format_args!("a=mid:{mid}"));
        }
        body.add(match direction {
            MediaDirection::SendRecv => "a=sendrecv",
            MediaDirection::SendOnly => "a=sendonly",
            MediaDirection::RecvOnly => "a=recvonly",
            MediaDirection::Inactive => "a=inactive",
        });
        if direction.sends() {
            // A stream id must be a real one: some clients fall over "-".
            body.add(format_args!("a=msid:s{:x} a{:x}", self.id, self.id));
        }
        if self.rtcp_mux {
            body.add("a=rtcp-mux");
        }
        body.add(format_args!("a=ice-ufrag:{}", transport.ice_ufrag));
        body.add(format_args!("a=ice-pwd:{}", transport.ice_pwd));
        for fingerprint in &transport.fingerprints {
            body.add(format_args!("a=fingerprint:{fingerprint}"));
        }
        body.add(match setup {
            Setup::Actpass => "a=setup:actpass",
            Setup::Active => "a=setup:active",
            Setup::Passive => "a=setup:passive",
        });
        for candidate in transport.candidates.iter().filter(|candidate| candidate.component == 1) {
            body.add(format_args!("a=candidate:{candidate}"));
        }
        body.add("a=end-of-candidates");
    }
}

fn answered_formats(offered: &[Format], terms: &AudioTerms) -> Option<Vec<Format>> {
    let mut formats: Vec<Format> = Vec::new();
    for Format { number, kind } in offered {
        let twice = formats.iter().any(|known| known.kind.is_same(kind));
        let kind = match kind {
            FormatKind::Audio { codec, .. } if terms.codecs.contains(codec) => {
                let is_opus = *codec == Codec::Opus;
                FormatKind::Audio { codec: *codec, fec: is_opus, dtx: is_opus && terms.dtx, max_bitrate: None }
            }
            FormatKind::TelephoneEvent { .. } | FormatKind::Red { .. } => kind.clone(),
            FormatKind::Audio { .. } => continue,
        };
        if !twice {
            formats.push(Format { number: *number, kind });
        }
    }
    let opus = formats.iter().find_map(|format| match format.kind {
        FormatKind::Audio { codec: Codec::Opus, .. } => Some(format.number),
        _ => None,
    });
    formats.retain(|format| match format.kind {
        FormatKind::Red { wraps } => opus == Some(wraps),
        FormatKind::TelephoneEvent { clock_hz } => clock_hz == 8_000 || opus.is_some(),
        FormatKind::Audio { .. } => true,
    });
    formats.iter().any(|format| matches!(format.kind, FormatKind::Audio { .. })).then_some(formats)
}

fn write_formats(body: &mut Lines, formats: &[Format], terms: &AudioTerms) {
    for Format { number, kind } in formats {
        match kind {
            FormatKind::Audio { codec: Codec::Opus, dtx, .. } => {
                body.add(format_args!("a=rtpmap:{number} opus/48000/2"));
                let dtx = if *dtx { ";usedtx=1" } else { "" };
                body.add(format_args!("a=fmtp:{number} minptime=10;useinbandfec=1{dtx}"));
            }
            FormatKind::Audio { codec, .. } => body.add(format_args!("a=rtpmap:{number} {}/8000", codec.name())),
            FormatKind::Red { wraps } => {
                body.add(format_args!("a=rtpmap:{number} red/48000/2"));
                body.add(format_args!("a=fmtp:{number} {wraps}/{wraps}"));
            }
            FormatKind::TelephoneEvent { clock_hz } => {
                body.add(format_args!("a=rtpmap:{number} telephone-event/{clock_hz}"));
                body.add(format_args!("a=fmtp:{number} 0-15"));
            }
        }
    }
    body.add(format_args!("a=ptime:{}", terms.packet_ms));
}

impl FormatKind {
    /// Whether both stand for the same thing, whatever their parameters.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Audio { codec, .. }, Self::Audio { codec: other, .. }) => codec == other,
            (Self::TelephoneEvent { clock_hz }, Self::TelephoneEvent { clock_hz: other }) => clock_hz == other,
            (Self::Red { .. }, Self::Red { .. }) => true,
            (Self::Audio { .. } | Self::TelephoneEvent { .. } | Self::Red { .. }, _) => false,
        }
    }
}

impl TransportDescription {
    /// The candidate for `m=` and `c=`: the one that most likely works for somebody who does no ICE (RFC 8445 section
    /// 5.1.4: relayed, then reflexive, then host), a loopback address last.
    fn default_candidate(&self) -> Option<&Candidate> {
        let rank = |candidate: &&Candidate| {
            let ip = candidate.ip()?;
            let kind = match candidate.kind {
                CandidateKind::Relay => 3,
                CandidateKind::Srflx | CandidateKind::Prflx => 2,
                CandidateKind::Host => 1,
            };
            Some((!ip.is_loopback(), kind, ip.is_ipv4(), candidate.priority))
        };
        self.candidates.iter().filter(|candidate| candidate.ip().is_some()).max_by_key(rank)
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.algorithm)?;
        for (index, byte) in self.digest.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

/// Lines with the line ends of SDP.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, line: impl std::fmt::Display) {
        write!(self.0, "{line}\r\n").expect("writing to a String cannot fail");
    }
}
