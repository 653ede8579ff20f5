//! Asks for the guess of a learner.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use lanes_shared::lesson::Lesson;

/// Asks for a guess for each value, in a terminal; an empty line skips one, and the end of the input all
/// others. Elsewhere there is no guess.
pub(super) fn ask(lesson: &Lesson) -> io::Result<Vec<Option<f64>>> {
    let mut guesses = vec![None; lesson.values.len()];
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Ok(guesses);
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Your guess, in {} (Enter skips):",
        lesson.measure.unit()
    )?;
    for (guess, value) in guesses.iter_mut().zip(&lesson.values) {
        loop {
            write!(out, "  {}: ", lesson.varied.with_unit(*value))?;
            out.flush()?;
            let mut line = String::new();
            if io::stdin().lock().read_line(&mut line)? == 0 {
                writeln!(out)?;
                return Ok(guesses);
            }
            match parse(&line) {
                Some(answer) => {
                    *guess = answer;
                    break;
                }
                None => writeln!(out, "  a number, such as 0.4")?,
            }
        }
    }
    writeln!(out)?;
    Ok(guesses)
}

/// Parses an answer: the guess, or none for an empty line. `None` if it is no number from 0 on.
fn parse(line: &str) -> Option<Option<f64>> {
    let line = line.trim();
    if line.is_empty() {
        return Some(None);
    }
    // Many write a decimal comma, and the unit behind the number.
    let number: String = line
        .replace(',', ".")
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let guess: f64 = number.parse().ok()?;
    guess.is_finite().then_some(Some(guess))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_numbers_with_or_without_a_unit() {
        for (line, answer) in [
            ("0.4\n", Some(Some(0.4))),
            (" 0,4 s\n", Some(Some(0.4))),
            ("12Mbit/s", Some(Some(12.0))),
            ("\n", Some(None)),
            ("-1", None),
            ("fast", None),
            ("1.2.3", None),
        ] {
            assert_eq!(parse(line), answer, "{line:?}");
        }
    }
}
