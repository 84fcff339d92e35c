//! Notifications of the desktop: a ringing call with buttons, a missed call, and what else a user should read once.

#[cfg(target_os = "linux")]
pub(crate) use linux::follow;

#[cfg(not(target_os = "linux"))]
pub(crate) use other::follow;

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{BTreeSet, HashMap, VecDeque};

    use futures_util::StreamExt;
    use model::{CallId, Command, Snapshot};
    use phone::{
        Phone,
        desktop::{Alert, IncomingAction, Words, fill, incoming, missed},
    };
    use tauri::AppHandle;
    use tokio::sync::mpsc;
    use tracing::debug;
    use zbus::{Connection, zvariant::Value};

    use crate::{language, program};

    const ANSWER: &str = "answer";
    const DECLINE: &str = "decline";
    const VETO: &str = "veto";
    const CALL_BACK: &str = "call-back";

    /// What a click on the notification itself is called by the desktop.
    const DEFAULT: &str = "default";

    /// Notifications of missed calls whose button still works; desktops keep them for hours.
    const RETURNABLE: usize = 50;

    #[zbus::proxy(
        interface = "org.freedesktop.Notifications",
        default_service = "org.freedesktop.Notifications",
        default_path = "/org/freedesktop/Notifications"
    )]
    trait Notifications {
        #[expect(clippy::too_many_arguments, reason = "the interface is the desktop's")]
        fn notify(
            &self,
            application: &str,
            replaces: u32,
            icon: &str,
            summary: &str,
            body: &str,
            actions: &[&str],
            hints: HashMap<&str, Value<'_>>,
            expire_ms: i32,
        ) -> zbus::Result<u32>;
        fn close_notification(&self, id: u32) -> zbus::Result<()>;
        #[zbus(signal)]
        fn action_invoked(&self, id: u32, action: String) -> zbus::Result<()>;
        #[zbus(signal)]
        fn notification_closed(&self, id: u32, reason: u32) -> zbus::Result<()>;
    }

    /// Follows the phone. Sentences that come meanwhile are shown as they are.
    pub(crate) async fn follow(app: AppHandle, phone: Phone, sentences: mpsc::Receiver<String>) {
        let shown = async {
            let bus = Connection::session().await?;
            let desktop = NotificationsProxy::new(&bus).await?;
            Notifier { app, phone, desktop, ringing: HashMap::new(), told: BTreeSet::new(), returnable: VecDeque::new() }
                .run(sentences)
                .await
        };
        if let Err(error) = shown.await {
            debug!(%error, "the desktop shows no notifications");
        }
    }

    struct Notifier<'a> {
        app: AppHandle,
        phone: Phone,
        desktop: NotificationsProxy<'a>,
        /// The desktop's number of each call's notification.
        ringing: HashMap<CallId, u32>,
        /// Missed calls that were told of.
        told: BTreeSet<CallId>,
        /// Their notifications, oldest first, and what calls back.
        returnable: VecDeque<(u32, Command)>,
    }

    impl Notifier<'_> {
        async fn run(mut self, mut sentences: mpsc::Receiver<String>) -> zbus::Result<()> {
            // Clicks first: one may come as soon as a notification is shown.
            let mut clicks = self.desktop.receive_action_invoked().await?;
            let mut snapshots = self.phone.snapshots();
            loop {
                let snapshot = snapshots.borrow_and_update().clone();
                self.show(&snapshot).await;
                tokio::select! {
                    changed = snapshots.changed() => if changed.is_err() {
                        return Ok(());
                    },
                    Some(click) = clicks.next() => {
                        let click = click.args()?;
                        self.on_click(click.id, &click.action);
                    }
                    Some(sentence) = sentences.recv() => {
                        let told = Alert { call: CallId(0), title: "Sidetone".into(), body: sentence, answers_itself: false };
                        self.told_or_logged(self.notify(&told, &[DEFAULT, self.words().show], 1).await.map(|_| ()));
                    }
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
                    let mut actions = vec![DEFAULT, words.show, ANSWER, words.answer, DECLINE, words.decline];
                    if alert.answers_itself {
                        actions.extend([VETO, words.veto]);
                    }
                    match self.notify(alert, &actions, 2).await {
                        Ok(id) => {
                            self.ringing.insert(alert.call, id);
                        }
                        Err(error) => debug!(%error, "a ringing call could not be notified"),
                    }
                }
            }
            let over: Vec<CallId> =
                self.ringing.keys().copied().filter(|call| !alerts.iter().any(|alert| alert.call == *call)).collect();
            for call in over {
                if let Some(id) = self.ringing.remove(&call) {
                    self.told_or_logged(self.desktop.close_notification(id).await);
                }
            }
            let missed = missed(snapshot, language);
            self.told.retain(|call| missed.iter().any(|(alert, _)| alert.call == *call));
            for (alert, call_back) in missed {
                // Told or not: a call of the past is not told of later.
                if self.told.insert(alert.call) && wanted {
                    let alert = Alert { title: fill(words.missed_call_of, &alert.title), ..alert };
                    self.show_missed(&alert, call_back, words).await;
                }
            }
        }

        async fn show_missed(&mut self, alert: &Alert, call_back: Option<Command>, words: &Words) {
            let mut actions = vec![DEFAULT, words.show];
            if call_back.is_some() {
                actions.extend([CALL_BACK, words.call_back]);
            }
            match self.notify(alert, &actions, 1).await {
                Ok(id) => self.returnable.extend(call_back.map(|call_back| (id, call_back))),
                Err(error) => debug!(%error, "a missed call could not be notified"),
            }
            if self.returnable.len() > RETURNABLE {
                self.returnable.pop_front();
            }
        }

        fn words(&self) -> &'static Words {
            language::of(&self.phone.settings().borrow()).words()
        }

        fn told_or_logged(&self, outcome: zbus::Result<()>) {
            if let Err(error) = outcome {
                debug!(%error, "the desktop did not take a notification");
            }
        }

        /// Urgency 2 stays until it is answered, by the rules of the desktop; 1 goes by itself.
        async fn notify(&self, alert: &Alert, actions: &[&str], urgency: u8) -> zbus::Result<u32> {
            let mut hints = HashMap::from([("urgency", Value::from(urgency)), ("desktop-entry", Value::from("sidetone"))]);
            if urgency == 2 {
                hints.insert("category", Value::from("call.incoming"));
                hints.insert("resident", Value::from(true));
            }
            let expire_ms = if urgency == 2 { 0 } else { -1 };
            let body = escaped(&alert.body);
            self.desktop.notify("Sidetone", 0, "sidetone", &alert.title, &body, actions, hints, expire_ms).await
        }

        /// Once: a second press on the same notification calls nobody.
        fn call_back(&mut self, id: u32) {
            let found = self.returnable.iter().position(|(notification, _)| *notification == id);
            if let Some((_, dial)) = found.and_then(|at| self.returnable.remove(at)) {
                program::send(&self.app, dial);
                program::bring_up_later(&self.app);
            }
        }

        fn on_click(&mut self, id: u32, action: &str) {
            if action == CALL_BACK {
                return self.call_back(id);
            }
            let call = self.ringing.iter().find(|(_, notification)| **notification == id).map(|(call, _)| *call);
            let chosen = match action {
                ANSWER => Some(IncomingAction::Answer),
                DECLINE => Some(IncomingAction::Decline),
                VETO => Some(IncomingAction::Veto),
                _ => None,
            };
            let command = call.zip(chosen).and_then(|(call, chosen)| chosen.command(call, &self.phone.snapshot()));
            if let Some(command) = command {
                program::send(&self.app, command);
            }
            if action == DEFAULT || chosen.is_some_and(IncomingAction::answers) {
                program::bring_up_later(&self.app);
            }
        }
    }

    /// Bodies may hold markup; whatever a caller calls himself is text.
    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_callers_name_is_no_markup() {
            assert_eq!(escaped("<b>Anna</b> & Co"), "&lt;b&gt;Anna&lt;/b&gt; &amp; Co");
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use phone::Phone;
    use tauri::AppHandle;
    use tokio::sync::mpsc;

    /// The window of a ringing call is what these desktops show; a sentence goes to the log.
    pub(crate) async fn follow(_app: AppHandle, _phone: Phone, mut sentences: mpsc::Receiver<String>) {
        while let Some(sentence) = sentences.recv().await {
            tracing::info!(sentence, "for the user");
        }
    }
}
