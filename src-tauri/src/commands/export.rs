//! Files that the user keeps, of what the phone knows.

use std::path::PathBuf;

use model::{CallId, ContactForm, Refusal};
use phone::Phone;
use serde::Deserialize;
use tauri::{AppHandle, State};

use super::diagnosis::{ShownBundle, drawn};
use crate::save_as;

/// A file that can be saved.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub(crate) enum Export {
    /// All contacts.
    Contacts { form: ContactForm },
    /// The messages that have a text in them, as a capture file.
    Capture { search: String },
    /// A ladder as a picture; of one call, or of everything.
    LadderSvg { call: Option<CallId> },
    /// A ladder as a text.
    LadderText { call: Option<CallId> },
    /// The support bundle that was shown.
    Bundle,
}

impl Export {
    fn name(&self) -> &'static str {
        match self {
            Self::Contacts { form: ContactForm::VCard } => "contacts.vcf",
            Self::Contacts { form: ContactForm::Csv } => "contacts.csv",
            Self::Capture { .. } => "sidetone-messages.pcapng",
            Self::LadderSvg { .. } => "sidetone-ladder.svg",
            Self::LadderText { .. } => "sidetone-ladder.txt",
            Self::Bundle => "sidetone-support.txt",
        }
    }
}

/// Saves a file where the user says; where it is now, or nothing when he did not.
#[tauri::command]
pub(crate) async fn save_export(
    app: AppHandle,
    phone: State<'_, Phone>,
    shown: State<'_, ShownBundle>,
    export: Export,
) -> Result<Option<PathBuf>, Refusal> {
    let name = export.name();
    let content = match export {
        Export::Contacts { form } => phone.book().export_contacts(form).await?.into_bytes(),
        Export::Capture { search } => {
            let mut trace = phone.trace().await?;
            trace.keep(&search);
            trace.pcapng()
        }
        Export::LadderSvg { call } => drawn(&phone, call).await?.svg().into_bytes(),
        Export::LadderText { call } => drawn(&phone, call).await?.text().into_bytes(),
        Export::Bundle => shown.copy().into_bytes(),
    };
    save_as::save(&app, name, content).await
}
