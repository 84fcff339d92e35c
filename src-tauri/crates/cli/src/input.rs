//! What the user gives to be read: files, pipes and devices, none of which need ever end.

use std::{
    fs::File,
    io::{self, BufRead, Read},
    path::Path,
};

use crate::exit::{Exit, Failure};

/// Far above any line that a person types.
const LONGEST_LINE: u64 = 64 * 1024;

/// All of a file or pipe, if it is not larger than so many megabytes.
pub(crate) fn read_file(path: &Path, most_mb: u64) -> Result<Vec<u8>, Failure> {
    let unreadable = |words: String| Failure::usage(format!("{} cannot be read: {words}", path.display()));
    let (most, mut bytes) = (most_mb << 20, Vec::new());
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > most { Err(unreadable(format!("it is larger than {most_mb} MB"))) } else { Ok(bytes) }
}

/// The same of a text.
pub(crate) fn read_text(path: &Path, most_mb: u64) -> Result<String, Failure> {
    let not_text = |_| Failure::usage(format!("{} cannot be read: it is no text", path.display()));
    String::from_utf8(read_file(path, most_mb)?).map_err(not_text)
}

/// A line of the standard input.
pub(crate) fn read_line() -> Result<String, Failure> {
    let mut line = String::new();
    let read = io::stdin().lock().take(LONGEST_LINE).read_line(&mut line);
    read.map_err(|error| Failure::new(Exit::Failed, format!("the input cannot be read: {error}")))?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_refused_and_a_device_ends_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, vec![b'x'; 1 << 20]).expect("written");
        assert_eq!(read_file(&path, 1).map(|bytes| bytes.len()).ok(), Some(1 << 20));
        std::fs::write(&path, vec![0xFF; (1 << 20) + 1]).expect("written");
        let refusal = |read: Result<String, Failure>| read.err().map(|failure| failure.message).unwrap_or_default();
        assert!(refusal(read_text(&path, 1)).ends_with("it is larger than 1 MB"));
        assert!(refusal(read_text(&path, 2)).ends_with("it is no text"));
        assert!(refusal(read_text(&folder.path().join("missing"), 1)).contains("cannot be read"));
        #[cfg(target_os = "linux")]
        assert!(refusal(read_text(Path::new("/dev/zero"), 1)).ends_with("it is larger than 1 MB"));
    }
}
