//! Groups the results of a class by the task that was measured, and by student.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use lanes_server::CollectedResult;
use lanes_shared::class_result::{ClassPoint, ClassResult, Varied};
use lanes_shared::link::presets;

use crate::lab::analysis::statistics::median;
use crate::ui::format;

/// A student: the address, and the name, since a class may share an address.
pub(super) type Student = (IpAddr, String);

/// The results of one task.
pub(super) struct Task {
    /// The latest result of each student, in the order of the names.
    pub results: Vec<Arc<CollectedResult>>,
    /// The measured values in ascending order, each with its label.
    pub values: Vec<(u64, String)>,
}

/// Groups results by task; the task with the latest result is the first.
pub(super) fn tasks(all: &[Arc<CollectedResult>]) -> Vec<Task> {
    let mut tasks: Vec<BTreeMap<Student, Arc<CollectedResult>>> = Vec::new();
    for one in all.iter().rev() {
        let is_same = |task: &BTreeMap<Student, Arc<CollectedResult>>| {
            let any = task.values().next();
            any.is_some_and(|other| other.result.is_same_task(&one.result))
        };
        let index = tasks.iter().position(is_same).unwrap_or_else(|| {
            tasks.push(BTreeMap::new());
            tasks.len() - 1
        });
        // From the latest to the oldest: the first one stays.
        tasks[index]
            .entry(student(one))
            .or_insert_with(|| Arc::clone(one));
    }
    tasks.into_iter().map(Task::new).collect()
}

/// Returns the student of a result.
pub(super) fn student(one: &CollectedResult) -> Student {
    (one.addr, one.result.name.clone())
}

/// Returns the name of a student as shown: the address if no name was given.
pub(super) fn shown_name(one: &CollectedResult) -> String {
    match one.result.name.as_str() {
        "" => one.addr.to_string(),
        name => name.to_owned(),
    }
}

impl Task {
    fn new(by_student: BTreeMap<Student, Arc<CollectedResult>>) -> Self {
        let mut results: Vec<_> = by_student.into_values().collect();
        results.sort_by_key(|one| (shown_name(one).to_lowercase(), one.addr));
        let mut values = BTreeMap::new();
        for one in &results {
            for point in &one.result.points {
                let varied = one.result.varied;
                values
                    .entry(point.value)
                    .or_insert_with(|| label(varied, point));
            }
        }
        Self {
            results,
            values: values.into_iter().collect(),
        }
    }

    /// Returns a result of the task, which has its file, link and fixed quantities.
    pub fn any(&self) -> Option<&ClassResult> {
        self.results.first().map(|one| &one.result)
    }

    /// Returns the description of the task, such as `Data.jpg · Slow 4G · connections`.
    pub fn title(&self) -> String {
        let Some(result) = self.any() else {
            return String::new();
        };
        let link = match (result.varied, result.link.as_str()) {
            (Varied::Link, _) => String::new(),
            (_, "") => "the server's link".to_owned(),
            (_, id) => link_name(id),
        };
        let file = match result.varied {
            Varied::FileSize => "samples",
            _ => &result.file,
        };
        let connections = match result.connections {
            0 => String::new(),
            count => format::count(count.into(), "connection"),
        };
        let parts = [file, &link, result.mode.label(), &connections];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" · ")
    }

    /// Returns the median over the students at a value; `None` if none measured it.
    pub fn median(&self, value: u64, metric: ClassMetric) -> Option<f64> {
        let figures: Vec<f64> = self
            .results
            .iter()
            .filter_map(|one| metric.of(&one.result, point_of(&one.result, value)?))
            .collect();
        median(&figures)
    }

    /// Returns whether rates are known: the length of the file is.
    pub fn has_rates(&self) -> bool {
        self.any()
            .is_some_and(|result| result.varied == Varied::FileSize || result.file_len > 0)
    }
}

/// The shown quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClassMetric {
    /// Completion time in seconds.
    Time,
    /// Rate in bytes per second.
    Rate,
}

impl ClassMetric {
    /// Returns the figure of a value; `None` if it is not known.
    pub fn of(self, result: &ClassResult, point: &ClassPoint) -> Option<f64> {
        let secs = seconds(point.median_us);
        match self {
            Self::Time => Some(secs),
            Self::Rate => {
                let len = match result.varied {
                    Varied::FileSize => point.value,
                    _ => result.file_len,
                };
                (len > 0).then(|| len as f64 / secs.max(1e-6))
            }
        }
    }
}

