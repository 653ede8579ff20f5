//! Runs the interface of the window on threads of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use lanes_engine::{Engine, Limits, Waker};

use super::listing::Listing;
use super::questions::{Answer, Question};
use super::settings::{Shared, WindowSettings};
use super::{State, WindowDownloads};
use crate::rpc::acceptor;
use crate::rpc::access::Access;
use crate::rpc::listen::{DEFAULT_ADDRESS, ListenError, MOTRIX_ADDRESS, listen};
use crate::rpc::notify::Notifier;
use crate::rpc::options::Options;
use crate::rpc::save_root::SaveRoot;
use crate::rpc::service::Service;
use crate::rpc::session_id;
use crate::rpc::stop_signal::StopSignal;

/// Configuration of the interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// Port on the loopback interface. With 6800, the default of aria2, 16800 is used besides if it is free.
    pub port: u16,
    /// Token that clients need; without one the user is asked before anything is downloaded.
    pub secret: Option<String>,
    /// Folder for downloads; clients save nothing outside of it.
    pub root: PathBuf,
}

/// Reason why the interface cannot run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// No address is free.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The folder for downloads cannot be used.
    #[error("cannot save to {}: {error}", .path.display())]
    Root {
        /// The folder.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
    /// A thread cannot be created.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
}

/// The running interface that changes of the engine wake.
#[derive(Clone, Default)]
pub(crate) struct WakeSlot(Arc<Mutex<Option<Arc<StopSignal>>>>);

impl WakeSlot {
    /// Wakes the interface, if one runs.
    pub(crate) fn wake(&self) {
        if let Some(signal) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            signal.wake();
        }
    }

    fn set(&self, signal: Option<Arc<StopSignal>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = signal;
    }
}

/// The running interface. Dropping it ends its connections and joins its threads.
pub(crate) struct WindowInterface {
    downloads: Arc<WindowDownloads>,
    addresses: Vec<SocketAddr>,
    remark: Option<String>,
    slot: WakeSlot,
    thread: Option<JoinHandle<()>>,
}

impl WindowInterface {
    /// Listens and serves clients until it is dropped. `wake_window` is called after each question and change of
    /// settings; the engine wakes the interface over `slot`.
    ///
    /// # Errors
    /// See [`StartError`].
    pub(crate) fn start(
        config: Config,
        engine: Arc<Engine>,
        settings: WindowSettings,
        wake_window: Waker,
        slot: WakeSlot,
    ) -> Result<Self, StartError> {
        let (listeners, remark) = listeners(config.port)?;
        let root = SaveRoot::new(&config.root).map_err(|error| StartError::Root {
            path: config.root.clone(),
            error,
        })?;
        let signal = Arc::new(StopSignal::default());
        let downloads = Arc::new(WindowDownloads {
            engine,
            state: Mutex::new(State {
                listing: Listing::default(),
                pending: std::collections::HashMap::new(),
                global: Options::default(),
                defaults: Options::defaults(&root.path().display().to_string()),
            }),
            questions: Mutex::default(),
            settings: Mutex::new(Shared {
                now: settings,
                changed: None,
            }),
            has_token: config.secret.is_some(),
            root,
            signal: Arc::clone(&signal),
            notifier: Notifier::default(),
            session_id: session_id::random(),
            wake_window,
        });
        // Restored downloads are no news.
        drop(downloads.current());
        slot.set(Some(signal));
        let addresses = listeners.iter().filter_map(|one| one.local_addr().ok());
        let addresses = addresses.collect();
        let served = Arc::clone(&downloads);
        let thread = Builder::new()
            .name("rpc-window".into())
            .spawn(move || serve(&listeners, &served, config.secret.as_deref()))?;
        Ok(Self {
            downloads,
            addresses,
            remark,
            slot,
            thread: Some(thread),
        })
    }

    /// Returns the addresses at which clients reach it.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Returns a remark about an address that another program holds.
    pub(crate) fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// Calls `read` with the downloads that wait for an answer.
    pub(crate) fn questions<T>(&self, read: impl FnOnce(&[Question]) -> T) -> T {
        self.downloads.read_questions(|questions| {
            let is_open = |question: &Question| question.answer.is_none();
            let open = questions.iter().all(is_open);
            read(if open { questions } else { &[] })
        })
    }

    /// Answers all questions.
    pub(crate) fn answer(&self, answer: Answer) {
        self.downloads.answer_all(answer);
    }

    /// Tells clients the settings of the window.
    pub(crate) fn set_settings(&self, settings: WindowSettings) {
        self.downloads.read_settings(|shared| shared.now = settings);
    }

    /// Returns the limits that a client has set since the last call.
    pub(crate) fn take_limits(&self) -> Option<Limits> {
        self.downloads.read_settings(|shared| shared.changed.take())
    }
}

impl Drop for WindowInterface {
    fn drop(&mut self) {
        self.slot.set(None);
        self.downloads.signal.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread `rpc-window` panicked");
        }
    }
}

fn serve(listeners: &[TcpListener], downloads: &WindowDownloads, secret: Option<&str>) {
    let service = Service {
        backend: downloads,
        secret,
        access: &Access::default(),
    };
    if let Err(error) = acceptor::serve(listeners, &service, || downloads.run()) {
        tracing::warn!("the interface for other programs ended: {error}");
    }
}

/// Listens at the port. If another program holds the default port, the other one is enough.
fn listeners(port: u16) -> Result<(Vec<TcpListener>, Option<String>), ListenError> {
    let first = listen((Ipv4Addr::LOCALHOST, port).into());
    if port != DEFAULT_ADDRESS.port() {
        return Ok((vec![first?], None));
    }
    match (first, listen(MOTRIX_ADDRESS)) {
        (Ok(first), Ok(second)) => Ok((vec![first, second], None)),
        (Ok(first), Err(error)) => Ok((vec![first], Some(error.to_string()))),
        (Err(error), Ok(second)) => Ok((vec![second], Some(error.to_string()))),
        (Err(error), Err(_)) => Err(error),
    }
}
