//! Bodies of pushed primitives: what is kept of them, and what they say beside the files.

use crate::model::agent::Primitive;
use serde_json::{Map, Value, json};

/// Fields that are never kept: code and sources, which the files of the backup have, and values of the caller's
/// environment.
const DROPPED: [&str; 6] =
    ["sourceArchive", "archiveSchemaVersion", "bundle", "secret", "envOverlay", "env"];

/// A body without what must not be kept, or is kept as a file.
pub fn kept(mut body: Map<String, Value>) -> Map<String, Value> {
    DROPPED.iter().for_each(|field| drop(body.remove(*field)));
    if let Some(Value::Array(tools)) = body.get_mut("tools") {
        for tool in tools.iter_mut().filter_map(Value::as_object_mut) {
            tool.remove("source");
        }
    }
    body
}

/// Field of a body and that of a definition, by the word of the kind.
fn fields(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "skill" => &[("description", "description"), ("context", "context")],
        "webhook" => &[
            ("description", "description"),
            ("querySchema", "querySchema"),
            ("headerSchema", "headerSchema"),
            ("bodySchema", "bodySchema"),
        ],
        "trigger" => &[("description", "description"), ("bodySchema", "inputSchema")],
        "job" => &[
            ("description", "description"),
            ("schedule", "schedule"),
            ("timeout", "timeout"),
            ("retry", "retry"),
            ("metadata", "metadata"),
        ],
        "device" => &[("description", "description"), ("group", "group")],
        "device-trigger" => &[("description", "description"), ("payloadSchema", "payloadSchema")],
        _ => &[("description", "description")],
    }
}

/// Makes a definition say what the body says. Gives the fields in which the files say something else.
pub fn correct(primitive: &mut Primitive, body: &Map<String, Value>) -> Vec<String> {
    let kind = primitive.kind.word;
    let Some(definition) = primitive.definition.as_object_mut() else { return Vec::new() };
    let mut wrong = correct_fields(definition, body, fields(kind));
    if kind == "skill" {
        wrong.extend(correct_tools(definition, body));
    }
    if let Some(description) = definition.get("description").and_then(Value::as_str) {
        description.clone_into(&mut primitive.description);
    }
    wrong
}

fn correct_fields(
    definition: &mut Map<String, Value>,
    body: &Map<String, Value>,
    fields: &[(&str, &str)],
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (sent, own) in fields {
        let (said, read) = (body.get(*sent), definition.get(*own));
        if is_same(said, read) || read.is_some_and(is_code) {
            continue;
        }
        wrong.push((*own).to_owned());
        match said {
            Some(said) => drop(definition.insert((*own).to_owned(), said.clone())),
            None => drop(definition.remove(*own)),
        }
    }
    wrong
}

/// The tools of a skill are those of the body, each with its code as the files have it.
fn correct_tools(definition: &mut Map<String, Value>, body: &Map<String, Value>) -> Vec<String> {
    let Some(sent) = body.get("tools").and_then(Value::as_array) else { return Vec::new() };
    let name = |tool: &Value| tool.get("name").and_then(Value::as_str).map(str::to_owned);
    let read = definition.get("tools").and_then(Value::as_array).cloned().unwrap_or_default();
    let (mut wrong, mut tools) = (Vec::new(), Vec::new());
    let of_body = |tool: &Value| sent.iter().find(|sent| name(sent) == name(tool));
    for tool in &read {
        let (Some(said), Value::Object(tool)) = (of_body(tool), tool) else {
            wrong.push(format!("tool {}", name(tool).unwrap_or_default()));
            continue;
        };
        let mut tool = tool.clone();
        let said = said.as_object().cloned().unwrap_or_default();
        let fields = [("description", "description"), ("inputSchema", "inputSchema")];
        let differ = correct_fields(&mut tool, &said, &fields);
        let of = name(&Value::Object(tool.clone())).unwrap_or_default();
        wrong.extend(differ.into_iter().map(|field| format!("{field} of tool {of}")));
        tools.push(Value::Object(tool));
    }
    for said in sent.iter().filter(|said| !read.iter().any(|tool| name(tool) == name(said))) {
        wrong.push(format!("tool {}", name(said).unwrap_or_default()));
        let fields = ["name", "description", "inputSchema"];
        let kept = fields.iter().filter_map(|field| Some((*field, said.get(*field)?.clone())));
        tools.push(Value::Object(kept.map(|(field, value)| (field.to_owned(), value)).collect()));
    }
    if !wrong.is_empty() {
        definition.insert("tools".to_owned(), Value::Array(tools));
    }
    wrong
}

