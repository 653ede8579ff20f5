//! Parses `Last-Modified` dates as leniently as curl: the three forms of RFC 9110, 5.6.7, and also one-digit
//! days, other or missing time zones, and upper or lower case.

use std::time::{Duration, SystemTime};

/// Names of the months; the first three letters count.
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
/// Names of the days of the week, which are not compared with the date.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Zones of RFC 822 and RFC 850, and their offsets to UTC in hours.
const ZONES: [(&str, i64); 12] = [
    ("gmt", 0),
    ("utc", 0),
    ("ut", 0),
    ("z", 0),
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
];

/// Parses a date. `None` if it is none, or before 1970.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text)
        .ok()
        .or_else(|| Parts::read(text)?.time())
}

/// The parts of a date, in any order.
#[derive(Default)]
struct Parts {
    day: Option<i64>,
    /// From 0.
    month: Option<i64>,
    year: Option<i64>,
    /// Seconds since midnight.
    time: Option<i64>,
    /// Seconds that the zone is ahead of UTC.
    offset: Option<i64>,
}

impl Parts {
    /// Reads each word. `None` if one has no meaning, or a part is there twice.
    fn read(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let mut parts = Self::default();
        for word in text.split([' ', '\t', ',']).filter(|word| !word.is_empty()) {
            let is_zone = word.starts_with(['+', '-']) && parts.time.is_some();
            match word {
                _ if is_zone => set(&mut parts.offset, offset(word)?)?,
                _ if word.contains(':') => set(&mut parts.time, time(word)?)?,
                _ => {
                    for word in word.split('-').filter(|word| !word.is_empty()) {
                        parts.read_word(word)?;
                    }
                }
            }
        }
        Some(parts)
    }

    /// Reads the name of a day, a month or a zone, or a number: the day, then the year.
    fn read_word(&mut self, word: &str) -> Option<()> {
        if let Ok(number) = word.parse::<i64>() {
            return match self.day {
                None if (1..=31).contains(&number) => set(&mut self.day, number),
                _ if word.len() > 2 => set(&mut self.year, number),
                _ => set(
                    &mut self.year,
                    number + if number > 70 { 1900 } else { 2000 },
                ),
            };
        }
        let is = |name: &&str| word.get(..3) == Some(*name);
        if let Some(month) = MONTHS.iter().position(is) {
            return set(&mut self.month, month as i64);
        }
        if let Some((_, hours)) = ZONES.iter().find(|(name, _)| *name == word) {
            return set(&mut self.offset, hours * 3600);
        }
        WEEKDAYS.iter().any(is).then_some(())
    }

    fn time(&self) -> Option<SystemTime> {
        let days = days_since_1970(self.year?, self.month?, self.day?)?;
        let seconds = days * 86_400 + self.time.unwrap_or(0) - self.offset.unwrap_or(0);
        let since_1970 = Duration::from_secs(u64::try_from(seconds).ok()?);
        SystemTime::UNIX_EPOCH.checked_add(since_1970)
    }
}

/// Sets a part. `None` if it is set already.
fn set(part: &mut Option<i64>, value: i64) -> Option<()> {
    part.replace(value).is_none().then_some(())
}

/// Parses `h:mm` or `h:mm:ss`.
fn time(text: &str) -> Option<i64> {
    let mut seconds = 0;
    let mut limits = [24, 60, 61].into_iter();
    for part in text.split(':') {
        let number = part.parse::<u8>().ok().map(i64::from)?;
        if number >= limits.next()? {
            return None;
        }
        seconds = seconds * 60 + number;
    }
    Some(match limits.len() {
        1 => seconds * 60,
        _ => seconds,
    })
}

/// Parses `+hhmm` or `-hhmm`.
fn offset(text: &str) -> Option<i64> {
    let (sign, digits) = text.split_at(1);
    let number = digits.parse::<u16>().ok().map(i64::from)?;
    let seconds = (number / 100 * 60 + number % 100) * 60;
    let is_valid = digits.len() == 4 && number <= 1400 && number % 100 < 60;
    is_valid.then_some(if sign == "-" { -seconds } else { seconds })
}

/// Returns the days from 1 January 1970 to a date of the Gregorian calendar. `None` if there is no such date.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [
        31,
        28 + i64::from(is_leap),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let before = lengths.get(..month as usize)?.iter().sum::<i64>();
    if !(1970..=9999).contains(&year) || day > lengths[month as usize] {
        return None;
    }
    let leaps = |year: i64| (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    Some((year - 1970) * 365 + leaps(year) - leaps(1970) + before + day - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        let since = parse(text)?.duration_since(SystemTime::UNIX_EPOCH);
        Some(since.unwrap().as_secs())
    }

    #[test]
    fn dates_that_curl_reads_are_read() {
        for text in [
            "Fri, 01 Jan 2021 00:00:00 GMT",
            "Friday, 01-Jan-21 00:00:00 GMT",
            "Fri Jan  1 00:00:00 2021",
            "Fri, 1 Jan 2021 00:00:00 GMT",
            "Fri, 01 Jan 2021 00:00:00 UTC",
            "Fri, 01 Jan 2021 01:00:00 +0100",
            "Thu, 31 Dec 2020 18:30:00 -0530",
            "Fri, 01 Jan 2021 00:00:00",
            "fri, 01 jan 2021 00:00:00 gmt",
            "FRIDAY, 1-JANUARY-2021 0:00 GMT",
            "1 Jan 2021",
            "Thu, 31 Dec 2020 19:00:00 EST",
        ] {
            assert_eq!(seconds(text), Some(1_609_459_200), "{text}");
        }
        assert_eq!(seconds("thu, 29 feb 2024 12:34:56 z"), Some(1_709_210_096));
        assert_eq!(seconds("Thu, 1 Jan 1970 00:00:00 GMT"), Some(0));
    }

    #[test]
    fn other_texts_are_no_dates() {
        for text in [
            "",
            "0",
            "garbage",
            "2021-01-01T00:00:00Z",
            "Fri, 1 Jan 1960 00:00:00 GMT",
            "Wed, 31 Dec 1969 23:00:00 GMT",
            "Fri, 1 Jan 2021 24:00:00 GMT",
            "Mon, 29 Feb 2021 00:00:00 GMT",
            "Fri, 1 Jan 2021 00:00:00 +9900",
            "Fri, 1 Jan 2021 00:00:00 GMT GMT",
            "Fri, 1 Jan 2021 00:00:00 Mars",
            "Jan 2021",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn lenient_and_strict_parsing_agree(secs in 0_u64..253_402_300_800) {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(secs);
            let strict = httpdate::fmt_http_date(time);
            prop_assert_eq!(seconds(&strict.to_lowercase()), Some(secs));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+:, a-zA-Z0-9\u{e9}]{0,40}") {
            let _ = parse(&text);
        }
    }
}
