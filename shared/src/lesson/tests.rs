use super::*;
use proptest::prelude::*;

/// The results of a lesson, as the window and the command show them.
fn run(lesson: &Lesson) -> Vec<Vec<Reading>> {
    let results = lesson.run_all(&|| true).unwrap();
    for (curve, readings) in lesson.curves.iter().zip(&results) {
        for (value, reading) in lesson.values.iter().zip(readings) {
            let value = lesson.varied.with_unit(*value);
            println!("{} {:8} {value}: {reading:.3?}", lesson.title, curve.name);
        }
    }
    results
}

/// A student learns from a lesson only what the model gives.
#[test]
fn every_sentence_about_a_result_is_true_of_the_runs() {
    for one in builtin::ALL {
        let lesson = Lesson::from_toml(one.toml).unwrap_or_else(|e| panic!("{}: {e}", one.id));
        let results = run(&lesson);
        for claim in &lesson.claims {
            let finding = claim.check(&results).unwrap();
            println!("  {} ({})", claim.says, finding.measured);
            assert!(
                finding.holds,
                "{}: {} ({})",
                one.id, claim.says, finding.measured
            );
        }
        let highest = results.iter().flatten().map(|one| one.of(lesson.measure));
        let highest = highest.fold(0.0, f64::max);
        assert!(
            (0.3..=1.0).contains(&(highest / lesson.axis_to)),
            "{}: the axis to {} does not fit {highest}",
            one.id,
            lesson.axis_to
        );
    }
}

#[test]
fn a_lesson_has_the_same_results_in_every_run() {
    let lesson = builtin::lesson("fairness").unwrap();
    assert_eq!(lesson.run(0, &|| true), lesson.run(0, &|| true));
    assert_eq!(lesson.run(0, &|| false), None);
    assert_eq!(lesson.run(1, &|| true), None);
}

/// A valid lesson of a teacher.
const OWN: &str = "title = \"Distance\"
question = \"\"\"How long
does it take?

Guess.\"\"\"
vary = \"rtt_ms\"
values = [10, 20.5, 50]
axis_to = 2
size = \"1MB\"
runs = 2
why = \"Because.\"
next = \"More.\"
link = \"clean-cable\"

[[curve]]
name = \"plain\"

[[curve]]
name = \"window\"
link = { window_kib = 64, rate_mbit = 50 }

[[claim]]
says = \"It takes longer\"
curve = \"window\"
at = 50
relative_to = 10
least = 1
most = 10

[[claim]]
says = \"Sooner over the faster link\"
at = 50
relative_to_curve = \"window\"
least = 1
most = 100
";

#[test]
fn a_lesson_of_a_teacher_is_read_and_run() {
    let lesson = Lesson::from_toml(OWN).unwrap();
    assert_eq!(lesson.question, "How long does it take?\n\nGuess.");
    assert_eq!(
        (lesson.varied.label().as_str(), lesson.guessed),
        ("round-trip time (ms)", 0)
    );
    let [plain, window] = &lesson.curves[..] else {
        panic!("{:?}", lesson.curves)
    };
    assert_eq!(
        (plain.link.rate_mbit, plain.link.window_kib),
        (Some(5.0), None)
    );
    assert_eq!(
        (window.link.rate_mbit, window.link.window_kib),
        (Some(50.0), Some(64.0))
    );
    assert_eq!(lesson.claims[1].at, Spot { curve: 0, value: 2 });
    assert_eq!(
        lesson.claims[1].relative_to,
        Some(Spot { curve: 1, value: 2 })
    );
    let results = run(&lesson);
    assert!(
        lesson
            .claims
            .iter()
            .all(|claim| claim.check(&results).unwrap().holds)
    );
    // Before the run there is no result to check.
    assert_eq!(lesson.claims[0].check(&[Vec::new(), Vec::new()]), None);
}

