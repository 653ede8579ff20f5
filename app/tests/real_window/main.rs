//! Drives the built program in a real window on a virtual X display, by keyboard only.
//!
//! 1. The tests need Xvfb, xdotool and `import` from `ImageMagick`. Without them they print a note and
//!    pass, or fail if `LANES_REAL_WINDOW=1` is set.
//! 2. `LANES_SCREENSHOTS=1` writes screenshots of every screen, light and dark, to `screenshots/`. This
//!    needs 3 GB of memory and port 5115.
//! 3. `LANES_MEASURE=1` prints the cost of the window; `LANES_MEASURE=frames,table` only these two parts.
//!    Use it with `LANES_PROGRAM=target/release/lanes` and `-- --nocapture measure`.
#![cfg(target_os = "linux")]

mod display;
mod measure;
mod program;
mod race;
mod server_and_settings;

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use display::{Display, TOOLS};
use program::Program;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value == "1")
}

fn print(text: &str) {
    writeln!(std::io::stderr(), "{text}").expect("stderr is writable");
}

/// Returns true if all tools are installed; panics if one is missing and `LANES_REAL_WINDOW=1` is set.
fn can_run() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_installed =
        |tool: &&str| std::env::split_paths(&path).any(|dir| dir.join(tool).is_file());
    let missing: Vec<&str> = TOOLS
        .into_iter()
        .filter(|tool| !is_installed(tool))
        .collect();
    if missing.is_empty() {
        return true;
    }
    let message = format!(
        "the real window is not tested: {} missing",
        missing.join(", ")
    );
    assert!(!is_set("LANES_REAL_WINDOW"), "{message}");
    print(&message);
    false
}

/// Creates a home folder for the program, in memory if the system has `/dev/shm`.
fn home() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("lanes-");
    builder
        .tempdir_in(memory)
        .or_else(|_| builder.tempdir())
        .expect("a temporary home")
}

/// Takes screenshots if `LANES_SCREENSHOTS=1` is set.
struct Camera<'a> {
    display: &'a Display,
    theme: &'a str,
}

impl Camera<'_> {
    fn is_on(&self) -> bool {
        is_set("LANES_SCREENSHOTS")
    }

    fn capture(&self, program: &Program<'_>, name: &str, size: &str) {
        let folder = root().join("screenshots");
        std::fs::create_dir_all(&folder).expect("a folder for screenshots");
        let path = folder.join(format!("{name}-{}{size}.png", self.theme));
        self.display.capture(&program.window, &path);
    }

    /// Takes screenshots of the idle window at its normal and its smallest size.
    fn capture_both(&self, program: &mut Program<'_>, name: &str) {
        if self.is_on() {
            program.until_idle();
            self.capture(program, name, "");
            program.resize(900, 600);
            self.capture(program, name, "-900x600");
            program.resize(1280, 800);
        }
    }
}

/// Downloads a file. Repeats Ctrl+Enter because the first may arrive before the window has the focus.
fn download(program: &mut Program<'_>, name: &str) {
    let expected = std::fs::read(root().join("assets").join(name)).expect("the sample picture");
    let mut last_press: Option<Instant> = None;
    let file = program.on_desktop(name);
    program.until("the download", |program| {
        if last_press.is_none_or(|at| at.elapsed() > Duration::from_secs(15)) {
            last_press = Some(Instant::now());
            program.keys(&["ctrl+Return"]);
        }
        file.is_file()
    });
    let downloaded = std::fs::read(&file).expect("the file");
    assert!(downloaded == expected, "the bytes differ");
}

/// Plays the replay of the selected download to its end.
fn replay(program: &mut Program<'_>, camera: &Camera<'_>) {
    program.until_idle();
    let before = program.frames().len();
    program.keys(&["ctrl+r"]);
    program.until("the replay", |program| program.frames().len() > before + 20);
    if camera.is_on() {
        program.keys(&["ctrl+r"]);
        camera.capture_both(program, "downloads-replay");
        program.keys(&["ctrl+r"]);
    }
    program.until_idle();
}

/// Plays the replay of a download of an earlier start.
fn replay_after_restart(display: &Display, home: &Path, camera: &Camera<'_>) {
    let mut program = Program::restart(display, home);
    program.until_idle();
    // The link field has the focus: the keys of the list need it gone.
    press_each(&mut program, &["Escape", "Home"]);
    replay(&mut program, camera);
    program.close();
}

/// Takes a screenshot of a download in progress.
fn capture_running(program: &mut Program<'_>, camera: &Camera<'_>) {
    let (file, len) = ("sample-2GiB.bin", 2_u64 << 30);
    program.name_file(file);
    program.keys(&["ctrl+Return"]);
    let part = program.on_desktop(&format!("{file}.part"));
    let written = || std::fs::metadata(&part).map_or(0, |part| part.blocks() * 512);
    program.until("40 % of the file", |_| written() > len / 5 * 2);
    // Stopped, so that the download cannot finish meanwhile.
    program.halt(true);
    camera.capture(program, "downloads-running", "");
    program.halt(false);
    let done = program.on_desktop(file);
    program.until("the download to finish", |_| done.is_file());
    program.until_idle();
    std::fs::remove_file(done).expect("the file is deleted");
}

