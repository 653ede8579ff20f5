//! Finds out which program answers at an address that is in use.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for each step of the conversation.
const TIMEOUT: Duration = Duration::from_millis(500);
/// Most bytes of an answer that are read.
const MAX_ANSWER: u64 = 4096;
/// Text that this interface answers outside of `/jsonrpc`.
pub(crate) const OWN_ANSWER: &str = "Lanes answers aria2's JSON-RPC at /jsonrpc";

/// The program that listens at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PortHolder {
    /// Another Lanes: a window or `lanes serve`.
    Lanes,
    /// aria2, or a program that answers like it.
    Aria2,
    /// Any other.
    Unknown,
}

impl fmt::Display for PortHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lanes => "another Lanes, a window or lanes serve",
            Self::Aria2 => "aria2, or a program that answers like it",
            Self::Unknown => "another program",
        })
    }
}

/// Asks the program at `address` for its name.
pub(crate) fn find(address: SocketAddr) -> PortHolder {
    let of_lanes = ask(address, "GET / HTTP/1.1", "");
    if of_lanes.is_ok_and(|answer| answer.contains(OWN_ANSWER)) {
        return PortHolder::Lanes;
    }
    let call = r#"{"jsonrpc":"2.0","id":"lanes","method":"aria2.getVersion"}"#;
    match ask(address, "POST /jsonrpc HTTP/1.1", call) {
        // With a token aria2 answers that the call is not authorized.
        Ok(answer) if answer.contains("enabledFeatures") || answer.contains("Unauthorized") => {
            PortHolder::Aria2
        }
        _ => PortHolder::Unknown,
    }
}

fn ask(address: SocketAddr, request: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let len = body.len();
    let head = format!(
        "{request}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {len}\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes())?;
    let mut answer = Vec::new();
    // A program that does not close the connection is judged by what it has sent.
    let _ = stream.take(MAX_ANSWER).read_to_end(&mut answer);
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
