use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::Instant,
};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::*;
use crate::test_clock::TestClock;

struct Ends {
    outgoing: mpsc::Sender<Outgoing>,
    incoming: mpsc::Receiver<Result<Bytes, OfflineCause>>,
}

/// A pump with our queues, and the raw stream a server would have.
async fn pump() -> (Ends, DuplexStream) {
    let (ours, theirs) = duplex(64 * 1024);
    let mut limits = WebSocketConfig::default();
    limits.max_message_size = Some(64 * 1024);
    limits.max_frame_size = Some(64 * 1024);
    let socket = WebSocketStream::from_raw_socket(Metered::agreed(ours), Role::Client, Some(limits)).await;
    let (outgoing, from_line) = mpsc::channel(10);
    let (to_line, incoming) = mpsc::channel(10);
    let pump = Pump { socket, from: None, outgoing: from_line, incoming: to_line, clock: Arc::new(TestClock::new()) };
    tokio::spawn(pump.run());
    (Ends { outgoing, incoming }, theirs)
}

/// The same with a well-behaved server.
async fn pump_and_server() -> (Ends, WebSocketStream<DuplexStream>) {
    let (ends, stream) = pump().await;
    (ends, WebSocketStream::from_raw_socket(stream, Role::Server, None).await)
}

impl Ends {
    async fn lost(&mut self) -> String {
        loop {
            match self.incoming.recv().await.expect("says why it ended") {
                Ok(_) => {}
                Err(OfflineCause::ConnectionLost { detail }) => return detail,
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn text_and_binary_arrive_and_what_is_no_text_leaves_as_binary() {
    let (mut ends, mut server) = pump_and_server().await;
    server.send(Message::text("one")).await.expect("sends");
    server.send(Message::binary(&b"two"[..])).await.expect("sends");
    assert_eq!(ends.incoming.recv().await, Some(Ok(Bytes::from("one"))));
    assert_eq!(ends.incoming.recv().await, Some(Ok(Bytes::from("two"))));
    for message in [&b"text"[..], b"\xff\xfe"] {
        ends.outgoing.send(Outgoing::Message(Bytes::from_static(message))).await.expect("runs");
    }
    assert_eq!(server.next().await.expect("open").expect("fine"), Message::text("text"));
    assert_eq!(server.next().await.expect("open").expect("fine"), Message::binary(&b"\xff\xfe"[..]));
}

#[tokio::test(start_paused = true)]
async fn unanswered_pings_end_the_connection_and_answered_ones_keep_it() {
    let (mut dead, _silent) = pump().await;
    let (mut alive, mut server) = pump_and_server().await;
    tokio::spawn(async move { while server.next().await.is_some() {} });
    let started = Instant::now();
    assert_eq!(dead.lost().await, "the server no longer answers");
    assert_eq!(started.elapsed().as_secs(), 75);
    time::sleep(Duration::from_secs(600)).await;
    assert!(matches!(alive.incoming.try_recv(), Err(mpsc::error::TryRecvError::Empty)));
}

#[tokio::test(start_paused = true)]
async fn a_probe_tells_a_dead_connection_within_three_seconds() {
    let (mut ends, _silent) = pump().await;
    let started = Instant::now();
    ends.outgoing.send(Outgoing::Probe).await.expect("runs");
    assert_eq!(ends.lost().await, "the server no longer answers");
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_servers_goodbye_is_repeated() {
    let (mut ends, mut server) = pump_and_server().await;
    let goodbye = CloseFrame { code: 1001.into(), reason: "restart\u{7}".into() };
    server.close(Some(goodbye)).await.expect("sends");
    assert_eq!(ends.lost().await, "the server closed it (1001: restart)");
}

#[tokio::test(start_paused = true)]
async fn a_cut_is_told_from_a_goodbye() {
    let (mut ends, server) = pump().await;
    drop(server);
    assert_eq!(ends.lost().await, "the server cut the connection");
}

#[tokio::test(start_paused = true)]
async fn letting_go_sends_what_waits_and_then_a_goodbye() {
    let (ends, mut server) = pump_and_server().await;
    ends.outgoing.send(Outgoing::Message(Bytes::from("last"))).await.expect("runs");
    drop(ends);
    assert_eq!(server.next().await.expect("open").expect("fine"), Message::text("last"));
    let Some(Ok(Message::Close(Some(frame)))) = server.next().await else { panic!("no goodbye") };
    assert_eq!(u16::from(frame.code), 1000, "nothing is wrong");
}

#[tokio::test(start_paused = true)]
async fn messages_that_are_too_long_end_the_connection() {
    let (mut ends, mut server) = pump_and_server().await;
    tokio::spawn(async move { server.send(Message::text("x".repeat(70_000))).await });
    assert_eq!(ends.lost().await, "the server sent a message that is too long (70000 bytes)");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_empty_fragments_ends_the_connection() {
    let (mut ends, mut server) = pump().await;
    tokio::spawn(async move {
        // A text frame without FIN, then continuation frames without FIN, all empty.
        server.write_all(&[0x01, 0x00]).await?;
        loop {
            server.write_all(&[0x00, 0x00].repeat(1_000)).await?;
        }
        #[expect(unreachable_code, reason = "tells the type of the error")]
        Ok::<(), std::io::Error>(())
    });
    assert_eq!(ends.lost().await, "the server sends a message in too many pieces");
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_name_is_no_utf8_costs_no_connection() {
    let (mut ends, mut server) = pump().await;
    let latin1 = b"OPTIONS sip:a SIP/2.0\r\nFrom: \"M\xfcller\" <sip:b>\r\n\r\n";
    let frame = [&[0x81, latin1.len() as u8][..], latin1].concat();
    // A letter of two bytes, cut by the end of the message; another one over two pieces that do not fit.
    for (bytes, message) in
        [(&frame[..], &latin1[..]), (&[0x81, 0x01, 0xc3], &[0xc3]), (&[0x01, 0x01, 0xc3, 0x80, 0x01, 0x28], &[0xc3, 0x28])]
    {
        server.write_all(bytes).await.expect("takes it");
        assert_eq!(ends.incoming.recv().await, Some(Ok(Bytes::copy_from_slice(message))));
    }
}

#[tokio::test(start_paused = true)]
async fn broken_frames_end_the_connection_with_words() {
    let rules = "broke the rules of WebSocket";
    // A ping of 126 bytes, and one in pieces (RFC 6455 section 5.5).
    let (mut long_ping, split_ping) = (vec![0x89, 126, 0, 126], [0x09, 0x00]);
    long_ping.resize(4 + 126, 0);
    for (bytes, words) in [
        (&[0xf1_u8, 0x00][..], rules),
        (&long_ping, rules),
        (&split_ping, rules),
        // Compressed, which was not agreed (RFC 7692): nothing is ever unpacked.
        (&[0xc1, 0x01, 0x00], rules),
        // Masked, which only a client may (RFC 6455 section 5.1).
        (&[0x81, 0x81, 1, 2, 3, 4, 5], rules),
        // A piece of no message, and a message within another.
        (&[0x80, 0x00], rules),
        (&[0x01, 0x00, 0x81, 0x00], rules),
        // An operation code that is not in use.
        (&[0x83, 0x00], rules),
        // Announces 2^63 - 1 bytes and sends none of them.
        (&[0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "too long"),
    ] {
        let (mut ends, mut server) = pump().await;
        server.write_all(bytes).await.expect("takes it");
        let detail = ends.lost().await;
        assert!(detail.contains(words), "{detail}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_nothing_is_given_up() {
    let (mut ends, _not_read) = pump().await;
    let sender = ends.outgoing.clone();
    tokio::spawn(async move { while sender.send(Outgoing::Message(Bytes::from(vec![b'x'; 50_000]))).await.is_ok() {} });
    assert_eq!(ends.lost().await, "the server does not take what is sent");
}

#[tokio::test(start_paused = true)]
async fn a_ping_of_the_server_is_answered() {
    let (_ends, mut server) = pump().await;
    server.write_all(&[0x89, 0x02, b'h', b'i']).await.expect("takes it");
    let mut pong = [0; 8];
    server.read_exact(&mut pong).await.expect("answers");
    assert_eq!(pong[..2], [0x8a, 0x82], "a masked pong of two bytes");
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_end_never_comes_ends_the_connection() {
    let (mut ends, mut server) = pump().await;
    tokio::spawn(async move {
        // A text frame without FIN, then continuation frames of 100 letters without FIN.
        server.write_all(&[0x01, 0x00]).await?;
        let piece = [&[0x00, 100][..], &[b'x'; 100]].concat();
        loop {
            server.write_all(&piece).await?;
        }
        #[expect(unreachable_code, reason = "tells the type of the error")]
        Ok::<(), std::io::Error>(())
    });
    let detail = ends.lost().await;
    assert!(detail.contains("too long") || detail.contains("too many pieces"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_byte_by_byte_is_no_sign_of_life() {
    let (mut ends, mut server) = pump().await;
    let started = Instant::now();
    tokio::spawn(async move {
        server.write_all(&[0x81, 126, 0xff, 0x00]).await?;
        loop {
            time::sleep(Duration::from_secs(5)).await;
            server.write_all(b"x").await?;
        }
        #[expect(unreachable_code, reason = "tells the type of the error")]
        Ok::<(), std::io::Error>(())
    });
    assert_eq!(ends.lost().await, "the server no longer answers");
    assert_eq!(started.elapsed().as_secs(), 75);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_pings_holds_up_no_message() {
    let (mut ends, stream) = pump().await;
    let (mut theirs, mut server) = tokio::io::split(stream);
    tokio::spawn(async move { tokio::io::copy(&mut theirs, &mut tokio::io::sink()).await });
    tokio::spawn(async move {
        for _ in 0..1_000 {
            server.write_all(&[0x89, 0x00].repeat(100)).await?;
        }
        server.write_all(&[0x81, 0x02, b'h', b'i']).await?;
        std::future::pending::<Result<(), std::io::Error>>().await
    });
    assert_eq!(ends.incoming.recv().await, Some(Ok(Bytes::from("hi"))));
}

#[tokio::test(start_paused = true)]
async fn who_floods_with_pings_and_takes_no_pong_is_given_up() {
    let (mut ends, mut server) = pump().await;
    tokio::spawn(async move { while server.write_all(&[0x89, 0x02, b'h', b'i'].repeat(1_000)).await.is_ok() {} });
    assert_eq!(ends.lost().await, "the server does not take what is sent");
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_read_as_fast_as_its_answers_are_taken() {
    const MESSAGES: usize = 3_000;
    let (mut ends, server) = pump_and_server().await;
    let (mut to_phone, mut from_phone) = server.split();
    tokio::spawn(async move {
        for _ in 0..MESSAGES {
            to_phone.send(Message::text("x".repeat(2_000))).await.expect("the phone reads");
        }
    });
    let taken = tokio::spawn(async move {
        for number in 0..MESSAGES {
            if number % 100 == 0 {
                time::sleep(Duration::from_millis(20)).await;
            }
            from_phone.next().await.expect("open").expect("fine");
        }
    });
    for _ in 0..MESSAGES {
        let message = ends.incoming.recv().await.expect("open").expect("fine");
        // A line never waits: what finds no room ends the connection.
        ends.outgoing.try_send(Outgoing::Message(message)).expect("there is room for the answer");
    }
    taken.await.expect("every answer is taken");
}
