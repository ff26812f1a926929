//! Reads of the store by a command: counted, and the same however long the history is.

use crate::common::server::Server;
use crate::common::{Project, shop};
use crate::remote::shop_with_remote_store;
use lua_store::internals::history::ledger;
use lua_store::internals::history::project::Project as Agent;
use lua_store::internals::history::record::{Event, LedgerRecord};
use lua_store::internals::object::{Sink, Source, Tree, TreeEntry};
use lua_store::internals::store::Active;
use std::collections::BTreeMap;

const SEED: &[u8] = b"seed0000";

/// A shop with so many versions of which all but the message is the same, as an upkeep leaves them.
pub fn history(count: u64) -> Project {
    let project = versions_in_packs(count, 1, &[]);
    project.ok("compact");
    project.ok("version promote 1");
    project
}

/// The same in so many packs, each with a file that begins with its number.
pub fn versions_in_packs(count: u64, packs: u64, file: &[u8]) -> Project {
    let project = shop::project();
    project.ok("push");
    project.ok("version create -m seed0000");
    let agent = Agent::open(&project.root()).unwrap();
    let store = agent.store();
    let first = store.heads().unwrap().versions[0];
    let entries = store.objects().tree(&first).unwrap().entries().to_vec();
    let meta = entries.iter().find(|entry| &*entry.name == "meta").unwrap().id;
    let meta = store.objects().blob(&meta).unwrap();
    let at = meta.windows(SEED.len()).position(|part| part == SEED).unwrap();
    let mut made = Vec::new();
    for pack in 0..packs {
        let mut batch = store.batch();
        if !file.is_empty() {
            batch.put_blob([&pack.to_le_bytes(), file].concat(), None).unwrap();
        }
        for number in (2..=count).skip(made.len()).take(count.div_ceil(packs) as usize) {
            let mut own = meta.clone();
            own[at..at + SEED.len()].copy_from_slice(format!("seed{number:04}").as_bytes());
            let own = batch.put_blob(own, None).unwrap();
            let named = entries.iter().map(|entry| match &*entry.name {
                "meta" => TreeEntry::file("meta", own),
                _ => entry.clone(),
            });
            made.push(batch.put_tree(&Tree::new(named.collect()).unwrap(), None).unwrap());
        }
        batch.commit().unwrap();
    }
    let before = store.heads().unwrap();
    let mut after = before.clone();
    after.versions.extend(made);
    store.replace_refs(&store.lock().unwrap(), &before, &after).unwrap();
    project
}

/// The same, of which each version was promoted, one after the other.
fn promoted_history(count: u64) -> Project {
    let project = history(count);
    let agent = Agent::open(&project.root()).unwrap();
    let store = agent.store();
    let before = store.heads().unwrap();
    let mut batch = store.batch();
    let mut ledger = before.active.map(|active| active.ledger);
    for (at_ms, version) in (1..).zip(&before.versions[1..]) {
        let by = "ann@example.com".to_owned();
        let record = LedgerRecord { event: Event::Promote, by, at_ms, reason: None };
        ledger = Some(ledger::append(&mut batch, &record, *version, ledger).unwrap());
    }
    batch.commit().unwrap();
    let active = Active { version: Some(count), ledger: ledger.unwrap() };
    store.swap_active(&store.lock().unwrap(), before.active.as_ref(), &active).unwrap();
    project.ok("compact");
    project.ok("version list");
    project
}

/// Reads of refs and of the cached ledger by a command: for each file how often it is opened, and the bytes.
pub fn reads_of_refs(project: &mut Project, line: &str) -> BTreeMap<String, (u64, u64)> {
    let (opened, bytes) = (project.path("../reads"), project.path("../bytes"));
    project
        .set("LUA_STORE_FAULT", &format!("reads={},bytes={}", opened.display(), bytes.display()));
    project.ok(line);
    project.set("LUA_STORE_FAULT", "");
    let [opened, bytes] = [opened, bytes].map(|log| {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let _ = std::fs::remove_file(&log);
        text
    });
    let root = format!("{}/", project.path(".lua").display());
    let name = |path: &str| Some(path.strip_prefix(&root)?.to_owned());
    let mut reads: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for path in opened.lines().filter_map(name) {
        reads.entry(path).or_default().0 += 1;
    }
    for (count, path) in bytes.lines().filter_map(|line| line.split_once(' ')) {
        let Some(path) = name(path) else { continue };
        reads.entry(path).or_default().1 += count.parse::<u64>().unwrap();
    }
    reads.retain(|path, _| !path.starts_with("objects/"));
    reads
}

/// Blocks of the cached ledger that a command may read: two or three for each version that it shows.
const LEDGER_BYTES: u64 = 20 * 2368;

