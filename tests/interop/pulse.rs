//! A sound server of a test's own: PulseAudio without hardware.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{lab::skip, phone::SOON, program::Program, voice::Sound};

/// The arguments of a sound server that is reached at `socket`, without any device yet.
pub(crate) fn arguments(socket: &Path) -> Vec<String> {
    let door = format!("--load=module-native-protocol-unix socket={} auth-anonymous=1", socket.display());
    let rest = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disallow-exit"];
    rest.map(str::to_owned).into_iter().chain([door]).collect()
}

/// The server with a speaker, and a microphone that hears what is played to `feed`. It can be ended and started again.
pub(crate) struct SoundServer {
    folder: TempDir,
    program: Option<Program>,
}

impl SoundServer {
    /// None, and said so, where there are no such programs.
    pub(crate) fn start() -> Option<Self> {
        let is_there = |program: &str| {
            let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            version.is_ok_and(|status| status.success())
        };
        if !["pulseaudio", "parec", "pacat"].into_iter().all(is_there) {
            skip("there is no sound server (the packages pulseaudio and pulseaudio-utils)");
            return None;
        }
        let mut server = Self { folder: TempDir::new().expect("a folder"), program: None };
        server.start_again();
        Some(server)
    }

    /// Starts it once more.
    pub(crate) fn start_again(&mut self) {
        let mut command = self.command("pulseaudio");
        command.args(arguments(&self.socket()));
        // Without rewinds a recording begins when it is asked for.
        for sink in ["spk", "feed"] {
            command.arg(format!("--load=module-null-sink sink_name={sink} norewinds=1 rate=48000"));
        }
        command.arg("--load=module-remap-source source_name=mic master=feed.monitor");
        self.program = Some(Program::start("pulseaudio", &mut command));
        let until = Instant::now() + SOON;
        let is_up =
            |server: &Self| server.command("pactl").args(["set-default-source", "mic"]).status().is_ok_and(|it| it.success());
        while !is_up(self) {
            assert!(Instant::now() < until, "the sound server does not come up");
            thread::sleep(Duration::from_millis(50));
        }
        let chosen = self.command("pactl").args(["set-default-sink", "spk"]).status();
        assert!(chosen.is_ok_and(|status| status.success()), "the speaker is there");
    }

    /// Ends it, as a crash or an upgrade does: every stream is gone.
    pub(crate) fn kill(&mut self) {
        let mut program = self.program.take().expect("it runs");
        program.signal("KILL");
        assert_eq!(program.finish(SOON), None, "a signal ended it");
        // The next one makes it anew.
        std::fs::remove_file(self.socket()).expect("its door is left behind");
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("pulse.sock")
    }

    /// How it is reached: the value of `PULSE_SERVER`.
    pub(crate) fn address(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let folder = self.folder.path();
        command.env("PULSE_SERVER", self.address()).env("HOME", folder).env("XDG_RUNTIME_DIR", folder);
        command.env_remove("DBUS_SESSION_BUS_ADDRESS").stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Lets the microphone hear a sound until this is dropped or the server ends.
    pub(crate) fn speak(&self, sound: &Sound) -> Program {
        let file = self.folder.path().join("said.wav");
        sound.write(&file);
        let mut command = self.command("pacat");
        command.args(["--playback", "--device=feed", "--file-format=wav"]).arg(file);
        Program::start("pacat", &mut command)
    }

    /// What the speaker plays in about so much time.
    pub(crate) fn hear(&self, length: Duration) -> Vec<f32> {
        let mut command = self.command("timeout");
        command.arg(format!("{:.1}", length.as_secs_f64())).args(["parec", "--raw", "--device=spk.monitor"]);
        command.args(["--format=float32le", "--rate=48000", "--channels=1", "--latency-msec=20"]);
        let heard = command.stdout(Stdio::piped()).output().expect("it records").stdout;
        heard.chunks_exact(4).map(|sample| sample.try_into().map_or(0.0, f32::from_le_bytes)).collect()
    }
}
