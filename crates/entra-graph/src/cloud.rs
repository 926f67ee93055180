//! Microsoft's clouds, as data.

use idp_http::BaseUrl;

/// One cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cloud {
    /// What people call it.
    pub name: &'static str,
    /// Its sign-in services; the first is the one to use.
    pub authorities: &'static [&'static str],
    /// Graph's root, where it is known.
    pub graph: Option<&'static str>,
    /// Whether Microsoft documents hardware OATH tokens for it.
    pub documented: bool,
}

/// The sign-in address is of no cloud whose Graph root is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no Graph root is known for this sign-in address: set it (OATHKIT_GRAPH_URL)")]
pub struct UnknownCloud;

impl Cloud {
    /// All that are known. Two share a sign-in service: the first of them counts.
    pub const ALL: &'static [Self] = &[
        Self {
            name: "the public cloud",
            authorities: &["https://login.microsoftonline.com"],
            graph: Some("https://graph.microsoft.com"),
            documented: true,
        },
        Self {
            name: "US Government L4 (GCC High)",
            authorities: &["https://login.microsoftonline.us"],
            graph: Some("https://graph.microsoft.us"),
            documented: false,
        },
        Self {
            name: "US Government L5 (DoD)",
            authorities: &["https://login.microsoftonline.us"],
            graph: Some("https://dod-graph.microsoft.us"),
            documented: false,
        },
        Self {
            name: "China (21Vianet)",
            authorities: &[
                "https://login.partner.microsoftonline.cn",
                "https://login.chinacloudapi.cn",
            ],
            graph: Some("https://microsoftgraph.chinacloudapi.cn"),
            documented: false,
        },
        Self {
            name: "Bleu (France)",
            authorities: &["https://login.sovcloud-identity.fr"],
            graph: None,
            documented: false,
        },
        Self {
            name: "Delos (Germany)",
            authorities: &["https://login.sovcloud-identity.de"],
            graph: None,
            documented: false,
        },
        Self {
            name: "GovSG (Singapore)",
            authorities: &["https://login.sovcloud-identity.sg"],
            graph: None,
            documented: false,
        },
    ];

    /// The cloud of a sign-in service.
    #[must_use]
    pub fn of_authority(authority: &BaseUrl) -> Option<&'static Self> {
        let origin = authority.origin();
        let mut all = Self::ALL.iter();
        all.find(|cloud| cloud.authorities.contains(&origin.as_str()))
    }

    /// The cloud of a Graph root.
    #[must_use]
    pub fn of_graph(graph: &BaseUrl) -> Option<&'static Self> {
        let origin = graph.origin();
        Self::ALL
            .iter()
            .find(|cloud| cloud.graph == Some(origin.as_str()))
    }
}
