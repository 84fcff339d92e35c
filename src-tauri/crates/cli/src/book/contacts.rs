//! `sidetone-cli contacts`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use model::{Contact, ContactForm, ContactId, ContactNumber, ContactQuery, NumberKind};
use store::text_of_file;

use super::{changed, failed, open};
use crate::{
    exit::{Exit, Failure},
    input::read_file,
    print::Printer,
    setting::Setting,
};

/// Twice as much as is taken, for what is written with two bytes a letter.
const LARGEST_MB: u64 = 64;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ContactsVerb {
    /// Show them.
    List {
        /// Only those with this in a name or number.
        #[arg(long, value_name = "TEXT", default_value = "")]
        search: String,
        /// Only those with a one-touch key.
        #[arg(long)]
        favourites: bool,
    },
    /// Add one.
    Add {
        /// What it is called.
        name: String,
        /// A number or address, with what it is for: work:+442079460123, mobile:…, home:…, sip:bob@host, other:…
        #[arg(long = "number", value_name = "KIND:NUMBER", value_parser = number, required = true)]
        numbers: Vec<ContactNumber>,
        /// Where the person works.
        #[arg(long, default_value = "")]
        organisation: String,
        /// What else is to be known.
        #[arg(long, default_value = "")]
        note: String,
        /// Give it a one-touch key.
        #[arg(long)]
        favourite: bool,
        /// Let the key show whether the person is in a call.
        #[arg(long, requires = "favourite")]
        lamp: bool,
    },
    /// Forget one.
    Delete {
        /// Its number in the list.
        id: u32,
    },
    /// Take contacts from a vCard file or a table (CSV).
    Import {
        /// The file.
        file: PathBuf,
        /// What it is; told by its name or contents when missing.
        #[arg(long)]
        form: Option<Form>,
    },
    /// Write all contacts into a vCard file or a table (CSV).
    Export {
        /// The file; it must not exist.
        file: PathBuf,
        /// What it shall be; told by its name when missing.
        #[arg(long)]
        form: Option<Form>,
    },
}

/// The forms of files.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Form {
    Vcard,
    Csv,
}

pub(super) async fn run(setting: &Setting, verb: ContactsVerb, printer: Printer) -> Result<Exit, Failure> {
    let mut book = open(setting, printer)?;
    match verb {
        ContactsVerb::List { search, favourites } => {
            let query = ContactQuery { text: search, favourites, limit: u32::MAX, skip: 0 };
            for contact in book.contacts(&query).map_err(failed)? {
                match printer {
                    Printer::Json => printer.value(&contact),
                    Printer::People => printer.line(&words(&contact)),
                }
            }
            return Ok(Exit::Done);
        }
        ContactsVerb::Add { name, numbers, organisation, note, favourite, lamp } => {
            let contact = Contact {
                id: None,
                name: name.into(),
                organisation: organisation.into(),
                numbers,
                favourite,
                lamp,
                note: note.into(),
            };
            let id = book.save_contact(&contact).map_err(failed)?;
            printer.line(&format!("contact {id}"));
        }
        ContactsVerb::Delete { id } => book.delete_contact(ContactId(id)).map_err(failed)?,
        ContactsVerb::Import { file, form } => {
            let bytes = read_file(&file, LARGEST_MB)?;
            let text = text_of_file(&bytes);
            let form = form.map_or_else(|| by_contents(&text), ContactForm::from);
            let report = book.import_contacts(form, &text).map_err(failed)?;
            match printer {
                Printer::Json => printer.value(&report),
                Printer::People => {
                    printer.line(&format!("{} added, {} completed", report.added, report.updated));
                    report.skipped.iter().for_each(|skipped| printer.line(&skipped.to_string()));
                    if report.more_skipped > 0 {
                        printer.line(&format!("and {} more", report.more_skipped));
                    }
                }
            }
        }
        ContactsVerb::Export { file, form } => {
            let form = form.map_or_else(|| by_name(&file), |form| Ok(form.into()))?;
            let text = book.export_contacts(form).map_err(failed)?;
            write(&file, &text)?;
            return Ok(Exit::Done);
        }
    }
    drop(book);
    changed(setting).await
}

/// A file of people's numbers, for the user alone.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(file).and_then(|mut open| std::io::Write::write_all(&mut open, text.as_bytes()));
    written.map_err(|error| Failure::usage(format!("{} cannot be written: {error}", file.display())))
}

fn by_contents(text: &str) -> ContactForm {
    let beginning = text.trim_start_matches('\u{feff}').trim_start().get(..11).unwrap_or_default();
    if beginning.eq_ignore_ascii_case("BEGIN:VCARD") { ContactForm::VCard } else { ContactForm::Csv }
}

fn by_name(file: &Path) -> Result<ContactForm, Failure> {
    let end = file.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    match end.as_str() {
        "vcf" | "vcard" => Ok(ContactForm::VCard),
        "csv" => Ok(ContactForm::Csv),
        _ => Err(Failure::usage("say what the file shall be: --form vcard or --form csv")),
    }
}

fn words(contact: &Contact) -> String {
    let id = contact.id.map_or(0, |id| id.0);
    let organisation = contact.organisation.expose();
    let organisation = if organisation.is_empty() { String::new() } else { format!(" ({organisation})") };
    let mark = if contact.favourite { " *" } else { "" };
    let numbers: Vec<&str> = contact.numbers.iter().map(|number| number.number.expose()).collect();
    format!("{id:>6}  {}{organisation}{mark}: {}", contact.name.expose(), numbers.join(", "))
}

fn number(text: &str) -> Result<ContactNumber, String> {
    let named = text.split_once(':').and_then(|(kind, number)| {
        let kind = match kind {
            "work" => NumberKind::Work,
            "mobile" => NumberKind::Mobile,
            "home" => NumberKind::Home,
            "other" => NumberKind::Other,
            // `sip:bob@host` is the address itself.
            "sip" | "sips" => return Some((NumberKind::Sip, text)),
            _ => return None,
        };
        Some((kind, number))
    });
    let (kind, number) = match named {
        Some(named) => named,
        None if text.contains(':') => return Err("before the colon stands work, mobile, home, sip or other".into()),
        None => (NumberKind::Other, text),
    };
    if number.trim().is_empty() {
        return Err("there is no number".into());
    }
    Ok(ContactNumber { kind, number: number.into() })
}

impl From<Form> for ContactForm {
    fn from(form: Form) -> Self {
        match form {
            Form::Vcard => Self::VCard,
            Form::Csv => Self::Csv,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_what_it_is_for() {
        let read = |text: &str| number(text).map(|number| (number.kind, number.number.expose().to_owned()));
        assert_eq!(read("work:+4420"), Ok((NumberKind::Work, "+4420".into())));
        assert_eq!(read("sip:bob@host"), Ok((NumberKind::Sip, "sip:bob@host".into())));
        assert_eq!(read("600"), Ok((NumberKind::Other, "600".into())));
        assert!(read("desk:600").is_err() && read("work: ").is_err());
    }

    #[test]
    fn a_file_is_known_by_its_name_and_by_what_is_in_it() {
        assert!(matches!(by_name(Path::new("a.VCF")), Ok(ContactForm::VCard)));
        assert!(matches!(by_name(Path::new("a.csv")), Ok(ContactForm::Csv)));
        assert!(by_name(Path::new("a.txt")).is_err());
        assert_eq!(by_contents("\u{feff}\nbegin:vcard\n"), ContactForm::VCard);
        assert_eq!(by_contents("Name,Phone"), ContactForm::Csv);
        assert_eq!(by_contents("ééééééé"), ContactForm::Csv);
    }
}
