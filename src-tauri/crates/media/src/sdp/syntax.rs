//! The line grammar of session descriptions (RFC 8866 section 5), as far as a call needs it. Borrows from the text.

/// Longest description that is read. Real ones are 1 to 8 KiB, browsers with video 20.
pub const MAX_BYTES: usize = 64 * 1024;
const MAX_SECTIONS: usize = 32;
const MAX_ATTRIBUTES: usize = 1024;

/// A description taken apart into lines.
#[derive(Debug, Default)]
pub struct Session<'a> {
    pub attributes: Attributes<'a>,
    pub connection: Option<&'a str>,
    pub sections: Vec<Section<'a>>,
}

/// An `m=` line with what follows it.
#[derive(Debug)]
pub struct Section<'a> {
    pub media: &'a str,
    pub port: u16,
    pub protocol: &'a str,
    pub formats: Vec<&'a str>,
    pub connection: Option<&'a str>,
    pub attributes: Attributes<'a>,
}

/// `a=` lines in their order; a flag has an empty value.
#[derive(Debug, Default)]
pub struct Attributes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Attributes<'a> {
    /// The first value under `name`.
    pub fn first(&self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Every value under `name`.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// Whether there is one.
    pub fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }
}

/// Takes a description apart. The words say which line is none.
pub fn parse(text: &str) -> Result<Session<'_>, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("the session description is longer than {} KiB", MAX_BYTES / 1024));
    }
    let mut session = Session::default();
    let mut attributes_left = MAX_ATTRIBUTES;
    let mut version_seen = false;
    // Some write the zero byte that ends a text in their memory.
    let blank = |c: char| c.is_whitespace() || c == '\0';
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end_matches(blank).trim_start())) {
        if line.is_empty() {
            continue;
        }
        let Some((kind, value)) = line.split_once('=').filter(|(kind, _)| kind.len() == 1) else {
            return Err(format!("line {number} is no line of a session description"));
        };
        if !version_seen {
            if kind != "v" || value.trim() != "0" {
                return Err("a session description begins with v=0".into());
            }
            version_seen = true;
            continue;
        }
        match kind {
            "m" => {
                if session.sections.len() == MAX_SECTIONS {
                    return Err(format!("the session description has more than {MAX_SECTIONS} media sections"));
                }
                let section = media_line(value).ok_or_else(|| format!("line {number} is no media line"))?;
                session.sections.push(section);
            }
            "c" => match session.sections.last_mut() {
                Some(section) => section.connection = section.connection.or(Some(value)),
                None => session.connection = Some(value),
            },
            "a" => {
                attributes_left = attributes_left
                    .checked_sub(1)
                    .ok_or_else(|| format!("the session description has more than {MAX_ATTRIBUTES} attributes"))?;
                let (name, value) = value.split_once(':').unwrap_or((value, ""));
                let attributes = match session.sections.last_mut() {
                    Some(section) => &mut section.attributes,
                    None => &mut session.attributes,
                };
                attributes.0.push((name.trim(), value.trim()));
            }
            // Names, times, bandwidths and keys mean nothing to a call; letters of the future even less (RFC 8866 5).
            _ => {}
        }
    }
    if !version_seen {
        return Err("the session description is empty".into());
    }
    Ok(session)
}

fn media_line(value: &str) -> Option<Section<'_>> {
    let mut words = value.split_ascii_whitespace();
    let (media, port, protocol) = (words.next()?, words.next()?, words.next()?);
    // "49170/2" counts ports; the first is what we want.
    let port = port.split('/').next()?.parse().ok()?;
    // A payload type is one of 128; more formats than that are repetitions.
    let formats = words.take(256).collect();
    Some(Section { media, port, protocol, formats, connection: None, attributes: Attributes::default() })
}
