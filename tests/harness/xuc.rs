//! A fake XUC: the web server that signs in, the CTI, and the way of SIP through it to an exchange.
//!
//! It does what an XUC does: tokens that are renewed, the line, the calls that it reads from the SIP it relays, orders to the
//! exchange that make and move calls, services and people. Tests add what goes wrong.

mod calls;
mod front;
mod services;
mod turn;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use exchange::{Operator, Order};
use model::{OfflineCause, Secret};
use providers::net::{Endpoint, HttpAnswer, HttpMethod, HttpRequest};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tracing::info_span;

pub(crate) use self::calls::Way;
use self::{
    calls::{Calls, Leg},
    services::Services,
};
pub use self::{front::FakeXuc, turn::turn_credential};

/// The password of everybody.
const PASSWORD: &str = "pa55";

/// The user's other login: for it the line is that of the desk phone, which is whoever is signed in by the first one.
pub const AT_DESK: &str = "alice-at-desk";

/// What the CTI does wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct CtiFaults {
    /// Everything is told twice.
    pub twice: bool,
    /// Of each two frames, the second comes first.
    pub disordered: bool,
    /// Kinds and members that nobody knows, numbers as texts, and frames that are no JSON are among the others.
    pub odd: bool,
    /// Nothing of calls is told.
    pub silent_about_calls: bool,
}

/// What a new CTI session hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Greeting {
    /// That it is open.
    #[default]
    LoggedOn,
    /// That it is not, and will not be.
    Refused,
    /// Nothing.
    Silence,
}

/// The fake. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Xuc(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    line: Value,
    ice: Value,
    lifetime_s: u32,
    tokens: u32,
    /// The token of each login that is good; earlier ones are not.
    good: BTreeMap<String, String>,
    silent: bool,
    refusing: Option<u16>,
    /// Refuses connections with this status, and web requests not.
    closed: Option<u16>,
    greeting: Greeting,
    /// Web requests and tries to open a connection so far.
    knocks: usize,
    /// The programs of the user at its CTI.
    programs: Vec<mpsc::Sender<Bytes>>,
    operator: Operator,
    user: String,
    calls: Calls,
    services: Services,
    faults: CtiFaults,
    ignoring: bool,
    elsewhere: Vec<Value>,
    /// A frame that is told after the next one.
    late: Option<Value>,
    commands: Vec<Value>,
    sip_urls: Vec<String>,
    asked: Vec<String>,
}

