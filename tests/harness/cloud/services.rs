//! The services that can be called, each as a script: what is said when, what is heard, and what becomes of digits.

use std::time::Duration;

use audio::{Country, ToneSpec};
use exchange::Heard;
use model::{MediaDirection, Personal};
use sip::{ExtraHeaders, Reliability};

use super::names::Names;

/// Frequency of `tone`.
pub const SERVICE_TONE_HZ: f64 = 440.0;

/// What a service does.
#[derive(Clone, Debug)]
pub(super) struct Script {
    /// What it does, one after another, each so long after the one before.
    pub steps: Vec<(Duration, Step)>,
    pub media: Media,
    /// What the caller hears once it has answered.
    pub heard: Heard,
    pub digits: Digits,
}

/// One thing a service does.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Says something before the answer.
    Say { code: u16, described: bool, reliable: Reliability },
    /// Lets something be heard.
    Hear(Heard),
    /// Answers, with a description or without.
    Answer { described: bool },
    /// Answers, with the caller's own headers.
    AnswerWithHeaders,
    /// Refuses.
    Refuse { code: u16, headers: ExtraHeaders },
    /// Offers another direction.
    Offer(MediaDirection),
    /// Hangs up, with the value of a Reason header.
    HangUp(&'static str),
    /// Closes the WebSocket with this code.
    CloseSocket(u16),
    /// Will call the caller in a moment.
    CallBack,
}

/// What kind of a media session a service has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    None,
    Usual,
    /// Its answer does not agree to `a=rtcp-mux`.
    WithoutMux,
    /// Its answer is good, and nobody is there.
    Deaf,
}

/// What becomes of the caller's digits, which are noted in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    Noted,
    Echoed,
}

impl Script {
    fn silent(steps: Vec<(Duration, Step)>) -> Self {
        Self { steps, media: Media::None, heard: Heard::Silence, digits: Digits::Noted }
    }

    fn heard(steps: Vec<(Duration, Step)>, heard: Heard) -> Self {
        Self { steps, media: Media::Usual, heard, digits: Digits::Noted }
    }

    /// The script of a service; `None` for names that are unknown.
    pub fn of(service: &str, names: &Names) -> Option<Self> {
        let hum = || Heard::Tone(ToneSpec::Sine { hz: SERVICE_TONE_HZ as f32, dbfs: -10.0 });
        let ringing = |wait| after(wait, say(180, false));
        let answered = |wait| vec![ringing(200), after(wait, ANSWER)];
        let answered_and = |wait, step| {
            let mut steps = answered(300);
            steps.push(after(wait, step));
            Self::heard(steps, hum())
        };
        Some(match service {
            "echo" => Self { digits: Digits::Echoed, ..Self::heard(answered(300), Heard::Echo) },
            "tone" => Self::heard(vec![after(0, ANSWER)], hum()),
            "dtmf" => Self::heard(answered(300), Heard::Silence),
            "early" => {
                let ringback = Step::Hear(Heard::Tone(ToneSpec::Ringback(Country::default())));
                Self::heard(vec![after(0, say(183, true)), after(0, ringback), after(2000, ANSWER)], Heard::Echo)
            }
            "early180" => Self::heard(vec![after(100, say(180, true)), after(500, Step::Answer { described: false })], hum()),
            "prack" => {
                let say = Step::Say { code: 183, described: true, reliable: Reliability::Acknowledged };
                Self::heard(vec![after(0, say), after(500, ANSWER)], hum())
            }
            "ring" => Self::silent(vec![ringing(200)]),
            // That the first is given nothing at all, not even a 100, is the cloud's doing.
            "silent" | "trying" => Self::silent(Vec::new()),
            "busy" => refusing(486),
            "busy600" => refusing(600),
            "decline603" => refusing(603),
            "gone" => refusing(410),
            "unavailable" => refusing(480),
            "nowhere604" => refusing(604),
            "reject606" => refusing(606),
            "forbidden" => refusing(403),
            "error500" => refusing(500),
            "error503" => refusing(503),
            "redirect" => {
                let to = Personal::new(format!("<sip:echo@{};transport=tcp>", names.services()));
                Self::silent(vec![after(0, Step::Refuse { code: 302, headers: vec![("Contact".into(), to)] })])
            }
            "byebusy" => answered_and(1000, Step::HangUp("SIP;cause=486;text=\"Busy Here\"")),
            "bye404" => answered_and(1000, Step::HangUp("SIP;cause=404")),
            "nosdp" => Self::silent(vec![after(300, Step::Answer { described: false })]),
            "nomux" => Self { media: Media::WithoutMux, ..Self::heard(answered(300), hum()) },
            "noice" => Self { media: Media::Deaf, ..Self::heard(answered(300), Heard::Silence) },
            "headers" => Self::heard(vec![ringing(0), after(100, Step::AnswerWithHeaders)], hum()),
            "dropws" => answered_and(1000, Step::CloseSocket(1011)),
            "hold" => {
                let directions = [MediaDirection::SendOnly, MediaDirection::Inactive, MediaDirection::SendRecv];
                let mut steps = answered(300);
                steps.extend(directions.map(|direction| after(2000, Step::Offer(direction))));
                Self::heard(steps, hum())
            }
            "callback" => {
                let mut steps = answered(300);
                steps.extend([after(0, Step::CallBack), after(1000, Step::HangUp(""))]);
                Self::heard(steps, hum())
            }
            _ => return Self::numbered(service, &hum),
        })
    }

    /// `code-486` refuses with that code, `hangup-3` hangs up after three seconds.
    fn numbered(service: &str, hum: &dyn Fn() -> Heard) -> Option<Self> {
        let (what, number) = service.split_once('-')?;
        let number: u16 = number.parse().ok()?;
        match what {
            "code" if (300..700).contains(&number) => Some(refusing(number)),
            "hangup" => {
                let talk = after(u64::from(number) * 1000, Step::HangUp(""));
                Some(Self::heard(vec![after(200, say(180, false)), after(300, ANSWER), talk], hum()))
            }
            _ => None,
        }
    }

    /// What it does once its own call has been answered.
    pub fn after_answer(&self) -> usize {
        let answers = |(_, step): &(Duration, Step)| matches!(step, Step::Answer { .. } | Step::AnswerWithHeaders);
        self.steps.iter().position(answers).map_or(self.steps.len(), |at| at + 1)
    }
}

const ANSWER: Step = Step::Answer { described: true };

fn after(ms: u64, step: Step) -> (Duration, Step) {
    (Duration::from_millis(ms), step)
}

fn say(code: u16, described: bool) -> Step {
    Step::Say { code, described, reliable: Reliability::Plain }
}

fn refusing(code: u16) -> Script {
    Script::silent(vec![after(100, Step::Refuse { code, headers: Vec::new() })])
}
