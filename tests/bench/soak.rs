//! A phone that is called again and again for as long as one likes: what it keeps of each call (37).

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    Outcome,
    kit::{
        desk::Desk,
        figures::{note, tell},
        phones::{Office, Station, pause},
        program::{self, Program},
        usage::{memory_mb, open_files},
    },
};

/// How long without a word; the promise is for 72 hours, of a call a minute.
const LENGTH: Duration = Duration::from_secs(5 * 60);

/// How long each call is up; where calls are counted, as little as shows that it is.
const TALK_S: f64 = 2.0;
const TALK_COUNTED_S: f64 = 0.2;

/// From one call to the next in a short run, and in one of more than an hour.
const PACE: [Duration; 2] = [Duration::from_secs(4), Duration::from_secs(60)];

/// Calls before the first look: what the first ones leave behind (pages of the program, pools) is left once.
const WARM: u32 = 5;

/// What it has come to is told so often in a run, and after this long at the latest.
const TELLINGS: u32 = 10;
const LATEST: Duration = Duration::from_secs(10 * 60);

/// How much of it there is to be.
#[derive(Clone, Copy)]
enum Much {
    /// So long.
    Time(Duration),
    /// So many calls, one right after the other: as many as 72 hours have fit into one.
    Calls(u32),
}

impl Much {
    /// `90s`, `5m` or `72h`; a number alone are minutes; `4320calls`.
    fn of(text: &str) -> Option<Self> {
        match text.strip_suffix("calls") {
            Some(calls) => calls.parse().ok().filter(|calls| *calls > 0).map(Self::Calls),
            None => length_of(text).map(Self::Time),
        }
    }

    fn talk_s(self) -> f64 {
        match self {
            Self::Time(_) => TALK_S,
            Self::Calls(_) => TALK_COUNTED_S,
        }
    }

    /// From one call to the next.
    fn pace(self) -> Duration {
        match self {
            Self::Time(length) => PACE[usize::from(length > Duration::from_secs(3_600))],
            Self::Calls(_) => Duration::ZERO,
        }
    }

    fn is_over(self, since: Instant, calls: u32) -> bool {
        match self {
            Self::Time(length) => since.elapsed() >= length,
            Self::Calls(most) => calls >= most,
        }
    }

    /// Whether it is time to tell what it has come to.
    fn is_to_tell(self, told: Instant, calls: u32) -> bool {
        match self {
            Self::Time(length) => told.elapsed() >= (length / TELLINGS).min(LATEST),
            Self::Calls(most) => calls.is_multiple_of((most / TELLINGS).max(1)),
        }
    }
}

/// A length; a number alone are minutes.
fn length_of(text: &str) -> Option<Duration> {
    let units = [('s', 1.0), ('m', 60.0), ('h', 3_600.0)];
    let unit = units.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, *seconds)));
    let (number, seconds) = unit.unwrap_or((text, 60.0));
    let seconds = number.parse::<f64>().ok()? * seconds;
    Duration::try_from_secs_f64(seconds).ok().filter(|length| !length.is_zero())
}

/// The phone that is called, and what became of it so far.
struct Called {
    phone: Program,
    calls: u32,
    missed: u32,
    /// Memory in MB and open files, after the first calls.
    warm: Option<(f64, usize)>,
}

impl Called {
    /// One call, taken and ended, or missed.
    async fn call(&mut self, from: &mut Station, talk_s: f64) -> Outcome<()> {
        if self.calls == WARM {
            self.warm = Some(self.takes()?);
        }
        self.calls += 1;
        from.dial("bob")?;
        let taken = self.phone.wait("media-connected").await;
        if let Err(error) = &taken {
            note(&format!("call {}: {error}", self.calls));
            self.missed += 1;
        } else {
            pause(talk_s).await;
        }
        from.hang_up().await?;
        if taken.is_ok() {
            self.phone.wait("ended").await?;
        }
        Ok(())
    }

    /// Memory in MB, and open files.
    fn takes(&self) -> Outcome<(f64, usize)> {
        Ok((memory_mb(self.phone.id()?)?, open_files(self.phone.id()?)?))
    }

    /// The figures by now; none before the first calls are over.
    fn figures(&self) -> Outcome<Option<[f64; 4]>> {
        let Some((memory, files)) = self.warm else { return Ok(None) };
        let (memory_now, files_now) = self.takes()?;
        let gaps = self.phone.told("unregistered") + self.phone.told("registered").saturating_sub(1);
        Ok(Some([memory_now - memory, files_now as f64 - files as f64, self.missed.into(), gaps.into()]))
    }

    fn tell_so_far(&self, since: Instant) -> Outcome<()> {
        let (memory, files) = self.takes()?;
        let so_far = match self.figures()? {
            None => "before the first look".to_owned(),
            Some([more, more_files, missed, gaps]) => {
                format!("{more:+.1} MB, {more_files:+} files, {missed} missed, {gaps} gaps in the registration")
            }
        };
        let minutes = since.elapsed().as_secs_f64() / 60.0;
        note(&format!("{minutes:.1} min, {} calls: {memory:.1} MB, {files} files; {so_far}", self.calls));
        Ok(())
    }
}

/// Measures as much, tells how it goes on, and what it was: nothing is concluded for a longer run.
pub async fn run(length: Option<String>) -> Outcome {
    let much = length.map_or(Some(Much::Time(LENGTH)), |text| Much::of(&text));
    let much = much.ok_or("the length is like 90s, 5m, 72h or 4320calls")?;
    let binary = program::build().await?;
    let office = Office::open(&["alice", "bob"]).await?;
    let desk = Desk::new(Arc::clone(&office.clock));
    let mut alice = office.phone(office.settings("alice"), Arc::new(desk), Arc::clone(&office.rtc)).await?;
    let phone = Program::run(&binary, &office.account("bob"), &["--auto-answer", "--melody"])?;
    let mut bob = Called { phone, calls: 0, missed: 0, warm: None };
    bob.phone.wait("registered").await?;
    let (begun, mut told) = (Instant::now(), Instant::now());
    while !much.is_over(begun, bob.calls) {
        let next = Instant::now() + much.pace();
        bob.call(&mut alice, much.talk_s()).await?;
        if much.is_to_tell(told, bob.calls) {
            told = Instant::now();
            bob.tell_so_far(begun)?;
        }
        // What belongs to a call is given back within a moment of its end.
        tokio::time::sleep_until(next).await;
    }
    bob.tell_so_far(begun)?;
    let figures = bob.figures()?.ok_or("that was too short for the first calls")?;
    for (figure, value) in ["37.memory", "37.files", "37.missed", "37.gaps"].into_iter().zip(figures) {
        tell(figure, value);
    }
    Ok(())
}
