//! Starts the built program in a window, and presses keys in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::display::{Display, Process};

/// Time limit of every wait. It is long because the machine may be very busy.
pub const TIMEOUT: Duration = Duration::from_secs(90);

/// Returns the path of the program: `LANES_PROGRAM` if set, else the one built with the tests.
pub fn binary() -> PathBuf {
    let named = std::env::var_os("LANES_PROGRAM");
    named.map_or_else(|| env!("CARGO_BIN_EXE_lanes").into(), PathBuf::from)
}

/// Returns the CPU time of all reaped child processes, in clock ticks.
pub fn ticks_of_children() -> u64 {
    ticks("self", 13)
}

/// Adds two adjacent fields of `/proc/PROCESS/stat`, the user and the system time; `first` is counted
/// from the field after the name.
fn ticks(process: &str, first: usize) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("/proc/PROCESS/stat");
    let (_, fields) = stat.rsplit_once(')').expect("the end of the name");
    let fields = fields.split_whitespace().skip(first).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// Writes a file to the program's data folder.
pub fn write_data_file(home: &Path, name: &str, text: &str) {
    let folder = home.join(".local/share/lanes");
    fs::create_dir_all(&folder).expect("the data folder");
    fs::write(folder.join(name), text).expect("the data file");
}

/// A running program with its own home folder.
pub struct Program<'a> {
    display: &'a Display,
    process: Process,
    pub window: String,
    home: PathBuf,
}

impl<'a> Program<'a> {
    /// Starts the program for the first time, with this theme.
    pub fn start(display: &'a Display, home: &Path, theme: &str) -> Self {
        let settings = format!(r#"{{"settings": "{{\"theme\":\"{theme}\"}}"}}"#);
        write_data_file(home, "app.ron", &settings);
        Self::restart(display, home)
    }

    /// Starts the program in an existing home and waits for its window and its server.
    pub fn restart(display: &'a Display, home: &Path) -> Self {
        let mut program = Self::launch(display, home);
        program.until("the window", Self::is_visible);
        // Without a window manager, nothing else gives the window the focus.
        display.xdotool(&["windowfocus", "--sync", &program.window]);
        program.until("the server", |program| program.server().is_some());
        program
    }

    /// Starts the program without waiting for its window.
    pub fn launch(display: &'a Display, home: &Path) -> Self {
        fs::create_dir_all(home.join("Desktop")).expect("the Desktop folder");
        let temporary = home.join("tmp");
        fs::create_dir_all(&temporary).expect("the folder for temporary files");
        let log = fs::File::create(home.join("log")).expect("the log file");
        let child = Command::new(binary())
            .env("DISPLAY", &display.name)
            .env("HOME", home)
            .env("TMPDIR", &temporary)
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

    /// Returns true once the window is visible, which it becomes with its first frame.
    pub fn is_visible(&mut self) -> bool {
        // Search by the window class, which is the `StartupWMClass` of the desktop entry.
        let class = format!("^{}$", lanes::ui::APP_ID.replace('.', "[.]"));
        let found = self
            .display
            .xdotool(&["search", "--onlyvisible", "--class", &class]);
        self.window = found.lines().last().unwrap_or_default().to_owned();
        !self.window.is_empty()
    }

    /// Waits until the condition holds; fails with `what` if the program ends or [`TIMEOUT`] passes.
    pub fn until(&mut self, what: &str, mut condition: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + TIMEOUT;
        while !condition(self) {
            let ended = self.process.0.try_wait().expect("the process state");
            assert!(
                ended.is_none(),
                "the program ended before {what}: {ended:?}\n{}",
                self.log()
            );
            assert!(
                Instant::now() < deadline,
                "timed out waiting for {what}\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn keys(&self, keys: &[&str]) {
        self.display.xdotool(&[&["key"], keys].concat());
    }

    /// Replaces the link or file name on the current screen.
    pub fn name_file(&mut self, name: &str) {
        self.keys(&["ctrl+l"]);
        // The focus moves only with the next frame.
        self.until_idle();
        self.keys(&["ctrl+a"]);
        self.write(name);
    }

    /// Types a text.
    pub fn write(&mut self, text: &str) {
        // Typed slowly: xdotool times press and release, and a late event types another letter.
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

    /// Returns the log of the program so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.join("log")).unwrap_or_default()
    }

    /// Returns the address of the program's own server, once it listens.
    pub fn server(&self) -> Option<String> {
        let log = self.log();
        let line = log.lines().find(|line| line.contains("serving at most"))?;
        Some(line.rsplit_once(' ')?.1.to_owned())
    }

    /// Returns seconds and connections of each finished download, from the log.
    pub fn finished(&self) -> Vec<(f64, u16)> {
        let log = self.log();
        let finished = |line: &str| {
            let (_, rest) = line.split_once("finished in ")?;
            let mut words = rest.split(' ');
            let secs = words.next()?.parse().ok()?;
            Some((secs, words.nth(2)?.parse().ok()?))
        };
        log.lines().filter_map(finished).collect()
    }

    /// Returns the cost of each frame so far, in microseconds: layout only, and with painting.
    pub fn frames(&self) -> Vec<(u32, u32)> {
        let log = self.log();
        let frame = |line: &str| {
            let (_, rest) = line.split_once(" frame: ")?;
            let mut words = rest.split(' ');
            let layout = words.next()?.parse().ok()?;
            Some((layout, words.nth(4)?.parse().ok()?))
        };
        log.lines().filter_map(frame).collect()
    }

    /// Returns the resident memory of the program, in bytes.
    pub fn memory(&self) -> u64 {
        let statm = fs::read_to_string(format!("/proc/{}/statm", self.process.0.id()));
        let statm = statm.expect("/proc/PID/statm");
        let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
        pages.unwrap_or(0_u64) * 4096
    }

    /// Stops (SIGSTOP) or continues (SIGCONT) the program.
    pub fn halt(&self, halt: bool) {
        let signal = if halt { "-STOP" } else { "-CONT" };
        let id = self.process.0.id().to_string();
        let status = Command::new("kill").args([signal, &id]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Returns the CPU time of the program so far, in clock ticks.
    pub fn ticks(&self) -> u64 {
        ticks(&self.process.0.id().to_string(), 11)
    }

    /// Waits until the program has used at most one clock tick in half a second.
    pub fn until_idle(&mut self) {
        self.until("an idle program", |program| {
            let before = program.ticks();
            std::thread::sleep(Duration::from_millis(500));
            program.ticks() - before <= 1
        });
    }

    /// Closes the window by Ctrl+Q and waits for the exit.
    pub fn close(&mut self) {
        // Only a window manager could send a close request, and none is running.
        self.keys(&["ctrl+q"]);
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Some(status) = self.process.0.try_wait().expect("the process state") {
                assert!(status.success(), "{status}");
                return;
            }
            assert!(Instant::now() < deadline, "the window does not close");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
