//! The far end behind a real secure WebSocket on loopback.

use std::net::Ipv4Addr;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tempfile::NamedTempFile;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::HeaderValue,
    },
};
use tracing::info_span;

use crate::{far::Far, front::of_localhost};

/// Listens for phones; where, and what they are to trust.
pub(crate) async fn listen(far: Far) -> (String, NamedTempFile) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port");
    let url = format!("wss://localhost:{}/", listener.local_addr().expect("a bound socket has an address").port());
    let (acceptor, ca) = of_localhost().expect("a certificate can be made");
    phone::spawn("far listener", info_span!("far"), async move {
        while let Ok((stream, _)) = listener.accept().await {
            phone::spawn("far socket", info_span!("far"), carry(stream, acceptor.clone(), far.clone()));
        }
    });
    (url, ca)
}

async fn carry(stream: TcpStream, acceptor: TlsAcceptor, far: Far) {
    stream.set_nodelay(true).expect("a TCP socket has the option");
    let stream = acceptor.accept(stream).await.expect("a phone of ours trusts this certificate");
    let mut socket = accept_hdr_async(stream, accept_sip).await.expect("a phone of ours opens WebSockets well");
    let (to_far, mut from_far) = far.connected();
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => drop(to_far.send(Bytes::from(text)).await),
                Some(Ok(Message::Binary(bytes))) => drop(to_far.send(bytes).await),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            message = from_far.recv() => {
                let Some(message) = message else { return };
                let frame = match std::str::from_utf8(&message) {
                    Ok(text) => Message::text(text),
                    Err(_) => Message::binary(message),
                };
                if socket.send(frame).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[expect(clippy::result_large_err, reason = "the form is the library's")]
#[expect(clippy::unnecessary_wraps, reason = "the form is the library's")]
fn accept_sip(_: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("sip"));
    Ok(response)
}
