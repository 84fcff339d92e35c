//! What pages can ask: each forwards and decides nothing. Which window may ask what: `capabilities/`.

pub(crate) mod about;
pub(crate) mod calls;
pub(crate) mod settings;
