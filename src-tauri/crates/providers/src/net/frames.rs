//! Frames of text that may be no UTF-8.
//!
//! A server passes on what somebody called him with, and many put it into a frame of text as it is: the name of a caller in Latin-1.
//! RFC 6455 section 8.1 has a client leave such a server, and whoever calls would decide how long this phone can be called. SIP has
//! its own rules for bytes (RFC 3261 section 7.5), so that text is taken for bytes.

/// Where in the stream of a server the next byte is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frames {
    /// In the answer to the request for a WebSocket: whether a line of it has begun at all, and whether this one is empty.
    Answer { begun: bool, line_is_empty: bool },
    /// At the first byte of a frame (RFC 6455 section 5.2).
    Kind,
    /// At the second: whether it is masked, and how long it is or how that is said.
    Length,
    /// In a length of so many more bytes.
    LongLength { left: u8, length: u64, masked: bool },
    /// In what is of no interest: a mask and the payload.
    Inside { left: u64 },
}

impl Frames {
    /// Before the server has agreed to a WebSocket.
    pub(super) const ANSWER: Self = Self::Answer { begun: false, line_is_empty: true };

    /// Goes over the next bytes of the stream and makes frames of text binary ones.
    pub(super) fn pass(&mut self, mut bytes: &mut [u8]) {
        while let Some(first) = bytes.first_mut() {
            let mut passed = 1;
            *self = match *self {
                Self::Answer { begun: true, line_is_empty: true } if *first == b'\n' => Self::Kind,
                Self::Answer { begun, .. } if *first == b'\n' => Self::Answer { begun, line_is_empty: true },
                answer @ Self::Answer { .. } if *first == b'\r' => answer,
                Self::Answer { .. } => Self::Answer { begun: true, line_is_empty: false },
                Self::Kind => {
                    if *first & 0x0f == TEXT {
                        *first ^= TEXT ^ BINARY;
                    }
                    Self::Length
                }
                Self::Length => {
                    let masked = *first & 0x80 != 0;
                    match *first & 0x7f {
                        126 => Self::LongLength { left: 2, length: 0, masked },
                        127 => Self::LongLength { left: 8, length: 0, masked },
                        length => Self::inside(length.into(), masked),
                    }
                }
                Self::LongLength { left, length, masked } => match (length << 8 | u64::from(*first), left - 1) {
                    (length, 0) => Self::inside(length, masked),
                    (length, left) => Self::LongLength { left, length, masked },
                },
                Self::Inside { left } => {
                    passed = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    Self::inside(left - passed as u64, false)
                }
            };
            bytes = &mut bytes[passed..];
        }
    }

    fn inside(length: u64, masked: bool) -> Self {
        match length.saturating_add(if masked { 4 } else { 0 }) {
            0 => Self::Kind,
            left => Self::Inside { left },
        }
    }
}

const TEXT: u8 = 1;
const BINARY: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    /// The stream, however it is cut.
    fn passed(start: Frames, stream: &[u8]) -> Vec<u8> {
        let (mut whole, mut frames) = (stream.to_vec(), start);
        frames.pass(&mut whole);
        for piece in [1, 2, 3, 7] {
            let (mut cut, mut frames) = (stream.to_vec(), start);
            cut.chunks_mut(piece).for_each(|bytes| frames.pass(bytes));
            assert_eq!(cut, whole, "in pieces of {piece}");
        }
        whole
    }

    #[test]
    fn text_becomes_binary_and_nothing_else_is_changed() {
        let long = |length: usize| [&[0x81, 126][..], &(length as u16).to_be_bytes(), &vec![0x81; length]].concat();
        let longest = [&[0x81, 127][..], &300_u64.to_be_bytes(), &[0x01; 300]].concat();
        for (frame, first) in [
            (vec![0x81, 0], 0x82),
            (vec![0x81, 2, 0x81, 0x81], 0x82),
            (vec![0x01, 1, b'a'], 0x02),
            (vec![0x80, 1, b'a'], 0x80),
            (vec![0x82, 1, 0x81], 0x82),
            (vec![0x88, 2, 3, 232], 0x88),
            (vec![0x89, 0], 0x89),
            (vec![0xc1, 1, 1], 0xc2),
            (vec![0x81, 0x83, 1, 1, 1, 1, 0x81, 0x81, 0x81], 0x82),
            (long(126), 0x82),
            (long(5_000), 0x82),
            (longest, 0x82),
        ] {
            let expected = [&[first][..], &frame[1..]].concat();
            assert_eq!(passed(Frames::Kind, &frame.repeat(3)), expected.repeat(3), "{frame:02x?}");
        }
        let endless = [&[0x81, 0xff][..], &[0xff; 8], &[0x81; 100]].concat();
        assert_eq!(passed(Frames::Kind, &endless)[1..], endless[1..]);
    }

    #[test]
    fn what_the_server_answers_before_is_left_as_it_is() {
        for answer in ["HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\n\r\n", "\r\n\nHTTP/1.1 101 Yes\nUpgrade: websocket\n\n"] {
            let stream = [answer.as_bytes(), &[0x81, 1, b'\n'], &[0x81, 0]].concat();
            let expected = [answer.as_bytes(), &[0x82, 1, b'\n'], &[0x82, 0]].concat();
            assert_eq!(passed(Frames::ANSWER, &stream), expected, "{answer:?}");
        }
    }
}
