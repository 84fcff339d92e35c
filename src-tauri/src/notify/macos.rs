//! Notifications of macOS (UserNotifications). Only a program in a bundle has them, and only when its user agrees.

use std::{collections::BTreeMap, mem};

use block2::{DynBlock, RcBlock};
use objc2::{
    AnyThread, DefinedClass, define_class, msg_send,
    rc::{Retained, autoreleasepool},
    runtime::{Bool, ProtocolObject},
};
use objc2_foundation::{NSArray, NSBundle, NSError, NSObject, NSObjectProtocol, NSSet, NSString};
use objc2_user_notifications::{
    UNAuthorizationOptions, UNMutableNotificationContent, UNNotification, UNNotificationAction, UNNotificationActionOptions,
    UNNotificationCategory, UNNotificationCategoryOptions, UNNotificationDefaultActionIdentifier,
    UNNotificationPresentationOptions, UNNotificationRequest, UNNotificationResponse, UNUserNotificationCenter,
    UNUserNotificationCenterDelegate,
};
use tauri::AppHandle;
use tokio::sync::mpsc;
use tracing::debug;

use super::{Notice, PRESSES, Press};

/// Why there are none.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("macOS shows those of programs in a bundle only")]
    NotBundled,
}

/// What was pressed, of which notice.
type Pressed = (u32, Press);

define_class!(
    // SAFETY: NSObject has no requirements on its subclasses, and this one has no `Drop`.
    #[unsafe(super(NSObject))]
    #[ivars = mpsc::Sender<Pressed>]
    struct Listener;

    // SAFETY: the protocol has no requirements of its own.
    unsafe impl NSObjectProtocol for Listener {}

    // SAFETY: the methods have the types that the protocol gives them.
    unsafe impl UNUserNotificationCenterDelegate for Listener {
        #[unsafe(method(userNotificationCenter:didReceiveNotificationResponse:withCompletionHandler:))]
        fn did_receive(&self, _: &UNUserNotificationCenter, response: &UNNotificationResponse, done: &DynBlock<dyn Fn()>) {
            // Nobody hears it when the phone is ending.
            let _heard = pressed(response).map(|pressed| self.ivars().try_send(pressed));
            done.call(());
        }

        #[unsafe(method(userNotificationCenter:willPresentNotification:withCompletionHandler:))]
        fn will_present(
            &self,
            _: &UNUserNotificationCenter,
            _: &UNNotification,
            present: &DynBlock<dyn Fn(UNNotificationPresentationOptions)>,
        ) {
            // Also while the phone is the program in use, whose window need not show the call.
            present.call((UNNotificationPresentationOptions::Banner | UNNotificationPresentationOptions::List,));
        }
    }
);

impl Listener {
    fn new(heard: mpsc::Sender<Pressed>) -> Retained<Self> {
        let this = Self::alloc().set_ivars(heard);
        // SAFETY: the initialiser of NSObject, which takes nothing.
        unsafe { msg_send![super(this), init] }
    }
}

fn pressed(response: &UNNotificationResponse) -> Option<Pressed> {
    let number = response.notification().request().identifier().to_string().parse().ok()?;
    let action = response.actionIdentifier();
    // SAFETY: the framework sets the constant when it is loaded, and never again.
    let opened = &*action == unsafe { UNNotificationDefaultActionIdentifier };
    let press = if opened { Some(Press::Open) } else { Press::of(&action.to_string()) };
    Some((number, press?))
}

/// The notification centre of this user.
pub(super) struct Desktop {
    /// Each set of buttons that was shown is a category, which the centre must know before.
    categories: BTreeMap<String, Vec<(Press, &'static str)>>,
    last: u32,
    presses: mpsc::Receiver<Pressed>,
}

impl Desktop {
    pub(super) async fn connect(_: &AppHandle) -> Result<Self, Error> {
        autoreleasepool(|_| {
            if !is_bundled() {
                // Asking for the centre would end the program.
                return Err(Error::NotBundled);
            }
            let (heard, presses) = mpsc::channel(PRESSES);
            let centre = UNUserNotificationCenter::currentNotificationCenter();
            let listener = Listener::new(heard);
            centre.setDelegate(Some(ProtocolObject::from_ref(&*listener)));
            // The centre does not keep it, and the program has this one as long as it runs.
            mem::forget(listener);
            // Those of an earlier run: their buttons would do nothing.
            centre.removeAllDeliveredNotifications();
            let answered = RcBlock::new(|granted: Bool, error: *mut NSError| {
                if granted.is_false() {
                    debug!(error = said(error), "the user wants no notifications");
                }
            });
            centre.requestAuthorizationWithOptions_completionHandler(UNAuthorizationOptions::Alert, &answered);
            Ok(Self { categories: BTreeMap::new(), last: 0, presses })
        })
    }

