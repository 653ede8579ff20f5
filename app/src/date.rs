//! Dates and times as text.

/// Converts seconds since 1970 to year, month, day and seconds of the day, in UTC. The algorithm is
/// that of Hinnant, "chrono-compatible low-level date algorithms" (2013): years begin in March, so
/// that a leap day is the last day of its year.
fn civil(secs: i64) -> (i64, i64, i64, i64) {
    let days = secs.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day, secs.rem_euclid(86_400))
}

/// Formats a time for people, to the minute: `2026-11-23 21:05 UTC`.
pub(crate) fn readable(secs: i64) -> String {
    let (year, month, day, time) = civil(secs);
    let (hour, minute) = (time / 3600, time / 60 % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// Formats a time for programs (RFC 3339): `2026-11-23T21:05:08Z`.
pub(crate) fn rfc3339(secs: i64) -> String {
    let (year, month, day, time) = civil(secs);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_gregorian_calendar() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_795_467_908, "2026-11-23T21:05:08Z"),
        ] {
            assert_eq!(rfc3339(secs), text);
        }
        assert_eq!(readable(1_795_467_908), "2026-11-23 21:05 UTC");
    }

    #[test]
    fn any_number_of_seconds_can_be_formatted() {
        for secs in [i64::MIN, i64::MAX] {
            assert!(!rfc3339(secs).is_empty());
        }
    }
}
