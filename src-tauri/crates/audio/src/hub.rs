//! The hub: each tick is 10 ms of every call's sound.

use std::{
    collections::VecDeque,
    iter,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering, mpsc::SyncSender},
};

use self::{
    devices::{Microphone, Speaker},
    retired::{Bin, Retired},
};
use crate::{
    CallRecording, HubHandle, LegId, LegRoute,
    handle::{Command, Shared},
    leg::{FRAME_SAMPLES, Frame, Leg},
    levels::{LegGauges, Meter},
    limiter::Limiter,
    mixer::{Change, Listener, Sources, fade_in},
    player::Player,
};

mod devices;
pub(crate) mod retired;
#[cfg(test)]
mod tests;

/// Mixes microphone, legs and tones. A machine: [`Hub::tick`] does 10 ms of work and never waits; whoever calls it is
/// the clock ([`crate::start`] in a running phone, a loop in a test).
pub struct Hub {
    shared: Arc<Shared>,
    commands: VecDeque<Command>,
    parties: Vec<Party>,
    routes: Vec<LegRoute>,
    /// Scratch of `plan`: legs by number.
    places: Vec<(LegId, usize)>,
    plan: Plan,
    sources: Sources,
    microphone: Microphone,
    speaker: Speaker,
    /// What the speaker hears of the legs.
    ears: Listener,
    ears_limiter: Limiter,
    /// The speaker's gain in the last frame.
    volume: f32,
    tone: Player,
    key: Player,
    fade: Box<Frame>,
    bin: Bin,
    stopped: bool,
}

/// Whether the mixes follow the routes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    Settled,
    Changed,
}

/// A leg and what belongs to it.
struct Party {
    id: LegId,
    leg: Box<dyn Leg>,
    gauges: Arc<LegGauges>,
    heard: Meter,
    sent: Meter,
    listener: Listener,
    player: Player,
    limiter: Limiter,
    recording: Option<CallRecording>,
    /// Detached, but still fading out.
    leaving: bool,
}

impl Party {
    /// Takes 10 ms of the leg. One that panics is let go: the other calls sound on.
    fn pull(&mut self, frame: &mut Frame) {
        let leg = &mut self.leg;
        if catch_unwind(AssertUnwindSafe(|| leg.pull(frame))).is_err() {
            frame.fill(0.0);
            self.leaving = true;
        }
    }

    /// Gives the leg its 10 ms.
    fn push(&mut self, frame: &Frame) {
        let leg = &mut self.leg;
        if catch_unwind(AssertUnwindSafe(|| leg.push(frame))).is_err() {
            self.leaving = true;
        }
    }
}

impl Hub {
    /// A hub without a clock, and the way to command it. What it is done with is dropped in its ticks.
    pub fn new() -> (Self, HubHandle) {
        Self::with_bin(Bin::default())
    }

    /// A hub that sends what it is done with to another thread.
    pub(crate) fn with_reaper(reaper: SyncSender<Retired>) -> (Self, HubHandle) {
        Self::with_bin(Bin::emptied_by(reaper))
    }

    fn with_bin(bin: Bin) -> (Self, HubHandle) {
        let shared = Arc::new(Shared::default());
        let hub = Self {
            shared: Arc::clone(&shared),
            commands: VecDeque::with_capacity(64),
            parties: Vec::with_capacity(64),
            routes: Vec::new(),
            places: Vec::with_capacity(64),
            plan: Plan::Settled,
            sources: Sources::new(),
            microphone: Microphone::default(),
            speaker: Speaker::default(),
            ears: Listener::default(),
            ears_limiter: Limiter::default(),
            volume: 1.0,
            tone: Player::default(),
            key: Player::default(),
            fade: fade_in(),
            bin,
            stopped: false,
        };
        (hub, HubHandle::new(shared))
    }

    /// Does 10 ms of work.
    pub fn tick(&mut self) {
        self.bin.empty();
        self.obey();
        self.listen();
        self.speak();
        self.play();
        self.let_go();
    }

    /// Whether ticks do nothing until the next command: no leg, no microphone, nothing that plays.
    pub fn is_idle(&self) -> bool {
        self.parties.is_empty()
            && !self.microphone.is_open()
            && !self.speaker.is_changing()
            && !self.speaker.is_sounding()
            && !self.tone.is_playing()
            && !self.key.is_playing()
            && !self.shared.inbox.has_commands()
    }

    /// Whether the driver was told to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Carries out the commands that have come.
    fn obey(&mut self) {
        let mut commands = std::mem::take(&mut self.commands);
        self.shared.inbox.take(&mut commands);
        for command in commands.drain(..) {
            self.carry_out(command);
        }
        self.commands = commands;
        if self.plan == Plan::Changed {
            self.plan(Change::Fade);
        }
    }

    fn carry_out(&mut self, command: Command) {
        let bin = &mut self.bin;
        match command {
            Command::Attach(id, leg, gauges) => self.attach(id, leg, gauges),
            Command::Detach(id) => self.detach(id),
            Command::Route(routes) => {
                bin.put(Retired::Routes(std::mem::replace(&mut self.routes, routes)));
                self.plan = Plan::Changed;
            }
            Command::Tone(source) => self.tone.play(source, bin),
            Command::KeyTone(source) => self.key.play(Some(source), bin),
            Command::Source(leg, source) => match self.parties.iter_mut().find(|party| party.id == leg && !party.leaving) {
                Some(party) => party.player.play(source, bin),
                None => source.into_iter().for_each(|source| bin.put(Retired::Source(source))),
            },
            Command::Record(leg, recording) => match self.parties.iter_mut().find(|party| party.id == leg && !party.leaving) {
                Some(party) => {
                    let before = std::mem::replace(&mut party.recording, recording);
                    before.into_iter().for_each(|before| bin.put(Retired::Recording(before)));
                }
                None => recording.into_iter().for_each(|unused| bin.put(Retired::Recording(unused))),
            },
            Command::Gate(gate) => self.microphone.set_gate(gate),
            Command::Cleanup(cleaner) => self.microphone.set_cleaner(cleaner, bin),
            Command::Microphone(capture) => self.microphone.replace(capture, bin),
            Command::Speaker(playback) => self.speaker.replace(playback, bin),
            Command::Stop => self.stopped = true,
        }
    }

