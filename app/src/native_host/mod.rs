//! The native messaging host: takes downloads from the browser extension in `app/browser` on the standard
//! input and answers on the standard output, as Chromium and Firefox start it.
//!
//! The browser passes on messages of the extension only, and the extension puts in what web pages chose: links
//! and names. So all bytes count as those of strangers: [`framing`] bounds them, [`message`] checks them.

mod framing;
mod message;
#[cfg(test)]
mod tests;

use std::io::{Read, Write};

use crate::handed_download::HandedDownload;
pub(crate) use framing::FramingError;
use message::{Answer, MessageError, Request};

/// The program that takes downloads: the window or the daemon.
pub(crate) trait Receiver {
    /// Reason why downloads are not taken.
    type Error: std::fmt::Display;

    /// Returns whether it runs.
    fn is_running(&self) -> bool;

    /// Hands downloads over if it runs; returns whether it took them. Must take less than the second after
    /// which the extension lets the browser continue.
    ///
    /// # Errors
    /// It refused them.
    fn give(&self, downloads: &[HandedDownload]) -> Result<bool, Self::Error>;

    /// Starts it and hands the downloads over. Takes at most ten seconds.
    ///
    /// # Errors
    /// It does not start, or refused them.
    fn start_and_give(&self, downloads: &[HandedDownload]) -> Result<(), Self::Error>;
}

/// Answers the messages of the extension until the browser closes the input.
///
/// # Errors
/// Input or output fails, or a message is too long or truncated.
pub(crate) fn run(
    input: &mut impl Read,
    output: &mut impl Write,
    receiver: &impl Receiver,
) -> Result<(), FramingError> {
    while let Some(bytes) = framing::read(input)? {
        match message::parse(&bytes) {
            Ok(Request::Hello) => {
                let hello = Answer::Hello {
                    version: env!("CARGO_PKG_VERSION"),
                    is_running: receiver.is_running(),
                };
                framing::write(output, &hello)?;
            }
            Ok(Request::Add { downloads, until }) => {
                let answer = add(output, receiver, &downloads, until)?;
                framing::write(output, &answer)?;
            }
            Err(error) => framing::write(output, &Answer::failed(&error))?,
        }
    }
    Ok(())
}

fn add(
    output: &mut impl Write,
    receiver: &impl Receiver,
    downloads: &[HandedDownload],
    until: Option<u64>,
) -> Result<Answer, FramingError> {
    if message::is_late(until) {
        return Ok(Answer::failed(&MessageError::Late));
    }
    let given = match receiver.give(downloads) {
        // The browser waits longer after the first answer, if that comes in time.
        Ok(false) if message::is_late(until) => return Ok(Answer::failed(&MessageError::Late)),
        Ok(false) => {
            framing::write(output, &Answer::Starting)?;
            receiver.start_and_give(downloads)
        }
        given => given.map(|_| ()),
    };
    Ok(given.map_or_else(|error| Answer::failed(&error), |()| Answer::Taken))
}
