//! Tests of `lanes lesson`.

use crate::user::User;

#[test]
fn lessons_are_listed_and_given_with_the_guess_beside_the_result() {
    let user = User::new();
    let listed = user.run(&["lesson"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    for words in [
        "slow-start",
        "Slow start",
        "bbr",
        "BBR against CUBIC",
        "too-many",
    ] {
        assert!(listed.out.contains(words), "{words}: {listed:?}");
    }
    let guess = [
        "lesson",
        "slow-start",
        "--guess",
        "0.2,0.3,0.5,1,2,4",
        "--check",
    ];
    let ran = user.run(&guess);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for words in [
        "How long do",
        "Simulated: 1 connection; rate_mbit = 100.0, rtt_ms = 100.0",
        "your guess",
        "4.00 s",
        "0.20 s",
        "✓ 14 kB take two round trips (0.20 s)",
        "This is slow start",
        "Try next",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    // The result of CUBIC is printed before the question is answered, that of BBR after it.
    let ran = user.run(&["lesson", "bbr"]);
    let place = |words: &str| {
        ran.out
            .find(words)
            .unwrap_or_else(|| panic!("{words}: {ran:?}"))
    };
    assert!(place("CUBIC\n") < place("What happened"));
    assert!(
        ran.out.lines().all(|line| line.chars().count() <= 100),
        "{}",
        ran.out
    );
}

#[test]
fn a_lesson_of_ones_own_is_copied_changed_and_checked() {
    let user = User::new();
    let own = user.work().join("own.toml");
    let copied = user.run(&["lesson", "caps", "--toml"]);
    assert_eq!(copied.code, Some(0), "{copied:?}");
    let changed = copied
        .out
        .replace("per_connection_mbit = 2", "per_connection_mbit = 4");
    std::fs::write(&own, &changed).unwrap();
    let ran = user.run(&["lesson", "own.toml"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.contains("✗ One connection takes 40 s"),
        "{}",
        ran.out
    );
    let checked = user.run(&["lesson", "own.toml", "--check"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(
        checked.err.contains("sentences are not true"),
        "{checked:?}"
    );
    std::fs::write(&own, changed.replace("rtt_ms = 40", "rtt_ms = -40")).unwrap();
    let refused = user.run(&["lesson", "own.toml"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let line = changed
        .lines()
        .position(|line| line == "rtt_ms = 40")
        .unwrap()
        + 1;
    for words in [
        "own.toml",
        &format!("line {line}: link: rtt_ms must be 0 to 5000 ms, not -40"),
    ] {
        assert!(refused.err.contains(words), "{words}: {refused:?}");
    }
}

#[test]
fn wrong_names_and_guesses_are_refused() {
    let user = User::new();
    for (args, words) in [
        (
            &["lesson", "slow-stop"][..],
            "no lesson or file `slow-stop`; lessons: slow-start, window",
        ),
        (
            &["lesson", "slow-start", "--guess", "1,2"],
            "--guess needs 6 numbers",
        ),
        (
            &["lesson", "slow-start", "--guess", "1,2,3,4,5,inf"],
            "a guess must be a number from 0 on",
        ),
        (&["lesson", "."], "cannot read the lesson ."),
    ] {
        let ran = user.run(args);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
}
