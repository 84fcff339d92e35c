//! What a service tells in its own words, for those who know it by them.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{AccountId, Personal};

/// An event by the name that the service's own library gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceEvent {
    /// Which group of events: `general`, `registration`, `incoming`, `outgoing`.
    pub group: String,
    /// Which event of the group.
    #[serde(rename = "type")]
    pub kind: String,
    /// What there is to say.
    #[serde(default, skip_serializing_if = "ServiceFacts::is_empty")]
    pub data: ServiceFacts,
    /// The call, by its `Call-ID`; all events of calls have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sip_call_id: Option<Personal>,
}

/// What an event says; only what there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceFacts {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// User part of who calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Personal>,
    /// User part of who is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callee: Option<Personal>,
    /// Name of the other one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Personal>,
    /// SIP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// Whether the server asks that it be answered at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_answer: Option<bool>,
}

impl ServiceFacts {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An event of a service, to be looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct ServiceRow {
    /// When, ms on the phone's clock.
    pub at_ms: f64,
    /// Of which account.
    pub account: AccountId,
    /// Which group of events.
    pub group: String,
    /// Which event of the group.
    pub kind: String,
    /// All of it, as the service's own library gives it: JSON.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_written_as_the_library_of_the_service_writes_it() {
        let event = ServiceEvent {
            group: "outgoing".into(),
            kind: "Connected".into(),
            data: ServiceFacts { callee: Some("1002".into()), ..ServiceFacts::default() },
            sip_call_id: Some("f1c3a7@client.invalid".into()),
        };
        let written = serde_json::to_string(&event).expect("serialises");
        assert_eq!(
            written,
            r#"{"group":"outgoing","type":"Connected","data":{"callee":"1002"},"sipCallId":"f1c3a7@client.invalid"}"#
        );
        assert_eq!(serde_json::from_str::<ServiceEvent>(&written).expect("reads back"), event);
        let bare = ServiceEvent { data: ServiceFacts::default(), sip_call_id: None, ..event };
        assert_eq!(serde_json::to_string(&bare).expect("serialises"), r#"{"group":"outgoing","type":"Connected"}"#);
    }
}
