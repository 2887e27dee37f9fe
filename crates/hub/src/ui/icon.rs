//! The icons of the sprite, as a type: an icon that is not there does not compile.

use crate::ui::asset;
use askama::filters::HtmlSafe;
use std::fmt;

macro_rules! icons {
    ($($variant:ident = $id:literal,)+) => {
        /// An icon of `assets/icons.svg`; displayed, it is the markup that draws it.
        ///
        /// It is decoration: the words beside it, or the label of the control, carry the meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is the sprite's own name for its drawing")]
        pub enum Icon {
            $($variant,)+
        }

        impl Icon {
            /// Every icon, in the order of the sprite.
            pub const ALL: &[Icon] = &[$(Icon::$variant),+];

            /// The id of its symbol in the sprite.
            pub fn id(self) -> &'static str {
                match self {
                    $(Icon::$variant => $id,)+
                }
            }
        }
    };
}

icons! {
    ArrowUp = "arrow-up",
    BookOpen = "book-open",
    Box = "box",
    Braces = "braces",
    Check = "check",
    ChevronDown = "chevron-down",
    ChevronLeft = "chevron-left",
    ChevronRight = "chevron-right",
    ChevronUp = "chevron-up",
    CircleAlert = "circle-alert",
    CircleCheck = "circle-check",
    CircleDashed = "circle-dashed",
    CirclePlus = "circle-plus",
    CircleX = "circle-x",
    Cog = "cog",
    Copy = "copy",
    Database = "database",
    Download = "download",
    Ellipsis = "ellipsis",
    ExternalLink = "external-link",
    Eye = "eye",
    FileCode = "file-code",
    FileText = "file-text",
    FolderGit2 = "folder-git-2",
    GitBranch = "git-branch",
    Globe = "globe",
    History = "history",
    House = "house",
    KeyRound = "key-round",
    Layers = "layers",
    Library = "library",
    Link = "link",
    LoaderCircle = "loader-circle",
    Lock = "lock",
    LogOut = "log-out",
    Maximize2 = "maximize-2",
    Monitor = "monitor",
    Moon = "moon",
    Package = "package",
    Pencil = "pencil",
    Plug = "plug",
    Plus = "plus",
    RefreshCw = "refresh-cw",
    RotateCcw = "rotate-ccw",
    Route = "route",
    Search = "search",
    Server = "server",
    Settings = "settings",
    Shield = "shield",
    SlidersHorizontal = "sliders-horizontal",
    Split = "split",
    Square = "square",
    Star = "star",
    Sun = "sun",
    Terminal = "terminal",
    Trash2 = "trash-2",
    TriangleAlert = "triangle-alert",
    User = "user",
    Users = "users",
    Waypoints = "waypoints",
    Workflow = "workflow",
    X = "x",
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sprite = asset::sprite();
        write!(
            f,
            r##"<svg class="i" aria-hidden="true"><use href="{sprite}#{}"/></svg>"##,
            self.id()
        )
    }
}

impl HtmlSafe for Icon {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_and_the_sprite_hold_the_same_icons() {
        let sprite = asset::find("icons.svg").unwrap();
        let sprite = std::str::from_utf8(sprite.bytes).unwrap();
        let drawn = sprite.match_indices("<symbol id=\"").map(|(at, tag)| {
            let id = &sprite[at + tag.len()..];
            &id[..id.find('"').unwrap()]
        });

        let known = Icon::ALL.iter().map(|icon| icon.id());

        assert_eq!(known.collect::<Vec<_>>(), drawn.collect::<Vec<_>>());
    }
}
