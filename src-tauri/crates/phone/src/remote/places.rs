//! Who is connected to the control socket. The places are few: who has said nothing for the longest gives his to whoever comes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{task::JoinHandle, time::sleep};

/// Programs that may be connected at once.
const MOST: usize = 16;

/// An answer is ready within moments; how often it is looked, and how long apart.
const MOST_LOOKS: u32 = 250;
const MOMENT: Duration = Duration::from_millis(20);

/// No turn of anybody: who has it is being answered.
const ANSWERED: u64 = 0;

/// Those who are connected.
#[derive(Default)]
pub(super) struct Places {
    taken: Vec<Place>,
    turns: Arc<AtomicU64>,
}

struct Place {
    conversation: JoinHandle<()>,
    silence: Silence,
}

/// How long a program has said nothing: the turn at which it last began to be silent, among all of them.
#[derive(Clone)]
pub(super) struct Silence {
    since: Arc<AtomicU64>,
    turns: Arc<AtomicU64>,
}

impl Silence {
    /// It says nothing from now on.
    pub(super) fn begins(&self) {
        self.since.store(self.turns.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// It has asked for something, and keeps its place while that is done.
    pub(super) fn ends(&self) {
        self.since.store(ANSWERED, Ordering::Relaxed);
    }

    fn since(&self) -> Option<u64> {
        Some(self.since.load(Ordering::Relaxed)).filter(|turn| *turn != ANSWERED)
    }
}

impl Places {
    /// Makes a place free for who comes. Where everybody else is being answered, the first that has been gives his; `false` when none
    /// is within seconds.
    pub(super) async fn make_room(&mut self) -> bool {
        for _ in 0..MOST_LOOKS {
            if self.has_room() {
                return true;
            }
            sleep(MOMENT).await;
        }
        false
    }

    /// Begins a conversation in a place that was made free.
    pub(super) fn take(&mut self, begin: impl FnOnce(Silence) -> JoinHandle<()>) {
        let silence = Silence { since: Arc::default(), turns: Arc::clone(&self.turns) };
        silence.begins();
        self.taken.push(Place { conversation: begin(silence.clone()), silence });
    }

    fn has_room(&mut self) -> bool {
        self.taken.retain(|place| !place.conversation.is_finished());
        if self.taken.len() < MOST {
            return true;
        }
        let silent = self.taken.iter().enumerate().filter_map(|(at, place)| Some((place.silence.since()?, at)));
        let Some((_, at)) = silent.min() else { return false };
        self.taken.swap_remove(at).conversation.abort();
        true
    }
}
