//! Call-progress tones by country (ITU-T E.180, supplement 2).

use crate::tones::cadence::{
    Sound::{Modulated, One, Pause, Two},
    Step,
};

/// A country whose tones we know.
#[derive(Clone, Copy, Debug)]
pub struct Country(&'static Tones);

impl Country {
    /// The country of an ISO 3166 code of two letters, in either case; the tones most of the world uses when we know no
    /// better.
    pub fn of_code(code: &str) -> Self {
        let known = COUNTRIES.iter().find(|tones| tones.code.eq_ignore_ascii_case(code.trim()));
        Self(known.unwrap_or(&ELSEWHERE))
    }

    /// The codes we have tones for, in alphabetical order.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        COUNTRIES.iter().map(|tones| tones.code)
    }

    pub(crate) fn tones(self) -> &'static Tones {
        self.0
    }
}

impl Default for Country {
    fn default() -> Self {
        Self(&ELSEWHERE)
    }
}

impl PartialEq for Country {
    fn eq(&self, other: &Self) -> bool {
        self.0.code == other.0.code
    }
}

impl Eq for Country {}

/// What a network plays.
#[derive(Debug)]
pub(crate) struct Tones {
    pub(crate) code: &'static str,
    pub(crate) ringback: &'static [Step],
    pub(crate) busy: &'static [Step],
    pub(crate) congestion: &'static [Step],
}

/// A rising pair of notes, once: a call answers itself.
pub(crate) const AUTO_ANSWER: &[Step] = &[on(One(659.255), 120), off(40), on(One(987.767), 180)];

/// The call is recorded: 1.4 kHz for 0.4 s, every 15 s.
pub(crate) const RECORDED: &[Step] = &[on(One(1_400.0), 400), off(14_600)];

const fn on(sound: crate::tones::cadence::Sound, ms: u32) -> Step {
    Step { sound, ms }
}

const fn off(ms: u32) -> Step {
    Step { sound: Pause, ms }
}

/// The recommended cadences on 425 Hz (ITU-T E.180 sections 5 to 7).
const ELSEWHERE: Tones = Tones {
    code: "",
    ringback: &[on(One(425.0), 1_000), off(4_000)],
    busy: &[on(One(425.0), 500), off(500)],
    congestion: &[on(One(425.0), 250), off(250)],
};

