//! Session timers (RFC 4028): a call whose other end has vanished without a word ends by itself.

use std::time::Duration;

use model::Instant;

use crate::{Headers, Refresher, SessionExpires};

/// A session that must be refreshed now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionTimer {
    /// Seconds between refreshes at most.
    interval: u32,
    role: Role,
    ends_at: Instant,
}

/// Who refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// We do, at `at`.
    We { at: Instant },
    /// The far end does.
    They,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing.
    Nothing,
    /// To refresh the session.
    Refresh,
    /// To end the session: nobody refreshed it.
    End,
}

/// What a 2xx says about the timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub timer: SessionTimer,
    pub session_expires: SessionExpires,
    /// Whether the 2xx says `Require: timer` (RFC 4028 section 9: when the other side refreshes).
    pub required: bool,
}

/// The interval asked for is shorter than we take (422).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooShort;

impl SessionTimer {
    fn new(now: Instant, interval: u32, we_refresh: bool) -> Self {
        let whole = Duration::from_secs(interval.into());
        // RFC 4028 section 10: half of the interval; and the end a third, but at most 32 s, before it.
        let role = if we_refresh { Role::We { at: now + whole / 2 } } else { Role::They };
        Self { interval, role, ends_at: now + whole - (whole / 3).min(Duration::from_secs(32)) }
    }

    /// What the 2xx to our INVITE or UPDATE settled; none when it says nothing.
    pub fn of_response(now: Instant, headers: &Headers, shortest: u32) -> Option<Self> {
        let SessionExpires { seconds, refresher } = headers.session_expires()?;
        Some(Self::new(now, seconds.max(shortest), refresher != Some(Refresher::Uas)))
    }

    /// What we settle in the 2xx to their INVITE or UPDATE; none when they ask for nothing.
    pub fn of_request(now: Instant, headers: &Headers, shortest: u32) -> Result<Option<Agreed>, TooShort> {
        let Some(SessionExpires { seconds, refresher }) = headers.session_expires() else { return Ok(None) };
        let knows_timer = headers.supported().iter().any(|tag| tag == "timer");
        if seconds < shortest && knows_timer {
            return Err(TooShort);
        }
        let seconds = seconds.max(shortest).max(headers.min_se().unwrap_or(0));
        // RFC 4028 table 2: who does not know timers cannot refresh.
        let refresher = match (knows_timer, refresher) {
            (true, Some(refresher)) => refresher,
            (true, None) => Refresher::Uac,
            (false, _) => Refresher::Uas,
        };
        Ok(Some(Agreed {
            timer: Self::new(now, seconds, refresher == Refresher::Uas),
            session_expires: SessionExpires { seconds, refresher: Some(refresher) },
            required: refresher == Refresher::Uac,
        }))
    }

    /// The header of our next INVITE or UPDATE, which keeps the roles.
    pub fn session_expires(&self) -> SessionExpires {
        let refresher = match self.role {
            Role::We { .. } => Refresher::Uac,
            Role::They => Refresher::Uas,
        };
        SessionExpires { seconds: self.interval, refresher: Some(refresher) }
    }

    pub fn due(&self, now: Instant) -> Due {
        match self.role {
            _ if now >= self.ends_at => Due::End,
            Role::We { at } if now >= at => Due::Refresh,
            Role::We { .. } | Role::They => Due::Nothing,
        }
    }

    /// A refresh has been sent, or failed in a way that is worth another try: look again after `pause`.
    pub fn postpone(&mut self, now: Instant, pause: Duration) {
        if let Role::We { at } = &mut self.role {
            *at = now + pause;
        }
    }

    pub fn deadline(&self) -> Instant {
        match self.role {
            Role::We { at } => at.min(self.ends_at),
            Role::They => self.ends_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&str, &str)]) -> Headers {
        let mut headers = Headers::new();
        lines.iter().for_each(|(name, value)| headers.push(name, value));
        headers
    }

    fn at(seconds: u64) -> Instant {
        Instant::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn who_refreshes_does_so_at_half_and_the_session_ends_before_the_whole() {
        let asked = headers(&[("Session-Expires", "90;refresher=uas"), ("Supported", "timer")]);
        let agreed = SessionTimer::of_request(at(0), &asked, 90).expect("long enough").expect("asked for");
        assert!(!agreed.required);
        assert_eq!(agreed.timer.due(at(44)), Due::Nothing);
        assert_eq!(agreed.timer.due(at(45)), Due::Refresh);
        assert_eq!(agreed.timer.due(at(60)), Due::End);
        let long = SessionTimer::of_response(at(0), &headers(&[("x", "1800;refresher=uas")]), 90).expect("said");
        assert_eq!((long.due(at(1767)), long.due(at(1768))), (Due::Nothing, Due::End));
    }

    #[test]
    fn roles_follow_table_two() {
        for (lines, refresher, required) in [
            (&[("Session-Expires", "100"), ("Supported", "timer")][..], Refresher::Uac, true),
            (&[("Session-Expires", "100;refresher=uas"), ("Supported", "timer")], Refresher::Uas, false),
            (&[("Session-Expires", "100;refresher=uac"), ("Supported", "timer")], Refresher::Uac, true),
            (&[("Session-Expires", "100;refresher=uac")], Refresher::Uas, false),
        ] {
            let agreed = SessionTimer::of_request(at(0), &headers(lines), 90).expect("long enough").expect("asked for");
            assert_eq!((agreed.session_expires.refresher, agreed.required), (Some(refresher), required));
        }
    }

    #[test]
    fn too_short_is_refused_to_those_who_understand_and_lengthened_for_the_rest() {
        let knows = headers(&[("Session-Expires", "30"), ("Supported", "timer")]);
        assert_eq!(SessionTimer::of_request(at(0), &knows, 90), Err(TooShort));
        let ignorant = SessionTimer::of_request(at(0), &headers(&[("Session-Expires", "30")]), 90);
        assert_eq!(ignorant.expect("taken").expect("asked for").session_expires.seconds, 90);
        assert_eq!(SessionTimer::of_request(at(0), &headers(&[]), 90), Ok(None));
    }
}
