//! What strangers send: nothing panics, nothing rings for nothing, nothing leaks.

mod canaries;
mod certificates;
mod diagnosis;
mod digest;
mod flood;
mod hostile;
mod parsers;
