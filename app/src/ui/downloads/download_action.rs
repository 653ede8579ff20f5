//! Actions on a download, shared by buttons, menu and shortcuts.

use eframe::egui::Ui;

use crate::ui::message::{Action, ListAction};
use crate::ui::widgets::icon::Icon;
use lanes_engine::{Check, Command, DownloadId, DownloadSnapshot, DownloadState, QueuePlace};

/// An action on a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DownloadAction {
    Open,
    OpenFolder,
    Resume,
    StartNow,
    Retry,
    StartOver,
    OpenMetalink,
    Pause,
    Edit,
    EditTarget,
    Verify,
    CopyLink,
    CopyPath,
    DownloadAgain,
    MoveFile,
    QueueFirst,
    QueueLast,
    Cancel,
    Remove,
    DeleteFile,
}

impl DownloadAction {
    /// Actions that apply to several downloads at once.
    pub const BULK: [Self; 11] = [
        Self::Resume,
        Self::Retry,
        Self::StartOver,
        Self::StartNow,
        Self::Pause,
        Self::Verify,
        Self::QueueFirst,
        Self::QueueLast,
        Self::Cancel,
        Self::Remove,
        Self::DeleteFile,
    ];

    /// Returns the actions that are available in the download's current state, the most likely
    /// first.
    pub fn available_for(download: &DownloadSnapshot) -> Vec<Self> {
        let mut available = match &download.state {
            DownloadState::Queued => {
                vec![
                    Self::StartNow,
                    Self::Pause,
                    Self::QueueFirst,
                    Self::QueueLast,
                ]
            }
            DownloadState::Starting | DownloadState::Running | DownloadState::Verifying => {
                vec![Self::Pause]
            }
            // Already ending; a stopping download can still be cancelled.
            DownloadState::Pausing | DownloadState::Cancelling => Vec::new(),
            DownloadState::Paused => vec![Self::Resume, Self::Edit],
            // Retrying would fail the same way.
            DownloadState::Failed(_) if download.is_metalink => vec![Self::OpenMetalink],
            DownloadState::Failed(_) if download.source_changed => {
                vec![Self::StartOver, Self::Edit]
            }
            DownloadState::Failed(_) => vec![Self::Retry, Self::EditTarget, Self::Edit],
            DownloadState::Finished => vec![Self::Open, Self::OpenFolder],
            DownloadState::Cancelled => vec![Self::StartOver],
        };
        if download.state == DownloadState::Finished
            && download.digest.is_some()
            && !matches!(download.check, Check::Running(_))
        {
            available.push(Self::Verify);
        }
        available.push(Self::CopyLink);
        if download.state == DownloadState::Finished {
            available.extend([Self::CopyPath, Self::MoveFile, Self::DownloadAgain]);
        }
        available.extend(match download.state {
            DownloadState::Finished | DownloadState::Failed(_) | DownloadState::Cancelled => {
                Some(Self::Remove)
            }
            DownloadState::Cancelling => None,
            _ => Some(Self::Cancel),
        });
        if download.state == DownloadState::Finished && download.path.is_some() {
            available.push(Self::DeleteFile);
        }
        available
    }

