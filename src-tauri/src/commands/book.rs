//! History and contacts.

use base64::{Engine, prelude::BASE64_STANDARD};
use model::{Contact, ContactForm, ContactId, ContactQuery, HistoryEntry, HistoryQuery, ImportReport, Refusal, Suggestion};
use phone::Phone;
use store::text_of_file;
use tauri::State;

/// Calls of the past, newest first.
#[tauri::command]
pub(crate) async fn history(phone: State<'_, Phone>, query: HistoryQuery) -> Result<Vec<HistoryEntry>, Refusal> {
    Ok(phone.book().history(query).await?)
}

/// Forgets some of them.
#[tauri::command]
pub(crate) async fn delete_history(phone: State<'_, Phone>, ids: Vec<u32>) -> Result<(), Refusal> {
    Ok(phone.book().delete_history(ids).await?)
}

/// Forgets all of them.
#[tauri::command]
pub(crate) async fn clear_history(phone: State<'_, Phone>) -> Result<(), Refusal> {
    Ok(phone.book().clear_history().await?)
}

/// The missed calls have been seen.
#[tauri::command]
pub(crate) async fn mark_seen(phone: State<'_, Phone>) -> Result<(), Refusal> {
    Ok(phone.book().mark_seen().await?)
}

/// People, by name.
#[tauri::command]
pub(crate) async fn contacts(phone: State<'_, Phone>, query: ContactQuery) -> Result<Vec<Contact>, Refusal> {
    Ok(phone.book().contacts(query).await?)
}

/// Keeps one; without a number of its own it is new.
#[tauri::command]
pub(crate) async fn save_contact(phone: State<'_, Phone>, contact: Contact) -> Result<ContactId, Refusal> {
    Ok(phone.book().save_contact(contact).await?)
}

/// Forgets one.
#[tauri::command]
pub(crate) async fn delete_contact(phone: State<'_, Phone>, id: ContactId) -> Result<(), Refusal> {
    Ok(phone.book().delete_contact(id).await?)
}

/// Takes in a file of contacts, whose bytes come as Base64.
#[tauri::command]
pub(crate) async fn import_contacts(phone: State<'_, Phone>, form: ContactForm, file: String) -> Result<ImportReport, Refusal> {
    let bytes = BASE64_STANDARD.decode(file).map_err(|_| Refusal::Broken)?;
    Ok(phone.book().import_contacts(form, text_of_file(&bytes).into_owned()).await?)
}

/// Whom the typed text may mean.
#[tauri::command]
pub(crate) async fn suggest(phone: State<'_, Phone>, text: String) -> Result<Vec<Suggestion>, Refusal> {
    Ok(phone.book().suggest(text).await?)
}
