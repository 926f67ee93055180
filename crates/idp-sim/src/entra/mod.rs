//! Microsoft Entra ID: token endpoint and Graph.
