//! Patterns in links that stand for several: `[001-100]`, `[1-9:2]`, `[a-f]` and `{one,two}`, as curl has them.

/// Most links of one pattern.
pub(crate) const MAX_LINKS: u64 = 1000;

/// Reason why a pattern is not expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    /// It stands for too many links.
    #[error("the pattern stands for {0} links: at most {MAX_LINKS}")]
    TooMany(u64),
}

/// A part of a link.
enum Part {
    /// Itself.
    Text(String),
    /// Each of several texts.
    Choice(Choice),
}

/// Texts that replace a pattern.
enum Choice {
    /// Numbers from the first on, with leading zeros up to this width.
    Numbers {
        first: u64,
        count: u64,
        step: u64,
        width: usize,
    },
    /// Letters from the first on.
    Letters { first: u8, count: u64 },
    /// These texts.
    List(Vec<String>),
}

impl Choice {
    fn count(&self) -> u64 {
        match self {
            Self::Numbers { count, .. } | Self::Letters { count, .. } => *count,
            Self::List(texts) => texts.len() as u64,
        }
    }

    /// Returns the text at an index below the count.
    fn text(&self, index: u64) -> String {
        match self {
            Self::Numbers {
                first, step, width, ..
            } => format!("{:0width$}", first + index * step),
            Self::Letters { first, .. } => char::from(first + index as u8).to_string(),
            Self::List(texts) => texts[index as usize].clone(),
        }
    }
}

/// Returns the links that a link with patterns stands for, the last pattern counting fastest; `None` if it has no
/// pattern. Brackets and braces of another form, such as those of an IPv6 address, are no pattern.
///
/// # Errors
/// [`PatternError::TooMany`].
pub(crate) fn expand(link: &str) -> Option<Result<Vec<String>, PatternError>> {
    let parts = parse(link);
    let choices = || {
        parts.iter().filter_map(|part| match part {
            Part::Choice(choice) => Some(choice.count()),
            Part::Text(_) => None,
        })
    };
    choices().next()?;
    let count = choices().fold(1, u64::saturating_mul);
    if count > MAX_LINKS {
        return Some(Err(PatternError::TooMany(count)));
    }
    Some(Ok((0..count).map(|index| nth(&parts, index)).collect()))
}

/// Returns a link by its index, as a number whose digits are the choices.
fn nth(parts: &[Part], mut index: u64) -> String {
    let mut texts: Vec<String> = parts
        .iter()
        .rev()
        .map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Choice(choice) => {
                let text = choice.text(index % choice.count());
                index /= choice.count();
                text
            }
        })
        .collect();
    texts.reverse();
    texts.concat()
}

fn parse(link: &str) -> Vec<Part> {
    let (mut parts, mut text, mut rest) = (Vec::new(), String::new(), link);
    while let Some(at) = rest.find(['[', '{']) {
        let (before, pattern) = rest.split_at(at);
        text.push_str(before);
        let close = if pattern.starts_with('[') { ']' } else { '}' };
        let inner = pattern.find(close).map(|end| &pattern[1..end]);
        let choice = inner.and_then(|inner| match close {
            ']' => range(inner),
            _ => list(inner),
        });
        let Some((inner, choice)) = inner.zip(choice) else {
            // Another bracket.
            text.push_str(&pattern[..1]);
            rest = &pattern[1..];
            continue;
        };
        parts.push(Part::Text(std::mem::take(&mut text)));
        parts.push(Part::Choice(choice));
        rest = &pattern[inner.len() + 2..];
    }
    text.push_str(rest);
    parts.push(Part::Text(text));
    parts
}

/// Parses `001-100`, `1-9:2` or `a-f`, with the smaller end first.
fn range(inner: &str) -> Option<Choice> {
    let (first, last) = inner.split_once('-')?;
    if let ([first], [last]) = (first.as_bytes(), last.as_bytes())
        && first.is_ascii_alphabetic()
        && first.is_ascii_lowercase() == last.is_ascii_lowercase()
        && last.is_ascii_alphabetic()
    {
        let count = u64::from(last.checked_sub(*first)?) + 1;
        return Some(Choice::Letters {
            first: *first,
            count,
        });
    }
    let (last, step) = last.split_once(':').unwrap_or((last, "1"));
    let width = if first.starts_with('0') {
        first.len()
    } else {
        0
    };
    let (first, last, step) = (number(first)?, number(last)?, number(step)?);
    let count = last.checked_sub(first)?.checked_div(step)? + 1;
    Some(Choice::Numbers {
        first,
        count,
        step,
        width,
    })
}

/// Parses at most 18 digits.
fn number(text: &str) -> Option<u64> {
    let is_number = text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

/// Parses two or more texts with commas between them.
fn list(inner: &str) -> Option<Choice> {
    let texts: Vec<String> = inner.split(',').map(str::to_owned).collect();
    (texts.len() > 1 && !inner.contains(['{', '['])).then_some(Choice::List(texts))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn links(text: &str) -> Vec<String> {
        expand(text).unwrap().unwrap()
    }

    #[test]
    fn ranges_and_lists_are_expanded_and_the_last_counts_fastest() {
        assert_eq!(
            links("http://h/[08-10].jpg"),
            ["http://h/08.jpg", "http://h/09.jpg", "http://h/10.jpg"]
        );
        assert_eq!(links("x[9-11]"), ["x9", "x10", "x11"]);
        assert_eq!(links("[1-6:2]"), ["1", "3", "5"]);
        assert_eq!(links("[a-c]z"), ["az", "bz", "cz"]);
        assert_eq!(
            links("{a,b}/[1-2]?{x,}"),
            [
                "a/1?x", "a/1?", "a/2?x", "a/2?", "b/1?x", "b/1?", "b/2?x", "b/2?"
            ]
        );
        assert_eq!(
            links("http://[::1]:80/[1-2]"),
            ["http://[::1]:80/1", "http://[::1]:80/2"]
        );
        assert_eq!(links("[[1-2]"), ["[1", "[2"]);
    }

    #[test]
    fn other_brackets_are_no_patterns() {
        for text in [
            "http://[::1]/x",
            "http://[fe80::1-2]/",
            "x[1]",
            "x[2-1]",
            "x[1-2:0]",
            "x[-]",
            "x[a-F]",
            "x[f-a]",
            "{a}",
            "{}",
            "[1-2",
            "{a,b",
            "x[1-é]",
            "[1-0000000000000000000]",
            "x[+1-2]",
            "",
        ] {
            assert_eq!(expand(text), None, "{text}");
        }
    }

    #[test]
    fn too_many_links_are_refused_without_making_them() {
        assert_eq!(links("[1-1000]").len(), 1000);
        assert_eq!(expand("[0-1000]"), Some(Err(PatternError::TooMany(1001))));
        let huge = "[0-999999999999999999]".repeat(9);
        assert_eq!(expand(&huge), Some(Err(PatternError::TooMany(u64::MAX))));
    }

    proptest! {
        #[test]
        fn any_text_is_expanded_to_different_numbers_or_refused(text in r"[\[\]{},:0-9a-c-]{0,24}") {
            if let Some(Ok(links)) = expand(&text) {
                prop_assert!(!links.is_empty() && links.len() as u64 <= MAX_LINKS);
            }
        }

        #[test]
        fn numbers_follow_each_other(first in 0_u64..5000, more in 0_u64..999) {
            let links = links(&format!("[{first}-{}]", first + more));
            let numbers: Vec<u64> = links.iter().map(|link| link.parse().unwrap()).collect();
            prop_assert_eq!(numbers, (first..=first + more).collect::<Vec<_>>());
        }
    }
}
