//! Toasts of Windows. A program without a package is known to them by an identity in the registry of its user, and hears what is
//! pressed as long as it runs.

use std::{collections::VecDeque, fmt::Write as _, fs, path::Path};

use tauri::{AppHandle, Manager};
use tokio::{sync::mpsc, task::spawn_blocking};
use tracing::debug;
use windows::{
    Data::Xml::Dom::XmlDocument,
    Foundation::TypedEventHandler,
    UI::Notifications::{
        ToastActivatedEventArgs, ToastFailedEventArgs, ToastNotification, ToastNotificationManager, ToastNotifier,
    },
    Win32::UI::Shell::SetCurrentProcessExplicitAppUserModelID,
    core::{HSTRING, IInspectable, Interface, Ref},
};
use windows_registry::CURRENT_USER;

use super::{Notice, PRESSES, Press, escaped};
use crate::program;

pub(super) type Error = windows::core::Error;

/// Under which the toasts of this program are found again.
const GROUP: &str = "sidetone";

/// Toasts that are heard of: the action centre keeps as many of a program.
const MOST_HEARD: usize = 20;

/// Tells Windows which program this is, for its toasts and its windows: the same as the installed shortcuts say. To be called before
/// there is a window.
pub(crate) fn introduce(app: &AppHandle) {
    let id = HSTRING::from(&app.config().identifier);
    // SAFETY: the string ends with a zero and lives longer than the call, which copies it.
    if let Err(error) = unsafe { SetCurrentProcessExplicitAppUserModelID(&id) } {
        debug!(%error, "the program has no identity of its own");
    }
}

/// The action centre of this user.
pub(super) struct Desktop {
    id: HSTRING,
    notifier: ToastNotifier,
    /// A toast that is dropped is not heard any more.
    shown: VecDeque<(u32, ToastNotification)>,
    last: u32,
    presses: mpsc::Receiver<(u32, Press)>,
    pressed: mpsc::Sender<(u32, Press)>,
}

impl Desktop {
    pub(super) async fn connect(app: &AppHandle) -> Result<Self, Error> {
        let id = HSTRING::from(&app.config().identifier);
        let of = id.clone();
        let icon = app.state::<program::Desktop>().folder.join("notifications.png");
        let notifier = elsewhere(move || {
            register(&of, &icon)?;
            let notifier = ToastNotificationManager::CreateToastNotifierWithId(&of)?;
            // Those of an earlier run: their buttons would do nothing.
            if let Err(error) = ToastNotificationManager::History().and_then(|history| history.ClearWithId(&of)) {
                debug!(%error, "older toasts stay");
            }
            Ok(notifier)
        })
        .await?;
        let (pressed, presses) = mpsc::channel(PRESSES);
        Ok(Self { id, notifier, shown: VecDeque::new(), last: 0, presses, pressed })
    }

    /// What is shown has this number.
    pub(super) async fn show(&mut self, notice: &Notice<'_>) -> Result<u32, Error> {
        self.last += 1;
        let (number, notifier, pressed) = (self.last, self.notifier.clone(), self.pressed.clone());
        let xml = HSTRING::from(xml(notice));
        let toast = elsewhere(move || {
            let toast = toast(&xml, number, pressed)?;
            notifier.Show(&toast)?;
            Ok(toast)
        })
        .await?;
        self.shown.push_back((number, toast));
        if self.shown.len() > MOST_HEARD {
            self.shown.pop_front();
        }
        Ok(number)
    }

    pub(super) async fn close(&mut self, notice: u32) -> Result<(), Error> {
        let found = self.shown.iter().position(|(number, _)| *number == notice);
        let Some((_, toast)) = found.and_then(|at| self.shown.remove(at)) else { return Ok(()) };
        let (id, notifier) = (self.id.clone(), self.notifier.clone());
        elsewhere(move || {
            // From the screen, and from the action centre, where it may be alone by now: the first one fails then.
            let hidden = notifier.Hide(&toast);
            ToastNotificationManager::History()?.RemoveGroupedTagWithId(&tag(notice), &HSTRING::from(GROUP), &id)?;
            hidden
        })
        .await
    }

    /// Waits for the next press. Nothing is lost when the waiting is given up.
    pub(super) async fn pressed(&mut self) -> Result<(u32, Press), Error> {
        match self.presses.recv().await {
            Some(press) => Ok(press),
            None => std::future::pending().await,
        }
    }
}

/// Has something done where waiting for the system holds nobody up; the workers have audio to carry.
async fn elsewhere<R: Send + 'static>(act: impl FnOnce() -> Result<R, Error> + Send + 'static) -> Result<R, Error> {
    spawn_blocking(act).await.unwrap_or_else(|panicked| {
        debug!(%panicked, "the action centre was not asked");
        Err(Error::empty())
    })
}

