//! Whole courses of messages in virtual time.

mod arrivals;
mod calls_in;
mod calls_out;
mod changes;
mod chaos;
mod faults;
mod line;
mod outside;
mod pair;
mod reconnecting;
mod registration;
mod subscriptions;
mod transfers;
