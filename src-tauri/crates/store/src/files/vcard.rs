//! vCard: 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350) are read, 3.0 is written, which every program reads.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use model::{Contact, ContactNumber, NumberKind, Refusal, SkippedFault};

use super::{Drafted, Read, kind_by_words, no_contact};
use crate::check::limit;

/// What of ours has no property of its own.
const OURS: &str = "X-SIDETONE";

/// Octets of a line before it is folded (RFC 2426 section 2.6).
const FOLD_AT: usize = 75;

/// Lines that are read; a file of the longest kind that has more of them is made to have them.
const MOST_LINES: usize = 1_000_000;

/// A content line.
#[derive(Debug)]
struct Property {
    name: String,
    /// Types and other parameters, in capitals; `TYPE=` and the like are cut off where vCard 2.1 leaves them out, too.
    types: Vec<String>,
    preferred: bool,
    value: String,
}

/// A card being read.
#[derive(Debug, Default)]
struct Card {
    line: usize,
    contact: Contact,
    name_parts: String,
    preferred: Option<usize>,
}

pub(super) fn read(text: &str) -> Result<Read, Refusal> {
    let mut read = Read::default();
    let mut card: Option<Card> = None;
    // Cards inside a card (AGENT in vCard 2.1) are somebody else.
    let mut inner = 0_u32;
    let mut begun = false;
    let mut after_agent = false;
    for (line, text) in unfolded(text) {
        let Some(property) = Property::of(&text) else {
            if card.is_some() && inner == 0 && !text.trim().is_empty() {
                read.skipped.push(no_contact(line, SkippedFault::NotAProperty));
            }
            continue;
        };
        let is_card = property.value.trim().eq_ignore_ascii_case("VCARD");
        match property.name.as_str() {
            "BEGIN" if is_card => {
                begun = true;
                if card.is_some() && (after_agent || inner > 0) {
                    inner += 1;
                } else if let Some(open) = card.replace(Card { line, ..Card::default() }) {
                    read.skipped.push(no_contact(open.line, SkippedFault::NoEnd));
                    read.contacts.push(open.finish());
                }
            }
            "END" if is_card && inner > 0 => inner -= 1,
            "END" if is_card => read.contacts.extend(card.take().map(Card::finish)),
            _ if inner > 0 => {}
            _ => {
                if let Some(card) = &mut card {
                    card.take(&property);
                }
            }
        }
        after_agent = property.name == "AGENT";
    }
    if !begun {
        return Err(Refusal::NotAVcard);
    }
    if let Some(open) = card {
        read.skipped.push(no_contact(open.line, SkippedFault::NoEnd));
        read.contacts.push(open.finish());
    }
    if text.split(['\n', '\r']).nth(MOST_LINES).is_some() {
        read.skipped.push(no_contact(MOST_LINES, SkippedFault::TooManyRows { most: limit(MOST_LINES) }));
    }
    Ok(read)
}

/// Content lines with the number of the line each begins in. There are no more than [`MOST_LINES`].
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    // Whether the value of the last one is quoted-printable; none as long as only what stands before it has been seen.
    let mut quoted = None;
    let mut soft = false;
    for (at, line) in text.replace("\r\n", "\n").split(['\n', '\r']).enumerate().take(MOST_LINES) {
        let piece = match lines.last_mut() {
            // A soft line break of quoted-printable: the next line goes on, whatever it begins with.
            Some((_, before)) if soft => {
                before.pop();
                before.push_str(line);
                line
            }
            Some((_, before)) if line.starts_with([' ', '\t']) => {
                before.push_str(&line[1..]);
                &line[1..]
            }
            _ => {
                lines.push((at + 1, line.to_owned()));
                quoted = None;
                line
            }
        };
        // What is looked at is looked at once: a line may go on for as long as the file does.
        if quoted.is_none() && piece.contains(':') {
            let head = lines.last().and_then(|(_, whole)| whole.split(':').next()).unwrap_or_default();
            quoted = Some(head.to_ascii_uppercase().contains("QUOTED-PRINTABLE"));
        }
        soft = quoted == Some(true) && lines.last().is_some_and(|(_, whole)| whole.ends_with('='));
    }
    lines
}

