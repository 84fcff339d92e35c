//! Transfers at the message level (RFC 3515, 3892, 5589): REFER in a call, and the NOTIFYs that tell how it went.

use std::collections::VecDeque;

use crate::{
    InvalidHeader, Method, NameAddr, Replaces, Request, Response, Uri, grammar,
    invite::{Session, Task},
    reason_phrase,
    transaction::ServerId,
    user_agent::{CallEvent, Core, ReferSubscription},
};

/// Seconds a transfer may take to be told about (Subscription-State); a ringing phone is given up well before.
const SUBSCRIPTION_S: u32 = 180;

/// So many REFERs of ours are remembered that were there before the one that counts.
const MAX_EARLIER: usize = 8;

/// The REFERs of ours in a call.
#[derive(Debug, Default)]
pub(crate) struct OutgoingRefers {
    /// The one that counts; none when it is over.
    open: Option<Report>,
    /// Those before it, of which there may still be word.
    earlier: VecDeque<Report>,
}

/// What the far end tells of a REFER; NOTIFYs may come even before its answer.
#[derive(Debug)]
struct Report {
    /// The CSeq of the REFER, by which it is named (RFC 3515 section 2.4.6).
    number: u32,
    /// How it ended; the NOTIFY that ends the report is still to come.
    told: Option<u16>,
    /// Whether that one has come.
    is_over: bool,
}

impl OutgoingRefers {
    /// A REFER leaves: from now on it is the one that counts.
    fn begin(&mut self, number: u32) {
        self.close();
        self.open = Some(Report { number, told: None, is_over: false });
    }

    /// The one that counts is over.
    fn close(&mut self) {
        if let Some(report) = self.open.take() {
            if self.earlier.len() >= MAX_EARLIER {
                self.earlier.pop_front();
            }
            self.earlier.push_back(report);
        }
    }

    /// It went out again under another number, after a challenge.
    pub(crate) fn renumbered(&mut self, number: u32) {
        if let Some(open) = &mut self.open {
            open.number = number;
        }
    }

    /// Whether a NOTIFY is about one that was there before, which it may end. Where it does not say by its `id`, or says what we do
    /// not know, it is about the one that counts, unless it only ends what was told of another in the same words.
    fn is_earlier(&mut self, id: Option<u32>, ends: bool, code: Option<u16>) -> bool {
        let known = id.filter(|id| self.open.as_ref().is_some_and(|open| open.number == *id));
        if known.is_some() {
            return false;
        }
        let named = |report: &&mut Report| id == Some(report.number);
        let repeated = |report: &&mut Report| ends && !report.is_over && report.told.is_some() && report.told == code;
        let earlier = match self.earlier.iter_mut().find(named) {
            None if id.is_none() => self.earlier.iter_mut().find(repeated),
            found => found,
        };
        earlier.map(|report| report.is_over |= ends).is_some()
    }
}

/// A REFER of theirs in a call.
#[derive(Debug)]
pub(crate) enum IncomingRefer {
    /// None, or it is over.
    None,
    /// The user is asked.
    Asked { transaction: ServerId, number: u32 },
    /// The user does it; the far end is told how it goes.
    Accepted { number: u32 },
}

impl Session {
    /// Asks the far end to call `target`, in place of a call of ours when `replaces` is given.
    pub(crate) fn refer(&mut self, core: &mut Core, target: Uri, replaces: Option<&Replaces>) {
        let target = match replaces {
            Some(replaces) => target.replacing(replaces),
            None => target,
        };
        let mut refer = self.dialog.request(Method::Refer);
        refer.headers.set("Contact", core.contact());
        refer.headers.set("Refer-To", NameAddr::new(target));
        refer.headers.set("Referred-By", NameAddr::new(core.config.aor.clone()));
        refer.headers.set("Supported", "replaces");
        self.outgoing_refers.begin(refer.headers.cseq().map_or(0, |cseq| cseq.number));
        if core.request(self.user(Task::Refer), refer).is_none() {
            self.outgoing_refers.close();
            let text = String::from("there are too many requests under way");
            core.tell(self.key, CallEvent::ReferAnswered { code: 503, text });
        }
    }

