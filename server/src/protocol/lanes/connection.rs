//! The Lanes protocol on one connection: requests in, answers out, in the order asked.
//!
//! 1. Requests may be pipelined. Answers are gathered and leave when there is no further request
//!    to read, so a client that asks for a share together with the file gets both at once.
//! 2. A name that is not here is refused once: what was asked of it in advance is passed over in
//!    silence until the client opens or lists something else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lanes_shared::checksum::Digest;
use lanes_shared::packet::PacketPlan;
use lanes_shared::segments;
use lanes_shared::wire::{Opened, Refusal, Reply, Request, RunAsk};

use crate::content::digest_cache::{Algorithm, Progress};
use crate::content::file_root::OpenError;
use crate::content::open_file::OpenFile;
use crate::emulation::FlowGuard;
use crate::net::connection::Connection;
use crate::net::lingering_close::lingering_close;
use crate::net::recv_buffer::RecvBuffer;
use crate::protocol::close_reason::CloseReason;
use crate::protocol::transmit::Transmit;
use crate::state::ServerState;
use crate::sync::lock;

pub(crate) use super::requests::RequestError;

/// How often a client that waits for a digest hears that it is being computed.
const KEEP_ALIVE: Duration = Duration::from_secs(1);
/// Serves one connection to its end. The client says hello by `deadline`.
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
    };
    let end = lanes.run(deadline);
    // A client that asks nothing more may still be owed what it asked for.
    let end = end.and_then(|()| Ok(lanes.out.finish()?));
    match end {
        Ok(()) => tracing::debug!("the client is done: {}", connection.addr),
        // A socket that is shut down for reading because the server stops looks like its end.
        Err(end @ CloseReason::Gone(_)) => state.log.log_end(connection.addr, &end),
        Err(CloseReason::Refused(refusal, message)) => {
            let addr = connection.addr;
            state.log.notice(format!("{addr} refused: {message}"));
            let told = lanes.out.reply(&Reply::Refused { refusal, message });
            if told.and_then(|()| lanes.out.finish()).is_ok() {
                lingering_close(&connection.socket);
            }
        }
    }
}

/// Tells a client that there is no room for it, before it has said anything.
pub(crate) fn turn_away(state: &ServerState, connection: &Connection) {
    let message = format!(
        "the server serves {} connections already and no more; try again later, or with fewer",
        state.max_connections
    );
    let mut out = Transmit::new(state, connection);
    let refusal = Refusal::TooManyConnections;
    let told = out.reply(&Reply::Refused { refusal, message });
    if told.and_then(|()| out.flush()).is_ok() {
        lingering_close(&connection.socket);
    }
}

struct LanesConnection<'a> {
    state: &'a Arc<ServerState>,
    connection: &'a Arc<Connection>,
    recv: RecvBuffer<'a>,
    out: Transmit<'a>,
    file: Selection,
}

/// What the client has opened.
enum Selection {
    None,
    /// A file that was refused: what is asked of it is passed over.
    Refused,
    File(Box<SelectedFile>),
}

struct SelectedFile {
    file: Arc<OpenFile>,
    plan: PacketPlan,
    /// Held as long as the file is open: it keeps the hasher at work.
    digest: Option<Progress>,
}

