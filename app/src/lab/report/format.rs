//! Formats of times and ratios.

pub use lanes_shared::size::rate;

/// Formats a time with three significant digits: `6.29 ms`, `4.21 s`, `2 min 03 s`, `1 h 02 min`.
/// `secs` is at least 0.
pub fn time(secs: f64) -> String {
    let whole = secs.round() as u64;
    match secs {
        secs if secs >= 3599.5 => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
        secs if secs >= 59.95 => format!("{} min {:02} s", whole / 60, whole % 60),
        secs if secs >= 0.9995 || secs <= 0.0 => format!("{} s", three_digits(secs)),
        secs => format!("{} ms", three_digits(secs * 1000.0)),
    }
}

/// Formats a range of times, with a common unit only once: `6.29–7.12 ms`.
pub fn time_range(low_secs: f64, high_secs: f64) -> String {
    let (low, high) = (time(low_secs), time(high_secs));
    let plain = |time: &str| {
        let (number, unit) = time.split_once(' ')?;
        (!unit.contains(' ')).then(|| (number.to_owned(), unit.to_owned()))
    };
    match (plain(&low), plain(&high)) {
        (Some((low, unit)), Some((high, same))) if unit == same => format!("{low}–{high} {unit}"),
        _ => format!("{low} – {high}"),
    }
}

/// Formats an estimated time in whole seconds, rounded up: `7 s`, `2 min 03 s`. `secs` is at least 0.
pub fn estimate(secs: f64) -> String {
    let whole = secs.ceil();
    if whole < 60.0 {
        format!("{whole} s")
    } else {
        time(whole)
    }
}

/// Formats a ratio with three significant digits: `0.952`, `1.10`, `9.61`, `31.2`.
pub fn ratio(ratio: f64) -> String {
    three_digits(ratio)
}

/// Formats an interval of ratios: `9.21–9.94`.
pub fn interval((low, high): (f64, f64)) -> String {
    format!("{}–{}", ratio(low), ratio(high))
}

/// Returns the sentence with its first letter in upper case.
pub fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// Breaks a text into lines of at most this width in letters.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn three_digits(number: f64) -> String {
    // The number of decimals depends on the rounded value: 0.99951 becomes 1.00.
    let decimals = if number >= 99.95 || number <= 0.0 {
        0
    } else if number >= 9.995 {
        1
    } else if number >= 0.9995 {
        2
    } else if number >= 0.09995 {
        3
    } else if number >= 0.009_995 {
        4
    } else {
        5
    };
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        for (secs, text) in [
            (0.0, "0 s"),
            (0.000_012_34, "0.0123 ms"),
            (0.006_29, "6.29 ms"),
            (0.012_34, "12.3 ms"),
            (0.4213, "421 ms"),
            (0.9994, "999 ms"),
            (0.9999, "1.00 s"),
            (4.2149, "4.21 s"),
            (9.996, "10.0 s"),
            (42.13, "42.1 s"),
            (59.99, "1 min 00 s"),
            (123.4, "2 min 03 s"),
            (3599.7, "1 h 00 min"),
            (3725.0, "1 h 02 min"),
        ] {
            assert_eq!(time(secs), text);
        }
        for (low, high, text) in [
            (0.006_29, 0.007_12, "6.29–7.12 ms"),
            (1.0, 1.9, "1.00–1.90 s"),
            (0.98, 1.02, "980 ms – 1.02 s"),
            (61.0, 123.0, "1 min 01 s – 2 min 03 s"),
        ] {
            assert_eq!(time_range(low, high), text);
        }
        assert_eq!(
            (estimate(0.2).as_str(), estimate(122.5).as_str()),
            ("1 s", "2 min 03 s")
        );
        assert_eq!(interval((9.2, 99.97)), "9.20–100");
    }
}
