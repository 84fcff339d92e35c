//! One connection to the sound server: messages one after another, on the thread that asks.

use std::{
    ffi::CString,
    fs,
    io::{self, BufReader, Cursor, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use pulseaudio::protocol::{
    self, AuthParams, AuthReply, Command, CommandReply, DESCRIPTOR_SIZE, Descriptor, DescriptorFlags, Prop, Props, ProtocolError,
    Request, SetClientNameReply,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// The longest message that is believed: a list of many devices with all their properties.
const LONGEST_MESSAGE: usize = 4 * 1024 * 1024;

/// Above this a file is no cookie; they have 256 bytes.
const LONGEST_COOKIE: u64 = 4 * 1024;

/// The channel of a message that is no sound.
const NO_CHANNEL: u32 = u32::MAX;

/// A connection to the server of this user.
pub(super) struct Connection {
    socket: BufReader<UnixStream>,
    version: u16,
    sequence: u32,
    /// The message read last, behind its descriptor.
    message: Vec<u8>,
}

/// What the server says unasked.
pub(super) enum Heard<'a> {
    /// Recorded sound.
    Sound(&'a [u8]),
    /// It wants so many bytes of sound.
    Request(u32),
    /// It had no sound to play.
    Underflow,
    /// The stream has ended, with its device as a rule.
    Killed,
    /// Anything else: the stream was moved or put to sleep, a command was carried out.
    Other,
}

impl Connection {
    /// Finds the server by the environment, as every program does, and says who we are.
    pub(super) fn open() -> Result<Self, ProtocolError> {
        let path = pulseaudio::socket_path_from_env().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let socket = UnixStream::connect(path)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let version = protocol::MAX_VERSION;
        let mut connection = Self { socket: BufReader::new(socket), version, sequence: 0, message: Vec::new() };
        // Without a cookie the server decides by the user it is asked by.
        let cookie = pulseaudio::cookie_path_from_env().map_or(Ok(Vec::new()), |path| read_cookie(&path))?;
        let auth = AuthParams { version, supports_shm: false, supports_memfd: false, cookie };
        let AuthReply { version: theirs, .. } = connection.ask(&Command::Auth(auth))?;
        connection.version = version.min(theirs);
        let mut names = Props::new();
        names.set(Prop::ApplicationName, c"Sidetone");
        if let Ok(process) = CString::new(std::process::id().to_string()) {
            names.set(Prop::ApplicationProcessId, process);
        }
        let SetClientNameReply { .. } = connection.ask(&Command::SetClientName(names))?;
        Ok(connection)
    }

    /// Asks, and waits for the answer; what the server says in between is let go.
    pub(super) fn ask<R: CommandReply>(&mut self, command: &Command) -> Result<R, ProtocolError> {
        self.tell(command)?;
        loop {
            let channel = self.read()?;
            if channel != NO_CHANNEL {
                continue;
            }
            match protocol::read_reply_message::<R>(&mut Cursor::new(&self.message), self.version) {
                Ok((sequence, reply)) if sequence == self.sequence => return Ok(reply),
                Ok(_) | Err(ProtocolError::UnexpectedCommand(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Says something without waiting for an answer.
    pub(super) fn tell(&mut self, command: &Command) -> Result<(), ProtocolError> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut message = Vec::new();
        protocol::write_command_message(&mut message, self.sequence, command, self.version)?;
        Ok(self.socket.get_mut().write_all(&message)?)
    }

    /// From now on the server may be silent for ever, as it is while nothing is played.
    pub(super) fn wait_for_ever(&self) -> io::Result<()> {
        self.socket.get_ref().set_read_timeout(None)
    }

    /// Another end of the same connection, to close it by.
    pub(super) fn socket(&self) -> io::Result<UnixStream> {
        self.socket.get_ref().try_clone()
    }

    /// Waits for what the server says next.
    pub(super) fn hear(&mut self) -> Result<Heard<'_>, ProtocolError> {
        if self.read()? != NO_CHANNEL {
            return Ok(Heard::Sound(self.message.get(DESCRIPTOR_SIZE..).unwrap_or_default()));
        }
        let mut body = Cursor::new(self.message.get(DESCRIPTOR_SIZE..).unwrap_or_default());
        Ok(match Command::read_tag_prefixed(&mut body, self.version)?.1 {
            Command::Request(Request { length, .. }) => Heard::Request(length),
            Command::Underflow(_) => Heard::Underflow,
            Command::PlaybackStreamKilled(_) | Command::RecordStreamKilled(_) => Heard::Killed,
            _ => Heard::Other,
        })
    }

    /// Sends sound. The first `DESCRIPTOR_SIZE` bytes of `block` are room for its descriptor.
    pub(super) fn send(&mut self, channel: u32, block: &mut [u8]) -> Result<(), ProtocolError> {
        let Some((head, sound)) = block.split_first_chunk_mut::<DESCRIPTOR_SIZE>() else { return Ok(()) };
        let length = u32::try_from(sound.len()).unwrap_or(u32::MAX);
        protocol::encode_descriptor(head, &Descriptor { length, channel, offset: 0, flags: DescriptorFlags::empty() });
        Ok(self.socket.get_mut().write_all(block)?)
    }

    /// Reads a whole message, and gives its channel.
    fn read(&mut self) -> Result<u32, ProtocolError> {
        self.message.resize(DESCRIPTOR_SIZE, 0);
        self.socket.read_exact(&mut self.message)?;
        let descriptor = protocol::read_descriptor(&mut Cursor::new(&self.message))?;
        let length = usize::try_from(descriptor.length).unwrap_or(usize::MAX);
        if length > LONGEST_MESSAGE {
            return Err(ProtocolError::Invalid(format!("a message of {length} bytes")));
        }
        self.message.resize(DESCRIPTOR_SIZE + length, 0);
        self.socket.read_exact(&mut self.message[DESCRIPTOR_SIZE..])?;
        Ok(descriptor.channel)
    }
}

/// Reads the cookie; one that cannot be read is none. What can be no cookie is an error: the environment may name a device, which has
/// no end, and cpal reads it to its end for the ringer, once there is a server.
fn read_cookie(path: &Path) -> io::Result<Vec<u8>> {
    let can_be_read = |known: fs::Metadata| known.is_dir() || known.is_file() && known.len() <= LONGEST_COOKIE;
    if !fs::metadata(path).map_or(true, can_be_read) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the cookie of the sound server is none"));
    }
    Ok(fs::read(path).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_a_file_of_its_length_and_not_read_for_ever() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("cookie");
        fs::write(&file, [7; 256]).expect("written");
        assert_eq!(read_cookie(&file).expect("it is one"), [7; 256]);
        for none in [folder.path(), &folder.path().join("nothing")] {
            assert_eq!(read_cookie(none).expect("there is none"), []);
        }
        fs::File::create(&file).and_then(|file| file.set_len(1 << 40)).expect("it may have holes");
        for endless in [Path::new("/dev/zero"), &file] {
            assert!(read_cookie(endless).is_err(), "{}", endless.display());
        }
    }
}
