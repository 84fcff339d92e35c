//! Which description is open, what to say next, and what is agreed (RFC 3264, RFC 8829 section 3.2). Pure.

use model::{DescriptionFault, MediaDirection};

use crate::{
    Negotiated, Roles,
    sdp::{AudioTerms, Format, LocalSession, Offer, Refusal, RemoteDescription, Setup, TransportDescription, negotiate},
};

/// Offers and answers of one media session.
pub(crate) struct Negotiation {
    terms: AudioTerms,
    local: LocalSession,
    open: Option<OpenOffer>,
    agreed: Option<Agreed>,
    /// What was agreed before the far end's offer that was answered last, while it may take that back.
    before: Option<(LocalSession, Agreed)>,
}

/// An offer of ours that waits for its answer.
#[derive(Clone)]
struct OpenOffer {
    offer: Offer,
    direction: MediaDirection,
}

/// What both ends hold to.
struct Agreed {
    remote: RemoteDescription,
    ours: Vec<Format>,
    wanted: MediaDirection,
    negotiated: Negotiated,
    roles: Roles,
    /// The answer's text when it was the far end's; the same one again changes nothing.
    answer: Option<String>,
}

/// What an exchange of descriptions led to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settled {
    /// What flows how.
    pub negotiated: Negotiated,
    /// Where to connect to.
    pub remote: TransportDescription,
    /// As what.
    pub roles: Roles,
}

/// What an answer of the far end does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It was in force already.
    Repeated(Negotiated),
    /// It is in force now.
    New(Settled),
}

impl Negotiation {
    /// Nothing is open, nothing agreed.
    pub(crate) fn new(terms: AudioTerms, seed: u64) -> Self {
        Self { terms, local: LocalSession::new(seed), open: None, agreed: None, before: None }
    }

    /// Writes an offer; it is open until answered or rolled back.
    pub(crate) fn offer(&mut self, transport: &TransportDescription, direction: MediaDirection) -> String {
        let offer = self.local.offer(&self.terms, transport, direction);
        let text = offer.text.clone();
        self.open = Some(OpenOffer { offer, direction });
        text
    }

    /// Judges an offer of the far end, before anything is done for it.
    pub(crate) fn judge(&self, offer: &str) -> Result<RemoteDescription, Refusal> {
        RemoteDescription::offer(offer, &self.terms.codecs)
    }

    /// Whether answering `remote` completes an ICE restart, which needs new credentials of ours (RFC 8839 section 4.4.3).
    pub(crate) fn restarts_ice(&self, remote: &RemoteDescription) -> bool {
        self.agreed.as_ref().is_some_and(|agreed| {
            let (old, new) = (&agreed.remote.transport, &remote.transport);
            old.ice_ufrag != new.ice_ufrag || old.ice_pwd != new.ice_pwd
        })
    }

    /// Writes the answer to `remote`. An open offer of ours has crossed with it and is forgotten.
    pub(crate) fn answer(
        &mut self,
        remote: RemoteDescription,
        transport: &TransportDescription,
        wanted: MediaDirection,
    ) -> Result<(String, Settled), Refusal> {
        self.open = None;
        let roles = self.roles(&remote, Side::Answerer);
        let setup = if roles.dtls_client { Setup::Active } else { Setup::Passive };
        let direction = wanted.and(remote.audio.direction.reversed());
        let local = self.local.clone();
        let no_codec = || Refusal::unacceptable(DescriptionFault::NoCodec);
        let answer = self.local.answer(&remote, &self.terms, transport, (setup, direction)).ok_or_else(no_codec)?;
        let negotiated = negotiate(&answer.formats, &remote.audio, wanted).ok_or_else(no_codec)?;
        let settled = Settled { negotiated: negotiated.clone(), remote: remote.transport.clone(), roles };
        let agreed = Agreed { remote, ours: answer.formats, wanted, negotiated, roles, answer: None };
        self.before = self.agreed.replace(agreed).map(|before| (local, before));
        Ok((answer.text, settled))
    }

