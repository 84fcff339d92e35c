//! One connection to the exchange: a WebSocket, and the queue of what is to be sent on it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::{net::TcpStream, sync::mpsc, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderValue, StatusCode},
        protocol::WebSocketConfig,
    },
};
use tracing::debug;

/// The exchange's number of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LinkId(pub(crate) u32);

/// What a connection tells.
#[derive(Debug)]
pub(crate) enum LinkEvent {
    Opened { outgoing: mpsc::Sender<Bytes>, secure: bool },
    Received(Bytes),
    Closed,
}

/// Messages that may wait for a slow reader before the connection is given up.
const WAITING: usize = 256;

/// Larger messages end the connection; SIP's own limit is the same.
const LARGEST: usize = 64 * 1024;

/// A client that does not finish its handshake in this time is none.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// Serves one TCP connection until it ends.
pub(crate) async fn serve(id: LinkId, stream: TcpStream, events: mpsc::Sender<(LinkId, LinkEvent)>) {
    let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    let accepted = timeout(HANDSHAKE, accept_hdr_async_with_config(stream, accept_sip, Some(config))).await;
    let Ok(Ok(socket)) = accepted else {
        debug!(?id, "a connection that is no WebSocket for SIP");
        return;
    };
    let (outgoing, queue) = mpsc::channel(WAITING);
    if events.send((id, LinkEvent::Opened { outgoing, secure: false })).await.is_ok() {
        carry(id, socket, queue, &events).await;
        // The exchange is gone only when it stops.
        let _heard = events.send((id, LinkEvent::Closed)).await;
    }
}

async fn carry(
    id: LinkId,
    mut socket: WebSocketStream<TcpStream>,
    mut queue: mpsc::Receiver<Bytes>,
    events: &mpsc::Sender<(LinkId, LinkEvent)>,
) {
    loop {
        tokio::select! {
            message = socket.next() => {
                let received = match message {
                    Some(Ok(Message::Text(text))) => Bytes::from(text),
                    Some(Ok(Message::Binary(bytes))) => bytes,
                    // tungstenite answers pings by itself.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                };
                if events.send((id, LinkEvent::Received(received))).await.is_err() {
                    return;
                }
            }
            bytes = queue.recv() => {
                let Some(bytes) = bytes else {
                    // The other side may be gone before our goodbye.
                    let _closed = socket.close(None).await;
                    return;
                };
                let message = match std::str::from_utf8(&bytes) {
                    Ok(text) => Message::text(text),
                    Err(_) => Message::binary(bytes),
                };
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Takes only clients that speak SIP (RFC 7118 section 4.1).
#[expect(clippy::result_large_err, reason = "the form is the library's")]
fn accept_sip(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offered = request.headers().get_all("sec-websocket-protocol");
    let speaks_sip = offered
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|word| word.trim() == "sip");
    if !speaks_sip {
        let mut refusal = ErrorResponse::new(Some("this server speaks the sub-protocol sip".into()));
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        return Err(refusal);
    }
    response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("sip"));
    Ok(response)
}
