//! What goes wrong at a fake XUC, as it is typed while it runs.

use std::{io, thread, time::Duration};

use tests::{CtiFaults, Relay, Xuc};

pub(crate) const USAGE: &str = "Typed here, with Enter:
  close-cti                     the CTI of every program of the user ends
  cut-sip                       every WebSocket of SIP is cut
  forget-tokens                 no token that was given is good any more
  pings on|off                  pings are answered, or not
  calls on|off                  calls are told of, or not
  twice|disordered|odd on|off   frames come twice, in another order, among others that nobody knows
  late 500                      frames come so many milliseconds late
  refuse 503|off                web requests and connections are refused
  tokens 60                     how many seconds tokens last from now on
  relay turn:HOST:PORT SECRET 60
                                a relay is named from now on, by credentials of the shared secret that last so many seconds
  ice off                       nothing is said any more about the servers of ICE
  refuse-connections 403|off    connections are refused, and web requests are not
  first-generation              SIP is let in at /ws without a token
  lose TEXT                     the next message of SIP with that in it is lost
  answer 486                    the phone's next INVITE, also in a call, is answered so
  mux on|off                    descriptions say that RTP and RTCP share a port, or not";

/// Does what is typed, until there is no more.
pub(crate) fn listen_for(xuc: Xuc) {
    thread::spawn(move || {
        let mut faults = CtiFaults::default();
        for line in io::stdin().lines().map_while(Result::ok) {
            if obey(&xuc, &mut faults, &line).is_none() && !line.trim().is_empty() {
                eprintln!("{line}: not known\n{USAGE}");
            }
        }
    });
}

/// Does it; nothing where it is not known.
fn obey(xuc: &Xuc, faults: &mut CtiFaults, line: &str) -> Option<()> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let switch = |word: &str| match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    };
    match words[..] {
        ["close-cti"] => xuc.close_cti(),
        ["cut-sip"] => xuc.cut_sip(),
        ["forget-tokens"] => xuc.forget_token(),
        ["pings", word] => xuc.answers_pings(switch(word)?),
        ["refuse", "off"] => xuc.refuses(None),
        ["refuse", status] => xuc.refuses(Some(status.parse().ok()?)),
        ["tokens", seconds] => xuc.grants_tokens_for(seconds.parse().ok()?),
        ["relay", url, secret, seconds] => {
            let lifetime_s = seconds.parse().ok()?;
            xuc.names_relay(Relay { urls: vec![url.to_owned()], secret: secret.to_owned(), lifetime_s });
        }
        ["ice", "off"] => xuc.names_no_ice(),
        ["refuse-connections", "off"] => xuc.refuses_connections(None),
        ["refuse-connections", status] => xuc.refuses_connections(Some(status.parse().ok()?)),
        ["late", ms] => {
            faults.delay = Duration::from_millis(ms.parse().ok()?);
            xuc.goes_wrong(*faults);
        }
        ["first-generation"] => xuc.is_of_first_generation(),
        ["lose", text] => xuc.loses_next(text),
        ["answer", code] => xuc.answers_next_invite_with(code.parse().ok()?),
        ["mux", word] => xuc.leaves_mux_out(!switch(word)?),
        [fault, word] => {
            let on = switch(word)?;
            match fault {
                "twice" => faults.twice = on,
                "disordered" => faults.disordered = on,
                "odd" => faults.odd = on,
                "calls" => faults.silent_about_calls = !on,
                _ => return None,
            }
            xuc.goes_wrong(*faults);
        }
        _ => return None,
    }
    Some(())
}
