//! `sidetone-cli history`.

use model::{Direction, HistoryEntry, HistoryFilter, HistoryQuery, Outcome};

use super::{changed, failed, open};
use crate::{
    exit::{Exit, Failure},
    print::Printer,
    setting::Setting,
};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct HistoryArguments {
    /// Only calls that were missed.
    #[arg(long)]
    missed: bool,
    /// Only those whose name or number has this in it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    search: String,
    /// How many at most.
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: u32,
    /// Only those before this one.
    #[arg(long, value_name = "ID")]
    before: Option<u32>,
    #[command(subcommand)]
    verb: Option<HistoryVerb>,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum HistoryVerb {
    /// Forget every call.
    Clear,
    /// Forget single calls.
    Delete {
        /// Their numbers in the list.
        #[arg(required = true)]
        ids: Vec<u32>,
    },
    /// Missed calls are no longer new.
    Seen,
}

pub(super) async fn run(setting: &Setting, arguments: HistoryArguments, printer: Printer) -> Result<Exit, Failure> {
    let mut book = open(setting, printer)?;
    let HistoryArguments { missed, search, limit, before, verb } = arguments;
    match verb {
        None => {
            let only = if missed { HistoryFilter::Missed } else { HistoryFilter::All };
            let entries = book.history(&HistoryQuery { text: search, only, limit, before }).map_err(failed)?;
            for entry in &entries {
                match printer {
                    Printer::Json => printer.value(entry),
                    Printer::People => printer.line(&words(entry)),
                }
            }
            return Ok(Exit::Done);
        }
        Some(HistoryVerb::Clear) => book.clear_history().map_err(failed)?,
        Some(HistoryVerb::Delete { ids }) => {
            let deleted = book.delete_history(&ids).map_err(failed)?;
            if deleted < ids.len() {
                return Err(Failure::usage("some of these calls are not in the history"));
            }
        }
        Some(HistoryVerb::Seen) => drop(book.mark_seen().map_err(failed)?),
    }
    drop(book);
    changed(setting).await
}

fn words(entry: &HistoryEntry) -> String {
    let who = entry.contact.as_ref().map_or(entry.remote.name.expose(), |contact| contact.name.expose());
    let number = match (entry.remote.number.expose(), entry.remote.uri.expose()) {
        ("", uri) => uri,
        (number, _) => number,
    };
    let who = if who.is_empty() { number.to_owned() } else { format!("{who} ({number})") };
    let way = match entry.direction {
        Direction::Outgoing => "to",
        Direction::Incoming => "from",
    };
    let what = match entry.outcome {
        Outcome::Answered | Outcome::AnsweredAutomatically => {
            let seconds = entry.talked_ms.unwrap_or_default() / 1000;
            format!("talked {}:{:02}", seconds / 60, seconds % 60)
        }
        Outcome::Missed if !entry.seen => "MISSED".to_owned(),
        Outcome::Missed
        | Outcome::AnsweredElsewhere
        | Outcome::Declined
        | Outcome::Busy
        | Outcome::Failed
        | Outcome::Cancelled => String::new(),
    };
    let what = [what.as_str(), &entry.words].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    format!("{:>6}  {}  {way:<4} {who}: {what}", entry.id, date(entry.started_s))
}

/// A moment as ISO 8601 writes it, in UTC: the terminal's reader may be elsewhere than the phone.
fn date(unix_s: i64) -> String {
    let (days, seconds) = (unix_s.div_euclid(86_400), unix_s.rem_euclid(86_400));
    // Days since 0000-03-01 in eras of 400 years, so that the leap day is the last of a year.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year_of_era + era * 400 + year;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}Z", seconds / 3600, seconds / 60 % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_their_date() {
        for (unix_s, text) in [
            (0, "1970-01-01 00:00Z"),
            (951_782_399, "2000-02-28 23:59Z"),
            (951_782_400, "2000-02-29 00:00Z"),
            (1_767_225_600, "2026-01-01 00:00Z"),
            (-1, "1969-12-31 23:59Z"),
        ] {
            assert_eq!(date(unix_s), text);
        }
    }
}
