//! States as tests need them.

use model::{AccountId, AccountState, AccountView, CallId, CallState, CallView, Direction, Personal, Remote, Snapshot, XHeaders};

/// A phone with one account that is ready, and these calls.
pub(super) fn snapshot<const N: usize>(calls: [CallView; N]) -> Snapshot {
    let account = AccountView {
        id: AccountId("practice".into()),
        state: AccountState::Registered,
        can: model::AccountCan::default(),
        expires_ms: None,
        token: None,
        caller_ids: Vec::new(),
        voicemail: None,
        park_number: Personal::default(),
    };
    Snapshot { accounts: vec![account], calls: calls.into(), ..Snapshot::default() }
}

/// A call with Anna at 602.
pub(crate) fn view(id: u32, state: CallState) -> CallView {
    CallView {
        id: CallId(id),
        account: AccountId("practice".into()),
        sip_call_id: None,
        direction: Direction::Incoming,
        remote: Remote { name: "Anna".into(), number: "602".into(), uri: "sip:602@example.com".into() },
        caller: None,
        diverted_by: None,
        headers: XHeaders::default(),
        contact: None,
        state,
        since_ms: 0,
        answered_ms: None,
        elsewhere: false,
        muted: false,
        silenced: false,
        dtmf: None,
        transfer: None,
        recording: false,
        auto_answered: false,
        answers_itself_ms: None,
        media: None,
    }
}
