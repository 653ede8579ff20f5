//! Experiments in a thread of their own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{SystemTime, UNIX_EPOCH};

use super::analysis::experiment::Experiment;
use super::analysis::prediction::Prediction;
use super::plan::experiment_plan::Plan;
use super::prediction_task::{News, PredictionTask};
use super::run::runner;
use super::run::runner::{CompletedRun, RunTask};
use super::run::timed_run::TRACED_ROUNDS;
use super::run::trace::Tracer;
use crate::engine::{self, FetchError, Stop, Waker};

/// The most experiments that are made side by side.
pub const MAX_SIDE_BY_SIDE: usize = 8;

/// Experiments in their own thread. Dropping it cancels and joins it.
pub struct Lab {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    current: Mutex<Vec<Arc<Experiment>>>,
    control: Mutex<Control>,
}

#[derive(Default)]
struct Control {
    cancelled: bool,
    /// Stops the run at hand. Each has its own: a download that fails throws its switch itself.
    stop: Stop,
}

impl Lab {
    /// Starts experiments side by side in one thread: each round runs every value of every one of
    /// them, in random order. `waker` is called after each run and whenever a state changes; it is
    /// dropped when the thread ends.
    ///
    /// # Errors
    /// When a plan makes no sense or does not go with the others (in words), or the system gives no
    /// thread.
    pub fn start(plans: Vec<Plan>, waker: Waker) -> Result<Self, String> {
        check(&plans)?;
        let begin = |plan: Plan| Experiment {
            made_secs: now_secs(),
            ..Experiment::new(plan)
        };
        let experiments: Vec<Experiment> = plans.into_iter().map(begin).collect();
        let current = experiments.iter().cloned().map(Arc::new).collect();
        let shared = Arc::new(Shared {
            current: Mutex::new(current),
            control: Mutex::new(Control::default()),
        });
        let news = Inform {
            shared: Arc::clone(&shared),
            waker,
        };
        let thread = Builder::new()
            .name("lab".to_owned())
            .spawn(move || carry_out(experiments, &news))
            .map_err(|error| format!("the system gives no thread for the experiment: {error}"))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// The experiments as they stand now, in the order of their plans.
    pub fn snapshot(&self) -> Vec<Arc<Experiment>> {
        self.shared.current().clone()
    }

    /// Stops them after the run at hand is given up; the runs made so far stand. Never waits.
    pub fn cancel(&self) {
        let mut control = self.shared.control();
        control.cancelled = true;
        control.stop.stop();
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported where it happened.
            let _ = thread.join();
        }
    }
}

/// Checks that each plan makes sense and that they can be made side by side.
fn check(plans: &[Plan]) -> Result<(), String> {
    let [first, others @ ..] = plans else {
        return Err("there is nothing to run".to_owned());
    };
    if plans.len() > MAX_SIDE_BY_SIDE {
        let count = plans.len();
        return Err(format!(
            "{count} experiments side by side: choose {MAX_SIDE_BY_SIDE} at most"
        ));
    }
    if others
        .iter()
        .any(|plan| !plan.sweep.is_comparable_with(&first.sweep))
    {
        return Err("experiments side by side vary the same thing".to_owned());
    }
    plans.iter().try_for_each(Plan::check)
}

/// Seconds since the start of 1970; 0 where the clock is before that.
fn now_secs() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Makes all runs, and meanwhile asks the model what to expect.
fn carry_out(experiments: Vec<Experiment>, news: &Inform) {
    let of_each: Vec<NewsOf<'_>> = (0..experiments.len())
        .map(|at| NewsOf { news, at })
        .collect();
    let plans: Vec<Plan> = experiments.iter().map(|one| one.plan.clone()).collect();
    std::thread::scope(|scope| {
        let pairs = plans.iter().zip(&of_each);
        let mut tasks: Vec<PredictionTask<'_, '_>> = pairs
            .map(|(plan, news)| PredictionTask::new(scope, plan, news))
            .collect();
        let mut run = |turn: RunTask| {
            // A processor that computes would make the emulated link late.
            tasks.iter_mut().for_each(PredictionTask::wait);
            let mut plan = plans[turn.experiment].clone();
            // The warm-up draws as the first round does.
            plan.reseed_links(turn.round.saturating_sub(1) as usize);
            news.shared.run(&plan, turn, &mut tasks[turn.experiment])
        };
        let mut publish = |at: usize, experiment: &Experiment| news.publish(at, experiment);
        runner::carry_out(experiments, &mut run, &mut publish);
    });
}

/// Tells those who watch. It ends with the thread, and the waker with it.
struct Inform {
    shared: Arc<Shared>,
    waker: Waker,
}

/// The same for one of the experiments.
struct NewsOf<'a> {
    news: &'a Inform,
    at: usize,
}

impl Inform {
    /// The experiment has come this far. What is foreseen comes by another way and stays.
    fn publish(&self, at: usize, experiment: &Experiment) {
        let mut news = experiment.clone();
        let mut all = self.shared.current();
        if let Some(current) = all.get_mut(at) {
            news.len = news.len.or(current.len);
            news.predictions.clone_from(&current.predictions);
            *current = Arc::new(news);
        }
        drop(all);
        (self.waker)();
    }
}

impl News for NewsOf<'_> {
    fn foreseen(&self, len: u64, predictions: Vec<Prediction>) {
        let mut all = self.news.shared.current();
        if let Some(current) = all.get_mut(self.at) {
            let news = Arc::make_mut(current);
            news.len = Some(len);
            news.predictions = predictions;
        }
        drop(all);
        (self.news.waker)();
    }

    fn is_over(&self) -> bool {
        self.news.shared.control().cancelled
    }
}

