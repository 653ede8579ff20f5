//! The thread that runs experiments.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{SystemTime, UNIX_EPOCH};

use super::analysis::experiment::Experiment;
use super::analysis::prediction::Prediction;
use super::http3_run::Http3Server;
use super::plan::experiment_plan::{Plan, check_all};
use super::plan::plan_error::PlanError;
use super::prediction_task::{PredictionSink, PredictionTask};
use super::run::machine::Machine;
use super::run::runner::{CompletedRun, RunTask, run_all};
use super::run::timed_run::TRACED_ROUNDS;
use super::run::trace::TraceRecorder;
use lanes_engine::{self, CancelToken, FetchError, Recording, Waker};

/// Runs experiments on a thread of their own. Dropping it cancels them and joins the thread.
pub struct Lab {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Why experiments could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A plan is invalid, or the plans do not fit each other.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The system refused a thread.
    #[error("cannot start the experiment thread: {0}")]
    Thread(#[source] io::Error),
}

struct Shared {
    current: Mutex<Vec<Arc<Experiment>>>,
    control: Mutex<Control>,
}

#[derive(Default)]
struct Control {
    is_cancelled: bool,
    /// Stops the current run. Each run has its own, because a failed download sets its own to
    /// stopped.
    stop: CancelToken,
}

impl Lab {
    /// Starts experiments side by side on one thread: each round runs every value of every plan, in
    /// random order. `waker` is called after each run and after each change of a state; it is
    /// dropped when the thread ends.
    ///
    /// # Errors
    /// [`LabError::Plan`] for an invalid plan, [`LabError::Thread`] if no thread could be started.
    pub fn start(plans: Vec<Plan>, waker: Waker) -> Result<Self, LabError> {
        check_all(&plans)?;
        let started = |plan: Plan| Experiment {
            made_secs: now_secs(),
            machine: Machine::here(),
            ..Experiment::new(plan)
        };
        let experiments: Vec<Experiment> = plans.into_iter().map(started).collect();
        let current = experiments.iter().cloned().map(Arc::new).collect();
        let shared = Arc::new(Shared {
            current: Mutex::new(current),
            control: Mutex::new(Control::default()),
        });
        let publisher = Publisher {
            shared: Arc::clone(&shared),
            waker,
        };
        let thread = Builder::new()
            .name("lab".to_owned())
            .spawn(move || run(experiments, &publisher))
            .map_err(LabError::Thread)?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Returns the current state of the experiments, in the order of their plans.
    pub fn snapshot(&self) -> Vec<Arc<Experiment>> {
        self.shared.current().clone()
    }

    /// Cancels the experiments and aborts the current run; completed runs are kept. Never blocks.
    pub fn cancel(&self) {
        let mut control = self.shared.control();
        control.is_cancelled = true;
        control.stop.cancel();
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take() {
            // The panic hook has already reported a panic of the thread.
            let _ = thread.join();
        }
    }
}

/// Returns the seconds since 1970; 0 if the clock is earlier.
fn now_secs() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Carries out all runs and computes the predictions during the warm-ups.
fn run(mut experiments: Vec<Experiment>, publisher: &Publisher) {
    let sinks: Vec<ExperimentSink<'_>> = (0..experiments.len())
        .map(|index| ExperimentSink { publisher, index })
        .collect();
    let plans: Vec<Plan> = experiments.iter().map(|one| one.plan.clone()).collect();
    std::thread::scope(|scope| {
        let pairs = plans.iter().zip(&sinks);
        let mut predictions: Vec<PredictionTask<'_, '_>> = pairs
            .map(|(plan, sink)| PredictionTask::new(scope, plan, sink))
            .collect();
        let mut servers = vec![Http3Server::default(); plans.len()];
        let mut execute = |task: RunTask| {
            // Load on the processor would make the emulated link lag.
            predictions.iter_mut().for_each(PredictionTask::wait);
            let mut plan = plans[task.experiment].clone();
            // The warm-up has the same seed as the first round.
            plan.reseed_links(task.round.saturating_sub(1) as usize);
            let server = &mut servers[task.experiment];
            if task.is_http3 {
                let stop = publisher.shared.next_stop().ok_or(FetchError::Stopped)?;
                return server.run(&plan, task, &stop);
            }
            let prediction = &mut predictions[task.experiment];
            let completed = publisher.shared.run_once(&plan, task, prediction)?;
            server.note_len(completed.outcome.bytes);
            Ok(completed)
        };
        run_all(&plans, &mut execute, &mut |index, event| {
            experiments[index].apply(event);
            publisher.publish(index, &experiments[index]);
        });
    });
}

/// Publishes the experiments. Dropped at the end of the thread, together with the waker.
struct Publisher {
    shared: Arc<Shared>,
    waker: Waker,
}

/// Publishes the predictions of one experiment.
struct ExperimentSink<'a> {
    publisher: &'a Publisher,
    index: usize,
}

impl Publisher {
    /// Publishes an experiment. The predictions already published, which come from another thread,
    /// are kept.
    fn publish(&self, index: usize, experiment: &Experiment) {
        let mut update = experiment.clone();
        let mut all = self.shared.current();
        if let Some(current) = all.get_mut(index) {
            update.len = update.len.or(current.len);
            update.predictions.clone_from(&current.predictions);
            *current = Arc::new(update);
        }
        drop(all);
        (self.waker)();
    }
}

impl PredictionSink for ExperimentSink<'_> {
    fn set_predictions(&self, len: u64, predictions: Vec<Prediction>) {
        let mut all = self.publisher.shared.current();
        if let Some(current) = all.get_mut(self.index) {
            let update = Arc::make_mut(current);
            update.len = Some(len);
            update.predictions = predictions;
        }
        drop(all);
        (self.publisher.waker)();
    }

