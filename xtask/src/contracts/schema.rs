//! Does a value fit a schema? The part of JSON Schema that requests need; any other keyword is a
//! problem, so that nothing goes unchecked silently.

use std::ptr;

use serde_json::Value;

mod rules;
#[cfg(test)]
mod tests;

/// What is wrong with `value`, which is sent at `at`; says names and rules, never the value. A
/// property that no schema lists is wrong where any are listed and none says that others may come.
pub(super) fn problems(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if schema.is_null() {
        return vec![format!("{at}: no schema says what may be sent")];
    }
    Check(root).apply(&[], &[schema], value, at).1
}

/// The target of a reference, where `node` is one.
pub(super) fn target<'a>(root: &'a Value, node: &Value) -> Option<&'a Value> {
    place(root, node.get("$ref")?)
}

fn place<'a>(root: &'a Value, reference: &Value) -> Option<&'a Value> {
    root.pointer(reference.as_str()?.strip_prefix('#')?)
}

type Schemas<'a> = Vec<&'a Value>;

/// Holds the whole description, which references lead into.
struct Check<'a>(&'a Value);

impl<'a> Check<'a> {
    /// Adds schemas to those that apply to the value: all that apply then, and what is wrong.
    fn apply(
        &self,
        so_far: &[&'a Value],
        more: &[&'a Value],
        value: &Value,
        at: &str,
    ) -> (Schemas<'a>, Vec<String>) {
        let (mut all, mut wrong) = (so_far.to_vec(), Vec::new());
        for schema in more {
            self.gather(schema, value, &mut all, &mut wrong);
        }
        for schema in all.clone().into_iter().skip(so_far.len()) {
            for keyword in ["oneOf", "anyOf"] {
                wrong.extend(self.choose(keyword, schema, value, at, &mut all));
            }
        }
        wrong.extend(all.iter().flat_map(|schema| rules::broken(schema, value)));
        let here = wrong.iter().map(|what| format!("{at}: {what}"));
        let wrong = here.chain(self.members(&all, value, at)).collect();
        (all, wrong)
    }

    /// The schema and what applies with it: a reference, `allOf`, the discriminator's branch.
    fn gather(
        &self,
        schema: &'a Value,
        value: &Value,
        all: &mut Schemas<'a>,
        wrong: &mut Vec<String>,
    ) {
        if all.iter().any(|known| ptr::eq(*known, schema)) {
            return;
        }
        all.push(schema);
        let reference = schema.get("$ref").map(|to| place(self.0, to));
        let branch = schema.get("discriminator").map(|by| self.branch(by, value));
        let parts = list(schema, "allOf").iter().map(Some);
        for part in reference.into_iter().chain(branch).chain(parts) {
            match part {
                Some(part) => self.gather(part, value, all, wrong),
                None => wrong.push("a reference or a discriminator leads nowhere".to_owned()),
            }
        }
    }

    fn branch(&self, by: &Value, value: &Value) -> Option<&'a Value> {
        let chosen = value.get(by["propertyName"].as_str()?)?.as_str()?;
        place(self.0, by["mapping"].get(chosen)?)
    }

    /// Adds the alternatives that fit.
    fn choose(
        &self,
        keyword: &str,
        schema: &'a Value,
        value: &Value,
        at: &str,
        all: &mut Schemas<'a>,
    ) -> Option<String> {
        let among = list(schema, keyword);
        let tried = among.iter().map(|one| self.apply(all, &[one], value, at));
        let fitting: Vec<_> = tried.filter(|(_, wrong)| wrong.is_empty()).collect();
        let (count, known) = (fitting.len(), all.len());
        all.extend(fitting.iter().flat_map(|(with, _)| with.iter().skip(known)));
        match count {
            0 if !among.is_empty() => Some(format!("no alternative of `{keyword}` fits")),
            2.. if keyword == "oneOf" => Some("several alternatives of `oneOf` fit".to_owned()),
            _ => None,
        }
    }

    fn members(&self, all: &[&'a Value], value: &Value, at: &str) -> Vec<String> {
        let below = |schemas: &[_], value, at: String| self.apply(&[], schemas, value, &at).1;
        if let Value::Array(items) = value {
            let schemas: Schemas<'_> = all.iter().filter_map(|all| all.get("items")).collect();
            let items = items.iter().enumerate();
            return items
                .flat_map(|(n, item)| below(&schemas, item, format!("{at}[{n}]")))
                .collect();
        }
        let members = value.as_object().into_iter().flatten();
        let each = members.flat_map(|(name, member)| match of_property(all, name) {
            Some(schemas) => below(&schemas, member, format!("{at}.{name}")),
            None => vec![format!("{at}.{name}: no such property")],
        });
        each.collect()
    }
}

/// What applies to a property; `None` where it must not be there.
fn of_property<'a>(all: &[&'a Value], name: &str) -> Option<Schemas<'a>> {
    let all_have = |keyword| all.iter().filter_map(move |schema| schema.get(keyword));
    let listed: Schemas<'_> = all_have("properties")
        .filter_map(|list| list.get(name))
        .collect();
    if !listed.is_empty() {
        return Some(listed);
    }
    let others: Schemas<'_> = all_have("additionalProperties").collect();
    let welcome = others.iter().any(|rule| **rule != false);
    let anything = others.is_empty() && all_have("properties").next().is_none();
    (welcome || anything).then_some(others)
}

fn list<'a>(schema: &'a Value, keyword: &str) -> &'a [Value] {
    let list = schema.get(keyword).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}
