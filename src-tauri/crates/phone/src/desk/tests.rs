use std::sync::{Condvar, Mutex, PoisonError};

use audio::{DeviceId, MemoryHost, Ringing};
use store::{InMemory, Secrets};

use super::*;
use crate::world::RealWorld;
use model::TrialStage;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A machine whose sound server does not answer who wants to ring.
#[derive(Clone, Default)]
struct Stuck {
    memory: MemoryHost,
    answers: Arc<(Mutex<bool>, Condvar)>,
}

impl Stuck {
    fn answer(&self) {
        *self.answers.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.answers.1.notify_all();
    }
}

impl SoundHost for Stuck {
    fn devices(&self) -> Result<Vec<Device>, SoundError> {
        self.memory.devices()
    }

    fn open_microphone(&self, id: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
        self.memory.open_microphone(id)
    }

    fn open_speaker(&self, id: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
        self.memory.open_speaker(id)
    }

    fn ring(&self, id: Option<&DeviceId>, tone: &RingTone) -> Result<Box<dyn Ringing>, SoundError> {
        let asked = self.answers.0.lock().unwrap_or_else(PoisonError::into_inner);
        // In the end it does, so that a test that fails ends as well.
        drop(self.answers.1.wait_timeout_while(asked, 2 * PATIENCE, |answers| !*answers));
        self.memory.ring(id, tone)
    }
}

/// What the desk tells next.
async fn heard(news: &mut mpsc::Receiver<DeskNews>) -> DeskNews {
    timeout(PATIENCE, news.recv()).await.expect("the desk does not work on").expect("the desk works")
}

async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let look = async {
        let mut again = interval(Duration::from_millis(10));
        while !holds() {
            again.tick().await;
        }
    };
    timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("{what}"));
}

fn desk_of(host: &Stuck) -> (RealWorld, Desk, mpsc::Receiver<DeskNews>) {
    let secrets = Arc::new(Secrets::new(Arc::new(InMemory::default())));
    let world = RealWorld::new(Arc::new(host.clone()), secrets).expect("a world");
    let (outbox, news) = mpsc::channel(16);
    let desk = Desk::start(world.world(), &Settings::default(), Onlookers::default(), outbox);
    (world, desk, news)
}

#[tokio::test]
async fn a_sound_server_that_does_not_answer_the_ring_keeps_nothing_else_waiting() {
    let host = Stuck { memory: MemoryHost::desk(), ..Stuck::default() };
    let (_world, mut desk, mut news) = desk_of(&host);
    desk.send(SoundRequest::Ring(Some(Ring::Full)));
    desk.send(SoundRequest::Capture);
    assert!(matches!(heard(&mut news).await, DeskNews::Microphone), "the call is answered");
    // Answered, it no longer rings; what comes of the ring then is not heard.
    desk.send(SoundRequest::Ring(None));
    host.answer();
    desk.send(SoundRequest::Ring(Some(Ring::Full)));
    eventually("it rings again", || host.memory.rings().len() == 1).await;
    desk.send(SoundRequest::Ring(None));
    eventually("it rings on", || host.memory.rings().is_empty()).await;
    desk.stop().await;
}

#[tokio::test]
async fn a_ring_that_begins_when_it_is_no_longer_wanted_is_not_heard() {
    let host = Stuck { memory: MemoryHost::desk(), ..Stuck::default() };
    let (_world, mut desk, mut news) = desk_of(&host);
    desk.send(SoundRequest::Ring(Some(Ring::Full)));
    desk.send(SoundRequest::Ring(None));
    host.answer();
    desk.send(SoundRequest::Capture);
    assert!(matches!(heard(&mut news).await, DeskNews::Microphone));
    eventually("it rings", || host.memory.rings().is_empty()).await;
    desk.stop().await;
    assert!(host.memory.rings().is_empty());
}

#[tokio::test]
async fn a_trial_of_the_ringer_waits_beside_everything_else() {
    let host = Stuck { memory: MemoryHost::desk(), ..Stuck::default() };
    let (_world, mut desk, mut news) = desk_of(&host);
    desk.try_device(Some(DeviceTrial::Ringer { ringtone: None }));
    let stage = |news| match news {
        DeskNews::Trial(view) => view.map(|view| view.stage),
        other => panic!("{other:?}"),
    };
    assert_eq!(stage(heard(&mut news).await), Some(TrialStage::Opening));
    host.answer();
    assert_eq!(stage(heard(&mut news).await), Some(TrialStage::Playing));
    assert_eq!(host.memory.rings().len(), 1);
    desk.try_device(None);
    assert_eq!(stage(heard(&mut news).await), None);
    eventually("it rings on", || host.memory.rings().is_empty()).await;
    desk.stop().await;
}
