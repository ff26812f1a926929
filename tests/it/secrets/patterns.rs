//! Every shape of a key has a sample, which is found and kept nowhere.

use super::samples;
use super::{every_object, in_files};
use crate::common::Project;

/// Secret that the program finds in a sample: the bytes that must be nowhere.
fn secret_in(sample: &str) -> Option<(&'static str, String)> {
    let hit = lua_store::internals::workspace::secrets(sample.as_bytes()).next()?;
    Some((hit.what, sample[hit.range].to_owned()))
}

/// Every row of the table has a sample, and every sample is found as what it is.
#[test]
fn every_shape_has_a_sample_that_is_found() {
    let shapes: Vec<_> = lua_store::internals::workspace::secret_patterns().collect();
    for shape in &shapes {
        let recipes: Vec<&str> = samples::SAMPLES
            .iter()
            .filter(|(name, _)| *name == shape.name)
            .map(|(_, recipe)| *recipe)
            .collect();
        assert!(!recipes.is_empty(), "the shape \"{}\" has no sample in samples.rs", shape.name);
        for (recipe, seed) in
            recipes.iter().flat_map(|recipe| (0..20).map(move |seed| (recipe, seed)))
        {
            let text = format!("const a = 1;\n  {};\n", samples::make(recipe, seed));
            assert_eq!(
                secret_in(&text).map(|(what, _)| what),
                Some(shape.what),
                "{}: {text}",
                shape.name
            );
        }
    }
    let names: Vec<&str> = shapes.iter().map(|shape| shape.name).collect();
    for (number, name) in names.iter().enumerate() {
        assert!(!names[..number].contains(name), "two shapes are called \"{name}\"");
    }
    for (name, _) in samples::SAMPLES {
        assert!(names.contains(name), "\"{name}\" is the name of no shape");
    }
}

/// One skill and one file for each sample: each is refused as a value and left out as a file, and no object, pack
/// or cache has a byte of it.
#[test]
fn nothing_of_any_shape_is_kept() {
    let project = Project::new();
    let (mut index, mut secrets) =
        (String::from("import { LuaAgent, LuaSkill } from 'lua-cli';\n"), Vec::new());
    let mut names = Vec::new();
    for (number, (shape, recipe)) in samples::SAMPLES.iter().enumerate() {
        let sample = samples::make(recipe, 7);
        let name = format!("s{number}-{shape}");
        project.write(&format!("notes/{name}.txt"), &sample);
        let text = serde_json::to_string(&format!("Use this. {sample} ")).unwrap();
        index += &format!(
            "const s{number} = new LuaSkill({{ name: '{name}', context: {text}, tools: [] }});\n"
        );
        let (_, secret) = secret_in(&sample).unwrap_or_else(|| panic!("{shape}: {sample}"));
        secrets.push((name.clone(), secret));
        names.push(format!("s{number}"));
    }
    index += &format!(
        "export const agent = new LuaAgent({{ name: 'a', skills: [{}] }});\n",
        names.join(", ")
    );
    project.write("src/index.ts", index);
    project.ok("init");
    let status = project.json("status");
    let refused: Vec<&str> = status["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|leak| leak["allow"].as_str().unwrap())
        .collect();
    let left_out: Vec<&str> = status["leftOut"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| left["path"].as_str().unwrap())
        .collect();
    for (name, _) in &secrets {
        assert!(refused.contains(&&*format!("skill/{name}")), "the value of {name} is not refused");
        assert!(
            left_out.contains(&&*format!("notes/{name}.txt")),
            "the file of {name} is not left out"
        );
    }
    // The file may be kept: then each value of its own is in the way.
    let pushed = project.run("push --allow src/index.ts");
    assert_eq!(pushed.code, 1, "{pushed}");
    let told = [
        project.run("status --json"),
        project.run("compile --json"),
        project.run("diff --json"),
        pushed,
    ];
    let told: String =
        told.iter().map(|outcome| format!("{}{}", outcome.stdout, outcome.stderr)).collect();
    project.ok("push --disallow src/index.ts --force backup");
    let objects = every_object(&project.path(".lua"));
    for (name, secret) in &secrets {
        let longest = secret.lines().max_by_key(|line| line.len()).unwrap();
        assert!(!told.contains(longest), "{name} is printed");
        assert_eq!(in_files(&project, longest), None, "{name}");
        let has =
            |bytes: &[u8]| bytes.windows(longest.len()).any(|part| part == longest.as_bytes());
        assert!(!objects.iter().any(|(_, bytes)| has(bytes)), "an object holds {name}");
    }
}
