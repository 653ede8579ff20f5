//! Conditions: a request that is meant only if the file is, or is not, the one that the client
//! knows (RFC 9110 section 13).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::entity_tag;
use super::entity_tag::EntityTag;

/// The conditions of a request, each as its field says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Only if it is one of these versions.
    pub if_match: Option<String>,
    /// Only if it is none of these versions.
    pub if_none_match: Option<String>,
    /// Only if it has changed since then.
    pub if_modified_since: Option<String>,
    /// Only if it has not changed since then.
    pub if_unmodified_since: Option<String>,
    /// A part only if it is this version, else the whole.
    pub if_range: Option<String>,
}

/// What the conditions come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// The request is meant.
    Proceed,
    /// The client has it already.
    NotModified,
    /// What the client assumes is not so.
    Failed,
}

impl Conditions {
    /// What they come to for the current version, in the order of RFC 9110 section 13.2.2. A date
    /// that is none is passed over, as is any date where the file has none.
    pub fn evaluate(&self, tag: Option<&EntityTag>, modified: Option<SystemTime>) -> Precondition {
        let modified = modified.map(whole_seconds);
        let is = |list: &str, same: fn(&EntityTag, &EntityTag) -> bool| {
            entity_tag::any(list, |asked| tag.is_some_and(|tag| same(tag, asked)))
        };
        if let Some(list) = &self.if_match {
            if !is(list, EntityTag::strong_eq) {
                return Precondition::Failed;
            }
        } else if let (Some(since), Some(modified)) = (date(&self.if_unmodified_since), modified)
            && modified > since
        {
            return Precondition::Failed;
        }
        if let Some(list) = &self.if_none_match {
            if is(list, EntityTag::weak_eq) {
                return Precondition::NotModified;
            }
        } else if let (Some(since), Some(modified)) = (date(&self.if_modified_since), modified)
            && modified <= since
        {
            return Precondition::NotModified;
        }
        Precondition::Proceed
    }

    /// Whether a part may be sent: it is of the version that the client has the rest of. A date
    /// tells versions apart only when a second has passed since.
    pub fn allow_part(
        &self,
        tag: Option<&EntityTag>,
        modified: Option<SystemTime>,
        now: SystemTime,
    ) -> bool {
        let Some(text) = &self.if_range else {
            return true;
        };
        if let Some(asked) = EntityTag::parse(text) {
            return tag.is_some_and(|tag| tag.strong_eq(&asked));
        }
        let (Ok(asked), Some(modified)) = (httpdate::parse_http_date(text), modified) else {
            return false;
        };
        asked == whole_seconds(modified) && now >= asked + Duration::from_secs(1)
    }
}

fn date(text: &Option<String>) -> Option<SystemTime> {
    httpdate::parse_http_date(text.as_ref()?).ok()
}

/// A time as a date of HTTP can say it.
pub(crate) fn whole_seconds(time: SystemTime) -> SystemTime {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => UNIX_EPOCH + Duration::from_secs(since.as_secs()),
        // Files from before 1970 count as from 1970.
        Err(_) => UNIX_EPOCH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    fn conditions(fields: &[(&str, &str)]) -> Conditions {
        let find = |name: &str| {
            let field = fields.iter().find(|(key, _)| *key == name);
            field.map(|(_, value)| (*value).to_owned())
        };
        Conditions {
            if_match: find("match"),
            if_none_match: find("none"),
            if_modified_since: find("since"),
            if_unmodified_since: find("unmodified"),
            if_range: find("range"),
        }
    }

    fn modified() -> SystemTime {
        httpdate::parse_http_date(THEN).unwrap() + Duration::from_millis(700)
    }

    #[test]
    fn conditions_are_weighed_in_the_order_of_the_standard() {
        use Precondition::{Failed, NotModified, Proceed};
        let tag = EntityTag::strong("v1");
        let cases: &[(&[(&str, &str)], Precondition)] = &[
            (&[], Proceed),
            (&[("match", "\"v1\"")], Proceed),
            (&[("match", "*")], Proceed),
            (&[("match", "\"v0\"")], Failed),
            (&[("match", "W/\"v1\"")], Failed),
            (&[("match", "v1")], Failed),
            (&[("none", "\"v1\"")], NotModified),
            (&[("none", "W/\"v1\"")], NotModified),
            (&[("none", "*")], NotModified),
            (&[("none", "\"v0\", \"v2\"")], Proceed),
            (&[("since", BEFORE)], Proceed),
            (&[("since", THEN)], NotModified),
            (&[("since", AFTER)], NotModified),
            (&[("since", "yesterday")], Proceed),
            (&[("since", "Sunday, 06-Nov-94 08:49:37 GMT")], NotModified),
            (&[("since", "Sun Nov  6 08:49:37 1994")], NotModified),
            (&[("unmodified", BEFORE)], Failed),
            (&[("unmodified", THEN)], Proceed),
            (&[("unmodified", "yesterday")], Proceed),
            // A tag makes the date beside it moot.
            (&[("match", "\"v1\""), ("unmodified", BEFORE)], Proceed),
            (&[("none", "\"v0\""), ("since", AFTER)], Proceed),
            // Failing comes before not being modified.
            (&[("match", "\"v0\""), ("none", "\"v1\"")], Failed),
            (&[("unmodified", BEFORE), ("since", AFTER)], Failed),
            (&[("match", "\"v1\""), ("none", "\"v1\"")], NotModified),
            (&[("unmodified", AFTER), ("since", AFTER)], NotModified),
        ];
        for (fields, expected) in cases {
            let found = conditions(fields).evaluate(Some(&tag), Some(modified()));
            assert_eq!(found, *expected, "{fields:?}");
        }
    }

    #[test]
    fn what_has_neither_tag_nor_date_matches_only_the_star() {
        for (fields, expected) in [
            (("match", "\"v1\""), Precondition::Failed),
            (("match", "*"), Precondition::Proceed),
            (("none", "\"v1\""), Precondition::Proceed),
            (("since", AFTER), Precondition::Proceed),
            (("unmodified", BEFORE), Precondition::Proceed),
        ] {
            assert_eq!(
                conditions(&[fields]).evaluate(None, None),
                expected,
                "{fields:?}"
            );
        }
    }

    #[test]
    fn a_part_is_sent_only_of_the_version_that_the_client_has() {
        let tag = EntityTag::strong("v1");
        let now = modified() + Duration::from_secs(100);
        for (value, expected) in [
            ("\"v1\"", true),
            ("\"v0\"", false),
            ("W/\"v1\"", false),
            (THEN, true),
            (BEFORE, false),
            (AFTER, false),
            ("nonsense", false),
            ("*", false),
        ] {
            let conditions = conditions(&[("range", value)]);
            let allowed = conditions.allow_part(Some(&tag), Some(modified()), now);
            assert_eq!(allowed, expected, "{value}");
            assert!(!conditions.allow_part(None, None, now), "{value}");
            let at_once = conditions.allow_part(None, Some(modified()), modified());
            assert!(
                !at_once,
                "within the second a date tells nothing apart: {value}"
            );
        }
        assert!(Conditions::default().allow_part(None, None, now));
    }
}
