//! What becomes of a call that arrives: whether it rings, waits, or is turned away before anybody hears it.

use model::{CallSettings, CallWaiting, Personal, Remote, Target, TurnedAway};

/// 486 Busy Here (RFC 3261 21.4.24): another phone of the same user may still take the call.
const BUSY_HERE: u16 = 486;

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) settings: &'a CallSettings,
    pub(crate) do_not_disturb: bool,
    /// Who calls.
    pub(crate) remote: &'a Remote,
    /// How many calls there are that are not over.
    pub(crate) live: usize,
    /// Whether the account carries no further one.
    pub(crate) line_is_full: bool,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may ring.
    Ring,
    /// It is refused with this code.
    Refuse { because: TurnedAway, code: u16 },
    /// The caller is told to try there.
    Forward { to: Personal },
}

impl Arrival<'_> {
    pub(crate) fn verdict(&self) -> Verdict {
        let forward = &self.settings.forward;
        let may_forward = !names(&forward.exceptions, self.remote);
        if may_forward && !forward.always.is_empty() {
            return Verdict::Forward { to: forward.always.clone() };
        }
        if self.do_not_disturb && !names(&self.settings.dnd_exceptions, self.remote) {
            return Verdict::Refuse { because: TurnedAway::DoNotDisturb, code: self.settings.dnd_code };
        }
        let waits_in_vain = self.settings.waiting == CallWaiting::Busy && self.live > 0;
        if !waits_in_vain && !self.line_is_full && self.live < self.settings.limit as usize {
            return Verdict::Ring;
        }
        match may_forward && !forward.busy.is_empty() {
            true => Verdict::Forward { to: forward.busy.clone() },
            false => Verdict::Refuse { because: TurnedAway::Busy, code: BUSY_HERE },
        }
    }
}

/// Whether a caller is one of those that targets name, by number or by address.
pub(crate) fn names(targets: &[Target], caller: &Remote) -> bool {
    targets.iter().map(|target| Personal::from(target.clone())).any(|named| named == caller.number || named == caller.uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(settings: &CallSettings, do_not_disturb: bool, live: usize) -> Verdict {
        let remote = Remote { number: "+442079460123".into(), ..Remote::default() };
        Arrival { settings, do_not_disturb, remote: &remote, live, line_is_full: false }.verdict()
    }

    #[test]
    fn a_call_rings_until_the_limit_is_reached() {
        let settings = CallSettings { limit: 2, ..CallSettings::default() };
        assert_eq!([0, 1].map(|live| verdict(&settings, false, live)), [Verdict::Ring, Verdict::Ring]);
        assert_eq!(verdict(&settings, false, 2), Verdict::Refuse { because: TurnedAway::Busy, code: 486 });
    }

    #[test]
    fn without_call_waiting_a_second_call_hears_busy_or_is_forwarded() {
        let mut settings = CallSettings { waiting: CallWaiting::Busy, ..CallSettings::default() };
        assert_eq!(verdict(&settings, false, 0), Verdict::Ring);
        assert_eq!(verdict(&settings, false, 1), Verdict::Refuse { because: TurnedAway::Busy, code: 486 });
        settings.forward.busy = "700".into();
        assert_eq!(verdict(&settings, false, 1), Verdict::Forward { to: "700".into() });
    }

    #[test]
    fn do_not_disturb_refuses_as_it_is_set_but_lets_exceptions_ring() {
        let mut settings = CallSettings { dnd_code: 480, ..CallSettings::default() };
        assert_eq!(verdict(&settings, true, 0), Verdict::Refuse { because: TurnedAway::DoNotDisturb, code: 480 });
        settings.dnd_exceptions = vec!["+44 20 7946 0123".parse().expect("a number")];
        assert_eq!(verdict(&settings, true, 0), Verdict::Ring);
    }

    #[test]
    fn forwarding_always_comes_before_everything() {
        let mut settings = CallSettings::default();
        settings.forward.always = "700".into();
        assert_eq!(verdict(&settings, true, 9), Verdict::Forward { to: "700".into() });
    }

    #[test]
    fn who_is_never_forwarded_rings_or_hears_busy() {
        let mut settings = CallSettings::default();
        (settings.forward.always, settings.forward.busy) = ("700".into(), "701".into());
        settings.forward.exceptions = vec!["+44 20 7946 0123".parse().expect("a number")];
        assert_eq!(verdict(&settings, false, 0), Verdict::Ring);
        assert_eq!(verdict(&settings, false, 9), Verdict::Refuse { because: TurnedAway::Busy, code: 486 });
    }
}
