//! The body of an answer, on its way into the file.

use std::io::{self, Read as _};
use std::ops::Range;
use std::time::Instant;

use super::range_worker::RangeWorker;
use crate::model::outcome::FetchError;
use crate::model::worker_error::WorkerError;
use crate::protocol::http::client::body_reader::BodyReader;
use crate::protocol::http::client::request;
use crate::scheduling::mirror::Mirror;
use crate::storage::download_file::OpenDownload;
use crate::storage::splice;
use crate::storage::splice::Splice;
use crate::transfer::range_writer::{RangeWriteError, RangeWriter};

/// Room for what is read at once, in bytes.
pub(crate) const BUFFER_LEN: usize = 128 * 1024;
/// To wait for fewer bytes than this is not worth the call that says so.
const WORTH_WAITING: u64 = 64 * 1024;
/// What may have come already and lie between the socket and this reader, in bytes: packed into TLS
/// records, or in the framing of chunks.
const UNCERTAIN: u64 = 128 * 1024;
/// After so much TCP has opened its window, and the answer's rate tells what is to come, in bytes.
const TELLING: u64 = 1 << 20;
/// So much is rather read and thrown away than a connection made anew, in bytes.
const WORTH_DRAINING: u64 = 64 * 1024;

/// The body of one answer and where its next byte belongs.
pub(crate) struct BodyWriter<'s, 'a> {
    session: &'s mut RangeWorker<'a>,
    pub active: &'a OpenDownload,
    body: BodyReader,
    /// The way past this program, where nobody looks at the bytes.
    pipe: Option<Splice>,
    /// Where in the file the next byte belongs.
    pub at: u64,
    /// Where the answer begins and ends.
    begins: u64,
    ends: u64,
    since: Instant,
}

impl<'s, 'a> BodyWriter<'s, 'a> {
    pub fn new(
        session: &'s mut RangeWorker<'a>,
        body: BodyReader,
        bytes: Range<u64>,
    ) -> Result<Self, WorkerError> {
        let transfer = session.transfer;
        let Some(active) = transfer.active() else {
            return Err(WorkerError::Lost("the plan was lost".into()));
        };
        let index = session.index;
        let landing = &mut session.landing;
        let landing = landing.get_or_insert_with(|| RangeWriter::new(transfer, active, index));
        let pours = body.can_pour() && landing.takes_unseen();
        Ok(Self {
            active,
            body,
            pipe: pours.then(Splice::new).flatten(),
            at: bytes.start,
            begins: bytes.start,
            ends: bytes.end,
            since: Instant::now(),
            session,
        })
    }

    pub fn expect(&mut self, bytes: Range<u64>) {
        if let Some(landing) = &mut self.session.landing {
            landing.expect(bytes);
        }
    }

    /// Lands everything up to `end`, which was claimed.
    pub fn up_to(&mut self, end: u64) -> Result<(), WorkerError> {
        let plan = &self.active.plan;
        let mut next = plan.id_at(self.at);
        while self.at < end {
            let from = self.at;
            let poured = self.pour(end)?;
            if !poured {
                self.receive(end)?;
            }
            let Some(landing) = &mut self.session.landing else {
                return Ok(());
            };
            let landed = match &mut self.pipe {
                Some(pipe) if poured => landing.pour(from, pipe),
                _ => landing.write(from, &self.session.buf[..(self.at - from) as usize]),
            };
            landed.map_err(landing_error)?;
            while next < plan.count() && plan.bytes_of(&(next..next + 1)).end <= self.at {
                landing.whole(next).map_err(landing_error)?;
                next += 1;
            }
            landing.flush().map_err(landing_error)?;
            let session = &self.session;
            session
                .transfer
                .sites
                .brought(session.site, &(from..self.at));
            let whole = plan.offset(next.min(plan.count())).min(self.at);
            self.session.transfer.meters[self.session.index].set_partial(self.at - whole);
        }
        Ok(())
    }

