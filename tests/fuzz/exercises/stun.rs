//! A message of a STUN or TURN server that answers what it was asked: an address, a refusal, or nonsense.

use std::hint::black_box;

use media::{ProbeStep, ServerProbe};
use model::{IceServer, Secret};

/// Takes `bytes` for what a server answers, again and again: two of type, and the attributes. The rest of the header is as it must be.
pub fn exercise(bytes: &[u8]) {
    let Some((kind, attributes)) = bytes.split_first_chunk::<2>() else { return };
    for url in ["stun:192.0.2.1", "turn:192.0.2.1"] {
        let url = url.parse().expect("a server's address");
        let server = IceServer { url, username: "phone".into(), credential: Secret::new("secret") };
        let mut probe = ServerProbe::new(&server, [7; 12]).expect("the machine has cryptography");
        black_box(probe.handle(bytes));
        for _ in 0..4 {
            let length = u16::try_from(attributes.len()).unwrap_or(u16::MAX);
            let attributes = &attributes[..usize::from(length)];
            let answer = [&kind[..], &length.to_be_bytes(), &probe.request()[4..20], attributes].concat();
            if let ProbeStep::Over(end) = probe.handle(&answer) {
                black_box((format!("{end:?}"), probe.farewell()));
                break;
            }
        }
    }
}
