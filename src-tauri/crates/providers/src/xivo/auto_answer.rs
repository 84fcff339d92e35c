//! Calls that the server asks to be answered at once: the far side of dialling from another application, and of a consultation.

use model::Personal;

/// The whole of the header as XUC sends it.
const XIVO: &str = "xivo-autoanswer";
/// What others of the family say inside a longer one.
const FAMILY: [&str; 2] = ["xivo-autoanswer", "info=alert-autoanswer"];

/// Which headers are believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Forms {
    /// The one of XUC.
    #[default]
    Own,
    /// Those of the family too.
    Extended,
}

/// Whether the headers `(name, value)` of a call ask for an answer at once.
pub fn is_asked(headers: &[(String, Personal)], forms: Forms) -> bool {
    headers.iter().any(|(name, value)| {
        let value = value.expose().trim();
        let parameters = || value.split([';', ',']).map(str::trim);
        match forms {
            Forms::Own | Forms::Extended if name.eq_ignore_ascii_case("Alert-Info") && value == XIVO => true,
            Forms::Own => false,
            Forms::Extended if name.eq_ignore_ascii_case("Alert-Info") => {
                parameters().any(|parameter| FAMILY.iter().any(|known| parameter.eq_ignore_ascii_case(known)))
            }
            Forms::Extended if name.eq_ignore_ascii_case("Call-Info") => {
                parameters().any(|parameter| parameter.eq_ignore_ascii_case("answer-after=0"))
            }
            Forms::Extended => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_form_is_always_believed_and_the_others_when_allowed() {
        for (name, value, own, extended) in [
            ("Alert-Info", "xivo-autoanswer", true, true),
            ("alert-info", " xivo-autoanswer ", true, true),
            ("Alert-Info", "<http://wazo.community>;info=alert-autoanswer;delay=0;xivo-autoanswer", false, true),
            ("Alert-Info", "<http://x>;info=alert-autoanswer", false, true),
            ("Call-Info", ";answer-after=0", false, true),
            ("Call-Info", "<sip:x>;answer-after=0", false, true),
            ("Call-Info", ";answer-after=05", false, false),
            ("Call-Info", "xivo-autoanswer", false, false),
            ("Alert-Info", "not-xivo-autoanswer", false, false),
            ("Alert-Info", "XIVO-autoanswer", false, true),
            ("Alert-Info", "<urn:alert:service:call-waiting>", false, false),
            ("Subject", "xivo-autoanswer", false, false),
        ] {
            let headers = [("Via".to_owned(), "x".into()), (name.to_owned(), value.into())];
            assert_eq!(is_asked(&headers, Forms::Own), own, "{name}: {value}");
            assert_eq!(is_asked(&headers, Forms::Extended), extended, "{name}: {value}");
        }
        assert!(!is_asked(&[], Forms::Extended));
    }
}
