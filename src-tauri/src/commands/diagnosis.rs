//! Looking for a fault: what was sent, the stories of calls, what an account depends on, and files for whoever helps.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use model::{AccountId, CallId, CallStory, Check, LadderRow, ServiceRow, TraceRow};
use phone::{Ladder, Phone, stories};
use serde::Deserialize;
use tauri::{AppHandle, State, WebviewWindow, ipc::Channel};

use crate::{
    bridge::{Followers, UiError},
    save_as,
};

/// The support bundle that the page shows: what is saved is what was read.
#[derive(Debug, Default)]
pub(crate) struct ShownBundle(Mutex<String>);

impl ShownBundle {
    fn keep(&self, bundle: &str) {
        bundle.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn copy(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A file that can be saved.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub(crate) enum Export {
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
            Self::Capture { .. } => "sidetone-messages.pcapng",
            Self::LadderSvg { .. } => "sidetone-ladder.svg",
            Self::LadderText { .. } => "sidetone-ladder.txt",
            Self::Bundle => "sidetone-support.txt",
        }
    }
}

/// The last messages that have a text in them; all when it is empty.
#[tauri::command]
pub(crate) async fn trace(phone: State<'_, Phone>, search: String) -> Result<Vec<TraceRow>, UiError> {
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
pub(crate) async fn ladder(phone: State<'_, Phone>, call: CallId) -> Result<Vec<LadderRow>, UiError> {
    Ok(drawn(&phone, Some(call)).await?.rows())
}

/// What happened in the calls that are remembered, oldest first.
#[tauri::command]
pub(crate) async fn call_stories(phone: State<'_, Phone>) -> Result<Vec<CallStory>, UiError> {
    let journal = phone.journal().await?;
    stories(journal.iter().map(String::as_str)).map_err(|error| UiError::new("journal", error))
}

/// Looks at everything that calls of an account depend on; within a minute.
#[tauri::command]
pub(crate) async fn diagnose(phone: State<'_, Phone>, account: AccountId) -> Result<Vec<Check>, UiError> {
    let settings = phone.settings();
    let configured = settings.borrow().accounts.iter().find(|configured| configured.id == account).cloned();
    let configured = configured.ok_or_else(|| UiError::new("account", "there is no such account"))?;
    Ok(phone.office().diagnose(configured).await)
}

/// The support bundle, to be read before it is saved.
#[tauri::command]
pub(crate) async fn support_bundle(phone: State<'_, Phone>, shown: State<'_, ShownBundle>) -> Result<String, UiError> {
    let bundle = phone.support_bundle().await?;
    shown.keep(&bundle);
    Ok(bundle)
}

/// Saves a file where the user says; where it is now, or nothing when he did not.
#[tauri::command]
pub(crate) async fn save_diagnosis(
    app: AppHandle,
    phone: State<'_, Phone>,
    shown: State<'_, ShownBundle>,
    export: Export,
) -> Result<Option<PathBuf>, UiError> {
    let name = export.name();
    let content = match export {
        Export::Capture { search } => {
            let mut trace = phone.trace().await?;
            trace.keep(&search);
            trace.pcapng()
        }
        Export::LadderSvg { call } => drawn(&phone, call).await?.svg().into_bytes(),
        Export::LadderText { call } => drawn(&phone, call).await?.text().into_bytes(),
        Export::Bundle => shown.copy().into_bytes(),
    };
    save_as::save(&app, name, content).await.map_err(|failed| UiError::new("file", failed))
}

/// The user has compared the fingerprints: the server is known by this key from now on.
#[tauri::command]
pub(crate) async fn accept_key(phone: State<'_, Phone>, account: AccountId, found: String) -> Result<(), UiError> {
    phone.office().accept_key(&phone, &account, &found).await.map_err(|refused| UiError::new("key", refused))
}

async fn drawn(phone: &Phone, call: Option<CallId>) -> Result<Ladder, UiError> {
    let journal = phone.journal().await?;
    Ladder::of(journal.iter().map(String::as_str), call).map_err(|error| UiError::new("journal", error))
}
