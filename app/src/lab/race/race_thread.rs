//! The threads of a race, one for each download.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::{COUNTS, FILE, LINK, PACKET_LEN};
use lanes_engine::{
    self, CancelToken, Destination, DownloadSnapshot, DownloadSpec, FetchError, Outcome,
    ServerName, Source, Waker,
};

/// Longest time of a race. It takes about six seconds.
const MAX_TIME: Duration = Duration::from_secs(30);

/// Why a race could not be started.
#[derive(Debug, thiserror::Error)]
pub enum RaceError {
    /// The system refused a thread.
    #[error("cannot start a thread for the race: {0}")]
    Thread(#[source] io::Error),
}

/// The state of one download of a race.
#[derive(Debug, Clone, PartialEq)]
pub enum RacerState {
    /// It connects or receives.
    Running,
    /// The file was complete and verified after this time. The second value is the 99th percentile of the
    /// lateness of the emulated link, in microseconds, if the server reported it.
    Finished(Duration, Option<u64>),
    /// The race was cancelled.
    Cancelled,
    /// The race took longer than is allowed and was ended.
    TooLong,
    /// It failed, for this reason.
    Failed(String),
}

/// One download of a race.
#[derive(Debug, Clone)]
pub struct Racer {
    /// Number of connections.
    pub connections: u16,
    /// Its state.
    pub state: RacerState,
    /// Its progress; `None` before the first.
    pub download: Option<Arc<DownloadSnapshot>>,
}

/// A race on threads of its own. Dropping it cancels the downloads and joins the threads.
pub struct Race {
    racers: Arc<Mutex<Vec<Racer>>>,
    cancel: Vec<CancelToken>,
    threads: Vec<JoinHandle<()>>,
}

impl Race {
    /// Starts both downloads from `server`. `waker` is called after each change.
    ///
    /// # Errors
    /// [`RaceError::Thread`] if a thread could not be started.
    pub fn start(server: &ServerName, waker: &Waker) -> Result<Self, RaceError> {
        let racer = |connections| Racer {
            connections,
            state: RacerState::Running,
            download: None,
        };
        let mut race = Self {
            racers: Arc::new(Mutex::new(COUNTS.map(racer).into())),
            cancel: Vec::new(),
            threads: Vec::new(),
        };
        for (index, connections) in COUNTS.into_iter().enumerate() {
            let cancel = CancelToken::default();
            race.cancel.push(cancel.clone());
            let track = Track {
                racers: Arc::clone(&race.racers),
                index,
                waker: Arc::clone(waker),
                cancel,
            };
            let server = server.clone();
            let thread = Builder::new()
                .name(format!("race-{connections}"))
                .spawn(move || track.run(server, connections))
                .map_err(RaceError::Thread)?;
            race.threads.push(thread);
        }
        Ok(race)
    }

    /// Returns the state of the downloads, in the order of [`COUNTS`].
    pub fn racers(&self) -> Vec<Racer> {
        lock(&self.racers).clone()
    }

    /// Cancels the downloads. Never blocks.
    pub fn cancel(&self) {
        self.cancel.iter().for_each(CancelToken::cancel);
    }
}

impl Drop for Race {
    fn drop(&mut self) {
        self.cancel();
        for thread in self.threads.drain(..) {
            // The panic hook has already reported a panic of the thread.
            let _ = thread.join();
        }
    }
}

/// One download of a race, on its thread.
struct Track {
    racers: Arc<Mutex<Vec<Racer>>>,
    index: usize,
    waker: Waker,
    cancel: CancelToken,
}

impl Track {
    fn run(&self, server: ServerName, connections: u16) {
        let mut is_too_long = false;
        let result = self.fetch(server, connections, &mut is_too_long);
        let state = match result {
            Ok(outcome) => RacerState::Finished(
                outcome.elapsed,
                outcome.link_report.map(|report| report.lateness_p99_us),
            ),
            Err(FetchError::Stopped) if is_too_long => RacerState::TooLong,
            Err(FetchError::Stopped) => RacerState::Cancelled,
            Err(error) => RacerState::Failed(error.to_string()),
        };
        self.update(|racer| racer.state = state);
    }