/// The definition of a primitive of which the files know nothing.
pub fn definition_of(kind: &str, name: &str, body: &Map<String, Value>) -> Value {
    let mut definition = Map::from_iter([("name".to_owned(), json!(name))]);
    correct_fields(&mut definition, body, fields(kind));
    if kind == "skill" {
        correct_tools(&mut definition, body);
    }
    Value::Object(definition)
}

/// Absent, null and empty text say the same; a schema says it with and without the name of its dialect.
fn is_same(said: Option<&Value>, read: Option<&Value>) -> bool {
    let plain = |value: Option<&Value>| match value {
        None | Some(Value::Null) => Value::Null,
        Some(Value::String(text)) => match text.trim() {
            "" => Value::Null,
            text => json!(text),
        },
        Some(Value::Object(fields)) => {
            let mut fields = fields.clone();
            fields.remove("$schema");
            Value::Object(fields)
        }
        Some(other) => other.clone(),
    };
    plain(said) == plain(read)
}

/// True for a value that only running the code gives.
fn is_code(value: &Value) -> bool {
    let keys = ["$function", "$source", "$secret"];
    value.as_object().is_some_and(|fields| keys.iter().any(|key| fields.contains_key(*key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::agent::{Reach, SourceRef};
    use crate::model::kind::Kind;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn primitive(kind: &str, definition: Value) -> Primitive {
        Primitive {
            kind: Kind::named(kind).unwrap(),
            name: "a".into(),
            description: String::new(),
            definition,
            source: SourceRef { path: "src/a.ts".into(), line: 1 },
            reach: Reach::default(),
        }
    }

    #[test]
    fn secrets_environment_and_code_are_not_kept() {
        let body = object(json!({
            "name": "a", "secret": "s3cret", "envOverlay": {"A": "b"}, "env": {"A": "b"},
            "sourceArchive": "H4s", "archiveSchemaVersion": 1, "bundle": "H4s", "later": true,
            "tools": [{"name": "t", "source": "code", "entryFile": "src/t.ts"}],
        }));
        let expected = json!({
            "name": "a", "later": true, "tools": [{"name": "t", "entryFile": "src/t.ts"}],
        });
        assert_eq!(Value::Object(kept(body)), expected);
    }

    #[test]
    fn a_body_that_says_the_same_changes_nothing() {
        let definition = json!({
            "name": "a", "description": "d", "context": "c",
            "tools": [{"name": "t", "description": "e", "inputSchema": {"type": "object"},
                       "execute": {"$function": "00"}}],
        });
        let mut same = primitive("skill", definition.clone());
        let body = object(json!({
            "name": "a", "description": "d", "context": "c ", "version": "1.0.1",
            "tools": [{"name": "t", "description": "e",
                       "inputSchema": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}}],
        }));
        assert_eq!(correct(&mut same, &body), Vec::<String>::new());
        assert_eq!(same.definition, definition);
    }

    #[test]
    fn the_body_counts_where_the_files_say_something_else() {
        let mut read = primitive(
            "skill",
            json!({"name": "a", "description": "old", "tools": [
                {"name": "t", "description": "e", "execute": {"$function": "00"}}, {"name": "gone"}]}),
        );
        let body = object(json!({
            "description": "new", "context": "c",
            "tools": [{"name": "t", "description": "f"}, {"name": "more", "description": "g", "codeS3Hash": "0"}],
        }));
        let wrong = correct(&mut read, &body);
        let fields = ["description", "context", "description of tool t", "tool gone", "tool more"];
        assert_eq!(wrong, fields);
        let expected = json!({
            "name": "a", "description": "new", "context": "c", "tools": [
                {"name": "t", "description": "f", "execute": {"$function": "00"}},
                {"name": "more", "description": "g"}],
        });
        assert_eq!((read.definition, read.description.as_str()), (expected, "new"));
    }

    #[test]
    fn a_schedule_counts_and_code_stays_what_the_files_say() {
        let function = json!({"$function": "00"});
        let mut read = primitive("job", json!({"name": "a", "schedule": function, "timeout": 5}));
        let body = object(json!({"schedule": {"type": "interval", "seconds": 300}, "timeout": 6}));
        assert_eq!(correct(&mut read, &body), ["timeout"]);
        assert_eq!(read.definition, json!({"name": "a", "schedule": function, "timeout": 6}));
    }
}
