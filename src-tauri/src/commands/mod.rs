//! What pages can ask: each forwards and decides nothing. Which window may ask what: `capabilities/`.

pub(crate) mod about;
pub(crate) mod assistant;
pub(crate) mod book;
pub(crate) mod calls;
pub(crate) mod devices;
pub(crate) mod diagnosis;
pub(crate) mod event_programs;
pub(crate) mod export;
pub(crate) mod kiosk;
pub(crate) mod settings;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    fn granted(capability: &str) -> BTreeSet<String> {
        let capability: Value = serde_json::from_str(capability).expect("a capability is JSON");
        let permissions = capability["permissions"].as_array().expect("it lists permissions");
        permissions.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }

    #[test]
    fn the_window_of_a_ringing_call_may_follow_and_act_and_no_more() {
        let granted = granted(include_str!("../../capabilities/incoming.json"));
        assert_eq!(granted, ["allow-follow", "allow-incoming-action"].map(String::from).into());
    }

    #[test]
    fn the_window_of_a_kiosk_may_do_what_is_held_against_its_profile_and_no_more() {
        let granted = granted(include_str!("../../capabilities/kiosk.json"));
        assert_eq!(granted, ["allow-kiosk-act", "allow-kiosk-follow", "allow-kiosk-leave"].map(String::from).into());
    }

    #[test]
    fn the_phones_own_window_may_use_its_commands_and_nothing_of_the_system() {
        for name in granted(include_str!("../../capabilities/main.json")) {
            let is_ours = !name.contains(':') && name != "allow-incoming-action" && !name.starts_with("allow-kiosk");
            assert!(is_ours || name.starts_with("core:event:allow-"), "{name}");
        }
    }
}