    /// Returns the label of the button and the menu entry.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::OpenFolder => "Open folder",
            Self::Resume => "Resume",
            Self::StartNow => "Start now",
            Self::Retry => "Retry",
            Self::StartOver => "Start over",
            Self::OpenMetalink => "Show its files…",
            Self::Pause => "Pause",
            Self::Edit => "Edit…",
            Self::EditTarget => "Save to another folder…",
            Self::Verify => "Verify file",
            Self::CopyLink => "Copy link",
            Self::CopyPath => "Copy path",
            Self::DownloadAgain => "Download again",
            Self::MoveFile => "Move or rename…",
            Self::QueueFirst => "First in the queue",
            Self::QueueLast => "Last in the queue",
            Self::Cancel => "Cancel",
            Self::Remove => "Remove",
            Self::DeleteFile => "Delete file",
        }
    }

    /// Actions that end or remove a download, in the order of their buttons.
    pub const DESTRUCTIVE: [Self; 2] = [Self::Cancel, Self::Remove];

    /// Returns whether the action ends or removes a download.
    pub fn is_destructive(self) -> bool {
        Self::DESTRUCTIVE.contains(&self)
    }

    /// Returns whether the action starts or stops the transfer.
    pub fn is_toggle(self) -> bool {
        matches!(
            self,
            Self::Pause | Self::Resume | Self::Retry | Self::StartOver | Self::OpenMetalink
        )
    }

    /// Returns the icon of the action in a row of the table.
    pub fn icon(self) -> Option<Icon> {
        match self {
            Self::Pause => Some(Icon::Pause),
            Self::Resume | Self::StartNow => Some(Icon::Play),
            Self::Retry | Self::StartOver => Some(Icon::Retry),
            Self::OpenFolder => Some(Icon::Folder),
            _ => None,
        }
    }

    /// Returns whether the action has a button beside the name, not only a menu entry.
    pub fn is_prominent(self) -> bool {
        !matches!(
            self,
            Self::CopyLink
                | Self::CopyPath
                | Self::Verify
                | Self::DownloadAgain
                | Self::MoveFile
                | Self::QueueFirst
                | Self::QueueLast
                | Self::DeleteFile
        )
    }

    /// Returns whether the action applies to several downloads at once.
    pub fn is_bulk(self) -> bool {
        Self::BULK.contains(&self)
    }

    /// Executes the action.
    pub fn run(self, ui: &Ui, download: &DownloadSnapshot, actions: &mut Vec<Action>) {
        let id = download.id;
        let path = download.path.clone();
        actions.extend(match self {
            Self::Open => path.map(Action::Open),
            Self::OpenFolder => path.map(Action::OpenFolderOf),
            Self::Resume | Self::StartNow | Self::Retry => {
                Some(Action::Engine(Command::Resume(id)))
            }
            Self::StartOver => Some(Action::Engine(Command::Restart(id))),
            Self::OpenMetalink => Some(Action::OpenMetalink(id)),
            Self::Pause => Some(Action::Engine(Command::Pause(id))),
            Self::Edit | Self::EditTarget => Some(Action::Edit(id)),
            Self::Verify => Some(Action::Engine(Command::Verify(id))),
            Self::Cancel => Some(Action::Cancel(id)),
            Self::Remove => Some(Action::List(ListAction::Remove(id))),
            Self::DeleteFile => path.map(|path| Action::List(ListAction::Trash(id, path))),
            Self::DownloadAgain => Some(Action::List(ListAction::Again(id))),
            Self::MoveFile => Some(Action::List(ListAction::OpenMove(id))),
            Self::QueueFirst => Some(to_queue(id, QueuePlace::First)),
            Self::QueueLast => Some(to_queue(id, QueuePlace::Last)),
            Self::CopyLink => {
                ui.ctx().copy_text(download.source.full_link());
                None
            }
            Self::CopyPath => {
                if let Some(path) = path {
                    ui.ctx().copy_text(path.display().to_string());
                }
                None
            }
        });
    }
}

fn to_queue(id: DownloadId, place: QueuePlace) -> Action {
    Action::Engine(Command::MoveInQueue(vec![id], place))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use lanes_engine::DownloadSpec;

    #[test]
    fn an_ending_download_has_no_action_without_effect() {
        let available = |state| {
            let request = DownloadSpec::new("lanes://host/x".parse().unwrap());
            let asked =
                DownloadSnapshot::requested(DownloadId(1), &request, SystemTime::UNIX_EPOCH);
            DownloadAction::available_for(&DownloadSnapshot { state, ..asked })
        };
        // The downloaded data of a stopping download can still be deleted.
        let stopping = available(DownloadState::Pausing);
        assert_eq!(stopping, [DownloadAction::CopyLink, DownloadAction::Cancel]);
        assert_eq!(
            available(DownloadState::Cancelling),
            [DownloadAction::CopyLink]
        );
    }
}
