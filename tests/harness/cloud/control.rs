//! What is ordered by HTTP, for who drives the cloud from another program: a call of a service, and what came of all calls.

use std::{sync::mpsc::sync_channel, time::Duration};

use serde_json::{Value, json};
use tokio::{
    sync::mpsc::WeakSender,
    time::{sleep, timeout},
};

use super::{
    attended::CloudCall,
    http::{HttpQuestion, HttpReply},
    seen::Shared,
    server::Order,
};

/// The cloud does what it is told at once.
const AT_ONCE: Duration = Duration::from_secs(5);

/// The origin that is shown where none is ordered.
const SOMEBODY: &str = "441908000000";
/// How long a call rings where that is not ordered, seconds.
const RING_S: u64 = 30;

/// Lets a service call a client, as `{"client_id", "from", "service"}` says, of another account than the first with `"key"`, for
/// another time with `"ring_s"`; the answer has the number of the call among those of `calls`.
pub(super) async fn place(question: &HttpQuestion, first_key: &str, orders: &WeakSender<Order>) -> HttpReply {
    let wanted: Value = serde_json::from_str(&question.body).unwrap_or_default();
    let Some(client) = wanted["client_id"].as_str().filter(|_| question.method == "POST") else {
        return HttpReply::text(400, "POST {\"client_id\", \"from\", \"service\"}");
    };
    let text = |name: &str, usual: &str| wanted[name].as_str().unwrap_or(usual).to_owned();
    let call = CloudCall {
        key: text("key", first_key),
        client: client.to_owned(),
        from: text("from", SOMEBODY),
        service: text("service", "tone"),
        ring_for: Duration::from_secs(wanted["ring_s"].as_u64().unwrap_or(RING_S)),
        headers: Vec::new(),
    };
    let (sender, number) = sync_channel(1);
    let ordered = orders.upgrade().is_some_and(|orders| orders.try_send(Order::Call(call, sender)).is_ok());
    let placed = async move {
        loop {
            match number.try_recv() {
                Ok(number) => break number,
                Err(_) => sleep(Duration::from_millis(5)).await,
            }
        }
    };
    match timeout(AT_ONCE, placed).await {
        Ok(number) if ordered => HttpReply::json(200, &json!({ "call": number })),
        Ok(_) | Err(_) => HttpReply::text(503, "the cloud ends"),
    }
}

/// The calls that services took and made, with the digits that came.
pub(super) fn calls(shared: &Shared) -> HttpReply {
    let state = shared.lock();
    let told = state.seen.calls.iter().enumerate().map(|(number, call)| {
        json!({
            "call": number, "service": call.service, "client_id": call.client, "key": call.key, "answered": call.answered,
            "connected": call.connected, "digits": call.digits, "ended": call.ended.as_ref().map(|end| format!("{end:?}")),
        })
    });
    HttpReply::json(200, &told.collect::<Value>())
}
