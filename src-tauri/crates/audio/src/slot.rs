//! A place for one thing that sounds, which changes without a click.

/// The thing in use, and in the tick of a change the one before, which fades out.
pub(crate) struct Slot<T> {
    pub(crate) current: Option<T>,
    pub(crate) leaving: Option<T>,
    changing: bool,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { current: None, leaving: None, changing: false }
    }
}

impl<T> Slot<T> {
    /// Puts something else in use, or nothing; what was replaced before it ever sounded.
    #[must_use = "it has to be retired"]
    pub(crate) fn replace(&mut self, new: Option<T>) -> Option<T> {
        let old = std::mem::replace(&mut self.current, new);
        if self.changing {
            return old;
        }
        self.changing = true;
        self.leaving = old;
        None
    }

    /// Whether this tick is the one of a change; asked once per tick.
    pub(crate) fn take_change(&mut self) -> bool {
        std::mem::take(&mut self.changing)
    }

    /// Whether there is anything to do.
    pub(crate) fn is_in_use(&self) -> bool {
        self.current.is_some() || self.changing
    }

    /// Whether something has been replaced and not yet faded.
    pub(crate) fn is_changing(&self) -> bool {
        self.changing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_changes_in_one_tick_what_sounded_fades_and_what_never_did_is_dropped() {
        let mut slot = Slot::default();
        assert_eq!(slot.replace(Some("a")), None);
        assert!(slot.take_change() && !slot.take_change());
        assert_eq!(slot.replace(Some("b")), None);
        assert_eq!(slot.replace(Some("c")), Some("b"));
        assert_eq!((slot.current, slot.leaving), (Some("c"), Some("a")));
    }
}
