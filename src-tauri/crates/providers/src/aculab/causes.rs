//! Why a call ended, by the cloud's own list: it differs from that of RFC 3261 section 21.

use calls::io::LineEnd;
use model::{Cause, EndedBy, MediaFault};

/// The cause that a status stands for: in a final response, and in the Reason header of a BYE.
pub(super) fn of_code(code: u16, text: &str) -> Cause {
    match code {
        // "No reason", and what ended well.
        100..=109 | 200..=209 => Cause::HungUp { by: EndedBy::Remote },
        487 => Cause::NoAnswer { code },
        486 | 600 | 603 => Cause::Busy { code },
        404 | 410 | 480 | 604 => Cause::NotFound { code },
        300..=399 => Cause::Moved { code },
        600..=699 => Cause::Rejected { code },
        _ => Cause::ServerFailed { code, text: text.to_owned() },
    }
}

/// How a call of the cloud's ended, where SIP would say something else.
pub(super) fn line_end(how: LineEnd) -> LineEnd {
    match how {
        LineEnd::Unanswered => LineEnd::Caused { cause: Cause::ServiceSilent },
        LineEnd::Refused { code, text } => LineEnd::Caused { cause: of_code(code, &text) },
        LineEnd::Bye { code: Some(code) } => match of_code(code, sip::reason_phrase(code)) {
            // As without a reason: who hung up matters to transfers.
            Cause::HungUp { .. } => LineEnd::Bye { code: Some(code) },
            cause => LineEnd::Caused { cause },
        },
        // The line has no word of its own for it, and the account is well.
        LineEnd::Failed { fault } => LineEnd::Caused { cause: Cause::MediaFailed { fault: MediaFault::Line { fault } } },
        how @ (LineEnd::Local
        | LineEnd::Bye { code: None }
        | LineEnd::Cancelled { .. }
        | LineEnd::Caused { .. }
        | LineEnd::ConnectionLost) => how,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name of the cause in the cloud's list, for each code of it.
    #[test]
    fn codes_stand_for_the_causes_of_the_cloud() {
        let rows: [(&[u16], &str); 7] = [
            (&[487], "NOANSWER"),
            (&[486, 600, 603], "BUSY"),
            (&[404, 410, 480, 604], "UNOBTAINABLE"),
            (&[300, 302, 305, 380, 399], "MOVED"),
            (&[606, 607, 601, 699], "REJECTED"),
            (&[200, 202, 209, 100, 109], "NORMAL"),
            (
                &[400, 401, 402, 403, 405, 406, 407, 408, 415, 420, 481, 482, 483, 484, 485, 488, 491, 493, 500, 503, 513, 580],
                "FAILED",
            ),
        ];
        for (codes, name) in rows {
            for code in codes {
                let cause = of_code(*code, "");
                assert_eq!(cause.service_name(), name, "{code}");
                let told = cause.code();
                assert!(told == Some(*code) || name == "NORMAL", "{code} is told as {told:?}");
            }
        }
    }

    #[test]
    fn a_bye_with_a_reason_says_why_and_one_without_is_normal() {
        let name = |how| match line_end(how) {
            LineEnd::Caused { cause } => cause.service_name(),
            LineEnd::Bye { .. } => "NORMAL",
            how => panic!("{how:?}"),
        };
        assert_eq!(name(LineEnd::Bye { code: None }), "NORMAL");
        assert_eq!(name(LineEnd::Bye { code: Some(200) }), "NORMAL");
        assert_eq!(name(LineEnd::Bye { code: Some(486) }), "BUSY");
        assert_eq!(name(LineEnd::Bye { code: Some(404) }), "UNOBTAINABLE");
        assert_eq!(name(LineEnd::Unanswered), "FAILED");
        assert_eq!(name(LineEnd::Failed { fault: model::LineFault::NoDescription }), "FAILED");
    }
}
