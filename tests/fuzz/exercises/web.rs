//! What the web servers of services answer: a token, clients, a session, or words of refusal.

use std::{
    hint::black_box,
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use model::{OfflineCause, Secret};
use providers::{
    aculab::{TokenLifetime, TokenWish, WebServices},
    net::{Connection, Endpoint, HttpAnswer, HttpRequest, Network, Proxy},
    xivo::rest,
};

/// A network whose web servers all say the same.
struct Says(HttpAnswer);

#[async_trait]
impl Network for Says {
    async fn open(&self, _endpoint: &Endpoint) -> Result<Connection, OfflineCause> {
        Err(OfflineCause::NoAnswer)
    }

    async fn ask(&self, _request: &HttpRequest) -> Result<HttpAnswer, OfflineCause> {
        Ok(self.0.clone())
    }
}

/// Takes the first two of `bytes` for a status and the rest for a body, as every service reads it.
pub fn exercise(bytes: &[u8]) {
    let Some(([high, low], body)) = bytes.split_first_chunk() else { return };
    let status = u16::from_be_bytes([*high, *low]);
    let answer = HttpAnswer { status, body: Secret::new(String::from_utf8_lossy(body).into_owned()) };
    let known = "a.b.c".parse().expect("a token");
    for known in [None, Some(&known)] {
        black_box(rest::read_answer(&Ok(answer.clone()), known).map_err(|error| error.to_string()).ok());
    }
    let network = Says(answer);
    let services = WebServices {
        cloud: "1-2-0".parse().expect("a cloud"),
        server: String::new(),
        user: "user@example.com".into(),
        api_key: Secret::new("key"),
        ca_file: None,
        proxy: Proxy::Direct,
    };
    let wish = TokenWish {
        client: "alice".parse().expect("a client"),
        lifetime: TokenLifetime::default(),
        incoming: true,
        callable: "*".parse().expect("a list"),
    };
    let asked = async {
        black_box(services.registered_clients(&network).await.map_err(|error| error.to_string()).ok());
        black_box(services.generate_token(&network, &wish).await.map_err(|error| error.to_string()).is_ok());
    };
    // Nothing of it waits.
    let polled = std::pin::pin!(asked).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(polled, Poll::Ready(()));
}
