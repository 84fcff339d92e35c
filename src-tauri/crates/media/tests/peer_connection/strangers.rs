//! Packets that are not of the call, at its very port: old ones again, ones from elsewhere, of other sources, under other keys,
//! and any at all before there is a key. No ear hears them, no path follows them.

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use model::Codec;
use tokio::time::interval;

use crate::{
    both_connect, both_hear,
    onpath::{OnPath, heard_nothing, loopback},
    ours::Ours,
    theirs::Theirs,
};

/// How long strangers keep at it, at a packet each 5 ms: four times as many as the call has.
const STUBBORN: Duration = Duration::from_secs(3);
const EACH: Duration = Duration::from_millis(5);

/// A call that we began, with somebody on its path.
async fn call_over(path: &OnPath) -> (Ours, Theirs) {
    let (ours, theirs) = (Ours::open(&[Codec::Opus]), Theirs::open(Codec::Opus).await);
    connect_over(path, ours, theirs).await
}

async fn connect_over(path: &OnPath, mut ours: Ours, mut theirs: Theirs) -> (Ours, Theirs) {
    let offer = ours.offer().await;
    let answer = theirs.accept(&path.of_ours(&offer)).await;
    ours.apply(path.of_theirs(&answer)).await;
    (ours, theirs)
}

/// A packet as it was but for its source (RFC 3550 section 5.1).
fn of_another_source(packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    packet[8..12].copy_from_slice(&0x0bad_cafe_u32.to_be_bytes());
    packet
}

/// A packet that continues the call's own numbers and times, with sound under a key that is not the call's.
fn under_another_key(last: &[u8], ahead: u16) -> Vec<u8> {
    let mut packet = last.to_vec();
    let sequence = u16::from_be_bytes([last[2], last[3]]).wrapping_add(ahead);
    let timestamp = u32::from_be_bytes([last[4], last[5], last[6], last[7]]).wrapping_add(960 * u32::from(ahead));
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    packet[4..8].copy_from_slice(&timestamp.to_be_bytes());
    packet[12..].iter_mut().for_each(|byte| *byte ^= 0x5a);
    packet
}

/// The end of the call as RTCP says it (RFC 3550 section 6.6), unprotected.
fn goodbye(packet: &[u8]) -> Vec<u8> {
    let source = &packet[8..12];
    [&[0x80, 201, 0, 1], source, &[0x81, 203, 0, 1], source].concat()
}

/// A packet of the loudest noise that PCMU has, in the clear.
fn noise(number: u16) -> Vec<u8> {
    let mut packet = BytesMut::new();
    packet.put_u16(0x8000);
    packet.put_u16(number);
    packet.put_u32(u32::from(number) * 160);
    packet.put_u32(0x0bad_cafe);
    packet.extend((0..160).map(|at| if at % 4 < 2 { 0x00 } else { 0x80 }));
    packet.to_vec()
}

#[tokio::test]
async fn replayed_foreign_and_forged_packets_reach_no_ear_and_move_no_path() {
    let path = OnPath::lay().await;
    let (mut ours, mut theirs) = call_over(&path).await;
    both_connect(&mut ours, &mut theirs).await;
    both_hear(&mut ours, &mut theirs).await;
    // Everything that is counted from here on was passed on or is a stranger's.
    let stranger = loopback().await;
    let (mut ticks, mut sent) = (interval(EACH), 0_u32);
    let (mut looks, mut clear) = (0, 0);
    while EACH * sent < STUBBORN {
        ticks.tick().await;
        let copies = path.copies();
        let last = copies.last().expect("they speak");
        let old = &copies[sent as usize * 7 % copies.len()];
        match sent % 8 {
            // Again, by the way they came and from elsewhere.
            0 => path.forge(old).await,
            1 => path.forge(last).await,
            2 => drop(stranger.send_to(last, path.our_end()).await.expect("loopback takes it")),
            3 => drop(stranger.send_to(&of_another_source(last), path.our_end()).await.expect("loopback takes it")),
            4 => path.forge(&of_another_source(last)).await,
            5 => path.forge(&under_another_key(last, 1 + (sent % 40) as u16)).await,
            6 => drop(stranger.send_to(&under_another_key(last, 1), path.our_end()).await.expect("loopback takes it")),
            _ => path.forge(&goodbye(last)).await,
        }
        sent += 1;
        if sent.is_multiple_of(20) {
            looks += 1;
            clear += u32::from(ours.hears_now());
        }
    }
    // A busy machine may disturb the tone for a moment; every packet of a stranger would.
    assert!(clear * 10 >= looks * 8, "the tone was clear {clear} times of {looks}");
    both_hear(&mut ours, &mut theirs).await;
    assert!(heard_nothing(&stranger), "nothing was sent to where the stranger is");
    let (last, passed) = (ours.close().await, path.passed());
    assert!(last.packets_received > 100 && last.packets_received <= passed, "{passed} were theirs: {last:?}");
}

#[tokio::test]
async fn sound_before_there_are_keys_is_heard_by_nobody_and_harms_nothing() {
    let path = OnPath::lay().await;
    path.hold_keys(true);
    let (ours, theirs) = (Ours::open(&[Codec::Opus, Codec::Pcmu]), Theirs::open(Codec::Opus).await);
    let (mut ours, mut theirs) = connect_over(&path, ours, theirs).await;
    path.holds_keys().await;
    let stranger = loopback().await;
    let mut ticks = interval(EACH);
    for number in 0..200 {
        ticks.tick().await;
        path.forge(&noise(number)).await;
        stranger.send_to(&noise(number), path.our_end()).await.expect("loopback takes it");
        assert!(ours.hears_nothing_now(), "noise is heard");
    }
    ours.hears_nothing().await;
    path.hold_keys(false);
    both_connect(&mut ours, &mut theirs).await;
    both_hear(&mut ours, &mut theirs).await;
    assert!(heard_nothing(&stranger), "nothing was sent to where the stranger is");
    let (last, passed) = (ours.close().await, path.passed());
    assert!(last.packets_received <= passed, "{passed} were theirs: {last:?}");
}
