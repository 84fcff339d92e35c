//! What a fake cloud is told while it runs, as it is typed.

use std::{io, sync::Arc, thread, time::Duration};

use tests::{Closing, CloudRegistering, FakeCloud, IceAnswer, Knobs, TokenUrl};

pub(crate) const USAGE: &str = "Typed here, with Enter:
  call CLIENT [FROM [SERVICE]]     a service calls a client
  press CALL DIGITS                the service presses keys in that call
  hang-up CALL [REASON]            it hangs up, with the value of a Reason header
  calls                            the calls so far
  close [CLIENT]                   every WebSocket is cut, or that of a client
  refuse SECONDS                   requests for a WebSocket are refused with 503 for so long
  granted SECONDS                  the longest registration from now on
  least SECONDS                    the shortest one; shorter ones are answered with 423
  register CODE|judged|ignored|without-expires   how REGISTER is answered
  ice CODE|garbage|ignored|JSON    how the question for ICE servers is answered
  token-url SECONDS|refused CODE   for how long tokens of the own token URL last";

/// Does what is typed, until there is no more.
pub(crate) fn listen_for(cloud: Arc<FakeCloud>) {
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if obey(&cloud, line.trim()).is_none() && !line.trim().is_empty() {
                eprintln!("{line}: not known\n{USAGE}");
            }
        }
    });
}

/// Does it; nothing where it is not known.
fn obey(cloud: &FakeCloud, line: &str) -> Option<()> {
    let words: Vec<&str> = line.split_whitespace().collect();
    // The first interface has a key of its own.
    let turn = |turn: &dyn Fn(&mut Knobs)| [cloud.account().key.as_str(), "acc2"].map(|key| cloud.knobs_of(key, turn));
    match words[..] {
        ["call", client] => told(cloud.call(client, "441908000000", "tone")),
        ["call", client, from] => told(cloud.call(client, from, "tone")),
        ["call", client, from, service] => told(cloud.call(client, from, service)),
        ["press", call, digits] if model::DtmfDigit::parse_all(digits).is_ok() => cloud.press(call.parse().ok()?, digits),
        ["hang-up", call, ..] => {
            let reason = line.splitn(3, char::is_whitespace).nth(2).unwrap_or_default();
            cloud.hang_up(call.parse().ok()?, reason);
        }
        ["calls"] => cloud.seen().calls.iter().enumerate().for_each(|(number, call)| println!("{number}: {call:?}")),
        ["close"] => cloud.close_connections(Closing::Abruptly),
        ["close", client] => cloud.close_connection_of(client, Closing::Abruptly),
        ["refuse", seconds] => cloud.refuse_upgrades_for(Duration::from_secs(seconds.parse().ok()?)),
        ["granted", seconds] => {
            let seconds = seconds.parse().ok()?;
            turn(&|knobs| knobs.granted_s = seconds);
        }
        ["least", seconds] => {
            let seconds = seconds.parse().ok()?;
            turn(&|knobs| knobs.least_s = seconds);
        }
        ["register", how] => {
            let how = match how {
                "judged" => CloudRegistering::Judged,
                "ignored" => CloudRegistering::Ignored,
                "without-expires" => CloudRegistering::WithoutExpires,
                code => CloudRegistering::Refused { code: code.parse().ok()?, headers: Vec::new() },
            };
            turn(&|knobs| knobs.registering = how.clone());
        }
        ["ice", ..] => {
            let how = match line.strip_prefix("ice").unwrap_or_default().trim() {
                "garbage" => IceAnswer::Garbage,
                "ignored" => IceAnswer::Ignored,
                list if list.starts_with('[') => IceAnswer::List(list.to_owned()),
                code => IceAnswer::Refused(code.parse().ok()?),
            };
            turn(&|knobs| knobs.ice = how.clone());
        }
        ["token-url", "refused", code] => {
            let code = code.parse().ok()?;
            turn(&|knobs| knobs.token_url = TokenUrl::Refused(code));
        }
        ["token-url", seconds] => {
            let lifetime_s = seconds.parse().ok()?;
            turn(&|knobs| knobs.token_url = TokenUrl::Given { lifetime_s });
        }
        _ => return None,
    }
    Some(())
}

fn told(call: usize) {
    println!("call {call}");
}
