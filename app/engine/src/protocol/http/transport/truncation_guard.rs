//! A connection that was cut has not ended: what came over it is not all of a body without a length.
//!
//! The agent takes a reset for such an end, and TLS that ends without a word too: anybody on the way could
//! shorten a file.

use std::io;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Stands before all other transports, also those that a proxy is behind.
#[derive(Debug)]
pub(crate) struct TruncationGuardConnector;

impl<In: Transport> Connector<In> for TruncationGuardConnector {
    type Out = TruncationGuard<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(TruncationGuard))
    }
}

/// A transport whose cut is an error of another kind than those that the agent takes for an end.
#[derive(Debug)]
pub(crate) struct TruncationGuard<T>(T);

impl<T: Transport> Transport for TruncationGuard<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout).map_err(cut)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

fn cut(error: Error) -> Error {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, InvalidData, UnexpectedEof,
    };
    match error {
        Error::Io(io) if matches!(io.kind(), ConnectionReset | ConnectionAborted) => {
            Error::Io(BrokenPipe.into())
        }
        Error::Io(io) if io.kind() == UnexpectedEof => {
            let words = "it ended without a word, as one that somebody cuts";
            Error::Io(io::Error::new(InvalidData, words))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_of_what_the_agent_takes_for_an_end_reaches_it() {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, UnexpectedEof};
        for end in [ConnectionAborted, ConnectionReset, UnexpectedEof] {
            let Error::Io(io) = cut(Error::Io(end.into())) else {
                panic!("{end} is no error of a connection any more");
            };
            let ends = [ConnectionAborted, ConnectionReset, UnexpectedEof];
            assert!(!ends.contains(&io.kind()), "{end}");
        }
    }
}
