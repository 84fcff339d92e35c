//! The fake of Aculab Cloud, and who calls through it: the official clients in a browser, and this phone.

#![expect(clippy::disallowed_methods, reason = "a browser takes real time")]
#![expect(clippy::print_stderr, reason = "what is skipped is said")]

mod callers;
mod incoming;
mod inside;
mod kept_tokens;
mod keys;
mod logs;
mod official;
mod outages;
mod pairs;
mod registering;
mod scripted;
mod services;
mod several;
mod sidetone;
mod sound;
mod verbs;
mod wire;
mod with_official;
