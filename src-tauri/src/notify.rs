//! Notifications of the desktop: a ringing call with buttons, a missed call, and what else a user should read once. What is told
//! when is decided here; how it is shown and pressed is each system's own.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

use std::collections::{BTreeSet, HashMap, VecDeque};

use model::{CallId, Command, Snapshot};
use phone::{
    Phone,
    desktop::{Alert, IncomingAction, Words, fill, incoming, missed},
};
use tauri::AppHandle;
use tokio::sync::mpsc;
use tracing::{debug, info};

#[cfg(target_os = "linux")]
use self::linux::{Desktop, Error};
#[cfg(target_os = "macos")]
use self::macos::{Desktop, Error};
#[cfg(windows)]
pub(crate) use self::windows::introduce;
#[cfg(windows)]
use self::windows::{Desktop, Error};
use crate::{language, program};

/// Notifications of missed calls whose button still works; desktops keep them for hours.
const RETURNABLE: usize = 50;

/// Presses that may wait to be heard; nobody presses so fast.
#[cfg(not(target_os = "linux"))]
const PRESSES: usize = 16;

/// What is shown.
struct Notice<'a> {
    title: &'a str,
    body: &'a str,
    /// What can be pressed, each with its word. [`Press::Open`] is no button but the notice itself.
    presses: Vec<(Press, &'static str)>,
    /// Whether it stays until it is closed, in front of others; else it goes by itself.
    #[cfg_attr(target_os = "macos", expect(dead_code, reason = "the notification centre knows no notice that stays"))]
    rings: bool,
}

/// What a user can press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Press {
    Open,
    Answer,
    Decline,
    Veto,
    CallBack,
}

impl Press {
    const ALL: [Self; 5] = [Self::Open, Self::Answer, Self::Decline, Self::Veto, Self::CallBack];

    /// What it is called towards the desktop; the first one by freedesktop.org's specification.
    fn code(self) -> &'static str {
        match self {
            Self::Open => "default",
            Self::Answer => "answer",
            Self::Decline => "decline",
            Self::Veto => "veto",
            Self::CallBack => "call-back",
        }
    }

    fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|press| press.code() == code)
    }

    /// What becomes of a ringing call by it.
    fn action(self) -> Option<IncomingAction> {
        match self {
            Self::Answer => Some(IncomingAction::Answer),
            Self::Decline => Some(IncomingAction::Decline),
            Self::Veto => Some(IncomingAction::Veto),
            Self::Open | Self::CallBack => None,
        }
    }
}

/// Follows the phone. Sentences that come meanwhile are shown as they are; in the log where nothing else shows them.
pub(crate) async fn follow(app: AppHandle, phone: Phone, mut sentences: mpsc::Receiver<String>) {
    let shown = async {
        let desktop = Desktop::connect(&app).await?;
        let notifier =
            Notifier { app, phone, desktop, ringing: HashMap::new(), told: BTreeSet::new(), returnable: VecDeque::new() };
        notifier.run(&mut sentences).await
    };
    if let Err(error) = shown.await {
        info!(%error, "the desktop shows no notifications");
    }
    while let Some(sentence) = sentences.recv().await {
        info!(sentence, "for the user");
    }
}

struct Notifier {
    app: AppHandle,
    phone: Phone,
    desktop: Desktop,
    /// The desktop's number of each call's notification; none where it took none, and is not asked again.
    ringing: HashMap<CallId, Option<u32>>,
    /// Missed calls that were told of.
    told: BTreeSet<CallId>,
    /// Their notifications, oldest first, and what calls back.
    returnable: VecDeque<(u32, Command)>,
}

impl Notifier {
    async fn run(mut self, sentences: &mut mpsc::Receiver<String>) -> Result<(), Error> {
        let mut snapshots = self.phone.snapshots();
        loop {
            let snapshot = snapshots.borrow_and_update().clone();
            self.show(&snapshot).await;
            tokio::select! {
                changed = snapshots.changed() => if changed.is_err() {
                    return Ok(());
                },
                pressed = self.desktop.pressed() => {
                    let (notice, press) = pressed?;
                    self.on_press(notice, press);
                }
                Some(sentence) = sentences.recv() => self.tell(&sentence).await,
            }
        }
    }

