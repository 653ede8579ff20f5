//! Hands links to the window that is open.

use std::io::{self, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use super::instance_file::InstanceFile;
use super::messages::{Handed, Handover, TAKEN, is_proof, proof, read_line};

/// Hands links and downloads to this user's open window, which shows itself. Returns whether it took them.
/// Waits at most `timeout` for each of its answers.
pub(crate) fn hand_over(folder: &Path, handed: &Handed, timeout: Duration) -> bool {
    let file = InstanceFile::read(folder);
    file.is_some_and(|file| exchange(&file, handed, timeout).is_ok_and(|taken| taken))
}

/// Returns whether this user's window is open. Waits at most `timeout` for its answer.
pub(crate) fn is_open(folder: &Path, timeout: Duration) -> bool {
    let file = InstanceFile::read(folder);
    file.is_some_and(|file| greet(&file, timeout).is_ok_and(|greeted| greeted.is_some()))
}

/// The connection to a window that has proved that it has the key.
struct Greeted {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    answer: String,
}

/// Connects to the window; `None` if another program has got its port.
fn greet(file: &InstanceFile, timeout: Duration) -> io::Result<Option<Greeted>> {
    let mut stream = TcpStream::connect_timeout(&file.address, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let nonce = blake3::Hash::from_bytes(lanes_engine::random_key()).to_hex();
    writeln!(stream, "{nonce}")?;
    let answer = read_line(&mut reader)?;
    let greeted = Greeted {
        stream,
        reader,
        answer,
    };
    Ok(is_proof(&file.key, &nonce, &greeted.answer).then_some(greeted))
}

fn exchange(file: &InstanceFile, handed: &Handed, timeout: Duration) -> io::Result<bool> {
    let Some(mut window) = greet(file, timeout)? else {
        return Ok(false);
    };
    let handover = Handover {
        proof: proof(&file.key, &window.answer),
        handed: handed.clone(),
    };
    let mut line = serde_json::to_vec(&handover)?;
    line.push(b'\n');
    window.stream.write_all(&line)?;
    Ok(read_line(&mut window.reader)? == TAKEN)
}
