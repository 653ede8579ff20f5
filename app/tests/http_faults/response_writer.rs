//! Writes a response to a connection: completely, slowly, truncated, or with an endless head.

use std::io::{self, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::content;
use super::response::{Body, Response};
use super::scenario::{End, EndlessHead};
use super::server_progress::Progress;

const EARLY_HINTS: &[u8] = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
/// The version that replaces the first one.
const SECOND: u64 = 2;
/// Length of an "endless" head in bytes. It ends at some point so that a client that reads all of it
/// does not hang.
const ENDLESS_HEAD_LEN: usize = 256 << 20;

/// Interval at which a stalled connection looks at the client.
const STALL_SLICE: Duration = Duration::from_millis(100);

/// State of the connection after a response.
#[derive(Debug, PartialEq, Eq)]
pub enum AfterResponse {
    KeepAlive,
    Close,
}

/// Writes responses to one connection until the server stops.
pub struct ResponseWriter<'a> {
    pub stream: &'a TcpStream,
    pub progress: &'a Progress,
}

impl ResponseWriter<'_> {
    /// Sends the response; `with_body` is false for HEAD.
    pub fn send(&self, response: &Response, with_body: bool) -> io::Result<AfterResponse> {
        self.progress.sleep(response.delay);
        if let Some(raw) = &response.raw {
            self.write(raw)?;
            return Ok(AfterResponse::Close);
        }
        if let Some(kind) = response.endless_head {
            self.write_endless_head(kind, response.head_pace)?;
            return Ok(AfterResponse::Close);
        }
        for _ in 0..response.early_hints {
            self.write(EARLY_HINTS)?;
        }
        self.progress.sleep(response.delay_after_hints);
        let head = response.head();
        if let Some((after, end)) = response.cut_head {
            self.write(&head[..after.min(head.len())])?;
            return self.end(end);
        }
        match response.head_pace {
            Some(pace) => self.write_bytewise(&head, pace)?,
            None => self.write(&head)?,
        }
        match with_body {
            true => self.write_body(response),
            false => Ok(AfterResponse::KeepAlive),
        }
    }

    fn write_body(&self, response: &Response) -> io::Result<AfterResponse> {
        let whole = response.body.len();
        let (until, end) = response
            .cut_body
            .map_or((whole, None), |(at, end)| (at.min(whole), Some(end)));
        let began = Instant::now();
        let (mut at, mut paused) = (0, Duration::ZERO);
        while at < until {
            if let Some((after, time)) = response.pause_body
                && at >= after
                && paused.is_zero()
            {
                paused = time;
                self.progress.sleep(time);
            }
            let len = (until - at).min(response.write_size as u64) as usize;
            let bytes = body_bytes(response, at, len);
            match response.chunked {
                Some("") => {
                    let size = format!("{len:x}{}", response.chunk_extension);
                    self.write(&encode_chunk(&size, &bytes))?;
                }
                Some(size) => self.write(&encode_chunk(size, &bytes))?,
                None => self.write(&bytes)?,
            }
            at += len as u64;
            self.progress.add_sent(len);
            let due = Duration::from_secs_f64(at as f64 / response.rate as f64);
            self.progress
                .sleep((due + paused).saturating_sub(began.elapsed()));
        }
        if response.chunked.is_some() && until == whole {
            self.write(b"0\r\n\r\n")?;
        }
        if let Some(end) = end {
            return self.end(end);
        }
        self.write(&vec![b'?'; response.trailing_bytes])?;
        Ok(match response.is_self_delimiting() {
            true => AfterResponse::KeepAlive,
            false => AfterResponse::Close,
        })
    }

    fn write_endless_head(&self, kind: EndlessHead, pace: Option<Duration>) -> io::Result<()> {
        let (start, repeated): (&[u8], &[u8]) = match kind {
            EndlessHead::Fields => (
                b"HTTP/1.1 200 OK\r\n",
                b"X-Padding: there is always one more\r\n",
            ),
            EndlessHead::OneField => (
                b"HTTP/1.1 200 OK\r\nX-Padding: ",
                b"and on, and on, and on, and on, ",
            ),
            EndlessHead::EarlyHints => (b"", EARLY_HINTS),
        };
        self.write(start)?;
        if let Some(pace) = pace {
            return (0..).try_for_each(|_| self.write_bytewise(repeated, pace));
        }
        let block = repeated.repeat(64);
        (0..ENDLESS_HEAD_LEN / block.len()).try_for_each(|_| self.write(&block))
    }

    fn write_bytewise(&self, bytes: &[u8], pace: Duration) -> io::Result<()> {
        bytes.chunks(1).try_for_each(|byte| {
            self.write(byte)?;
            self.progress.sleep(pace);
            Ok(())
        })
    }

    fn end(&self, end: End) -> io::Result<AfterResponse> {
        match end {
            End::Close => {}
            // With a linger time of zero, close sends RST.
            End::Reset => SockRef::from(self.stream).set_linger(Some(Duration::ZERO))?,
            End::Stall => {
                self.wait_for_close()?;
                self.stream.shutdown(Shutdown::Both)?;
            }
        }
        Ok(AfterResponse::Close)
    }

    /// Waits until the client closes the connection, or the server stops.
    fn wait_for_close(&self) -> io::Result<()> {
        self.stream.set_read_timeout(Some(STALL_SLICE))?;
        loop {
            self.progress.check_running()?;
            match self.stream.peek(&mut [0]) {
                Ok(0) => return Ok(()),
                // A request that gets no response.
                Ok(_) => self.progress.sleep(STALL_SLICE),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.progress.check_running()?;
        (&mut &*self.stream).write_all(bytes)
    }
}

impl Response {
    /// Returns whether the body ends as the head states, so that another request can follow.
    fn is_self_delimiting(&self) -> bool {
        let stated = self.fields.iter().find(|field| field.0 == "Content-Length");
        self.chunked.is_some()
            || stated.is_some_and(|stated| stated.1 == self.body.len().to_string())
    }
}

/// Returns `len` bytes of the body from offset `at`.
fn body_bytes(response: &Response, at: u64, len: usize) -> Vec<u8> {
    match &response.body {
        Body::File { version, from, .. } => {
            let first = from + at;
            let mut bytes = content::bytes(*version, first, len);
            if let Some((from, to)) = response.overwritten {
                let start = (from.saturating_sub(first) as usize).min(len);
                let end = (to.saturating_sub(first) as usize).clamp(start, len);
                let other = content::bytes(SECOND, first + start as u64, end - start);
                bytes[start..end].copy_from_slice(&other);
            }
            for offset in &response.flipped_bytes {
                let byte = offset
                    .checked_sub(first)
                    .and_then(|at| bytes.get_mut(at as usize));
                if let Some(byte) = byte {
                    *byte = !*byte;
                }
            }
            bytes
        }
        Body::Text(text) => text[at as usize..][..len].to_vec(),
    }
}

fn encode_chunk(size: &str, bytes: &[u8]) -> Vec<u8> {
    [size.as_bytes(), b"\r\n", bytes, b"\r\n"].concat()
}
