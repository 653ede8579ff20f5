//! The built program in its window, and what a person would press.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::display::{Display, Process};

/// How long a test waits for what must happen, on a machine that may be very busy.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// The program: the one that was built with the tests, or the one that `LANES_PROGRAM` names.
pub fn binary() -> PathBuf {
    let named = std::env::var_os("LANES_PROGRAM");
    named.map_or_else(|| env!("CARGO_BIN_EXE_lanes").into(), PathBuf::from)
}

/// Processor time so far of the processes that this one has waited for, in clock ticks.
pub fn ticks_of_children() -> u64 {
    ticks("self", 13)
}

/// Two fields of a process's statistics, added: of time as a user and in the kernel.
fn ticks(process: &str, first: usize) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("its statistics");
    let (_, fields) = stat.rsplit_once(')').expect("the name's end");
    let fields = fields.split_whitespace().skip(first).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// Puts a file where the program keeps what it must not forget.
pub fn keep(home: &Path, name: &str, text: &str) {
    let folder = home.join(".local/share/lanes");
    fs::create_dir_all(&folder).expect("a folder for what is kept");
    fs::write(folder.join(name), text).expect("what is kept");
}

/// The program, with a home of its own.
pub struct Program<'a> {
    display: &'a Display,
    process: Process,
    pub window: String,
    home: PathBuf,
}

impl<'a> Program<'a> {
    /// Starts it for the first time.
    pub fn start(display: &'a Display, home: &Path, theme: &str) -> Self {
        let settings = format!(r#"{{"settings": "{{\"theme\":\"{theme}\"}}"}}"#);
        keep(home, "app.ron", &settings);
        Self::start_again(display, home)
    }

    /// Starts it with what its home holds, and waits until it can be used.
    pub fn start_again(display: &'a Display, home: &Path) -> Self {
        let mut program = Self::launch(display, home);
        program.until("its window", Self::is_seen);
        // No window manager gives the keyboard to the window.
        display.xdotool(&["windowfocus", "--sync", &program.window]);
        program.until("its server", |program| program.server().is_some());
        program
    }

    /// Starts it and waits for nothing.
    pub fn launch(display: &'a Display, home: &Path) -> Self {
        fs::create_dir_all(home.join("Desktop")).expect("a Desktop");
        let log = fs::File::create(home.join("log")).expect("a file for its log");
        let child = Command::new(binary())
            .env("DISPLAY", &display.name)
            .env("HOME", home)
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env(
                "RUST_LOG",
                "lanes=info,lanes_server=info,lanes::frames=trace",
            )
            .env("NO_COLOR", "1")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .stderr(Stdio::from(log))
            .spawn()
            .expect("the program starts");
        Self {
            display,
            process: Process(child),
            window: String::new(),
            home: home.to_owned(),
        }
    }

    /// Whether its window is on the screen, where it comes with its first frame.
    pub fn is_seen(&mut self) -> bool {
        // By what a desktop knows it by: the class that its entry names.
        let class = format!("^{}$", lanes::ui::APP_ID.replace('.', "[.]"));
        let found = self
            .display
            .xdotool(&["search", "--onlyvisible", "--class", &class]);
        self.window = found.lines().last().unwrap_or_default().to_owned();
        !self.window.is_empty()
    }

    pub fn until(&mut self, what: &str, mut condition: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition(self) {
            let ended = self.process.0.try_wait().expect("its state");
            assert!(
                ended.is_none(),
                "the program ended before {what}: {ended:?}\n{}",
                self.log()
            );
            assert!(
                Instant::now() < deadline,
                "waited too long for {what}\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn keys(&self, keys: &[&str]) {
        self.display.xdotool(&[&["key"], keys].concat());
    }

    /// Replaces the file's name on the screen that is shown.
    pub fn name_file(&mut self, name: &str) {
        self.keys(&["ctrl+l"]);
        // It takes a frame to take effect.
        self.until_idle();
        self.keys(&["ctrl+a"]);
        self.write(name);
    }

    /// Types a text.
    pub fn write(&mut self, text: &str) {
        // Slowly: keys are pressed and let go by the clock, and a late one is another letter.
        self.display.xdotool(&["type", "--delay", "40", text]);
        self.until_idle();
    }

    pub fn resize(&mut self, width: u32, height: u32) {
        let (width, height) = (width.to_string(), height.to_string());
        self.display
            .xdotool(&["windowsize", "--sync", &self.window, &width, &height]);
        self.until_idle();
    }

    pub fn on_desktop(&self, name: &str) -> PathBuf {
        self.home.join("Desktop").join(name)
    }

    /// What the program has said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.join("log")).unwrap_or_default()
    }

    /// Where its own server listens, once it does.
    pub fn server(&self) -> Option<String> {
        let log = self.log();
        let line = log.lines().find(|line| line.contains("serving at most"))?;
        Some(line.rsplit_once(' ')?.1.to_owned())
    }

    /// The downloads that have ended well: seconds and connections of each, as its window shows them.
    pub fn finished(&self) -> Vec<(f64, u16)> {
        let log = self.log();
        let finished = |line: &str| {
            let (_, words) = line.split_once("finished in ")?;
            let mut words = words.split(' ');
            let secs = words.next()?.parse().ok()?;
            Some((secs, words.nth(2)?.parse().ok()?))
        };
        log.lines().filter_map(finished).collect()
    }

    /// What each frame cost so far: microseconds to lay out, and with painting.
    pub fn frames(&self) -> Vec<(u32, u32)> {
        let log = self.log();
        let frame = |line: &str| {
            let (_, words) = line.split_once(" frame: ")?;
            let mut words = words.split(' ');
            let ours = words.next()?.parse().ok()?;
            Some((ours, words.nth(4)?.parse().ok()?))
        };
        log.lines().filter_map(frame).collect()
    }

    /// Memory that it holds, in bytes.
    pub fn memory(&self) -> u64 {
        let statm = fs::read_to_string(format!("/proc/{}/statm", self.process.0.id()));
        let statm = statm.expect("its memory");
        let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
        pages.unwrap_or(0_u64) * 4096
    }

    /// Halts the program, or lets it go on.
    pub fn halt(&self, halt: bool) {
        let signal = if halt { "-STOP" } else { "-CONT" };
        let id = self.process.0.id().to_string();
        let status = Command::new("kill").args([signal, &id]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Processor time so far, in clock ticks.
    pub fn ticks(&self) -> u64 {
        ticks(&self.process.0.id().to_string(), 11)
    }

    /// Waits until the program has done nothing for half a second.
    pub fn until_idle(&mut self) {
        self.until("rest", |program| {
            let before = program.ticks();
            std::thread::sleep(Duration::from_millis(500));
            program.ticks() - before <= 1
        });
    }

    pub fn close(&mut self) {
        // Only a window manager could ask the window to close, and there is none.
        self.keys(&["ctrl+q"]);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.0.try_wait().expect("its state") {
                assert!(status.success(), "{status}");
                return;
            }
            assert!(Instant::now() < deadline, "the window does not close");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
