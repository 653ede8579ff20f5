//! Messages between the screens, the app and the background jobs.
//!
//! These types are below all screens: a screen emits an [`Action`], a background job returns a
//! [`JobResult`], and the app handles both.

mod action;
mod class_action;
mod experiment_store;
mod export_format;
mod job_result;
mod lesson_action;
mod list_action;
mod list_format;
mod purpose;
mod race_action;
mod schedule_action;

pub(crate) use action::{Action, Note};
pub(crate) use class_action::ClassAction;
pub(crate) use experiment_store::{StoreReply, StoreRequest};
pub(crate) use export_format::ExportFormat;
pub(crate) use job_result::{BrowsersChange, JobResult, Trashed};
pub(crate) use lesson_action::{LessonAction, LessonRun};
pub(crate) use list_action::{ListAction, Removal};
pub(crate) use list_format::ListFormat;
pub(crate) use purpose::Purpose;
pub(crate) use race_action::RaceAction;
pub(crate) use schedule_action::ScheduleAction;
