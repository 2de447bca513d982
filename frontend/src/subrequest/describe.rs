//! The questions that are answered.

use serde_json::{Value, json};

use super::{METHODS, Method, VERSION, reply};
use crate::gateway::BuildResult;
use crate::table::{row, table};

pub(super) fn describe() -> BuildResult {
    let methods: Vec<Value> = METHODS.iter().map(method).collect();
    let mut rows = vec![row(&["NAME", "VERSION", "DESCRIPTION"])];
    rows.extend(
        METHODS
            .iter()
            .map(|method| row(&[method.name.trim_start_matches("frontend."), VERSION, method.description])),
    );
    reply(&Value::Array(methods), table(&rows, 1))
}

fn method(method: &Method) -> Value {
    let target = json!([{ "name": "target", "description": "The stage that is meant" }]);
    json!({
        "name": method.name,
        "version": VERSION,
        "type": "rpc",
        "description": method.description,
        "opts": if method.takes_target { target } else { Value::Null },
        "inputs": null,
        "metadata": [{ "name": "result.json", "description": "" }, { "name": "result.txt", "description": "" }],
        "refs": null,
    })
}