    fn attach(&mut self, id: LegId, leg: Box<dyn Leg>, gauges: Arc<LegGauges>) {
        self.detach(id);
        self.parties.push(Party {
            id,
            leg,
            gauges,
            heard: Meter::default(),
            sent: Meter::default(),
            listener: Listener::default(),
            player: Player::default(),
            limiter: Limiter::default(),
            recording: None,
            leaving: false,
        });
        self.sources.resize(self.parties.len());
        self.plan = Plan::Changed;
    }

    fn detach(&mut self, id: LegId) {
        for party in self.parties.iter_mut().filter(|party| party.id == id) {
            party.leaving = true;
            self.plan = Plan::Changed;
        }
    }

    /// Turns the routes into mixes.
    fn plan(&mut self, change: Change) {
        self.plan = Plan::Settled;
        self.places.clear();
        let staying = self.parties.iter().enumerate().filter(|(_, party)| !party.leaving);
        self.places.extend(staying.map(|(place, party)| (party.id, place)));
        self.places.sort_unstable();
        let place_of = |id: &LegId| {
            let at = self.places.binary_search_by_key(id, |&(id, _)| id).ok()?;
            self.places.get(at).map(|&(_, place)| place)
        };
        let legs = self.parties.len();
        for party in &mut self.parties {
            let route = self.routes.iter().find(|route| route.leg == party.id && !party.leaving);
            party.listener.set(change, |mix| match route {
                Some(route) => mix.set(route.microphone, route.hears.iter().filter_map(place_of), legs),
                None => mix.set(false, iter::empty(), legs),
            });
        }
        let to_the_speaker = self.routes.iter().filter(|route| route.speaker).filter_map(|route| place_of(&route.leg));
        self.ears.set(change, |mix| mix.set(false, to_the_speaker, legs));
    }

    /// Takes 10 ms from the microphone and from each leg.
    fn listen(&mut self) {
        let wanted = self.parties.iter().any(|party| party.listener.hears_microphone());
        let (microphone, speaker, shared, bin) = (&mut self.microphone, &self.speaker, &self.shared, &mut self.bin);
        self.sources
            .set_microphone(|frame| microphone.read(frame, wanted.then(|| speaker.last()), &self.fade, &shared.gauges, bin));
        for (place, party) in self.parties.iter_mut().enumerate() {
            let heard = self.sources.set_leg(place, |frame| party.pull(frame));
            if let Some(level) = heard.and_then(|frame| party.heard.add(frame)) {
                party.gauges.heard.write(level);
            }
        }
        if self.ears.needs_total() || self.parties.iter().any(|party| party.listener.needs_total()) {
            self.sources.add_up();
        }
    }

    /// Gives each leg its 10 ms.
    fn speak(&mut self) {
        let mut frame = [0.0; FRAME_SAMPLES];
        for (place, party) in self.parties.iter_mut().enumerate() {
            party.listener.hear(&self.sources, &self.fade, &mut frame);
            party.player.add_to(&mut frame, &self.fade, &mut self.bin);
            party.limiter.limit(&mut frame);
            party.push(&frame);
            if let (Some(recording), Some(heard)) = (&party.recording, self.sources.leg(place)) {
                recording.take(&frame, heard);
            }
            party.gauges.ended.store(party.player.ended(), Ordering::Relaxed);
            if let Some(level) = party.sent.add(&frame) {
                party.gauges.sent.write(level);
            }
        }
    }

    /// Gives the speaker its 10 ms.
    fn play(&mut self) {
        let mut frame = [0.0; FRAME_SAMPLES];
        self.ears.hear(&self.sources, &self.fade, &mut frame);
        self.tone.add_to(&mut frame, &self.fade, &mut self.bin);
        self.key.add_to(&mut frame, &self.fade, &mut self.bin);
        self.ears_limiter.limit(&mut frame);
        self.turn(&mut frame);
        self.speaker.write(&frame, &self.fade, &self.shared.gauges, &mut self.bin);
    }

    /// Makes the speaker's frame as loud as is wanted; from one gain to the next within it.
    fn turn(&mut self, frame: &mut Frame) {
        let (before, now) = (self.volume, self.shared.volume.gain());
        self.volume = now;
        if before != now {
            frame.iter_mut().zip(self.fade.iter()).for_each(|(sample, fade)| *sample *= before + (now - before) * fade);
        } else if now != 1.0 {
            frame.iter_mut().for_each(|sample| *sample *= now);
        }
    }

    /// Lets go of the legs that have faded out.
    fn let_go(&mut self) {
        let mut gone = false;
        while let Some(place) = self.parties.iter().position(|party| party.leaving) {
            let party = self.parties.swap_remove(place);
            party.player.retire(&mut self.bin);
            party.recording.into_iter().for_each(|recording| self.bin.put(Retired::Recording(recording)));
            self.bin.put(Retired::Leg(party.leg));
            gone = true;
        }
        if gone {
            self.sources.resize(self.parties.len());
            self.plan(Change::Renumber);
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.shared.inbox.close();
    }
}
