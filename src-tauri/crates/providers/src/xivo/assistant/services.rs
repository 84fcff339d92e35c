//! The user's services: do not disturb, forwards, what he says he is doing.
//!
//! They are as the server says they are.

use model::{AssistantForward, AssistantState, AssistantStatus, ForwardWhen, Personal, ServiceFault, Target};

use super::{LONGEST, short};
use crate::xivo::{
    cti::{CtiCommand, UserConfig, UserStatus},
    events::user_of,
};

/// Most statuses that are kept.
pub(super) const MOST_STATUSES: usize = 32;
/// Longest name of one, in characters.
const LONGEST_STATUS: usize = 60;
/// The forwards, in the order in which they are drawn.
const FORWARDS: [ForwardWhen; 3] = [ForwardWhen::Always, ForwardWhen::Busy, ForwardWhen::NoAnswer];

/// Puts what the server says of the user where it is drawn.
pub(super) fn show_user(user: &UserConfig, state: &mut AssistantState) {
    let name = user.full_name.as_ref().map(|name| short(name.expose(), LONGEST)).unwrap_or_default();
    state.name = name.into();
    state.do_not_disturb = user.dnd;
    state.voicemail_box = user.voicemail_enabled;
    let forward = |when: ForwardWhen| {
        let told = user.forward(when)?;
        let number = short(told.destination.expose(), LONGEST).into();
        Some(AssistantForward { when, on: told.enabled, number })
    };
    state.forwards = FORWARDS.into_iter().filter_map(forward).collect();
}

/// What the user may say he is doing, as it is drawn.
pub(super) fn statuses(told: &[UserStatus]) -> Vec<AssistantStatus> {
    told.iter().filter_map(status).take(MOST_STATUSES).collect()
}

/// The name of a status as it is drawn.
pub(super) fn status_name(name: &str) -> String {
    short(name, LONGEST_STATUS)
}

/// Forwards the user's calls, or no longer.
///
/// # Errors
/// When they cannot go there.
pub(super) fn forward(user: &UserConfig, when: ForwardWhen, on: bool, number: &Personal) -> Result<CtiCommand, ServiceFault> {
    let number = number.expose().trim();
    let destination = match number.is_empty() {
        true if on => return Err(ServiceFault::ForwardWithoutNumber),
        // To switch it off is not to forget where it went.
        true => user.forward(when).map(|forward| forward.destination.clone()).unwrap_or_default(),
        false => user_of(number.parse::<Target>().map_err(|_| ServiceFault::NotANumber)?.expose()),
    };
    Ok(CtiCommand::Forward { when, state: on, destination })
}

/// A status as it is drawn; none when it has a name that could not be told back.
fn status(told: &UserStatus) -> Option<AssistantStatus> {
    let name = short(&told.name, LONGEST_STATUS);
    if name != told.name {
        return None;
    }
    let title = if told.long_name.is_empty() { &told.name } else { &told.long_name };
    let is_colour = told
        .color
        .strip_prefix('#')
        .is_some_and(|digits| matches!(digits.len(), 3 | 6) && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let colour = if is_colour { told.color.clone() } else { String::new() };
    Some(AssistantStatus { name, title: short(title, LONGEST_STATUS), colour })
}