    /// Downloads the file into a folder that is deleted afterwards.
    fn fetch(
        &self,
        server: ServerName,
        connections: u16,
        is_too_long: &mut bool,
    ) -> Result<Outcome, FetchError> {
        let folder = tempfile::Builder::new()
            .prefix("lanes-race-")
            .tempdir()
            .map_err(|error| {
                FetchError::Failed(format!("cannot create a temporary folder: {error}"))
            })?;
        let source = Source::Lanes {
            server,
            name: FILE.to_owned(),
        };
        let request = DownloadSpec {
            destination: Destination::Folder(folder.path().to_owned()),
            connections,
            packet_len: PACKET_LEN,
            link: Some(LINK.profile()),
            flush: false,
            open_all_connections: true,
            ..DownloadSpec::new(source)
        };
        lanes_engine::fetch(&request, &self.cancel, &mut |snapshot| {
            if snapshot.elapsed > MAX_TIME && !*is_too_long {
                *is_too_long = true;
                self.cancel.cancel();
            }
            self.update(|racer| racer.download = Some(Arc::clone(snapshot)));
        })
    }

    fn update(&self, change: impl FnOnce(&mut Racer)) {
        if let Some(racer) = lock(&self.racers).get_mut(self.index) {
            change(racer);
        }
        (self.waker)();
    }
}

fn lock(racers: &Mutex<Vec<Racer>>) -> MutexGuard<'_, Vec<Racer>> {
    racers.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use crossbeam_channel::{Receiver, bounded};
    use lanes_server::{Config, Server};

    use super::*;

    /// Starts a race and returns it with a channel that disconnects when its threads have ended.
    fn start(server: &str) -> (Race, Receiver<()>) {
        let (wake, wakes) = bounded(4096);
        let waker: Waker = Arc::new(move || {
            let _ = wake.try_send(());
        });
        let race = Race::start(&server.parse().unwrap(), &waker).unwrap();
        (race, wakes)
    }

    fn end(wakes: &Receiver<()>) {
        while wakes.recv().is_ok() {}
    }

    #[test]
    fn both_downloads_are_real_and_eight_connections_are_faster() {
        let server = Server::start(Config {
            listen: ([127, 0, 0, 1], 0).into(),
            ..Config::default()
        })
        .unwrap();
        let (race, wakes) = start(&server.addr().to_string());
        end(&wakes);
        let racers = race.racers();
        let secs = |racer: &Racer| match racer.state {
            RacerState::Finished(time, _) => time.as_secs_f64(),
            ref other => panic!("{other:?}"),
        };
        let (one, eight) = (secs(&racers[0]), secs(&racers[1]));
        // The window alone allows one connection 7.5 Mbit/s: 5.1 s.
        assert!(one > 4.5 && eight < one, "{one:.2} s and {eight:.2} s");
        for racer in &racers {
            let download = racer.download.as_ref().unwrap();
            assert_eq!(download.done, 4_768_175);
            assert_eq!(download.checked, ["BLAKE3"]);
            assert_eq!(download.connections.len(), usize::from(racer.connections));
            assert!(download.map.iter().all(|cell| cell.done == 255));
            let path = download.path.as_ref().unwrap();
            assert!(
                !path.exists() && !path.parent().unwrap().exists(),
                "{path:?}"
            );
        }
    }

    #[test]
    fn a_cancelled_race_ends_while_the_server_is_silent() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (race, wakes) = start(&listener.local_addr().unwrap().to_string());
        let _connection = listener.accept().unwrap();
        race.cancel();
        end(&wakes);
        for racer in race.racers() {
            assert_eq!(racer.state, RacerState::Cancelled);
        }
    }

    #[test]
    fn a_server_that_is_gone_fails_both_with_a_reason() {
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        let (race, wakes) = start(&gone.unwrap().to_string());
        end(&wakes);
        for racer in race.racers() {
            assert!(matches!(&racer.state, RacerState::Failed(reason) if !reason.is_empty()));
        }
    }
}
