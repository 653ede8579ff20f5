//! Keeps downloads to their hours, and handles the end of downloads.

use std::time::Duration;

use eframe::egui::{Context, ViewportCommand};
use jiff::{Timestamp, ZonedDateTime};
use lanes_engine::{Command, DownloadSnapshot, DownloadSpec, DownloadState, LastingId, Limits};

use super::LanesApp;
use super::state_diff::StateChange;
use crate::power::MachineAction;
use crate::schedule::{CommandLine, Days, Finished, Hours, Moment, shown_minute};
use crate::ui::message::{Note, ScheduleAction};
use crate::ui::schedule::WhenDone;
use crate::ui::settings::Settings;
use crate::ui::widgets::rate_limit;

/// Returns the setting of the speed limit at this hour, as typed: that of the schedule, or the usual one.
pub(super) fn limit_in_force(settings: &mut Settings) -> &mut String {
    match settings.schedule.has_other_limit(now()) {
        true => &mut settings.schedule.limit,
        false => &mut settings.limit,
    }
}

/// Returns the present moment of the week, in the local time.
fn now() -> Moment {
    let now = ZonedDateTime::now();
    Moment {
        day: now.weekday().to_monday_zero_offset() as u8,
        minute: now.hour() as u16 * 60 + now.minute() as u16,
    }
}

impl LanesApp {
    /// Holds downloads outside of the hours, applies the speed limit of the hour, and ends a countdown.
    pub(super) fn update_schedule(&mut self, ctx: &Context) {
        if self.settings.schedule.needs_clock() {
            // The next minute may begin other hours.
            let second = Timestamp::now().as_second().rem_euclid(60);
            ctx.request_repaint_after(Duration::from_secs(61 - second as u64));
        }
        let limits = self.limits_now();
        if self.applied_limits != Some(limits)
            && let Some(engine) = &self.engine
        {
            engine.send(Command::Limit(limits));
            self.applied_limits = Some(limits);
        }
        self.keep_hours();
        self.keep_awake();
        self.reap_programs(ctx);
        let countdown = self.schedule.countdown;
        if countdown.is_some_and(|countdown| countdown.left().is_zero()) {
            self.end_countdown(ctx);
        }
    }

    /// Returns the limits of all downloads at this hour.
    pub(super) fn limits_now(&mut self) -> Limits {
        // An invalid limit is reported beside its field and means no limit.
        let bytes_per_sec =
            rate_limit::parse(limit_in_force(&mut self.settings)).unwrap_or_default();
        Limits {
            bytes_per_sec,
            ..self.settings.limits()
        }
    }

    /// Returns whether downloads wait for their hours.
    fn is_closed(&self) -> bool {
        !self.schedule.ignores_hours && self.settings.schedule.is_closed(now())
    }

    /// Pauses downloads outside of the hours, and resumes those within the hours that waited.
    fn keep_hours(&mut self) {
        self.schedule.ignores_hours &= self.settings.schedule.is_closed(now());
        self.schedule.waits_until = None;
        let is_closed = self.is_closed();
        let Some(engine) = &self.engine else {
            return;
        };
        let held = &mut self.settings.schedule.held;
        let mut waits = false;
        for download in &self.snapshot.downloads {
            let runs = download.state.is_active() && !download.state.is_ending();
            let is_held = download.lasting_id.is_some_and(|id| held.contains(&id));
            if is_closed && (runs || download.state == DownloadState::Queued) {
                engine.send(Command::Pause(download.id));
                held.extend(download.lasting_id);
            } else if !is_closed && is_held && download.state == DownloadState::Paused {
                engine.send(Command::Resume(download.id));
            }
            waits |= is_held && download.state == DownloadState::Paused;
        }
        if !is_closed {
            held.clear();
        } else if waits {
            self.schedule.waits_until = Some(waits_until(&self.settings.schedule.hours));
        }
    }

