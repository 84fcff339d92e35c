//! Who may register, and where everybody is.

use sip::{NameAddr, Request, Response};

use super::{
    knobs::CloudRegistering,
    mint::{Mint, Purpose},
    names::{Names, V1_KEY},
    seen::{Binding, Shared},
};

/// Seconds of a registration that asks for none.
const USUAL_EXPIRES_S: u32 = 600;

/// Answers a REGISTER that came over `connection`; `None` when it shall stay unanswered.
pub(super) fn register(request: &Request, connection: u32, names: &Names, mint: &Mint, shared: &Shared) -> Option<Response> {
    let key = names.key_in(&request.uri.host).unwrap_or_default().to_owned();
    let Ok(to) = request.headers.to() else { return Some(Response::new(400, "Bad To")) };
    if !shared.lock().knobs.contains_key(&key) || key == V1_KEY || names.key_in(&to.uri.host) != Some(&key) {
        return Some(Response::new(403, "Unknown Account"));
    }
    let client = to.uri.user_text();
    let knobs = shared.knobs(&key);
    match knobs.registering {
        CloudRegistering::Ignored => return None,
        CloudRegistering::Refused { code, headers } => {
            let mut response = Response::new(code, "");
            for (name, value) in headers {
                response.headers.push(name, value);
            }
            return Some(response);
        }
        CloudRegistering::Judged | CloudRegistering::WithoutExpires => {}
    }
    let contacts = match request.headers.contacts() {
        Ok(contacts) => contacts,
        Err(invalid) => return Some(Response::new(400, &invalid.to_string())),
    };
    let asked = contacts.first().and_then(NameAddr::expires).or(request.headers.expires()).unwrap_or(USUAL_EXPIRES_S);
    let is_same = |binding: &Binding| binding.key == key && binding.client == client;
    let is_here = |binding: &Binding| is_same(binding) && binding.connection == connection;
    let is_goodbye = asked == 0 && shared.lock().seen.registered.iter().any(is_here);
    if !is_goodbye && let Err(refusal) = authorise(request, &key, &client, Purpose::Incoming, mint, shared) {
        return Some(refusal);
    }
    if (1..knobs.least_s).contains(&asked) {
        let mut response = Response::new(423, "Interval Too Brief");
        response.headers.push("Min-Expires", knobs.least_s);
        return Some(response);
    }
    shared.change(|state| state.seen.registered.retain(|binding| !is_same(binding)));
    let mut response = Response::new(200, "OK");
    let Some(contact) = contacts.first().filter(|_| asked > 0) else { return Some(response) };
    let granted_s = asked.min(knobs.granted_s);
    let says_how_long = knobs.registering != CloudRegistering::WithoutExpires;
    let granted = if says_how_long { format!(";expires={granted_s}") } else { String::new() };
    response.headers.push("Contact", format!("<{}>{granted}", contact.uri));
    let since = shared.clock.unix_seconds();
    shared.change(|state| state.seen.registered.push(Binding { key, client, connection, since, granted_s }));
    Some(response)
}

/// Whether the token of a request allows what it is for; the refusal when it does not.
pub(super) fn authorise(
    request: &Request,
    key: &str,
    client: &str,
    purpose: Purpose<'_>,
    mint: &Mint,
    shared: &Shared,
) -> Result<(), Response> {
    let token = request.headers.get("Authorization").and_then(|value| value.strip_prefix("Bearer "));
    let judged = token.ok_or("no token").and_then(|token| mint.judge(token, key, client, purpose, shared.clock.unix_seconds()));
    judged.map_err(|wrong| {
        let mut response = Response::new(401, "Unauthorized");
        let challenge = format!("Bearer realm=\"aculab\", error=\"invalid_token\", error_description=\"{wrong}\"");
        response.headers.push("WWW-Authenticate", challenge);
        response
    })
}
