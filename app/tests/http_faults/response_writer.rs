//! Sends an answer the way it asks to be sent: whole, in drops, cut off, or without an end.

use std::io::{self, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::content;
use super::fault_server::Pulse;
use super::response::{Answer, Body};
use super::scenario::{End, Endless};

const HINT: &[u8] = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
/// An endless head ends after so many bytes, so that a client that swallows it all is not a hang.
const ENDLESS: usize = 256 << 20;

/// What becomes of the connection after an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum After {
    KeepAlive,
    Close,
}

/// One connection, and how the server is told to stop.
pub struct Wire<'a> {
    pub stream: &'a TcpStream,
    pub pulse: &'a Pulse,
}

impl Wire<'_> {
    /// Sends the answer; `with_body` is false for HEAD.
    pub fn send(&self, answer: &Answer, with_body: bool) -> io::Result<After> {
        self.pulse.rest(answer.wait);
        if let Some(raw) = &answer.raw {
            self.write(raw)?;
            return Ok(After::Close);
        }
        if let Some(kind) = answer.endless {
            self.endless(kind, answer.head_pace)?;
            return Ok(After::Close);
        }
        for _ in 0..answer.hints {
            self.write(HINT)?;
        }
        let head = answer.head();
        if let Some((after, end)) = answer.cut_head {
            self.write(&head[..after.min(head.len())])?;
            return self.end(end);
        }
        match answer.head_pace {
            Some(pace) => self.dribble(&head, pace)?,
            None => self.write(&head)?,
        }
        match with_body {
            true => self.body(answer),
            false => Ok(After::KeepAlive),
        }
    }

    fn body(&self, answer: &Answer) -> io::Result<After> {
        let whole = answer.body.len();
        let (until, end) = answer
            .cut
            .map_or((whole, None), |(at, end)| (at.min(whole), Some(end)));
        let began = Instant::now();
        let mut at = 0;
        while at < until {
            let len = (until - at).min(answer.pieces as u64) as usize;
            let piece = slice(answer, at, len);
            match answer.chunked {
                Some("") => self.write(&chunk(&format!("{len:x}"), &piece))?,
                Some(size) => self.write(&chunk(size, &piece))?,
                None => self.write(&piece)?,
            }
            at += len as u64;
            self.pulse.count(len);
            let due = Duration::from_secs_f64(at as f64 / answer.rate as f64);
            self.pulse.rest(due.saturating_sub(began.elapsed()));
        }
        if let Some(end) = end {
            return self.end(end);
        }
        if answer.chunked.is_some() {
            self.write(b"0\r\n\r\n")?;
        }
        self.write(&vec![b'?'; answer.extra])?;
        Ok(match answer.keeps_its_word() {
            true => After::KeepAlive,
            false => After::Close,
        })
    }

    fn endless(&self, kind: Endless, pace: Option<Duration>) -> io::Result<()> {
        let (first, then): (&[u8], &[u8]) = match kind {
            Endless::Lines => (
                b"HTTP/1.1 200 OK\r\n",
                b"X-Padding: there is always one more\r\n",
            ),
            Endless::OneLine => (
                b"HTTP/1.1 200 OK\r\nX-Padding: ",
                b"and on, and on, and on, and on, ",
            ),
            Endless::Hints => (b"", HINT),
        };
        self.write(first)?;
        if let Some(pace) = pace {
            return (0..).try_for_each(|_| self.dribble(then, pace));
        }
        let many = then.repeat(64);
        (0..ENDLESS / many.len()).try_for_each(|_| self.write(&many))
    }

    fn dribble(&self, bytes: &[u8], pace: Duration) -> io::Result<()> {
        bytes.chunks(1).try_for_each(|byte| {
            self.write(byte)?;
            self.pulse.rest(pace);
            Ok(())
        })
    }

    fn end(&self, end: End) -> io::Result<After> {
        match end {
            End::Close => {}
            // With no time to linger, closing sends RST.
            End::Reset => SockRef::from(self.stream).set_linger(Some(Duration::ZERO))?,
            End::Stall => {
                self.pulse.stall();
                self.stream.shutdown(Shutdown::Both)?;
            }
        }
        Ok(After::Close)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.pulse.check()?;
        (&mut &*self.stream).write_all(bytes)
    }
}

impl Answer {
    /// Whether the body is as long as the head says, so that another request can follow.
    fn keeps_its_word(&self) -> bool {
        let said = self.fields.iter().find(|field| field.0 == "Content-Length");
        self.chunked.is_some() || said.is_some_and(|said| said.1 == self.body.len().to_string())
    }
}

fn slice(answer: &Answer, at: u64, len: usize) -> Vec<u8> {
    match &answer.body {
        Body::File { version, from, .. } => {
            let first = from + at;
            let mut bytes = content::bytes(*version, first, len);
            for offset in &answer.flipped {
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

fn chunk(size: &str, piece: &[u8]) -> Vec<u8> {
    [size.as_bytes(), b"\r\n", piece, b"\r\n"].concat()
}
