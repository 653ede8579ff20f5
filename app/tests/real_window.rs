//! The built program in a real window on a display of its own, driven by the keyboard alone.
//!
//! 1. It needs Xvfb, xdotool and the `import` of `ImageMagick`. Without them it says so and passes, unless
//!    `LANES_REAL_WINDOW=1` demands it.
//! 2. With `LANES_SCREENSHOTS=1` it writes a picture of every screen, light and dark, to `screenshots/`.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a test waits for what must happen, on a machine that may be very busy.
const PATIENCE: Duration = Duration::from_secs(90);
/// What the test cannot do without.
const TOOLS: [&str; 3] = ["Xvfb", "xdotool", "import"];

/// A process that ends with its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X display without a screen behind it.
struct Display {
    _server: Process,
    name: String,
}

impl Display {
    fn start() -> Self {
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut number = String::new();
        let output = child.stdout.take().expect("its output");
        // The number comes when clients can connect.
        BufReader::new(output)
            .read_line(&mut number)
            .expect("the number of the display");
        Self {
            _server: Process(child),
            name: format!(":{}", number.trim()),
        }
    }

    fn xdotool(&self, args: &[&str]) -> String {
        let output = Command::new("xdotool")
            .env("DISPLAY", &self.name)
            .args(args)
            .output()
            .expect("xdotool runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn shoot(&self, picture: &Path) {
        let status = Command::new("import")
            .env("DISPLAY", &self.name)
            .args(["-window", "root", "-strip"])
            .arg(picture)
            .status()
            .expect("import runs");
        assert!(status.success(), "{}", picture.display());
    }
}

/// The program, with a home of its own.
struct Program<'a> {
    display: &'a Display,
    process: Process,
    window: String,
    home: PathBuf,
}

impl<'a> Program<'a> {
    fn start(display: &'a Display, home: &Path, theme: &str) -> Self {
        let kept = home.join(".local/share/lanes");
        std::fs::create_dir_all(&kept).expect("a folder for the settings");
        std::fs::create_dir_all(home.join("Desktop")).expect("a Desktop");
        let settings = format!(r#"{{"settings": "{{\"theme\":\"{theme}\"}}"}}"#);
        std::fs::write(kept.join("app.ron"), settings).expect("settings");
        let child = Command::new(env!("CARGO_BIN_EXE_lanes"))
            .env("DISPLAY", &display.name)
            .env("HOME", home)
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .spawn()
            .expect("the program starts");
        let mut program = Self {
            display,
            process: Process(child),
            window: String::new(),
            home: home.to_owned(),
        };
        program.until("its window", |program| {
            let found = display.xdotool(&["search", "--onlyvisible", "--name", "^Lanes$"]);
            program.window = found.lines().last().unwrap_or_default().to_owned();
            !program.window.is_empty()
        });
        // No window manager gives the keyboard to the window.
        display.xdotool(&["windowfocus", "--sync", &program.window]);
        program
    }

    fn until(&mut self, what: &str, mut condition: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition(self) {
            let ended = self.process.0.try_wait().expect("its state");
            assert!(
                ended.is_none(),
                "the program ended before {what}: {ended:?}"
            );
            assert!(Instant::now() < deadline, "waited too long for {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn keys(&self, keys: &str) {
        self.display.xdotool(&["key", keys]);
    }

    fn desktop(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.home.join("Desktop").join(name)).ok()
    }

    /// Processor time so far, in clock ticks.
    fn ticks(&self) -> u64 {
        let path = format!("/proc/{}/stat", self.process.0.id());
        let stat = std::fs::read_to_string(path).expect("its statistics");
        let (_, fields) = stat.rsplit_once(')').expect("the name's end");
        let field = |at: usize| {
            fields
                .split_whitespace()
                .nth(at)
                .and_then(|t| t.parse().ok())
        };
        field(11).unwrap_or(0_u64) + field(12).unwrap_or(0_u64)
    }

    /// Waits until the program has done next to nothing for a second.
    fn until_idle(&mut self) {
        self.until("rest", |program| {
            let before = program.ticks();
            std::thread::sleep(Duration::from_secs(1));
            program.ticks() - before <= 5
        });
    }

    fn download(&mut self) {
        let wanted = std::fs::read(asset("Data.jpg")).expect("the picture");
        let mut pressed = Instant::now();
        self.keys("ctrl+Return");
        self.until("the download", |program| {
            // The first may have come before the local server was up.
            if pressed.elapsed() > Duration::from_secs(10) {
                pressed = Instant::now();
                program.keys("ctrl+Return");
            }
            program.desktop("Data.jpg").is_some()
        });
        assert!(
            self.desktop("Data.jpg").as_ref() == Some(&wanted),
            "the bytes differ"
        );
    }

    fn close(&mut self) {
        // Only a window manager could ask the window to close, and there is none.
        self.keys("ctrl+q");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.0.try_wait().expect("its state") {
                assert!(status.success(), "{status}");
                return;
            }
            assert!(Instant::now() < deadline, "the window does not close");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn asset(name: &str) -> PathBuf {
    root().join("assets").join(name)
}

fn wanted(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value == "1")
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
    writeln!(std::io::stderr(), "{words}").expect("somewhere to say so");
    false
}

#[test]
fn the_real_window_downloads_compares_rests_and_closes() {
    if !can_run() {
        return;
    }
    let display = Display::start();
    let pictures = root().join("screenshots");
    for theme in ["light", "dark"] {
        let home = tempfile::tempdir().expect("a home");
        let mut program = Program::start(&display, home.path(), theme);
        let shoot = |name: &str| {
            if wanted("LANES_SCREENSHOTS") {
                std::fs::create_dir_all(&pictures).expect("the folder for pictures");
                display.shoot(&pictures.join(format!("{name}-{theme}.png")));
            }
        };
        program.until_idle();
        shoot("welcome");
        program.download();
        program.until_idle();
        shoot("downloads");
        program.keys("ctrl+2");
        program.keys("ctrl+Return");
        program.until_idle();
        shoot("compare");
        program.keys("ctrl+3");
        program.until_idle();
        shoot("server");
        program.keys("ctrl+4");
        program.until_idle();
        shoot("settings");
        program.close();
    }
}