impl Xuc {
    /// One whose user has a line with this SIP user, secret and media server.
    pub fn new(sip_user: &str, secret: &str, media_server: &str, operator: Operator) -> Self {
        let line = json!({
            "id": "42", "name": sip_user, "password": secret, "xivoIp": "192.0.2.10", "hasDevice": false, "isUa": false,
            "webRtc": true, "vendor": null, "number": "1001", "sipProxyName": media_server, "sipPort": null, "mobileApp": false
        });
        Self(Arc::new(Mutex::new(State {
            line,
            ice: json!({}),
            lifetime_s: 600,
            tokens: 0,
            good: BTreeMap::new(),
            silent: false,
            refusing: None,
            closed: None,
            greeting: Greeting::default(),
            knocks: 0,
            programs: Vec::new(),
            operator,
            user: sip_user.to_owned(),
            calls: Calls::new(),
            services: Services::new(),
            faults: CtiFaults::default(),
            ignoring: false,
            elsewhere: Vec::new(),
            late: None,
            commands: Vec::new(),
            sip_urls: Vec::new(),
            asked: Vec::new(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The servers of ICE that it names from now on.
    pub fn names_ice(&self, config: Value) {
        self.state().ice = config;
    }

    /// How long its tokens last from now on.
    pub fn grants_tokens_for(&self, seconds: u32) {
        self.state().lifetime_s = seconds;
    }

    /// The token that was given last is no longer known.
    pub fn forget_token(&self) {
        self.state().good.clear();
    }

    /// It answers no pings any more, or does again.
    pub fn answers_pings(&self, answers: bool) {
        self.state().silent = !answers;
    }

    /// Refuses web requests and the CTI with this status, or nothing any more.
    pub fn refuses(&self, status: Option<u16>) {
        self.state().refusing = status;
    }

    /// Refuses connections with this status, or none any more; web requests are answered.
    pub fn refuses_connections(&self, status: Option<u16>) {
        self.state().closed = status;
    }

    /// What new CTI sessions hear.
    pub fn greets(&self, greeting: Greeting) {
        self.state().greeting = greeting;
    }

    /// How many web requests and tries to open a connection there were.
    pub fn knocks(&self) -> usize {
        self.state().knocks
    }

    /// Closes the CTI.
    pub fn close_cti(&self) {
        self.state().programs.clear();
    }

    /// Whether the CTI is open.
    pub fn is_open(&self) -> bool {
        self.state().programs.iter().any(|program| !program.is_closed())
    }

    /// The commands that came, pings left out.
    pub fn commands(&self) -> Vec<String> {
        let state = self.state();
        state.commands.iter().filter_map(|command| command["command"].as_str().map(str::to_owned)).collect()
    }

    /// Where SIP was opened, query and all.
    pub fn sip_urls(&self) -> Vec<String> {
        self.state().sip_urls.clone()
    }

    /// Which paths were asked for by web requests.
    pub fn asked(&self) -> Vec<String> {
        self.state().asked.clone()
    }

    /// What its CTI does wrong from now on.
    pub fn goes_wrong(&self, faults: CtiFaults) {
        self.state().faults = faults;
    }

    /// Does nothing with calls any more that it is asked for.
    pub fn ignores_orders(&self) {
        self.state().ignoring = true;
    }

    /// Tells of this call too whenever it is asked for the calls there are.
    pub fn keeps_telling_of(&self, step: Value) {
        self.state().elsewhere.push(step);
    }

    /// `Call-ID` of each call, as it was on the wire.
    pub fn call_ids(&self) -> Vec<String> {
        self.state().calls.call_ids()
    }

    /// Leaves the Call-ID out of what it tells of calls, as it does at times.
    pub fn leaves_call_ids_out(&self) {
        self.state().calls.anonymous = true;
    }

    /// Another line for the user from now on; it is told at once.
    pub fn changes_line(&self, change: impl FnOnce(&mut Value)) {
        let line = {
            let mut state = self.state();
            change(&mut state.line);
            state.line.clone()
        };
        self.say("LineConfig", &line);
    }

    /// The SIP secret of the line.
    pub fn password_of_line(&self) -> String {
        self.state().line["password"].as_str().unwrap_or_default().to_owned()
    }

    /// The commands that came, whole, pings left out.
    pub fn frames(&self) -> Vec<Value> {
        self.state().commands.clone()
    }

    /// What another program of the user asks for by its own CTI.
    pub fn other_program(&self, command: &Value) {
        let mut frame = command.clone();
        frame["claz"] = json!("web");
        self.obey(&frame, None);
    }

    /// It refuses this command.
    pub fn refuses_command(&self, command: &str) {
        self.state().services.refused.insert(command.to_owned());
    }

    /// It has never heard of this command, or knows and permits it again.
    pub fn knows_command(&self, command: &str, knows: bool) {
        let mut state = self.state();
        state.services.refused.remove(command);
        match knows {
            true => state.services.unknown.remove(command),
            false => state.services.unknown.insert(command.to_owned()),
        };
    }

    /// A call of before, which is the newest one now.
    pub fn remembers(&self, call: Value) {
        self.state().services.history.insert(0, call);
    }

    /// The calls of before are these from now on.
    pub fn remembers_only(&self, calls: Vec<Value>) {
        self.state().services.history = calls;
    }

    /// Its conference rooms from now on.
    pub fn has_rooms(&self, rooms: Value) {
        self.state().services.rooms = rooms;
    }

    /// A telephone is doing something, by XiVO's number of it; who watches it is told.
    pub fn phone_is(&self, number: &str, status: i64) {
        if self.state().services.phone_is(number, status) {
            self.say("PhoneHintStatusEvent", &json!({"number": number, "status": status}));
        }
    }

    /// The numbers of the telephones that are watched.
    pub fn watched(&self) -> Vec<String> {
        self.state().services.watched.iter().cloned().collect()
    }

    /// The server's numbers of the calls there are, oldest first.
    pub fn unique_ids(&self) -> Vec<String> {
        self.state().calls.current().iter().filter_map(|event| event["uniqueId"].as_str().map(str::to_owned)).collect()
    }

    /// Says something by CTI to all programs of the user.
    pub fn say(&self, kind: &str, body: &Value) {
        self.say_to(None, kind, body);
    }

    /// Says something to one program, or to all.
    fn say_to(&self, program: Option<&mpsc::Sender<Bytes>>, kind: &str, body: &Value) {
        let faults = self.state().faults;
        let mut frame = json!({"msgType": kind, "ctiMessage": body});
        if faults.odd {
            if let Some(body) = frame["ctiMessage"].as_object_mut() {
                body.insert("unheardOf".into(), json!({"deep": [1, null, "x"]}));
            }
            self.raw(program, "no JSON {");
            self.raw(program, r#"{"msgType":"NobodyKnows","ctiMessage":[{}]}"#);
            frame["more"] = json!(7);
        }
        if faults.disordered {
            let earlier = self.state().late.replace(frame);
            let Some(earlier) = earlier else { return };
            let later = self.state().late.take();
            for frame in later.iter().chain([&earlier]) {
                self.raw(program, &frame.to_string());
            }
            return;
        }
        for _ in 0..=usize::from(faults.twice) {
            self.raw(program, &frame.to_string());
        }
    }

    fn raw(&self, program: Option<&mpsc::Sender<Bytes>>, frame: &str) {
        let mut state = self.state();
        state.programs.retain(|program| !program.is_closed());
        for hearer in program.map_or(state.programs.as_slice(), std::slice::from_ref) {
            // Who has just gone hears nothing.
            let _heard = hearer.try_send(Bytes::from(frame.to_owned()));
        }
    }

    /// A message of SIP comes by.
    pub(crate) fn saw(&self, way: Way, message: &[u8]) {
        let (events, status) = {
            let mut state = self.state();
            let events = state.calls.saw(way, message);
            let status = json!({"status": state.calls.status()});
            if state.faults.silent_about_calls { (Vec::new(), None) } else { (events, Some(status)) }
        };
        for event in &events {
            self.say("PhoneEvent", event);
        }
        if let Some(status) = status.filter(|_| !events.is_empty()) {
            self.say("PhoneStatusUpdate", &status);
        }
    }

    /// A web request.
    pub(crate) fn answer(&self, request: &HttpRequest) -> Result<HttpAnswer, OfflineCause> {
        let mut state = self.state();
        let path = request.url.split("/xuc/api/2.0/").nth(1).unwrap_or_default().to_owned();
        state.asked.push(path.clone());
        state.knocks += 1;
        if let Some(status) = state.refusing {
            return Ok(HttpAnswer { status, body: Secret::new("<html>") });
        }
        let login = match (request.method, path.as_str()) {
            (HttpMethod::Post, "auth/login") => {
                let body: Value = serde_json::from_str(request.body.expose()).unwrap_or_default();
                if body["password"] != PASSWORD {
                    return Ok(refused(401, "InvalidCredentials"));
                }
                body["login"].as_str().map(str::to_owned)
            }
            (HttpMethod::Get, "auth/check") => {
                let bearer = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Authorization"));
                bearer.and_then(|(_, value)| state.owner(value.expose().strip_prefix("Bearer ")?))
            }
            _ => return Ok(HttpAnswer { status: 404, body: Secret::default() }),
        };
        let Some(login) = login else { return Ok(refused(403, "TokenExpired")) };
        state.tokens += 1;
        let token = format!("token{}.b.c", state.tokens);
        let body = json!({"login": login, "token": token, "TTL": state.lifetime_s}).to_string();
        state.good.insert(login, token);
        Ok(HttpAnswer { status: 200, body: Secret::new(body) })
    }

    /// Whether a connection may be opened; whose login opens it.
    pub(crate) fn admits(&self, endpoint: &Endpoint) -> Result<String, OfflineCause> {
        let mut state = self.state();
        let refused = |status: u16| OfflineCause::NotSipOverWebSocket { detail: format!("{status}, refused") };
        state.knocks += 1;
        if let Some(status) = state.refusing.or(state.closed) {
            return Err(refused(status));
        }
        let owner = endpoint.url.split("token=").nth(1).and_then(|token| state.owner(token));
        let owner = owner.ok_or(refused(403))?;
        if endpoint.subprotocol.is_some() {
            state.sip_urls.push(endpoint.url.clone());
        }
        Ok(owner)
    }

    /// The phone of a login has opened the CTI: its way to us, and ours to it.
    pub(crate) fn connected(&self, login: &str) -> (mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>) {
        let (to_xuc, mut from_phone) = mpsc::channel::<Bytes>(256);
        let (to_phone, from_xuc) = mpsc::channel(256);
        let xuc = self.clone();
        let program = Some(&to_phone);
        // In another order than the documentation has it: none is promised.
        xuc.say_to(
            program,
            "VoiceMailStatusUpdate",
            &json!({"voiceMailId": 58, "newMessages": 0, "waitingMessages": 0, "oldMessages": 4}),
        );
        let greeting = xuc.state().greeting;
        match greeting {
            Greeting::LoggedOn => xuc.say_to(program, "LoggedOn", &Value::Null),
            Greeting::Refused => xuc.say_to(program, "LoggedOnError", &json!({"Error": "loggedOnFailed"})),
            Greeting::Silence => {}
        }
        let (user, status) = {
            let mut state = xuc.state();
            // What another session has asked to be told is not told in this one.
            state.services.watched.clear();
            (state.services.user(), state.calls.status())
        };
        xuc.say_to(program, "UserConfigUpdate", &user);
        xuc.say_to(program, "RightProfile", &json!({"profile": "User"}));
        xuc.say_to(program, "PhoneStatusUpdate", &json!({"status": status}));
        xuc.say_to(program, "UsersStatuses", &Services::statuses());
        // Who closes the CTI lets go of the last one that is not weak.
        let (asker, login) = (to_phone.downgrade(), login.to_owned());
        self.state().programs.push(to_phone);
        phone::spawn("xuc", info_span!("xuc"), async move {
            while let Some(frame) = from_phone.recv().await {
                let frame = serde_json::from_slice(&frame).expect("a phone of ours speaks JSON");
                xuc.take_in(&frame, asker.upgrade().as_ref(), &login);
            }
        });
        (to_xuc, from_xuc)
    }

    fn take_in(&self, frame: &Value, asker: Option<&mpsc::Sender<Bytes>>, login: &str) {
        let (mut line, ice, silent) = {
            let state = self.state();
            (state.line.clone(), state.ice.clone(), state.silent)
        };
        if login == AT_DESK {
            desk_phones(&mut line);
        }
        match (frame["claz"].as_str(), frame["command"].as_str()) {
            (Some("ping"), _) if silent => {}
            (Some("ping"), _) => self.raw(asker, r#"{"claz":"ping"}"#),
            (Some("web"), Some(command)) => {
                self.state().commands.push(frame.clone());
                match command {
                    "getConfig" => self.say_to(asker, "LineConfig", &line),
                    "getIceConfig" => self.say_to(asker, "IceConfig", &ice),
                    _ => self.obey(frame, asker),
                }
            }
            _ => panic!("a phone of ours speaks as XUC's own clients do, not {frame}"),
        }
    }

    /// Does what a program of the user asks for. What has changed is told to all of them, an answer to the one who asked.
    fn obey(&self, frame: &Value, asker: Option<&mpsc::Sender<Bytes>>) {
        let text = |name: &str| frame[name].as_str().unwrap_or_default();
        let command = text("command");
        let mut state = self.state();
        let meant = state.calls.meant(frame["uniqueId"].as_str()).cloned();
        let to_phone = |what: &str| Some(("WebRTCCmd", json!({"command": what, "sipCallId": meant.as_ref()?.call_id})));
        let told = match command {
            "getCurrentCallsPhoneEvents" => {
                let events = if state.faults.silent_about_calls { Vec::new() } else { state.calls.current() };
                let events: Vec<Value> = events.into_iter().chain(state.elsewhere.iter().cloned()).collect();
                Some(("CurrentCallsPhoneEvents", json!({"events": events})))
            }
            "answer" => to_phone("Answer"),
            "hold" => to_phone("Hold"),
            "toggleMicrophone" => to_phone("ToggleMicrophone"),
            "sendDtmf" => Some(("WebRTCCmd", json!({"command": "SendDtmf", "key": text("key")}))),
            "hangup" | "dial" | "attendedTransfer" | "cancelTransfer" | "completeTransfer" | "directTransfer"
                if state.ignoring =>
            {
                None
            }
            "hangup" => {
                state.end(meant.as_ref());
                None
            }
            "dial" | "attendedTransfer" if state.calls.len() < 2 => {
                let (to, user) = (text("destination").to_owned(), state.user.clone());
                state.calls.order(&to);
                let headers = vec![("Alert-Info".to_owned(), "xivo-autoanswer".into())];
                state.operator.give(Order::Call { user, to, headers });
                None
            }
            "dial" | "attendedTransfer" => Some(("Error", json!({"Error": "TooManyCalls"}))),
            "cancelTransfer" => {
                let consultation = state.calls.current_one().cloned();
                state.end(consultation.as_ref());
                None
            }
            "completeTransfer" => match (state.calls.held_one().cloned(), state.calls.current_one().cloned()) {
                (Some(one), Some(other)) => {
                    state.operator.give(Order::Connect { one: one.call_id.into(), other: other.call_id.into() });
                    None
                }
                _ => Some(("Error", json!({"Error": "NoTransfer"}))),
            },
            "conference" => {
                let events = state.calls.merge();
                drop(state);
                events.iter().for_each(|event| self.say("PhoneEvent", event));
                return;
            }
            "directTransfer" => {
                let current = state.calls.current_one().cloned();
                match current {
                    Some(call) => {
                        let to = text("destination").to_owned();
                        state.operator.give(Order::SendOn { call: call.call_id.into(), to });
                        None
                    }
                    None => Some(("Error", json!({"Error": "NoCall"}))),
                }
            }
            command => state.services.answer(command, frame),
        };
        let sheets = state.services.sheets_before(command, frame);
        drop(state);
        if let Some(sheets) = sheets {
            self.say_to(asker, "ContactSheet", &sheets);
        }
        if let Some((kind, body)) = told {
            let is_change = matches!(kind, "WebRTCCmd" | "UserConfigUpdate" | "UserStatusUpdate" | "FavoriteUpdated");
            self.say_to(asker.filter(|_| !is_change), kind, &body);
        }
        match command {
            "subscribeToPhoneHints" => {
                for number in frame["phoneNumbers"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    let status = {
                        let services = &mut self.state().services;
                        services.watched.insert(number.to_owned());
                        services.phone(number)
                    };
                    self.say_to(asker, "PhoneHintStatusEvent", &json!({"number": number, "status": status}));
                }
            }
            "unsubscribeFromAllPhoneHints" => self.state().services.watched.clear(),
            _ => {}
        }
    }
}

impl State {
    /// Whose token it is.
    fn owner(&self, token: &str) -> Option<String> {
        self.good.iter().find(|(_, good)| *good == token).map(|(login, _)| login.clone())
    }

    fn end(&self, call: Option<&Leg>) {
        if let Some(leg) = call {
            self.operator.give(Order::HangUp { call: leg.call_id.as_str().into() });
        }
    }
}

/// The line as its user hears of it who has a desk phone.
fn desk_phones(line: &mut Value) {
    (line["hasDevice"], line["webRtc"], line["vendor"]) = (json!(true), json!(false), json!("Snom"));
    line["password"] = Value::Null;
}

fn refused(status: u16, code: &str) -> HttpAnswer {
    HttpAnswer { status, body: Secret::new(json!({"error": code, "message": "no"}).to_string()) }
}