/// Gives the identity a name and a picture, without which nothing is shown where there is no shortcut in the start menu.
fn register(id: &HSTRING, icon: &Path) -> Result<(), Error> {
    let key = CURRENT_USER.create(format!(r"Software\Classes\AppUserModelId\{id}"))?;
    key.set_string("DisplayName", "Sidetone")?;
    // The picture of a program will not do: it must be a file of its own.
    match fs::write(icon, include_bytes!("../../../icons/app-128.png")) {
        Ok(()) => key.set_string("IconUri", &*icon.to_string_lossy()),
        Err(error) => {
            debug!(%error, "toasts have no picture");
            Ok(())
        }
    }
}

fn toast(xml: &HSTRING, number: u32, pressed: mpsc::Sender<(u32, Press)>) -> Result<ToastNotification, Error> {
    let content = XmlDocument::new()?;
    content.LoadXml(xml)?;
    let toast = ToastNotification::CreateToastNotification(&content)?;
    toast.SetTag(&tag(number))?;
    toast.SetGroup(&HSTRING::from(GROUP))?;
    toast.Activated(&TypedEventHandler::<ToastNotification, _>::new(move |_, arguments: Ref<'_, IInspectable>| {
        let code = arguments.ok()?.cast::<ToastActivatedEventArgs>()?.Arguments()?;
        if let Some(press) = Press::of(&code.to_string_lossy()) {
            // Nobody hears it when the phone is ending.
            let _heard = pressed.try_send((number, press));
        }
        Ok(())
    }))?;
    toast.Failed(&TypedEventHandler::<ToastNotification, _>::new(move |_, arguments: Ref<'_, ToastFailedEventArgs>| {
        let error = arguments.ok()?.ErrorCode()?;
        debug!(%error, number, "a toast was not shown");
        Ok(())
    }))?;
    Ok(toast)
}

fn tag(number: u32) -> HSTRING {
    HSTRING::from(number.to_string())
}

/// A toast as Windows wants it (toast content schema). The phone rings by itself, so that it makes no sound.
fn xml(notice: &Notice<'_>) -> String {
    let scenario = if notice.rings { r#" scenario="incomingCall" useButtonStyle="true""# } else { "" };
    let mut actions = String::new();
    for (press, word) in notice.presses.iter().filter(|(press, _)| *press != Press::Open) {
        let style = match press {
            Press::Answer => r#" hint-buttonStyle="Success""#,
            Press::Decline => r#" hint-buttonStyle="Critical""#,
            Press::Open | Press::Veto | Press::CallBack => "",
        };
        let (word, code) = (attribute(word), press.code());
        // Writing into a string does not fail.
        let _written = write!(actions, r#"<action content="{word}" arguments="{code}"{style}/>"#);
    }
    let (open, title, body) = (Press::Open.code(), text(notice.title), text(notice.body));
    format!(
        r#"<toast launch="{open}"{scenario}><visual><binding template="ToastGeneric"><text>{title}</text><text>{body}</text></binding></visual><actions>{actions}</actions><audio silent="true"/></toast>"#
    )
}

/// Callers may send characters that no XML can hold (XML 1.0, section 2.2), which would keep their call from being shown.
fn text(text: &str) -> String {
    escaped(text).replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), " ")
}

fn attribute(word: &str) -> String {
    text(word).replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ringing_call_stays_with_its_buttons_and_makes_no_sound_of_its_own() {
        let presses = vec![(Press::Open, "Show"), (Press::Answer, "Answer"), (Press::Decline, "Decline")];
        let shown = xml(&Notice { title: "<Anna>", body: "a\u{0}b", presses, rings: true });
        assert!(shown.starts_with(r#"<toast launch="default" scenario="incomingCall""#), "{shown}");
        assert!(shown.contains("<text>&lt;Anna&gt;</text><text>a b</text>"), "{shown}");
        assert!(shown.contains(r#"<action content="Answer" arguments="answer" hint-buttonStyle="Success"/>"#), "{shown}");
        assert!(!shown.contains("Show") && shown.contains(r#"<audio silent="true"/>"#), "{shown}");
    }

    #[test]
    fn a_missed_call_goes_by_itself() {
        let presses = vec![(Press::Open, "Show"), (Press::CallBack, "Call \"back\"")];
        let shown = xml(&Notice { title: "Missed", body: "", presses, rings: false });
        assert!(!shown.contains("scenario"), "{shown}");
        assert!(shown.contains(r#"<action content="Call &quot;back&quot;" arguments="call-back"/>"#), "{shown}");
    }
}
