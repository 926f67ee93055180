//! The tenant's policy for hardware tokens.

use serde_json::{Map, Value, json};

use super::devices::{object, required};
use super::errors::{Refusal, Reply};

pub(super) struct Policy {
    pub(super) enabled: bool,
    include: Vec<Value>,
    exclude: Vec<Value>,
}

impl Policy {
    /// For everybody.
    pub(super) fn new(enabled: bool) -> Self {
        let everybody =
            json!({"targetType": "group", "id": "all_users", "isRegistrationRequired": false});
        Self {
            enabled,
            include: vec![everybody],
            exclude: Vec::new(),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "@odata.type": "#microsoft.graph.hardwareOathAuthenticationMethodConfiguration",
            "id": "HardwareOath",
            "state": if self.enabled { "enabled" } else { "disabled" },
            "includeTargets": self.include,
            "excludeTargets": self.exclude,
        })
    }

    /// Changes what `body` names; nothing, where a part of it is not valid.
    pub(super) fn update(&mut self, body: &Value) -> Result<Reply, Refusal> {
        let fields = object(body)?;
        let enabled = match fields.get("state").and_then(Value::as_str) {
            Some("enabled") => true,
            Some("disabled") => false,
            Some(_) => {
                return Err(Refusal::bad_request(
                    "The property 'state' must be enabled or disabled.",
                ));
            }
            None => self.enabled,
        };
        let include = targets(fields, "includeTargets")?;
        let exclude = targets(fields, "excludeTargets")?;
        self.enabled = enabled;
        self.include = include.unwrap_or_else(|| self.include.clone());
        self.exclude = exclude.unwrap_or_else(|| self.exclude.clone());
        Ok(Reply::no_content())
    }
}

/// A list of groups, which is replaced as a whole.
fn targets(fields: &Map<String, Value>, name: &str) -> Result<Option<Vec<Value>>, Refusal> {
    let Some(list) = fields.get(name) else {
        return Ok(None);
    };
    let list = list.as_array().ok_or_else(|| {
        Refusal::bad_request(format!("The property '{name}' must be a list of targets."))
    })?;
    for target in list {
        let target = object(target)?;
        required(target, "id")?;
        if required(target, "targetType")? != "group" {
            return Err(Refusal::bad_request("A target must be a group."));
        }
    }
    Ok(Some(list.clone()))
}
