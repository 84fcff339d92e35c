//! Everything a phone logs, at the finest level, as text.

use std::{
    cell::{Cell, RefCell},
    io,
    sync::Once,
};

use tracing_subscriber::{Layer, filter::dynamic_filter_fn, fmt, layer::SubscriberExt};

thread_local! {
    static COLLECTS: Cell<bool> = const { Cell::new(false) };
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Collects the log of this thread while it lives.
pub struct Log(());

impl Log {
    /// Collects from now on.
    ///
    /// One collector serves the whole process: with one a thread, a place in the code that another thread reaches first
    /// would stay silent here.
    pub fn collect() -> Self {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            let lines =
                fmt::layer().with_ansi(false).with_writer(|| Writer).with_filter(dynamic_filter_fn(|_, _| COLLECTS.get()));
            let collector = tracing_subscriber::registry().with(lines);
            tracing::subscriber::set_global_default(collector).expect("nobody else in this process follows the log");
        });
        TEXT.take();
        COLLECTS.set(true);
        Self(())
    }

    /// What was logged.
    pub fn text(&self) -> String {
        TEXT.with_borrow(|text| String::from_utf8_lossy(text).into_owned())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        COLLECTS.set(false);
    }
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        TEXT.with_borrow_mut(|text| text.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
