//! A virtual X display (Xvfb), and the tools that type on it and capture it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The external programs that the tests need.
pub const TOOLS: [&str; 3] = ["Xvfb", "xdotool", "import"];

/// A child process that is killed on drop.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running X display.
pub struct Display {
    _server: Process,
    pub name: String,
}

impl Display {
    pub fn start() -> Self {
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24"])
            // By default Xvfb resets when its last client disconnects, and refuses clients meanwhile.
            .arg("-noreset")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut number = String::new();
        let output = child.stdout.take().expect("piped stdout");
        // Xvfb prints its display number once clients can connect.
        BufReader::new(output)
            .read_line(&mut number)
            .expect("the number of the display");
        let display = Self {
            _server: Process(child),
            name: format!(":{}", number.trim()),
        };
        // Park the pointer in a corner: a control below it would be drawn highlighted.
        display.xdotool(&["mousemove", "1279", "799"]);
        display
    }

    pub fn xdotool(&self, args: &[&str]) -> String {
        let output = Command::new("xdotool")
            .env("DISPLAY", &self.name)
            .args(args)
            .output()
            .expect("xdotool runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Returns the colour of a pixel of a window in `ImageMagick` notation, such as `#1E1E1E`.
    pub fn colour(&self, window: &str, x: u32, y: u32) -> String {
        let output = Command::new("import")
            .env("DISPLAY", &self.name)
            .args(["-window", window, "-crop", &format!("1x1+{x}+{y}")])
            .args(["-depth", "8", "txt:-"])
            .output()
            .expect("import runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let colour = text
            .split_whitespace()
            .find(|word| word.starts_with('#') && word.len() >= 7);
        colour.unwrap_or_default().to_owned()
    }

    /// Saves the pixels of a window as they are, for an animation.
    pub fn capture_frame(&self, window: &str, path: &Path) {
        let status = Command::new("import")
            .env("DISPLAY", &self.name)
            .args(["-window", window, "-strip"])
            .arg(format!("miff:{}", path.display()))
            .status()
            .expect("import runs");
        assert!(status.success(), "{}", path.display());
    }

    /// Saves a screenshot of a window as PNG.
    pub fn capture(&self, window: &str, path: &Path) {
        let status = Command::new("import")
            .env("DISPLAY", &self.name)
            .args(["-window", window, "-strip"])
            // 256 colours look the same and take a third of the bytes.
            .args(["+dither", "-colors", "256"])
            .arg(format!("png8:{}", path.display()))
            .status()
            .expect("import runs");
        assert!(status.success(), "{}", path.display());
    }
}
