//! Who is connected to the control socket. The places are few: who has said nothing for the longest gives his to whoever comes.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::task::JoinHandle;

/// Programs that may be connected at once.
const MOST: usize = 16;

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
    /// Gives a place to who comes, and begins his conversation; `false` when everybody else is being answered.
    pub(super) fn give(&mut self, begin: impl FnOnce(Silence) -> JoinHandle<()>) -> bool {
        self.taken.retain(|place| !place.conversation.is_finished());
        if self.taken.len() >= MOST {
            let silent = self.taken.iter().enumerate().filter_map(|(at, place)| Some((place.silence.since()?, at)));
            let Some((_, at)) = silent.min() else { return false };
            self.taken.swap_remove(at).conversation.abort();
        }
        let silence = Silence { since: Arc::default(), turns: Arc::clone(&self.turns) };
        silence.begins();
        self.taken.push(Place { conversation: begin(silence.clone()), silence });
        true
    }
}
