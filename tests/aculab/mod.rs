//! The fake of Aculab Cloud, and who calls through it.

mod wire;
