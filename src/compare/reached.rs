//! Changes below several primitives at once: each project file, package and environment variable
//! one time, with everything that reaches it.

use super::{ImportMove, ModuleMove, PackageMove, PrimitiveChange, StateChange};
use crate::model::item::Item;
use crate::model::kind::Kind;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ModuleReach {
    pub path: String,
    /// `added`, `removed`, `moved` or `changed`, as seen by the primitives.
    pub change: &'static str,
    /// The path that a moved file had before.
    pub from: Option<String>,
    pub declarations: Vec<String>,
    pub primitives: Vec<Item>,
}

/// An imported name that resolves to something else.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ImportReach {
    #[serde(flatten)]
    pub import: ImportMove,
    pub primitives: Vec<Item>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PackageReach {
    pub name: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub primitives: Vec<Item>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EnvReach {
    pub name: String,
    pub change: &'static str,
    pub primitives: Vec<Item>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SharedReach {
    pub modules: Vec<ModuleReach>,
    pub imports: Vec<ImportReach>,
    pub packages: Vec<PackageReach>,
    pub env: Vec<EnvReach>,
}

/// Gathers the reach of the changed primitives. Added and removed ones contribute nothing.
pub fn reached(change: &StateChange) -> SharedReach {
    let mut modules: BTreeMap<&str, ModuleReach> = BTreeMap::new();
    let mut imports: BTreeMap<&ImportMove, Vec<Item>> = BTreeMap::new();
    let mut packages: BTreeMap<&PackageMove, Vec<Item>> = BTreeMap::new();
    let mut env: BTreeMap<(&str, &'static str), Vec<Item>> = BTreeMap::new();
    for (kind, name, parts) in all(change) {
        let who = || Item { kind: kind.word, name: name.to_owned() };
        for module in &parts.modules {
            let word = word(module);
            let entry = modules.entry(&module.path).or_insert_with(|| ModuleReach {
                path: module.path.clone(),
                change: word,
                from: module.moved_from.clone(),
                declarations: Vec::new(),
                primitives: Vec::new(),
            });
            // A file that one begins to import and that another had is no new file.
            if entry.change != word {
                (entry.change, entry.from) = ("changed", None);
            }
            entry.declarations.extend(module.declarations.iter().cloned());
            entry.primitives.push(who());
        }
        for import in &parts.imports {
            imports.entry(import).or_default().push(who());
        }
        for package in &parts.packages {
            packages.entry(package).or_default().push(who());
        }
        for (word, names) in [("added", &parts.env_added), ("removed", &parts.env_removed)] {
            for name in names {
                env.entry((name, word)).or_default().push(who());
            }
        }
    }
    SharedReach {
        modules: modules.into_values().map(tidy).collect(),
        imports: imports
            .into_iter()
            .map(|(import, primitives)| ImportReach { import: import.clone(), primitives })
            .collect(),
        packages: packages
            .into_iter()
            .map(|(package, primitives)| PackageReach {
                name: package.name.clone(),
                from: package.from.clone(),
                to: package.to.clone(),
                primitives,
            })
            .collect(),
        env: env
            .into_iter()
            .map(|((name, change), primitives)| EnvReach {
                name: name.to_owned(),
                change,
                primitives,
            })
            .collect(),
    }
}

fn word(module: &ModuleMove) -> &'static str {
    match (module.is_new, module.is_gone, &module.moved_from) {
        (true, ..) => "added",
        (_, true, _) => "removed",
        (.., Some(_)) => "moved",
        _ => "changed",
    }
}

fn all(change: &StateChange) -> impl Iterator<Item = (&'static Kind, &str, &PrimitiveChange)> {
    change.kinds.iter().flat_map(|section| {
        let changed =
            section.changed.iter().map(|changed| (section.kind, &*changed.name, &changed.parts));
        let renamed = section.renamed.iter().map(|one| (section.kind, &*one.to.name, &one.parts));
        changed.chain(renamed)
    })
}

fn tidy(mut module: ModuleReach) -> ModuleReach {
    module.declarations.sort();
    module.declarations.dedup();
    module
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{ChangedPrimitive, KindChange};
    use serde_json::{Value, json};

    fn section(word: &str, primitives: &[(&str, Value, Value)]) -> KindChange {
        let kind = Kind::named(word).unwrap();
        let one = |(name, old, new): &(&str, Value, Value)| {
            let mut parts = PrimitiveChange::default();
            parts.compare_reaches(old, new);
            ChangedPrimitive { name: (*name).to_owned(), from: None, to: None, parts }
        };
        KindChange { changed: primitives.iter().map(one).collect(), ..KindChange::none(kind) }
    }

    #[test]
    fn each_file_is_told_once_with_all_that_reach_it() {
        let reach = |price: &str, zod: &str| json!({"modules": {"src/price.ts": price}, "packages": {"zod": zod}});
        let bare = json!({"modules": {}, "packages": {}, "env": ["KEY"]});
        let skills = [
            ("a", reach("1", "3.1"), reach("2", "3.2")),
            ("b", reach("1", "3.1"), reach("2", "3.2")),
        ];
        let jobs = [("c", bare, reach("2", "3.2"))];
        let change = StateChange {
            kinds: vec![section("skill", &skills), section("job", &jobs)],
            ..StateChange::default()
        };
        let reached = reached(&change);
        let names = |who: &[Item]| {
            who.iter().map(|who| format!("{} {}", who.kind, who.name)).collect::<Vec<_>>()
        };
        assert_eq!(reached.modules.len(), 1);
        assert_eq!(reached.modules[0].change, "changed");
        assert_eq!(names(&reached.modules[0].primitives), ["skill a", "skill b", "job c"]);
        assert_eq!(reached.packages.len(), 2, "one came, the other moved");
        assert_eq!(names(&reached.packages[1].primitives), ["skill a", "skill b"]);
        assert_eq!((&*reached.env[0].name, reached.env[0].change), ("KEY", "removed"));
    }
}
