//! Reports resets and a missing TLS `close_notify` as errors. ureq treats them as the end of a body
//! without a length, so anyone on the path could truncate a file.

use std::io;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Comes after the connectors of proxies and TLS, so that it guards their connections too.
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

/// A transport that reports truncation with error kinds that ureq does not take for an end.
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
        self.0.await_input(timeout).map_err(as_error)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

fn as_error(error: Error) -> Error {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, InvalidData, UnexpectedEof,
    };
    match error {
        Error::Io(io) if matches!(io.kind(), ConnectionReset | ConnectionAborted) => {
            Error::Io(BrokenPipe.into())
        }
        Error::Io(io) if io.kind() == UnexpectedEof => {
            let reason = "connection closed without TLS close_notify (truncated?)";
            Error::Io(io::Error::new(InvalidData, reason))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_never_looks_like_the_end_of_a_body() {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, UnexpectedEof};
        for end in [ConnectionAborted, ConnectionReset, UnexpectedEof] {
            let Error::Io(io) = as_error(Error::Io(end.into())) else {
                panic!("{end} became an error of another type");
            };
            let ends = [ConnectionAborted, ConnectionReset, UnexpectedEof];
            assert!(!ends.contains(&io.kind()), "{end}");
        }
    }
}
