//! Preview of a downloaded picture.

use std::collections::BTreeMap;
use std::path::Path;

use eframe::egui::{self, ColorImage, Image, TextureHandle, TextureOptions, Ui, vec2};

use crate::ui::message::Action;
use crate::ui::tokens::RADIUS;
use crate::ui::widgets::controls;
use lanes_engine::{DownloadId, DownloadSnapshot, DownloadState};

/// Maximum size of the preview.
const ROOM: egui::Vec2 = vec2(240.0, 180.0);
/// Maximum size of the preview in a low window.
const LOW_ROOM: egui::Vec2 = vec2(160.0, 120.0);

/// The preview of a download.
pub(crate) enum Picture {
    /// Being decoded.
    Reading,
    /// Decoded.
    Ready(TextureHandle),
    /// Not decodable, with the reason.
    Failed(String),
}

impl Picture {
    /// Uploads a decoded picture as a texture.
    pub(super) fn ready(ctx: &egui::Context, picture: Result<ColorImage, String>) -> Self {
        match picture {
            Ok(image) => Self::Ready(ctx.load_texture("picture", image, TextureOptions::LINEAR)),
            Err(words) => Self::Failed(words),
        }
    }

    /// Draws the preview of the finished file `name`; returns whether it was clicked.
    pub(super) fn ui(&self, ui: &mut Ui, name: &str) -> bool {
        let room = room(ui);
        match self {
            Self::Reading => {
                ui.label(controls::small(ui, "Reading the picture"));
                false
            }
            Self::Ready(texture) => ui
                .add(
                    Image::new(texture)
                        .max_size(room)
                        .corner_radius(RADIUS)
                        .alt_text(format!("Picture {name}"))
                        .sense(egui::Sense::click()),
                )
                .on_hover_text("Open")
                .clicked(),
            Self::Failed(words) => {
                let words = format!("Cannot show this picture: {words}");
                ui.add_sized(
                    vec2(room.x, 0.0),
                    egui::Label::new(controls::small(ui, words)).wrap(),
                );
                false
            }
        }
    }
}

/// Returns the maximum size of a preview in this window.
pub(super) fn room(ui: &Ui) -> egui::Vec2 {
    let low = ui.ctx().content_rect().height() < 880.0;
    if low { LOW_ROOM } else { ROOM }
}

/// Returns whether a file has the name of a picture that can be shown.
pub(super) fn is_name(name: &str) -> bool {
    let extension = Path::new(name).extension();
    let extension = extension.map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    matches!(extension.as_deref(), Some("jpg" | "jpeg" | "png"))
}

/// Requests the preview of a finished download once.
pub(super) fn ask(
    pictures: &mut BTreeMap<DownloadId, Picture>,
    download: &DownloadSnapshot,
    actions: &mut Vec<Action>,
) {
    let Some(path) = &download.path else { return };
    if download.state == DownloadState::Finished
        && is_name(&path.to_string_lossy())
        && !pictures.contains_key(&download.id)
    {
        pictures.insert(download.id, Picture::Reading);
        actions.push(Action::ReadPicture(download.id, path.clone()));
    }
}
