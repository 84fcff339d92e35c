//! Measures the phone: `cargo xtask bench NAME` runs this and prints its figures beside the goals.
//!
//! Real sockets, real time, real threads. What is measured runs either in this process (latency, quality) or as the
//! programs `sidetone-cli` and `sidetone` (CPU, memory, start). The far end is the practice exchange or another phone of ours in this
//! process, reached over loopback, through a bad network of our own making where the figure asks for one.
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

mod conference;
mod cpu;
mod kit;
mod latency;
mod loss;
mod memory;
mod setup;
mod soak;
mod trust;
#[cfg(target_os = "linux")]
mod window;

use std::{error::Error, process::ExitCode};

/// What a benchmark returns; the error says in words what kept it from measuring.
type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    match run(&name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            kit::figures::note(&format!("the benchmark {name:?} ended early: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(name: &str) -> Outcome {
    // Two workers, as the phone has.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = runtime.block_on(async {
        match name {
            "setup" => setup::run().await,
            "latency" => latency::run().await,
            "loss" => loss::run().await,
            "cpu" => cpu::run().await,
            "memory" => memory::run().await,
            "conference" => conference::run().await,
            "soak" => soak::run(std::env::args().nth(2)).await,
            "trust" => trust::run(std::env::args().nth(2)).await,
            #[cfg(target_os = "linux")]
            "window" => window::run().await,
            _ => Err("there are: setup, latency, loss, cpu, memory, conference, window, trust, soak".into()),
        }
    });
    runtime.shutdown_background();
    outcome
}
