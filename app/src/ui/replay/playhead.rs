//! The time of a replay: it plays, pauses, is moved, and steps from packet to packet.

use std::time::Duration;

use lanes_engine::Timeline;

/// The speeds with their names, slowest first.
pub(crate) const SPEEDS: [(f64, &str); 8] = [
    (0.01, "× 1/100"),
    (0.02, "× 1/50"),
    (0.05, "× 1/20"),
    (0.1, "× 1/10"),
    (0.25, "× 1/4"),
    (1.0, "× 1"),
    (2.0, "× 2"),
    (4.0, "× 4"),
];
/// A replay takes at least this long, unless the user chooses another speed: over loopback all is over in
/// 30 ms, and nothing would be seen.
const MIN_SECS: f64 = 2.5;
/// The check of the received file takes at most this long in a replay: nothing moves meanwhile.
const CHECK_SECS: f64 = 0.5;

/// The playhead of one recording.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Playhead {
    /// Time since the start of the attempt; `None` at the end.
    at: Option<Duration>,
    /// Index of the chosen speed.
    speed: Option<usize>,
    /// Time of the window at the last frame, in seconds, while it plays.
    played: Option<f64>,
}

impl Playhead {
    /// Returns the time since the start of the attempt; `None` at the end.
    pub(crate) fn at(&self) -> Option<Duration> {
        self.at
    }

    pub(crate) fn is_playing(&self) -> bool {
        self.played.is_some()
    }

    /// Returns the index of its speed in [`SPEEDS`].
    pub(crate) fn speed(&self, timeline: &Timeline) -> usize {
        let secs = timeline.received.unwrap_or(timeline.until).as_secs_f64();
        let lasts = |(speed, _): &(f64, &str)| secs / speed >= MIN_SECS;
        let fastest = || SPEEDS.iter().rposition(lasts);
        self.speed.or_else(fastest).unwrap_or_default()
    }

    /// Chooses a speed by its index.
    pub(crate) fn set_speed(&mut self, speed: usize) {
        self.speed = Some(speed.min(SPEEDS.len() - 1));
    }

    /// Plays, from the start if it is at the end, or pauses. `now` is the time of the window in seconds.
    pub(crate) fn toggle(&mut self, now: f64) {
        if self.played.take().is_none() {
            self.played = Some(now);
            self.at.get_or_insert(Duration::ZERO);
        }
    }

    /// Moves on to the time `now` of the window, in seconds.
    pub(crate) fn advance(&mut self, now: f64, timeline: &Timeline) {
        let Some(last) = self.played.replace(now) else {
            self.played = None;
            return;
        };
        let at = self.at.unwrap_or_default();
        let mut speed = SPEEDS[self.speed(timeline)].0;
        if let Some(received) = timeline.received.filter(|received| at >= *received) {
            let check = timeline.until.saturating_sub(received);
            speed = speed.max(check.as_secs_f64() / CHECK_SECS);
        }
        let passed = Duration::from_secs_f64((now - last).max(0.0) * speed);
        // Not past the last byte in one step, at the speed before it.
        let stop = timeline.received.filter(|received| at < *received);
        let next = at + passed;
        self.seek(stop.map_or(next, |stop| next.min(stop)), timeline.until);
    }

    /// Moves to a time; it stops at the end.
    pub(crate) fn seek(&mut self, at: Duration, until: Duration) {
        self.at = Some(at).filter(|at| *at < until);
        if self.at.is_none() {
            self.played = None;
        }
    }

    /// Pauses at the next packet, or at the one before.
    pub(crate) fn step(&mut self, timeline: &Timeline, is_forward: bool) {
        self.played = None;
        let at = self.at.unwrap_or(timeline.until);
        let mut times = timeline.arrivals.iter().map(|arrival| arrival.at);
        let next = if is_forward {
            times.find(|time| *time > at).unwrap_or(timeline.until)
        } else {
            times.rfind(|time| *time < at).unwrap_or_default()
        };
        self.seek(next, timeline.until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanes_engine::Arrival;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn lasting(until: Duration) -> Timeline {
        Timeline {
            until,
            ..Timeline::default()
        }
    }

    #[test]
    fn a_long_check_of_a_short_download_is_short() {
        let timeline = Timeline {
            received: Some(ms(30)),
            ..lasting(ms(530))
        };
        let mut playhead = Playhead::default();
        assert_eq!(SPEEDS[playhead.speed(&timeline)].1, "× 1/100");
        playhead.toggle(0.0);
        playhead.advance(4.0, &timeline);
        assert_eq!(playhead.at(), Some(ms(30)));
        playhead.advance(4.25, &timeline);
        assert_eq!(playhead.at(), Some(ms(280)));
        playhead.advance(4.6, &timeline);
        assert_eq!((playhead.at(), playhead.is_playing()), (None, false));
    }

    #[test]
    fn it_plays_once_from_start_to_end() {
        let mut playhead = Playhead::default();
        let timeline = lasting(ms(30));
        playhead.advance(7.0, &timeline);
        assert_eq!((playhead.at(), playhead.is_playing()), (None, false));
        playhead.toggle(10.0);
        assert_eq!(playhead.at(), Some(Duration::ZERO));
        // 30 ms are shown in 3 s.
        playhead.advance(11.0, &timeline);
        assert_eq!(playhead.at(), Some(ms(10)));
        playhead.toggle(11.5);
        playhead.advance(12.0, &timeline);
        assert_eq!(
            (playhead.at(), playhead.is_playing()),
            (Some(ms(10)), false)
        );
        playhead.toggle(20.0);
        playhead.advance(23.0, &timeline);
        assert_eq!((playhead.at(), playhead.is_playing()), (None, false));
    }

    #[test]
    fn the_speed_suits_the_length_unless_it_is_chosen() {
        let playhead = Playhead::default();
        let name = |until| SPEEDS[playhead.speed(&lasting(until))].1;
        let names = [ms(5), ms(30), ms(400), ms(3000), ms(60_000)].map(name);
        assert_eq!(names, ["× 1/100", "× 1/100", "× 1/10", "× 1", "× 4"]);
        let mut playhead = Playhead::default();
        playhead.set_speed(99);
        assert_eq!(SPEEDS[playhead.speed(&lasting(ms(30)))].1, "× 4");
    }

    #[test]
    fn it_steps_from_packet_to_packet_both_ways() {
        let arrival = |at| Arrival {
            at: ms(at),
            packet: at,
            connection: 1,
        };
        let timeline = Timeline {
            until: ms(10),
            arrivals: [2, 5, 5, 9].map(arrival).to_vec(),
            ..Timeline::default()
        };
        let mut playhead = Playhead::default();
        playhead.toggle(0.0);
        let mut forward = Vec::new();
        for _ in 0..4 {
            playhead.step(&timeline, true);
            forward.push(playhead.at());
        }
        assert_eq!(forward, [Some(ms(2)), Some(ms(5)), Some(ms(9)), None]);
        assert!(!playhead.is_playing());
        playhead.step(&timeline, false);
        assert_eq!(playhead.at(), Some(ms(9)));
        playhead.seek(ms(2), ms(10));
        playhead.step(&timeline, false);
        assert_eq!(playhead.at(), Some(Duration::ZERO));
    }
}