impl Shared {
    /// Downloads once, into a folder that is deleted when the time is taken.
    fn run(
        &self,
        plan: &Plan,
        turn: RunTask,
        task: &mut PredictionTask<'_, '_>,
    ) -> Result<CompletedRun, FetchError> {
        let stop = self.next_stop().ok_or(FetchError::Stopped)?;
        let folder = tempfile::Builder::new()
            .prefix("lanes-run-")
            .tempdir()
            .map_err(|error| {
                FetchError::Failed(format!("no temporary folder for the run: {error}"))
            })?;
        let request = plan.request(turn.value, folder.path().to_owned());
        let is_traced = (1..=TRACED_ROUNDS).contains(&turn.round);
        let mut tracer = is_traced.then(Tracer::default);
        let outcome = engine::fetch(&request, &stop, &mut |snapshot| {
            if let Some(len) = snapshot.len {
                task.len_is(len);
            }
            if let Some(tracer) = &mut tracer {
                tracer.observe(snapshot);
            }
        })?;
        let trace = tracer.map(Tracer::finish);
        Ok(CompletedRun { outcome, trace })
    }

    /// A switch for the next run; `None` when there shall be none.
    fn next_stop(&self) -> Option<Stop> {
        let mut control = self.control();
        control.stop = Stop::default();
        (!control.cancelled).then(|| control.stop.clone())
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> MutexGuard<'_, Vec<Arc<Experiment>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener};

    use crossbeam_channel::{Receiver, TryRecvError, bounded};

    use super::*;
    use crate::lab::analysis::experiment::ExperimentState;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;

    /// A lab and its news, which end with its thread.
    fn start(server: SocketAddr) -> (Lab, Receiver<()>) {
        let source = format!("lanes://{server}/f").parse().unwrap();
        let plan = Plan {
            source,
            ..plan(Sweep::Connections(vec![1, 5]))
        };
        let (news, inbox) = bounded(64);
        let lab = Lab::start(vec![plan], Arc::new(move || news.send(()).unwrap())).unwrap();
        (lab, inbox)
    }

    #[test]
    fn cancelling_ends_a_run_that_waits() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (lab, inbox) = start(listener.local_addr().unwrap());
        let _connection = listener.accept().unwrap();
        lab.cancel();
        while inbox.recv().is_ok() {}
        assert_eq!(lab.snapshot()[0].state, ExperimentState::Cancelled);
    }

    /// A plan over an emulated link, which is foreseen but not run.
    fn foreseen_by(ask: impl FnOnce(&Inform, &Plan)) -> Experiment {
        let plan = Plan {
            link: lanes_shared::link::named("throttled-mirror").ok(),
            ..plan(Sweep::Connections(vec![1, 5]))
        };
        let news = Inform {
            shared: Arc::new(Shared {
                current: Mutex::new(vec![Arc::new(Experiment::new(plan.clone()))]),
                control: Mutex::new(Control::default()),
            }),
            waker: Arc::new(|| ()),
        };
        ask(&news, &plan);
        let experiment = Arc::clone(&news.shared.current()[0]);
        (*experiment).clone()
    }

    #[test]
    fn what_is_foreseen_is_published_before_any_run_and_stays() {
        let experiment = foreseen_by(|news, plan| {
            let of_it = NewsOf { news, at: 0 };
            std::thread::scope(|scope| {
                let mut task = PredictionTask::new(scope, plan, &of_it);
                task.len_is(1_000_000);
                task.len_is(7);
                task.wait();
            });
            // The lab's own copy knows nothing of it.
            news.publish(0, &Experiment::new(plan.clone()));
        });
        assert_eq!(experiment.len, Some(1_000_000));
        assert_eq!(experiment.predictions.len(), 2);
        assert!(experiment.runs.is_empty());
    }

    #[test]
    fn a_cancelled_experiment_is_not_foreseen() {
        let experiment = foreseen_by(|news, plan| {
            news.shared.control().cancelled = true;
            let of_it = NewsOf { news, at: 0 };
            std::thread::scope(|scope| {
                PredictionTask::new(scope, plan, &of_it).len_is(1 << 40);
            });
        });
        assert_eq!(experiment.predictions, []);
    }

    #[test]
    fn dropping_joins_the_thread() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (lab, inbox) = start(listener.local_addr().unwrap());
        drop(lab);
        while inbox.try_recv().is_ok() {}
        assert_eq!(inbox.try_recv(), Err(TryRecvError::Disconnected));
    }

    #[test]
    fn three_runs_that_nobody_answers_are_a_failure_and_not_a_cancellation() {
        let gone = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let (lab, inbox) = start(gone);
        while inbox.recv().is_ok() {}
        let state = lab.snapshot()[0].state.clone();
        assert!(matches!(&state, ExperimentState::Failed(_)), "{state:?}");
    }

    #[test]
    fn a_plan_that_makes_no_sense_is_not_started() {
        let plan = plan(Sweep::Connections(vec![0]));
        let start = |plans| Lab::start(plans, Arc::new(|| ()));
        assert!(start(vec![plan]).is_err() && start(Vec::new()).is_err());
        let good = tests::plan(Sweep::Connections(vec![1]));
        assert!(start(vec![good.clone(); MAX_SIDE_BY_SIDE + 1]).is_err());
        let other = tests::plan(Sweep::PacketLen(vec![1024]));
        assert!(start(vec![good, other]).is_err());
    }
}
