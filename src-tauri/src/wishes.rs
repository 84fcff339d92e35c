//! What links and other windows want of the page of the phone's own window. It waits where the page does not listen yet.

use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{CallId, Target};

/// What is wanted of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To show this target, to be called.
    Show(Target),
    /// To ask where the caller of this ringing call is to be sent.
    Redirect(CallId),
}

/// What waits for the page: of each kind the last one.
#[derive(Debug, Default)]
pub(crate) struct Wishes(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// A window whose page is being loaded has nobody who would hear.
    listens: bool,
    target: Option<Target>,
    redirect: Option<CallId>,
}

impl Wishes {
    /// Gives the wish back to be told where the page listens; else it waits for the page.
    pub(crate) fn keep(&self, wish: Wish) -> Option<Wish> {
        let mut waiting = self.lock();
        if waiting.listens {
            return Some(wish);
        }
        match wish {
            Wish::Show(target) => waiting.target = Some(target),
            Wish::Redirect(call) => waiting.redirect = Some(call),
        }
        None
    }

    /// The page listens from now on: what waited for it, once.
    pub(crate) fn listens(&self) -> (Option<Target>, Option<CallId>) {
        let mut waiting = self.lock();
        waiting.listens = true;
        (waiting.target.take(), waiting.redirect.take())
    }

    /// The page is gone, or is loaded anew.
    pub(crate) fn is_gone(&self) {
        self.lock().listens = false;
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_while_the_page_is_loaded_waits_for_it() {
        let (wishes, target) = (Wishes::default(), "600".parse::<Target>().expect("a number"));
        assert_eq!(wishes.keep(Wish::Show(target.clone())), None);
        assert_eq!(wishes.keep(Wish::Redirect(CallId(1))), None);
        assert_eq!(wishes.listens(), (Some(target.clone()), Some(CallId(1))));
        assert_eq!(wishes.keep(Wish::Show(target.clone())), Some(Wish::Show(target.clone())));
        assert_eq!(wishes.listens(), (None, None), "told once");
        wishes.is_gone();
        assert_eq!(wishes.keep(Wish::Show(target.clone())), None, "nobody hears");
        assert_eq!(wishes.listens(), (Some(target), None));
    }
}
