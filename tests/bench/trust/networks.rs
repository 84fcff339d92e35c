//! A cable that is out in a call, and a computer that gets another address (16), in network namespaces.

use std::{path::Path, time::Duration};

use tests::{IpVersion, Machines, longest_gap};
use tokio::{task::spawn_blocking, time::sleep};

use super::{heard, position};
use crate::{
    Outcome,
    kit::{
        figures::{distribution, percentile, tell},
        program::{self, Program},
    },
};

/// Each is done so often; the median is told.
const TIMES: usize = 3;

/// How long the cable is out.
const OUT_FOR: Duration = Duration::from_secs(20);

/// Long enough for sound to be back, and for everything to settle.
const SETTLES: Duration = Duration::from_secs(6);

/// Measures both.
pub async fn run() -> Outcome {
    let binary = program::build().await?;
    let (mut after_cut, mut after_move) = (Vec::new(), Vec::new());
    for time in 0..TIMES {
        after_cut.push(
            silence(
                &binary,
                &format!("cut{time}"),
                async |machines: &Machines| {
                    machines.plug(false);
                    sleep(OUT_FOR).await;
                },
                |machines| machines.plug(true),
            )
            .await?,
        );
        after_move.push(silence(&binary, &format!("move{time}"), async |_: &Machines| {}, Machines::move_here).await?);
    }
    distribution("silence after a cable is back", "ms", &after_cut);
    distribution("silence at a change of the address", "ms", &after_move);
    tell("16.cut", percentile(&after_cut, 50).unwrap_or(f64::NAN));
    tell("16.move", percentile(&after_move, 50).unwrap_or(f64::NAN));
    Ok(())
}

/// The longest silence in a call to a steady tone, in ms, from when `then` is done after `first`.
async fn silence(binary: &Path, name: &str, first: impl AsyncFnOnce(&Machines), then: impl FnOnce(&Machines)) -> Outcome<f64> {
    let name = name.to_owned();
    let machines = spawn_blocking(move || Machines::join(&name, IpVersion::V4)).await??;
    let folder = tempfile::tempdir()?;
    let recording = folder.path().join("heard.wav");
    let arguments = ["--melody", "--record", &recording.to_string_lossy()];
    let mut phone = Program::run_in(&machines.here, binary, &machines.account, &arguments)?;
    phone.wait("registered").await?;
    phone.ask(&["dial", "607"]).await?;
    phone.wait("media-connected").await?;
    sleep(SETTLES).await;
    first(&machines).await;
    let begun = position(&recording).await?;
    then(&machines);
    sleep(SETTLES).await;
    let silence = longest_gap(heard(&recording)?.get(begun..).unwrap_or_default());
    phone.ask(&["hangup"]).await?;
    phone.wait("ended").await?;
    Ok(silence.as_secs_f64() * 1e3)
}
