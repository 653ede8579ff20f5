//! Conditional requests (RFC 9110, section 13).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::entity_tag::{self, EntityTag};

/// The values of the conditional headers of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`: the file must have one of these tags.
    pub if_match: Option<String>,
    /// `If-None-Match`: the file must have none of these tags.
    pub if_none_match: Option<String>,
    /// `If-Modified-Since`: the file must have changed since this date.
    pub if_modified_since: Option<String>,
    /// `If-Unmodified-Since`: the file must not have changed since this date.
    pub if_unmodified_since: Option<String>,
    /// `If-Range`: a part may be sent only of the version with this tag or date.
    pub if_range: Option<String>,
}

/// The result of evaluating the conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// The method applies.
    Proceed,
    /// The client has the current version: 304.
    NotModified,
    /// A precondition is false: 412.
    Failed,
}

impl Conditions {
    /// Evaluates the conditions for the current version, in the order of RFC 9110, section 13.2.2.
    /// Invalid dates are ignored, as are all dates if the file has none.
    pub fn evaluate(&self, tag: Option<&EntityTag>, modified: Option<SystemTime>) -> Precondition {
        let modified = modified.map(whole_seconds);
        let matches = |list: &str, eq: fn(&EntityTag, &EntityTag) -> bool| {
            entity_tag::any(list, |other| tag.is_some_and(|tag| eq(tag, other)))
        };
        if let Some(list) = &self.if_match {
            if !matches(list, EntityTag::strong_eq) {
                return Precondition::Failed;
            }
        } else if let (Some(since), Some(modified)) =
            (parse_date(&self.if_unmodified_since), modified)
            && modified > since
        {
            return Precondition::Failed;
        }
        if let Some(list) = &self.if_none_match {
            if matches(list, EntityTag::weak_eq) {
                return Precondition::NotModified;
            }
        } else if let (Some(since), Some(modified)) =
            (parse_date(&self.if_modified_since), modified)
            && modified <= since
        {
            return Precondition::NotModified;
        }
        Precondition::Proceed
    }

    /// Evaluates `If-Range`: returns whether a part of the current version may be sent. A date
    /// identifies a version only if it is at least one second old.
    pub fn allow_part(
        &self,
        tag: Option<&EntityTag>,
        modified: Option<SystemTime>,
        now: SystemTime,
    ) -> bool {
        let Some(text) = &self.if_range else {
            return true;
        };
        if let Some(other) = EntityTag::parse(text) {
            return tag.is_some_and(|tag| tag.strong_eq(&other));
        }
        let (Ok(date), Some(modified)) = (httpdate::parse_http_date(text), modified) else {
            return false;
        };
        date == whole_seconds(modified) && now >= date + Duration::from_secs(1)
    }
}

fn parse_date(text: &Option<String>) -> Option<SystemTime> {
    httpdate::parse_http_date(text.as_ref()?).ok()
}

/// Truncates a time to the resolution and range of an HTTP date.
pub(super) fn whole_seconds(time: SystemTime) -> SystemTime {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => UNIX_EPOCH + Duration::from_secs(since.as_secs()),
        // Times before 1970 count as 1970.
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
    fn conditions_are_evaluated_in_the_order_of_the_rfc() {
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
            // A tag takes precedence over a date.
            (&[("match", "\"v1\""), ("unmodified", BEFORE)], Proceed),
            (&[("none", "\"v0\""), ("since", AFTER)], Proceed),
            // 412 takes precedence over 304.
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
    fn a_file_without_tag_and_date_matches_only_the_asterisk() {
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
    fn if_range_allows_only_parts_of_the_same_version() {
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
                "a date less than a second old identifies no version: {value}"
            );
        }
        assert!(Conditions::default().allow_part(None, None, now));
    }
}
