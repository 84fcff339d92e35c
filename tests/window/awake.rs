//! What keeps the session from falling asleep, played by the test.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zbus::connection;

use super::screen::{Screen, eventually};

/// Name and cookie of those who hold the session awake; the last cookie.
#[derive(Default)]
struct Held(Vec<(String, u32)>, u32);

#[derive(Clone, Default)]
struct ScreenSaver(Arc<Mutex<Held>>);

impl ScreenSaver {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn holding(&self) -> Vec<String> {
        self.held().0.iter().map(|(name, _)| name.clone()).collect()
    }
}

#[zbus::interface(name = "org.freedesktop.ScreenSaver")]
impl ScreenSaver {
    fn inhibit(&mut self, application: String, _why: String) -> u32 {
        let mut held = self.held();
        held.1 += 1;
        let cookie = held.1;
        held.0.push((application, cookie));
        cookie
    }

    fn un_inhibit(&mut self, cookie: u32) {
        self.held().0.retain(|(_, held)| *held != cookie);
    }
}

#[test]
fn the_session_stays_awake_for_a_call_and_no_longer() {
    let Some(screen) = Screen::open() else { return };
    let saver = ScreenSaver::default();
    let _bus = screen
        .runtime
        .block_on(async {
            connection::Builder::address(screen.bus())?
                .serve_at("/org/freedesktop/ScreenSaver", saver.clone())?
                .name("org.freedesktop.ScreenSaver")?
                .build()
                .await
        })
        .expect("the service is on the bus");
    let _program = screen.start(&["--minimized"]);
    assert!(saver.holding().is_empty());
    screen.dial("600");
    eventually("hold on the session", || (saver.holding() == ["Sidetone"]).then_some(()));
    let call = screen.status().expect("the phone runs").calls[0].id;
    screen.ask(model::Command::HangUp { call });
    eventually("end of the hold", || saver.holding().is_empty().then_some(()));
}
