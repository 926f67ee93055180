//! Many devices in one delta.

use std::time::Duration;

use serde_json::{Value, json};

use super::Entra;
use super::devices::{CONTEXT, object};
use super::errors::{Refusal, Reply};
use super::page::Page;
use super::switches::{BulkErrors, BulkItemShape};

impl Entra {
    pub(super) fn bulk_create(
        &mut self,
        body: &Value,
        page: &Page<'_>,
        roles: &[String],
        now: Duration,
    ) -> Result<Reply, Refusal> {
        let items = self.delta(body)?;
        let mut created = Vec::new();
        let mut answers = Vec::new();
        for item in items {
            match self.create(item, roles, now) {
                Ok(device) => {
                    created.extend(device.get("id").and_then(Value::as_str).map(str::to_owned));
                    answers.push(self.succeeded(device, item));
                }
                Err(refusal) if self.switches.bulk_errors == BulkErrors::Atomic => {
                    created.iter().for_each(|id| self.inventory.undo_create(id));
                    return Err(Refusal::bad_request(refusal.message));
                }
                Err(refusal) => answers.push(self.failed(&refusal, item)),
            }
        }
        let context = page.context(&format!("{CONTEXT}/$delta"));
        Ok(Reply {
            status: self.switches.bulk_status,
            body: Some(json!({"@odata.context": context, "value": answers})),
        })
    }

    /// The items of a well-formed delta that is not too long.
    fn delta<'a>(&self, body: &'a Value) -> Result<&'a [Value], Refusal> {
        let fields = object(body)?;
        if fields.get("@context").and_then(Value::as_str) != Some("#$delta") {
            return Err(Refusal::bad_request(
                "The property '@context' must be '#$delta'.",
            ));
        }
        let items = fields
            .get("value")
            .and_then(Value::as_array)
            .filter(|items| !items.is_empty());
        let items =
            items.ok_or_else(|| Refusal::bad_request("The property 'value' must hold items."))?;
        match self.switches.bulk_max {
            Some(max) if items.len() > max => Err(Refusal::bad_request(format!(
                "At most {max} tokens can be added in one request."
            ))),
            _ => Ok(items),
        }
    }

    fn succeeded(&self, device: Value, item: &Value) -> Value {
        let answer = match self.switches.bulk_item_shape {
            BulkItemShape::Flat => device,
            BulkItemShape::Nested => json!({
                "@odata.type": "#microsoft.graph.hardwareOathAuthenticationMethod",
                "id": device.get("id"),
                "device": device,
            }),
        };
        self.with_content_id(answer, item)
    }

    /// OData 4.01's form of a failed item.
    fn failed(&self, refusal: &Refusal, item: &Value) -> Value {
        let answer = json!({
            "@Core.DataModificationException": {
                "@odata.type": "#Org.OData.Core.V1.DataModificationExceptionType",
                "failedOperation": "Create",
                "responseCode": refusal.status.as_u16(),
                "info": {"code": refusal.code, "message": refusal.message},
            },
            "id": "00000000-0000-0000-0000-000000000000",
            "serialNumber": item.get("serialNumber"),
        });
        self.with_content_id(answer, item)
    }

    fn with_content_id(&self, mut answer: Value, item: &Value) -> Value {
        let echoed = item
            .get("@contentId")
            .filter(|_| self.switches.bulk_content_id);
        if let (Value::Object(fields), Some(id)) = (&mut answer, echoed) {
            fields.insert("@contentId".to_owned(), id.clone());
        }
        answer
    }
}
