//! Two people with the stock command and one with this program at one agent, for seconds: each number is one content's,
//! nothing that was acknowledged is lost, and each version is one source version.

use super::person::{AGENT, Person, path};
use crate::common::Project;
use crate::common::server::{Server, data, token};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const SKILLS: usize = 4;
const TURNS: u64 = 6;

/// Codes of refusals that a race of two people ends in.
const REFUSED: [&str; 3] = ["SOURCE_OUTDATED", "SOURCE_MISSING", "NO_STAGED_CHANGES"];

/// Answers to one person.
#[derive(Default)]
struct Acknowledged {
    /// Numbers of skills.
    numbers: Vec<(String, String)>,
    /// Source versions, each with the files that were sent.
    sources: Vec<(u64, BTreeMap<String, String>)>,
    versions: Vec<u64>,
    promotions: Vec<u64>,
}

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Turns of a person with the stock command, who owns a skill and sends all.
fn stock_turns(mut person: Person<'_>, own: usize) -> Acknowledged {
    let (mut told, mut dice) = (Acknowledged::default(), Dice(own as u64));
    for turn in 0..TURNS {
        person.pull();
        person.describe(own, &format!("person {own}, turn {turn}"));
        if dice.roll(3) == 0 {
            person.describe(SKILLS - 1, &format!("of everybody, by {own} in turn {turn}"));
        }
        // A number that another person took twice ends the command, as does a lower one.
        let Ok((numbers, backup)) = person.push_all() else { continue };
        told.numbers.extend(numbers);
        told.sources.push((backup, person.files.clone()));
        if dice.roll(2) == 0 {
            match person.create(&format!("{own} in turn {turn}")) {
                Ok(number) => {
                    told.versions.push(number);
                    if dice.roll(2) == 0 {
                        person.promote(number).unwrap();
                        told.promotions.push(number);
                    }
                }
                Err((_, code, message)) => assert!(REFUSED.contains(&&*code), "{code}: {message}"),
            }
        }
    }
    told
}

/// Turns of a person with this program.
fn our_turns(project: &Project, own: usize) -> Acknowledged {
    let mut told = Acknowledged::default();
    let answer = |line: &str| {
        let outcome = project.run(&format!("{line} --json"));
        assert!(matches!(outcome.code, 0 | 1 | 11), "{outcome}");
        (outcome.code == 0).then(|| serde_json::from_str::<Value>(&outcome.stdout).unwrap())
    };
    for turn in 0..TURNS {
        answer("pull --ours").unwrap();
        let code = project.read(&path(own));
        let (before, rest) = code.split_once("description: '").unwrap();
        let (_, after) = rest.split_once('\'').unwrap();
        project.write(&path(own), format!("{before}description: 'ours, turn {turn}'{after}"));
        for _ in 0..10 {
            let Some(pushed) = answer("push") else {
                answer("pull --ours").unwrap();
                continue;
            };
            let newest = pushed["remote"]["sourceVersions"].as_array().unwrap().last().cloned();
            let files = [path(own), path(0)].map(|path| (path.clone(), project.read(&path)));
            told.sources.extend(newest.map(|number| (number.as_u64().unwrap(), files.into())));
            break;
        }
        if turn % 2 == 1 && answer("version create -m ours").is_some() {
            let promoted = answer("version promote latest").filter(|one| one["changed"] == true);
            told.promotions.extend(promoted.map(|one| one["promoted"].as_u64().unwrap()));
        }
    }
    told
}

/// Files of a part of a version: id by path.
fn tree(project: &Project, version: &str, part: &str) -> BTreeMap<String, Value> {
    let listed = project.json(&format!("ls-tree -r {version}:{part}"));
    let entries = listed["entries"].as_array().unwrap().iter();
    entries.map(|one| (one["path"].as_str().unwrap().to_owned(), one["id"].clone())).collect()
}

