//! One connection of a Lanes client.
//!
//! 1. Requests may be pipelined. Replies are buffered and sent when no further request is buffered,
//!    so that a client that opens a file and requests a segment of it gets both at once.
//! 2. A name that does not exist is refused once. Requests that the client pipelined for that file
//!    are skipped until it opens or lists something else.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanes_shared::checksum::Digest;
use lanes_shared::class_result::ClassResult;
use lanes_shared::packet::PacketPlan;
use lanes_shared::segments;
use lanes_shared::wire::{Opened, Refusal, Reply, Request, RunRequest};

use super::super::close_reason::CloseReason;
use super::super::transmit::Transmit;
use super::error::RequestError;
use super::requests::{read_magic, read_request};
use crate::content::digest_cache::{Algorithm, DigestStatus};
use crate::content::open_file::OpenFile;
use crate::emulation::flow_guard::FlowGuard;
use crate::emulation::session::SessionId;
use crate::net::connection::Connection;
use crate::net::lingering_close::lingering_close;
use crate::net::peer_state::{HALF_CLOSED_TIMEOUT, PeerState, peer_state};
use crate::net::recv_buffer::RecvBuffer;
use crate::state::ServerState;
use crate::sync::lock;
use crate::telemetry::stats::Protocol;

/// Interval of the progress replies to a client that waits for a digest.
const DIGEST_PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// Maximum number of results over one connection; a client sends one.
const MAX_RESULTS: u32 = 16;

/// Serves a connection to its end. The client must send its magic bytes by `deadline`.
pub(crate) fn serve(
    state: &Arc<ServerState>,
    connection: &Arc<Connection>,
    recv: RecvBuffer<'_>,
    deadline: Instant,
) {
    let mut lanes = LanesConnection {
        state,
        connection,
        recv,
        out: Transmit::new(state, connection),
        file: Selection::None,
        results: 0,
    };
    let result = lanes.run(deadline);
    // A client that has closed its sending side still gets everything it requested.
    let result = result.and_then(|()| Ok(lanes.out.finish()?));
    match result {
        Ok(()) => tracing::debug!("closed by the client: {}", connection.addr),
        Err(CloseReason::Refused { refusal, message }) => {
            let addr = connection.addr;
            state.log.notice(&format!("{addr} refused: {message}"));
            let sent = lanes.out.reply(&Reply::Refused { refusal, message });
            if sent.and_then(|()| lanes.out.finish()).is_ok() {
                lingering_close(&connection.socket);
            }
        }
        Err(reason) => reason.log(&state.log, connection.addr),
    }
}

struct LanesConnection<'a> {
    state: &'a Arc<ServerState>,
    connection: &'a Arc<Connection>,
    recv: RecvBuffer<'a>,
    out: Transmit<'a>,
    file: Selection,
    /// Number of results that the client has sent.
    results: u32,
}

/// The file that the client has opened.
enum Selection {
    None,
    /// The file was refused; requests for it are skipped.
    Refused,
    File(Box<SelectedFile>),
}

struct SelectedFile {
    file: Arc<OpenFile>,
    plan: PacketPlan,
    /// Held while the file is selected: the hasher skips digests that no connection holds.
    digest: Option<DigestStatus>,
}

