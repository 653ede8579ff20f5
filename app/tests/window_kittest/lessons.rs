//! Tests of the Lessons screen: guess, run, explanation, lessons of teachers.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, vec2};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::harness::*;

/// Returns the spoken description of the plot.
fn plot(window: &Window<'_>) -> String {
    let all = all_words(window).into_iter();
    let mut plots = all.filter(|words| words.starts_with("Plot of "));
    plots.next().expect("a plot")
}

fn open_lessons() -> (tempfile::TempDir, Window<'static>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num5);
    (folder, window)
}

#[test]
fn a_newcomer_guesses_by_clicks_in_the_plot_runs_and_reads_why() {
    let (_folder, mut window) = open_lessons();
    assert!(says(&window, "Guess: click in the plot above each value"));
    assert!(says(&window, "0 of 6 guessed"));
    assert!(
        !says(&window, "This is slow start"),
        "the answer is not given away"
    );
    let area = window
        .get_all_by_role(Role::Image)
        .find(|node| {
            let label = node.accesskit_node().label().unwrap_or_default();
            label.starts_with("Plot of ")
        })
        .expect("the plot")
        .rect();
    for column in 0..6 {
        let x = area.left() + area.width() * (column as f32 + 0.5) / 6.0;
        let at = eframe::egui::pos2(x, area.center().y);
        window.hover_at(at);
        window.step();
        window.drag_at(at);
        window.step();
        window.drop_at(at);
        window.step();
    }
    assert!(
        says(&window, "Ready: run the experiment"),
        "{}",
        plot(&window)
    );
    assert!(
        plot(&window).contains("Your guess: 14 kB: 1."),
        "{}",
        plot(&window)
    );
    click(&mut window, "Run");
    until(&mut window, "the result", |window| {
        says(window, "What happened")
    });
    assert!(
        plot(&window).contains("Simulated: 14 kB: 0.20 s, 40 kB: 0.3"),
        "{}",
        plot(&window)
    );
    for words in [
        "14 kB take two round trips (0.20 s)",
        "This is slow start",
        "Your guess is farthest off at",
    ] {
        assert!(says(&window, words), "{words}: {:?}", all_words(&window));
    }
    assert!(!says(&window, "not true of these runs"));
    assert!(shows(&window, "Lesson 1: Slow start, done"));
    window.try_run().expect("a lesson that is over repaints");
    click(&mut window, "Next lesson");
    window.step();
    assert!(says(&window, "The receiver of a connection says"));
}

#[test]
fn a_guess_can_be_typed_and_made_again() {
    let (_folder, mut window) = open_lessons();
    type_number(&mut window, "Guess for 14 kB", "0.25");
    assert!(
        plot(&window).contains("Your guess: 14 kB: 0.25 s"),
        "{}",
        plot(&window)
    );
    click(&mut window, "Run without a guess");
    until(&mut window, "the result", |window| {
        says(window, "What happened")
    });
    click(&mut window, "Guess again");
    window.step();
    assert!(says(&window, "0 of 6 guessed"));
    assert!(!says(&window, "What happened"));
    click(&mut window, "Run without a guess");
    until(&mut window, "the result", |window| {
        says(window, "What happened")
    });
    click(&mut window, "Open in Compare");
    window.step();
    window.step();
    let name = window.get_by_role_and_label(Role::TextInput, "File or link");
    assert_eq!(
        name.accesskit_node().value().as_deref(),
        Some("sample-800000.bin")
    );
}

#[test]
fn the_other_curves_are_shown_before_the_guess() {
    let (_folder, mut window) = open_lessons();
    click(&mut window, "Lesson 7: BBR against CUBIC");
    until(&mut window, "the curve of CUBIC", |window| {
        plot(window).contains(". CUBIC: 0 %")
    });
    assert!(!plot(&window).contains(". BBR:"), "{}", plot(&window));
    click(&mut window, "Run without a guess");
    until(&mut window, "the curve of BBR", |window| {
        plot(window).contains(". BBR: 0 %")
    });
}

#[test]
fn a_lesson_of_a_teacher_is_opened_and_a_wrong_one_is_refused_with_its_line() {
    let (folder, mut window) = open_lessons();
    let file = folder.path().join("own.toml");
    let text = lanes_shared::lesson::builtin::ALL[4].toml;
    std::fs::write(&file, text.replace("A cap per connection", "My own cap")).unwrap();
    let open = |window: &mut Window<'_>| {
        type_into(window, "A lesson of your own", &file.display().to_string());
        window.key_press(Key::Enter);
        window.step();
    };
    open(&mut window);
    until(&mut window, "the lesson", |window| {
        shows(window, "Lesson 9: My own cap")
    });
    assert!(says(&window, "0 of 6 guessed"));
    std::fs::write(&file, text.replace("rate_mbit = 20", "rate_mbit = 0")).unwrap();
    open(&mut window);
    until(&mut window, "the reason", |window| {
        says(
            window,
            "link: rate_mbit must be 0.01 to 10000 Mbit/s, not 0",
        )
    });
    assert!(says(&window, "line "), "{:?}", all_words(&window));
}

#[test]
fn every_lesson_fits_the_smallest_window() {
    let (_folder, mut window) = open_lessons();
    window.set_size(vec2(900.0, 600.0));
    window.step();
    window.step();
    for number in 1..=8 {
        let title = all_words(&window)
            .into_iter()
            .find(|words| words.starts_with(&format!("Lesson {number}: ")))
            .expect("a lesson");
        click(&mut window, &title);
        until(&mut window, "an idle window", |window| {
            shows(window, "Run without a guess")
        });
        click(&mut window, "Run without a guess");
        until(&mut window, "the result", |window| {
            says(window, "What happened")
        });
        for node in window.root().children_recursive() {
            let kind = node.accesskit_node().role();
            if matches!(
                kind,
                Role::Button | Role::Label | Role::Image | Role::TextInput
            ) {
                let rect = node.rect();
                assert!(
                    rect.left() >= 0.0 && rect.right() <= 900.5,
                    "{title}: {:?} is outside of the window: {rect:?}",
                    node.accesskit_node().label()
                );
            }
        }
    }
}
