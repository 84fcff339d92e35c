//! Whether the desktop shows tray icons. It may begin to, or stop, at any time.

use tokio::sync::watch;

/// Follows the desktop.
#[cfg(target_os = "linux")]
pub(crate) async fn follow(present: watch::Sender<bool>) {
    if let Err(error) = linux::follow(&present).await {
        tracing::debug!(%error, "whether there is a tray is unknown");
    }
    // A bus that has gone takes its trays along.
    present.send_replace(false);
    present.closed().await;
}

/// Other desktops always show them.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn follow(present: watch::Sender<bool>) {
    present.send_replace(true);
    present.closed().await;
}

#[cfg(target_os = "linux")]
mod linux {
    use futures_util::StreamExt;
    use tokio::sync::watch;
    use zbus::{Connection, fdo::DBusProxy};

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";

    #[zbus::proxy(
        interface = "org.kde.StatusNotifierWatcher",
        default_service = "org.kde.StatusNotifierWatcher",
        default_path = "/StatusNotifierWatcher"
    )]
    trait Watcher {
        #[zbus(property(emits_changed_signal = "false"))]
        fn is_status_notifier_host_registered(&self) -> zbus::Result<bool>;
        #[zbus(signal)]
        fn status_notifier_host_registered(&self) -> zbus::Result<()>;
        #[zbus(signal)]
        fn status_notifier_host_unregistered(&self) -> zbus::Result<()>;
    }

    pub(super) async fn follow(present: &watch::Sender<bool>) -> zbus::Result<()> {
        let bus = Connection::session().await?;
        let names = DBusProxy::new(&bus).await?;
        let watcher = WatcherProxy::new(&bus).await?;
        let mut owners = names.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
        let mut came = watcher.receive_status_notifier_host_registered().await?;
        let mut went = watcher.receive_status_notifier_host_unregistered().await?;
        loop {
            let has_owner = names.name_has_owner(WATCHER.try_into()?).await?;
            // Asking a name without an owner would start a service that may only wait to be asked.
            let shows = has_owner && watcher.is_status_notifier_host_registered().await.unwrap_or(false);
            present.send_if_modified(|known| std::mem::replace(known, shows) != shows);
            let more = tokio::select! {
                change = owners.next() => change.is_some(),
                change = came.next() => change.is_some(),
                change = went.next() => change.is_some(),
                () = present.closed() => false,
            };
            if !more {
                return Ok(());
            }
        }
    }
}
