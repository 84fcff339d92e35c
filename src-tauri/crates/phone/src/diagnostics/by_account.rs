//! What of the log is written: what its filter says, and within the span of an account that has a level of its own, that.

use std::{collections::BTreeMap, fmt};

use model::{Account, Provider, Settings};
use tracing::{
    Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id},
    subscriber::Interest,
};
use tracing_subscriber::{
    filter::Targets,
    layer::{Context, Filter},
    registry::LookupSpan,
};

/// The span of an account's line, and the field with its name.
const ACCOUNT: (&str, &str) = ("account", "id");

/// Rooms whose words an account may ask for. Libraries might tell what people say or send.
const OURS: [&str; 3] = ["providers", "sip", "phone"];

/// A filter with the levels of accounts.
pub(super) struct ByAccount {
    pub filter: Targets,
    accounts: BTreeMap<String, LevelFilter>,
}

/// The account whose span this is.
struct InAccount(String);

impl ByAccount {
    pub fn new(filter: Targets) -> Self {
        Self { filter, accounts: BTreeMap::new() }
    }

    /// Takes the levels that accounts have.
    pub fn set_accounts(&mut self, settings: &Settings) {
        let level = |account: &Account| Some((account.id.0.clone(), level_of(log_level(account)?)));
        self.accounts = settings.accounts.iter().filter_map(level).collect();
    }

    fn level_in<S>(&self, context: &Context<'_, S>) -> Option<LevelFilter>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if self.accounts.is_empty() {
            return None;
        }
        let mut spans = context.lookup_current()?.scope();
        spans.find_map(|span| self.accounts.get(&span.extensions().get::<InAccount>()?.0).copied())
    }
}

/// The level an account has of its own: 0 for nothing, to 6 for everything and its messages.
pub(crate) fn log_level(account: &Account) -> Option<u8> {
    match &account.provider {
        Provider::Aculab(aculab) => aculab.log_level,
        Provider::Practice | Provider::Sip(_) | Provider::Xivo(_) => None,
    }
}

fn level_of(level: u8) -> LevelFilter {
    match level {
        0 => LevelFilter::OFF,
        1 => LevelFilter::ERROR,
        2 => LevelFilter::WARN,
        3 => LevelFilter::INFO,
        4 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    let room = metadata.target().split("::").next().unwrap_or_default();
    OURS.contains(&room)
}

fn is_account(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.name() == ACCOUNT.0 && is_ours(metadata)
}

impl<S> Filter<S> for ByAccount
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        let filtered = Filter::<S>::enabled(&self.filter, metadata, context);
        if metadata.is_span() {
            return filtered || is_account(metadata);
        }
        match self.level_in(context) {
            None => filtered,
            Some(level) => *metadata.level() <= level && (filtered || is_ours(metadata)),
        }
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let filtered = Filter::<S>::callsite_enabled(&self.filter, metadata);
        match metadata.is_span() {
            true if is_account(metadata) => Interest::always(),
            false if !self.accounts.is_empty() && (is_ours(metadata) || !filtered.is_never()) => Interest::sometimes(),
            true | false => filtered,
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let loudest = self.accounts.values().copied().max().unwrap_or(LevelFilter::OFF);
        // The span of an account must be seen, or nobody knows whose an event is.
        Filter::<S>::max_level_hint(&self.filter).map(|filtered| filtered.max(loudest).max(LevelFilter::INFO))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if is_account(attributes.metadata())
            && let Some(span) = context.span(id)
        {
            let mut name = Name::default();
            attributes.record(&mut name);
            span.extensions_mut().insert(InAccount(name.0));
        }
    }
}

/// Reads the name of an account out of its span.
#[derive(Default)]
struct Name(String);

impl Visit for Name {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == ACCOUNT.1 {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    };

    use model::{AccountId, AculabAccount, AculabCaller, AculabInterface};
    use tracing::{Dispatch, debug, error, info, info_span, subscriber::NoSubscriber, trace, warn};
    use tracing_subscriber::{Layer, fmt, layer::SubscriberExt, registry, reload};

    use super::*;

