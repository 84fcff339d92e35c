//! What goes wrong on the way of SIP through a fake XUC with a port.

use bytes::Bytes;
use sip::{Message, Method, Response};

use super::{Way, Xuc};

/// What goes wrong from now on.
#[derive(Debug, Default)]
pub(super) struct SipFaults {
    /// The next message with this text in it is lost.
    lost: Option<String>,
    /// The next INVITE of the phone is answered with this status, and nobody else hears of it.
    answered: Option<u16>,
    /// Descriptions on their way to the phone do not say that RTP and RTCP share a port.
    without_mux: bool,
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Passes {
    /// It goes on, like this.
    On(Bytes),
    /// It goes no further; this goes back.
    Back(Bytes),
    /// It is lost.
    Lost,
}

impl Xuc {
    /// The next message of SIP with this text in it is lost.
    pub fn loses_next(&self, text: &str) {
        self.state().sip_faults.lost = Some(text.to_owned());
    }

    /// The next INVITE of the phone, also within a call, is answered with this status.
    pub fn answers_next_invite_with(&self, code: u16) {
        self.state().sip_faults.answered = Some(code);
    }

    /// Whether descriptions leave out that RTP and RTCP share a port, as an old server does.
    pub fn leaves_mux_out(&self, without: bool) {
        self.state().sip_faults.without_mux = without;
    }

    /// A message of SIP comes by; what becomes of it. What goes on is seen.
    pub(super) fn pass(&self, way: Way, message: Bytes) -> Passes {
        let passes = self.state().sip_faults.pass(way, message);
        match &passes {
            Passes::On(message) => self.saw(way, message),
            Passes::Back(_) | Passes::Lost => {}
        }
        passes
    }
}

impl SipFaults {
    fn pass(&mut self, way: Way, message: Bytes) -> Passes {
        let text = String::from_utf8_lossy(&message).into_owned();
        if self.lost.take_if(|lost| text.contains(lost.as_str())).is_some() {
            return Passes::Lost;
        }
        match Message::parse(&message) {
            Ok(Message::Request(request)) if way == Way::Up && request.method == Method::Invite => match self.answered.take() {
                Some(code) => {
                    let mut response = Response::to_request(&request, code, "");
                    let to = request.headers.get("To").unwrap_or_default();
                    if !to.contains(";tag=") {
                        response.headers.set("To", format!("{to};tag=xuc"));
                    }
                    Passes::Back(Bytes::from(response.to_bytes()))
                }
                None => Passes::On(message),
            },
            Ok(mut parsed) if way == Way::Down && self.without_mux && text.contains(MUX) => {
                let body = match &mut parsed {
                    Message::Request(request) => &mut request.body,
                    Message::Response(response) => &mut response.body,
                };
                *body = String::from_utf8_lossy(body).replace(MUX, "").into_bytes();
                Passes::On(Bytes::from(parsed.to_bytes()))
            }
            _ => Passes::On(message),
        }
    }
}

/// As it stands in a description.
const MUX: &str = "a=rtcp-mux\r\n";
