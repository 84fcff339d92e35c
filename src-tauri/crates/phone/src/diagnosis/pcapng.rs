//! Messages as a capture file (pcapng), for Wireshark and its like.
//!
//! The messages went over TLS inside a WebSocket; in the file each is a datagram between made-up addresses (RFC 5737), so
//! that every tool reads it as SIP.

use std::{collections::BTreeMap, net::Ipv4Addr};

use model::{AccountId, WireMessage, WireWay};

use super::WireTrace;

/// Packets begin with an IP header.
const LINKTYPE_RAW: u16 = 101;
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
const INTERFACE: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const COMMENT: u16 = 1;
const UDP: u8 = 17;
const SIP_PORT: u16 = 5060;
const PHONE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

impl WireTrace {
    /// The messages as a capture file.
    pub fn pcapng(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut head = Vec::new();
        head.extend(BYTE_ORDER.to_le_bytes());
        head.extend(1u16.to_le_bytes());
        head.extend(0u16.to_le_bytes());
        head.extend(u64::MAX.to_le_bytes());
        let comment = "SIP of Sidetone. Addresses are made up, secrets are rows of x.";
        head.extend(COMMENT.to_le_bytes());
        head.extend(u16::try_from(comment.len()).unwrap_or_default().to_le_bytes());
        head.extend(padded(comment.as_bytes()));
        head.extend([0; 4]);
        block(&mut file, SECTION_HEADER, &head);
        let mut interface = Vec::new();
        interface.extend(LINKTYPE_RAW.to_le_bytes());
        interface.extend([0; 6]);
        block(&mut file, INTERFACE, &interface);
        let mut servers = BTreeMap::new();
        for message in &self.messages {
            self.packet(&mut file, message, &mut servers);
        }
        file
    }

    fn packet(&self, file: &mut Vec<u8>, message: &WireMessage, servers: &mut BTreeMap<AccountId, Ipv4Addr>) {
        let next = u8::try_from(servers.len() + 2).unwrap_or(u8::MAX);
        let server = *servers.entry(message.account.clone()).or_insert(Ipv4Addr::new(192, 0, 2, next));
        let (from, to) = match message.way {
            WireWay::Sent => (PHONE, server),
            WireWay::Received => (server, PHONE),
        };
        let datagram = datagram(from, to, message.text().as_bytes());
        let since_start = u64::try_from(message.at.since_start().as_micros()).unwrap_or_default();
        let micros = u64::try_from(self.started_unix_s).unwrap_or_default() * 1_000_000 + since_start;
        let mut packet = Vec::new();
        packet.extend(0u32.to_le_bytes());
        // High half first, whatever the byte order.
        packet.extend(u32::try_from(micros >> 32).unwrap_or_default().to_le_bytes());
        packet.extend(micros.to_le_bytes()[..4].iter());
        let length = u32::try_from(datagram.len()).unwrap_or_default();
        packet.extend(length.to_le_bytes());
        packet.extend(length.to_le_bytes());
        packet.extend(padded(&datagram));
        block(file, ENHANCED_PACKET, &packet);
    }
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(4), 0);
    padded
}

/// A block, its length on both sides.
fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = u32::try_from(body.len() + 12).unwrap_or_default();
    file.extend(kind.to_le_bytes());
    file.extend(length.to_le_bytes());
    file.extend(body);
    file.extend(length.to_le_bytes());
}

/// IPv4 and UDP around what is said (RFC 791, RFC 768).
fn datagram(from: Ipv4Addr, to: Ipv4Addr, said: &[u8]) -> Vec<u8> {
    // No message that is kept comes near the limit of a datagram.
    let length = |headers: usize| u16::try_from(said.len() + headers).unwrap_or(u16::MAX).to_be_bytes();
    let mut header = vec![0x45, 0];
    header.extend(length(28));
    header.extend([0, 0, 0, 0, 64, UDP, 0, 0]);
    header.extend(from.octets());
    header.extend(to.octets());
    let sum: u32 = header.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let checksum = !u16::try_from((folded & 0xffff) + (folded >> 16)).unwrap_or_default();
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    header.extend(SIP_PORT.to_be_bytes());
    header.extend(SIP_PORT.to_be_bytes());
    header.extend(length(8));
    // Zero: no checksum was made.
    header.extend([0, 0]);
    header.extend(said);
    header
}

#[cfg(test)]
mod tests {
    use super::{super::trace::tests::message, *};

    #[test]
    fn the_file_has_its_blocks_and_packets_hold_the_messages() {
        let sent = message(1_500, WireWay::Sent, "OPTIONS sip:a SIP/2.0\r\nCall-ID: x\r\n\r\n");
        let trace = WireTrace { started_unix_s: 1_700_000_000, messages: vec![sent.clone()] };
        let file = trace.pcapng();
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
        let mut kinds = Vec::new();
        let mut at = 0;
        while at < file.len() {
            let length = word(at + 4);
            assert_eq!(length % 4, 0);
            assert_eq!(word(at + usize::try_from(length).expect("small") - 4), length);
            kinds.push((word(at), at));
            at += usize::try_from(length).expect("small");
        }
        assert_eq!(kinds.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [SECTION_HEADER, INTERFACE, ENHANCED_PACKET]);
        let packet = kinds[2].1;
        let micros = u64::from(word(packet + 12)) << 32 | u64::from(word(packet + 16));
        assert_eq!(micros, 1_700_000_001_500_000);
        let length = usize::try_from(word(packet + 20)).expect("small");
        let datagram = &file[packet + 28..packet + 28 + length];
        assert_eq!(&datagram[28..], sent.text().as_bytes());
        let sum: u32 = datagram[..20].chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
        assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff, "the checksum of the IP header");
        assert_eq!((&datagram[12..16], &datagram[16..20]), (&[192, 0, 2, 1][..], &[192, 0, 2, 2][..]));
    }
}