    /// Reads on without landing anything.
    pub fn skip_to(&mut self, end: u64) -> Result<(), WorkerError> {
        while self.at < end {
            self.receive(end)?;
        }
        Ok(())
    }

    fn receive(&mut self, end: u64) -> Result<(), WorkerError> {
        let room = (BUFFER_LEN as u64).min(end - self.at) as usize;
        self.session.line.wish(self.wish());
        if self.session.buf.len() < room {
            // As long as the answer needs it: to clear all of it takes longer than to read a short one. Of
            // much, what is never written to costs nothing, but must come as it is for that.
            let rest = (BUFFER_LEN as u64).min(self.ends - self.at) as usize;
            self.session.buf = vec![0; rest.max(room)];
        }
        let read = self.body.read(&mut self.session.buf[..room]);
        self.received(read)
    }

    /// Moves what follows into the pipe, if it can go that way.
    fn pour(&mut self, end: u64) -> Result<bool, WorkerError> {
        let much = (self.speed() / 100.0) as u64;
        let most = (much.max(BUFFER_LEN as u64)).min(splice::ROOM as u64);
        let most = most.min(end - self.at) as usize;
        let pipe = self.pipe.as_mut();
        let Some(moved) = pipe.and_then(|pipe| self.body.pour(pipe, most)) else {
            return Ok(false);
        };
        self.received(moved).map(|()| true)
    }

    fn received(&mut self, len: io::Result<usize>) -> Result<(), WorkerError> {
        match len {
            Ok(0) => Err(WorkerError::Lost(
                "the server closed the connection early".into(),
            )),
            Ok(len) => {
                self.at += len as u64;
                if self.at == self.ends && self.body.is_sized() {
                    // The answer is whole. If the file is too, the connection has its use for another.
                    self.session.line.rest();
                }
                Ok(())
            }
            Err(error) => Err(WorkerError::Lost(read_error(error, self.session.site))),
        }
    }

    /// What it brings, in bytes a second: as measured of late or, before there is a measure, once enough of
    /// this answer has come to tell.
    pub fn speed(&self) -> f64 {
        let measured = self.measured();
        let came = self.at - self.begins;
        if measured > 0.0 || came < TELLING {
            return measured;
        }
        came as f64 / self.since.elapsed().as_secs_f64().max(1e-6)
    }

    fn measured(&self) -> f64 {
        self.session.transfer.meters[self.session.index].speed()
    }

    /// How many bytes should be there before this thread is woken: what comes in a hundredth of a
    /// second, where that is much, and never what may not come any more.
    fn wish(&self) -> usize {
        let much = (self.measured() / 100.0) as u64;
        // Half of what is to come: a read that has taken almost enough sleeps until as much again is there.
        let certain = self.ends.saturating_sub(self.at + UNCERTAIN) / 2;
        if much < WORTH_WAITING || certain < WORTH_WAITING {
            return 1;
        }
        much.min(certain) as usize
    }

    /// Nothing further of this answer is wanted, which goes on to `end`.
    pub fn leave(mut self, end: u64) -> Result<(), WorkerError> {
        if end - self.at <= WORTH_DRAINING {
            self.skip_to(end)?;
            return self.finish();
        }
        self.session.line.hangs_up();
        Ok(())
    }

    /// The body must be at its end; once that was read the connection can be used again.
    pub fn finish(self) -> Result<(), WorkerError> {
        let Some(is_kept) = self.body.finish() else {
            let reason = "the server sent more than it said";
            return Err(WorkerError::Lost(reason.into()));
        };
        self.session.is_connected = is_kept;
        Ok(())
    }
}

/// Why the body of an answer ended early.
pub(crate) fn read_error(error: io::Error, site: &Mirror) -> String {
    request::in_words(&ureq::Error::from(error), site.url.host())
}

fn landing_error(error: RangeWriteError) -> WorkerError {
    match error {
        RangeWriteError::Unasked => WorkerError::Lost("bytes came that were not asked for".into()),
        RangeWriteError::Write(reason) => WorkerError::Fatal(FetchError::Failed(reason)),
    }
}
