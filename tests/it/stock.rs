//! Our reading of a project beside what the stock compiler made of it.
//!
//! `fixtures/forms` is an agent written in many forms; `stock-manifest.json` in it is the manifest of
//! `lua compile` (lua-cli 3.37.0) without times, hashes and absolute paths. `benches/compare_stock.py`
//! compares the template of `lua-cli` in the same way.

use lua_store::internals::reader;
use lua_store::internals::report::compile::CompiledView;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/forms")
}

/// The primitives of our reading, shaped like those of the manifest.
fn ours() -> Vec<Value> {
    let agent = reader::project(&folder()).unwrap();
    let compiled = json!(CompiledView::new(&agent));
    assert_eq!(compiled["notes"], json!([]));
    let shaped = compiled["primitives"].as_array().unwrap().iter().map(|primitive| {
        let mut fields = primitive.as_object().unwrap().clone();
        let source = fields.remove("source").unwrap();
        fields.insert("sourcePath".to_owned(), source["path"].clone());
        Value::Object(fields)
    });
    shaped.collect()
}

fn stock() -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join("stock-manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    manifest["primitives"].as_array().unwrap().clone()
}

#[test]
fn every_primitive_is_read_as_the_stock_compiler_reads_it() {
    let (ours, stock) = (ours(), stock());
    let names = |all: &[Value]| -> Vec<String> {
        all.iter().map(|one| format!("{} {}", one["kind"], one["name"])).collect()
    };
    assert_eq!(names(&ours), names(&stock));
    for (ours, stock) in ours.iter().zip(&stock) {
        assert_eq!(ours, stock, "{} {}", stock["kind"], stock["name"]);
    }
}