impl Property {
    fn of(line: &str) -> Option<Self> {
        let mut quoted = false;
        let colon = line.char_indices().find_map(|(at, c)| match c {
            '"' => {
                quoted = !quoted;
                None
            }
            ':' if !quoted => Some(at),
            _ => None,
        })?;
        let (head, value) = (&line[..colon], &line[colon + 1..]);
        let mut parameters = head.split(';');
        let name = parameters.next()?.trim();
        // A group (`item1.TEL`) only ties properties together.
        let name = name.rsplit('.').next()?.to_ascii_uppercase();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return None;
        }
        let (mut types, mut preferred, mut charset, mut quoted_printable) = (Vec::new(), false, None, false);
        for parameter in parameters {
            let (key, text) = parameter.split_once('=').unwrap_or(("TYPE", parameter));
            let text = text.trim().trim_matches('"');
            match key.trim().to_ascii_uppercase().as_str() {
                "CHARSET" => charset = Encoding::for_label(text.as_bytes()),
                "ENCODING" => quoted_printable = text.eq_ignore_ascii_case("QUOTED-PRINTABLE"),
                "PREF" => preferred = true,
                "TYPE" => {
                    for one in text.split(',').map(|one| one.trim().to_ascii_uppercase()) {
                        quoted_printable |= one == "QUOTED-PRINTABLE";
                        preferred |= one == "PREF";
                        types.push(one);
                    }
                }
                _ => {}
            }
        }
        let value = if quoted_printable { unquoted(value, charset) } else { value.to_owned() };
        Some(Self { name, types, preferred, value })
    }

    /// What the number is for; none for a fax or pager.
    fn kind(&self) -> Option<NumberKind> {
        let callable =
            !self.types.iter().any(|one| one == "FAX" || one == "PAGER") || self.types.iter().any(|one| one == "VOICE");
        let words = self.types.iter().filter(|one| !["FAX", "PAGER"].contains(&one.as_str()));
        callable.then(|| kind_by_words(&words.cloned().collect::<Vec<_>>().join(" "))).flatten()
    }
}

impl Card {
    fn take(&mut self, property: &Property) {
        let text = || unescaped(property.value.trim());
        let contact = &mut self.contact;
        match property.name.as_str() {
            "FN" if contact.name.is_empty() => contact.name = text().into(),
            "N" if self.name_parts.is_empty() => {
                let parts = components(&property.value);
                let part = |at: usize| parts.get(at).map_or("", String::as_str);
                let in_order = [part(3), part(1), part(2), part(0), part(4)];
                self.name_parts = in_order.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
            }
            "ORG" if contact.organisation.is_empty() => {
                let parts: Vec<String> = components(&property.value).into_iter().filter(|part| !part.is_empty()).collect();
                contact.organisation = parts.join(", ").into();
            }
            "NOTE" if contact.note.is_empty() => contact.note = text().into(),
            "TEL" => {
                if let Some(kind) = property.kind() {
                    let number = text();
                    let is_uri = number.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("tel:"));
                    self.number(property, kind, if is_uri { &number[4..] } else { &number });
                }
            }
            "IMPP" | "X-SIP" | "X-EVOLUTION-SIP" => {
                let address = text();
                let scheme = address.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
                if property.name != "IMPP" || scheme == "sip" || scheme == "sips" {
                    self.number(property, NumberKind::Sip, &address);
                }
            }
            OURS => {
                let words: Vec<&str> = property.value.split(',').map(str::trim).collect();
                contact.favourite |= words.contains(&"favourite");
                contact.lamp |= words.contains(&"lamp");
            }
            _ => {}
        }
    }

    fn number(&mut self, property: &Property, kind: NumberKind, number: &str) {
        if number.trim().is_empty() {
            return;
        }
        if property.preferred && self.preferred.is_none() {
            self.preferred = Some(self.contact.numbers.len());
        }
        self.contact.numbers.push(ContactNumber { kind, number: number.into() });
    }

    fn finish(mut self) -> Drafted {
        if let Some(at) = self.preferred {
            self.contact.numbers[..=at].rotate_right(1);
        }
        if self.contact.name.is_empty() {
            self.contact.name = self.name_parts.into();
        }
        Drafted { line: self.line, contact: self.contact }
    }
}

