//! Looking for a fault: what was sent, the stories of calls, and what an account depends on.

use std::sync::{Mutex, PoisonError};

use model::{AccountId, CallId, CallStory, Check, LadderRow, Refusal, ServiceRow, TraceRow};
use phone::{Ladder, Phone, ReplayError, stories};
use tauri::{State, WebviewWindow, ipc::Channel};

use crate::bridge::Followers;

/// The support bundle that the page shows: what is saved is what was read.
#[derive(Debug, Default)]
pub(crate) struct ShownBundle(Mutex<String>);

impl ShownBundle {
    fn keep(&self, bundle: &str) {
        bundle.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn copy(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The last messages that have a text in them; all when it is empty.
#[tauri::command]
pub(crate) async fn trace(phone: State<'_, Phone>, search: String) -> Result<Vec<TraceRow>, Refusal> {
    let mut trace = phone.trace().await?;
    trace.keep(&search);
    Ok(trace.rows())
}

/// What services tell by their own names, as long as the page shows it.
#[tauri::command]
pub(crate) fn follow_service_events(
    window: WebviewWindow,
    phone: State<'_, Phone>,
    followers: State<'_, Followers>,
    channel: Channel<Vec<ServiceRow>>,
) {
    followers.follow(window.label(), "events of services", phone.service_events(), channel);
}

/// The page no longer shows it.
#[tauri::command]
pub(crate) fn leave_service_events(window: WebviewWindow, followers: State<'_, Followers>) {
    followers.leave(window.label(), "events of services");
}

/// Who sent what, when, in one call.
#[tauri::command]
pub(crate) async fn ladder(phone: State<'_, Phone>, call: CallId) -> Result<Vec<LadderRow>, Refusal> {
    Ok(drawn(&phone, Some(call)).await?.rows())
}

/// What happened in the calls that are remembered, oldest first.
#[tauri::command]
pub(crate) async fn call_stories(phone: State<'_, Phone>) -> Result<Vec<CallStory>, Refusal> {
    let journal = phone.journal().await?;
    stories(journal.iter().map(String::as_str)).map_err(|error| damaged(&error))
}

/// Looks at everything that calls of an account depend on; within a minute.
#[tauri::command]
pub(crate) async fn diagnose(phone: State<'_, Phone>, account: AccountId) -> Result<Vec<Check>, Refusal> {
    let settings = phone.settings();
    let configured = settings.borrow().accounts.iter().find(|configured| configured.id == account).cloned();
    let configured = configured.ok_or(Refusal::NoAccount)?;
    Ok(phone.office().diagnose(configured).await)
}

/// The support bundle, to be read before it is saved.
#[tauri::command]
pub(crate) async fn support_bundle(phone: State<'_, Phone>, shown: State<'_, ShownBundle>) -> Result<String, Refusal> {
    let bundle = phone.support_bundle().await?;
    shown.keep(&bundle);
    Ok(bundle)
}

/// The user has compared the fingerprints: the server is known by this key from now on.
#[tauri::command]
pub(crate) async fn accept_key(phone: State<'_, Phone>, account: AccountId, found: String) -> Result<(), Refusal> {
    phone.office().accept_key(&phone, &account, &found).await
}

pub(super) async fn drawn(phone: &Phone, call: Option<CallId>) -> Result<Ladder, Refusal> {
    let journal = phone.journal().await?;
    Ladder::of(journal.iter().map(String::as_str), call).map_err(|error| damaged(&error))
}

fn damaged(error: &ReplayError) -> Refusal {
    Refusal::JournalDamaged { words: error.to_string() }
}
