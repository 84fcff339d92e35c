//! The servers of ICE, and the first call, which waits for them.

use super::*;

#[test]
fn servers_of_ice_are_told_and_asked_for_again_at_half_their_life() {
    let mut bench = Bench::registered();
    let config = json!({
        "stunConfig": {"urls": ["stun:edge:3478"]},
        "turnConfig": {"urls": ["turn:edge:3478"], "username": "1767225600", "credential": "c", "ttl": 120}
    });
    bench.cti("IceConfig", &config);
    let told = bench.events.iter().find_map(|event| match event {
        LineEvent::IceServers(servers) => Some(servers.len()),
        _ => None,
    });
    assert_eq!(told, Some(2));
    bench.commands.clear();
    bench.run_for(seconds(59));
    assert_eq!(bench.commands, [""; 0]);
    bench.run_for(seconds(1));
    assert_eq!(bench.commands, ["getIceConfig"]);
    // An answer that is lost is no reason to let them run out.
    bench.run_for(seconds(60));
    assert_eq!(bench.commands, ["getIceConfig", "getIceConfig"]);
    bench.cti("IceConfig", &json!({}));
    bench.run_for(seconds(600));
    assert_eq!(bench.commands.len(), 2, "where there are none any more, nothing runs out");
}

impl Bench {
    /// Whether a call that is dialled now has to wait, as it was told last.
    fn waits(&self) -> Option<bool> {
        self.events.iter().rev().find_map(|event| match event {
            LineEvent::Capable(can) => Some(can.prepares),
            _ => None,
        })
    }

    fn prepare(&mut self, nth: u32) -> LineCall {
        let (call, target) = (LineCall::Dialled(nth), "1002".parse().expect("a number"));
        self.tell(Input::Request(LineRequest::Prepare { call, target, caller_id: None }));
        call
    }

    fn is_ready(&self, call: LineCall) -> bool {
        self.events.contains(&LineEvent::Prepared { call })
    }
}

#[test]
fn the_first_call_waits_until_they_are_told_or_for_two_seconds() {
    let mut bench = Bench::registered();
    assert_eq!(bench.waits(), Some(true));
    let call = bench.prepare(1);
    bench.run_for(seconds(1));
    assert!(!bench.is_ready(call));
    bench.cti("IceConfig", &json!({}));
    assert!(bench.is_ready(call));
    assert_eq!(bench.waits(), Some(false));

    let mut bench = Bench::registered();
    let (call, other) = (bench.prepare(1), bench.prepare(2));
    bench.tell(Input::Request(LineRequest::HangUp { call: other }));
    bench.run_for(seconds(2));
    assert!(bench.is_ready(call) && !bench.is_ready(other), "who has hung up waits no more");
    assert_eq!(bench.waits(), Some(false));
}

#[test]
fn nothing_waits_where_they_are_set_by_hand_or_the_server_tells_none() {
    let mut by_hand = account();
    by_hand.ice_servers = Some(Vec::new());
    assert_eq!(Bench::registered_with(&by_hand).waits(), None);
    let mut early = account();
    early.generation = XivoGeneration::B;
    assert_eq!(Bench::registered_with(&early).waits(), None);
    let mut told = Bench::on();
    told.cti("IceConfig", &json!({}));
    told.cti("LineConfig", &line());
    told.register();
    assert_eq!(told.waits(), None);
    // Nor while it is not registered: such a call waits for that.
    let mut lost = Bench::registered();
    lost.lose(lost.sip_connection());
    assert_eq!(lost.waits(), Some(false));
}

#[test]
fn a_sip_connection_that_is_gone_asks_for_a_token_before_the_next() {
    let mut bench = Bench::registered();
    let asked = bench.asked.len();
    bench.lose(bench.sip_connection());
    assert_eq!(bench.asked.len(), asked + 1);
    bench.answer_rest("t2.b.c");
    bench.run_for(seconds(2));
    assert_eq!(bench.last_opened(true).expect("again").1.url, "wss://xivo.example.org/wssip?token=t2.b.c");
    // While the CTI is away, it is got with that.
    bench.register();
    bench.lose(bench.cti_connection());
    let asked = bench.asked.len();
    bench.lose(bench.sip_connection());
    assert_eq!(bench.asked.len(), asked);
}
