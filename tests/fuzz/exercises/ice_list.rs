//! The list of STUN and TURN servers in an answer to OPTIONS: servers that can be used, or no list.

use providers::aculab::ice_list;

/// Reads `bytes` as a list; what is in it can be written and read again, and there is not too much of it.
pub fn exercise(bytes: &[u8]) {
    let Some(servers) = ice_list::read(bytes) else { return };
    assert!(servers.len() <= 16, "{} servers", servers.len());
    for server in servers {
        let url = server.url.to_string();
        assert_eq!(url.parse().as_ref(), Ok(&server.url), "{url}");
    }
}
