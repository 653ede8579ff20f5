//! Coalesces repaint requests from background threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::egui;
use lanes_server::ChangeCallback;

use lanes_engine::Waker;

/// Minimum interval between two repaints for background changes. Faster changing numbers cannot be
/// read, and with software rendering every frame takes processor time from the downloads.
const MIN_INTERVAL: Duration = Duration::from_millis(200);

/// Merges the wake-ups of many threads into few frames. Clones share their state.
#[derive(Clone)]
pub(super) struct RepaintThrottle(Arc<Shared>);

struct Shared {
    ctx: egui::Context,
    /// A repaint is pending.
    is_requested: AtomicBool,
    frame_start: Mutex<Instant>,
    /// The visible screen shows the local server's connections.
    shows_server: AtomicBool,
}

impl RepaintThrottle {
    pub(super) fn new(ctx: &egui::Context) -> Self {
        Self(Arc::new(Shared {
            ctx: ctx.clone(),
            is_requested: AtomicBool::new(false),
            frame_start: Mutex::new(Instant::now()),
            shows_server: AtomicBool::new(false),
        }))
    }

    /// Marks the start of a frame. Called before any state is read, so that a later change requests
    /// another frame.
    pub(super) fn frame_started(&self, shows_server: bool) {
        *self
            .0
            .frame_start
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.shows_server.store(shows_server, Ordering::Release);
        self.0.is_requested.store(false, Ordering::Release);
    }

    /// Returns a waker for state that every screen may show.
    pub(super) fn waker(&self) -> Waker {
        let shared = Arc::clone(&self.0);
        Arc::new(move || shared.request())
    }

    /// Returns a watcher for the local server, which repaints only while its screen is visible.
    pub(super) fn watcher(&self) -> ChangeCallback {
        let shared = Arc::clone(&self.0);
        ChangeCallback(Arc::new(move || {
            if shared.shows_server.load(Ordering::Acquire) {
                shared.request();
            }
        }))
    }
}

impl Shared {
    fn request(&self) {
        if !self.is_requested.swap(true, Ordering::AcqRel) {
            let frame_start = *self
                .frame_start
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            // A delay of zero makes egui draw two frames.
            let wait = MIN_INTERVAL.saturating_sub(frame_start.elapsed());
            self.ctx
                .request_repaint_after(wait.max(Duration::from_millis(1)));
        }
    }
}