/// Presses keys one per frame: egui misses all but one of several within a frame.
fn press_each(program: &mut Program<'_>, keys: &[&str]) {
    for key in keys {
        let drawn = program.frames().len();
        program.keys(&[key]);
        // A program that gets no CPU time looks idle too, so wait for a frame first.
        program.until("a frame", |program| program.frames().len() > drawn);
        program.until_idle();
    }
}

/// Takes screenshots of the link list and of the link editor.
fn capture_link(program: &mut Program<'_>, camera: &Camera<'_>) {
    program.keys(&["ctrl+l"]);
    program.until_idle();
    // Past the list of files, to the list of links.
    press_each(program, &["Tab", "Tab", "space"]);
    camera.capture(program, "link-list", "");
    // Escape also clears the focus, so start from the link field.
    program.keys(&["Escape"]);
    program.until_idle();
    program.keys(&["ctrl+l"]);
    program.until_idle();
    press_each(program, &["Tab", "Tab", "Tab", "space"]);
    camera.capture_both(program, "link-editor");
    program.keys(&["space"]);
    program.until_idle();
}

/// Takes screenshots of the dialog that adds downloads, with a link in it.
fn capture_add(program: &mut Program<'_>, camera: &Camera<'_>) {
    program.keys(&["ctrl+n"]);
    program.until_idle();
    let server = program.server().expect("the server is running");
    program.write(&format!("lanes://{server}/sample-1GiB.bin"));
    camera.capture_both(program, "add");
    program.keys(&["Escape"]);
    program.until_idle();
}

/// Runs the comparison that the screen proposes and verifies it by its export.
fn compare(program: &mut Program<'_>, camera: &Camera<'_>) {
    program.keys(&["ctrl+2"]);
    program.until_idle();
    if camera.is_on() {
        camera.capture_both(program, "compare-first");
        capture_link(program, camera);
    } else {
        program.name_file("Data-50KB.jpg");
    }
    let before = program.finished().len();
    program.keys(&["ctrl+Return"]);
    if camera.is_on() {
        program.until("half of the runs", |program| {
            program.finished().len() - before >= 8
        });
        // The program runs on: stopping it would change the measured times.
        camera.capture(program, "compare-running", "");
    }
    let csv = program.on_desktop("lanes-compare.csv");
    program.until("the end of the comparison", |program| {
        // Exporting does nothing until the comparison has finished.
        program.keys(&["ctrl+s"]);
        std::thread::sleep(Duration::from_millis(500));
        csv.is_file()
    });
    let svg = program.on_desktop("lanes-compare-completion-time.svg");
    program.until("all exports", |_| svg.is_file());
    // Closes the message about the export.
    program.keys(&["Escape"]);
    let csv = std::fs::read_to_string(csv).expect("the CSV file");
    let runs: Vec<&str> = csv.lines().skip(1).collect();
    assert_eq!(runs.len(), 15, "three rounds of five values:\n{csv}");
    // The log also contains the warm-up runs.
    let successful = |n: u16| program.finished().iter().filter(|run| run.1 == n).count();
    for connections in [1, 5, 20, 50] {
        assert!(
            successful(connections) >= 3,
            "{connections}:\n{}",
            program.log()
        );
    }
}

#[test]
fn real_window_downloads_compares_becomes_idle_and_closes() {
    if !can_run() {
        return;
    }
    let display = Display::start();
    for theme in ["light", "dark"] {
        let home = home();
        let camera = Camera {
            display: &display,
            theme,
        };
        let mut program = Program::start(&display, home.path(), theme);
        program.until_idle();
        camera.capture_both(&mut program, "welcome");
        download(&mut program, "Data.jpg");
        program.until_idle();
        camera.capture_both(&mut program, "downloads-finished");
        if theme == "dark" || camera.is_on() {
            replay(&mut program, &camera);
        }
        if camera.is_on() {
            capture_running(&mut program, &camera);
            capture_add(&mut program, &camera);
        }
        compare(&mut program, &camera);
        program.until_idle();
        camera.capture_both(&mut program, "compare-finished");
        program.keys(&["ctrl+3"]);
        program.until_idle();
        camera.capture_both(&mut program, "server");
        program.keys(&["ctrl+4"]);
        program.until_idle();
        camera.capture_both(&mut program, "settings");
        program.close();
        if theme == "dark" {
            replay_after_restart(&display, home.path(), &camera);
        }
    }
}

#[test]
fn measure() {
    let parts = std::env::var("LANES_MEASURE").unwrap_or_default();
    if !parts.is_empty() && can_run() {
        measure::measure(&Display::start(), home().path(), &parts);
    }
}
