//! Which call of the CTI is which call of SIP. The `Call-ID` tells; where the server left it out, the number and the time.

use std::time::Duration;

use model::{Instant, LineCall, Personal, Remote};

use super::cti::{PhoneEvent, PhoneEventType};

/// Calls without a `Call-ID` are the same when they have one number and began within this span.
const SAME_MOMENT: Duration = Duration::from_secs(3);
/// A call that only one of the two sides knows is a mismatch after this long: the other side may be late.
const LATE: Duration = Duration::from_secs(5);
/// Most calls of the CTI that are remembered; a person has two.
const MOST: usize = 64;

/// The calls of a line as its two sides know them.
#[derive(Clone, Debug, Default)]
pub struct Joining {
    legs: Vec<Leg>,
    told: Vec<Told>,
}

/// A call as SIP knows it.
#[derive(Clone, Debug)]
struct Leg {
    call: LineCall,
    sip_call_id: Personal,
    number: Personal,
    began: Instant,
    /// By which name the CTI knows it, once that is known.
    name: Option<String>,
    /// Whether it was told that there is none.
    given_up: bool,
}

/// A call as the CTI knows it.
#[derive(Clone, Debug)]
struct Told {
    name: String,
    linked_id: String,
    sip_call_id: Option<Personal>,
    other: Remote,
    /// When it began, or ended here: no call here may have been this one for longer.
    apart: Instant,
    /// Whether it was told that there is no such call here.
    given_up: bool,
}

/// A call that only one side knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It goes on in SIP; the CTI knows nothing of it.
    NotTold {
        /// Which.
        call: LineCall,
    },
    /// The CTI tells of it; here it does not go on.
    NotHere {
        /// Which, by the server's name of it.
        name: String,
    },
}

impl Joining {
    /// SIP knows a new call.
    pub fn began(&mut self, now: Instant, call: LineCall, sip_call_id: Personal, number: Personal) {
        self.legs.retain(|leg| leg.call != call);
        let same = self.told.iter().find(|told| told.sip_call_id.as_ref() == Some(&sip_call_id));
        let same = same.or_else(|| self.told.iter().find(|told| self.may_be(told, &number, now)));
        let name = same.map(|told| told.name.clone());
        self.legs.push(Leg { call, sip_call_id, number, began: now, name, given_up: false });
    }

    /// SIP knows that a call is over. The CTI tells so a moment later.
    pub fn ended(&mut self, now: Instant, call: LineCall) {
        let name = self.name(call).map(str::to_owned);
        self.legs.retain(|leg| leg.call != call);
        if let Some(told) = self.told.iter_mut().find(|told| name.as_deref() == Some(told.name.as_str())) {
            told.apart = now;
        }
    }

    /// The CTI tells a step of a call; back comes which call of SIP it is.
    pub fn heard(&mut self, now: Instant, event: &PhoneEvent) -> Option<LineCall> {
        let Some(name) = event.name() else {
            tracing::debug!("a step of a call that is not named");
            return None;
        };
        if matches!(event.kind, PhoneEventType::Released | PhoneEventType::Failure) {
            let known = self.told.iter().any(|told| told.name == name);
            // Two calls of ours may have one linkedId (a consultation): it decides only where nothing else does.
            self.told.retain(|told| match known || event.linked_id.is_empty() {
                true => told.name != name,
                false => told.linked_id != event.linked_id,
            });
            return self.leg_of(event, name).map(|leg| leg.call);
        }
        self.remember(now, event, name);
        let at = self.leg_index(now, event, name)?;
        // One that was joined by its number, and proves to be another one.
        for leg in self.legs.iter_mut().filter(|leg| leg.name.as_deref() == Some(name)) {
            leg.name = None;
        }
        let leg = &mut self.legs[at];
        leg.name = Some(name.to_owned());
        Some(leg.call)
    }

    /// The CTI tells of all calls there are: others are over for it.
    pub fn heard_all(&mut self, now: Instant, events: &[PhoneEvent]) {
        self.told.retain(|told| events.iter().any(|event| event.name() == Some(told.name.as_str())));
        for event in events {
            self.heard(now, event);
        }
    }

    /// The CTI is gone, and with it what it knew.
    pub fn forget_told(&mut self) {
        self.told.clear();
        self.legs.iter_mut().for_each(|leg| leg.name = None);
    }

    /// The call with a `Call-ID`.
    pub fn call_of(&self, sip_call_id: &Personal) -> Option<LineCall> {
        self.legs.iter().find(|leg| leg.sip_call_id == *sip_call_id).map(|leg| leg.call)
    }

    /// By which name the server knows a call.
    pub fn name(&self, call: LineCall) -> Option<&str> {
        self.legs.iter().find(|leg| leg.call == call)?.name.as_deref()
    }

