//! The built program in a real window on a display of its own, driven by the keyboard alone.
//!
//! 1. It needs Xvfb, xdotool and the `import` of `ImageMagick`. Without them it says so and passes, unless
//!    `LANES_REAL_WINDOW=1` demands it.
//! 2. With `LANES_SCREENSHOTS=1` it writes a picture of every screen, light and dark, to `screenshots/`.
//!    For these it wants 3 GB of memory, and port 5115 free.
//! 3. With `LANES_MEASURE=1`, best with `LANES_PROGRAM=target/release/lanes` and `-- --nocapture measure`, it
//!    says what the window costs; `LANES_MEASURE=frames,table` says only that.
#![cfg(target_os = "linux")]

mod display;
mod measure;
mod program;
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

fn wanted(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value == "1")
}

fn say(words: &str) {
    writeln!(std::io::stderr(), "{words}").expect("somewhere to say so");
}

/// Whether the tools are there; where they are not but demanded, the test fails.
fn can_run() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |tool: &&str| std::env::split_paths(&path).any(|dir| dir.join(tool).is_file());
    let missing: Vec<&str> = TOOLS.into_iter().filter(|tool| !is_there(tool)).collect();
    if missing.is_empty() {
        return true;
    }
    let words = format!(
        "the real window is not tested: {} missing",
        missing.join(", ")
    );
    assert!(!wanted("LANES_REAL_WINDOW"), "{words}");
    say(&words);
    false
}

/// A home for the program, in memory where there is such a place.
fn home() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("lanes-");
    builder
        .tempdir_in(memory)
        .or_else(|_| builder.tempdir())
        .expect("a home")
}

/// Takes pictures, if they are wanted.
struct Camera<'a> {
    display: &'a Display,
    theme: &'a str,
}

impl Camera<'_> {
    fn is_on(&self) -> bool {
        wanted("LANES_SCREENSHOTS")
    }

    fn shoot(&self, program: &Program<'_>, name: &str, size: &str) {
        let folder = root().join("screenshots");
        std::fs::create_dir_all(&folder).expect("the folder for pictures");
        let picture = folder.join(format!("{name}-{}{size}.png", self.theme));
        self.display.shoot(&program.window, &picture);
    }

    /// Takes a picture of the window at rest, and one of it small.
    fn shoot_both(&self, program: &mut Program<'_>, name: &str) {
        if self.is_on() {
            program.until_idle();
            self.shoot(program, name, "");
            program.resize(900, 600);
            self.shoot(program, name, "-900x600");
            program.resize(1280, 800);
        }
    }
}

/// Presses Ctrl+Enter until the file is there: the first may have come before the window had the focus.
fn download(program: &mut Program<'_>, name: &str) {
    let wanted = std::fs::read(root().join("assets").join(name)).expect("the picture");
    let mut pressed: Option<Instant> = None;
    let file = program.on_desktop(name);
    program.until("the download", |program| {
        if pressed.is_none_or(|at| at.elapsed() > Duration::from_secs(15)) {
            pressed = Some(Instant::now());
            program.keys(&["ctrl+Return"]);
        }
        file.is_file()
    });
    let came = std::fs::read(&file).expect("the file");
    assert!(came == wanted, "the bytes differ");
}

/// Takes a picture of a download in its middle.
fn shoot_running(program: &mut Program<'_>, camera: &Camera<'_>) {
    let (file, len) = ("sample-2GiB.bin", 2_u64 << 30);
    program.name_file(file);
    program.keys(&["ctrl+Return"]);
    let part = program.on_desktop(&format!("{file}.part"));
    let there = || std::fs::metadata(&part).map_or(0, |part| part.blocks() * 512);
    program.until("its middle", |_| there() > len / 5 * 2);
    // Halted, it holds still for the picture.
    program.halt(true);
    camera.shoot(program, "downloads-running", "");
    program.halt(false);
    let done = program.on_desktop(file);
    program.until("its end", |_| done.is_file());
    program.until_idle();
    std::fs::remove_file(done).expect("it goes");
}