#[test]
fn a_command_reads_as_much_of_the_refs_and_the_ledger_of_3000_versions_as_of_150() {
    let lines = ["version list --limit 4", "version show 7", "version diff 6 7", "log -n 4"];
    let [mut few, mut many] = [150, 3000].map(promoted_history);
    for line in lines {
        let [few, many] = [&mut few, &mut many].map(|project| reads_of_refs(project, line));
        let opened = |reads: &BTreeMap<String, (u64, u64)>| -> BTreeMap<String, u64> {
            reads.iter().map(|(path, (opened, _))| (path.clone(), *opened)).collect()
        };
        assert_eq!(opened(&few), opened(&many), "{line}: files that are opened");
        assert!(few.contains_key("packed-refs") && few.contains_key("cache/ledger"), "{few:?}");
        for (path, (_, bytes)) in &many {
            let most = match path.as_str() {
                "cache/ledger" => LEDGER_BYTES,
                // Short lines are shorter with small numbers.
                "reflog" | "ACTIVE" => few[path].1 + 64,
                _ => few[path].1,
            };
            assert!(*bytes <= most, "{line}: {bytes} bytes of {path}, at most {most}");
        }
    }
}

/// The files of the store that a command opens, each as often as it does.
pub fn reads(project: &mut Project, line: &str) -> Vec<String> {
    let log = project.path("../reads");
    project.set("LUA_STORE_FAULT", &format!("reads={}", log.display()));
    project.ok(line);
    project.set("LUA_STORE_FAULT", "");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    let root = format!("{}/", project.path(".lua").display());
    text.lines().filter_map(|path| path.strip_prefix(&root)).map(str::to_owned).collect()
}

#[test]
fn a_promotion_reads_as_much_of_500_versions_as_of_10() {
    let [few, many] = [10, 500].map(|count| reads(&mut history(count), "version promote 7"));
    assert!(!few.is_empty() && few.iter().any(|path| path.starts_with("objects/")), "{few:?}");
    assert!(many.len() <= few.len(), "{few:#?} {many:#?}");
}

/// Before the lock and under it; `packed-refs` once more where the lock is taken, for a cut change of all refs.
#[test]
fn a_promotion_opens_each_file_of_the_heads_once_before_the_lock_and_once_under_it() {
    let mut project = history(10);
    project.ok("version promote 2");
    let opened = reads(&mut project, "version promote 7");
    let count = |name: &str| opened.iter().filter(|path| *path == name).count();
    // The last look at the log is for the end of its newest line.
    assert_eq!((count("reflog"), count("packed-refs"), count("ACTIVE")), (3, 3, 1), "{opened:#?}");
}

#[test]
fn a_fetch_that_finds_nothing_new_reads_as_much_of_500_versions_as_of_10() {
    let [few, many] = [10, 500].map(|count| {
        let mut project = history(count);
        project.ok("remote add origin ../data/agent_shop");
        project.ok("push");
        project.ok("fetch");
        reads(&mut project, "fetch")
    });
    assert!(!few.is_empty(), "{few:?}");
    assert!(many.len() <= few.len(), "{few:#?} {many:#?}");
}

/// Missing objects are requested at once, not version by version.
#[test]
fn a_fetch_heals_500_versions_with_as_many_requests_as_10() {
    let [few, many] = [10, 500].map(|count| {
        let project = history(count);
        let server = Server::start(&project, "--no-auth");
        project.ok(&format!("remote add origin {}/agent_shop", server.url));
        project.ok("push");
        let packs = std::fs::read_dir(project.path(".lua/objects")).unwrap();
        let packs = packs.map(|entry| entry.unwrap().path());
        let largest = packs.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
        std::fs::remove_file(largest).unwrap();
        assert_eq!(project.run("fsck").code, 1);
        let asked = || -> u64 {
            let text = server.ask("GET", "/metrics", "", b"").text();
            let counts = text
                .lines()
                .filter_map(|line| line.strip_prefix("lua_store_requests_total{route="));
            let counts = counts.filter(|line| !line.starts_with("\"metrics\""));
            counts.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
        };
        let before = asked();
        project.ok("fetch");
        server.wait_for(
            "lua_store_requests_total{route=\"fetch\",method=\"POST\",status=\"200\"}",
            1,
        );
        let after = asked();
        assert_eq!(project.run("fsck").code, 0);
        after - before
    });
    assert_eq!((few, many), (2, 2), "what it has, and a pack");
}

