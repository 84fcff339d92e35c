//! Whose telephones the server is asked to tell of.

use std::collections::BTreeSet;

use model::Personal;

use crate::xivo::cti::CtiCommand;

/// Most numbers that are watched.
const MOST: usize = 500;

/// The numbers that the server was asked to tell of.
#[derive(Debug, Default)]
pub(super) struct Hints(BTreeSet<Personal>);

impl Hints {
    /// The session is new: it tells of nobody.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Whether a number is one of them.
    pub(super) fn has(&self, number: &Personal) -> bool {
        self.0.contains(number)
    }

    /// What to ask so that the server tells of these and nobody else. Who is watched already is not asked for again, unless
    /// somebody else is no longer: single numbers cannot be given up.
    pub(super) fn settle<'a>(&mut self, wanted: impl Iterator<Item = &'a Personal>) -> Vec<CtiCommand> {
        let wanted: BTreeSet<Personal> = wanted.take(MOST).cloned().collect();
        if wanted == self.0 {
            return Vec::new();
        }
        let mut commands = Vec::new();
        let numbers: Vec<Personal> = match self.0.is_subset(&wanted) {
            true => wanted.difference(&self.0).cloned().collect(),
            false => {
                commands.push(CtiCommand::UnsubscribeFromAllPhoneHints);
                wanted.iter().cloned().collect()
            }
        };
        if !numbers.is_empty() {
            commands.push(CtiCommand::SubscribeToPhoneHints { numbers });
        }
        self.0 = wanted;
        commands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(hints: &mut Hints, numbers: &[&str]) -> Vec<CtiCommand> {
        let numbers: Vec<Personal> = numbers.iter().map(|number| Personal::from(*number)).collect();
        hints.settle(numbers.iter())
    }

    fn subscribe(numbers: &[&str]) -> CtiCommand {
        CtiCommand::SubscribeToPhoneHints { numbers: numbers.iter().map(|number| Personal::from(*number)).collect() }
    }

    #[test]
    fn the_server_is_asked_for_no_more_than_is_new_and_given_up_as_a_whole() {
        let mut hints = Hints::default();
        assert_eq!(settled(&mut hints, &[]), []);
        assert_eq!(settled(&mut hints, &["2", "1", "2"]), [subscribe(&["1", "2"])]);
        assert_eq!(settled(&mut hints, &["1", "2"]), []);
        assert_eq!(settled(&mut hints, &["1", "2", "3"]), [subscribe(&["3"])]);
        assert_eq!(settled(&mut hints, &["3"]), [CtiCommand::UnsubscribeFromAllPhoneHints, subscribe(&["3"])]);
        assert!(hints.has(&"3".into()) && !hints.has(&"1".into()));
        assert_eq!(settled(&mut hints, &[]), [CtiCommand::UnsubscribeFromAllPhoneHints]);
        settled(&mut hints, &["1"]);
        hints.forget();
        assert_eq!(settled(&mut hints, &["1"]), [subscribe(&["1"])]);
    }
}