impl LanesConnection<'_> {
    fn run(&mut self, deadline: Instant) -> Result<(), CloseReason> {
        self.handshake(deadline)?;
        while let Some(request) = self.next(self.state.timeouts.idle)? {
            self.respond(request)?;
        }
        Ok(())
    }

    /// Reads the next request. Refuses it if the server is stopping.
    fn next(&mut self, timeout: Duration) -> Result<Option<Request>, CloseReason> {
        let (out, connection) = (&mut self.out, self.connection);
        let request = read_request(&mut self.recv, timeout, || {
            out.flush()?;
            connection.set_waiting();
            Ok(())
        });
        // A socket that is shut down because the server stops looks like one the client has closed.
        if self.state.is_stopping() {
            return Err(CloseReason::stopping());
        }
        if !connection.set_busy() {
            return Err(CloseReason::Disconnected(
                io::ErrorKind::NotConnected.into(),
            ));
        }
        Ok(request?)
    }

    fn handshake(&mut self, deadline: Instant) -> Result<(), CloseReason> {
        let magic = read_magic(&mut self.recv, deadline);
        if self.state.is_stopping() {
            return Err(CloseReason::stopping());
        }
        magic?;
        match self.next(self.state.timeouts.request)? {
            None => Ok(()),
            Some(Request::Hello { session, link }) => {
                let open = self.state.open_connections();
                let sessions = &self.state.sessions;
                let session = SessionId {
                    protocol: Protocol::Lanes,
                    bytes: session,
                };
                let link = FlowGuard::join(sessions, session, &link, self.connection, open)?;
                self.out.set_link(link);
                Ok(self.out.reply(&Reply::Welcome {
                    software: concat!("lanes-server ", env!("CARGO_PKG_VERSION")).to_owned(),
                })?)
            }
            Some(_) => Err(RequestError::HelloExpected.into()),
        }
    }

    fn respond(&mut self, request: Request) -> Result<(), CloseReason> {
        match request {
            Request::Hello { .. } => return Err(RequestError::SecondHello.into()),
            Request::List { after } => {
                if matches!(self.file, Selection::Refused) {
                    self.file = Selection::None;
                }
                let (entries, more) = self.state.files.catalogue_page(&after);
                return Ok(self.out.reply(&Reply::Catalogue { entries, more })?);
            }
            Request::Open { name, packet_len } => return self.open(&name, packet_len),
            Request::LinkReport => return Ok(self.out.send_link_report()?),
            Request::Result(result) => return self.keep(*result),
            _ => {}
        }
        let file = match &mut self.file {
            Selection::None => return Err(RequestError::NoFileOpen.into()),
            Selection::Refused => return Ok(()),
            Selection::File(file) => file,
        };
        let plan = file.plan;
        match request {
            Request::Run(run) => {
                let ids = run_ids(&plan, &run)?;
                self.out.open_flow_at(plan.offset(ids.start));
                self.out.send_packets(&file.file, &plan, ids, run.order)
            }
            Request::Segment {
                index,
                count: of,
                limit,
                order,
            } => {
                let ids = segment_ids(&plan, index, of, limit);
                self.out.open_flow_at(plan.offset(ids.start));
                self.out.send_packets(&file.file, &plan, ids, order)
            }
            Request::Stream { offset } if offset > plan.file_len() => {
                Err(RequestError::OffsetOutOfRange(offset).into())
            }
            Request::Stream { offset } => {
                self.out.open_flow_at(offset);
                let len = plan.file_len() - offset;
                let mut head = Vec::new();
                Reply::Streaming { len }.encode(&mut head);
                let bytes = offset..plan.file_len();
                self.out.send_bytes(&head, &file.file, bytes, || {})
            }
            _ => {
                let digest = wait_for_digest(self.state, self.connection, &mut self.out, file)?;
                Ok(self.out.reply(&Reply::DigestIs {
                    digest: Some(digest),
                    hashed: plan.file_len(),
                })?)
            }
        }
    }

    /// Keeps the result of an experiment, if the server keeps any.
    fn keep(&mut self, result: ClassResult) -> Result<(), CloseReason> {
        self.results += 1;
        if self.results > MAX_RESULTS {
            return Err(RequestError::TooManyResults(MAX_RESULTS).into());
        }
        let addr = self.connection.addr;
        let Some(results) = self.state.results() else {
            let message = "this server keeps no results of a class";
            self.state.log.notice(&format!("{addr} refused: {message}"));
            return Ok(self.out.reply(&Reply::Refused {
                refusal: Refusal::KeepsNoResults,
                message: message.to_owned(),
            })?);
        };
        let file = result.file.clone();
        let added = results.add(addr.ip(), result);
        self.state
            .log
            .info(&format!("{addr} sends its result for {file}"));
        self.state.notify_change();
        Ok(self.out.reply(&Reply::ResultKept {
            is_replaced: added.is_replaced,
            kept: added.kept as u32,
        })?)
    }

    fn open(&mut self, name: &str, packet_len: u32) -> Result<(), CloseReason> {
        self.file = Selection::Refused;
        lock(&self.connection.file).clear();
        let file = match self.state.files.open(name) {
            Ok(file) => Arc::new(file),
            Err(error) => {
                let addr = self.connection.addr;
                self.state.log.notice(&format!("{addr} refused: {error}"));
                self.out.reply(&Reply::Refused {
                    refusal: error.refusal(),
                    message: error.to_string(),
                })?;
                return Ok(());
            }
        };
        let version = file.version();
        let plan = PacketPlan::new(version.len, packet_len).map_err(RequestError::from)?;
        let digest = self
            .state
            .digests
            .request(&file, Algorithm::Blake3, self.connection.client);
        self.out.reply(&Reply::Opened(Opened {
            len: version.len,
            packet_len,
            modified_secs: version.modified_secs,
            modified_nanos: version.modified_nanos,
            digest: match digest {
                DigestStatus::Known(digest) => Some(Digest(digest)),
                _ => None,
            },
        }))?;
        name.clone_into(&mut lock(&self.connection.file));
        let addr = self.connection.addr;
        self.state.log.info(&format!("{addr} opens {name}"));
        self.file = Selection::File(Box::new(SelectedFile {
            file,
            plan,
            digest: Some(digest),
        }));
        Ok(())
    }
}

