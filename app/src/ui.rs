//! The window.
//!
//! 1. Screens are functions that read a snapshot and send commands. They do no I/O and never wait:
//!    what would wait runs in the engine, the lab or a thread of [`background`](self).
//! 2. The engine's snapshot is cloned once a frame, before anything is drawn.
//! 3. Nothing repaints by itself: news wake the window, and an idle window costs nothing.

mod app;
mod background;
mod compare;
mod desktop_notifications;
mod downloads;
mod format;
mod link;
mod link_input;
mod message;
mod paths;
mod server;
mod settings;
mod shell;
mod tokens;
mod widgets;

use std::path::PathBuf;
use std::thread::Builder;
use std::time::Duration;

use crossbeam_channel::bounded;
use eframe::egui::{self, vec2};
use shell::Shell;

pub use app::{LanesApp, Options};
pub use desktop_notifications::Notification;

/// The name by which desktops, packages and software centres know the program: of its desktop entry, its
/// metainfo and its windows.
pub const APP_ID: &str = "io.github.lanesapp.lanes";
/// The name of the folder in which settings, experiments and the list of downloads are kept.
const STORAGE_NAME: &str = "lanes";
/// How long the program may take to end once its window is gone. What is then still waited for is an answer
/// of the system that may never come; journals and lists are as safe as after a power cut.
const EXIT_TIMEOUT: Duration = Duration::from_secs(3);
/// The size of the window at its first start.
const FIRST_SIZE: egui::Vec2 = vec2(1280.0, 800.0);

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// There is nothing to open a window on.
    #[error("there is no display to open a window on")]
    NoDisplay,
    /// A display is named, but it cannot be used.
    #[error("the display cannot be used")]
    DeadDisplay,
    /// The window could not be opened, or was lost.
    #[error("the window cannot be opened: {0}")]
    Failed(String),
}

/// Opens the window and returns when it was closed.
///
/// # Errors
/// When there is no display, or it gives no window.
pub fn run() -> Result<(), WindowError> {
    if !has_display() {
        return Err(WindowError::NoDisplay);
    }
    // Where a display is named but broken, winit panics instead of saying so.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    let folder = eframe::storage_dir(STORAGE_NAME);
    let settings_file = folder.as_ref().map(|folder| folder.join("app.ron"));
    // Before anybody reads it, who would then write over it.
    let remark = settings_file
        .as_deref()
        .and_then(settings::file::set_aside_if_broken);
    let (gone, program) = bounded(1);
    let outcome = std::panic::catch_unwind(move || {
        eframe::run_native(
            STORAGE_NAME,
            options(settings_file),
            Box::new(move |creation| {
                let kept = |key| creation.storage?.get_string(key);
                let options = Options {
                    stored: kept(settings::KEY),
                    link: kept(compare::LINK_KEY),
                    experiments: folder.as_ref().map(|dir| dir.join("experiments")),
                    history: folder.as_ref().map(|dir| dir.join("history.json")),
                    remark,
                    ..Options::default()
                };
                let program = LanesApp::new(&creation.egui_ctx, options);
                Ok(Box::new(Shell::new(program, gone)))
            }),
        )
    });
    std::panic::set_hook(hook);
    if let Ok(program) = program.try_recv() {
        end(program);
    }
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(eframe::Error::WinitEventLoop(error))) => {
            tracing::error!("{error}");
            Err(WindowError::DeadDisplay)
        }
        Ok(Err(error)) => Err(WindowError::Failed(error.to_string())),
        Err(panic) => Err(WindowError::Failed(panic_message(panic.as_ref()))),
    }
}

/// Ends the program whose window is gone, in a thread of its own: one that hangs is left to end with the
/// process.
fn end(program: LanesApp) {
    let (over, is_over) = bounded(1);
    let ending = Builder::new().name("ending".into()).spawn(move || {
        drop(program);
        // Nobody waits for it any more when this took too long.
        let _ = over.send(());
    });
    let ended = is_over.recv_timeout(EXIT_TIMEOUT);
    if let (Ok(ending), Ok(())) = (ending, ended)
        && ending.join().is_err()
    {
        tracing::error!("the thread `ending` panicked");
    }
}

/// How the window opens; `kept_in` is the file in which its settings are kept.
fn options(settings_file: Option<PathBuf>) -> eframe::NativeOptions {
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Lanes")
        .with_app_id(APP_ID)
        .with_inner_size(FIRST_SIZE)
        .with_min_inner_size(tokens::MIN_WINDOW);
    if let Some(icon) = icon() {
        viewport = viewport.with_icon(icon);
    }
    eframe::NativeOptions {
        viewport,
        persistence_path: settings_file,
        // Said outright: a test's feature for another renderer must not change the real window.
        renderer: eframe::Renderer::Glow,
        // Nothing here is a gradient, and it costs at every point where the processor draws.
        dithering: false,
        ..eframe::NativeOptions::default()
    }
}

/// The window's icon, the same as the desktop's.
fn icon() -> Option<egui::IconData> {
    eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon.png")).ok()
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "the system's window library gave up".to_owned())
}

/// Whether the session names a display. One that is named but gone is found by opening the window.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Other systems always have one.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn has_display() -> bool {
    true
}
