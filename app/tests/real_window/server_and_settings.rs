//! Stops and starts the server, and changes settings that must survive a restart.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::display::Display;
use crate::program::Program;
use crate::{can_run, home, press_each};

/// Tab presses that skip the five screen buttons and the speed limit; one more reaches the screen's first control.
const PAST_NAVIGATION: [&str; 6] = ["Tab"; 6];

fn accepts(addr: &str) -> bool {
    TcpStream::connect(addr).is_ok()
}

#[test]
fn server_is_stopped_and_started_by_keys() {
    if !can_run() {
        return;
    }
    let (display, home) = (Display::start(), home());
    let mut program = Program::start(&display, home.path(), "light");
    let addr = program.server().expect("the server is running");
    assert!(accepts(&addr));
    program.keys(&["ctrl+3"]);
    program.until_idle();
    press_each(&mut program, &PAST_NAVIGATION);
    press_each(&mut program, &["Tab", "space"]);
    program.until("the server to stop", |_| !accepts(&addr));
    // The button changes to Start once the last thread of the server has ended.
    let mut last_press: Option<Instant> = None;
    program.until("the server to start", |program| {
        if accepts(&addr) {
            return true;
        }
        if last_press.is_none_or(|at| at.elapsed() > Duration::from_secs(5)) {
            last_press = Some(Instant::now());
            program.until_idle();
            program.keys(&["space"]);
        }
        false
    });
    program.close();
}

#[test]
fn theme_and_folder_survive_a_restart() {
    if !can_run() {
        return;
    }
    let (display, home) = (Display::start(), home());
    let folder = home.path().join("films");
    let background = |program: &Program<'_>| display.colour(&program.window, 1100, 20);
    let mut program = Program::start(&display, home.path(), "light");
    program.until_idle();
    let light = background(&program);
    program.keys(&["ctrl+4"]);
    program.until_idle();
    press_each(&mut program, &PAST_NAVIGATION);
    // Dark is the last of the themes.
    press_each(&mut program, &["Tab", "Tab", "Tab", "space"]);
    let dark = background(&program);
    assert_ne!(light, dark, "the background did not change");
    // Past the units and the scale, to the folder.
    press_each(&mut program, &["Tab"; 6]);
    program.write(&folder.display().to_string());
    program.close();

    let mut program = Program::restart(&display, home.path());
    program.until_idle();
    assert_eq!(background(&program), dark);
    program.name_file("Data-50KB.jpg");
    program.keys(&["ctrl+Return"]);
    program.until("the file", |_| folder.join("Data-50KB.jpg").is_file());
    program.close();
}