/// Presses keys, one a frame: of two within one frame egui sees one.
fn one_by_one(program: &mut Program<'_>, keys: &[&str]) {
    for key in keys {
        let drawn = program.frames().len();
        program.keys(&[key]);
        // A program that gets no processor does nothing either, and is not at rest.
        program.until("a frame", |program| program.frames().len() > drawn);
        program.until_idle();
    }
}

/// Takes pictures of the list of links and of the editor of a link.
fn shoot_link(program: &mut Program<'_>, camera: &Camera<'_>) {
    program.keys(&["ctrl+l"]);
    program.until_idle();
    // The list of files, the list of links.
    one_by_one(program, &["Tab", "Tab", "space"]);
    camera.shoot(program, "link-list", "");
    // Escape takes the focus away too.
    program.keys(&["Escape"]);
    program.until_idle();
    program.keys(&["ctrl+l"]);
    program.until_idle();
    one_by_one(program, &["Tab", "Tab", "Tab", "space"]);
    camera.shoot_both(program, "link-editor");
    program.keys(&["space"]);
    program.until_idle();
}

/// Takes pictures of the window that adds, with a link in it.
fn shoot_add(program: &mut Program<'_>, camera: &Camera<'_>) {
    program.keys(&["ctrl+n"]);
    program.until_idle();
    let server = program.server().expect("it was waited for");
    program.write(&format!("lanes://{server}/sample-1GiB.bin"));
    camera.shoot_both(program, "add");
    program.keys(&["Escape"]);
    program.until_idle();
}

/// Runs the comparison that the screen proposes, and exports it from there to see that it ended well.
fn compare(program: &mut Program<'_>, camera: &Camera<'_>) {
    program.keys(&["ctrl+2"]);
    program.until_idle();
    if camera.is_on() {
        camera.shoot_both(program, "compare-first");
        shoot_link(program, camera);
    } else {
        program.name_file("Data-50KB.jpg");
    }
    let before = program.finished().len();
    program.keys(&["ctrl+Return"]);
    if camera.is_on() {
        program.until("its middle", |program| {
            program.finished().len() - before >= 8
        });
        // Not halted: that would be seen in the times.
        camera.shoot(program, "compare-running", "");
    }
    let csv = program.on_desktop("lanes-compare.csv");
    program.until("the end of the comparison", |program| {
        // There is nothing to export before the end.
        program.keys(&["ctrl+s"]);
        std::thread::sleep(Duration::from_millis(500));
        csv.is_file()
    });
    let svg = program.on_desktop("lanes-compare.svg");
    program.until("all its files", |_| svg.is_file());
    // The message that says so.
    program.keys(&["Escape"]);
    let csv = std::fs::read_to_string(csv).expect("the table");
    let runs: Vec<&str> = csv.lines().skip(1).collect();
    assert_eq!(runs.len(), 15, "three rounds of five values:\n{csv}");
    // Besides those that were compared, the warm-up.
    let good = |n: u16| program.finished().iter().filter(|run| run.1 == n).count();
    for connections in [1, 5, 20, 50] {
        assert!(good(connections) >= 3, "{connections}:\n{}", program.log());
    }
}

#[test]
fn the_real_window_downloads_compares_rests_and_closes() {
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
        camera.shoot_both(&mut program, "welcome");
        download(&mut program, "Data.jpg");
        program.until_idle();
        camera.shoot_both(&mut program, "downloads-finished");
        if camera.is_on() {
            shoot_running(&mut program, &camera);
            shoot_add(&mut program, &camera);
        }
        compare(&mut program, &camera);
        program.until_idle();
        camera.shoot_both(&mut program, "compare-finished");
        program.keys(&["ctrl+3"]);
        program.until_idle();
        camera.shoot_both(&mut program, "server");
        program.keys(&["ctrl+4"]);
        program.until_idle();
        camera.shoot_both(&mut program, "settings");
        program.close();
    }
}

#[test]
fn measure() {
    let wanted = std::env::var("LANES_MEASURE").unwrap_or_default();
    if !wanted.is_empty() && can_run() {
        measure::measure(&Display::start(), home().path(), &wanted);
    }
}
