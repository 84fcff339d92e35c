//! `trace`, `ladder`, `story` and `bundle`: looking for a fault in the running phone, or in a bundle that somebody sent.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use model::CallId;
use phone::{Ladder, RemoteAnswer, RemoteRequest, WireTrace, ask_remote, stories};

use crate::{
    exit::{Exit, Failure},
    input::read_text,
    print::Printer,
    setting::Setting,
};

/// Far above any bundle: a journal has four megabytes at most.
const LARGEST_MB: u64 = 32;

/// The heading of the journal in a bundle.
const JOURNAL: &str = "== journal ==";

#[derive(Debug, Subcommand)]
pub(crate) enum DiagnosisVerb {
    /// The last messages of the running phone, with passwords and keys cut out.
    Trace {
        /// Only those that have this text in them.
        search: Option<String>,
        /// Write them to a capture file (pcapng) instead.
        #[arg(long, value_name = "FILE")]
        pcapng: Option<PathBuf>,
    },
    /// Who sent what, when. Nobody is named in it.
    Ladder {
        /// Of one call, by its number in `status`; of everything when missing.
        call: Option<u32>,
        /// Draw it as a picture (SVG) in this file instead.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        /// Read this support bundle instead of asking the running phone.
        #[arg(long, value_name = "FILE")]
        bundle: Option<PathBuf>,
    },
    /// What happened in the calls of the running phone, what went wrong, and what to do.
    Story {
        /// Of one call, by its number in `status`; of all when missing.
        call: Option<u32>,
        /// Read this support bundle instead of asking the running phone.
        #[arg(long, value_name = "FILE")]
        bundle: Option<PathBuf>,
    },
    /// Print a support bundle of the running phone: a text without people and secrets. Read it before you send it.
    Bundle {
        /// Write it to a file instead.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Runs one of them.
pub(crate) async fn run(setting: &Setting, verb: DiagnosisVerb, printer: Printer) -> Result<Exit, Failure> {
    let folder = setting.folder.path();
    match verb {
        DiagnosisVerb::Trace { search, pcapng } => {
            let mut trace = trace(folder).await?;
            trace.keep(search.as_deref().unwrap_or_default());
            match pcapng {
                Some(file) => write(&file, &trace.pcapng(), printer)?,
                None => print_trace(&trace, printer),
            }
        }
        DiagnosisVerb::Ladder { call, svg, bundle } => {
            let journal = journal(folder, bundle.as_deref()).await?;
            let ladder = Ladder::of(journal.iter().map(String::as_str), call.map(CallId)).map_err(unreadable)?;
            if ladder.is_empty() {
                return Err(Failure::new(Exit::Failed, "there is nothing to draw"));
            }
            match svg {
                Some(file) => write(&file, ladder.svg().as_bytes(), printer)?,
                None => text(&ladder.text(), printer),
            }
        }
        DiagnosisVerb::Story { call, bundle } => {
            let journal = journal(folder, bundle.as_deref()).await?;
            let mut stories = stories(journal.iter().map(String::as_str)).map_err(unreadable)?;
            stories.retain(|story| call.is_none_or(|call| story.call == CallId(call)));
            if stories.is_empty() {
                return Err(Failure::new(Exit::Failed, "no such call is remembered"));
            }
            for story in &stories {
                match printer {
                    Printer::Json => printer.value(story),
                    Printer::People => printer.line(&story.to_string()),
                }
            }
        }
        DiagnosisVerb::Bundle { out } => {
            let RemoteAnswer::Bundle(bundle) = ask(folder, &RemoteRequest::Bundle).await? else { return Err(other_version()) };
            match out {
                Some(file) => write(&file, bundle.as_bytes(), printer)?,
                None => text(&bundle, printer),
            }
        }
    }
    Ok(Exit::Done)
}

fn print_trace(trace: &WireTrace, printer: Printer) {
    for row in trace.rows() {
        match printer {
            Printer::Json => printer.value(&row),
            Printer::People => {
                let arrow = if row.sent { "->" } else { "<-" };
                printer.line(&format!("{:>12.1} ms  {arrow} {}  {}\n{}", row.at_ms, row.account, row.title, row.text.expose()));
            }
        }
    }
}

fn text(text: &str, printer: Printer) {
    match printer {
        Printer::Json => printer.value(&text),
        Printer::People => printer.line(text.trim_end()),
    }
}

fn write(file: &Path, content: &[u8], printer: Printer) -> Result<(), Failure> {
    let failed = |error| Failure::new(Exit::Failed, format!("{} cannot be written: {error}", file.display()));
    fs::write(file, content).map_err(failed)?;
    printer.line(&format!("{} is written", file.display()));
    Ok(())
}

async fn trace(folder: &Path) -> Result<WireTrace, Failure> {
    match ask(folder, &RemoteRequest::Trace).await? {
        RemoteAnswer::Trace(trace) => Ok(trace),
        _ => Err(other_version()),
    }
}

/// The journal of the running phone, or the one in a bundle.
async fn journal(folder: &Path, bundle: Option<&Path>) -> Result<Vec<String>, Failure> {
    if let Some(file) = bundle {
        let text = read_text(file, LARGEST_MB)?;
        let (_, journal) = text.split_once(JOURNAL).ok_or_else(|| Failure::usage("that is no support bundle"))?;
        return Ok(journal.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect());
    }
    match ask(folder, &RemoteRequest::Journal).await? {
        RemoteAnswer::Journal(lines) => Ok(lines),
        _ => Err(other_version()),
    }
}

async fn ask(folder: &Path, request: &RemoteRequest) -> Result<RemoteAnswer, Failure> {
    match ask_remote(folder, request).await.map_err(|error| Failure::new(Exit::NoPhone, error))? {
        RemoteAnswer::Refused(words) => Err(Failure::new(Exit::NoPhone, words)),
        answer => Ok(answer),
    }
}

fn other_version() -> Failure {
    Failure::new(Exit::NoPhone, "the running phone is of another version")
}

fn unreadable(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, error)
}
