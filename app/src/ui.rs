//! The egui window.
//!
//! 1. Screens are functions that read a snapshot and send commands. They do no I/O and never wait:
//!    blocking work runs in the engine, the lab or a [`background`](self) thread.
//! 2. The engine's snapshot is cloned once per frame, before anything is drawn.
//! 3. The window repaints only on input or when a background thread wakes it; an idle window draws
//!    no frames.

mod app;
mod background;
mod bidi;
mod compare;
mod desktop_notifications;
mod downloads;
mod dropped_links;
mod format;
mod lessons;
mod link;
mod link_input;
mod lists;
mod message;
mod other_programs;
mod paths;
mod picture_decoder;
mod program_file;
mod race;
mod replay;
mod sample_picture;
mod schedule;
mod server;
mod settings;
mod shell;
mod shortcut;
mod system_opener;
mod tokens;
mod trash;
mod widgets;

use std::path::PathBuf;
use std::thread::Builder;
use std::time::Duration;

use crate::instance::{self, Handed};
use crossbeam_channel::bounded;
use eframe::egui::{self, vec2};
use shell::Shell;

pub use app::{LanesApp, Options};
pub use desktop_notifications::Notification;

/// The application ID: the name of the desktop entry, of the metainfo file and of the window
/// class.
pub const APP_ID: &str = "io.github.lanesapp.lanes";
/// Name of the folder that holds the settings, the experiments and the download list.
const STORAGE_NAME: &str = "lanes";
/// Longest time that shutdown may take after the window has closed. The process exits after it even
/// if a thread is blocked in a system call; journals and lists are then as consistent as after a
/// power cut.
const EXIT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest wait for each answer of the open window.
const HAND_OVER_TIMEOUT: Duration = Duration::from_secs(2);
/// Size of the window on the first start.
const FIRST_SIZE: egui::Vec2 = vec2(1280.0, 800.0);

/// The reason why the window cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// The session has no display.
    #[error("there is no display to open a window on")]
    NoDisplay,
    /// A display is set, but cannot be connected to.
    #[error("the display cannot be used")]
    DeadDisplay,
    /// The window could not be opened, or was lost.
    #[error("cannot open the window: {0}")]
    Failed(String),
}

/// Hands links to this user's open window, which shows itself. Returns whether it took them; waits at most a few
/// seconds.
pub fn hand_over(links: &[String]) -> bool {
    let handed = Handed {
        links: links.to_vec(),
        ..Handed::default()
    };
    let folder = eframe::storage_dir(STORAGE_NAME);
    folder.is_some_and(|folder| instance::hand_over(&folder, &handed, HAND_OVER_TIMEOUT))
}

/// Opens the window with these links, perhaps minimized, and blocks until it is closed.
///
/// # Errors
/// [`WindowError::NoDisplay`] without a display, [`WindowError::DeadDisplay`] if it cannot be connected to,
/// [`WindowError::Failed`] if the window library fails or panics.
pub fn run(links: &[String], is_minimized: bool) -> Result<(), WindowError> {
    let shown = show(links, is_minimized);
    // The standard error of a program that was started by a double click is not shown.
    #[cfg(windows)]
    if let Err(error) = &shown {
        rfd::MessageDialog::new()
            .set_level(rfd::MessageLevel::Error)
            .set_title("Lanes")
            .set_description(error.to_string())
            .show();
    }
    shown
}

fn show(links: &[String], is_minimized: bool) -> Result<(), WindowError> {
    if !has_display() {
        return Err(WindowError::NoDisplay);
    }
    // With an unusable display winit panics instead of returning an error.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    let folder = eframe::storage_dir(STORAGE_NAME);
    let settings_file = folder.as_ref().map(|folder| folder.join("app.ron"));
    // Before eframe reads the file: it would overwrite a broken one.
    let remark = settings_file
        .as_deref()
        .and_then(settings::file::set_aside_if_broken);
    if let Some(file) = &settings_file
        && let Err(error) = settings::file::make_private(file)
    {
        tracing::warn!("cannot make {} private: {error}", file.display());
    }
    let (gone, program) = bounded(1);
    let links = links.to_vec();
    let outcome = std::panic::catch_unwind(move || {
        eframe::run_native(
            STORAGE_NAME,
            options(settings_file),
            Box::new(move |creation| {
                // Only now: until here the console shows why no window opens.
                lanes_os::console::close_own();
                let stored = |key| creation.storage?.get_string(key);
                let options = Options {
                    stored: stored(settings::KEY),
                    link: stored(compare::LINK_KEY),
                    experiments: folder.as_ref().map(|dir| dir.join("experiments")),
                    class: folder.as_ref().map(|dir| dir.join("class.json")),
                    history: folder.as_ref().map(|dir| dir.join("history.json")),
                    remark,
                    links,
                    is_minimized,
                    instance: folder,
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

/// Drops the program on a thread of its own and waits at most [`EXIT_TIMEOUT`]; a thread that hangs
/// ends with the process.
fn end(program: LanesApp) {
    let (over, is_over) = bounded(1);
    let ending = Builder::new().name("ending".into()).spawn(move || {
        drop(program);
        // The receiver is gone after the timeout.
        let _ = over.send(());
    });
    let ended = is_over.recv_timeout(EXIT_TIMEOUT);
    if let (Ok(ending), Ok(())) = (ending, ended)
        && ending.join().is_err()
    {
        tracing::error!("the thread `ending` panicked");
    }
}

/// Returns the window options; `settings_file` stores the window's settings.
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
        // Set explicitly: a feature that the tests enable must not change the renderer of the real
        // window.
        renderer: eframe::Renderer::Glow,
        // The window has no gradients, and dithering costs time per pixel with software rendering.
        dithering: false,
        ..eframe::NativeOptions::default()
    }
}

/// Returns the window icon, the same as the desktop entry's.
fn icon() -> Option<egui::IconData> {
    eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon.png")).ok()
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "the window library panicked".to_owned())
}

/// Returns whether the environment names a display. A display that is named but dead is detected
/// when the window opens.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Returns `true`: these systems always have a display.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn has_display() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_look_for_the_window_where_its_settings_are() {
        assert_eq!(
            instance::default_folder(),
            eframe::storage_dir(STORAGE_NAME)
        );
    }
}