impl LanesConnection<'_> {
    fn run(&mut self, deadline: Instant) -> Result<(), CloseReason> {
        self.hello(deadline)?;
        while let Some(request) = self.next(self.state.timeouts.idle)? {
            self.answer(request)?;
        }
        Ok(())
    }

    /// The next request. While the server is being stopped there is none.
    fn next(&mut self, patience: Duration) -> Result<Option<Request>, CloseReason> {
        let out = &mut self.out;
        let flush = || out.flush().map_err(CloseReason::from);
        let request = super::requests::next(&mut self.recv, patience, flush);
        if self.state.is_stopping() {
            return Err(CloseReason::stopping());
        }
        request
    }

    fn hello(&mut self, deadline: Instant) -> Result<(), CloseReason> {
        let magic = super::requests::magic(&mut self.recv, deadline);
        if self.state.is_stopping() {
            return Err(CloseReason::stopping());
        }
        magic?;
        match self.next(self.state.timeouts.request)? {
            None => Ok(()),
            Some(Request::Hello { session, link }) => {
                let link = FlowGuard::join(self.state, session, &link, self.connection)?;
                self.out.pace(link);
                Ok(self.out.reply(&Reply::Welcome {
                    software: concat!("lanes-server ", env!("CARGO_PKG_VERSION")).to_owned(),
                })?)
            }
            Some(_) => Err(CloseReason::bad_request(
                "the first request must be a hello",
            )),
        }
    }

    fn answer(&mut self, request: Request) -> Result<(), CloseReason> {
        match request {
            Request::Hello { .. } => return Err(CloseReason::bad_request("a second hello")),
            Request::List { after } => {
                if matches!(self.file, Selection::Refused) {
                    self.file = Selection::None;
                }
                let (entries, more) = self.state.files.catalogue_page(&after);
                self.out.reply(&Reply::Catalogue { entries, more })?;
                return Ok(());
            }
            Request::Open { name, packet_len } => return self.open(&name, packet_len),
            Request::LinkReport => return Ok(self.out.link_report()?),
            _ => {}
        }
        let file = match &mut self.file {
            Selection::None => return Err(CloseReason::bad_request("no file is open")),
            Selection::Refused => return Ok(()),
            Selection::File(file) => file,
        };
        let plan = file.plan;
        match request {
            Request::Run(run) => {
                let ids = ids_of(&plan, &run)?;
                self.out.open_flow_at(plan.offset(ids.start));
                self.out.run(&file.file, &plan, ids, run.order)
            }
            Request::Share {
                index,
                of,
                limit,
                order,
            } => {
                let ids = share(&plan, index, of, limit);
                self.out.open_flow_at(plan.offset(ids.start));
                self.out.run(&file.file, &plan, ids, order)
            }
            Request::Stream { offset } if offset > plan.file_len() => {
                Err(CloseReason::bad_request(format!(
                    "the stream begins beyond the file's end: {offset}"
                )))
            }
            Request::Stream { offset } => {
                self.out.open_flow_at(offset);
                let len = plan.file_len() - offset;
                let mut head = Vec::new();
                Reply::Streaming { len }.encode(&mut head);
                let bytes = offset..plan.file_len();
                self.out.plain(&head, &file.file, bytes, || {})
            }
            _ => {
                let digest = wait_for_digest(self.state, &mut self.out, file)?;
                Ok(self.out.reply(&Reply::DigestIs {
                    digest: Some(digest),
                    hashed: plan.file_len(),
                })?)
            }
        }
    }

    fn open(&mut self, name: &str, packet_len: u32) -> Result<(), CloseReason> {
        self.file = Selection::Refused;
        lock(&self.connection.file).clear();
        let file = match self.state.files.open(name) {
            Ok(file) => Arc::new(file),
            Err(error) => {
                let addr = self.connection.addr;
                self.state.log.notice(format!("{addr} refused: {error}"));
                let refusal = match error {
                    OpenError::NoSuchFile(_) => Refusal::NoSuchFile,
                    OpenError::Unreadable(..) => Refusal::Unreadable,
                };
                let message = error.to_string();
                self.out.reply(&Reply::Refused { refusal, message })?;
                return Ok(());
            }
        };
        let version = file.version();
        let plan = PacketPlan::new(version.len, packet_len)
            .map_err(|error| CloseReason::bad_request(error.to_string()))?;
        let digest = self.state.digests.ask(&file, Algorithm::Blake3);
        self.out.reply(&Reply::Opened(Opened {
            len: version.len,
            packet_len,
            modified_secs: version.modified_secs,
            modified_nanos: version.modified_nanos,
            digest: match digest {
                Progress::Known(sum) => Some(Digest(sum)),
                _ => None,
            },
        }))?;
        name.clone_into(&mut lock(&self.connection.file));
        let addr = self.connection.addr;
        self.state.log.info(format!("{addr} opens {name}"));
        self.file = Selection::File(Box::new(SelectedFile {
            file,
            plan,
            digest: Some(digest),
        }));
        Ok(())
    }
}

/// The packets that a run asks for, all of them the file's.
fn ids_of(plan: &PacketPlan, run: &RunAsk) -> Result<std::ops::Range<u64>, CloseReason> {
    let end = run.first.checked_add(run.count);
    match end.filter(|end| *end <= plan.count()) {
        Some(end) => Ok(run.first..end),
        None => Err(CloseReason::bad_request(format!(
            "the run leaves the file of {} packets: {} from {}",
            plan.count(),
            run.count,
            run.first
        ))),
    }
}

/// The packets that a share asks for: its segment, cut to whole packets within `limit` bytes.
fn share(plan: &PacketPlan, index: u16, of: u16, limit: u64) -> std::ops::Range<u64> {
    let packet_len = plan.packet_len().into();
    let bytes = segments::share(plan.file_len(), packet_len, index.into(), of.into());
    let ids = plan.ids_of(&bytes);
    let at_most = (limit / packet_len).max(1);
    ids.start..ids.end.min(ids.start.saturating_add(at_most))
}

/// Waits for the digest of an open file, and lets the client hear about once a second that it
/// is being computed.
fn wait_for_digest(
    state: &ServerState,
    out: &mut Transmit<'_>,
    file: &mut SelectedFile,
) -> Result<Digest, CloseReason> {
    let mut progress = match file.digest.take() {
        Some(pending @ Progress::Pending(_)) => pending,
        _ => state.digests.ask(&file.file, Algorithm::Blake3),
    };
    let mut patience = Duration::ZERO;
    loop {
        progress = state
            .digests
            .wait(&file.file, Algorithm::Blake3, progress, patience);
        match progress {
            Progress::Known(sum) => return Ok(Digest(sum)),
            Progress::Stopping => return Err(CloseReason::stopping()),
            Progress::Failed(refusal) => {
                let message = "the file changed or failed while its digest was computed";
                return Err(CloseReason::refused(refusal, message));
            }
            Progress::Pending(_) | Progress::Full => {}
        }
        if patience.is_zero() {
            // What was answered so far must not wait for the digest.
            out.flush()?;
            patience = KEEP_ALIVE;
        } else {
            let hashed = progress.hashed();
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
    fn a_share_is_cut_to_whole_packets_but_one_at_least() {
        let plan = PacketPlan::new(10_000, 1000).unwrap();
        assert_eq!(share(&plan, 0, 2, u64::MAX), 0..5);
        assert_eq!(share(&plan, 1, 2, 2999), 5..7);
        assert_eq!(share(&plan, 1, 2, 1), 5..6);
        let short = PacketPlan::new(100, 128).unwrap();
        assert!(share(&short, 0, 2, u64::MAX).is_empty());
        assert_eq!(share(&short, 1, 2, 9), 0..1);
        assert!(share(&PacketPlan::new(0, 128).unwrap(), 0, 1, 1).is_empty());
    }
}
