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
    /// The other side, once it is known.
    unique_id: Option<String>,
    /// Whether it was told that there is none.
    given_up: bool,
}

/// A call as the CTI knows it.
#[derive(Clone, Debug)]
struct Told {
    unique_id: String,
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
        /// Which, by the server's number.
        unique_id: String,
    },
}

impl Joining {
    /// SIP knows a new call.
    pub fn began(&mut self, now: Instant, call: LineCall, sip_call_id: Personal, number: Personal) {
        self.legs.retain(|leg| leg.call != call);
        let unique_id = self.told.iter().find(|told| told.sip_call_id.as_ref() == Some(&sip_call_id));
        let unique_id = unique_id.map(|told| told.unique_id.clone());
        self.legs.push(Leg { call, sip_call_id, number, began: now, unique_id, given_up: false });
    }

    /// SIP knows that a call is over. The CTI tells so a moment later.
    pub fn ended(&mut self, now: Instant, call: LineCall) {
        let unique_id = self.unique_id(call).map(str::to_owned);
        self.legs.retain(|leg| leg.call != call);
        if let Some(told) = self.told.iter_mut().find(|told| unique_id.as_deref() == Some(told.unique_id.as_str())) {
            told.apart = now;
        }
    }

    /// The CTI tells a step of a call; back comes which call of SIP it is.
    pub fn heard(&mut self, now: Instant, event: &PhoneEvent) -> Option<LineCall> {
        if matches!(event.kind, PhoneEventType::Released | PhoneEventType::Failure) {
            let known = self.told.iter().any(|told| told.unique_id == event.unique_id);
            // Two calls of ours may have one linkedId (a consultation): it decides only where nothing else does.
            self.told.retain(|told| match known {
                true => told.unique_id != event.unique_id,
                false => told.linked_id != event.linked_id,
            });
            return self.leg_of(event).map(|leg| leg.call);
        }
        self.remember(now, event);
        let at = self.leg_index(now, event)?;
        let leg = &mut self.legs[at];
        leg.unique_id = Some(event.unique_id.clone());
        Some(leg.call)
    }

    /// The CTI tells of all calls there are: others are over for it.
    pub fn heard_all(&mut self, now: Instant, events: &[PhoneEvent]) {
        self.told.retain(|told| events.iter().any(|event| event.unique_id == told.unique_id));
        for event in events {
            self.heard(now, event);
        }
    }

    /// The CTI is gone, and with it what it knew.
    pub fn forget_told(&mut self) {
        self.told.clear();
        self.legs.iter_mut().for_each(|leg| leg.unique_id = None);
    }

    /// The call with a `Call-ID`.
    pub fn call_of(&self, sip_call_id: &Personal) -> Option<LineCall> {
        self.legs.iter().find(|leg| leg.sip_call_id == *sip_call_id).map(|leg| leg.call)
    }

    /// By which number the server knows a call.
    pub fn unique_id(&self, call: LineCall) -> Option<&str> {
        self.legs.iter().find(|leg| leg.call == call)?.unique_id.as_deref()
    }

    /// Who is at the other end of a call, as the CTI knows it: after a transfer SIP does not.
    pub fn other(&self, call: LineCall) -> Option<&Remote> {
        let unique_id = self.unique_id(call)?;
        self.told.iter().find(|told| told.unique_id == unique_id).map(|told| &told.other)
    }

    /// Calls that only one side knows, and has known for long enough.
    pub fn mismatches(&self, now: Instant) -> Vec<Mismatch> {
        let late = |began: Instant| now.since(began) >= LATE;
        let not_told = self.legs.iter().filter(|leg| leg.unique_id.is_none() && !leg.given_up && late(leg.began));
        let not_here = self.told.iter().filter(|told| {
            let here = self.legs.iter().any(|leg| leg.unique_id.as_deref() == Some(told.unique_id.as_str()));
            !here && !told.given_up && late(told.apart)
        });
        let not_told = not_told.map(|leg| Mismatch::NotTold { call: leg.call });
        not_told.chain(not_here.map(|told| Mismatch::NotHere { unique_id: told.unique_id.clone() })).collect()
    }

    /// What is a mismatch still after the server told all calls is told once, and not looked at again.
    pub fn give_up_unmatched(&mut self, now: Instant) {
        let late = |began: Instant| now.since(began) >= LATE;
        for leg in self.legs.iter_mut().filter(|leg| leg.unique_id.is_none() && late(leg.began)) {
            leg.given_up = true;
        }
        let legs = &self.legs;
        for told in self.told.iter_mut().filter(|told| late(told.apart)) {
            told.given_up |= !legs.iter().any(|leg| leg.unique_id.as_deref() == Some(told.unique_id.as_str()));
        }
    }

    /// When the next call that only one side knows is a mismatch; none when all are joined or were given up.
    pub fn next_mismatch(&self, now: Instant) -> Option<Instant> {
        let legs = self.legs.iter().filter(|leg| leg.unique_id.is_none() && !leg.given_up).map(|leg| leg.began);
        let told = self.told.iter().filter(|told| {
            !told.given_up && !self.legs.iter().any(|leg| leg.unique_id.as_deref() == Some(told.unique_id.as_str()))
        });
        let due = legs.chain(told.map(|told| told.apart)).map(|began| began + LATE).min()?;
        Some(due.max(now))
    }

    fn remember(&mut self, now: Instant, event: &PhoneEvent) {
        let full = self.told.len() >= MOST;
        match self.told.iter_mut().find(|told| told.unique_id == event.unique_id) {
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
                unique_id: event.unique_id.clone(),
                linked_id: event.linked_id.clone(),
                sip_call_id: event.sip_call_id.clone(),
                other: Remote { number: event.other_dn.clone(), name: event.other_name.clone(), uri: Personal::default() },
                apart: now,
                given_up: false,
            }),
        }
    }

    fn leg_of(&self, event: &PhoneEvent) -> Option<&Leg> {
        self.legs.iter().find(|leg| match &event.sip_call_id {
            Some(id) => leg.sip_call_id == *id,
            None => leg.unique_id.as_deref() == Some(event.unique_id.as_str()),
        })
    }

    fn leg_index(&self, now: Instant, event: &PhoneEvent) -> Option<usize> {
        let joined = self.legs.iter().position(|leg| leg.unique_id.as_deref() == Some(event.unique_id.as_str()));
        match &event.sip_call_id {
            Some(id) => self.legs.iter().position(|leg| leg.sip_call_id == *id),
            None => joined.or_else(|| {
                let fits = |leg: &Leg| {
                    let same_number = !event.other_dn.is_empty() && leg.number == event.other_dn;
                    leg.unique_id.is_none() && same_number && now.since(leg.began) <= SAME_MOMENT
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
        assert_eq!((joining.unique_id(FIRST), joining.unique_id(SECOND)), (Some("u.1"), Some("u.2")));
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
        let both = [Mismatch::NotTold { call: FIRST }, Mismatch::NotHere { unique_id: "u.7".into() }];
        assert_eq!(joining.mismatches(at(6_000)), both);
        // All calls as they are: the one is told of, the other is no more.
        joining.heard_all(at(7_000), &[step(PhoneEventType::Established, "u.1", Some("a@x"), "1002")]);
        assert_eq!((joining.mismatches(at(60_000)), joining.next_mismatch(at(7_000))), (Vec::new(), None));
        joining.forget_told();
        assert_eq!(joining.unique_id(FIRST), None);
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
        assert_eq!(joining.mismatches(at(65_000)), [Mismatch::NotHere { unique_id: "u.1".into() }]);
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
