//! What of a DTLS handshake is let through to the library, which counts nothing of what it keeps and puts the fragments of a message
//! together by calling itself for each: a far end could have it fill the memory, or end the whole program by its stack.

use std::{collections::VecDeque, net::SocketAddr};

use bytes::BytesMut;

use super::transport::Datagram;

/// Record header (RFC 6347 section 4.1): type, version, epoch, number, length.
const RECORD_HEADER: usize = 13;
/// Header of a fragment (RFC 6347 section 4.2.2): type, length, message, offset, length of the fragment.
const FRAGMENT_HEADER: usize = 12;
const HANDSHAKE: u8 = 22;
/// Longest message; a certificate of a WebRTC peer has some hundred bytes, a chain of RSA keys a few thousand.
const LONGEST_MESSAGE: usize = 32 * 1024;
/// Records and fragments of an association, repeated flights included: a dozen make a handshake, and fifteen seconds of repeating
/// them on a bad path a few hundred.
const MOST: usize = 1_024;

/// Datagrams that may wait for a path.
const MOST_EARLY: usize = 4;

/// What came before it could be read: a ClientHello may overtake the answer that announces it. Anybody may have sent it, which is seen
/// when there is a path, so that nothing else is kept, and the oldest goes first.
#[derive(Default)]
pub(crate) struct Early(VecDeque<Datagram>);

impl Early {
    pub(crate) fn keep(&mut self, local: SocketAddr, remote: SocketAddr, datagram: &[u8]) {
        if datagram.first() != Some(&HANDSHAKE) {
            return;
        }
        if self.0.len() == MOST_EARLY {
            self.0.pop_front();
        }
        self.0.push_back(Datagram { local, remote, bytes: BytesMut::from(datagram) });
    }

    pub(crate) fn take(&mut self) -> Option<Datagram> {
        self.0.pop_front()
    }
}

/// Counts the handshake of one association.
#[derive(Debug, Default)]
pub(crate) struct Flights {
    taken: usize,
}

impl Flights {
    /// Whether a datagram may go on. Once the association is `established`, only what claims to be of its handshake counts.
    pub(crate) fn admit(&mut self, established: bool, datagram: &[u8]) -> bool {
        let Some(parts) = parts_of(established, datagram) else { return false };
        self.taken = self.taken.saturating_add(parts);
        parts == 0 || self.taken <= MOST
    }
}

/// How many records and fragments of a handshake a datagram has; none at all when it is not made as it must be.
fn parts_of(established: bool, mut datagram: &[u8]) -> Option<usize> {
    let mut parts = 0;
    while let Some((header, rest)) = datagram.split_first_chunk::<RECORD_HEADER>() {
        let epoch = u16::from_be_bytes([header[3], header[4]]);
        let (record, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([header[11], header[12]])))?;
        datagram = rest;
        parts += match (header[0], epoch) {
            (HANDSHAKE, 0) => fragments(record)?,
            // Nobody reads it yet; it may hold as many as fit.
            (HANDSHAKE, _) => 1 + record.len() / FRAGMENT_HEADER,
            // They are kept until the keys are there.
            _ => usize::from(!established),
        };
    }
    datagram.is_empty().then_some(parts)
}

/// The fragments in an open record, each whole and within its message.
fn fragments(mut record: &[u8]) -> Option<usize> {
    let number = |bytes: &[u8]| bytes.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    let mut fragments = 0;
    while !record.is_empty() {
        let (header, rest) = record.split_first_chunk::<FRAGMENT_HEADER>()?;
        let (length, offset, here) = (number(&header[1..4]), number(&header[6..9]), number(&header[9..12]));
        let is_sound = length <= LONGEST_MESSAGE && offset + here <= length && (here > 0 || length == 0);
        record = rest.split_at_checked(here).filter(|_| is_sound)?.1;
        fragments += 1;
    }
    Some(fragments)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A record of one fragment: bytes `offset` to `offset + here` of a ClientHello that has `length`.
    pub(in crate::webrtc) fn hello(sequence: u16, length: u32, offset: u32, here: u32) -> Vec<u8> {
        let three = |number: u32| number.to_be_bytes()[1..].to_vec();
        let fragment = [&[1][..], &three(length), &[0, 0], &three(offset), &three(here), &vec![0; here as usize]].concat();
        let sequence = [&[0; 4][..], &sequence.to_be_bytes()].concat();
        let size = u16::try_from(fragment.len()).expect("a fragment fits into a record").to_be_bytes();
        [&[HANDSHAKE, 0xfe, 0xfd, 0, 0][..], &sequence, &size, &fragment].concat()
    }

    #[test]
    fn a_handshake_passes_with_all_its_repetitions_and_no_more() {
        let mut flights = Flights::default();
        let flight = [hello(0, 300, 0, 200), hello(1, 300, 200, 100)].concat();
        assert!((0..512).all(|_| flights.admit(false, &flight)));
        assert!(!flights.admit(false, &flight) && !flights.admit(true, &flight));
        assert!(flights.admit(true, &[23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 9]), "what else comes is none of it");
    }

    #[test]
    fn what_is_not_made_as_it_must_be_does_not_pass() {
        let refused = |datagram: &[u8]| !Flights::default().admit(false, datagram);
        assert!(!refused(&hello(0, 0, 0, 0)) && !refused(&hello(0, 9, 0, 9)), "these are well made");
        for (length, offset, here) in [(5, 0, 0), (5, 3, 3), (0, 0, 1), (100_000, 0, 9), (0xff_ffff, 0xff_fffe, 1)] {
            assert!(refused(&hello(0, length, offset, here)), "{length} {offset} {here}");
        }
        let whole = hello(0, 9, 0, 9);
        for length in 1..whole.len() {
            assert!(refused(&whole[..length]), "{length} bytes of it");
        }
    }

    #[test]
    fn what_waits_for_keys_is_counted() {
        let mut flights = Flights::default();
        let early = [23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 9];
        assert_eq!((0..5_000).filter(|_| flights.admit(false, &early)).count(), MOST);
    }
}
