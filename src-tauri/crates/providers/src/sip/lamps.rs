//! The subscriptions behind lamps (RFC 4235), and what they come to.

use calls::io::LineEvent;
use model::{LampState, LineFault, Personal, Target};
use sip::{DialogInfo, Notice, Occupation, Subscribe, SubscriptionKey, Uri};
use tracing::debug;

use super::target;

/// So many people are watched at once; further ones are not.
const MOST_LAMPS: usize = 50;
/// RFC 4235 3.4 proposes an hour.
const SUBSCRIPTION_S: u32 = 3600;

/// Everybody who is watched.
#[derive(Debug)]
pub(super) struct Lamps {
    lamps: Vec<Lamp>,
    /// What is dialled before a number to pick up the call that rings there; empty where the server knows no such code.
    pickup_code: Personal,
    last_key: u32,
}

#[derive(Debug)]
struct Lamp {
    number: Personal,
    uri: Uri,
    key: SubscriptionKey,
    info: DialogInfo,
    refused: bool,
    told: Option<(LampState, bool)>,
}

/// A notice of somebody's calls is missing.
#[derive(Debug)]
pub(super) struct Gap;

impl Lamps {
    pub(super) fn new(pickup_code: Personal) -> Self {
        Self { lamps: Vec::new(), pickup_code, last_key: 0 }
    }

    /// Takes who is to be watched from now on; the subscriptions that are not wanted any more.
    pub(super) fn watch(&mut self, numbers: Vec<Personal>, domain: &str) -> Vec<SubscriptionKey> {
        let mut known = std::mem::take(&mut self.lamps);
        for number in numbers.into_iter().take(MOST_LAMPS) {
            if let Some(at) = known.iter().position(|lamp| lamp.number == number) {
                self.lamps.push(known.swap_remove(at));
                continue;
            }
            let uri = Target::try_from(number.clone()).ok().and_then(|target| target::request_uri(&target, domain).ok());
            let Some(uri) = uri else { continue };
            self.last_key += 1;
            let key = SubscriptionKey(self.last_key);
            self.lamps.push(Lamp { number, uri, key, info: DialogInfo::default(), refused: false, told: None });
        }
        known.into_iter().map(|lamp| lamp.key).collect()
    }

    /// What to subscribe to; asking again for what there is does nothing.
    pub(super) fn subscriptions(&self) -> Vec<Subscribe> {
        let wanted = self.lamps.iter().filter(|lamp| !lamp.refused);
        let subscribe = |lamp: &Lamp| Subscribe {
            key: lamp.key,
            target: lamp.uri.clone(),
            package: "dialog".to_owned(),
            accept: "application/dialog-info+xml".to_owned(),
            expires: SUBSCRIPTION_S,
        };
        wanted.map(subscribe).collect()
    }

    /// A new connection: what was told over the last one says nothing any more.
    pub(super) fn forget(&mut self) {
        for lamp in &mut self.lamps {
            (lamp.info, lamp.refused, lamp.told) = (DialogInfo::default(), false, None);
        }
    }

    /// A document came; what it changes, if anything, or that one before it is missing.
    pub(super) fn notified(&mut self, key: SubscriptionKey, body: &str) -> Result<Option<LineEvent>, Gap> {
        let Some(lamp) = self.lamps.iter_mut().find(|lamp| lamp.key == key) else { return Ok(None) };
        match lamp.info.take(body) {
            Notice::Taken => {}
            Notice::Unusable => {
                debug!("a notice of somebody's calls that cannot be used");
                return Ok(None);
            }
            Notice::Gap => return Err(Gap),
        }
        let state = match lamp.info.occupation() {
            Occupation::Idle => LampState::Free,
            Occupation::Ringing => LampState::Ringing,
            Occupation::InUse => LampState::Busy,
        };
        let can_be_fetched = !self.pickup_code.is_empty() || lamp.info.to_be_picked_up().is_some();
        let pick_up = state == LampState::Ringing && can_be_fetched;
        let news = (state, pick_up);
        let is_news = lamp.told.replace(news) != Some(news);
        Ok(is_news.then(|| LineEvent::Lamp { number: lamp.number.clone(), state, pick_up }))
    }

    /// The server does not tell of somebody.
    pub(super) fn refused(&mut self, key: SubscriptionKey, code: u16) -> Option<LineEvent> {
        let lamp = self.lamps.iter_mut().find(|lamp| lamp.key == key)?;
        debug!(code, "the server tells nothing of somebody's calls");
        lamp.refused = true;
        lamp.told = None;
        Some(LineEvent::Lamp { number: lamp.number.clone(), state: LampState::Unknown, pick_up: false })
    }

    /// What is called to pick up the call that rings at a number, by code before its name on the wire; why not.
    pub(super) fn pick_up(&self, number: &Target, domain: &str) -> Result<Uri, LineFault> {
        let code = self.pickup_code.expose();
        if !code.is_empty() {
            let dialled = format!("{code}{}", number.expose()).parse::<Target>().map_err(|error| unaddressed(&error))?;
            return target::request_uri(&dialled, domain).map_err(|error| unaddressed(&error));
        }
        let uri = target::request_uri(number, domain).map_err(|error| unaddressed(&error))?;
        let lamp = self.lamps.iter().find(|lamp| lamp.uri == uri);
        match lamp.and_then(|lamp| lamp.info.to_be_picked_up()) {
            Some(replaces) => Ok(uri.replacing(replaces)),
            None => Err(LineFault::NothingToPickUp),
        }
    }
}

fn unaddressed(error: &impl std::fmt::Display) -> LineFault {
    LineFault::NotAnAddress { words: error.to_string() }
}