    fn is_cancelled(&self) -> bool {
        self.publisher.shared.control().is_cancelled
    }
}

impl Shared {
    /// Downloads once, into a folder that is deleted afterwards.
    fn run_once(
        &self,
        plan: &Plan,
        task: RunTask,
        prediction: &mut PredictionTask<'_, '_>,
    ) -> Result<CompletedRun, FetchError> {
        let stop = self.next_stop().ok_or(FetchError::Stopped)?;
        let folder = tempfile::Builder::new()
            .prefix("lanes-run-")
            .tempdir()
            .map_err(|error| {
                FetchError::Failed(format!("cannot create a temporary folder: {error}"))
            })?;
        let request = plan.request(task.value, folder.path().to_owned());
        let is_traced = (1..=TRACED_ROUNDS).contains(&task.round);
        let mut last = None;
        let mut recorder = is_traced.then(TraceRecorder::default);
        let outcome = lanes_engine::fetch(&request, &stop, &mut |snapshot| {
            if let Some(len) = snapshot.len {
                prediction.start(len);
            }
            if let Some(recorder) = &mut recorder {
                recorder.observe(snapshot);
            }
            last = Some(Arc::clone(snapshot));
        })?;
        let trace = recorder.map(TraceRecorder::finish);
        let last = last.filter(|_| trace.is_some());
        let recording = last.as_deref().and_then(Recording::of);
        Ok(CompletedRun {
            outcome,
            trace,
            recording: recording.and_then(|recording| recording.to_bytes()),
        })
    }