#[test]
fn people_with_both_programs_at_one_agent_lose_nothing() {
    let mut ours = Project::new();
    let server = Server::start(&ours, "");
    let person = |name: &str| Person::new(&server, &ours, name, SKILLS);
    let (mut first, ana, ben) = (person("ana"), person("ana"), person("ben"));
    first.push_all().unwrap();
    first.promote(first.create("first").unwrap()).unwrap();
    let options = format!("--agent {AGENT} --scope promote --for cho@example.com");
    let secret = token(&ours, &options);
    ours.set("LUA_STORE_TOKEN", &secret);
    ours.set("LUA_STORE_AUTHOR", "cho@example.com");
    ours.ok(&format!("clone {}/{AGENT} .", server.url));
    let told: Vec<Acknowledged> = std::thread::scope(|scope| {
        let people = [ana, ben].into_iter().enumerate();
        let mut threads: Vec<_> =
            people.map(|(own, one)| scope.spawn(move || stock_turns(one, own))).collect();
        threads.push(scope.spawn(|| our_turns(&ours, 2)));
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_acknowledged(&ours, &first, &told);
    assert_one_content_for_each_number(&ours);
    assert_versions_are_source_versions(&ours, &told);
    assert_eq!(ours.run("fsck").code, 0);
    let whole = ours.run(&format!("serve fsck --data {}", data(&ours).display()));
    assert_eq!(whole.code, 0, "{whole}");
}

/// Each source version has the files that its sender sent, and no number was acknowledged twice.
fn assert_acknowledged(ours: &Project, person: &Person<'_>, told: &[Acknowledged]) {
    let sources: Vec<_> = told.iter().flat_map(|one| &one.sources).collect();
    assert!(sources.len() > 2 * TURNS as usize / 2, "hardly anything was pushed");
    let numbers: BTreeSet<u64> = sources.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers.len(), sources.len(), "a source version was acknowledged twice");
    for (number, sent) in sources {
        let there = person.files_of(*number);
        for (path, text) in sent {
            assert_eq!(there.get(path), Some(text), "{path} of source version {number}");
        }
    }
    let given: Vec<_> = told.iter().flat_map(|one| &one.numbers).collect();
    assert_eq!(
        given.iter().collect::<BTreeSet<_>>().len(),
        given.len(),
        "a number was given twice"
    );
    for (skill, row) in listed(person) {
        let mine = given.iter().filter(|(name, _)| *name == skill).map(|(_, number)| number);
        let lost: Vec<&String> = mine.filter(|number| !row.contains(*number)).collect();
        assert!(lost.is_empty(), "numbers of {skill} that are gone: {lost:?}");
    }
    let records = ours.json("log --ledger")["records"].as_array().unwrap().clone();
    let there: Vec<u64> =
        records.iter().rev().map(|one| one["version"].as_u64().unwrap()).collect();
    let mut promoted: Vec<u64> =
        told.iter().flat_map(|one| one.promotions.clone()).chain([1]).collect();
    let mut sorted = there.clone();
    sorted.sort_unstable();
    promoted.sort_unstable();
    assert_eq!(sorted, promoted, "promotions");
}

/// All numbers of each skill, as the list of one has them.
fn listed(person: &Person<'_>) -> Vec<(String, BTreeSet<String>)> {
    let list = person.get(&format!("/developer/skills/{AGENT}"));
    let numbers = |skill: &Value| {
        let id = skill["id"].as_str().unwrap();
        let all = person.get(&format!("/developer/skills/{AGENT}/{id}/versions"));
        let rows = all["versions"].as_array().unwrap();
        let numbers: BTreeSet<String> =
            rows.iter().map(|one| one["version"].as_str().unwrap().to_owned()).collect();
        assert_eq!(numbers.len(), rows.len(), "a number is listed twice: {all}");
        (skill["name"].as_str().unwrap().to_owned(), numbers)
    };
    list["skills"].as_array().unwrap().iter().map(numbers).collect()
}

/// In all source versions a number means the same content.
fn assert_one_content_for_each_number(ours: &Project) {
    ours.ok("pull --ours");
    let count = ours.list("source list --all").as_array().unwrap().len();
    let mut known: BTreeMap<(String, String), (Value, usize)> = BTreeMap::new();
    for number in 1..=count {
        let version = format!("source/v{number}");
        let files = tree(ours, &version, "state");
        let numbers = ours.ok(&format!("cat-file {version}:state/versions.json"));
        let numbers: Value = serde_json::from_str(&numbers).unwrap();
        for skill in 0..SKILLS {
            let key = format!("skills/skill-{skill}");
            let given = numbers[&key].as_str().unwrap_or_else(|| panic!("{key} in {numbers}"));
            let content =
                ["definition.json", "reach.json"].map(|part| &files[&format!("{key}/{part}")]);
            let content = serde_json::json!(content);
            let place = (key, given.to_owned());
            let first = known.entry(place.clone()).or_insert((content.clone(), number));
            assert_eq!(first.0, content, "{place:?} in source versions {} and {number}", first.1);
        }
    }
}

/// State and files of each version are those of the source version that it names.
fn assert_versions_are_source_versions(ours: &Project, told: &[Acknowledged]) {
    let versions = ours.list("version list --all");
    let versions = versions.as_array().unwrap();
    for one in versions {
        let (version, source) = (&one["version"], &one["sourceManifestVersion"]);
        for part in ["state", "source"] {
            let of_source = tree(ours, &format!("source/v{source}"), part);
            assert_eq!(tree(ours, &format!("v{version}"), part), of_source, "v{version}: {part}");
        }
    }
    let made: Vec<u64> = told.iter().flat_map(|one| one.versions.clone()).collect();
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), made.len(), "a version was made twice");
    let there: BTreeSet<u64> =
        versions.iter().map(|one| one["version"].as_u64().unwrap()).collect();
    assert!(made.iter().all(|number| there.contains(number)), "{made:?} of {there:?}");
}