    /// Takes the far end's answer.
    pub(crate) fn apply(&mut self, answer: &str) -> Result<Outcome, Refusal> {
        if let Some(agreed) = &self.agreed
            && self.open.is_none()
            && agreed.answer.as_deref() == Some(answer)
        {
            return Ok(Outcome::Repeated(agreed.negotiated.clone()));
        }
        let remote = RemoteDescription::answer(answer, self.local.audio_index(), &self.terms.codecs)?;
        let (ours, wanted) = match (&self.open, &self.agreed) {
            (Some(open), _) => (open.offer.formats.clone(), open.direction),
            // A provisional answer that is followed by a changed one of the same fork. The path may be another, too: behind
            // some servers one machine plays the tones and another one talks.
            (None, Some(agreed)) if agreed.answer.is_some() => (agreed.ours.clone(), agreed.wanted),
            (None, _) => {
                return Err(Refusal::unacceptable(DescriptionFault::Malformed {
                    words: "an answer came, but no offer is open".into(),
                }));
            }
        };
        let negotiated =
            negotiate(&ours, &remote.audio, wanted).ok_or_else(|| Refusal::unacceptable(DescriptionFault::NoCodec))?;
        // Only now: what came early and is of no use may be followed by an answer that is.
        if let Some(open) = self.open.take() {
            self.local.answered(&open.offer);
        }
        self.local.uses(&remote.audio.formats);
        let roles = self.roles(&remote, Side::Offerer);
        let settled = Settled { negotiated: negotiated.clone(), remote: remote.transport.clone(), roles };
        self.agreed = Some(Agreed { remote, ours, wanted, negotiated, roles, answer: Some(answer.to_owned()) });
        self.before = None;
        Ok(Outcome::New(settled))
    }

    /// Takes the far end's answer to what we said last, offered again; `None` where it says nothing new. An offer of ours that is open
    /// stays so.
    pub(crate) fn refreshed(&mut self, answer: &str) -> Result<Option<Settled>, Refusal> {
        let Some(agreed) = &self.agreed else { return Ok(None) };
        if agreed.answer.as_deref() == Some(answer) {
            return Ok(None);
        }
        let remote = RemoteDescription::answer(answer, self.local.audio_index(), &self.terms.codecs)?;
        let (ours, wanted) = (agreed.ours.clone(), agreed.wanted);
        let negotiated =
            negotiate(&ours, &remote.audio, wanted).ok_or_else(|| Refusal::unacceptable(DescriptionFault::NoCodec))?;
        self.local.uses(&remote.audio.formats);
        let roles = self.roles(&remote, Side::Offerer);
        let settled = Settled { negotiated: negotiated.clone(), remote: remote.transport.clone(), roles };
        self.agreed = Some(Agreed { remote, ours, wanted, negotiated, roles, answer: Some(answer.to_owned()) });
        self.before = None;
        Ok(Some(settled))
    }

    /// The far end's answer could not be put in force: the same one again is judged again.
    pub(crate) fn not_in_force(&mut self) {
        if let Some(Agreed { answer: Some(answer), .. }) = &mut self.agreed {
            answer.clear();
        }
    }

    /// Forgets the open offer.
    pub(crate) fn rollback(&mut self) {
        self.open = None;
    }

    /// The far end offers anew, or wants our offer: what it may take back begins here.
    pub(crate) fn reoffered(&mut self) {
        self.before = None;
    }

    /// The far end takes back what it came with last: neither our answer to it nor our offer at its request counts. What is in force
    /// again, where something else was meanwhile.
    pub(crate) fn withdrawn(&mut self) -> Option<Settled> {
        self.open = None;
        let (local, before) = self.before.take()?;
        let settled =
            Settled { negotiated: before.negotiated.clone(), remote: before.remote.transport.clone(), roles: before.roles };
        (self.local, self.agreed) = (local, Some(before));
        Some(settled)
    }

    /// What is agreed now.
    pub(crate) fn negotiated(&self) -> Option<&Negotiated> {
        self.agreed.as_ref().map(|agreed| &agreed.negotiated)
    }

    fn roles(&self, remote: &RemoteDescription, side: Side) -> Roles {
        let transport = &remote.transport;
        let going_on = self.agreed.as_ref().filter(|agreed| agreed.remote.transport.fingerprints == transport.fingerprints);
        let dtls_client = match (going_on, transport.setup) {
            // An association that goes on keeps its roles, whatever `actpass` would allow (RFC 8842 section 5.5).
            (Some(agreed), Setup::Actpass) => agreed.roles.dtls_client,
            // Who turns them wants another (section 3.1).
            (_, Setup::Active) => false,
            (_, Setup::Passive) | (None, Setup::Actpass) => true,
        };
        let same_ice = self.agreed.as_ref().filter(|_| !self.restarts_ice(remote));
        let ice_controlling = match same_ice {
            Some(agreed) => agreed.roles.ice_controlling,
            None => transport.ice_lite || side == Side::Offerer,
        };
        Roles { ice_controlling, dtls_client }
    }
}

