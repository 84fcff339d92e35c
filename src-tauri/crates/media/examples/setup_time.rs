//! Measures how long a call's media takes to come up between two sessions on this machine: from the offer in hand to ICE
//! and DTLS up at both ends, and to the first packet at both. Prints the median and the 95th percentile (goals 11, 12).

#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use calls::io::{MediaEvent, MediaRequest};
use media::{
    WebrtcRuntime,
    session::{MediaSettings, OpenSession, SessionHandle, open},
};
use model::{AccountId, Clock, Codec, IceServer, Secret};
use tokio::sync::mpsc;

struct SystemClock(Instant);

impl Clock for SystemClock {
    fn now(&self) -> model::Instant {
        model::Instant::after_start(self.0.elapsed())
    }

    fn unix_seconds(&self) -> i64 {
        0
    }
}

struct End {
    handle: SessionHandle,
    events: mpsc::Receiver<MediaEvent>,
}

fn start(runtime: &Arc<WebrtcRuntime>, servers: &[&str]) -> End {
    let (sender, events) = mpsc::channel(256);
    let ice_servers = servers
        .iter()
        .map(|url| IceServer { url: url.parse().expect("a server"), username: "u".into(), credential: Secret::new("p") })
        .collect();
    let settings = MediaSettings { ice_servers, ..MediaSettings::new(vec![Codec::Opus, Codec::Pcmu], 1) };
    let OpenSession { handle, mut leg, run } =
        open(Arc::clone(runtime) as _, Arc::new(SystemClock(Instant::now())), settings, sender);
    tokio::spawn(run);
    std::thread::spawn(move || {
        let frame = [0.1; 480];
        let mut heard = [0.0; 480];
        for _ in 0..100 {
            leg.push(&frame);
            leg.pull(&mut heard);
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    End { handle, events }
}

impl End {
    async fn wait<T>(&mut self, mut look: impl FnMut(MediaEvent) -> Option<T>) -> T {
        loop {
            if let Some(found) = look(self.events.recv().await.expect("the session runs")) {
                return found;
            }
        }
    }

    fn ask(&self, request: MediaRequest) {
        self.handle.send(request).expect("the session runs");
    }
}

fn account() -> AccountId {
    AccountId("practice".into())
}

/// Times until the offer was ready, both were connected, and both heard a packet.
async fn call(runtime: &Arc<WebrtcRuntime>, servers: &[&str], warm: Duration) -> [Duration; 3] {
    let (mut caller, mut called) = (start(runtime, servers), start(runtime, &[]));
    tokio::time::sleep(warm).await;
    let begun = Instant::now();
    caller.ask(MediaRequest::Offer { account: account() });
    let offer = caller.wait(|event| if let MediaEvent::OfferReady { offer } = event { Some(offer) } else { None }).await;
    let offered = begun.elapsed();
    let invited = Instant::now();
    called.ask(MediaRequest::Accept { account: account(), offer });
    let answer = called.wait(|event| if let MediaEvent::AnswerReady { answer, .. } = event { Some(answer) } else { None }).await;
    called.ask(MediaRequest::Answered);
    caller.ask(MediaRequest::Apply { answer });
    let both = async |caller: &mut End, called: &mut End, wanted: fn(&MediaEvent) -> bool| {
        tokio::join!(caller.wait(|event| wanted(&event).then_some(())), called.wait(|event| wanted(&event).then_some(())));
    };
    both(&mut caller, &mut called, |event| matches!(event, MediaEvent::Connected { .. })).await;
    let connected = invited.elapsed();
    both(&mut caller, &mut called, |event| matches!(event, MediaEvent::FirstPacket)).await;
    let heard = invited.elapsed();
    caller.ask(MediaRequest::Close);
    called.ask(MediaRequest::Close);
    [offered, connected, heard]
}

fn print(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    #[expect(clippy::print_stdout, reason = "a benchmark prints")]
    {
        println!("{name:40} p50 {:7.1} ms   p95 {:7.1} ms   max {:7.1} ms", at(50), at(95), at(100));
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let runtime = Arc::new(WebrtcRuntime::new().expect("a certificate"));
    for (name, servers, warm, runs) in [
        ("no servers", &[][..], Duration::ZERO, 40),
        ("no servers, prepared", &[], Duration::from_millis(200), 20),
        ("silent STUN and TURN", &["stun:192.0.2.1", "turn:192.0.2.2"], Duration::ZERO, 10),
        ("silent STUN and TURN, prepared", &["stun:192.0.2.1", "turn:192.0.2.2"], Duration::from_millis(200), 10),
    ] {
        let mut times: [Vec<Duration>; 3] = Default::default();
        for _ in 0..runs {
            let call = call(&runtime, servers, warm).await;
            times.iter_mut().zip(call).for_each(|(times, time)| times.push(time));
        }
        let [offered, connected, heard] = times;
        print(&format!("{name}: offer ready"), offered);
        print(&format!("{name}: connected"), connected);
        print(&format!("{name}: first packets"), heard);
    }
}
