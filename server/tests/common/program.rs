//! The program itself, killed when the test is over.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};

pub struct Program {
    child: Child,
    /// What it says on its standard error, if that is not elsewhere.
    words: Option<BufReader<ChildStderr>>,
}

impl Program {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lanes-server"));
        Self::spawn(command.args(arguments).stderr(Stdio::piped()))
    }

    /// Starts it as a shell does after `prelude`, on this port.
    pub fn after(prelude: &str, port: u16, arguments: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_lanes-server");
        let script = format!("{prelude}; exec '{program}' --listen 127.0.0.1:{port} {arguments}");
        Self::spawn(Command::new("sh").args(["-c", &script]))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let words = child.stderr.take().map(BufReader::new);
        Self { child, words }
    }

    /// Where it says that it listens.
    pub fn addr(&mut self) -> SocketAddr {
        let mut line = String::new();
        let stdout = self.child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let addr = line.trim_end().strip_prefix("listening on ");
        addr.unwrap().parse().unwrap()
    }

    /// Waits until it has said this on its standard error.
    pub fn wait_for(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            let read = self.words.as_mut().unwrap().read_line(&mut line).unwrap();
            assert!(read > 0, "it never said: {words}");
        }
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.unwrap().success());
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Its exit code, and what it says on its standard error until then.
    pub fn end(&mut self) -> (Option<i32>, String) {
        let mut words = String::new();
        if let Some(mut rest) = self.words.take() {
            rest.read_to_string(&mut words).unwrap();
        }
        (self.child.wait().unwrap().code(), words)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has usually ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
