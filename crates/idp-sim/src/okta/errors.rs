//! Okta's error object and the errors this simulator gives.

use serde_json::{Value, json};

/// An error: its HTTP status, Okta's code (the only part Okta supports as a contract) and texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) summary: String,
    causes: Vec<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Problem {
    fn new(status: u16, code: &'static str, summary: impl Into<String>) -> Self {
        Self {
            status,
            code,
            summary: summary.into(),
            causes: Vec::new(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn with_headers(
        self,
        headers: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let headers = headers.into_iter().collect();
        Self { headers, ..self }
    }

    fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// `E0000001`: `what` was not acceptable, for the given cause.
    pub(crate) fn validation(what: &str, cause: impl Into<String>) -> Self {
        Self::new(400, "E0000001", format!("Api validation failed: {what}")).because(cause)
    }

    pub(crate) fn malformed_body() -> Self {
        Self::new(400, "E0000003", "The request body was not well-formed.")
    }

    pub(crate) fn invalid_session() -> Self {
        Self::new(403, "E0000005", "Invalid session")
    }

    pub(crate) fn no_permission() -> Self {
        let summary = "You do not have permission to perform the requested action";
        Self::new(403, "E0000006", summary)
    }

    /// `kind` is Okta's name of the resource: `User`, `UserFactor`.
    pub(crate) fn not_found(id: &str, kind: &str) -> Self {
        let summary = format!("Not found: Resource not found: {id} ({kind})");
        Self::new(404, "E0000007", summary)
    }

    pub(crate) fn no_such_path() -> Self {
        Self::new(404, "E0000008", "The requested path was not found")
    }

    pub(crate) fn invalid_token() -> Self {
        Self::new(401, "E0000011", "Invalid token provided")
    }

    pub(crate) fn no_such_feature() -> Self {
        let summary = "You do not have permission to access the feature you are requesting";
        Self::new(401, "E0000015", summary)
    }

    pub(crate) fn content_type() -> Self {
        let summary = "Bad request. Accept and/or Content-Type headers are likely not set.";
        Self::new(400, "E0000021", summary)
    }

    pub(crate) fn method() -> Self {
        let summary = "The endpoint does not support the provided HTTP method";
        Self::new(405, "E0000022", summary)
    }

    pub(crate) fn search() -> Self {
        Self::new(400, "E0000031", "Invalid search criteria.")
    }

    pub(crate) fn user_status() -> Self {
        let summary = "This operation is not allowed in the user's current status.";
        Self::new(403, "E0000038", summary)
    }

    pub(crate) fn too_many_requests() -> Self {
        let summary = "API call exceeded rate limit due to too many requests.";
        Self::new(429, "E0000047", summary)
    }

    pub(crate) fn wrong_code() -> Self {
        Self::new(403, "E0000068", "Invalid Passcode/Answer")
            .because("Your passcode doesn't match our records. Please try again.")
    }

    pub(crate) fn locked() -> Self {
        Self::new(403, "E0000069", "User Locked")
    }

    pub(crate) fn code_used() -> Self {
        let summary = "Each code can only be used once. Please wait for a new code and try again.";
        Self::new(403, "E0000082", summary)
    }

    pub(crate) fn out_of_window() -> Self {
        let summary = "Passcode is valid but exceeded time window.";
        Self::new(403, "E0000083", summary)
    }

    pub(crate) fn still_activating() -> Self {
        let summary = "User activation is still in progress. Please try again in a few minutes.";
        Self::new(409, "E0000112", summary)
    }

    pub(crate) fn factor_not_active(id: &str) -> Self {
        let summary = format!("The following factor ID is not active: {id}");
        Self::new(410, "E0000154", summary)
    }

    /// The error that a fault script asks for by HTTP status alone.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            400 => Self::new(400, "E0000002", "The request was not valid"),
            401 => Self::invalid_token(),
            403 => Self::no_permission(),
            404 => Self::no_such_path(),
            405 => Self::method(),
            429 => Self::too_many_requests(),
            503 => Self::new(503, "E0000010", "Service is in read only mode"),
            504 => Self::new(504, "E0000067", "There was an error in the factor service"),
            other => Self::new(other, "E0000009", "Internal Server Error"),
        }
    }

    /// The error object.
    pub(crate) fn body(&self, error_id: &str) -> Value {
        let causes = self
            .causes
            .iter()
            .map(|cause| json!({"errorSummary": cause}));
        json!({
            "errorCode": self.code,
            "errorSummary": self.summary,
            "errorLink": self.code,
            "errorId": error_id,
            "errorCauses": causes.collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_has_oktas_five_fields() {
        let body = Problem::validation("factorEnrollRequest", "taken").body("oaeX");
        assert_eq!(
            body,
            json!({
                "errorCode": "E0000001",
                "errorSummary": "Api validation failed: factorEnrollRequest",
                "errorLink": "E0000001",
                "errorId": "oaeX",
                "errorCauses": [{"errorSummary": "taken"}],
            })
        );
    }

    #[test]
    fn scripted_statuses_have_their_codes() {
        for (status, code) in [
            (429, "E0000047"),
            (500, "E0000009"),
            (503, "E0000010"),
            (504, "E0000067"),
            (502, "E0000009"),
        ] {
            let problem = Problem::of_status(status);
            assert_eq!((problem.status, problem.code), (status, code));
        }
    }
}
