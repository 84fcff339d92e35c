//! Parameters: `;name=value;flag`, of header values and of URIs.

use std::fmt;

use crate::grammar::{self, Outside};

/// Parameters in their order. Names are compared without case; values keep the form they had on the wire.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, Option<String>)>);

impl Params {
    /// Reads `a=1;b;c="x"`, with or without a leading semicolon. Empty ones are skipped.
    pub fn parse(text: &str) -> Self {
        let param = |text: &str| match text.split_once('=') {
            Some((name, value)) => (name.trim().to_owned(), Some(value.trim().to_owned())),
            None => (text.to_owned(), None),
        };
        Self(grammar::split(text, b';', Outside::Quotes).filter(|text| !text.is_empty()).map(param).collect())
    }

    /// Whether there is no parameter.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the parameter is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// The value without its quotes; the empty text for a parameter without a value. Escapes inside quotes stay:
    /// [`Params::text`] undoes them.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.raw(name)?;
        Some(value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value))
    }

    /// The value of a quoted string or token as the text it means.
    pub fn text(&self, name: &str) -> Option<String> {
        self.raw(name).map(grammar::unquote)
    }

    /// Sets a parameter of a header value: as a token when it is one (or a host, or an address), else quoted.
    pub fn set(&mut self, name: &str, value: &str) {
        let plain = !value.is_empty() && value.chars().all(|c| grammar::is_token_char(c) || "[]:".contains(c));
        let value = if plain { value.to_owned() } else { grammar::quote(&grammar::one_line(value)) };
        self.replace(name, Some(value));
    }

    /// Sets a parameter of a URI: what may not stand there is escaped (RFC 3261 section 19.1.2).
    pub fn set_escaped(&mut self, name: &str, value: &str) {
        self.replace(name, Some(grammar::escape(value, "[]/:&+$")));
    }

    /// Sets a parameter that has no value.
    pub fn set_flag(&mut self, name: &str) {
        self.replace(name, None);
    }

    /// Takes a parameter out.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// Names and values as on the wire.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    fn raw(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.get(self.position(name)?)?;
        Some(value.as_deref().unwrap_or(""))
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    fn replace(&mut self, name: &str, value: Option<String>) {
        let name: String = name.chars().filter(|&c| grammar::is_token_char(c)).collect();
        match self.position(&name).and_then(|at| self.0.get_mut(at)) {
            Some(slot) => slot.1 = value,
            None => self.0.push((name, value)),
        }
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| match value {
            Some(value) => write!(f, ";{name}={value}"),
            None => write!(f, ";{name}"),
        })
    }
}

/// Shows the names only: values tell tags, addresses and identities.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_with_and_without_quotes() {
        let params = Params::parse(r#" ; tag = 1 ;lr;text="a;\"b\"";Q=0.5"#);
        assert_eq!(params.get("TAG"), Some("1"));
        assert_eq!(params.get("lr"), Some(""));
        assert_eq!(params.text("text").as_deref(), Some(r#"a;"b""#));
        assert_eq!(params.get("q"), Some("0.5"));
        assert_eq!(params.get("none"), None);
        assert_eq!(params.to_string(), r#";tag=1;lr;text="a;\"b\"";Q=0.5"#);
    }

    #[test]
    fn what_is_set_cannot_leave_its_parameter() {
        let mut params = Params::default();
        params.set("a\r\n", "x;y=\"z\"\r\nVia: evil");
        params.set("b", "2001:db8::1");
        params.set_escaped("c", "x;y>");
        assert_eq!(params.to_string(), ";a=\"x;y=\\\"z\\\" Via: evil\";b=2001:db8::1;c=x%3By%3E");
        assert_eq!(Params::parse(&params.to_string()), params);
    }
}
