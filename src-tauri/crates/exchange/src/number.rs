//! The number plan of the practice exchange.

/// A number that answers by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// 600: everything said comes back.
    Echo,
    /// 601: music.
    Music,
    /// 602: answers with a beep, hangs up and calls back; the call back is an echo.
    CallBack,
    /// 603: busy.
    Busy,
    /// 604: rings and never answers.
    NeverAnswers,
    /// 605: tones before it answers, then an echo.
    EarlyMedia,
    /// 606: reads digits back, after `#` or a pause.
    DigitReader,
    /// 607: somebody for a conference, who hums a steady tone.
    ConferencePartner,
    /// 608: somebody to transfer to, who rings for a moment and then hums another tone.
    TransferTarget,
}

impl Number {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Echo,
        Self::Music,
        Self::CallBack,
        Self::Busy,
        Self::NeverAnswers,
        Self::EarlyMedia,
        Self::DigitReader,
        Self::ConferencePartner,
        Self::TransferTarget,
    ];

    /// What is dialled.
    pub fn digits(self) -> &'static str {
        match self {
            Self::Echo => "600",
            Self::Music => "601",
            Self::CallBack => "602",
            Self::Busy => "603",
            Self::NeverAnswers => "604",
            Self::EarlyMedia => "605",
            Self::DigitReader => "606",
            Self::ConferencePartner => "607",
            Self::TransferTarget => "608",
        }
    }

    /// The number that was dialled; `None` for others.
    pub fn of_digits(digits: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|number| number.digits() == digits)
    }

    /// One line about it, for lists.
    pub fn description(self) -> &'static str {
        match self {
            Self::Echo => "echo: you hear yourself",
            Self::Music => "music",
            Self::CallBack => "hangs up and calls you back",
            Self::Busy => "busy",
            Self::NeverAnswers => "rings and never answers",
            Self::EarlyMedia => "plays before it answers",
            Self::DigitReader => "reads your digits back",
            Self::ConferencePartner => "somebody for a conference",
            Self::TransferTarget => "somebody to transfer to",
        }
    }
}
