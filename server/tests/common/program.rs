//! The program `lanes-server`, killed at the end of a test.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};

pub struct Program {
    child: Child,
    /// Its standard error, if that is not redirected.
    stderr: Option<BufReader<ChildStderr>>,
}

impl Program {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lanes-server"));
        Self::spawn(command.args(arguments).stderr(Stdio::piped()))
    }

    /// Starts the program in a shell after the commands of `prelude`, on this port.
    pub fn after(prelude: &str, port: u16, arguments: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_lanes-server");
        let script = format!("{prelude}; exec '{program}' --listen 127.0.0.1:{port} {arguments}");
        Self::spawn(Command::new("sh").args(["-c", &script]))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stderr = child.stderr.take().map(BufReader::new);
        Self { child, stderr }
    }

    /// Returns the address that the program prints.
    pub fn addr(&mut self) -> SocketAddr {
        let mut line = String::new();
        let stdout = self.child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let addr = line.trim_end().strip_prefix("listening on ");
        addr.unwrap().parse().unwrap()
    }

    /// Waits until a line of the standard error contains `text`.
    pub fn wait_for(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            let read = self.stderr.as_mut().unwrap().read_line(&mut line).unwrap();
            assert!(read > 0, "not printed: {text}");
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

    /// Waits for the end of the program. Returns its exit code and the rest of its standard error.
    pub fn end(&mut self) -> (Option<i32>, String) {
        let mut text = String::new();
        if let Some(mut rest) = self.stderr.take() {
            rest.read_to_string(&mut text).unwrap();
        }
        (self.child.wait().unwrap().code(), text)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails if the program has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
