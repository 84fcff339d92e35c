//! Every test of the whole phone, one binary: `scenarios` in virtual time, `trust` over real sockets.

mod interop;
mod scenarios;
mod trust;