#[test]
fn a_wrong_lesson_is_refused_with_line_field_and_reason() {
    for (from, to, message) in [
        ("title = \"Distance\"\n", "", "title is missing"),
        (
            "title = \"Distance\"",
            "title = 5",
            "line 1: title must be a text of 1 to 60 visible characters, not 5",
        ),
        (
            "\"rtt_ms\"",
            "\"colour\"",
            "line 6: vary must be \"connections\", \"file_size\", or a numeric field",
        ),
        (
            "[10, 20.5, 50]",
            "[10, 9, 50]",
            "line 7: values must be larger than the value before it, not 9",
        ),
        (
            "[10, 20.5, 50]",
            "[10]",
            "line 7: values must be an array of 2 to 12 numbers, not [10]",
        ),
        (
            "[10, 20.5, 50]",
            "[10, 9000]",
            "line 7: values must be a number from 0 to 5000, not 9000",
        ),
        (
            "axis_to = 2",
            "axis_to = 0",
            "line 8: axis_to must be a number from 0.001 to",
        ),
        (
            "size = \"1MB\"",
            "size = \"1GB\"",
            "line 9: size must be a size from 1 B to 200 MB, such as \"5MB\", not \"1GB\"",
        ),
        (
            "runs = 2",
            "runs = 500",
            "line 10: runs must be a whole number from 1 to 50, not 500",
        ),
        (
            "runs = 2",
            "rounds = 2",
            "line 10: unknown field `rounds`; known fields: title, question",
        ),
        (
            "\"clean-cable\"",
            "\"clean-table\"",
            "line 13: link must be the id of a preset, or a table",
        ),
        (
            "\"clean-cable\"",
            "{ window_kib = -1 }",
            "line 13: link: window_kib must be 2 to 1048576 KiB, not -1",
        ),
        (
            "\"clean-cable\"",
            "{ color = 1 }",
            "line 13: link: unknown link profile field `color`",
        ),
        (
            "window_kib = 64, rate",
            "window_kib = 64, loss_percent = 99, rate",
            "line 20: link: loss_percent must be 0 to 50 %, not 99",
        ),
        (
            "name = \"window\"",
            "name = \"plain\"",
            "line 19: name must be a name that no other curve has",
        ),
        (
            "curve = \"window\"\nat = 50",
            "curve = \"door\"\nat = 50",
            "line 24: curve must be the name of a [[curve]], not \"door\"",
        ),
        (
            "at = 50\nrelative_to = 10",
            "at = 51\nrelative_to = 10",
            "line 25: at must be one of the values, not 51",
        ),
        (
            "most = 10\n",
            "most = 0.5\n",
            "line 28: most must be at least 1, as least is, not 0.5",
        ),
        (
            "says = \"Sooner over the faster link\"\n",
            "",
            "line 30: says is missing",
        ),
        (
            "says = \"It takes",
            "says = \"\u{202e}It takes",
            "line 23: says must be a text of",
        ),
        (
            "why = \"Because.\"",
            "why = Because",
            "line 11: invalid TOML in the lesson",
        ),
    ] {
        let wrong = OWN.replacen(from, to, 1);
        assert_ne!(wrong, OWN, "{from}");
        let error = Lesson::from_toml(&wrong).unwrap_err().to_string();
        assert!(error.starts_with(message), "{message}\n{error}");
    }
    let long = format!("title = \"{}\"", "x".repeat(MAX_LEN));
    assert!(
        Lesson::from_toml(&long)
            .unwrap_err()
            .to_string()
            .contains("at most 65536")
    );
    let much = OWN
        .replacen("1MB", "200MB", 1)
        .replacen("runs = 2", "runs = 50", 1);
    let error = Lesson::from_toml(&much).unwrap_err().to_string();
    assert!(error.contains("line 9: size × values"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A text with some of its characters changed is a lesson that can be shown and run, or is refused
    /// with a reason.
    #[test]
    fn any_text_is_a_complete_lesson_or_refused(
        which in 0usize..9,
        changes in prop::collection::vec((any::<prop::sample::Index>(), "[ -~\n]{0,6}", 0usize..12), 0..4),
    ) {
        let mut text = match which {
            8 => OWN.to_owned(),
            place => builtin::ALL[place].toml.to_owned(),
        };
        for (at, put, len) in changes {
            let letters: Vec<char> = text.chars().collect();
            let from = at.index(letters.len());
            let until = (from + len).min(letters.len());
            let put = put.chars();
            text = letters[..from].iter().copied().chain(put).chain(letters[until..].iter().copied()).collect();
        }
        match Lesson::from_toml(&text) {
            Err(error) => prop_assert!(!error.to_string().is_empty()),
            Ok(lesson) => {
                for curve in 0..lesson.curves.len() {
                    for value in 0..lesson.values.len() {
                        prop_assert!(lesson.download(curve, value).is_some());
                    }
                }
                let one = Reading { secs: 1.0, mbit_per_sec: 1.0, round_trip_ms: 1.0, repeated_percent: 1.0 };
                let results = vec![vec![one; lesson.values.len()]; lesson.curves.len()];
                prop_assert!(lesson.claims.iter().all(|claim| claim.check(&results).is_some()));
            }
        }
    }
}
