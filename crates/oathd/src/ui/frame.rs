//! What every page needs to know of the request that asked for it.

use super::Tone;
use super::icon::Icon;

/// The part of a page that its request brings with it. It is not for logs: it has what forms prove.
pub(crate) struct Frame {
    /// Who is signed in; nobody on the way in.
    pub(crate) who: Option<Who>,
    /// What this caller may open.
    pub(crate) sections: Vec<Section>,
    /// Proves that a form came from a page of this session.
    pub(crate) csrf: String,
    /// Lets a form count once.
    pub(crate) once: String,
    /// Path and parameters of this page.
    pub(crate) path: String,
    /// To here one comes back from what only changes the looks.
    pub(crate) back: String,
    pub(crate) theme: Theme,
    /// Whether single keys do something.
    pub(crate) keys: bool,
    /// Whether this is the simulator.
    pub(crate) sandbox: bool,
    /// What the form before has come to.
    pub(crate) flash: Option<Flash>,
    /// Runs that have not ended.
    pub(crate) open_runs: usize,
}

impl Default for Frame {
    fn default() -> Self {
        Self {
            who: None,
            sections: Section::ALL.into(),
            csrf: String::new(),
            once: String::new(),
            path: "/".into(),
            back: "/".into(),
            theme: Theme::Auto,
            keys: true,
            sandbox: false,
            flash: None,
            open_runs: 0,
        }
    }
}

/// Who is signed in, as the page names them.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) name: String,
    /// The word for the role.
    pub(crate) role: String,
}

/// The colours that a reader wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// Those of the device.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// The word in the form and in the cookie.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// By its word; that of the device where there is none of this word.
    pub(crate) fn named(word: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|theme| theme.name() == word).unwrap_or_default()
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    pub(super) fn icon(self) -> Icon {
        match self {
            Self::Auto => Icon::Auto,
            Self::Light => Icon::Light,
            Self::Dark => Icon::Dark,
        }
    }
}

/// What the form before has come to, said once on the page after it.
#[derive(Clone, Debug)]
pub(crate) struct Flash {
    pub(crate) tone: Tone,
    pub(crate) text: String,
}

/// A part of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Home,
    Inventory,
    Import,
    HelpDesk,
    Users,
    Runs,
    Audit,
    Calls,
    Settings,
}

impl Section {
    pub(crate) const ALL: [Self; 9] = [
        Self::Home,
        Self::Inventory,
        Self::Import,
        Self::HelpDesk,
        Self::Users,
        Self::Runs,
        Self::Audit,
        Self::Calls,
        Self::Settings,
    ];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Inventory => "Inventory",
            Self::Import => "Import",
            Self::HelpDesk => "Lost token",
            Self::Users => "Users",
            Self::Runs => "Runs",
            Self::Audit => "Audit",
            Self::Calls => "Calls",
            Self::Settings => "Settings",
        }
    }

    pub(crate) fn href(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Inventory => "/inventory",
            Self::Import => "/import",
            Self::HelpDesk => "/lost-token",
            Self::Users => "/users",
            Self::Runs => "/runs",
            Self::Audit => "/audit",
            Self::Calls => "/calls",
            Self::Settings => "/settings",
        }
    }

    pub(super) fn icon(self) -> Icon {
        match self {
            Self::Home => Icon::Home,
            Self::Inventory => Icon::Inventory,
            Self::Import => Icon::Import,
            Self::HelpDesk => Icon::HelpDesk,
            Self::Users => Icon::Users,
            Self::Runs => Icon::Runs,
            Self::Audit => Icon::Audit,
            Self::Calls => Icon::Calls,
            Self::Settings => Icon::Settings,
        }
    }
}
