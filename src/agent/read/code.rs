//! Where the code of a value is: only code leads on to other modules, data is in the definition whole.

use super::module::ModuleId;
use super::value::Value;
use std::collections::BTreeSet;

/// How deep values are looked into; what is deeper was no definition anyway.
const DEPTH: usize = 64;

/// The modules that hold functions, classes or unevaluated expressions of a value.
pub fn modules(value: &Value<'_>) -> BTreeSet<ModuleId> {
    let mut found = BTreeSet::new();
    collect(value, DEPTH, &mut found);
    found
}

fn collect(value: &Value<'_>, depth: usize, found: &mut BTreeSet<ModuleId>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Function(function) => drop(found.insert(function.module)),
        Value::Class(class) => drop(found.insert(class.module)),
        Value::Unknown(unknown) => drop(found.insert(unknown.site.module)),
        Value::Namespace(module) => drop(found.insert(*module)),
        Value::List(items) => items.borrow().iter().for_each(|item| collect(item, depth, found)),
        Value::Object(object) => {
            // The methods of a class are code, whether or not they stand among the fields.
            found.extend(object.made.iter().filter_map(|made| made.class.as_ref()).map(|class| class.module));
            object.fields.borrow().iter().for_each(|(_, field)| collect(field, depth, found));
        }
        _ => {}
    }
}
