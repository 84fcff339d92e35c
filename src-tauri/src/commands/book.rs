//! History and contacts.

use model::{Contact, ContactForm, ContactId, ContactQuery, HistoryEntry, HistoryQuery, ImportReport, Suggestion};
use phone::{BookError, Phone};
use tauri::State;

use crate::bridge::UiError;

impl From<BookError> for UiError {
    fn from(error: BookError) -> Self {
        Self::new("book", error)
    }
}

/// Calls of the past, newest first.
#[tauri::command]
pub(crate) async fn history(phone: State<'_, Phone>, query: HistoryQuery) -> Result<Vec<HistoryEntry>, UiError> {
    Ok(phone.book().history(query).await?)
}

/// Forgets some of them.
#[tauri::command]
pub(crate) async fn delete_history(phone: State<'_, Phone>, ids: Vec<u32>) -> Result<(), UiError> {
    Ok(phone.book().delete_history(ids).await?)
}

/// Forgets all of them.
#[tauri::command]
pub(crate) async fn clear_history(phone: State<'_, Phone>) -> Result<(), UiError> {
    Ok(phone.book().clear_history().await?)
}

/// The missed calls have been seen.
#[tauri::command]
pub(crate) async fn mark_seen(phone: State<'_, Phone>) -> Result<(), UiError> {
    Ok(phone.book().mark_seen().await?)
}

/// People, by name.
#[tauri::command]
pub(crate) async fn contacts(phone: State<'_, Phone>, query: ContactQuery) -> Result<Vec<Contact>, UiError> {
    Ok(phone.book().contacts(query).await?)
}

/// Keeps one; without a number of its own it is new.
#[tauri::command]
pub(crate) async fn save_contact(phone: State<'_, Phone>, contact: Contact) -> Result<ContactId, UiError> {
    Ok(phone.book().save_contact(contact).await?)
}

/// Forgets one.
#[tauri::command]
pub(crate) async fn delete_contact(phone: State<'_, Phone>, id: ContactId) -> Result<(), UiError> {
    Ok(phone.book().delete_contact(id).await?)
}

/// Takes in the text of a file of contacts.
#[tauri::command]
pub(crate) async fn import_contacts(phone: State<'_, Phone>, form: ContactForm, text: String) -> Result<ImportReport, UiError> {
    Ok(phone.book().import_contacts(form, text).await?)
}

/// The text of a file with all contacts.
#[tauri::command]
pub(crate) async fn export_contacts(phone: State<'_, Phone>, form: ContactForm) -> Result<String, UiError> {
    Ok(phone.book().export_contacts(form).await?)
}

/// Whom the typed text may mean.
#[tauri::command]
pub(crate) async fn suggest(phone: State<'_, Phone>, text: String) -> Result<Vec<Suggestion>, UiError> {
    Ok(phone.book().suggest(text).await?)
}
