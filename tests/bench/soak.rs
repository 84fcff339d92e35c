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

/// How long each call is up.
const TALK_S: f64 = 2.0;

/// From one call to the next in a short run, and in one of more than an hour.
const PACE: [Duration; 2] = [Duration::from_secs(4), Duration::from_secs(60)];

/// Calls before the first look: what the first ones leave behind (pages of the program, pools) is left once.
const WARM: u32 = 5;

/// What it has come to is told so often in a run, and after this long at the latest.
const TELLINGS: u32 = 10;
const LATEST: Duration = Duration::from_secs(10 * 60);

/// A length: `90s`, `5m` or `72h`; a number alone are minutes.
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
    async fn call(&mut self, from: &mut Station) -> Outcome<()> {
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
            pause(TALK_S).await;
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

/// Measures for so long, tells how it goes on, and what it was: nothing is concluded for a longer run.
pub async fn run(length: Option<String>) -> Outcome {
    let length = length.map_or(Some(LENGTH), |text| length_of(&text)).ok_or("the length is like 90s, 5m or 72h")?;
    let pace = PACE[usize::from(length > Duration::from_secs(3_600))];
    let binary = program::build().await?;
    let office = Office::open(&["alice", "bob"]).await?;
    let desk = Desk::new(Arc::clone(&office.clock));
    let mut alice = office.phone(office.settings("alice"), Arc::new(desk), Arc::clone(&office.rtc)).await?;
    let phone = Program::run(&binary, &office.account("bob"), &["--auto-answer", "--melody"])?;
    let mut bob = Called { phone, calls: 0, missed: 0, warm: None };
    bob.phone.wait("registered").await?;
    let (begun, mut told) = (Instant::now(), Instant::now());
    while begun.elapsed() < length {
        let next = Instant::now() + pace;
        bob.call(&mut alice).await?;
        if told.elapsed() >= (length / TELLINGS).min(LATEST) {
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
