//! A tray, as a panel has one: icons register with it, it reads their menus and clicks.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use zbus::{
    Connection, connection,
    message::Header,
    object_server::SignalEmitter,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

use super::screen::{Screen, eventually};

/// One entry of a menu: its number, properties, and entries below it.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// Width, height and pixels.
type Pixmap = (i32, i32, Vec<u8>);

/// A picture's name, pictures, a title, and the words.
type ToolTip = (String, Vec<Pixmap>, String, String);

/// The tray; it goes with this.
pub(super) struct Tray<'a> {
    screen: &'a Screen,
    bus: Connection,
    items: Arc<Mutex<Vec<String>>>,
}

/// An entry of the icon's menu.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    id: i32,
    pub(super) label: String,
    pub(super) enabled: bool,
    pub(super) checked: bool,
}

#[zbus::proxy(interface = "org.kde.StatusNotifierItem", default_path = "/StatusNotifierItem")]
trait Item {
    fn activate(&self, x: i32, y: i32) -> zbus::Result<()>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn icon_pixmap(&self) -> zbus::Result<Vec<Pixmap>>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn tool_tip(&self) -> zbus::Result<ToolTip>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn menu(&self) -> zbus::Result<OwnedObjectPath>;
}

#[zbus::proxy(interface = "com.canonical.dbusmenu")]
trait Menu {
    fn get_layout(&self, parent: i32, depth: i32, properties: &[&str]) -> zbus::Result<(u32, Layout)>;
    fn event(&self, id: i32, event: &str, data: &Value<'_>, at: u32) -> zbus::Result<()>;
}

/// The part of the tray that icons speak to.
struct Watcher(Arc<Mutex<Vec<String>>>);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&mut self, service: String, #[zbus(header)] header: Header<'_>) {
        // An icon names its bus name, or only its path on the connection it speaks from.
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let name = if service.starts_with('/') { sender } else { service };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(name);
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[zbus(signal)]
    async fn status_notifier_host_registered(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

impl<'a> Tray<'a> {
    /// Puts a tray on the desktop.
    pub(super) fn open(screen: &'a Screen) -> Self {
        let items = Arc::default();
        let watcher = Watcher(Arc::clone(&items));
        let bus = screen.runtime.block_on(async {
            connection::Builder::address(screen.bus())?
                .serve_at("/StatusNotifierWatcher", watcher)?
                .name("org.kde.StatusNotifierWatcher")?
                .build()
                .await
        });
        Self { screen, bus: bus.expect("the tray is on the bus"), items }
    }

    /// Waits until the phone's icon is in it.
    pub(super) fn wait_for_icon(&self) {
        eventually("icon in the tray", || self.item_name());
    }

    /// The words beside the icon.
    pub(super) fn tooltip(&self) -> String {
        self.screen.runtime.block_on(async { self.item().await.tool_tip().await }).expect("it has words").3
    }

    /// The icon's pixels.
    pub(super) fn picture(&self) -> Vec<u8> {
        let pictures = self.screen.runtime.block_on(async { self.item().await.icon_pixmap().await });
        pictures.expect("it has a picture").pop().expect("one picture").2
    }

    /// The menu as it is now.
    pub(super) fn menu(&self) -> Vec<Entry> {
        let (_, (_, _, entries)) =
            self.screen.runtime.block_on(async { self.menu_proxy().await.get_layout(0, -1, &[]).await }).expect("a menu");
        entries.into_iter().filter_map(entry).collect()
    }

    /// Waits for an entry with these words.
    pub(super) fn wait_for_entry(&self, label: &str) -> Entry {
        eventually(&format!("entry {label:?} in the tray"), || self.menu().into_iter().find(|entry| entry.label == label))
    }

    /// Clicks an entry.
    pub(super) fn click(&self, label: &str) {
        let entry = self.wait_for_entry(label);
        let clicked = async { self.menu_proxy().await.event(entry.id, "clicked", &Value::from(0), 0).await };
        self.screen.runtime.block_on(clicked).expect("the click arrives");
    }

    /// Clicks the icon itself.
    pub(super) fn activate(&self) {
        self.screen.runtime.block_on(async { self.item().await.activate(0, 0).await }).expect("the click arrives");
    }

    fn item_name(&self) -> Option<String> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).last().cloned()
    }

    async fn item(&self) -> ItemProxy<'_> {
        let name = self.item_name().expect("an icon is in the tray");
        ItemProxy::builder(&self.bus).destination(name).expect("a name").build().await.expect("the icon is there")
    }

    async fn menu_proxy(&self) -> MenuProxy<'_> {
        let item = self.item().await;
        let path = item.menu().await.expect("it has a menu");
        let builder = MenuProxy::builder(&self.bus).destination(item.inner().destination().to_owned()).expect("a name");
        builder.path(path).expect("a path").build().await.expect("the menu is there")
    }
}

fn entry(value: OwnedValue) -> Option<Entry> {
    let (id, properties, _) = Layout::try_from(value).expect("an entry of a menu");
    let text = |name: &str| properties.get(name).and_then(|value| String::try_from(value.clone()).ok());
    let label = text("label")?;
    let enabled = properties.get("enabled").is_none_or(|value| bool::try_from(value.clone()).unwrap_or(true));
    let checked = properties.get("toggle-state").is_some_and(|value| i32::try_from(value.clone()) == Ok(1));
    Some(Entry { id, label, enabled, checked })
}
