//! When the window is drawn again for news that nobody clicked for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::egui;
use lanes_server::Watcher;

use crate::engine::Waker;

/// At most one frame in this time for news. Figures that change more often cannot be read, and where
/// the processor draws, every frame is time that a download lacks.
const MIN_INTERVAL: Duration = Duration::from_millis(200);

/// Brings news from many threads together into few frames.
#[derive(Clone)]
pub(super) struct RepaintThrottle(Arc<Shared>);

struct Shared {
    ctx: egui::Context,
    /// Whether a frame was asked for that has not begun yet.
    is_requested: AtomicBool,
    frame_start: Mutex<Instant>,
    /// Whether the screen that is shown says who is connected to the local server.
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

    /// A frame begins. To be called before the news are read: what comes after that asks again.
    pub(super) fn frame_started(&self, shows_server: bool) {
        *self
            .0
            .frame_start
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.shows_server.store(shows_server, Ordering::Release);
        self.0.is_requested.store(false, Ordering::Release);
    }

    /// For who has news to show on any screen.
    pub(super) fn waker(&self) -> Waker {
        let shared = Arc::clone(&self.0);
        Arc::new(move || shared.request())
    }

    /// For the local server, whose connections only one screen shows.
    pub(super) fn watcher(&self) -> Watcher {
        let shared = Arc::clone(&self.0);
        Watcher(Arc::new(move || {
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
            // Never at once: egui answers that with two frames.
            let wait = MIN_INTERVAL.saturating_sub(frame_start.elapsed());
            self.ctx
                .request_repaint_after(wait.max(Duration::from_millis(1)));
        }
    }
}