    async fn show(&mut self, snapshot: &Snapshot) {
        let wanted = self.phone.settings().borrow().window.notifications;
        let language = language::of(&self.phone.settings().borrow());
        let words = language.words();
        let alerts = if wanted { incoming(snapshot, language) } else { Vec::new() };
        for alert in &alerts {
            if !self.ringing.contains_key(&alert.call) {
                self.show_ringing(alert, words).await;
            }
        }
        let over: Vec<CallId> =
            self.ringing.keys().copied().filter(|call| !alerts.iter().any(|alert| alert.call == *call)).collect();
        for call in over {
            if let Some(notice) = self.ringing.remove(&call).flatten()
                && let Err(error) = self.desktop.close(notice).await
            {
                debug!(%error, "the desktop did not take a notification away");
            }
        }
        let missed = missed(snapshot, language);
        self.told.retain(|call| missed.iter().any(|(alert, _)| alert.call == *call));
        for (alert, call_back) in missed {
            // Told or not: a call of the past is not told of later.
            if self.told.insert(alert.call) && wanted {
                self.show_missed(&alert, call_back, words).await;
            }
        }
    }

    async fn show_ringing(&mut self, alert: &Alert, words: &'static Words) {
        let mut presses = vec![(Press::Open, words.show), (Press::Answer, words.answer), (Press::Decline, words.decline)];
        if alert.answers_itself {
            presses.push((Press::Veto, words.veto));
        }
        let notice = Notice { title: &alert.title, body: &alert.body, presses, rings: true };
        let shown = self.desktop.show(&notice).await;
        if let Err(error) = &shown {
            debug!(%error, "a ringing call could not be notified");
        }
        self.ringing.insert(alert.call, shown.ok());
    }

    async fn show_missed(&mut self, alert: &Alert, call_back: Option<Command>, words: &'static Words) {
        let mut presses = vec![(Press::Open, words.show)];
        if call_back.is_some() {
            presses.push((Press::CallBack, words.call_back));
        }
        let title = fill(words.missed_call_of, &alert.title);
        match self.desktop.show(&Notice { title: &title, body: &alert.body, presses, rings: false }).await {
            Ok(number) => self.returnable.extend(call_back.map(|call_back| (number, call_back))),
            Err(error) => debug!(%error, "a missed call could not be notified"),
        }
        if self.returnable.len() > RETURNABLE {
            self.returnable.pop_front();
        }
    }

    async fn tell(&mut self, sentence: &str) {
        let words = language::of(&self.phone.settings().borrow()).words();
        let notice = Notice { title: "Sidetone", body: sentence, presses: vec![(Press::Open, words.show)], rings: false };
        if let Err(error) = self.desktop.show(&notice).await {
            debug!(%error, "the desktop did not take a notification");
        }
    }

    fn on_press(&mut self, notice: u32, press: Press) {
        if press == Press::CallBack {
            return self.call_back(notice);
        }
        let call = self.ringing.iter().find(|(_, shown)| **shown == Some(notice)).map(|(call, _)| *call);
        let chosen = press.action();
        let command = call.zip(chosen).and_then(|(call, chosen)| chosen.command(call, &self.phone.snapshot()));
        if let Some(command) = command {
            program::send(&self.app, command);
        }
        if press == Press::Open || chosen.is_some_and(IncomingAction::answers) {
            program::bring_up_later(&self.app);
        }
    }

    /// Once: a second press on the same notification calls nobody.
    fn call_back(&mut self, notice: u32) {
        let found = self.returnable.iter().position(|(shown, _)| *shown == notice);
        if let Some((_, dial)) = found.and_then(|at| self.returnable.remove(at)) {
            program::send(&self.app, dial);
            program::bring_up_later(&self.app);
        }
    }
}

/// Where markup is understood: whatever a caller calls himself is text.
#[cfg(any(target_os = "linux", windows))]
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(any(target_os = "linux", windows))]
    #[test]
    fn a_callers_name_is_no_markup() {
        assert_eq!(escaped("<b>Anna</b> & Co"), "&lt;b&gt;Anna&lt;/b&gt; &amp; Co");
    }

    #[test]
    fn what_the_desktop_says_was_pressed_is_what_was_offered() {
        for press in Press::ALL {
            assert_eq!(Press::of(press.code()), Some(press));
        }
        assert_eq!(Press::of("inline-reply"), None);
    }
}
