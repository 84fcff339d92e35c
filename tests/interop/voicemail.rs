//! Voice messages that wait at Asterisk.

use serde_json::Value;

use super::lab::{self, Part};

#[test]
fn the_lamp_of_the_mailbox_follows_its_messages() {
    let Some(lab) = lab::with(&[Part::Asterisk]) else { return };
    let _alone = lab::borrow("1002");
    lab.run(&["voicemail", "1002", "0"]);
    let phone = lab.at_asterisk("1002", &["run"]).humming().start().once_registered();
    let is = |event: &Value, new: u64| event["event"] == "voicemail" && event["new"] == new && event["waiting"] == (new > 0);
    phone.wait_for(0, "an empty mailbox", |event| is(event, 0));
    lab.run(&["voicemail", "1002", "2"]);
    phone.wait_for(0, "two messages", |event| is(event, 2));
    let then = phone.now();
    lab.run(&["voicemail", "1002", "0"]);
    phone.wait_for(then, "that they are gone", |event| is(event, 0));
}
