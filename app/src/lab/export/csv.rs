//! Export as CSV: one line for each run.

use std::fmt::Write as _;
use std::sync::Arc;

use lanes_shared::link::profile_name;

use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::sweep::Sweep;
use crate::lab::run::timed_run::Run;

/// Returns the runs of the experiments as CSV (RFC 4180, but with plain line feeds), in the order in
/// which they were carried out, below a header line. Sizes are in bytes and times in seconds. The
/// value of a swept link is its index in the plan; column `link` has its name. Runs over HTTP/3 follow, with
/// the variable `http3` and the number of connections.
pub fn to_csv(experiments: &[Arc<Experiment>]) -> String {
    let mut csv = String::from(
        "url,mode,variable,value,round,place,seconds,bytes,connections,retries,error,link,\
         predicted_secs,lateness_p99_us\n",
    );
    for experiment in experiments {
        write(experiment, &mut csv);
    }
    csv
}

fn write(experiment: &Experiment, csv: &mut String) {
    let plan = &experiment.plan;
    let url = field(&plan.source.to_string());
    let (mode, variable) = (plan.mode.name(), name(&plan.sweep));
    let over_tcp = experiment.runs.iter().map(|run| (run, variable, run.value));
    let over_http3 = experiment.http3.runs.iter().map(|run| (run, "http3", 1));
    for (run, variable, value) in over_tcp.chain(over_http3) {
        let Run {
            value: _,
            round,
            place,
            seconds,
            bytes,
            connections,
            retries,
            lateness_p99_us,
            error,
            notices: _,
            trace: _,
            recording: _,
        } = run;
        let link = plan.sweep.link(value).or(plan.link.as_ref());
        let link = field(&link.map_or_else(String::new, profile_name));
        let predicted = experiment.prediction(value);
        let predicted = predicted.map_or_else(String::new, |one| one.median_secs.to_string());
        let late = lateness_p99_us.map_or_else(String::new, |late| late.to_string());
        let error = field(error.as_deref().unwrap_or_default());
        // Writing to a string cannot fail.
        let _ = writeln!(
            csv,
            "{url},{mode},{variable},{value},{round},{place},{seconds},{bytes},{connections},\
             {retries},{error},{link},{predicted},{late}"
        );
    }
}

/// Returns the name of the parameter in JSON.
fn name(sweep: &Sweep) -> &'static str {
    match sweep {
        Sweep::Connections(_) => "connections",
        Sweep::PacketLen(_) => "packet_len",
        Sweep::FileSize(_) => "file_size",
        Sweep::Link(_) => "link",
    }
}

/// Quotes a field if necessary.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::parse_profile;

    use super::*;
    use crate::lab::export::tests::{experiment, one};
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::run::timed_run::HTTP3_VALUE;
    use crate::lab::run::timed_run::tests::run;

    #[test]
    fn csv_has_a_line_for_each_run_and_quotes_where_necessary() {
        let csv = to_csv(&one());
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 6);
        let url = "lanes://server.example:5115/Data.jpg";
        assert_eq!(
            lines[1],
            format!("{url},parallel,connections,10,1,1,1.5,1000000,1,0,,,,")
        );
        assert!(
            lines[5].ends_with(r#","no answer, ""gone""",,,"#),
            "{}",
            lines[5]
        );
    }

    #[test]
    fn runs_over_http3_are_marked_as_such() {
        let mut experiment = experiment();
        experiment.extend_http3([run(HTTP3_VALUE, 2.5)]);
        let csv = to_csv(&[Arc::new(experiment)]);
        let last = csv.lines().last().unwrap();
        assert!(last.contains(",parallel,http3,1,1,1,2.5,"), "{last}");
    }

    #[test]
    fn several_experiments_share_one_header_and_links_have_names() {
        let links = ["slow-4g", "clean-cable"].map(|id| parse_profile(id).unwrap());
        let mut links = Experiment::new(plan(Sweep::Link(links.into())));
        links.push(run(1, 2.0));
        let csv = to_csv(&[Arc::new(experiment()), Arc::new(links)]);
        assert_eq!(csv.lines().count(), 1 + 5 + 1);
        let last = csv.lines().last().unwrap();
        assert!(
            last.contains(",link,1,") && last.contains(",clean-cable,"),
            "{last}"
        );
    }
}
