//! Headers of a call that belong to nobody but its two ends.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::Personal;

/// More than applications send with one call.
const MOST: usize = 32;

/// All names and values together, in bytes: a snapshot holds them for every call.
const LONGEST: usize = 4096;

/// The headers `X-…` of the far end's INVITE or answer, `(name, value)`, in its order and with repeats.
///
/// Whoever calls chooses what stands in them, names included: they are shown as they are and mean nothing to the phone. There are
/// 32 of them and 4 KiB at most; what goes beyond is left out whole, so that none is read for what it is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct XHeaders(Vec<(Personal, Personal)>);

impl XHeaders {
    /// Whether a header of that name is one of them.
    pub fn include(name: &str) -> bool {
        name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("X-"))
    }

    /// Those among the headers `(name, value)` of a message.
    pub fn among<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut room = LONGEST;
        let mut kept = Vec::new();
        for (name, value) in headers.into_iter().filter(|(name, _)| Self::include(name)) {
            let left = room.checked_sub(name.len() + value.len()).filter(|_| kept.len() < MOST);
            if let Some(left) = left {
                room = left;
                kept.push((name.into(), value.into()));
            }
        }
        Self(kept)
    }

    /// Each with its name, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.expose(), value.expose()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_of_the_two_ends_are_kept_in_order_and_with_repeats() {
        let message = [("Via", "x"), ("X-Queue", "sales"), ("x-queue", "<b>\u{202e}"), ("X", "no"), ("é-", "no"), ("X-", "")];
        let kept = XHeaders::among(message);
        assert_eq!(kept.iter().collect::<Vec<_>>(), [("X-Queue", "sales"), ("x-queue", "<b>\u{202e}"), ("X-", "")]);
        let json = serde_json::to_string(&kept).expect("JSON");
        assert_eq!(json, "[[\"X-Queue\",\"sales\"],[\"x-queue\",\"<b>\u{202e}\"],[\"X-\",\"\"]]");
    }

    #[test]
    fn a_flood_of_them_is_bounded_and_none_is_cut() {
        let (huge, fits) = ("y".repeat(LONGEST), "z".repeat(LONGEST - "X-AX-B".len() - 1));
        let kept = XHeaders::among([("X-A", "1"), ("X-Huge", &huge), ("X-B", &fits), ("X-C", "")]);
        assert_eq!(kept.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["X-A", "X-B"]);
        assert_eq!(XHeaders::among(std::iter::repeat_n(("X-A", "1"), 1000)).iter().count(), MOST);
    }
}
