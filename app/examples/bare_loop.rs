//! A minimal HTTP download as a baseline for benchmarks: one thread per connection reads into a buffer
//! and writes at an offset. It has no scheduler, counters, journal or checksums.
//!
//! Usage: `bare_loop ADDRESS PATH LENGTH CONNECTIONS OUTPUT`. `app/bench/web.py` compiles and runs it.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::ops::Range;
use std::{env, thread};

/// Size of the read buffer in bytes, the same as in lanes.
const BUFFER_LEN: usize = 128 * 1024;

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [address, path, len, connections, output] = &args[..] else {
        return Err(error(
            "usage: bare_loop ADDRESS PATH LENGTH CONNECTIONS OUTPUT",
        ));
    };
    let number = |text: &String| {
        text.parse()
            .map_err(|_| error("LENGTH or CONNECTIONS is not a number"))
    };
    let (len, connections): (u64, u64) = (number(len)?, number(connections)?);
    let file = File::create(output)?;
    file.set_len(len)?;
    thread::scope(|scope| {
        let part = |index| len * index / connections..len * (index + 1) / connections;
        let file = &file;
        let fetch = |index| scope.spawn(move || fetch(address, path, part(index), file));
        let threads: Vec<_> = (0..connections).map(fetch).collect();
        for thread in threads {
            thread.join().map_err(|_| error("a thread panicked"))??;
        }
        Ok(())
    })
}

fn fetch(address: &str, path: &str, bytes: Range<u64>, file: &File) -> io::Result<()> {
    let mut socket = TcpStream::connect(address)?;
    let (first, last) = (bytes.start, bytes.end - 1);
    write!(
        socket,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nRange: bytes={first}-{last}\r\nConnection: close\r\n\r\n"
    )?;
    let mut body = BufReader::with_capacity(BUFFER_LEN, socket);
    let mut line = String::new();
    body.read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 206") {
        return Err(error(&line));
    }
    while line.trim_end() != "" {
        line.clear();
        body.read_line(&mut line)?;
    }
    let mut at = bytes.start;
    let mut buf = vec![0; BUFFER_LEN];
    while at < bytes.end {
        // `BufReader` bypasses its own buffer when the given one is at least as long.
        match body.read(&mut buf)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            len => {
                write_all_at(file, at, &buf[..len])?;
                at += len as u64;
            }
        }
    }
    Ok(())
}

#[cfg(unix)]
fn write_all_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn write_all_at(file: &File, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let len = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        offset += len as u64;
        bytes = &bytes[len..];
    }
    Ok(())
}

fn error(message: &str) -> io::Error {
    io::Error::other(message.to_owned())
}
