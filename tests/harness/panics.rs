//! Panics of tasks: a runtime catches them, a test must not miss them.

use std::{cell::Cell, panic, sync::Once};

thread_local! {
    static SEEN: Cell<u32> = const { Cell::new(0) };
}

/// Counts the panics of this thread from now on, beside printing them as ever.
pub(crate) fn count() {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            SEEN.set(SEEN.get() + 1);
            print(panic);
        }));
    });
    SEEN.set(0);
}

/// How many panics there were on this thread since `count`.
pub(crate) fn seen() -> u32 {
    SEEN.get()
}
