//! The settings, their secrets, and trials of what is being set.

use base64::{Engine, prelude::BASE64_STANDARD};
use model::{
    Account, AccountId, AccountTrial, CloudClient, FieldProblem, IceTrial, IceUrl, ProvisionOffer, Secret, SecretKept, SecretKey,
    Settings, SettingsView, TokenOrder,
};
use phone::{CloudFailure, Office, Phone};
use std::path::PathBuf;
use tauri::State;

use crate::bridge::UiError;

/// The settings in force, without secrets.
#[tauri::command]
pub(crate) async fn settings(phone: State<'_, Phone>) -> Result<SettingsView, UiError> {
    Ok(phone.office().settings().await)
}

/// What in these settings cannot stay as it is.
#[tauri::command]
pub(crate) fn check_settings(settings: Settings) -> Vec<FieldProblem> {
    Office::check(&settings)
}

/// Writes the settings and puts them in force; the problems when that cannot be.
#[tauri::command]
pub(crate) async fn save_settings(phone: State<'_, Phone>, settings: Settings) -> Result<Vec<FieldProblem>, UiError> {
    match phone.office().save(&phone, settings).await {
        Ok(()) => Ok(Vec::new()),
        Err(refused) if !refused.problems.is_empty() => Ok(refused.problems),
        Err(refused) => Err(UiError::new("settings", refused)),
    }
}

/// Keeps a sound file to ring with, whose bytes come as Base64; its path.
#[tauri::command]
pub(crate) async fn keep_ringtone(phone: State<'_, Phone>, name: String, sound: String) -> Result<PathBuf, UiError> {
    let sound = BASE64_STANDARD.decode(sound).map_err(|error| UiError::new("ringtone", error))?;
    phone.office().keep_ringtone(name, sound).await.map_err(|refused| UiError::new("ringtone", refused))
}

/// Keeps a secret. There is no command that reads one.
#[tauri::command]
pub(crate) async fn set_secret(phone: State<'_, Phone>, key: SecretKey, value: Secret) -> Result<SecretKept, UiError> {
    phone.office().set_secret(&phone, key, value).await.map_err(|refused| UiError::new("secret", refused))
}

/// Forgets a secret.
#[tauri::command]
pub(crate) async fn forget_secret(phone: State<'_, Phone>, key: SecretKey) -> Result<(), UiError> {
    phone.office().forget_secret(&phone, key).await.map_err(|refused| UiError::new("secret", refused))
}

/// Tries an account as it would be used.
#[tauri::command]
pub(crate) async fn try_account(
    phone: State<'_, Phone>,
    account: Account,
    password: Option<Secret>,
) -> Result<AccountTrial, UiError> {
    Ok(phone.office().try_account(account, password).await)
}

/// Who is registered at the cloud of an account.
#[tauri::command]
pub(crate) async fn registered_clients(phone: State<'_, Phone>, account: AccountId) -> Result<Vec<CloudClient>, UiError> {
    phone.office().registered_clients(account).await.map_err(cloud_error)
}

/// Has a token made for an account, and uses it at once.
#[tauri::command]
pub(crate) async fn order_token(phone: State<'_, Phone>, account: AccountId, order: TokenOrder) -> Result<(), UiError> {
    phone.office().order_token(&phone, account, order).await.map_err(cloud_error)
}

fn cloud_error(failure: CloudFailure) -> UiError {
    let detail = failure.detail();
    UiError::new(failure.code(), failure).with_detail(detail)
}

/// Tries one STUN or TURN server of an account.
#[tauri::command]
pub(crate) async fn try_ice(
    phone: State<'_, Phone>,
    account: Account,
    url: IceUrl,
    credential: Option<Secret>,
) -> Result<IceTrial, UiError> {
    let trial = phone.office().try_ice(account, &url, credential).await;
    trial.ok_or_else(|| UiError::new("ice", "the account has no such server"))
}

/// What a web server wants to set, before it does.
#[tauri::command]
pub(crate) async fn offer_provisioning(phone: State<'_, Phone>, url: String) -> Result<ProvisionOffer, UiError> {
    phone.office().offer_provisioning(&url).await.map_err(|refused| UiError::new("provisioning", refused))
}

/// Puts in force what was shown.
#[tauri::command]
pub(crate) async fn accept_provisioning(phone: State<'_, Phone>, url: String) -> Result<(), UiError> {
    phone.office().accept_provisioning(&phone, &url).await.map_err(|refused| UiError::new("provisioning", refused))
}

/// Lets no web server set anything any more.
#[tauri::command]
pub(crate) async fn forget_provisioning(phone: State<'_, Phone>) -> Result<(), UiError> {
    phone.office().forget_provisioning(&phone).await.map_err(|refused| UiError::new("provisioning", refused))
}
