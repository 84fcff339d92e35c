//! Numbers: which two texts reach the same line.
//!
//! Written, dialled and told by servers, one number has many forms (`020 7946 0123`, `+44 20 7946 0123`,
//! `00442079460123`, `sip:442079460123@host`). Each text gets keys, the likeliest reading first; two texts are the same
//! line when they share one. Short numbers are extensions and match only themselves.

mod countries;

use std::fmt;

use self::countries::Country;

/// Up to so many digits it is an extension or a service number, not a number of the world.
const SHORT: usize = 6;

/// The longest number of the world (ITU-T E.164 section 6.1).
const LONGEST: usize = 15;

/// Fewer digits are no subscriber's number with its country code.
const SHORTEST_WITH_CODE: usize = 8;

/// How numbers are dialled where the user is.
#[derive(Clone, Copy, Debug)]
pub struct NumberingPlan(&'static Country);

/// What two texts that reach the same line have in common. Personal, as the number is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumberKey(String);

/// The readings of one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberKeys {
    /// The likeliest.
    pub first: NumberKey,
    /// What else it may mean: servers leave out the `+` or the trunk prefix.
    pub others: Vec<NumberKey>,
}

/// A text taken apart.
enum Read {
    Number {
        plus: bool,
        digits: String,
    },
    /// A feature code, a name or an address: it is what it is.
    Other(String),
}

impl NumberingPlan {
    /// The plan of a country by its ISO 3166 letters. An unknown one has no codes: forms are not matched there.
    pub fn of_country(code: &str) -> Self {
        Self(countries::find(code))
    }

    /// The readings of a text; none when there is nothing in it.
    pub fn keys(self, text: &str) -> Option<NumberKeys> {
        let (plus, digits) = match read(text)? {
            Read::Other(other) => return Some(NumberKeys { first: NumberKey(other), others: Vec::new() }),
            Read::Number { plus, digits } => (plus, digits),
        };
        if plus {
            return Some(NumberKeys { first: of_world(&digits), others: Vec::new() });
        }
        let as_it_is = NumberKey(digits.clone());
        if digits.len() <= SHORT || digits.len() > LONGEST + 5 {
            return Some(NumberKeys { first: as_it_is, others: Vec::new() });
        }
        let first = self.dialled_abroad(&digits).or_else(|| self.national(&digits)).unwrap_or(as_it_is);
        let mut others = Vec::new();
        let mut also = |key: NumberKey| {
            if key != first && !others.contains(&key) {
                others.push(key);
            }
        };
        if let Some(rest) = digits.strip_prefix("00").filter(|rest| is_of_world(rest)) {
            also(of_world(rest));
        }
        if is_of_world(&digits) {
            also(of_world(&digits));
        }
        if !self.0.code.is_empty() && digits.len() >= SHORTEST_WITH_CODE && !digits.starts_with('0') {
            also(self.with_code(&digits));
        }
        Some(NumberKeys { first, others })
    }

    /// The digits of a number in every form people may type, for searching: as written, with its country code, and as
    /// dialled inside the country.
    pub fn forms(self, text: &str) -> Vec<String> {
        let Some(Read::Number { digits, .. }) = read(text) else { return Vec::new() };
        let mut forms = vec![digits];
        let world = self.keys(text).and_then(|keys| keys.first.0.strip_prefix('+').map(str::to_owned));
        if let Some(world) = world {
            let inside = world.strip_prefix(self.0.code).filter(|_| !self.0.code.is_empty());
            let national = inside.map(|inside| format!("{}{inside}", self.0.trunks.first().unwrap_or(&"")));
            for form in [Some(world.clone()), national].into_iter().flatten() {
                if !forms.contains(&form) {
                    forms.push(form);
                }
            }
        }
        forms
    }

    /// With the prefix for calls to other countries.
    fn dialled_abroad(self, digits: &str) -> Option<NumberKey> {
        let rests = self.0.international.iter().filter_map(|prefix| digits.strip_prefix(prefix));
        rests.filter(|rest| is_of_world(rest)).map(of_world).next()
    }

    /// As dialled inside the country.
    fn national(self, digits: &str) -> Option<NumberKey> {
        let Country { code, trunks, length, .. } = self.0;
        if code.is_empty() {
            return None;
        }
        let fits = |national: &&str| length.map_or(national.len() >= SHORT - 1, |length| national.len() == length);
        if let Some(national) = trunks.iter().filter_map(|trunk| digits.strip_prefix(trunk)).find(fits) {
            return Some(self.with_code(national));
        }
        let is_whole = trunks.is_empty() || length.is_some_and(|length| digits.len() == length);
        is_whole.then(|| self.with_code(digits))
    }

