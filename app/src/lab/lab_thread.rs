//! An experiment in a thread of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use super::experiment::Experiment;
use super::foresight::{Foresight, News};
use super::plan::Plan;
use super::predicted::Predicted;
use super::schedule;
use crate::engine::{self, FetchError, Outcome, Stop, Waker};

/// An experiment in its own thread. Dropping it cancels and joins it.
pub struct Lab {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    current: Mutex<Arc<Experiment>>,
    control: Mutex<Control>,
}

#[derive(Default)]
struct Control {
    cancelled: bool,
    /// Stops the run at hand. Each has its own: a download that fails throws its switch itself.
    stop: Stop,
}

impl Lab {
    /// Starts an experiment in a thread of its own. `waker` is called after each run and whenever
    /// the state changes; it is dropped when the thread ends.
    ///
    /// # Errors
    /// When the plan makes no sense (in words), or the system gives no thread.
    pub fn start(plan: Plan, waker: Waker) -> Result<Self, String> {
        plan.check()?;
        let shared = Arc::new(Shared {
            current: Mutex::new(Arc::new(Experiment::new(plan.clone()))),
            control: Mutex::new(Control::default()),
        });
        let news = Inform {
            shared: Arc::clone(&shared),
            waker,
        };
        let thread = Builder::new()
            .name("lab".to_owned())
            .spawn(move || carry_out(&plan, &news))
            .map_err(|error| format!("the system gives no thread for the experiment: {error}"))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// The experiment as it stands now.
    pub fn snapshot(&self) -> Option<Arc<Experiment>> {
        Some(Arc::clone(&self.shared.current()))
    }

    /// Stops it after the run at hand is given up; the runs made so far stand. Never waits.
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

/// Makes all runs, and meanwhile asks the model what to expect.
fn carry_out(plan: &Plan, news: &Inform) {
    std::thread::scope(|scope| {
        let mut foresight = Foresight::new(scope, plan, news);
        let values = plan.variable.values().len().max(1);
        // The warm-up is the first of them, and counts as part of the first round.
        let mut runs = 0_usize;
        let mut run = |value| {
            foresight.wait();
            let mut plan = plan.clone();
            plan.draw_anew(runs.saturating_sub(1) / values);
            runs += 1;
            news.shared.run(&plan, value, &mut foresight)
        };
        let mut publish = |experiment: &Experiment| news.publish(experiment);
        schedule::carry_out(plan.clone(), &mut run, &mut publish);
    });
}

/// Tells those who watch. It ends with the thread, and the waker with it.
struct Inform {
    shared: Arc<Shared>,
    waker: Waker,
}

impl Inform {
    /// The experiment has come this far. What is foreseen comes by another way and stays.
    fn publish(&self, experiment: &Experiment) {
        let mut current = self.shared.current();
        let mut news = experiment.clone();
        news.len = news.len.or(current.len);
        news.predictions.clone_from(&current.predictions);
        *current = Arc::new(news);
        drop(current);
        (self.waker)();
    }
}

impl News for Inform {
    fn foreseen(&self, len: u64, predictions: Vec<Predicted>) {
        let mut current = self.shared.current();
        let news = Arc::make_mut(&mut current);
        news.len = Some(len);
        news.predictions = predictions;
        drop(current);
        (self.waker)();
    }

    fn is_over(&self) -> bool {
        self.shared.control().cancelled
    }
}

impl Shared {
    /// Downloads once, into a folder that is deleted when the time is taken.
    fn run(
        &self,
        plan: &Plan,
        value: u64,
        foresight: &mut Foresight<'_, '_>,
    ) -> Result<Outcome, FetchError> {
        let stop = self.next_stop().ok_or(FetchError::Stopped)?;
        let folder = tempfile::Builder::new()
            .prefix("lanes-run-")
            .tempdir()
            .map_err(|error| {
                FetchError::Failed(format!("no temporary folder for the run: {error}"))
            })?;
        let request = plan.request(value, folder.path().to_owned());
        engine::fetch(&request, &stop, &mut |snapshot| {
            if let Some(len) = snapshot.len {
                foresight.len_is(len);
            }
        })
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

    fn current(&self) -> MutexGuard<'_, Arc<Experiment>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener};

    use crossbeam_channel::{Receiver, TryRecvError, bounded};

    use super::*;
    use crate::lab::experiment::ExperimentState;
    use crate::lab::plan::Variable;
    use crate::lab::plan::tests::plan;

    /// A lab and its news, which end with its thread.
    fn start(server: SocketAddr) -> (Lab, Receiver<()>) {
        let source = format!("lanes://{server}/f").parse().unwrap();
        let plan = Plan {
            source,
            ..plan(Variable::Connections(vec![1, 5]))
        };
        let (news, inbox) = bounded(64);
        let lab = Lab::start(plan, Arc::new(move || news.send(()).unwrap())).unwrap();
        (lab, inbox)
    }

    #[test]
    fn cancelling_ends_a_run_that_waits() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (lab, inbox) = start(listener.local_addr().unwrap());
        let _connection = listener.accept().unwrap();
        lab.cancel();
        while inbox.recv().is_ok() {}
        assert_eq!(lab.snapshot().unwrap().state, ExperimentState::Cancelled);
    }

    /// A plan over an emulated link, which is foreseen but not run.
    fn foreseen_by(ask: impl FnOnce(&Inform, &Plan)) -> Experiment {
        let plan = Plan {
            link: lanes_shared::link::named("throttled-mirror").ok(),
            ..plan(Variable::Connections(vec![1, 5]))
        };
        let news = Inform {
            shared: Arc::new(Shared {
                current: Mutex::new(Arc::new(Experiment::new(plan.clone()))),
                control: Mutex::new(Control::default()),
            }),
            waker: Arc::new(|| ()),
        };
        ask(&news, &plan);
        let experiment = Arc::clone(&news.shared.current());
        (*experiment).clone()
    }

    #[test]
    fn what_is_foreseen_is_published_before_any_run_and_stays() {
        let experiment = foreseen_by(|news, plan| {
            std::thread::scope(|scope| {
                let mut foresight = Foresight::new(scope, plan, news);
                foresight.len_is(1_000_000);
                foresight.len_is(7);
                foresight.wait();
            });
            // The lab's own copy knows nothing of it.
            news.publish(&Experiment::new(plan.clone()));
        });
        assert_eq!(experiment.len, Some(1_000_000));
        assert_eq!(experiment.predictions.len(), 2);
        assert!(experiment.runs.is_empty());
    }

    #[test]
    fn a_cancelled_experiment_is_not_foreseen() {
        let experiment = foreseen_by(|news, plan| {
            news.shared.control().cancelled = true;
            std::thread::scope(|scope| {
                Foresight::new(scope, plan, news).len_is(1 << 40);
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
        let state = lab.snapshot().unwrap().state.clone();
        assert!(matches!(&state, ExperimentState::Failed(_)), "{state:?}");
    }

    #[test]
    fn a_plan_that_makes_no_sense_is_not_started() {
        let plan = plan(Variable::Connections(vec![0]));
        assert!(Lab::start(plan, Arc::new(|| ())).is_err());
    }
}