/// Who made the offer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Offerer,
    Answerer,
}

#[cfg(test)]
mod tests {
    use model::Codec;

    use super::*;
    use crate::sdp::Fingerprint;

    fn side(seed: u64) -> Negotiation {
        Negotiation::new(AudioTerms { codecs: vec![Codec::Opus, Codec::Pcmu], packet_ms: 20, dtx: false }, seed)
    }

    fn transport(name: &str) -> TransportDescription {
        TransportDescription {
            ice_ufrag: name.repeat(4),
            ice_pwd: name.repeat(24),
            ice_lite: false,
            fingerprints: vec![Fingerprint { algorithm: "sha-256".into(), digest: vec![seed(name); 32] }],
            setup: Setup::Actpass,
            candidates: Vec::new(),
        }
    }

    fn seed(name: &str) -> u8 {
        name.bytes().next().unwrap_or(0).to_ascii_lowercase()
    }

    /// `a` offers, `b` answers; what each of them settled.
    fn exchange(a: &mut Negotiation, b: &mut Negotiation, names: (&str, &str), direction: MediaDirection) -> (Settled, Settled) {
        let offer = a.offer(&transport(names.0), direction);
        let remote = b.judge(&offer).expect("a good offer");
        let (answer, theirs) = b.answer(remote, &transport(names.1), MediaDirection::SendRecv).expect("codecs in common");
        match a.apply(&answer).expect("a good answer") {
            Outcome::New(ours) => (ours, theirs),
            Outcome::Repeated(_) => panic!("it is the first of its kind"),
        }
    }

    #[test]
    fn roles_are_complementary_and_last_as_long_as_the_association() {
        let (mut a, mut b) = (side(1), side(2));
        let (ours, theirs) = exchange(&mut a, &mut b, ("a", "b"), MediaDirection::SendRecv);
        assert_eq!(ours.roles, Roles { ice_controlling: true, dtls_client: false });
        assert_eq!(theirs.roles, Roles { ice_controlling: false, dtls_client: true });
        // The other end offers next; nothing turns round.
        let (theirs, ours) = exchange(&mut b, &mut a, ("b", "a"), MediaDirection::SendRecv);
        assert_eq!(ours.roles, Roles { ice_controlling: true, dtls_client: false });
        assert_eq!(theirs.roles, Roles { ice_controlling: false, dtls_client: true });
        // With an ICE restart the offerer controls; the association goes on.
        let offer = b.offer(&transport("B"), MediaDirection::SendRecv);
        let remote = a.judge(&offer).expect("a good offer");
        assert!(a.restarts_ice(&remote));
        let (answer, ours) = a.answer(remote, &transport("A"), MediaDirection::SendRecv).expect("codecs in common");
        assert_eq!(ours.roles, Roles { ice_controlling: false, dtls_client: false });
        assert!(answer.contains("a=setup:passive"), "{answer}");
    }

    #[test]
    fn an_offer_that_wants_to_begin_is_answered_passively() {
        let (mut a, mut b) = (side(1), side(2));
        let offer = a.offer(&transport("a"), MediaDirection::SendRecv).replace("actpass", "active");
        let remote = b.judge(&offer).expect("a good offer");
        let (answer, settled) = b.answer(remote, &transport("b"), MediaDirection::SendRecv).expect("codecs in common");
        assert!(answer.contains("a=setup:passive"), "{answer}");
        assert!(!settled.roles.dtls_client);
    }

    #[test]
    fn an_offer_that_turns_the_roles_is_answered_so() {
        let (mut a, mut b) = (side(1), side(2));
        let (_, theirs) = exchange(&mut a, &mut b, ("a", "b"), MediaDirection::SendRecv);
        assert!(theirs.roles.dtls_client);
        let offer = a.offer(&transport("a"), MediaDirection::SendRecv).replace("actpass", "active");
        let remote = b.judge(&offer).expect("a good offer");
        let (answer, settled) = b.answer(remote, &transport("b"), MediaDirection::SendRecv).expect("codecs in common");
        assert!(answer.contains("a=setup:passive"), "{answer}");
        assert!(!settled.roles.dtls_client);
    }