#[rustfmt::skip]
const COUNTRIES: &[Tones] = &[
    Tones {
        code: "at",
        ringback: &[on(One(420.0), 1_000), off(5_000)],
        busy: &[on(One(420.0), 400), off(400)],
        congestion: &[on(One(420.0), 200), off(200)],
    },
    Tones {
        code: "au",
        ringback: &[on(Modulated(425.0, 25.0), 400), off(200), on(Modulated(425.0, 25.0), 400), off(2_000)],
        busy: &[on(One(425.0), 375), off(375)],
        congestion: &[on(One(425.0), 375), off(375)],
    },
    Tones {
        code: "be",
        ringback: &[on(One(425.0), 1_000), off(3_000)],
        busy: &[on(One(425.0), 500), off(500)],
        congestion: &[on(One(425.0), 167), off(167)],
    },
    Tones {
        code: "ch",
        ringback: &[on(One(425.0), 1_000), off(4_000)],
        busy: &[on(One(425.0), 500), off(500)],
        congestion: &[on(One(425.0), 200), off(200)],
    },
    Tones {
        code: "de",
        ringback: &[on(One(425.0), 1_000), off(4_000)],
        busy: &[on(One(425.0), 480), off(480)],
        congestion: &[on(One(425.0), 240), off(240)],
    },
    Tones {
        code: "dk",
        ringback: &[on(One(425.0), 1_000), off(4_000)],
        busy: &[on(One(425.0), 500), off(500)],
        congestion: &[on(One(425.0), 250), off(250)],
    },
    Tones {
        code: "es",
        ringback: &[on(One(425.0), 1_500), off(3_000)],
        busy: &[on(One(425.0), 200), off(200)],
        congestion: &[on(One(425.0), 200), off(200), on(One(425.0), 200), off(200), on(One(425.0), 200), off(600)],
    },
    Tones {
        code: "fi",
        ringback: &[on(One(425.0), 1_000), off(4_000)],
        busy: &[on(One(425.0), 300), off(300)],
        congestion: &[on(One(425.0), 200), off(200)],
    },
    Tones {
        code: "fr",
        ringback: &[on(One(440.0), 1_500), off(3_500)],
        busy: &[on(One(440.0), 500), off(500)],
        congestion: &[on(One(440.0), 250), off(250)],
    },
    Tones {
        code: "gb",
        ringback: &[on(Two(400.0, 450.0), 400), off(200), on(Two(400.0, 450.0), 400), off(2_000)],
        busy: &[on(One(400.0), 375), off(375)],
        congestion: &[on(One(400.0), 400), off(350), on(One(400.0), 225), off(525)],
    },
    Tones {
        code: "ie",
        ringback: &[on(Two(400.0, 450.0), 400), off(200), on(Two(400.0, 450.0), 400), off(2_000)],
        busy: &[on(One(425.0), 500), off(500)],
        congestion: &[on(One(425.0), 500), off(500)],
    },
    Tones {
        code: "in",
        ringback: &[on(Modulated(400.0, 25.0), 400), off(200), on(Modulated(400.0, 25.0), 400), off(2_000)],
        busy: &[on(One(400.0), 750), off(750)],
        congestion: &[on(One(400.0), 250), off(250)],
    },
    Tones {
        code: "it",
        ringback: &[on(One(425.0), 1_000), off(4_000)],
        busy: &[on(One(425.0), 500), off(500)],
        congestion: &[on(One(425.0), 200), off(200)],
    },
    Tones {
        code: "jp",
        ringback: &[on(Modulated(400.0, 16.0), 1_000), off(2_000)],
        busy: &[on(One(400.0), 500), off(500)],
        congestion: &[on(One(400.0), 500), off(500)],
    },
    Tones {
        code: "nl",
        ringback: &[on(One(425.0), 1_000), off(4_000)],
        busy: &[on(One(425.0), 500), off(500)],
        congestion: &[on(One(425.0), 250), off(250)],
    },
    Tones {
        code: "no",
        ringback: &[on(One(425.0), 1_000), off(4_000)],
        busy: &[on(One(425.0), 500), off(500)],
        congestion: &[on(One(425.0), 200), off(200)],
    },
    Tones {
        code: "nz",
        ringback: &[on(Two(400.0, 450.0), 400), off(200), on(Two(400.0, 450.0), 400), off(2_000)],
        busy: &[on(One(400.0), 500), off(500)],
        congestion: &[on(One(400.0), 250), off(250)],
    },
    Tones {
        code: "pt",
        ringback: &[on(One(425.0), 1_000), off(5_000)],
        busy: &[on(One(425.0), 500), off(500)],
        congestion: &[on(One(425.0), 200), off(200)],
    },
    Tones {
        code: "se",
        ringback: &[on(One(425.0), 1_000), off(5_000)],
        busy: &[on(One(425.0), 250), off(250)],
        congestion: &[on(One(425.0), 250), off(750)],
    },
    Tones {
        code: "us",
        ringback: &[on(Two(440.0, 480.0), 2_000), off(4_000)],
        busy: &[on(Two(480.0, 620.0), 500), off(500)],
        congestion: &[on(Two(480.0, 620.0), 250), off(250)],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_in_either_case_and_unknown_ones_get_the_common_tones() {
        assert_eq!(Country::of_code("GB"), Country::of_code(" gb "));
        assert_ne!(Country::of_code("gb"), Country::of_code("us"));
        assert_eq!(Country::of_code("zz"), Country::default());
        assert_eq!(Country::of_code(""), Country::default());
    }

    #[test]
    fn the_countries_we_promise_are_there_and_in_order() {
        let codes: Vec<&str> = Country::codes().collect();
        assert!(codes.is_sorted(), "{codes:?}");
        for code in "gb us fr de es it nl be ch at au jp in".split(' ') {
            assert!(codes.contains(&code), "{code}");
        }
    }
}
