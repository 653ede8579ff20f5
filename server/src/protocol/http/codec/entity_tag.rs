//! Entity tags: the names of versions (RFC 9110 section 8.8.3).

use std::fmt;

/// The name of one version of a file. This server makes strong ones only: the same tag means the
/// same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag {
    is_weak: bool,
    text: String,
}

impl EntityTag {
    /// A strong tag. What may not stand in one is left out of the text.
    pub fn strong(text: &str) -> Self {
        Self {
            is_weak: false,
            text: text.chars().filter(|c| is_tag_char(*c)).collect(),
        }
    }

    /// Reads one tag and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        match Self::take(text.trim())? {
            (tag, "") => Some(tag),
            _ => None,
        }
    }

    /// Reads a tag from the beginning of `text`, and gives the rest.
    fn take(text: &str) -> Option<(Self, &str)> {
        let (is_weak, quoted) = match text.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, text),
        };
        let (text, rest) = quoted.strip_prefix('"')?.split_once('"')?;
        let text = text.chars().all(is_tag_char).then(|| text.to_owned())?;
        Some((Self { is_weak, text }, rest))
    }

    /// Whether both mean the same bytes.
    pub fn strong_eq(&self, other: &Self) -> bool {
        !self.is_weak && !other.is_weak && self.text == other.text
    }

    /// Whether both mean what is as good as the same.
    pub fn weak_eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weak = if self.is_weak { "W/" } else { "" };
        write!(f, "{weak}\"{}\"", self.text)
    }
}

/// Whether `list` is `*`, or a list of tags of which one satisfies `is_it`. A list that goes wrong
/// counts as far as it is right.
pub(crate) fn any(list: &str, is_it: impl Fn(&EntityTag) -> bool) -> bool {
    let mut rest = list.trim();
    if rest == "*" {
        return true;
    }
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        let Some((tag, behind)) = EntityTag::take(rest) else {
            return false;
        };
        if is_it(&tag) {
            return true;
        }
        rest = behind;
    }
}

fn is_tag_char(c: char) -> bool {
    !c.is_control() && c != '"' && c != ' '
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_and_written() {
        for text in ["\"a\"", "W/\"a,b\"", "\"\"", "\"ä\""] {
            assert_eq!(EntityTag::parse(text).unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "a",
            "\"a",
            "w/\"a\"",
            "\"a\" b",
            "\"a\"\"b\"",
            "\"a b\"",
            "*",
        ] {
            assert_eq!(EntityTag::parse(wrong), None, "{wrong}");
        }
        assert_eq!(EntityTag::strong("a \"\n1").to_string(), "\"a1\"");
    }

    #[test]
    fn weak_tags_are_alike_but_never_the_same_bytes() {
        let tag = |text| EntityTag::parse(text).unwrap();
        // The table of RFC 9110 section 8.8.3.2.
        for (one, other, same, alike) in [
            ("W/\"1\"", "W/\"1\"", false, true),
            ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
        ] {
            let (one, other) = (tag(one), tag(other));
            assert_eq!(one.strong_eq(&other), same, "{one} {other}");
            assert_eq!(one.weak_eq(&other), alike, "{one} {other}");
        }
    }

    #[test]
    fn a_list_is_searched_as_far_as_it_is_right() {
        let is_b = |tag: &EntityTag| tag.text == "b";
        for (list, expected) in [
            ("*", true),
            ("\"b\"", true),
            ("\"a\", W/\"b\"", true),
            ("\"a\",\"b\"", true),
            (", ,\"b\"", true),
            ("\"a,b\"", false),
            ("\"a\", b, \"b\"", false),
            ("", false),
            ("*, \"a\"", false),
        ] {
            assert_eq!(any(list, is_b), expected, "{list}");
        }
    }
}