    fn with_code(self, national: &str) -> NumberKey {
        NumberKey(format!("+{}{national}", self.0.code))
    }
}

impl NumberKey {
    /// The key as it is kept.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NumberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NumberKey(..)")
    }
}

/// Whether digits without a `+` may begin with a country code.
fn is_of_world(digits: &str) -> bool {
    (SHORTEST_WITH_CODE..=LONGEST).contains(&digits.len()) && countries::code_of(digits).is_some()
}

/// The key of a number with its country code. People write the trunk prefix behind it, `+44 (0)20 …`; where one is
/// dialled, no number begins with it.
fn of_world(digits: &str) -> NumberKey {
    if let Some(code) = countries::code_of(digits)
        && let Some(national) = digits[code.len()..].strip_prefix('0')
        && countries::has_trunk_zero(code)
    {
        return NumberKey(format!("+{code}{national}"));
    }
    NumberKey(format!("+{digits}"))
}

/// The digits of a text that is a number: for searching what a person types.
pub(crate) fn digits_of(text: &str) -> Option<String> {
    match read(text)? {
        Read::Number { digits, .. } => Some(digits),
        Read::Other(_) => None,
    }
}

fn read(text: &str) -> Option<Read> {
    let text = text.trim();
    let rest = match text.split_once(':') {
        Some((scheme, rest)) if ["sip", "sips", "tel", "callto"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => rest,
        _ => text,
    };
    let (user, host) = rest.split_once('@').map_or((rest, None), |(user, host)| (user, Some(host)));
    let user = user.split(';').next().unwrap_or_default();
    let user = unescaped(user);
    if let Some(number) = read_number(&user) {
        return Some(number);
    }
    // The same user at another port or over another transport is the same person.
    let host = host.map(|host| host.split([';', '?']).next().unwrap_or_default());
    let host = host.map(|host| if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() });
    let whole = match host {
        Some(host) => format!("{user}@{host}"),
        None => user,
    };
    whole.contains(char::is_alphanumeric).then(|| Read::Other(whole.to_lowercase()))
}

/// A number, where the text is one; `*` and `#` make it a feature code.
fn read_number(text: &str) -> Option<Read> {
    let text = without_extension(text);
    let mut digits = String::new();
    let mut code = String::new();
    let mut plus = false;
    for c in text.chars() {
        match digit_of(c) {
            Some(digit) => {
                digits.push(digit);
                code.push(digit);
            }
            None if c == '+' && code.is_empty() && !plus => plus = true,
            None if c == '*' || c == '#' => code.push(c),
            None if is_separator(c) => {}
            None => return None,
        }
    }
    match (digits.len(), code.len()) {
        (_, 0) => None,
        (digits_only, all) if digits_only == all => Some(Read::Number { plus, digits }),
        _ => Some(Read::Other(code)),
    }
}

/// Cuts what is dialled once the far end has answered: `ext. 12`, `x12`.
fn without_extension(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    match lower.find("ext").or_else(|| lower.find('x')) {
        // `to_ascii_lowercase` keeps every byte where it was.
        Some(at) if text[..at].chars().filter(|c| digit_of(*c).is_some()).count() > SHORT => &text[..at],
        _ => text,
    }
}

/// Visual separators of RFC 3966, and what people and programs put between digits.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || "-.()/\u{2010}\u{2011}\u{2012}\u{2013}\u{200e}\u{200f}\u{202a}\u{202c}".contains(c)
}

/// Digits of the scripts that write numbers with their own.
fn digit_of(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => return Some(c),
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{966}'..='\u{96f}' => 0x966,
        '\u{ff10}'..='\u{ff19}' => 0xff10,
        _ => return None,
    };
    char::from_digit(u32::from(c) - zero, 10)
}

/// A user part without its escapes (RFC 3261 section 19.1.2); broken ones stay.
fn unescaped(user: &str) -> String {
    let mut bytes = Vec::with_capacity(user.len());
    let mut rest = user.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => {
                let hex = |byte: u8| char::from(byte).to_digit(16);
                hex(*high).zip(hex(*low)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok())
            }
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &rest[3..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| user.to_owned())
}

#[cfg(test)]
mod tests;