    /// Adds a download, which waits if it is not within the hours.
    pub(super) fn add_within_hours(&mut self, mut request: DownloadSpec) {
        let is_held = self.is_closed();
        let Some(engine) = &self.engine else {
            return;
        };
        let id = match is_held {
            true => {
                let lasting = LastingId::random();
                request.lasting_id = Some(lasting);
                self.settings.schedule.held.insert(lasting);
                engine.add_paused(request)
            }
            false => engine.add(request),
        };
        self.downloads.started(id);
    }

    /// Keeps the machine awake while downloads run, if that is set.
    fn keep_awake(&mut self) {
        let mut downloads = self.snapshot.downloads.iter();
        let runs = downloads.any(|one| one.state.is_active());
        let is_on = runs && self.settings.schedule.keeps_awake;
        self.awake.set(is_on, &self.repaint.waker());
        if let Some(words) = self.awake.take_failure() {
            self.show_note(Note::error(words));
        }
    }

    /// Handles the end of a download: runs the command, and starts the countdown after the last one.
    pub(super) fn download_ended(&mut self, change: &StateChange) {
        let StateChange::Ended(download) = change else {
            return;
        };
        if download.state == DownloadState::Finished {
            self.run_command(download);
        }
        let held = &self.settings.schedule.held;
        let waits = |one: &DownloadSnapshot| {
            let is_held = one.lasting_id.is_some_and(|id| held.contains(&id));
            one.state.is_active()
                || one.state == DownloadState::Queued
                || one.state.can_resume() && (is_held || one.start_at.is_some())
        };
        if !self.snapshot.downloads.iter().any(|one| waits(one)) {
            self.schedule.all_done();
        }
    }

    fn run_command(&mut self, download: &DownloadSnapshot) {
        // An invalid command is reported beside its field.
        let Ok(Some(line)) = CommandLine::parse(&self.settings.schedule.command) else {
            return;
        };
        let Some(path) = &download.path else {
            return;
        };
        let finished = Finished {
            path,
            url: &download.source.to_string(),
            bytes: download.len.unwrap_or(download.done),
        };
        let (program, args) = line.of(&finished);
        self.background.run_program(program.to_owned(), args);
    }

    /// Reports commands after downloads that have failed.
    fn reap_programs(&mut self, ctx: &Context) {
        let mut failed = Vec::new();
        self.programs
            .retain_mut(|(program, child)| match child.try_wait() {
                Ok(None) => true,
                Ok(Some(status)) if status.success() => false,
                Ok(Some(status)) => {
                    failed.push(format!(
                        "The command after a download failed: {program}: {status}"
                    ));
                    false
                }
                Err(_) => false,
            });
        for words in failed {
            self.show_note(Note::error(words));
        }
        if !self.programs.is_empty() {
            ctx.request_repaint_after(Duration::from_secs(1));
        }
    }

    pub(super) fn schedule_action(&mut self, action: &ScheduleAction) {
        match action {
            ScheduleAction::IgnoreHours => self.schedule.ignores_hours = true,
            ScheduleAction::StopCountdown => self.schedule.stop_countdown(),
            ScheduleAction::EndCountdown => self.schedule.hurry(),
        }
    }

    fn end_countdown(&mut self, ctx: &Context) {
        let Some(countdown) = self.schedule.countdown else {
            return;
        };
        self.schedule.stop_countdown();
        match countdown.what {
            WhenDone::Nothing => {}
            WhenDone::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            WhenDone::Machine(action) => self.change_machine(action),
        }
    }

    fn change_machine(&mut self, action: MachineAction) {
        match &self.machine_sink {
            // Tests must not shut the machine down.
            Some(sink) => {
                let _ = sink.try_send(format!("{action:?}"));
            }
            None => self.background.change_machine(action),
        }
    }
}

/// Returns the words about the time until which downloads wait.
fn waits_until(hours: &[Hours]) -> String {
    match Hours::next(hours, now()) {
        Some((moment, _)) => {
            let day = Days::NAMES[usize::from(moment.day % 7)];
            let time = shown_minute(moment.minute);
            format!("Downloads wait until {day} {time}")
        }
        None => "Downloads wait: no day is chosen in the settings".to_owned(),
    }
}