    /// Who is at the other end of a call, as the CTI knows it: after a transfer SIP does not.
    pub fn other(&self, call: LineCall) -> Option<&Remote> {
        let name = self.name(call)?;
        self.told.iter().find(|told| told.name == name).map(|told| &told.other)
    }

    /// Calls that only one side knows, and has known for long enough.
    pub fn mismatches(&self, now: Instant) -> Vec<Mismatch> {
        let late = |began: Instant| now.since(began) >= LATE;
        let not_told = self.legs.iter().filter(|leg| leg.name.is_none() && !leg.given_up && late(leg.began));
        let not_here = self.told.iter().filter(|told| !self.is_here(told) && !told.given_up && late(told.apart));
        let not_told = not_told.map(|leg| Mismatch::NotTold { call: leg.call });
        not_told.chain(not_here.map(|told| Mismatch::NotHere { name: told.name.clone() })).collect()
    }

    /// What is a mismatch still after the server told all calls is told once, and not looked at again.
    pub fn give_up_unmatched(&mut self, now: Instant) {
        let late = |began: Instant| now.since(began) >= LATE;
        for leg in self.legs.iter_mut().filter(|leg| leg.name.is_none() && late(leg.began)) {
            leg.given_up = true;
        }
        let legs = &self.legs;
        for told in self.told.iter_mut().filter(|told| late(told.apart)) {
            told.given_up |= !legs.iter().any(|leg| leg.name.as_deref() == Some(told.name.as_str()));
        }
    }

    /// When the next call that only one side knows is a mismatch; none when all are joined or were given up.
    pub fn next_mismatch(&self, now: Instant) -> Option<Instant> {
        let legs = self.legs.iter().filter(|leg| leg.name.is_none() && !leg.given_up).map(|leg| leg.began);
        let told = self.told.iter().filter(|told| !told.given_up && !self.is_here(told));
        let due = legs.chain(told.map(|told| told.apart)).map(|began| began + LATE).min()?;
        Some(due.max(now))
    }

    /// Whether a call of the CTI goes on here.
    fn is_here(&self, told: &Told) -> bool {
        self.legs.iter().any(|leg| leg.name.as_deref() == Some(told.name.as_str()))
    }

    /// Whether a call of the CTI may be the one with this number that begins here now, for all it tells.
    fn may_be(&self, told: &Told, number: &Personal, now: Instant) -> bool {
        let is_same = !number.is_empty() && told.other.number == *number;
        told.sip_call_id.is_none() && is_same && now.since(told.apart) <= SAME_MOMENT && !self.is_here(told)
    }

    fn remember(&mut self, now: Instant, event: &PhoneEvent, name: &str) {
        let full = self.told.len() >= MOST;
        match self.told.iter_mut().find(|told| told.name == name) {
            Some(told) => {
                told.linked_id.clone_from(&event.linked_id);
                if event.sip_call_id.is_some() {
                    told.sip_call_id.clone_from(&event.sip_call_id);
                }
                // Empty says: as before.
                if !event.other_dn.is_empty() {
                    told.other.number = event.other_dn.clone();
                }
                if !event.other_name.is_empty() {
                    told.other.name = event.other_name.clone();
                }
            }
            None if full => tracing::warn!("the XiVO tells of more calls than a person can have"),
            None => self.told.push(Told {
                name: name.to_owned(),
                linked_id: event.linked_id.clone(),
                sip_call_id: event.sip_call_id.clone(),
                other: Remote { number: event.other_dn.clone(), name: event.other_name.clone(), uri: Personal::default() },
                apart: now,
                given_up: false,
            }),
        }
    }

    fn leg_of(&self, event: &PhoneEvent, name: &str) -> Option<&Leg> {
        self.legs.iter().find(|leg| match &event.sip_call_id {
            Some(id) => leg.sip_call_id == *id,
            None => leg.name.as_deref() == Some(name),
        })
    }

