//! The race in the real window, on the first start of a new user.
//!
//! With `LANES_SCREENSHOTS=1` the race becomes screenshots and the animation at the top of the README, which needs
//! `convert` from `ImageMagick`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::display::Display;
use crate::program::{Program, write_data_file};
use crate::{Camera, can_run, home, root};

/// Time for which the animation shows the result, in hundredths of a second.
const RESULT: u128 = 400;
/// Least time between two frames of the animation.
const BETWEEN_FRAMES: Duration = Duration::from_millis(150);
/// Largest size of the animation in bytes.
const MAX_ANIMATION: u64 = 2_000_000;

/// Returns the names of the files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

fn is_over(program: &Program<'_>) -> bool {
    program.finished().len() >= 2
}

#[test]
fn a_new_user_sees_a_race_that_leaves_nothing_behind() {
    if !can_run() {
        return;
    }
    let (display, home) = (Display::start(), home());
    let mut program = Program::restart(&display, home.path());
    program.keys(&["ctrl+shift+r"]);
    program.until("the end of the race", |program| is_over(program));
    let mut connections: Vec<u16> = program.finished().iter().map(|run| run.1).collect();
    connections.sort_unstable();
    assert_eq!(connections, [1, 8]);
    let slower = program
        .finished()
        .iter()
        .map(|run| run.0)
        .fold(0.0, f64::max);
    // The emulated link allows one connection no more than 7.5 Mbit/s.
    assert!(slower > 4.5, "{slower} s");
    program.until_idle();
    assert_eq!(names(&home.path().join("Desktop")), [] as [String; 0]);
    let kept = names(&home.path().join("tmp"));
    assert!(!kept.iter().any(|name| name.contains("lanes")), "{kept:?}");
    program.close();
    let settings = home.path().join(".local/share/lanes/app.ron");
    let settings = fs::read_to_string(settings).expect("the settings");
    assert!(settings.contains(r#"offers_race\":false"#), "{settings}");
}

#[test]
fn screenshots_of_the_race() {
    for theme in ["light", "dark"] {
        if !can_run() || !crate::is_set("LANES_SCREENSHOTS") {
            return;
        }
        let (display, home) = (Display::start(), home());
        let camera = Camera {
            display: &display,
            theme,
        };
        let settings =
            format!(r#"{{"settings": "{{\"theme\":\"{theme}\",\"offers_race\":true}}"}}"#);
        write_data_file(home.path(), "app.ron", &settings);
        let mut program = Program::restart(&display, home.path());
        program.until_idle();
        camera.capture_both(&mut program, "first-start");
        let frames = film(&mut program, &display, home.path());
        camera.capture_both(&mut program, "race");
        if theme == "dark" {
            animate(&frames, &root().join("screenshots/race.gif"));
        }
        program.close();
    }
}

/// Runs the race and returns the frames, each with the time at which it was captured.
fn film(program: &mut Program<'_>, display: &Display, home: &Path) -> Vec<(PathBuf, Instant)> {
    let mut frames = Vec::new();
    let mut film = |program: &Program<'_>| {
        let path = home.join(format!("frame-{:03}.miff", frames.len()));
        frames.push((path.clone(), Instant::now()));
        display.capture_frame(&program.window, &path);
    };
    program.keys(&["ctrl+shift+r"]);
    let mut last: Option<Instant> = None;
    program.until("the end of the race", |program| {
        if last.is_none_or(|at| at.elapsed() >= BETWEEN_FRAMES) {
            last = Some(Instant::now());
            film(program);
        }
        is_over(program)
    });
    program.until_idle();
    film(program);
    frames
}

/// Writes the frames as an animation that repeats.
fn animate(frames: &[(PathBuf, Instant)], to: &Path) {
    let mut convert = Command::new("convert");
    for (index, (path, at)) in frames.iter().enumerate() {
        let shown = match frames.get(index + 1) {
            Some((_, next)) if index + 2 < frames.len() => (*next - *at).as_millis() / 10,
            // The last was captured after the wait for an idle window.
            Some(_) => BETWEEN_FRAMES.as_millis() / 10,
            None => RESULT,
        };
        convert.args(["-delay", &shown.to_string()]).arg(path);
    }
    let status = convert
        .args([
            "-loop", "0", "-resize", "960x600", "+dither", "-colors", "128",
        ])
        // Pixels that hardly change from frame to frame are not stored again.
        .args(["-fuzz", "1%", "-layers", "Optimize"])
        .arg(to)
        .status()
        .expect("convert runs");
    assert!(status.success());
    let len = fs::metadata(to).expect("the animation").len();
    assert!(len < MAX_ANIMATION, "{len} bytes");
}