    /// What is shown has this number. That it could not be shown is logged later.
    pub(super) async fn show(&mut self, notice: &Notice<'_>) -> Result<u32, Error> {
        self.last += 1;
        let number = self.last;
        autoreleasepool(|_| {
            let centre = UNUserNotificationCenter::currentNotificationCenter();
            let category = self.category(&centre, notice);
            let content = UNMutableNotificationContent::new();
            content.setTitle(&NSString::from_str(notice.title));
            content.setBody(&NSString::from_str(notice.body));
            content.setCategoryIdentifier(&NSString::from_str(&category));
            let request = UNNotificationRequest::requestWithIdentifier_content_trigger(&name(number), &content, None);
            let added = RcBlock::new(|error: *mut NSError| {
                if !error.is_null() {
                    debug!(error = said(error), "a notification was not taken");
                }
            });
            centre.addNotificationRequest_withCompletionHandler(&request, Some(&added));
        });
        Ok(number)
    }

    pub(super) async fn close(&mut self, notice: u32) -> Result<(), Error> {
        autoreleasepool(|_| {
            let centre = UNUserNotificationCenter::currentNotificationCenter();
            let names = NSArray::from_retained_slice(&[name(notice)]);
            centre.removePendingNotificationRequestsWithIdentifiers(&names);
            centre.removeDeliveredNotificationsWithIdentifiers(&names);
        });
        Ok(())
    }

    /// Waits for the next press. Nothing is lost when the waiting is given up.
    pub(super) async fn pressed(&mut self) -> Result<Pressed, Error> {
        match self.presses.recv().await {
            Some(pressed) => Ok(pressed),
            None => std::future::pending().await,
        }
    }

    /// The category with these buttons, in these words.
    fn category(&mut self, centre: &UNUserNotificationCenter, notice: &Notice<'_>) -> String {
        let buttons = notice.presses.iter().copied().filter(|(press, _)| *press != Press::Open);
        let buttons: Vec<(Press, &'static str)> = buttons.collect();
        let category = buttons.iter().map(|(press, word)| format!("{}:{word}", press.code())).collect::<Vec<_>>().join(",");
        if !self.categories.contains_key(&category) {
            self.categories.insert(category.clone(), buttons);
            let all: Vec<_> = self.categories.iter().map(|(name, buttons)| category_of(name, buttons)).collect();
            centre.setNotificationCategories(&NSSet::from_retained_slice(&all));
        }
        category
    }
}

fn category_of(name: &str, buttons: &[(Press, &str)]) -> Retained<UNNotificationCategory> {
    let actions: Vec<_> = buttons.iter().map(|(press, word)| action_of(*press, word)).collect();
    UNNotificationCategory::categoryWithIdentifier_actions_intentIdentifiers_options(
        &NSString::from_str(name),
        &NSArray::from_retained_slice(&actions),
        &NSArray::new(),
        UNNotificationCategoryOptions::empty(),
    )
}

fn action_of(press: Press, word: &str) -> Retained<UNNotificationAction> {
    let options = match press {
        Press::Decline => UNNotificationActionOptions::Destructive,
        Press::Open | Press::Answer | Press::Veto | Press::CallBack => UNNotificationActionOptions::empty(),
    };
    let (code, word) = (NSString::from_str(press.code()), NSString::from_str(word));
    UNNotificationAction::actionWithIdentifier_title_options(&code, &word, options)
}

fn name(number: u32) -> Retained<NSString> {
    NSString::from_str(&number.to_string())
}

/// Started from a folder of builds, a program has no bundle.
fn is_bundled() -> bool {
    let bundle = NSBundle::mainBundle();
    bundle.bundleIdentifier().is_some() && bundle.bundlePath().to_string().ends_with(".app")
}

/// An error of the framework in its words, which need no name of a caller.
fn said(error: *mut NSError) -> Option<String> {
    // SAFETY: the framework hands over an error that lives during the call, or none.
    unsafe { error.as_ref() }.map(|error| error.localizedDescription().to_string())
}