    fn leg_index(&self, now: Instant, event: &PhoneEvent, name: &str) -> Option<usize> {
        let joined = self.legs.iter().position(|leg| leg.name.as_deref() == Some(name));
        match &event.sip_call_id {
            Some(id) => self.legs.iter().position(|leg| leg.sip_call_id == *id),
            None => joined.or_else(|| {
                let fits = |leg: &Leg| {
                    let same_number = !event.other_dn.is_empty() && leg.number == event.other_dn;
                    leg.name.is_none() && same_number && now.since(leg.began) <= SAME_MOMENT
                };
                self.legs.iter().position(fits)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::START + Duration::from_millis(ms)
    }

    fn step(kind: PhoneEventType, unique_id: &str, call_id: Option<&str>, other: &str) -> PhoneEvent {
        PhoneEvent {
            kind,
            dn: "1001".into(),
            other_dn: other.into(),
            other_name: Personal::default(),
            linked_id: "1767000000.1".into(),
            unique_id: unique_id.into(),
            direction: None,
            queue_name: String::new(),
            sip_call_id: call_id.map(Personal::from),
            words: Vec::new(),
        }
    }

    const FIRST: LineCall = LineCall::Dialled(1);
    const SECOND: LineCall = LineCall::Received(1);

    #[test]
    fn the_call_id_joins_whichever_side_comes_first() {
        let mut joining = Joining::default();
        joining.began(at(0), FIRST, "a@x".into(), "1002".into());
        assert_eq!(joining.heard(at(10), &step(PhoneEventType::Dialing, "u.1", Some("a@x"), "1002")), Some(FIRST));
        assert_eq!(joining.heard(at(10), &step(PhoneEventType::Ringing, "u.2", Some("b@x"), "1003")), None);
        joining.began(at(20), SECOND, "b@x".into(), "1003".into());
        assert_eq!((joining.name(FIRST), joining.name(SECOND)), (Some("u.1"), Some("u.2")));
        assert_eq!(joining.call_of(&"b@x".into()), Some(SECOND));
        assert_eq!(joining.call_of(&"B@x".into()), None);
        assert!(joining.mismatches(at(60_000)).is_empty());
    }

    #[test]
    fn without_a_call_id_the_number_joins_for_three_seconds() {
        let mut joining = Joining::default();
        joining.began(at(0), FIRST, "a@x".into(), "1002".into());
        assert_eq!(joining.heard(at(100), &step(PhoneEventType::Dialing, "u.9", None, "1003")), None);
        assert_eq!(joining.heard(at(3_000), &step(PhoneEventType::Dialing, "u.1", None, "1002")), Some(FIRST));
        // Joined once, it stays so without either.
        assert_eq!(joining.heard(at(9_000), &step(PhoneEventType::Established, "u.1", None, "")), Some(FIRST));

        let mut late = Joining::default();
        late.began(at(0), FIRST, "a@x".into(), "1002".into());
        assert_eq!(late.heard(at(3_001), &step(PhoneEventType::Dialing, "u.1", None, "1002")), None);
    }

    #[test]
    fn without_a_call_id_the_cti_may_come_first() {
        let mut joining = Joining::default();
        joining.heard(at(0), &step(PhoneEventType::Ringing, "u.1", None, "1002"));
        joining.heard(at(0), &step(PhoneEventType::Ringing, "u.2", None, "1003"));
        joining.began(at(3_000), FIRST, "a@x".into(), "1003".into());
        joining.began(at(3_001), SECOND, "b@x".into(), "1002".into());
        assert_eq!((joining.name(FIRST), joining.name(SECOND)), (Some("u.2"), None), "three seconds");
        // Two calls with one number: the second is not the one that is joined already.
        joining.began(at(3_001), LineCall::Received(9), "c@x".into(), "1003".into());
        assert_eq!(joining.name(LineCall::Received(9)), None);
    }

    #[test]
    fn a_call_id_that_comes_later_corrects_what_was_joined_by_number() {
        let mut joining = Joining::default();
        joining.began(at(0), FIRST, "a@x".into(), "1002".into());
        joining.began(at(0), SECOND, "b@x".into(), "1002".into());
        assert_eq!(joining.heard(at(1), &step(PhoneEventType::Ringing, "u.1", None, "1002")), Some(FIRST));
        assert_eq!(joining.heard(at(2), &step(PhoneEventType::Established, "u.1", Some("b@x"), "1002")), Some(SECOND));
        assert_eq!((joining.name(FIRST), joining.name(SECOND)), (None, Some("u.1")));
    }

    #[test]
    fn calls_that_the_server_leaves_unnumbered_are_told_apart_all_the_same() {
        let mut joining = Joining::default();
        let unnumbered = |kind, call_id, other| PhoneEvent { linked_id: String::new(), ..step(kind, "", Some(call_id), other) };
        joining.began(at(0), FIRST, "a@x".into(), "1002".into());
        joining.began(at(0), SECOND, "b@x".into(), "1003".into());
        assert_eq!(joining.heard(at(1), &unnumbered(PhoneEventType::Established, "a@x", "1002")), Some(FIRST));
        assert_eq!(joining.heard(at(1), &unnumbered(PhoneEventType::Established, "b@x", "1003")), Some(SECOND));
        let other = |joining: &Joining, call| joining.other(call).map(|other| other.number.expose().to_owned());
        assert_eq!((other(&joining, FIRST), other(&joining, SECOND)), (Some("1002".into()), Some("1003".into())));
        assert_eq!(joining.heard(at(2), &unnumbered(PhoneEventType::Released, "a@x", "")), Some(FIRST));
        assert!(joining.other(FIRST).is_none() && joining.other(SECOND).is_some());
        // What names no call at all is none.
        let nameless = PhoneEvent { sip_call_id: None, ..unnumbered(PhoneEventType::Ringing, "", "1004") };
        assert_eq!(joining.heard(at(3), &nameless), None);
        assert_eq!(joining.told.len(), 1);
    }

    #[test]
    fn the_cti_knows_who_it_is_after_a_transfer_and_empty_says_as_before() {
        let mut joining = Joining::default();
        joining.began(at(0), FIRST, "a@x".into(), "1002".into());
        let mut established = step(PhoneEventType::Established, "u.1", Some("a@x"), "1003");
        established.other_name = "Carol".into();
        joining.heard(at(10), &established);
        joining.heard(at(20), &step(PhoneEventType::OnHold, "u.1", None, ""));
        let other = joining.other(FIRST).expect("is joined");
        assert_eq!((other.number.expose(), other.name.expose()), ("1003", "Carol"));
    }

    #[test]
    fn two_calls_with_one_linked_id_end_one_by_one() {
        let mut joining = Joining::default();
        joining.began(at(0), FIRST, "a@x".into(), "1002".into());
        joining.began(at(0), SECOND, "b@x".into(), "1003".into());
        joining.heard(at(1), &step(PhoneEventType::Established, "u.1", Some("a@x"), "1002"));
        joining.heard(at(1), &step(PhoneEventType::Established, "u.2", Some("b@x"), "1003"));
        assert_eq!(joining.heard(at(2), &step(PhoneEventType::Released, "u.2", Some("b@x"), "")), Some(SECOND));
        assert!(joining.other(FIRST).is_some() && joining.other(SECOND).is_none());
        joining.ended(at(2), SECOND);
        assert_eq!(joining.heard(at(2), &step(PhoneEventType::Released, "unheard", None, "")), None);
        assert!(joining.other(FIRST).is_none());
    }

    #[test]
    fn what_only_one_side_knows_is_a_mismatch_after_a_while() {
        let mut joining = Joining::default();
        joining.began(at(0), FIRST, "a@x".into(), "1002".into());
        joining.heard(at(1_000), &step(PhoneEventType::Established, "u.7", Some("z@x"), "1005"));
        assert_eq!(joining.next_mismatch(at(1_000)), Some(at(5_000)));
        assert_eq!(joining.mismatches(at(4_999)), []);
        assert_eq!(joining.mismatches(at(5_000)), [Mismatch::NotTold { call: FIRST }]);
        assert_eq!(joining.next_mismatch(at(5_500)), Some(at(5_500)));
        let both = [Mismatch::NotTold { call: FIRST }, Mismatch::NotHere { name: "u.7".into() }];
        assert_eq!(joining.mismatches(at(6_000)), both);
        // All calls as they are: the one is told of, the other is no more.
        joining.heard_all(at(7_000), &[step(PhoneEventType::Established, "u.1", Some("a@x"), "1002")]);
        assert_eq!((joining.mismatches(at(60_000)), joining.next_mismatch(at(7_000))), (Vec::new(), None));
        joining.forget_told();
        assert_eq!(joining.name(FIRST), None);
        // Told once, it is left alone.
        assert_eq!(joining.mismatches(at(60_000)), [Mismatch::NotTold { call: FIRST }]);
        joining.give_up_unmatched(at(60_000));
        assert_eq!((joining.mismatches(at(60_000)), joining.next_mismatch(at(60_000))), (Vec::new(), None));
    }

    #[test]
    fn a_call_that_is_over_here_may_be_told_of_a_while_longer() {
        let mut joining = Joining::default();
        joining.began(at(0), FIRST, "a@x".into(), "1002".into());
        joining.heard(at(10), &step(PhoneEventType::Established, "u.1", Some("a@x"), "1002"));
        joining.ended(at(60_000), FIRST);
        assert_eq!((joining.mismatches(at(60_000)), joining.next_mismatch(at(60_000))), (Vec::new(), Some(at(65_000))));
        assert_eq!(joining.mismatches(at(65_000)), [Mismatch::NotHere { name: "u.1".into() }]);
        joining.heard(at(60_200), &step(PhoneEventType::Released, "u.1", Some("a@x"), ""));
        assert_eq!((joining.mismatches(at(65_000)), joining.next_mismatch(at(60_200))), (Vec::new(), None));
    }

    #[test]
    fn a_server_that_tells_of_endless_calls_fills_no_memory() {
        let mut joining = Joining::default();
        for number in 0..1_000 {
            joining.heard(at(0), &step(PhoneEventType::Ringing, &format!("u.{number}"), None, "1002"));
        }
        assert_eq!(joining.told.len(), MOST);
    }
}