/// Budget of one command, however long the history is: store files opened for reading, disk steps,
/// syncs among them, and bytes by which the store grows. A figure that gets smaller becomes the new
/// budget.
const BUDGETS: &[(&str, Cost)] = &[
    ("status", Cost { reads: 10, steps: 0, syncs: 0, bytes: 0 }),
    ("version list", Cost { reads: 6, steps: 0, syncs: 0, bytes: 0 }),
    ("version show 7", Cost { reads: 7, steps: 0, syncs: 0, bytes: 0 }),
    ("version diff 6 7", Cost { reads: 7, steps: 0, syncs: 0, bytes: 0 }),
    ("log", Cost { reads: 6, steps: 0, syncs: 0, bytes: 0 }),
    ("push", Cost { reads: 33, steps: 20, syncs: 4, bytes: 2304 }),
    ("version promote 7", Cost { reads: 15, steps: 12, syncs: 2, bytes: 896 }),
];

#[derive(Clone, Copy, Debug)]
struct Cost {
    reads: u64,
    steps: u64,
    syncs: u64,
    bytes: u64,
}

impl Cost {
    fn of(project: &mut Project, line: &str) -> Cost {
        Cost::and_steps(project, line).0
    }

    /// The same with the disk steps.
    fn and_steps(project: &mut Project, line: &str) -> (Cost, Vec<String>) {
        let (reads, steps) = (project.path("../reads"), project.path("../steps"));
        let before = size(project);
        let plan = format!("reads={},trace={}", reads.display(), steps.display());
        project.set("LUA_STORE_FAULT", &plan);
        project.ok(line);
        project.set("LUA_STORE_FAULT", "");
        let mut lines = [reads, steps].map(|log| {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            let _ = std::fs::remove_file(&log);
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        });
        lines[0].retain(|path| path.contains("/.lua/"));
        let syncs = lines[1].iter().filter(|step| step.starts_with("Sync")).count() as u64;
        let [reads, steps] = lines;
        let bytes = size(project).saturating_sub(before);
        let cost = Cost { reads: reads.len() as u64, steps: steps.len() as u64, syncs, bytes };
        (cost, steps)
    }

    /// Figures above the budget, by name.
    fn over(self, budget: Cost) -> Vec<String> {
        let pairs = [
            ("reads", self.reads, budget.reads),
            ("steps", self.steps, budget.steps),
            ("syncs", self.syncs, budget.syncs),
            ("bytes", self.bytes, budget.bytes),
        ];
        let over = pairs.into_iter().filter(|(_, cost, budget)| cost > budget);
        over.map(|(what, cost, budget)| format!("{cost} {what}, at most {budget}")).collect()
    }
}

/// The bytes of the store without its caches.
fn size(project: &Project) -> u64 {
    let files = walkdir::WalkDir::new(project.path(".lua")).into_iter().filter_map(Result::ok);
    let kept =
        files.filter(|file| !file.path().components().any(|part| part.as_os_str() == "cache"));
    kept.filter_map(|file| file.metadata().ok())
        .filter(|data| data.is_file())
        .map(|data| data.len())
        .sum()
}

#[test]
fn no_command_costs_more_than_its_budget_at_10_and_at_5000_versions() {
    let mut over = Vec::new();
    for count in [10, 5000] {
        let mut project = history(count);
        project.ok("status");
        for (line, budget) in BUDGETS {
            if *line == "push" {
                shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
            }
            let cost = Cost::of(&mut project, line);
            let lines = cost.over(*budget);
            over.extend(lines.into_iter().map(|one| format!("{line} at {count} versions: {one}")));
        }
    }
    assert!(over.is_empty(), "\n{}", over.join("\n"));
}

/// The pack, and both refs in one file. Behind a long history that file is not written again, and each ref is a file.
#[test]
fn a_version_with_its_push_takes_four_syncs_and_six_after_a_long_history() {
    const LINE: &str = "version create --auto-push -m next";
    for (count, syncs) in [(10, 4), (1200, 6)] {
        let mut project = history(count);
        shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
        let cost = Cost::of(&mut project, LINE);
        assert_eq!(cost.syncs, syncs, "{count} versions: {cost:?}");
    }
}

/// Versions behind a long history are files until 16 of them are packed.
#[test]
fn each_file_of_a_ref_is_opened_once_and_there_are_few() {
    let mut project = history(1200);
    for number in 0..20 {
        shop::edit(&project, "src/lib/store.ts", "the door", &format!("the door of {number}"));
        project.ok("version create --auto-push -m next");
        let loose = std::fs::read_dir(project.path(".lua/refs/versions")).unwrap().count();
        assert!(loose <= 16, "{loose} files after {} versions", number + 1);
    }
    let newest = |reads: Vec<String>| -> Vec<String> {
        reads.into_iter().filter(|path| path.starts_with("refs/versions/")).collect()
    };
    for line in
        ["version list", "status", "log -n 3", "version show 1220", "version diff 1219 1220"]
    {
        let opened = newest(reads(&mut project, line));
        let different: std::collections::BTreeSet<_> = opened.iter().collect();
        assert_eq!(opened.len(), different.len(), "{line}: {opened:#?}");
    }
    assert_eq!(
        newest(reads(&mut project, "version list")).len(),
        3,
        "four are packed, with one before"
    );
}