/// Returns the packet ids of a run.
fn run_ids(plan: &PacketPlan, run: &RunRequest) -> Result<Range<u64>, RequestError> {
    let end = run.first.checked_add(run.count);
    match end.filter(|end| *end <= plan.count()) {
        Some(end) => Ok(run.first..end),
        None => Err(RequestError::RunOutOfRange {
            first: run.first,
            count: run.count,
            packets: plan.count(),
        }),
    }
}

/// Returns the packet ids of an equal segment, cut to whole packets within `limit` bytes but at
/// least one.
fn segment_ids(plan: &PacketPlan, index: u16, of: u16, limit: u64) -> Range<u64> {
    let packet_len = plan.packet_len().into();
    let bytes = segments::equal_segment(plan.file_len(), packet_len, index.into(), of.into());
    let ids = plan.ids_of(&bytes);
    let max_packets = (limit / packet_len).max(1);
    ids.start..ids.end.min(ids.start.saturating_add(max_packets))
}

/// Waits for the digest of a file. Sends the client its progress about once a second.
fn wait_for_digest(
    state: &ServerState,
    connection: &Connection,
    out: &mut Transmit<'_>,
    file: &mut SelectedFile,
) -> Result<Digest, CloseReason> {
    let mut status = match file.digest.take() {
        Some(pending @ DigestStatus::Pending(_)) => pending,
        _ => state
            .digests
            .request(&file.file, Algorithm::Blake3, connection.client),
    };
    let mut timeout = Duration::ZERO;
    let mut half_closed_for = Duration::ZERO;
    loop {
        status = state.digests.wait(
            &file.file,
            Algorithm::Blake3,
            status,
            connection.client,
            timeout,
        );
        match status {
            DigestStatus::Known(digest) => return Ok(Digest(digest)),
            DigestStatus::Stopping => return Err(CloseReason::stopping()),
            DigestStatus::Failed(refusal) => return Err(RequestError::Digest(refusal).into()),
            DigestStatus::Pending(_) | DigestStatus::Full => {}
        }
        if timeout.is_zero() {
            // Pending replies must not wait for the digest.
            out.flush()?;
            timeout = DIGEST_PROGRESS_INTERVAL;
        } else {
            // A slow emulated link takes the progress without a write that would show it.
            match peer_state(&connection.socket) {
                PeerState::Open => half_closed_for = Duration::ZERO,
                PeerState::HalfClosed => half_closed_for += timeout,
                PeerState::Gone => half_closed_for = HALF_CLOSED_TIMEOUT,
            }
            if half_closed_for >= HALF_CLOSED_TIMEOUT && out.has_link() {
                return Err(CloseReason::Disconnected(
                    io::ErrorKind::NotConnected.into(),
                ));
            }
            let hashed = status.hashed();
            out.reply(&Reply::DigestIs {
                digest: None,
                hashed,
            })?;
            out.flush()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_cut_to_whole_packets_and_at_least_one() {
        let plan = PacketPlan::new(10_000, 1000).unwrap();
        assert_eq!(segment_ids(&plan, 0, 2, u64::MAX), 0..5);
        assert_eq!(segment_ids(&plan, 1, 2, 2999), 5..7);
        assert_eq!(segment_ids(&plan, 1, 2, 1), 5..6);
        let short = PacketPlan::new(100, 128).unwrap();
        assert!(segment_ids(&short, 0, 2, u64::MAX).is_empty());
        assert_eq!(segment_ids(&short, 1, 2, 9), 0..1);
        assert!(segment_ids(&PacketPlan::new(0, 128).unwrap(), 0, 1, 1).is_empty());
    }
}
