//! Keeps the machine awake while somebody talks.

use phone::{Phone, desktop::keeps_awake};

/// Follows the phone.
pub(crate) async fn follow(phone: Phone) {
    let mut snapshots = phone.snapshots();
    let mut held: Option<Held> = None;
    loop {
        let wanted = keeps_awake(&snapshots.borrow_and_update());
        if wanted && held.is_none() {
            held = Some(Held::take().await);
        } else if !wanted && let Some(held) = held.take() {
            held.release().await;
        }
        if snapshots.changed().await.is_err() {
            return;
        }
    }
}

/// As long as the program runs.
pub(crate) async fn always() {
    let _held = Held::take().await;
    std::future::pending().await
}

/// Keeps macOS from slowing down the timers of this program, as it does where a program shows no window: who registered would be late,
/// and a router would have forgotten him. The machine itself may sleep.
#[cfg(target_os = "macos")]
pub(crate) fn no_nap() {
    use objc2_foundation::{NSActivityOptions, NSProcessInfo, NSString};
    let why = NSString::from_str("somebody may telephone at any moment");
    let options = NSActivityOptions::UserInitiatedAllowingIdleSystemSleep;
    // As long as the program runs.
    std::mem::forget(NSProcessInfo::processInfo().beginActivityWithOptions_reason(options, &why));
}

#[cfg(target_os = "linux")]
use linux::Held;
#[cfg(not(target_os = "linux"))]
use other::Held;

#[cfg(target_os = "linux")]
mod linux {
    use tracing::debug;
    use zbus::{Connection, zvariant::OwnedFd};

    /// Why the machine stays awake, for whoever lists what keeps it from sleeping.
    const WHY: &str = "somebody telephones, or may at any moment";

    #[zbus::proxy(
        interface = "org.freedesktop.login1.Manager",
        default_service = "org.freedesktop.login1",
        default_path = "/org/freedesktop/login1"
    )]
    trait Login {
        fn inhibit(&self, what: &str, who: &str, why: &str, mode: &str) -> zbus::Result<OwnedFd>;
    }

    #[zbus::proxy(
        interface = "org.freedesktop.ScreenSaver",
        default_service = "org.freedesktop.ScreenSaver",
        default_path = "/org/freedesktop/ScreenSaver"
    )]
    trait ScreenSaver {
        fn inhibit(&self, application: &str, why: &str) -> zbus::Result<u32>;
        fn un_inhibit(&self, cookie: u32) -> zbus::Result<()>;
    }

    /// What was granted: the system may not sleep, the session is not idle. Each can be missing on some desktop.
    pub(super) struct Held {
        _sleep: Option<OwnedFd>,
        idle: Option<(Connection, u32)>,
    }

    impl Held {
        pub(super) async fn take() -> Self {
            let (sleep, idle) = tokio::join!(no_sleep(), not_idle());
            let told = |error: &zbus::Error| debug!(%error, "the machine may fall asleep in a call");
            Self { _sleep: sleep.inspect_err(told).ok(), idle: idle.inspect_err(told).ok() }
        }

        pub(super) async fn release(self) {
            if let Some((bus, cookie)) = self.idle {
                let released = async { ScreenSaverProxy::new(&bus).await?.un_inhibit(cookie).await };
                if let Err(error) = released.await {
                    debug!(%error, "the session stays awake");
                }
            }
        }
    }

    async fn no_sleep() -> zbus::Result<OwnedFd> {
        let bus = Connection::system().await?;
        LoginProxy::new(&bus).await?.inhibit("sleep", "Sidetone", WHY, "block").await
    }

    async fn not_idle() -> zbus::Result<(Connection, u32)> {
        let bus = Connection::session().await?;
        let cookie = ScreenSaverProxy::new(&bus).await?.inhibit("Sidetone", WHY).await?;
        Ok((bus, cookie))
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    /// What holds it awake until it is released.
    #[cfg(target_os = "macos")]
    pub(super) struct Held(Option<std::process::Child>);

    #[cfg(target_os = "macos")]
    impl Held {
        pub(super) async fn take() -> Self {
            // The system's own program; it ends with us, even if we are killed.
            let ours = std::process::id().to_string();
            let child = std::process::Command::new("caffeinate").args(["-i", "-w", &ours]).spawn();
            Self(child.inspect_err(|error| tracing::debug!(%error, "the machine may fall asleep in a call")).ok())
        }

        pub(super) async fn release(self) {
            if let Some(mut child) = self.0
                && let Err(error) = child.kill().and_then(|()| child.wait())
            {
                tracing::debug!(%error, "the session stays awake");
            }
        }
    }

    /// A thread of its own: the system forgets the wish with the thread that had it.
    #[cfg(windows)]
    pub(super) struct Held(std::sync::mpsc::Sender<()>);

    #[cfg(windows)]
    impl Held {
        pub(super) async fn take() -> Self {
            use windows_sys::Win32::System::Power::{ES_CONTINUOUS, ES_SYSTEM_REQUIRED, SetThreadExecutionState};
            let (held, until_released) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                // SAFETY: the function takes flags only.
                let before = unsafe { SetThreadExecutionState(ES_CONTINUOUS | ES_SYSTEM_REQUIRED) };
                if before == 0 {
                    tracing::debug!("the machine may fall asleep in a call");
                }
                // An error says that the other end is gone, which is what is waited for.
                let _released = until_released.recv();
            });
            Self(held)
        }

        pub(super) async fn release(self) {
            drop(self.0);
        }
    }
}
