//! Entity tags (RFC 9110, section 8.8.3).

use std::fmt;

/// The identifier of one version of a file. The server itself creates strong tags only: equal tags
/// mean equal bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag {
    is_weak: bool,
    text: String,
}

impl EntityTag {
    /// Creates a strong tag. Characters that a tag must not contain are removed from `text`.
    pub fn strong(text: &str) -> Self {
        Self {
            is_weak: false,
            text: text.chars().filter(|c| is_tag_char(*c)).collect(),
        }
    }

    /// Parses a text that is exactly one tag.
    pub fn parse(text: &str) -> Option<Self> {
        match Self::take(text.trim())? {
            (tag, "") => Some(tag),
            _ => None,
        }
    }

    /// Parses a tag at the start of `text`. Also returns the rest.
    fn take(text: &str) -> Option<(Self, &str)> {
        let (is_weak, quoted) = match text.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, text),
        };
        let (text, rest) = quoted.strip_prefix('"')?.split_once('"')?;
        let text = text.chars().all(is_tag_char).then(|| text.to_owned())?;
        Some((Self { is_weak, text }, rest))
    }

    /// Compares strongly (section 8.8.3.2): both tags are strong and identical.
    pub fn strong_eq(&self, other: &Self) -> bool {
        !self.is_weak && !other.is_weak && self.text == other.text
    }

    /// Compares weakly (section 8.8.3.2): the tags are identical, whether weak or not.
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

/// Returns whether `list` is `*` or contains a tag that satisfies `predicate`. Of a malformed list,
/// the tags before the error count.
pub(super) fn any(list: &str, predicate: impl Fn(&EntityTag) -> bool) -> bool {
    let mut rest = list.trim();
    if rest == "*" {
        return true;
    }
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        let Some((tag, after)) = EntityTag::take(rest) else {
            return false;
        };
        if predicate(&tag) {
            return true;
        }
        rest = after;
    }
}

fn is_tag_char(c: char) -> bool {
    !c.is_control() && c != '"' && c != ' '
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_parsed_and_formatted() {
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
    fn strong_and_weak_comparison_follow_the_rfc() {
        let tag = |text| EntityTag::parse(text).unwrap();
        // The table of RFC 9110, section 8.8.3.2.
        for (one, other, strong, weak) in [
            ("W/\"1\"", "W/\"1\"", false, true),
            ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
        ] {
            let (one, other) = (tag(one), tag(other));
            assert_eq!(one.strong_eq(&other), strong, "{one} {other}");
            assert_eq!(one.weak_eq(&other), weak, "{one} {other}");
        }
    }

    #[test]
    fn a_malformed_list_counts_up_to_the_error() {
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
