//! The JSON Schema of plans and of their tests, for editors: made of the very description by which the files are read.
use serde_json::{Map, Value, json};

use crate::reader::spoken;
use crate::shape::{Key, NAME, Of, Shape, plan, steps, trial};

/// The schema of the files of a plan (draft 7, which TOML editors know). Descriptions are Russian.
pub fn of_plan() -> String {
    document("План Гудка", &plan::FILE)
}

/// The schema of `*.test.toml`.
pub fn of_tests() -> String {
    document("Тесты плана Гудка", &trial::FILE)
}

/// The name of a flow, or steps.
const BRANCH: &str = "branch";
const FLOW: &str = "flow";
const STEP: &str = "step";
/// What callers hear.
const SAID: &str = "said";

fn document(title: &str, shape: &'static Shape) -> String {
    let mut schema = table(shape);
    if let Value::Object(root) = &mut schema {
        root.insert(
            "$schema".into(),
            json!("http://json-schema.org/draft-07/schema#"),
        );
        root.insert("title".into(), json!(title));
        if std::ptr::eq(shape, &raw const plan::FILE) {
            root.insert("definitions".into(), definitions());
        }
    }
    format!("{schema:#}\n")
}

fn definitions() -> Value {
    let step = |(name, shape): &(&str, &'static Shape)| {
        let mut step = table(shape);
        if let Value::Object(step) = &mut step {
            step.insert("title".into(), json!(name));
        }
        step
    };
    let steps: Vec<Value> = steps::STEPS.iter().map(step).collect();
    let list = json!({ "type": "array", "items": reference(STEP) });
    json!({
        STEP: { "anyOf": steps },
        FLOW: {
            "type": "array",
            "items": { "anyOf": [reference(STEP), table(&steps::PARAMS)] },
        },
        BRANCH: { "anyOf": [of(&Of::Named), list] },
        SAID: { "anyOf": [of(&Of::Named), table(&steps::SAY)] },
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

fn table(shape: &'static Shape) -> Value {
    let property = |key: &Key| (key.name.to_owned(), described(key));
    let properties: Map<String, Value> = shape.keys.iter().map(property).collect();
    let must: Vec<&str> = shape
        .keys
        .iter()
        .filter(|key| key.must)
        .map(|key| key.name)
        .collect();
    let rest = shape.rest.map_or(Value::Bool(false), of);
    json!({
        "type": "object",
        "properties": properties,
        "required": must,
        "additionalProperties": rest,
    })
}

/// A value with what its key means.
fn described(key: &Key) -> Value {
    let mut schema = of(&key.of);
    let about = match &key.of {
        Of::Duration((least, most)) => {
            format!("{}; от {} до {}", key.about, spoken(*least), spoken(*most))
        }
        _ => key.about.to_owned(),
    };
    match &mut schema {
        // Beside a reference nothing else is looked at.
        Value::Object(object) if object.contains_key("$ref") => {
            json!({ "allOf": [schema], "description": about })
        }
        Value::Object(object) => {
            object.insert("description".into(), json!(about));
            schema
        }
        _ => schema,
    }
}

fn of(of_what: &Of) -> Value {
    match of_what {
        Of::Text(u32::MAX) | Of::Moment => json!({ "type": "string" }),
        Of::Text(most) => json!({ "type": "string", "maxLength": most }),
        Of::Pattern("", example) => json!({ "type": "string", "examples": [example] }),
        Of::Pattern(pattern, example) => {
            json!({ "type": "string", "pattern": pattern, "examples": [example] })
        }
        Of::Name => json!({ "type": "string", "pattern": NAME }),
        Of::Named => {
            let name = NAME.trim_start_matches('^');
            json!({ "type": "string", "pattern": format!("^(param\\.)?{name}") })
        }
        Of::Said => reference(SAID),
        Of::Condition => json!({ "type": "string" }),
        Of::Flag => json!({ "type": "boolean" }),
        Of::True => json!({ "const": true }),
        Of::Int(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Of::Duration(_) => json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h)$" }),
        Of::Words(words) => json!({ "enum": words }),
        Of::Table(shape) => table(shape),
        Of::Map(names, value) => json!({
            "type": "object",
            "patternProperties": { *names: of(value) },
            "additionalProperties": false,
        }),
        Of::List(value) => json!({ "type": "array", "items": of(value) }),
        Of::Many(value) => json!({ "anyOf": [of(value), { "type": "array", "items": of(value) }] }),
        Of::Either(values) => json!({ "anyOf": values.iter().map(of).collect::<Vec<_>>() }),
        Of::Branch => reference(BRANCH),
        Of::Flow => reference(FLOW),
    }
}
