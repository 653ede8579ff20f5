//! An X display without a screen behind it, and the tools that type on it and look at it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What the tests cannot do without.
pub const TOOLS: [&str; 3] = ["Xvfb", "xdotool", "import"];

/// A process that ends with its test.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An X display.
pub struct Display {
    _server: Process,
    pub name: String,
}

impl Display {
    pub fn start() -> Self {
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24"])
            // Or it starts anew whenever its last client goes, and turns others away meanwhile.
            .arg("-noreset")
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
        let display = Self {
            _server: Process(child),
            name: format!(":{}", number.trim()),
        };
        // Out of the way: what lies under the pointer looks different.
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

    /// The colour of a point of a window, as `ImageMagick` writes it.
    pub fn colour(&self, window: &str, x: u32, y: u32) -> String {
        let output = Command::new("import")
            .env("DISPLAY", &self.name)
            .args(["-window", window, "-crop", &format!("1x1+{x}+{y}")])
            .args(["-depth", "8", "txt:-"])
            .output()
            .expect("import runs");
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        let colour = words
            .split_whitespace()
            .find(|word| word.starts_with('#') && word.len() >= 7);
        colour.unwrap_or_default().to_owned()
    }

    /// Takes a picture of a window.
    pub fn shoot(&self, window: &str, picture: &Path) {
        let status = Command::new("import")
            .env("DISPLAY", &self.name)
            .args(["-window", window, "-strip"])
            // 256 colours: a third of the bytes, and no eye sees it.
            .args(["+dither", "-colors", "256"])
            .arg(format!("png8:{}", picture.display()))
            .status()
            .expect("import runs");
        assert!(status.success(), "{}", picture.display());
    }
}