/// Returns the measurements of a value.
pub(super) fn point_of(result: &ClassResult, value: u64) -> Option<&ClassPoint> {
    result.points.iter().find(|point| point.value == value)
}

/// Returns the ratio of the slowest median to the fastest, and the value of the fastest; for file sizes, of
/// the rates.
pub(super) fn speed_up(result: &ClassResult) -> Option<(f64, &ClassPoint)> {
    let cost = |point: &ClassPoint| match result.varied {
        Varied::FileSize => point.median_us as f64 / point.value.max(1) as f64,
        _ => point.median_us as f64,
    };
    let first = result.points.first()?;
    let best = result
        .points
        .iter()
        .min_by(|a, b| cost(a).total_cmp(&cost(b)))?;
    Some((cost(first) / cost(best).max(1e-9), best))
}

/// Converts microseconds.
pub(super) fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// Returns the label of a value on the axis and in headings.
pub(super) fn label(varied: Varied, point: &ClassPoint) -> String {
    match varied {
        Varied::Connections => point.value.to_string(),
        Varied::PacketLen | Varied::FileSize => format::round_size(point.value),
        Varied::Link => link_name(&point.label),
    }
}

/// Returns the name of the preset with this id, or the text itself.
fn link_name(id: &str) -> String {
    presets::preset(id).map_or_else(|| id.to_owned(), |preset| preset.name.to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use lanes_shared::class_result::ClassMode;

    use super::*;

    pub(crate) fn collected(
        number: u64,
        name: &str,
        link: &str,
        secs: &[u64],
    ) -> Arc<CollectedResult> {
        let point = |(index, secs): (usize, &u64)| ClassPoint {
            value: 1 << index,
            label: String::new(),
            runs: 3,
            failed: 0,
            median_us: secs * 1_000_000,
            min_us: secs * 900_000,
            max_us: secs * 1_100_000,
        };
        Arc::new(CollectedResult {
            number,
            at_secs: number,
            addr: IpAddr::from([10, 0, 0, 1]),
            result: ClassResult {
                name: name.to_owned(),
                file: "Data.jpg".to_owned(),
                file_len: 1_000_000,
                mode: ClassMode::Parallel,
                varied: Varied::Connections,
                connections: 0,
                packet_len: 128,
                link: link.to_owned(),
                points: secs.iter().enumerate().map(point).collect(),
            },
        })
    }

    #[test]
    fn results_are_grouped_by_task_and_the_latest_of_a_student_counts() {
        let all = [
            collected(1, "Ada", "slow-4g", &[8, 4]),
            collected(2, "Grace", "clean-cable", &[1]),
            collected(3, "Ada", "slow-4g", &[6, 3, 2]),
            collected(4, "", "slow-4g", &[10, 5]),
        ];
        let tasks = tasks(&all);
        let numbers = |task: &Task| {
            task.results
                .iter()
                .map(|one| one.number)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            tasks.iter().map(numbers).collect::<Vec<_>>(),
            [vec![4, 3], vec![2]]
        );
        assert_eq!(tasks[0].title(), "Data.jpg · Slow 4G · parallel");
        let values: Vec<_> = tasks[0]
            .values
            .iter()
            .map(|(_, label)| label.as_str())
            .collect();
        assert_eq!(values, ["1", "2", "4"]);
        assert_eq!(tasks[0].median(1, ClassMetric::Time), Some(8.0));
        assert_eq!(tasks[0].median(4, ClassMetric::Time), Some(2.0));
        assert_eq!(tasks[0].median(4, ClassMetric::Rate), Some(500_000.0));
        assert_eq!(tasks[0].median(9, ClassMetric::Time), None);
        assert_eq!(shown_name(&tasks[0].results[0]), "10.0.0.1");
    }

    #[test]
    fn the_speed_up_is_that_of_the_best_value() {
        let all = collected(1, "Ada", "", &[8, 2, 4]);
        let (ratio, best) = speed_up(&all.result).unwrap();
        assert_eq!((ratio, best.value), (4.0, 2));
    }
}
