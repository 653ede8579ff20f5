//! What is done beside downloading and comparing: the server stopped and started, settings made, and the
//! window closed while the system still owes an answer.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::display::Display;
use crate::program::Program;
use crate::{can_run, home, one_by_one};

/// From the top of a screen to its first control: over the four buttons that change screens.
const TO_SCREEN: [&str; 4] = ["Tab"; 4];

fn answers(addr: &str) -> bool {
    TcpStream::connect(addr).is_ok()
}

#[test]
fn the_server_is_stopped_and_started_by_keys() {
    if !can_run() {
        return;
    }
    let (display, home) = (Display::start(), home());
    let mut program = Program::start(&display, home.path(), "light");
    let addr = program.server().expect("it was waited for");
    assert!(answers(&addr));
    program.keys(&["ctrl+3"]);
    program.until_idle();
    one_by_one(&mut program, &TO_SCREEN);
    one_by_one(&mut program, &["Tab", "space"]);
    program.until("its end", |_| !answers(&addr));
    // The button becomes the one that starts, once the last thread of the server has ended.
    let mut pressed: Option<Instant> = None;
    program.until("the server", |program| {
        if answers(&addr) {
            return true;
        }
        if pressed.is_none_or(|at| at.elapsed() > Duration::from_secs(5)) {
            pressed = Some(Instant::now());
            program.until_idle();
            program.keys(&["space"]);
        }
        false
    });
    program.close();
}

#[test]
fn a_theme_and_a_folder_are_kept_until_the_next_start() {
    if !can_run() {
        return;
    }
    let (display, home) = (Display::start(), home());
    let folder = home.path().join("films");
    let ground = |program: &Program<'_>| display.colour(&program.window, 1100, 20);
    let mut program = Program::start(&display, home.path(), "light");
    program.until_idle();
    let light = ground(&program);
    program.keys(&["ctrl+4"]);
    program.until_idle();
    one_by_one(&mut program, &TO_SCREEN);
    // The last of the themes.
    one_by_one(&mut program, &["Tab", "Tab", "Tab", "space"]);
    let dark = ground(&program);
    assert_ne!(light, dark, "nothing became dark");
    // Over the units and the scale.
    one_by_one(&mut program, &["Tab"; 5]);
    program.write(&folder.display().to_string());
    program.close();

    let mut program = Program::start_again(&display, home.path());
    program.until_idle();
    assert_eq!(ground(&program), dark);
    program.name_file("Data-50KB.jpg");
    program.keys(&["ctrl+Return"]);
    program.until("the file", |_| folder.join("Data-50KB.jpg").is_file());
    program.close();
}
