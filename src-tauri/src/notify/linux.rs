//! Notifications over D-Bus (Desktop Notifications Specification 1.2).

use std::collections::HashMap;

use futures_util::StreamExt;
use tauri::AppHandle;
use zbus::{Connection, zvariant::Value};

use super::{Notice, Press, escaped};

pub(super) type Error = zbus::Error;

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
}

/// Whoever shows notifications on this desktop.
pub(super) struct Desktop {
    service: NotificationsProxy<'static>,
    presses: ActionInvokedStream,
}

impl Desktop {
    pub(super) async fn connect(_: &AppHandle) -> Result<Self, Error> {
        let bus = Connection::session().await?;
        let service = NotificationsProxy::new(&bus).await?;
        // Listening first: a press may come as soon as something is shown.
        let presses = service.receive_action_invoked().await?;
        Ok(Self { service, presses })
    }

    /// What is shown has this number.
    pub(super) async fn show(&mut self, notice: &Notice<'_>) -> Result<u32, Error> {
        let actions: Vec<&str> = notice.presses.iter().flat_map(|(press, word)| [press.code(), word]).collect();
        // Urgency 2 stays until it is answered, by the rules of the desktop; 1 goes by itself.
        let (urgency, expire_ms) = if notice.rings { (2_u8, 0) } else { (1, -1) };
        let mut hints = HashMap::from([("urgency", Value::from(urgency)), ("desktop-entry", Value::from("sidetone"))]);
        if notice.rings {
            hints.insert("category", Value::from("call.incoming"));
            hints.insert("resident", Value::from(true));
        }
        // Bodies may hold markup; titles may not.
        let body = escaped(notice.body);
        self.service.notify("Sidetone", 0, "sidetone", notice.title, &body, &actions, hints, expire_ms).await
    }

    pub(super) async fn close(&mut self, notice: u32) -> Result<(), Error> {
        self.service.close_notification(notice).await
    }

    /// Waits for the next press; for ever where the bus is gone. Nothing is lost when the waiting is given up.
    pub(super) async fn pressed(&mut self) -> Result<(u32, Press), Error> {
        while let Some(signal) = self.presses.next().await {
            // What cannot be read was no press of ours.
            if let Ok(pressed) = signal.args()
                && let Some(press) = Press::of(&pressed.action)
            {
                return Ok((pressed.id, press));
            }
        }
        std::future::pending().await
    }
}
