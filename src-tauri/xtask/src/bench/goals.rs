//! The figures the phone must reach, with what the best competitor reaches on the same machine.

use std::fmt;

/// One figure.
pub struct Goal {
    /// The benchmark that measures it.
    pub bench: &'static str,
    /// Its number in the list of goals, and which of them where a number has several.
    pub figure: &'static str,
    pub what: &'static str,
    pub unit: &'static str,
    pub limit: Limit,
    pub competitor: &'static str,
}

/// When a goal is reached.
pub enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Limit {
    pub fn holds(&self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= *limit,
            Self::AtLeast(limit) => value >= *limit,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "<= {limit}"),
            Self::AtLeast(limit) => write!(f, ">= {limit}"),
        }
    }
}

use Limit::{AtLeast, AtMost};

macro_rules! goals {
    ($($bench:literal $figure:literal $what:literal, $limit:ident $value:literal $unit:literal, $competitor:literal;)*) => {
        /// By benchmark, in the order of the list.
        pub const GOALS: &[Goal] = &[$(Goal {
            bench: $bench, figure: $figure, what: $what, unit: $unit, limit: $limit($value), competitor: $competitor,
        }),*];
    };
}

goals! {
    "setup" "11" "INVITE to media both ways, loopback", AtMost 60.0 "ms", "Chromium 91-100";
    "setup" "12.dial" "dial to INVITE on the wire", AtMost 30.0 "ms", "JsSIP 120";
    "setup" "12.silent" "the same with silent STUN and TURN", AtMost 150.0 "ms", "JsSIP 39900";
    "setup" "13.180" "INVITE arrives to 180", AtMost 5.0 "ms", "Chromium 8";
    "setup" "13.tone" "INVITE to the ringtone", AtMost 100.0 "ms", "";
    "setup" "14" "start to registered", AtMost 120.0 "ms", "baresip 24 (UDP)";
    "latency" "1.median" "mouth to ear, clean network, median", AtMost 70.0 "ms", "Chromium 151-180";
    "latency" "1.p95" "the same, 95th percentile", AtMost 80.0 "ms", "";
    "latency" "2" "the same in the first 5 s", AtMost 90.0 "ms", "Chromium 212-242";
    "latency" "3.delay" "mouth to ear under 60 ms jitter", AtMost 160.0 "ms", "Chromium 240";
    "latency" "3.pesq" "quality at that delay", AtLeast 3.85 "PESQ", "Chromium 4.0";
    "latency" "4" "delay left 5 s after jitter or loss", AtMost 10.0 "ms", "Chromium 25-50";
    "loss" "5.raw" "quality without loss, raw, Opus at 32 kb/s", AtLeast 3.95 "PESQ", "Chromium 4.00";
    "loss" "5.processed" "the same, noise and gain control", AtLeast 3.85 "PESQ", "Chromium 3.80";
    "loss" "5.raw.default" "quality without loss, raw, at our own 40 kb/s", AtLeast 3.95 "PESQ", "";
    "loss" "5.processed.default" "the same, noise and gain control", AtLeast 3.85 "PESQ", "";
    "loss" "6.5" "5 % random loss, RED", AtLeast 3.75 "PESQ", "Chromium 3.22";
    "loss" "6.10" "10 % random loss, RED", AtLeast 3.6 "PESQ", "Chromium 2.77";
    "loss" "6.20" "20 % random loss, RED", AtLeast 3.4 "PESQ", "Chromium 2.01";
    "loss" "6.30" "30 % random loss, RED", AtLeast 2.7 "PESQ", "";
    "loss" "6.fec" "10 % random loss, FEC only", AtLeast 2.8 "PESQ", "Chromium 2.77";
    "loss" "7.pesq" "10 % loss in bursts of 3", AtLeast 3.2 "PESQ", "";
    "loss" "7.hole" "the longest hole then", AtMost 60.0 "ms", "";
    "cpu" "19.cpu" "idle", AtMost 0.02 "s/min", "baresip 0.02";
    "cpu" "19.wakeups" "wake-ups when idle", AtMost 3.0 "/s", "";
    "cpu" "20.raw" "a call, raw", AtMost 2.0 "s/min", "baresip 2.6, Chromium 5.45";
    "cpu" "20.processed" "a call with echo, noise and gain control", AtMost 4.5 "s/min", "Chromium 6.6";
    "cpu" "21" "calls at once, no frame over 20 ms late", AtLeast 50.0 "", "baresip 4 by default";
    "memory" "17.idle" "sidetone-cli idle (PSS)", AtMost 15.0 "MB", "baresip 3.4";
    "memory" "17.call" "sidetone-cli in a call (PSS)", AtMost 25.0 "MB", "baresip 7.2";
    "trust" "15.closed" "registered again after the connection is closed", AtMost 700.0 "ms", "JsSIP 2030, baresip over 60000";
    "trust" "15.outage" "the same when a server is back after 5 s", AtMost 2000.0 "ms", "JsSIP 1000, baresip over 60000";
    "trust" "16.cut" "silence after a cable is back that was out for 20 s", AtMost 300.0 "ms", "JsSIP never back, baresip 8";
    "trust" "16.move" "silence at a change of the address", AtMost 2000.0 "ms", "JsSIP never back, baresip one way only";
    "trust" "30.health" "health check behind a damaged message, 95th percentile", AtMost 50.0 "ms", "";
    "trust" "30.next" "the same, the slowest of all", AtMost 50.0 "ms", "";
    "trust" "30.lost" "registrations lost to them", AtMost 0.0 "", "";
    "trust" "30.rings" "false rings", AtMost 0.0 "", "";
    "trust" "31.popups" "popups at 1,000 calls a second for 60 s", AtMost 1.0 "", "";
    "trust" "31.refused" "calls refused otherwise than busy", AtMost 0.0 "", "";
    "trust" "31.hole" "the longest hole in a call meanwhile", AtMost 0.0 "ms", "";
    "trust" "31.memory" "memory more after it (PSS)", AtMost 10.0 "MB", "";
    "trust" "32" "bad certificates: tests that fail", AtMost 0.0 "", "";
    "trust" "33" "passwords to their own server only: tests that fail", AtMost 0.0 "", "";
    "trust" "34" "words of strangers in the page: tests that fail", AtMost 0.0 "", "";
    "trust" "35" "secrets and names in logs: tests that fail", AtMost 0.0 "", "";
    "trust" "36" "a machine that fails the phone: tests that fail", AtMost 0.0 "", "";
    "trust" "38.failed" "damaged input of each parser: tests that fail", AtMost 0.0 "", "";
    "trust" "38.slowest" "the slowest input", AtMost 50.0 "ms", "";
    "soak" "37.memory" "memory more after the calls (PSS)", AtMost 5.0 "MB", "";
    "soak" "37.files" "open files and sockets more", AtMost 0.0 "", "";
    "soak" "37.missed" "calls not taken", AtMost 0.0 "", "";
    "soak" "37.gaps" "registrations lost", AtMost 0.0 "", "";
    "conference" "9.pesq" "B hears C through the host", AtLeast 3.6 "PESQ", "";
    "conference" "9.self" "what one hears of himself", AtMost -50.0 "dB", "";
    "conference" "9.cpu" "CPU against a plain call", AtMost 1.9 "x", "";
    "window" "13.popup" "a ringing call to its window, made anew", AtMost 600.0 "ms", "";
    "window" "14.window" "start to registered, with a window", AtMost 150.0 "ms", "";
    "window" "14.usable" "start to the page drawn", AtMost 700.0 "ms", "";
    "window" "17.never" "in the tray, no window yet (PSS)", AtMost 70.0 "MB", "";
    "window" "17.hidden" "in the tray after a window (PSS)", AtMost 70.0 "MB", "";
    "window" "17.web" "web processes in the tray", AtMost 0.0 "", "";
    "window" "19.tray.cpu" "in the tray, idle", AtMost 0.02 "s/min", "baresip 0.02";
    "window" "19.tray.wakeups" "wake-ups in the tray", AtMost 3.0 "/s", "";
    "window" "18.idle" "with its window, idle (PSS)", AtMost 185.0 "MB", "Chromium 234-252";
    "window" "18.call" "with its window, in a call (PSS)", AtMost 200.0 "MB", "Chromium 258-288";
    "window" "18.back" "asked for until the window is back", AtMost 700.0 "ms", "";
    "window" "18.popup" "the popup made on demand", AtMost 260.0 "ms", "";
}
