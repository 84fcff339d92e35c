//! Rings: `ring [SECONDS] [SPEAKER-ID [FILE]]`, and prints how long it took to begin and what went wrong.
#![expect(clippy::disallowed_methods, reason = "it measures the real clock")]
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::{
    env,
    error::Error,
    thread,
    time::{Duration, Instant},
};

use audio::{CpalHost, DeviceId, RingSound, RingTone, ring_anyhow};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(4), |text| text.parse::<u64>())?;
    let speaker = arguments.next().map(DeviceId);
    let tone = match arguments.next() {
        Some(file) => RingTone { sound: RingSound::File(file.into()), ..RingTone::default() },
        None => RingTone::default(),
    };
    let began = Instant::now();
    let (ringing, troubles) = ring_anyhow(&CpalHost::new(), speaker.as_ref(), &tone);
    println!("after {} ms: {}", began.elapsed().as_millis(), if ringing.is_some() { "it rings" } else { "silence" });
    troubles.iter().for_each(|trouble| println!("{trouble}"));
    thread::sleep(Duration::from_secs(seconds));
    println!("{}", if ringing.is_some_and(|ringing| ringing.is_gone()) { "the device went away" } else { "over" });
    Ok(())
}