    /// Returns the stop switch of the next run; `None` once cancelled.
    fn next_stop(&self) -> Option<CancelToken> {
        let mut control = self.control();
        control.stop = CancelToken::default();
        (!control.is_cancelled).then(|| control.stop.clone())
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
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::limits::MAX_SIDE_BY_SIDE;
    use crate::lab::plan::sweep::Sweep;
    use crate::lab::run::experiment_state::ExperimentState;

    /// Starts a lab and returns it with a channel that disconnects when its thread ends.
    fn start(server: SocketAddr) -> (Lab, Receiver<()>) {
        let source = format!("lanes://{server}/f").parse().unwrap();
        let plan = Plan {
            source,
            ..plan(Sweep::Connections(vec![1, 5]))
        };
        let (wake, wakes) = bounded(64);
        let lab = Lab::start(vec![plan], Arc::new(move || wake.send(()).unwrap())).unwrap();
        (lab, wakes)
    }

    #[test]
    fn cancelling_aborts_a_run_that_waits_for_the_server() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (lab, wakes) = start(listener.local_addr().unwrap());
        let _connection = listener.accept().unwrap();
        lab.cancel();
        while wakes.recv().is_ok() {}
        assert_eq!(lab.snapshot()[0].state, ExperimentState::Cancelled);
    }

    /// Returns an experiment over an emulated link after `act`, without any run.
    fn published_by(act: impl FnOnce(&Publisher, &Plan)) -> Experiment {
        let plan = Plan {
            link: lanes_shared::link::parse_profile("throttled-mirror").ok(),
            ..plan(Sweep::Connections(vec![1, 5]))
        };
        let publisher = Publisher {
            shared: Arc::new(Shared {
                current: Mutex::new(vec![Arc::new(Experiment::new(plan.clone()))]),
                control: Mutex::new(Control::default()),
            }),
            waker: Arc::new(|| ()),
        };
        act(&publisher, &plan);
        let experiment = Arc::clone(&publisher.shared.current()[0]);
        (*experiment).clone()
    }

    #[test]
    fn predictions_are_published_before_any_run_and_kept() {
        let experiment = published_by(|publisher, plan| {
            let sink = ExperimentSink {
                publisher,
                index: 0,
            };
            std::thread::scope(|scope| {
                let mut task = PredictionTask::new(scope, plan, &sink);
                task.start(1_000_000);
                task.start(7);
                task.wait();
            });
            // The copy of the lab thread has no predictions.
            publisher.publish(0, &Experiment::new(plan.clone()));
        });
        assert_eq!(experiment.len, Some(1_000_000));
        assert_eq!(experiment.predictions.len(), 2);
        assert!(experiment.runs.is_empty());
    }

    #[test]
    fn a_cancelled_experiment_gets_no_predictions() {
        let experiment = published_by(|publisher, plan| {
            publisher.shared.control().is_cancelled = true;
            let sink = ExperimentSink {
                publisher,
                index: 0,
            };
            std::thread::scope(|scope| {
                PredictionTask::new(scope, plan, &sink).start(1 << 40);
            });
        });
        assert_eq!(experiment.predictions, []);
    }

    #[test]
    fn dropping_joins_the_thread() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (lab, wakes) = start(listener.local_addr().unwrap());
        drop(lab);
        while wakes.try_recv().is_ok() {}
        assert_eq!(wakes.try_recv(), Err(TryRecvError::Disconnected));
    }

    #[test]
    fn three_refused_connections_in_a_row_are_a_failure_and_not_a_cancellation() {
        let gone = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let (lab, wakes) = start(gone);
        while wakes.recv().is_ok() {}
        let state = lab.snapshot()[0].state.clone();
        assert!(matches!(&state, ExperimentState::Failed(_)), "{state:?}");
    }

    #[test]
    fn an_invalid_plan_is_not_started() {
        let plan = plan(Sweep::Connections(vec![0]));
        let start = |plans| Lab::start(plans, Arc::new(|| ()));
        assert!(start(vec![plan]).is_err() && start(Vec::new()).is_err());
        let good = tests::plan(Sweep::Connections(vec![1]));
        assert!(start(vec![good.clone(); MAX_SIDE_BY_SIDE + 1]).is_err());
        let other = tests::plan(Sweep::PacketLen(vec![1024]));
        assert!(start(vec![good, other]).is_err());
    }
}
