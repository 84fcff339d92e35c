//! A fake XUC: the web server that signs in, the CTI, and the way of SIP through it to an exchange.
//!
//! It does what an XUC does: tokens that are renewed, the line, the calls that it reads from the SIP it relays, orders to the
//! exchange that make and move calls, services and people. Tests add what goes wrong.

mod calls;
mod cti;
mod front;
mod late;
mod rooms;
mod services;
mod sip_faults;
mod switchboard;
mod turn;
mod upstream;
mod web;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use exchange::Order;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

pub(crate) use self::calls::Way;
pub(crate) use self::switchboard::Switchboard;
use self::{
    calls::{Calls, Leg},
    rooms::{Obeyed, Rooms},
    services::Services,
    sip_faults::SipFaults,
    turn::Ice,
};
pub use self::{
    front::FakeXuc,
    switchboard::AmiDoor,
    turn::{Relay, turn_credential},
    upstream::Upstream,
};

/// The number of the user.
const NUMBER: &str = "1001";

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
    /// Everything comes so much later, at a fake with a port.
    pub delay: Duration,
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
    ice: Ice,
    lifetime_s: u32,
    tokens: u32,
    /// The token of each login that is good; earlier ones are not.
    good: BTreeMap<String, String>,
    silent: bool,
    refusing: Option<u16>,
    /// Refuses connections with this status, and web requests not.
    closed: Option<u16>,
    /// SIP is let in without a token.
    first_generation: bool,
    greeting: Greeting,
    /// Web requests and tries to open a connection so far.
    knocks: usize,
    /// The programs of the user at its CTI.
    programs: Vec<mpsc::Sender<Bytes>>,
    switchboard: Switchboard,
    user: String,
    calls: Calls,
    services: Services,
    rooms: Rooms,
    faults: CtiFaults,
    sip_faults: SipFaults,
    ignoring: bool,
    elsewhere: Vec<Value>,
    /// A frame that is told after the next one.
    late: Option<Value>,
    commands: Vec<Value>,
    /// Who is told of everything that is said by CTI.
    listener: Option<std::sync::mpsc::Sender<Value>>,
    /// How often all WebSockets of SIP were cut.
    cuts: watch::Sender<u32>,
    sip_urls: Vec<String>,
    asked: Vec<String>,
}

impl Xuc {
    /// One whose user has a line with this SIP user, secret and media server.
    pub(crate) fn new(sip_user: &str, secret: &str, media_server: &str, switchboard: Switchboard) -> Self {
        let line = json!({
            "id": "42", "name": sip_user, "password": secret, "xivoIp": "192.0.2.10", "hasDevice": false, "isUa": false,
            "webRtc": true, "vendor": null, "number": NUMBER, "sipProxyName": media_server, "sipPort": null, "mobileApp": false
        });
        Self(Arc::new(Mutex::new(State {
            line,
            ice: Ice::Told(json!({})),
            lifetime_s: 600,
            tokens: 0,
            good: BTreeMap::new(),
            silent: false,
            refusing: None,
            closed: None,
            first_generation: false,
            greeting: Greeting::default(),
            knocks: 0,
            programs: Vec::new(),
            switchboard,
            user: sip_user.to_owned(),
            calls: Calls::new(NUMBER),
            services: Services::new(),
            rooms: Rooms::default(),
            faults: CtiFaults::default(),
            sip_faults: SipFaults::default(),
            ignoring: false,
            elsewhere: Vec::new(),
            late: None,
            commands: Vec::new(),
            listener: None,
            cuts: watch::Sender::default(),
            sip_urls: Vec::new(),
            asked: Vec::new(),
        })))
    }

    /// Everything that is said by CTI from now on: `{"asked": COMMAND}` and `{"told": KIND, "body": BODY}`.
    pub fn listen(&self) -> std::sync::mpsc::Receiver<Value> {
        let (listener, said) = std::sync::mpsc::channel();
        self.state().listener = Some(listener);
        said
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The servers of ICE that it names from now on.
    pub fn names_ice(&self, config: Value) {
        self.state().ice = Ice::Told(config);
    }

    /// It says nothing any more when it is asked for the servers of ICE.
    pub fn names_no_ice(&self) {
        self.state().ice = Ice::Silent;
    }

    /// It names this relay from now on, by credentials that are made anew each time.
    pub fn names_relay(&self, relay: Relay) {
        self.state().ice = Ice::Relay(relay);
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

    /// Cuts every WebSocket of SIP that there is, of a fake with a port.
    pub fn cut_sip(&self) {
        self.state().cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Whoever waits is told when the WebSockets of SIP are cut.
    fn sip_is_cut(&self) -> watch::Receiver<u32> {
        let mut cut = self.state().cuts.subscribe();
        cut.mark_unchanged();
        cut
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

    /// Another number for the user.
    pub(crate) fn has_number(&self, number: &str) {
        let mut state = self.state();
        state.line["number"] = json!(number);
        state.calls.number = number.to_owned();
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

    /// A number that can be called is a conference room with two others in it, from now on; the user is one of its organizers, or
    /// not.
    pub fn opens_room(&self, number: &str, name: &str, organizer: bool) {
        self.state().rooms.open(number, name, organizer);
    }

    /// Somebody in a room that the user is in, by his number there, begins to speak, or stops.
    pub fn talks(&self, room: &str, index: u64, talking: bool) {
        let obeyed = self.state().rooms.talks(room, index, talking);
        self.tell_of_room(&obeyed);
    }

    fn tell_of_room(&self, obeyed: &Obeyed) {
        for (kind, body) in &obeyed.told {
            self.say(kind, body);
        }
        if let Some(ends) = &obeyed.ends {
            let state = self.state();
            state.end(state.calls.meant(Some(ends)));
        }
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
        let faults = {
            let mut state = self.state();
            state.note(|| json!({"told": kind, "body": body}));
            state.faults
        };
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
            let of_room = self.state().rooms.follow(event);
            if let Some(event) = of_room {
                self.say("ConferenceEvent", &event);
            }
        }
        if let Some(status) = status.filter(|_| !events.is_empty()) {
            self.say("PhoneStatusUpdate", &status);
        }
    }
}

impl State {
    /// Whose token it is.
    fn owner(&self, token: &str) -> Option<String> {
        self.good.iter().find(|(_, good)| *good == token).map(|(login, _)| login.clone())
    }

    /// Lets the listener know; one that has gone need not.
    fn note(&mut self, said: impl FnOnce() -> Value) {
        self.listener.take_if(|listener| listener.send(said()).is_err());
    }

    fn end(&self, call: Option<&Leg>) {
        if let Some(leg) = call {
            self.switchboard.give(Order::HangUp { call: leg.call_id.as_str().into() });
        }
    }
}