    /// What is said in one place is weighed by all who listen at that moment: one test at a time. While there is one listener in the
    /// whole process, `tracing` asks only that of the thread which weighs anew, and a thread without one silences all others: the
    /// second listener, who hears nothing, makes it ask everybody.
    fn alone() -> MutexGuard<'static, ()> {
        static SPEAKING: Mutex<()> = Mutex::new(());
        static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));
        let speaking = SPEAKING.lock().unwrap_or_else(PoisonError::into_inner);
        LazyLock::force(&SECOND);
        speaking
    }

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn settings(levels: &[(&str, Option<u8>)]) -> Settings {
        let account = |(id, log_level): &(&str, Option<u8>)| {
            let interface = AculabInterface::V1(AculabCaller::new("bob"));
            let aculab = AculabAccount { log_level: *log_level, ..AculabAccount::at_cloud("1-2-0".into(), interface) };
            Account { id: AccountId((*id).into()), enabled: true, provider: Provider::Aculab(aculab) }
        };
        Settings { accounts: levels.iter().map(account).collect(), ..Settings::default() }
    }

    /// Says something at every level.
    fn speak() {
        error!("an error");
        warn!("a warning");
        info!("a step");
        debug!("a decision");
        trace!("a message");
        trace!(target: "tungstenite", "what a library sends");
        warn!(target: "tungstenite", "what a library complains of");
    }

    /// What is written of an account's words when the filter says `warn` and its level is changed while it runs.
    fn written(level: Option<u8>) -> Vec<&'static str> {
        const ALL: [&str; 7] =
            ["an error", "a warning", "a step", "a decision", "a message", "what a library sends", "what a library complains of"];
        let written = Written::default();
        let writer = written.clone();
        let filter = ByAccount::new(Targets::new().with_default(LevelFilter::WARN));
        let (filter, handle) = reload::Layer::new(filter);
        let lines = fmt::layer().with_ansi(false).with_writer(move || writer.clone()).with_filter(filter);
        tracing::subscriber::with_default(registry().with(lines), || {
            let account = info_span!("account", id = %AccountId("cloud".into()));
            handle.modify(|by| by.set_accounts(&settings(&[("cloud", level), ("other", Some(0))]))).expect("it lives");
            account.in_scope(|| info_span!("call").in_scope(speak));
        });
        let text = String::from_utf8(written.0.lock().expect("not poisoned").clone()).expect("text");
        ALL.into_iter().filter(|words| text.contains(words)).collect()
    }

    #[test]
    fn an_account_is_as_loud_as_its_level_and_libraries_are_no_louder_than_the_filter() {
        let _alone = alone();
        let complaint = "what a library complains of";
        assert_eq!(written(None), ["an error", "a warning", complaint]);
        assert_eq!(written(Some(0)), [""; 0]);
        assert_eq!(written(Some(1)), ["an error"]);
        assert_eq!(written(Some(2)), ["an error", "a warning", complaint]);
        assert_eq!(written(Some(3)), ["an error", "a warning", "a step", complaint]);
        assert_eq!(written(Some(4)), ["an error", "a warning", "a step", "a decision", complaint]);
        for level in [5, 6] {
            let all = ["an error", "a warning", "a step", "a decision", "a message", complaint];
            assert_eq!(written(Some(level)), all);
        }
    }

    #[test]
    fn what_happens_outside_of_accounts_is_written_by_the_filter() {
        let _alone = alone();
        let written = Written::default();
        let writer = written.clone();
        let mut filter = ByAccount::new(Targets::new().with_default(LevelFilter::INFO));
        filter.set_accounts(&settings(&[("cloud", Some(0)), ("loud", Some(6))]));
        let lines = fmt::layer().with_ansi(false).with_writer(move || writer.clone()).with_filter(filter);
        tracing::subscriber::with_default(registry().with(lines), || {
            speak();
            info_span!("account", id = %AccountId("third".into())).in_scope(speak);
        });
        let text = String::from_utf8(written.0.lock().expect("not poisoned").clone()).expect("text");
        assert_eq!((text.matches("a step").count(), text.matches("a decision").count()), (2, 0), "{text}");
    }
}
