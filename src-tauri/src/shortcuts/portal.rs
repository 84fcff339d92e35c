//! Keys on Wayland, where only the desktop may give them: its portal asks the user (org.freedesktop.portal.GlobalShortcuts).

use std::collections::HashMap;

use futures_util::StreamExt;
use model::Shortcuts;
use phone::{
    Phone,
    desktop::{Shortcut, Words},
};
use tauri::{AppHandle, Manager};
use tracing::{debug, info};
use zbus::{
    Connection,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

use super::{keys_of, press};
use crate::{language, program::Desktop};

/// Answers of the portal to a request: done, and given up by the user.
const DONE: u32 = 0;
const CANCELLED: u32 = 1;

/// Values by name.
type Options<'a> = HashMap<&'a str, Value<'a>>;

#[zbus::proxy(
    interface = "org.freedesktop.portal.GlobalShortcuts",
    default_service = "org.freedesktop.portal.Desktop",
    default_path = "/org/freedesktop/portal/desktop"
)]
trait GlobalShortcuts {
    fn create_session(&self, options: Options<'_>) -> zbus::Result<OwnedObjectPath>;
    fn bind_shortcuts(
        &self,
        session: &ObjectPath<'_>,
        shortcuts: &[(&str, Options<'_>)],
        parent_window: &str,
        options: Options<'_>,
    ) -> zbus::Result<OwnedObjectPath>;
    #[zbus(signal)]
    fn activated(
        &self,
        session: OwnedObjectPath,
        shortcut: String,
        at_ms: u64,
        options: HashMap<String, OwnedValue>,
    ) -> zbus::Result<()>;
}

#[zbus::proxy(interface = "org.freedesktop.portal.Request", default_service = "org.freedesktop.portal.Desktop")]
trait Request {
    #[zbus(signal)]
    fn response(&self, response: u32, results: HashMap<String, OwnedValue>) -> zbus::Result<()>;
}

/// Follows the settings.
pub(super) async fn follow(app: AppHandle, phone: Phone) {
    let mut settings = phone.settings();
    loop {
        let (wanted, words) = {
            let settings = settings.borrow_and_update();
            (settings.shortcuts.clone(), language::of(&settings).words())
        };
        let changed = async {
            loop {
                if settings.changed().await.is_err() || settings.borrow_and_update().shortcuts != wanted {
                    return settings.has_changed().is_ok();
                }
            }
        };
        tokio::select! {
            // What was bound goes with its connection.
            () = in_force(&app, &wanted, words) => {}
            lives = changed => if lives { continue } else { return },
        }
        if settings.changed().await.is_err() {
            return;
        }
    }
}

/// Has the keys, as long as it is awaited; ends when the desktop does not give them.
async fn in_force(app: &AppHandle, wanted: &Shortcuts, words: &Words) {
    if !wanted.enabled {
        return std::future::pending().await;
    }
    match listen(app, wanted, words).await {
        Ok(Refused::ByUser) => app.state::<Desktop>().tell(words.keys_not_allowed),
        Ok(Refused::ByDesktop) => app.state::<Desktop>().tell(words.no_keys_here),
        Err(error) => {
            debug!(%error, "the desktop's portal gives no keys");
            app.state::<Desktop>().tell(words.no_keys_here);
        }
    }
}

/// Why there are no keys.
enum Refused {
    ByUser,
    ByDesktop,
}

async fn listen(app: &AppHandle, wanted: &Shortcuts, words: &Words) -> zbus::Result<Refused> {
    let bus = Connection::session().await?;
    let portal = GlobalShortcutsProxy::new(&bus).await?;
    let mut pressed = portal.receive_activated().await?;
    let options = HashMap::from([("session_handle_token", Value::from("sidetone"))]);
    let (answer, results) = ask(&bus, "sidetone1", |token| {
        let options = options.into_iter().chain([("handle_token", Value::from(token))]).collect();
        let portal = &portal;
        async move { portal.create_session(options).await }
    })
    .await?;
    let session = results.get("session_handle").and_then(|path| String::try_from(path.clone()).ok());
    let Some(session) = session.filter(|_| answer == DONE) else { return Ok(Refused::ByDesktop) };
    let session = ObjectPath::try_from(session)?;
    let (answer, _) = ask(&bus, "sidetone2", |token| {
        let (portal, session) = (&portal, &session);
        async move {
            let shortcuts = wished(wanted, words);
            portal.bind_shortcuts(session, &shortcuts, "", HashMap::from([("handle_token", Value::from(token))])).await
        }
    })
    .await?;
    match answer {
        DONE => info!("the desktop gives its keys"),
        CANCELLED => return Ok(Refused::ByUser),
        _ => return Ok(Refused::ByDesktop),
    }
    while let Some(signal) = pressed.next().await {
        let signal = signal.args()?;
        let ours = signal.session.as_str() == session.as_str();
        if let Some(shortcut) = shortcut_of(&signal.shortcut).filter(|_| ours) {
            press(app, shortcut);
        }
    }
    Ok(Refused::ByDesktop)
}

/// Makes a request of the portal and waits for its answer, which may be that of a user.
async fn ask<Asked>(
    bus: &Connection,
    token: &'static str,
    request: impl FnOnce(&'static str) -> Asked,
) -> zbus::Result<(u32, HashMap<String, OwnedValue>)>
where
    Asked: Future<Output = zbus::Result<OwnedObjectPath>>,
{
    let sender = bus.unique_name().map(|name| name.trim_start_matches(':').replace('.', "_")).unwrap_or_default();
    // The answer may come before the call returns, so it is listened for first.
    let path = format!("/org/freedesktop/portal/desktop/request/{sender}/{token}");
    let answers = RequestProxy::builder(bus).path(path)?.build().await?;
    let mut answers = answers.receive_response().await?;
    request(token).await?;
    let answer = answers.next().await.ok_or(zbus::Error::InvalidReply)?;
    let answer = answer.args()?;
    Ok((answer.response, answer.results.clone()))
}

/// The keys as the portal wants them described.
fn wished(wanted: &Shortcuts, words: &Words) -> Vec<(&'static str, Options<'static>)> {
    let all = keys_of(wanted).into_iter().filter(|(text, _)| !text.is_empty());
    all.map(|(text, shortcut)| {
        let described = described(shortcut, words);
        (
            id(shortcut),
            HashMap::from([("description", Value::from(described)), ("preferred_trigger", Value::from(trigger(text)))]),
        )
    })
    .collect()
}

const ALL: [Shortcut; 5] = [Shortcut::Answer, Shortcut::HangUp, Shortcut::Mute, Shortcut::Hold, Shortcut::Show];

fn shortcut_of(name: &str) -> Option<Shortcut> {
    ALL.into_iter().find(|shortcut| id(*shortcut) == name)
}

/// The portal's name of a key.
fn id(shortcut: Shortcut) -> &'static str {
    match shortcut {
        Shortcut::Answer => "answer",
        Shortcut::HangUp => "hang-up",
        Shortcut::Mute => "mute",
        Shortcut::Hold => "hold",
        Shortcut::Show => "show",
    }
}

/// What the user reads when he is asked.
fn described(shortcut: Shortcut, words: &Words) -> &'static str {
    match shortcut {
        Shortcut::Answer => words.answer,
        Shortcut::HangUp => words.hang_up,
        Shortcut::Mute => words.microphone_off,
        Shortcut::Hold => words.hold_or_resume,
        Shortcut::Show => words.show_sidetone,
    }
}

/// A key of the settings (`Ctrl+Alt+A`) in the form of the portal (`CTRL+ALT+a`).
fn trigger(text: &str) -> String {
    let part = |part: &str| match part.trim().to_ascii_lowercase().as_str() {
        "ctrl" | "control" => "CTRL".to_owned(),
        "alt" | "option" => "ALT".to_owned(),
        "shift" => "SHIFT".to_owned(),
        "super" | "cmd" | "command" => "LOGO".to_owned(),
        letter if letter.chars().count() == 1 => letter.to_owned(),
        _ => part.trim().to_owned(),
    };
    text.split('+').map(part).collect::<Vec<_>>().join("+")
}

#[cfg(test)]
mod tests {
    use phone::desktop::Language;

    use super::*;

    #[test]
    fn keys_are_written_as_the_portal_reads_them() {
        assert_eq!(trigger("Ctrl+Alt+A"), "CTRL+ALT+a");
        assert_eq!(trigger("super + shift+F5"), "LOGO+SHIFT+F5");
        let wanted = Shortcuts { mute: String::new(), ..Shortcuts::default() };
        assert_eq!(
            wished(&wanted, Language::English.words()).iter().map(|(id, _)| *id).collect::<Vec<_>>(),
            ["answer", "hang-up", "hold", "show"]
        );
        assert_eq!(shortcut_of("hang-up"), Some(Shortcut::HangUp));
    }
}
