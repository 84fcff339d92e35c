//! Damaged messages to a registered phone (30), and a thousand calls a second for a minute (31).

use std::{sync::Arc, time::Duration};

use phone::SystemClock;
use tests::{Flood, Front, Storm, longest_gap, practice, usage::memory_mb};
use tokio::{task::spawn_blocking, time::sleep};

use super::heard;
use crate::{
    Outcome,
    kit::{
        figures::{distribution, note, percentile, tell},
        program::{self, Program},
    },
};

/// Damaged messages.
const DAMAGED: usize = 10_000;

/// The flood.
const CALLS_PER_SECOND: u32 = 1_000;
const FLOOD_FOR: Duration = Duration::from_secs(60);

/// How long the phone is left alone before its memory is looked at.
const CALM: Duration = Duration::from_secs(10);

/// Damaged messages, and how well the phone is behind each.
pub async fn storms() -> Outcome {
    let storms = [
        ("a message of RFC 4475 or 5118", spawn_blocking(Storm::of_torture_messages).await?),
        ("a damaged message", spawn_blocking(|| Storm::of_damaged_messages(DAMAGED, 1)).await?),
    ];
    let in_ms = |checks: &[Duration]| checks.iter().map(|check| check.as_secs_f64() * 1e3).collect::<Vec<f64>>();
    for (what, storm) in &storms {
        distribution(&format!("health checks behind {what}"), "ms", &in_ms(&storm.checks));
    }
    let sum = |count: fn(&Storm) -> usize| storms.iter().map(|(_, storm)| count(storm)).sum::<usize>() as f64;
    let at = |percent| storms.iter().filter_map(|(_, storm)| percentile(&in_ms(&storm.checks), percent)).fold(0.0, f64::max);
    tell("30.health", at(95));
    tell("30.next", at(100));
    tell("30.lost", sum(|storm| storm.lost_registrations));
    tell("30.rings", sum(|storm| storm.false_rings));
    Ok(())
}

/// The flood, beside a call.
pub async fn flood() -> Outcome {
    let binary = program::build().await?;
    let exchange = practice().await;
    let front = Front::open(exchange.account().server.clone(), Arc::new(SystemClock::start())).await?;
    let folder = tempfile::tempdir()?;
    let recording = folder.path().join("heard.wav");
    let arguments = ["--melody", "--record", &recording.to_string_lossy()];
    let mut phone = Program::run(&binary, &front.account(exchange.account()), &arguments)?;
    phone.wait("registered").await?;
    phone.ask(&["dial", "607"]).await?;
    phone.wait("media-connected").await?;
    sleep(CALM).await;
    let (before_mb, begun) = (memory_mb(phone.id()?)?, heard(&recording)?.len());
    let mut flood = Flood::pour(&front, CALLS_PER_SECOND, FLOOD_FOR).await;
    let silence = longest_gap(heard(&recording)?.get(begun..).unwrap_or_default());
    flood.recede(&front).await;
    sleep(CALM).await;
    let after_mb = memory_mb(phone.id()?)?;
    phone.ask(&["hangup"]).await?;
    // Of the calls that rang, and of ours.
    for _ in 0..=flood.rang {
        phone.wait("ended").await?;
    }
    note(&format!(
        "{} calls in {FLOOD_FOR:?}: {} rang, refused by status {:?}; {before_mb:.1} MB before, {after_mb:.1} after",
        flood.sent, flood.rang, flood.refused
    ));
    let badly: u32 = flood.refused.iter().filter(|(code, _)| ![486, 503].contains(*code)).map(|(_, count)| count).sum();
    tell("31.popups", f64::from(phone.popups()));
    tell("31.refused", f64::from(badly));
    tell("31.hole", silence.as_secs_f64() * 1e3);
    tell("31.memory", after_mb - before_mb);
    Ok(())
}