    #[test]
    fn a_lite_far_end_never_controls() {
        let (mut a, mut b) = (side(1), side(2));
        let offer = a.offer(&transport("a"), MediaDirection::SendRecv).replace("t=0 0", "t=0 0\r\na=ice-lite");
        let remote = b.judge(&offer).expect("a good offer");
        let (_, settled) = b.answer(remote, &transport("b"), MediaDirection::SendRecv).expect("codecs in common");
        assert!(settled.roles.ice_controlling);
    }

    #[test]
    fn hold_flows_one_way_and_says_so_at_both_ends() {
        let (mut a, mut b) = (side(1), side(2));
        exchange(&mut a, &mut b, ("a", "b"), MediaDirection::SendRecv);
        let (ours, theirs) = exchange(&mut a, &mut b, ("a", "b"), MediaDirection::SendOnly);
        assert_eq!((ours.negotiated.direction, ours.negotiated.remote), (MediaDirection::SendOnly, MediaDirection::RecvOnly));
        assert_eq!((theirs.negotiated.direction, theirs.negotiated.remote), (MediaDirection::RecvOnly, MediaDirection::SendOnly));
    }

    #[test]
    fn answers_without_an_offer_are_refused_but_repetitions_and_changes_of_one_are_not() {
        let (mut a, mut b) = (side(1), side(2));
        let offer = a.offer(&transport("a"), MediaDirection::SendRecv);
        let remote = b.judge(&offer).expect("a good offer");
        let (answer, _) = b.answer(remote, &transport("b"), MediaDirection::SendRecv).expect("codecs in common");
        assert!(side(3).apply(&answer).is_err());
        assert!(matches!(a.apply(&answer), Ok(Outcome::New(_))));
        assert!(matches!(a.apply(&answer), Ok(Outcome::Repeated(_))));
        // The 200 after a 183 with fewer codecs, from the same place.
        let changed = answer.replace("a=sendrecv", "a=sendonly");
        match a.apply(&changed) {
            Ok(Outcome::New(settled)) => assert_eq!(settled.negotiated.direction, MediaDirection::RecvOnly),
            other => panic!("{other:?}"),
        }
        // Somebody else behind the same server.
        match a.apply(&answer.replace("bbbb", "cccc")) {
            Ok(Outcome::New(settled)) => assert!(settled.remote.ice_ufrag.starts_with("cccc")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_to_a_refresh_changes_what_it_says_and_leaves_an_offer_open() {
        let (mut a, mut b) = (side(1), side(2));
        assert_eq!(a.refreshed("v=0"), Ok(None), "nothing is agreed");
        let offer = a.offer(&transport("a"), MediaDirection::SendRecv);
        let remote = b.judge(&offer).expect("a good offer");
        let (answer, _) = b.answer(remote, &transport("b"), MediaDirection::SendRecv).expect("codecs in common");
        a.apply(&answer).expect("a good answer");
        assert_eq!(a.refreshed(&answer), Ok(None));
        assert!(a.refreshed("garbage").is_err());
        let hold = a.offer(&transport("a"), MediaDirection::SendOnly);
        let moved = answer.replace("bbbb", "cccc").replace("a=sendrecv", "a=recvonly");
        let settled = a.refreshed(&moved).expect("a good answer").expect("another one");
        assert!(settled.remote.ice_ufrag.starts_with("cccc"));
        assert_eq!(settled.negotiated.direction, MediaDirection::SendOnly);
        let remote = b.judge(&hold).expect("a good offer");
        let (held, _) = b.answer(remote, &transport("b"), MediaDirection::SendRecv).expect("codecs in common");
        assert!(matches!(a.apply(&held), Ok(Outcome::New(_))), "the offer that was open is answered");
        // Who answered last may be the one who refreshes.
        let said = held.replace("a=recvonly", "a=sendrecv");
        let settled =
            b.refreshed(&said.replace("bbbb", "aaaa").replace("active", "passive")).expect("a good answer").expect("another");
        assert_eq!(settled.negotiated.remote, MediaDirection::SendRecv);
        assert!(settled.roles.dtls_client, "as before");
    }

    #[test]
    fn an_answer_that_cannot_be_used_leaves_the_offer_to_the_next_one() {
        let (mut a, mut b) = (side(1), side(2));
        let offer = a.offer(&transport("a"), MediaDirection::SendRecv);
        let remote = b.judge(&offer).expect("a good offer");
        let (answer, _) = b.answer(remote, &transport("b"), MediaDirection::SendRecv).expect("codecs in common");
        let spoken = |codec: &str| answer.replace("opus/48000/2", codec).replace("PCMU/8000", codec);
        for unusable in ["garbage".to_owned(), answer.replace("m=audio", "m=video"), spoken("speex/8000")] {
            assert!(a.apply(&unusable).is_err(), "{unusable}");
        }
        assert!(matches!(a.apply(&answer), Ok(Outcome::New(_))));
        a.not_in_force();
        assert!(matches!(a.apply(&answer), Ok(Outcome::New(_))), "it is tried again");
        assert!(matches!(a.apply(&answer), Ok(Outcome::Repeated(_))));
    }

    #[test]
    fn an_offer_that_follows_begins_with_the_codec_that_is_spoken() {
        let first = |text: &str| text.lines().find_map(|line| line.strip_prefix("a=rtpmap:")).map(str::to_owned);
        let (mut a, mut b) = (side(1), side(2));
        // Answered in another order than offered.
        b.terms.codecs.reverse();
        let offer = b.offer(&transport("b"), MediaDirection::SendRecv);
        assert_eq!(first(&offer).as_deref(), Some("0 PCMU/8000"));
        let remote = a.judge(&offer).expect("a good offer");
        let (answer, _) = a.answer(remote, &transport("a"), MediaDirection::SendRecv).expect("codecs in common");
        assert_eq!(first(&a.offer(&transport("a"), MediaDirection::SendOnly)).as_deref(), Some("0 PCMU/8000"));
        b.apply(&answer).expect("a good answer");
        // Answered with one codec alone.
        let (mut a, mut b) = (side(1), Negotiation::new(AudioTerms { codecs: vec![Codec::Pcmu], packet_ms: 20, dtx: false }, 2));
        exchange(&mut a, &mut b, ("a", "b"), MediaDirection::SendRecv);
        let held = a.offer(&transport("a"), MediaDirection::SendOnly);
        assert_eq!(first(&held).as_deref(), Some("0 PCMU/8000"));
        assert!(held.contains("opus/48000/2"), "{held}");
    }

    #[test]
    fn an_offer_that_is_taken_back_leaves_what_was_agreed_before() {
        let (mut a, mut b) = (side(1), side(2));
        let (_, first) = exchange(&mut a, &mut b, ("a", "b"), MediaDirection::SendRecv);
        // Another direction, another codec, another generation of ICE and roles that turn.
        let offer = a.offer(&transport("A"), MediaDirection::SendOnly).replace("actpass", "active");
        let offer = offer.replace(" 111", "").replace("a=rtpmap:111 opus/48000/2", "a=x");
        b.reoffered();
        let remote = b.judge(&offer).expect("a good offer");
        let (_, second) = b.answer(remote, &transport("B"), MediaDirection::SendRecv).expect("codecs in common");
        assert_ne!(second, first);
        assert_eq!(b.withdrawn(), Some(first.clone()));
        assert_eq!(b.negotiated(), Some(&first.negotiated));
        assert_eq!(b.withdrawn(), None, "once");
        // What follows is of what was agreed first.
        let ours = b.offer(&transport("b"), MediaDirection::SendRecv);
        assert!(ours.contains("opus/48000/2") && ours.contains("a=setup:actpass"), "{ours}");
        b.reoffered();
        b.offer(&transport("b"), MediaDirection::SendRecv);
        assert_eq!(b.withdrawn(), None, "our offer at their request was not answered");
        assert!(b.apply("v=0").is_err());
        assert_eq!(b.negotiated(), Some(&first.negotiated));
    }

    #[test]
    fn a_rolled_back_offer_leaves_what_was_agreed() {
        let (mut a, mut b) = (side(1), side(2));
        exchange(&mut a, &mut b, ("a", "b"), MediaDirection::SendRecv);
        a.offer(&transport("a"), MediaDirection::Inactive);
        a.rollback();
        assert_eq!(a.negotiated().map(|agreed| agreed.direction), Some(MediaDirection::SendRecv));
        let (_, ours) = exchange(&mut b, &mut a, ("b", "a"), MediaDirection::SendOnly);
        assert_eq!(ours.negotiated.direction, MediaDirection::RecvOnly);
    }
}