/// Log of the refs: it proves that all of it is durable.
#[test]
fn a_command_that_finds_nothing_to_do_syncs_nothing() {
    let mut project = history(10);
    project.ok("version create --auto-push -m next");
    for line in ["push", "version create", "version create --auto-push", "version promote 1"] {
        let cost = Cost::of(&mut project, line);
        assert_eq!((cost.syncs, cost.bytes), (0, 0), "{line}: {cost:?}");
    }
    // Without the log nobody knows whether whoever wrote them lived to sync them.
    std::fs::remove_file(project.path(".lua/reflog")).unwrap();
    for line in ["push", "version create", "version promote 1"] {
        let cost = Cost::of(&mut project, line);
        assert!(cost.syncs >= 5, "{line}: {cost:?}");
    }
}

/// Maker of the pointer: it may have died before the name of the file was durable.
#[test]
fn a_log_is_begun_again_after_the_name_of_the_pointer_is_synced() {
    let mut project = history(10);
    std::fs::remove_file(project.path(".lua/reflog")).unwrap();
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    let (_, steps) = Cost::and_steps(&mut project, "push");
    let at = |step: String| steps.iter().position(|one| *one == step);
    let synced = at(format!("SyncDir {}", project.path(".lua").display()));
    let begun = at(format!("Rename {}", project.path(".lua/reflog").display()));
    assert!(synced.is_some() && synced < begun, "{steps:#?}");
}

/// Remote in a folder, whose disk steps are counted too.
#[test]
fn a_command_that_finds_nothing_new_at_a_remote_syncs_nothing() {
    let mut project = shop_with_remote_store();
    let lines = ["fetch", "push", "pull", "sync --check", "version promote 1"];
    for line in lines {
        let (cost, steps) = Cost::and_steps(&mut project, line);
        assert_eq!((cost.syncs, cost.bytes), (0, 0), "{line}: {steps:#?}");
    }
    // Without the proof nobody knows whether whoever wrote the remote-tracking refs lived to sync them.
    let proof = project.path(".lua/cache/durable/origin");
    let other = "0".repeat(64);
    for wrong in [None, Some(other.as_str()), Some("")] {
        match wrong {
            None => std::fs::remove_file(&proof).unwrap(),
            Some(text) => std::fs::write(&proof, text).unwrap(),
        }
        let costs = [(); 2].map(|()| Cost::of(&mut project, "fetch").syncs);
        assert_eq!(costs, [4, 0], "objects, the file, its folder and that above it: {wrong:?}");
    }
}

/// Head of a remote in a folder: its writer may have died before it synced that, unless the head is known from before.
#[test]
fn a_head_of_a_remote_is_made_durable_where_it_is_not_known() {
    let mut project = shop_with_remote_store();
    let answer = project.path(".lua/cache/heard/origin");
    let older = std::fs::read(&answer).unwrap();
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    project.ok("push");
    let newest = std::fs::read(&answer).unwrap();
    let remote = project.path("../depot").canonicalize().unwrap();
    let is_there = |step: &&String| {
        let folder = step.strip_prefix("SyncDir ").map(std::path::Path::new);
        folder.is_some_and(|folder| folder.canonicalize().unwrap().starts_with(&remote))
    };
    for (known, syncs) in [(None, 1), (Some(older), 1), (Some(newest), 0)] {
        std::fs::remove_file(project.path(".lua/refs/remotes/origin")).unwrap();
        match known {
            None => std::fs::remove_file(&answer).unwrap(),
            Some(known) => std::fs::write(&answer, known).unwrap(),
        }
        let (_, steps) = Cost::and_steps(&mut project, "fetch");
        assert_eq!(steps.iter().filter(is_there).count(), syncs, "{steps:#?}");
    }
}

/// Pack of the record, pack and head at the remote, remote-tracking refs, `ACTIVE`: a file and a folder each.
#[test]
fn a_promotion_at_a_remote_takes_ten_syncs() {
    let mut project = shop_with_remote_store();
    shop::edit(&project, "src/lib/store.ts", "the door", "the gate");
    for line in ["push", "version create -m next", "push"] {
        project.ok(line);
    }
    for line in ["version promote 2", "version promote 1"] {
        let (cost, steps) = Cost::and_steps(&mut project, line);
        assert_eq!(cost.syncs, 10, "{line}: {steps:#?}");
    }
}