    pub(crate) fn refer_answered(&mut self, core: &mut Core, response: &Response) {
        if !response.is_success() {
            self.outgoing_refers.close();
        }
        let (code, text) = (response.code, response.reason.clone());
        core.tell(self.key, CallEvent::ReferAnswered { code, text });
    }

    /// A NOTIFY in this dialog: only our transfers are subscribed to here.
    pub(crate) fn notified(&mut self, core: &mut Core, id: ServerId, notify: &Request) {
        let (package, refer) = event(notify.headers.get("Event").unwrap_or(""));
        if package != "refer" || self.outgoing_refers.open.is_none() {
            // RFC 6665 4.1.3: there is no such subscription (any more).
            return core.reply(id, if package == "refer" { 481 } else { 489 });
        }
        core.reply(id, 200);
        let state = notify.headers.get("Subscription-State").unwrap_or("");
        let ends = state.trim_start().to_ascii_lowercase().starts_with("terminated");
        let status = status_line(&notify.body);
        let code = status.as_ref().map(|(code, _)| *code);
        if self.outgoing_refers.is_earlier(refer, ends, code) {
            return;
        }
        let Some(open) = &mut self.outgoing_refers.open else { return };
        let was_told = open.told.is_some();
        open.told = open.told.or(code.filter(|code| *code >= 200));
        if ends {
            open.is_over = true;
            self.outgoing_refers.close();
        }
        // RFC 3515 section 2.4.5 wants a status in each. Some begin or end the report without one: nothing new, but for its end.
        let (code, text) = match status {
            Some(status) => status,
            None if ends => (100, String::new()),
            None => return,
        };
        if !was_told {
            let last = if ends || code >= 200 { ReferSubscription::Terminated } else { ReferSubscription::Active };
            core.tell(self.key, CallEvent::ReferProgress { code, text, last });
        }
    }

    /// The far end asks us to call somebody.
    pub(crate) fn referred(&mut self, core: &mut Core, id: ServerId, refer: &Request) {
        match self.incoming_refer {
            IncomingRefer::None => {}
            IncomingRefer::Asked { .. } | IncomingRefer::Accepted { .. } => return core.reply(id, 491),
        }
        // RFC 3515 2.4.1: exactly one.
        let mut targets = refer.headers.list("Refer-To").map(str::parse::<NameAddr>);
        let (Some(Ok(target)), None) = (targets.next(), targets.next()) else {
            return core.reply_with(id, 400, &[("Warning", "399 - \"there must be one readable Refer-To\"")]);
        };
        let is_invite = target.uri.param("method").is_none_or(|method| method.eq_ignore_ascii_case("INVITE"));
        if !target.uri.is_sip() && target.uri.scheme != crate::Scheme::Tel {
            return core.reply(id, 416);
        }
        if !is_invite {
            return core.reply(id, 403);
        }
        let number = refer.headers.cseq().map_or(0, |cseq| cseq.number);
        self.incoming_refer = IncomingRefer::Asked { transaction: id, number };
        let referred_by = refer.headers.get("Referred-By").map(Into::into);
        core.tell(self.key, CallEvent::Referred { target: Box::new(target.uri), referred_by });
    }

    /// Takes it on (202) and tells that we try.
    pub(crate) fn accept_refer(&mut self, core: &mut Core) {
        let IncomingRefer::Asked { transaction, number } = self.incoming_refer else { return };
        let Some(mut response) = core.response(transaction, 202, "", self.dialog.local_tag()) else {
            self.incoming_refer = IncomingRefer::None;
            return;
        };
        response.headers.set("Contact", core.contact());
        core.respond(transaction, &response);
        self.incoming_refer = IncomingRefer::Accepted { number };
        self.notify_refer(core, 100, "");
    }

