//! Calls that take the place of others (RFC 3891).

use super::{Call, Session, State};
use crate::Replaces;

impl Call {
    /// What another phone says to take this call's place at its far end; none before the answer.
    pub fn to_be_replaced(&self) -> Option<Replaces> {
        match &self.state {
            State::Talking(session) => Some(session.dialog.to_be_replaced()),
            State::Dialling(_) | State::Ringing(_) | State::Parting { .. } | State::Closing(_) => None,
        }
    }

    /// How a `Replaces` finds this call (RFC 3891 section 3); `None` when it names another.
    pub fn replaceable(&self, replaces: &Replaces) -> Option<Result<(), u16>> {
        let named = |session: &Session| session.dialog.is_named_by(replaces);
        match &self.state {
            State::Dialling(dialling) => dialling.forks().any(named).then_some(Ok(())),
            // An early dialog that the far end started may not be replaced.
            State::Ringing(ringing) => named(&ringing.session).then_some(Err(481)),
            State::Talking(session) => named(session).then_some(if replaces.early_only { Err(486) } else { Ok(()) }),
            State::Parting { session, .. } => named(session).then_some(Err(603)),
            State::Closing(_) => self.discarded.iter().any(|one| one.dialog.is_named_by(replaces)).then_some(Err(603)),
        }
    }
}
