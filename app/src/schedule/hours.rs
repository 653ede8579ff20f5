//! Hours of some days of the week.

use serde::{Deserialize, Serialize};

use super::days::Days;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A moment of a week in the local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Day of the week; 0 is Monday.
    pub day: u8,
    /// Minutes since midnight, below 1440.
    pub minute: u16,
}

/// Hours of some days: from one minute to another, on the next day if that is not later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hours {
    /// The days on which the hours begin.
    pub days: Days,
    /// Minutes since midnight at which they begin.
    pub from: u16,
    /// Minutes since midnight at which they end; the end does not belong to them.
    pub to: u16,
}

impl Default for Hours {
    /// Each night from 22:00 to 7:00.
    fn default() -> Self {
        Self {
            days: Days::ALL,
            from: 22 * 60,
            to: 7 * 60,
        }
    }
}

impl Hours {
    /// Returns whether the moment is within the hours.
    pub(crate) fn contain(&self, now: Moment) -> bool {
        let (from, to) = (self.from % DAY, self.to % DAY);
        let yesterday = (now.day + 6) % 7;
        match from < to {
            true => self.days.has(now.day) && (from..to).contains(&now.minute),
            // Over midnight; the same minute twice is a whole day.
            false => {
                self.days.has(now.day) && now.minute >= from
                    || self.days.has(yesterday) && now.minute < to
            }
        }
    }

    /// Returns the first moment from `now` on that is within one of the hours, and the minutes until then.
    pub(crate) fn next(all: &[Self], now: Moment) -> Option<(Moment, u32)> {
        let at = |minutes: u32| {
            let total = u32::from(now.day) * u32::from(DAY) + u32::from(now.minute) + minutes;
            Moment {
                day: (total / u32::from(DAY) % 7) as u8,
                minute: (total % u32::from(DAY)) as u16,
            }
        };
        let mut minutes = 0..7 * u32::from(DAY);
        let is_within = |minutes: &u32| all.iter().any(|hours| hours.contain(at(*minutes)));
        minutes
            .find(is_within)
            .map(|minutes| (at(minutes), minutes))
    }
}

/// Parses a time of the day such as `7:00`, `07:30` or `22`. Returns minutes since midnight.
pub(crate) fn parse_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text
        .trim()
        .split_once([':', '.'])
        .unwrap_or((text.trim(), "0"));
    let is_number =
        |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(hour) || !is_number(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// Formats minutes since midnight: `07:30`.
pub(crate) fn shown_minute(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60 % 24, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(day: u8, time: &str) -> Moment {
        let minute = parse_minute(time).unwrap();
        Moment { day, minute }
    }

    fn hours(days: &[u8], from: &str, to: &str) -> Hours {
        let mut set = Days::ALL;
        (0..7)
            .filter(|day| !days.contains(day))
            .for_each(|day| set.toggle(day));
        let (from, to) = (parse_minute(from).unwrap(), parse_minute(to).unwrap());
        Hours {
            days: set,
            from,
            to,
        }
    }

    #[test]
    fn hours_over_midnight_belong_to_the_day_on_which_they_begin() {
        let sunday_night = hours(&[6], "22:00", "7:00");
        for (day, time, is_within) in [
            (6, "21:59", false),
            (6, "22:00", true),
            (0, "0:00", true),
            (0, "6:59", true),
            (0, "7:00", false),
            (0, "22:00", false),
            (6, "6:00", false),
        ] {
            assert_eq!(
                sunday_night.contain(moment(day, time)),
                is_within,
                "{day} {time}"
            );
        }
        let noon = hours(&[1, 2], "12:00", "13:00");
        assert!(noon.contain(moment(1, "12:59")) && !noon.contain(moment(3, "12:00")));
        let whole_days = hours(&[5], "0:00", "0:00");
        assert!(whole_days.contain(moment(5, "23:59")) && !whole_days.contain(moment(6, "0:00")));
    }

    #[test]
    fn the_next_moment_is_found_within_a_week() {
        let all = [hours(&[1], "12:00", "13:00"), hours(&[4], "1:00", "2:00")];
        assert_eq!(
            Hours::next(&all, moment(1, "12:30")),
            Some((moment(1, "12:30"), 0))
        );
        assert_eq!(
            Hours::next(&all, moment(1, "13:00")).unwrap().0,
            moment(4, "1:00")
        );
        assert_eq!(
            Hours::next(&all, moment(4, "2:00")).unwrap().0,
            moment(1, "12:00")
        );
        assert_eq!(
            Hours::next(&[hours(&[], "1:00", "2:00")], moment(0, "0:00")),
            None
        );
        assert_eq!(Hours::next(&[], moment(0, "0:00")), None);
    }

    #[test]
    fn times_are_parsed_as_people_write_them() {
        for (text, minute) in [("7", 420), ("07:30", 450), ("23.59", 1439), (" 0:00 ", 0)] {
            assert_eq!(parse_minute(text), Some(minute));
        }
        for wrong in [
            "", "24:00", "7:60", "-1", "7:", ":30", "7:0:0", "seven", "+7", "٧",
        ] {
            assert_eq!(parse_minute(wrong), None, "{wrong}");
        }
        assert_eq!(
            (shown_minute(0), shown_minute(1439)),
            ("00:00".into(), "23:59".into())
        );
    }
}
