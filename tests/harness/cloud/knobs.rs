//! What of the cloud can be made to fail, for one account or for all.

use std::time::Duration;

use model::Instant;

/// How the cloud treats the clients of one account.
#[derive(Clone, Debug)]
pub struct Knobs {
    /// Longest registration granted, seconds.
    pub granted_s: u32,
    /// Shortest registration granted, seconds; shorter ones are answered with 423.
    pub least_s: u32,
    /// How REGISTER is answered.
    pub registering: CloudRegistering,
    /// How the question for STUN and TURN servers is answered.
    pub ice: IceAnswer,
    /// What the user's own server gives who asks it for a token.
    pub token_url: TokenUrl,
}

/// What a user's own server gives who asks it for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenUrl {
    /// A token that allows everything.
    Given {
        /// How long it lasts, seconds.
        lifetime_s: i64,
    },
    /// Nothing but this status.
    Refused(u16),
}

/// How REGISTER is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudRegistering {
    /// By what the token allows.
    Judged,
    /// With this code and these headers, whatever the token.
    Refused {
        /// Status.
        code: u16,
        /// Header fields, `(name, value)`.
        headers: Vec<(&'static str, String)>,
    },
    /// Not at all.
    Ignored,
    /// As judged, but a registration that is granted does not say how long it lasts.
    WithoutExpires,
}

/// How the question for STUN and TURN servers is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IceAnswer {
    /// With this JSON.
    List(String),
    /// With this code.
    Refused(u16),
    /// With something that is no list.
    Garbage,
    /// Not at all.
    Ignored,
}

/// What becomes of new connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Upgrades {
    #[default]
    Taken,
    /// They are answered with 503 until then.
    RefusedUntil(Instant),
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            granted_s: 600,
            least_s: 0,
            registering: CloudRegistering::Judged,
            ice: IceAnswer::List("[]".into()),
            token_url: TokenUrl::Given { lifetime_s: 3600 },
        }
    }
}

impl Upgrades {
    pub fn refused_for(now: Instant, span: Duration) -> Self {
        Self::RefusedUntil(now + span)
    }

    pub fn are_taken(self, now: Instant) -> bool {
        match self {
            Self::Taken => true,
            Self::RefusedUntil(until) => now >= until,
        }
    }
}
