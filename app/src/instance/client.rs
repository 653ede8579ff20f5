//! Hands links to the window that is open.

use std::io::{self, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use super::instance_file::InstanceFile;
use super::messages::{Handover, TAKEN, is_proof, proof, read_line};

/// Longest wait for the window.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Hands `links` to this user's open window, which shows itself. Returns whether it took them; without
/// links it is only shown. Waits at most a few seconds.
pub fn hand_over(folder: &Path, links: &[String]) -> bool {
    InstanceFile::read(folder).is_some_and(|file| exchange(&file, links).is_ok_and(|taken| taken))
}

fn exchange(file: &InstanceFile, links: &[String]) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&file.address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let nonce = blake3::Hash::from_bytes(lanes_engine::random_key()).to_hex();
    writeln!(stream, "{nonce}")?;
    let answer = read_line(&mut reader)?;
    if !is_proof(&file.key, &nonce, &answer) {
        return Ok(false);
    }
    let handover = Handover {
        proof: proof(&file.key, &answer),
        links: links.to_vec(),
    };
    let mut line = serde_json::to_vec(&handover)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    Ok(read_line(&mut reader)? == TAKEN)
}
