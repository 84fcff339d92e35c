//! The settings, their secrets, and trials of what is being set.

use base64::{Engine, prelude::BASE64_STANDARD};
use model::{
    Account, AccountId, AccountTrial, CloudClient, FieldProblem, IceTrial, IceUrl, ProvisionOffer, Refusal, Secret, SecretKept,
    SecretKey, Settings, SettingsView, TokenOrder,
};
use phone::{Office, Phone};
use std::path::PathBuf;
use tauri::State;

/// The settings in force, without secrets.
#[tauri::command]
pub(crate) async fn settings(phone: State<'_, Phone>) -> Result<SettingsView, Refusal> {
    Ok(phone.office().settings().await)
}

/// What in these settings cannot stay as it is.
#[tauri::command]
pub(crate) fn check_settings(settings: Settings) -> Vec<FieldProblem> {
    Office::check(&settings)
}

/// Writes the settings and puts them in force; the problems when that cannot be.
#[tauri::command]
pub(crate) async fn save_settings(phone: State<'_, Phone>, settings: Settings) -> Result<Vec<FieldProblem>, Refusal> {
    match phone.office().save(&phone, settings).await {
        Ok(()) => Ok(Vec::new()),
        Err(Refusal::Fields { problems }) => Ok(problems),
        Err(refused) => Err(refused),
    }
}

/// Keeps a sound file to ring with, whose bytes come as Base64; its path.
#[tauri::command]
pub(crate) async fn keep_ringtone(phone: State<'_, Phone>, name: String, sound: String) -> Result<PathBuf, Refusal> {
    let sound = BASE64_STANDARD.decode(sound).map_err(|error| Refusal::SoundUnplayable { detail: error.to_string() })?;
    phone.office().keep_ringtone(name, sound).await
}

/// Keeps a secret. There is no command that reads one.
#[tauri::command]
pub(crate) async fn set_secret(phone: State<'_, Phone>, key: SecretKey, value: Secret) -> Result<SecretKept, Refusal> {
    phone.office().set_secret(&phone, key, value).await
}

/// Forgets a secret.
#[tauri::command]
pub(crate) async fn forget_secret(phone: State<'_, Phone>, key: SecretKey) -> Result<(), Refusal> {
    phone.office().forget_secret(&phone, key).await
}

/// Tries an account as it would be used.
#[tauri::command]
pub(crate) async fn try_account(
    phone: State<'_, Phone>,
    account: Account,
    password: Option<Secret>,
) -> Result<AccountTrial, Refusal> {
    Ok(phone.office().try_account(account, password).await)
}

/// Who is registered at the cloud of an account.
#[tauri::command]
pub(crate) async fn registered_clients(phone: State<'_, Phone>, account: AccountId) -> Result<Vec<CloudClient>, Refusal> {
    phone.office().registered_clients(account).await
}

/// Has a token made for an account, and uses it at once.
#[tauri::command]
pub(crate) async fn order_token(phone: State<'_, Phone>, account: AccountId, order: TokenOrder) -> Result<(), Refusal> {
    phone.office().order_token(&phone, account, order).await
}

/// Tries one STUN or TURN server of an account.
#[tauri::command]
pub(crate) async fn try_ice(
    phone: State<'_, Phone>,
    account: Account,
    url: IceUrl,
    credential: Option<Secret>,
) -> Result<IceTrial, Refusal> {
    let trial = phone.office().try_ice(account, &url, credential).await;
    trial.ok_or(Refusal::NoServer)
}

/// What a web server wants to set, before it does.
#[tauri::command]
pub(crate) async fn offer_provisioning(phone: State<'_, Phone>, url: String) -> Result<ProvisionOffer, Refusal> {
    phone.office().offer_provisioning(&url).await
}

/// Puts in force what was shown.
#[tauri::command]
pub(crate) async fn accept_provisioning(phone: State<'_, Phone>, url: String) -> Result<(), Refusal> {
    phone.office().accept_provisioning(&phone, &url).await
}

/// Lets no web server set anything any more.
#[tauri::command]
pub(crate) async fn forget_provisioning(phone: State<'_, Phone>) -> Result<(), Refusal> {
    phone.office().forget_provisioning(&phone).await
}
