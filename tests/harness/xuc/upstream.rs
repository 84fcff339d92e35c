//! A real SIP server behind a fake XUC: what a phone says by its WebSocket goes on by one of its own to that server, and back.

use std::io;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{AmiDoor, Way, front::text, sip_faults::Passes};

/// The server, and the line of the XUC's user at it.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// Its WebSocket, `ws://HOST:PORT/PATH`.
    pub socket: String,
    /// SIP user of the line, and its number.
    pub user: String,
    /// The line's secret.
    pub secret: String,
    /// The name of the media server, which is the domain as well.
    pub media_server: String,
    /// Where orders about calls go, where it is an Asterisk.
    pub manager: Option<AmiDoor>,
}

/// Carries messages both ways until either end lets go; `pass` says what becomes of each.
pub(super) async fn carry<S: AsyncRead + AsyncWrite + Unpin>(
    phone: WebSocketStream<S>,
    socket: &str,
    pass: impl Fn(Way, Bytes) -> Passes,
) -> io::Result<()> {
    let mut request = socket.into_client_request().map_err(io::Error::other)?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("sip"));
    let uri = request.uri();
    let (host, port) = (uri.host().unwrap_or_default().to_owned(), uri.port_u16().unwrap_or(80));
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    stream.set_nodelay(true)?;
    let (server, _) = client_async(request, stream).await.map_err(io::Error::other)?;
    let ((mut to_phone, mut from_phone), (mut to_server, mut from_server)) = (phone.split(), server.split());
    loop {
        tokio::select! {
            message = from_phone.next() => match message {
                Some(Ok(message)) => match passed(Way::Up, message, &pass) {
                    Frame::On(message) => to_server.send(message).await.map_err(io::Error::other)?,
                    Frame::Back(answer) => to_phone.send(answer).await.map_err(io::Error::other)?,
                    Frame::Lost => {}
                },
                Some(Err(_)) | None => return to_server.close().await.map_err(io::Error::other),
            },
            message = from_server.next() => match message {
                Some(Ok(message)) => {
                    if let Frame::On(message) = passed(Way::Down, message, &pass) {
                        to_phone.send(message).await.map_err(io::Error::other)?;
                    }
                }
                Some(Err(_)) | None => return to_phone.close().await.map_err(io::Error::other),
            },
        }
    }
}

/// What becomes of a frame.
enum Frame {
    On(Message),
    Back(Message),
    Lost,
}

fn passed(way: Way, message: Message, pass: &impl Fn(Way, Bytes) -> Passes) -> Frame {
    match message {
        Message::Text(_) | Message::Binary(_) => match pass(way, message.into_data()) {
            Passes::On(message) => Frame::On(text(&message)),
            Passes::Back(answer) => Frame::Back(text(&answer)),
            Passes::Lost => Frame::Lost,
        },
        other => Frame::On(other),
    }
}
