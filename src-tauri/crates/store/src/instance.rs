//! The name by which registrars know this phone again after a restart (RFC 5626 section 4.1).

use std::{fmt::Write as _, io};

use crate::{DataFolder, plain, replace::replace};

const PREFIX: &str = "urn:uuid:";

/// No name of ours is longer.
const LONGEST: u64 = 256;

/// The phone's URN in `folder`; made of `random` and kept when there is none yet.
///
/// # Errors
/// When a new one cannot be kept. The caller may use a passing one.
pub fn instance(folder: &DataFolder, random: [u8; 16]) -> io::Result<String> {
    let path = folder.path().join("instance");
    match plain::read(&path, LONGEST).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()) {
        Ok(kept) if is_urn(&kept) => return Ok(kept),
        // Damaged: a new one costs no more than a stale binding at the registrar.
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let fresh = urn(random);
    replace(&path, fresh.as_bytes())?;
    Ok(fresh)
}

/// A random URN (RFC 9562 section 5.4).
pub fn urn(mut random: [u8; 16]) -> String {
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    let mut urn = PREFIX.to_owned();
    for (at, byte) in random.iter().enumerate() {
        if [4, 6, 8, 10].contains(&at) {
            urn.push('-');
        }
        write!(urn, "{byte:02x}").expect("writing to a string cannot fail");
    }
    urn
}

fn is_urn(text: &str) -> bool {
    let uuid = text.strip_prefix(PREFIX).unwrap_or_default();
    uuid.len() == 36 && uuid.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_name_survives_a_restart_and_damage_makes_a_new_one() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::at(temporary.path().join("sidetone"));
        let first = instance(&folder, [7; 16]).expect("it is kept");
        assert_eq!(first, "urn:uuid:07070707-0707-4707-8707-070707070707");
        assert_eq!(instance(&folder, [9; 16]).expect("it is there"), first);
        fs::write(folder.path().join("instance"), "x\r\nContact: evil").expect("written");
        assert_eq!(instance(&folder, [9; 16]).expect("it is kept"), urn([9; 16]));
        fs::write(folder.path().join("instance"), vec![b'\n'; 5_000_000]).expect("written");
        assert_eq!(instance(&folder, [5; 16]).expect("it is kept"), urn([5; 16]));
    }
}