    /// Refuses it.
    pub(crate) fn refuse_refer(&mut self, core: &mut Core, code: u16) {
        if let IncomingRefer::Asked { transaction, .. } = self.incoming_refer {
            core.reply(transaction, code.clamp(400, 699));
            self.incoming_refer = IncomingRefer::None;
        }
    }

    /// Tells how the call we were referred to is getting on.
    pub(crate) fn notify_refer(&mut self, core: &mut Core, code: u16, text: &str) {
        let IncomingRefer::Accepted { number } = self.incoming_refer else { return };
        let is_final = code >= 200;
        let mut notify = self.dialog.request(Method::Notify);
        notify.headers.set("Contact", core.contact());
        // RFC 3515 2.4.6: which of several REFERs it is about.
        notify.headers.set("Event", format!("refer;id={number}"));
        let state = if is_final { "terminated;reason=noresource".to_owned() } else { format!("active;expires={SUBSCRIPTION_S}") };
        notify.headers.set("Subscription-State", state);
        let text = if text.is_empty() { reason_phrase(code) } else { text };
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        notify.set_body("message/sipfrag;version=2.0", format!("SIP/2.0 {code} {text}\r\n"));
        core.request(self.user(Task::Notify), notify);
        if is_final {
            self.incoming_refer = IncomingRefer::None;
        }
    }

    /// The call ends while the user is still asked.
    pub(crate) fn drop_refer(&mut self, core: &mut Core) {
        self.refuse_refer(core, 603);
        self.incoming_refer = IncomingRefer::None;
    }
}

impl Uri {
    /// The same, to be called in the place of another call (RFC 3891 in a Refer-To, RFC 5589 section 7).
    #[must_use]
    pub fn replacing(mut self, replaces: &Replaces) -> Self {
        self.headers = vec![("Replaces".into(), grammar::escape(&replaces.to_string(), ""))];
        self
    }

    /// The call in whose place it is to be called, if it says so.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn replaces(&self) -> Result<Option<Replaces>, InvalidHeader> {
        let named = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Replaces"));
        named.map(|(_, value)| grammar::unescape(value).parse()).transpose()
    }
}

/// The package of an Event header, and the REFER that its `id` names.
fn event(value: &str) -> (String, Option<u32>) {
    let mut parts = value.split(';').map(str::trim);
    let package = parts.next().unwrap_or("").to_ascii_lowercase();
    let id = parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case("id"));
    (package, id.and_then(|(_, id)| id.trim().parse().ok()))
}

/// The status in a sipfrag (RFC 3420): its first line that is not empty.
fn status_line(body: &[u8]) -> Option<(u16, String)> {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let (version, rest) = line.split_at_checked("SIP/2.0".len())?;
    let rest = Some(rest.trim_start()).filter(|_| version.eq_ignore_ascii_case("SIP/2.0"))?;
    let (code, words) = rest.split_once(' ').unwrap_or((rest, ""));
    let code: u16 = code.parse().ok()?;
    (100..=699).contains(&code).then(|| (code, words.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_names_its_refer() {
        assert_eq!(event("refer"), ("refer".into(), None));
        assert_eq!(event(" Refer ; ID = 93809824 "), ("refer".into(), Some(93_809_824)));
        assert_eq!(event("refer;x;id=;id=2"), ("refer".into(), None));
        assert_eq!(event("refer;id=99999999999"), ("refer".into(), None));
    }

    #[test]
    fn a_sipfrag_is_read_by_its_first_line() {
        assert_eq!(status_line(b"SIP/2.0 200 OK\r\nTo: x\r\n"), Some((200, "OK".into())));
        assert_eq!(status_line(b"SIP/2.0 486"), Some((486, String::new())));
        assert_eq!(status_line(b"\r\n sip/2.0  180  Ringing \r\n"), Some((180, "Ringing".into())));
        for body in [&b""[..], b"SIP/2.0", b"SIP/2.0 99 x", b"SIP/2.0 7000", b"\xff\xfe", b"INVITE sip:a@b SIP/2.0"] {
            assert_eq!(status_line(body), None);
        }
    }
}
