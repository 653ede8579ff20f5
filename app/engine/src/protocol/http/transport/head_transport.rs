//! Hands ureq each response head as a whole, in a form that its parser accepts, and drops informational
//! responses (RFC 9110, 15.2) and the extensions of chunks.

use std::borrow::Cow;
use std::time::Instant;

use ureq::Error;
use ureq::unversioned::transport::time::Duration;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use crate::protocol::http::parse::chunk_lines::{self, ChunkLines};
use crate::protocol::http::parse::head_scanner::{HeadEnd, HeadScanner};
use crate::protocol::http::parse::{head_normalizer, head_scanner};

/// Limit of a response head in bytes; browsers have the same.
pub(crate) const MAX_HEAD_LEN: usize = 256 * 1024;

/// The last connector of the chain: it sees heads without TLS, also through a proxy.
#[derive(Debug)]
pub(crate) struct HeadConnector;

impl<In: Transport> Connector<In> for HeadConnector {
    type Out = HeadTransport<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|inner| HeadTransport {
            inner,
            scanner: None,
            chunks: None,
        }))
    }
}

/// A transport whose heads are normalized.
#[derive(Debug)]
pub(crate) struct HeadTransport<T> {
    inner: T,
    /// Present from the request to the end of the head of its response.
    scanner: Option<HeadScanner>,
    /// Present from the end of a head to the next request, if the body between them is chunked.
    chunks: Option<ChunkLines>,
}

impl<T: Transport> Transport for HeadTransport<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.scanner = Some(HeadScanner::default());
        self.chunks = None;
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let begun = Instant::now();
        while let Some(mut scanner) = self.scanner.take() {
            let is_open = self.inner.await_input(left(timeout, begun)?)?;
            if self.scan(&mut scanner)? {
                return Ok(true);
            }
            let received = self.inner.buffers().input();
            if received.len() > MAX_HEAD_LEN {
                return Err(Error::LargeResponseHeader(received.len(), MAX_HEAD_LEN));
            }
            if !is_open {
                let is_whole = head_scanner::is_unended_redirect(received);
                let end = received.len();
                return is_whole
                    .then(|| self.replace(end))
                    .map_or(Ok(false), |replaced| replaced.map(|()| true));
            }
            self.scanner = Some(scanner);
        }
        let Some(mut chunks) = self.chunks.take() else {
            return self.inner.await_input(timeout);
        };
        let known = self.inner.buffers().input().len();
        loop {
            let is_open = self.inner.await_input(left(timeout, begun)?)?;
            let received = self.inner.buffers().input();
            if let Cow::Owned(stripped) = chunks.strip(&received[known..]) {
                let input = [&received[..known], &*stripped].concat();
                self.replace_input(&input)?;
            }
            if !is_open || self.inner.buffers().input().len() > known {
                self.chunks = Some(chunks);
                return Ok(is_open);
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl<T: Transport> HeadTransport<T> {
    /// Scans the received bytes. Returns whether ureq can use them.
    fn scan(&mut self, scanner: &mut HeadScanner) -> Result<bool, Error> {
        loop {
            let received = self.inner.buffers().input();
            match scanner.scan(received) {
                HeadEnd::Incomplete => return Ok(false),
                // ureq reports the error.
                HeadEnd::NotHttp => return Ok(true),
                HeadEnd::At(end) if is_informational(&received[..end]) => {
                    self.inner.buffers().input_consume(end);
                    *scanner = HeadScanner::default();
                }
                HeadEnd::At(end) => return self.replace(end).map(|()| true),
            }
        }
    }

    /// Replaces the first `end` bytes of the input, which are a head, with the normalized head.
    fn replace(&mut self, end: usize) -> Result<(), Error> {
        let buffers = self.inner.buffers();
        let received = buffers.input();
        let (head, rest) = received.split_at(end);
        let strict = head_normalizer::normalize(head);
        let mut chunks = chunk_lines::is_chunked(&strict).then(ChunkLines::default);
        let body = match &mut chunks {
            Some(chunks) => chunks.strip(rest),
            None => Cow::Borrowed(rest),
        };
        let is_strict = *strict == *head && matches!(body, Cow::Borrowed(_));
        let input = (!is_strict).then(|| [&*strict, &*body].concat());
        self.chunks = chunks;
        input.map_or(Ok(()), |input| self.replace_input(&input))
    }

    /// Replaces everything that has been received and not been used.
    fn replace_input(&mut self, input: &[u8]) -> Result<(), Error> {
        let buffers = self.inner.buffers();
        let len = buffers.input().len();
        buffers.input_consume(len);
        let mut at = 0;
        while at < input.len() {
            let free = buffers.input_append_buf();
            let len = free.len().min(input.len() - at);
            if len == 0 {
                return Err(Error::LargeResponseHeader(input.len(), MAX_HEAD_LEN));
            }
            free[..len].copy_from_slice(&input[at..at + len]);
            buffers.input_appended(len);
            at += len;
        }
        Ok(())
    }
}

/// Returns whether another response follows this one, to the same request.
fn is_informational(head: &[u8]) -> bool {
    let status = head_scanner::status(head);
    status.is_some_and(|code| (100..200).contains(&code) && code != 101)
}

/// Returns the part of the timeout that is left.
fn left(timeout: NextTimeout, begun: Instant) -> Result<NextTimeout, Error> {
    let Duration::Exact(after) = timeout.after else {
        return Ok(timeout);
    };
    let left = after.saturating_sub(begun.elapsed());
    match left.is_zero() && !after.is_zero() {
        true => Err(Error::Timeout(timeout.reason)),
        false => Ok(NextTimeout {
            after: Duration::Exact(left),
            ..timeout
        }),
    }
}
