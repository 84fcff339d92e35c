//! A kiosk at a server that is restarted: it says so, waits, and takes the next call.

use std::time::Duration;

use model::{AccountState, CallState, Command, Snapshot};
use tests::{CloudOptions, FakeCloud};

use super::screen::{WINDOW, answered_itself, is_live, is_registered, write};
use crate::window::screen::Screen;

/// Who the kiosk is there.
const ID: &str = "kiosk";

fn start(screen: &Screen, port: u16) -> FakeCloud {
    // The same file each time: the settings name it.
    let ca = Some(screen.data().join("ca.pem"));
    FakeCloud::start(CloudOptions { port, ca, ..CloudOptions::default() }).expect("the server starts")
}

/// A service calls, and the kiosk answers by itself.
fn takes_a_call(screen: &Screen, cloud: &FakeCloud) {
    cloud.call(ID, "reception", "tone");
    let talking = screen.wait_for("answer", answered_itself);
    let call = talking.calls.iter().find(|call| is_live(call)).expect("a call").id;
    screen.ask(Command::HangUp { call });
    screen.wait_for("idle", |snapshot| snapshot.calls.iter().all(|call| matches!(call.state, CallState::Ended { .. })));
}

#[test]
fn it_comes_back_when_its_server_was_restarted_and_takes_the_next_call() {
    let Some(mut screen) = Screen::open() else { return };
    // The cloud takes no call without a microphone.
    let Some(_sound) = screen.sound_server() else { return };
    let cloud = start(&screen, 0);
    let account = format!(
        "[[accounts]]\nid = \"desk\"\n[accounts.provider]\nkind = \"aculab\"\ncloud_id = \"1-2-0\"\nserver = \"{}\"\n\
         web_services = \"{}\"\nca_file = \"{}\"\n[accounts.provider.interface]\nversion = \"v2\"\naccess_key = \"{}\"\n\
         client_id = \"{ID}\"\n[accounts.provider.interface.token_source]\nsource = \"url\"\nurl = \"{}\"\n",
        cloud.socket_url(),
        cloud.web_url(),
        cloud.ca().display(),
        cloud.account().key,
        cloud.token_url(),
    );
    screen.settings(&account);
    let policy = "[[auto_answer]]\naccount = \"desk\"\nwhen = \"always\"\ndelay_s = 1\ncallers = [\"*\"]\n";
    let profile = write(&screen, &format!("account = \"desk\"\ntitle = \"Reception\"\n{policy}"));
    let _program = screen.start(&["--kiosk", &profile]);
    screen.window(WINDOW);
    takes_a_call(&screen, &cloud);
    let port = cloud.port();
    drop(cloud);
    let is_offline =
        |snapshot: &Snapshot| snapshot.accounts.iter().any(|account| matches!(account.state, AccountState::Offline { .. }));
    screen.wait_for("that the server is gone", is_offline);
    // Longer than the first tries to come back.
    std::thread::sleep(Duration::from_secs(4));
    let cloud = start(&screen, port);
    screen.wait_for("registration", is_registered);
    takes_a_call(&screen, &cloud);
}
