//! What the window holds of the program.
//!
//! 1. A window stays on the screen until what it holds is gone, and the program may have to wait for an
//!    answer of the system before it is, such as to a name that is looked up. So when the window closes
//!    the program is handed out of it, and ends when nobody sees it any more.
//! 2. What each frame costs is said in the log, for `app/tests/real_window` to measure it:
//!    `RUST_LOG=lanes::frames=trace`.

use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use eframe::egui;

use super::app::LanesApp;

/// The program in its window.
pub(super) struct Shell {
    /// `None` only once the window is gone.
    program: Option<LanesApp>,
    gone: Sender<LanesApp>,
    frame: Frame,
}

impl Shell {
    /// The program in a window; it comes out of `gone` when that closes.
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
            // Where nobody takes it, it ends here.
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

/// What the last frame cost.
#[derive(Default)]
struct Frame {
    started: Option<Instant>,
    layout: Duration,
}

impl Frame {
    /// A frame begins. `painted` is how long the last one took in all, in seconds, but for the wait until
    /// the screen takes the picture.
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
