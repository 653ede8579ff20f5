//! Owns the program while its window is open.
//!
//! 1. The window stays on the screen until its content is dropped, and dropping the program may
//!    block on the system, such as on a name lookup. So the program is moved out when the window
//!    closes, and is dropped after the window has gone.
//! 2. The cost of each frame is logged for `app/tests/real_window`: `RUST_LOG=lanes::frames=trace`.

use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use eframe::egui;

use super::app::LanesApp;

/// The program in its window.
pub(super) struct Shell {
    /// `None` only after the window has closed.
    program: Option<LanesApp>,
    gone: Sender<LanesApp>,
    frame: Frame,
}

impl Shell {
    /// Wraps the program; it is sent to `gone` when the window closes.
    pub(super) fn new(program: LanesApp, gone: Sender<LanesApp>) -> Self {
        Self {
            program: Some(program),
            gone,
            frame: Frame::default(),
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        if let Some(program) = self.program.take() {
            // Without a receiver the program is dropped here.
            let _ = self.gone.try_send(program);
        }
    }
}

impl eframe::App for Shell {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        self.frame.begin(frame.info().cpu_usage);
        if let Some(program) = &mut self.program {
            program.logic(ctx, frame);
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        if let Some(program) = &mut self.program {
            program.ui(ui, frame);
        }
        self.frame.end();
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if let Some(program) = &mut self.program {
            program.save(storage);
        }
    }

    fn persist_egui_memory(&self) -> bool {
        self.program
            .as_ref()
            .is_some_and(eframe::App::persist_egui_memory)
    }
}

/// Measures the cost of the last frame.
#[derive(Default)]
struct Frame {
    started: Option<Instant>,
    layout: Duration,
}

impl Frame {
    /// Starts a frame. `painted` is the total time of the last frame in seconds, without the wait
    /// for vertical sync.
    fn begin(&mut self, painted: Option<f32>) {
        if let (Some(secs), true) = (painted, self.started.is_some()) {
            tracing::trace!(
                target: "lanes::frames",
                "frame: {} us to lay out, {:.0} us with painting",
                self.layout.as_micros(),
                secs * 1e6,
            );
        }
        self.started = Some(Instant::now());
    }

    fn end(&mut self) {
        self.layout = self
            .started
            .map(|started| started.elapsed())
            .unwrap_or_default();
    }
}