/// Parts between semicolons.
fn components(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = value.trim().chars();
    while let Some(c) = characters.next() {
        match c {
            ';' => parts.push(String::new()),
            _ => {
                let part = parts.last_mut().expect("there is always one");
                part.push(c);
                if c == '\\' {
                    part.extend(characters.next());
                }
            }
        }
    }
    parts.iter().map(|part| unescaped(part.trim())).collect()
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, if c == '\\' { characters.next() } else { None }) {
            ('\\', Some('n' | 'N')) => plain.push('\n'),
            ('\\', Some(escaped)) => plain.push(escaped),
            (c, _) => plain.push(c),
        }
    }
    plain
}

/// Quoted-printable (RFC 2045 section 6.7) in the given character set, or in the one it looks like.
fn unquoted(value: &str, charset: Option<&'static Encoding>) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |byte: &u8| char::from(*byte).to_digit(16);
        let quoted = match tail {
            [high, low, ..] if *first == b'=' => {
                hex(high).zip(hex(low)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok())
            }
            _ => None,
        };
        bytes.push(quoted.unwrap_or(*first));
        rest = if quoted.is_some() { &tail[2..] } else { tail };
    }
    let guessed = || if str::from_utf8(&bytes).is_ok() { UTF_8 } else { WINDOWS_1252 };
    charset.unwrap_or_else(guessed).decode(&bytes).0.into_owned()
}

pub(super) fn write<'a>(contacts: impl Iterator<Item = &'a Contact>) -> String {
    let mut text = String::new();
    for contact in contacts {
        write_card(&mut text, contact);
    }
    text
}

fn write_card(text: &mut String, contact: &Contact) {
    let name = contact.name.expose();
    let (given, family) = name.rsplit_once(' ').unwrap_or(("", name));
    let mut lines = vec![
        "BEGIN:VCARD".to_owned(),
        "VERSION:3.0".to_owned(),
        format!("N:{};{};;;", escaped(family), escaped(given)),
        format!("FN:{}", escaped(name)),
    ];
    if !contact.organisation.is_empty() {
        lines.push(format!("ORG:{}", escaped(contact.organisation.expose())));
    }
    for ContactNumber { kind, number } in &contact.numbers {
        let number = number.expose();
        let has_scheme = number.starts_with("sip:") || number.starts_with("sips:");
        let property = match kind {
            NumberKind::Work => "TEL;TYPE=WORK,VOICE",
            NumberKind::Mobile => "TEL;TYPE=CELL",
            NumberKind::Home => "TEL;TYPE=HOME,VOICE",
            NumberKind::Other => "TEL;TYPE=VOICE",
            NumberKind::Sip if has_scheme => "IMPP",
            NumberKind::Sip => "X-SIP",
        };
        lines.push(format!("{property}:{}", escaped(number)));
    }
    if !contact.note.is_empty() {
        lines.push(format!("NOTE:{}", escaped(contact.note.expose())));
    }
    let ours = [(contact.favourite, "favourite"), (contact.lamp, "lamp")];
    let ours: Vec<&str> = ours.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    if !ours.is_empty() {
        lines.push(format!("{OURS}:{}", ours.join(",")));
    }
    lines.push("END:VCARD".to_owned());
    for line in lines {
        write_folded(text, &line);
    }
}

fn write_folded(text: &mut String, line: &str) {
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > FOLD_AT {
            text.push_str("\r\n ");
            octets = 1;
        }
        octets += c.len_utf8();
        text.push(c);
    }
    text.push_str("\r\n");
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}
