//! Jobs of runners: the steps of `action.yml` and the script for GitLab, with the variables of a runner.

use super::{Job, block};
use crate::common::{Outcome, shop};
use insta::assert_snapshot;
use std::path::{Path, PathBuf};

/// Folder of a runner for the files of one job.
fn runner(job: &Job, name: &str) -> PathBuf {
    let folder = job.ana.path("..").join(name);
    std::fs::create_dir_all(folder.join("bin")).unwrap();
    folder
}

/// Puts a program before all others on the PATH, which writes its arguments down.
fn stand_in(runner: &Path, name: &str, prints: &str) {
    use std::os::unix::fs::PermissionsExt;
    let file = runner.join("bin").join(name);
    let log = runner.join(format!("{name}.log"));
    let script = format!("#!/bin/sh\necho \"$@\" >> '{}'\n{prints}\n", log.display());
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
}

/// The script of a step of the action.
fn step(id: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml"));
    let text = text.unwrap();
    let (_, rest) = text.split_once(&format!("    - id: {id}\n")).unwrap();
    let (_, script) = rest.split_once("      run: |\n").unwrap();
    let lines = script.lines().take_while(|line| line.starts_with("        "));
    lines.map(|line| format!("{}\n", &line[8..])).collect()
}

/// Runs a script as a runner does.
fn run(
    job: &Job,
    folder: &Path,
    runner: &Path,
    script: &str,
    variables: &[(&str, &str)],
) -> Outcome {
    let summary = runner.join("summary.md");
    let temporary = runner.to_string_lossy();
    let summary = summary.to_string_lossy();
    let script = format!("PATH='{temporary}/bin':\"$PATH\"\n{script}");
    std::fs::write(runner.join("step.sh"), script).unwrap();
    let known = [
        ("RUNNER_TEMP", &*temporary),
        ("GITHUB_STEP_SUMMARY", &*summary),
        ("GITHUB_REPOSITORY", "ana/shop"),
        ("GITHUB_SHA", "c0ffee2"),
        ("PULL_REQUEST", "7"),
    ];
    let variables: Vec<(&str, &str)> = known.into_iter().chain(variables.iter().copied()).collect();
    let bash = format!("exec bash --noprofile --norc -eo pipefail '{temporary}/step.sh'");
    job.script(folder, &bash, &variables)
}

fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join("src/index.ts");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_pull_request_gets_one_comment_and_a_warning_for_each_part() {
    let job = Job::new();
    let (folder, runner) = (job.checkout("one"), runner(&job, "runner"));
    edit(&folder, "You help customers shop.", r"You help \`\`\`customers\`\`\` @everyone.");
    let compared = run(&job, &folder, &runner, &step("compare"), &[]);
    assert_eq!(compared.code, 0, "{compared}");
    let warnings: Vec<&str> =
        compared.stdout.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(warnings, ["::warning title=lua-store::persona differs from v1, which is active"]);
    let comment = std::fs::read_to_string(runner.join("lua-store.md")).unwrap();
    assert_snapshot!(comment, @"
    <!-- lua-store version diff -->
    ### Agent: `origin/v1` → `source/v1`

    ````diff
      Persona: v1 → v1
    -   You help customers shop.
    +   You help ```customers``` @everyone.
      No changes: skills, webhooks, jobs, preprocessors, postprocessors, triggers, MCP servers, model, voice
    ````

    <details><summary>1 file differs</summary>

    ```
    M src/index.ts
    ```

    </details>
    ");
    assert_eq!(std::fs::read_to_string(runner.join("summary.md")).unwrap(), comment);
    assert_eq!(job.sources().as_array().unwrap().len(), 1, "nothing is sent");
    // The first comment is created, and the next run replaces it.
    stand_in(&runner, "gh", "true");
    assert_eq!(run(&job, &folder, &runner, &step("comment"), &[]).code, 0);
    stand_in(&runner, "gh", "case \"$*\" in *--jq*) echo 4711;; esac");
    assert_eq!(run(&job, &folder, &runner, &step("comment"), &[]).code, 0);
    let asked = std::fs::read_to_string(runner.join("gh.log")).unwrap();
    let asked = asked.replace(&*runner.to_string_lossy(), "[TEMP]");
    assert_snapshot!(asked, @r#"
    api --paginate repos/ana/shop/issues/7/comments --jq .[] | select(.body | startswith("<!-- lua-store version diff -->")) | .id
    api --method POST repos/ana/shop/issues/7/comments --field body=@[TEMP]/lua-store.md --silent
    api --paginate repos/ana/shop/issues/7/comments --jq .[] | select(.body | startswith("<!-- lua-store version diff -->")) | .id
    api --method PATCH repos/ana/shop/issues/comments/4711 --field body=@[TEMP]/lua-store.md --silent
    "#);
}

#[test]
fn a_push_is_promoted_if_the_version_of_the_start_is_still_active() {
    let job = Job::new();
    let (folder, runner) = (job.checkout("one"), runner(&job, "runner"));
    edit(&folder, "You help customers shop.", "You help.");
    let pushed = run(&job, &folder, &runner, &step("push"), &[("PROMOTE", "false")]);
    assert_eq!(pushed.code, 0, "{pushed}");
    assert_eq!(job.there("version show active")["version"], 1);
    let promoted = run(&job, &folder, &runner, &step("push"), &[("PROMOTE", "true")]);
    assert_eq!(promoted.code, 0, "{promoted}");
    let live = job.there("version show active");
    assert_eq!((&live["version"], &live["commitHash"]), (&2.into(), &"c0ffee2".into()));
    // Again, without a change.
    let again = run(&job, &folder, &runner, &step("push"), &[("PROMOTE", "true")]);
    assert_eq!(again.code, 0, "{again}");
    // Somebody goes back to v1 while the job pushes.
    edit(&folder, "You help.", "You help a lot.");
    job.ana.ok("pull --theirs");
    let script = step("push").replace(
        "lua-store version create",
        &format!(
            "lua-store -C '{}' version promote v1\nlua-store version create",
            job.ana.root().display()
        ),
    );
    let refused = run(&job, &folder, &runner, &script, &[("PROMOTE", "true")]);
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("v1"), "{refused}");
    assert_eq!(job.there("version show active")["version"], 1);
}

#[test]
fn the_first_version_of_an_agent_is_promoted_without_an_expectation() {
    let job = Job::new();
    let (folder, runner) = (job.checkout("one"), runner(&job, "runner"));
    job.ana.ok(&format!(
        "serve agents delete agent_shop --force --data {}",
        job.server.data().display()
    ));
    let pushed = run(&job, &folder, &runner, &step("push"), &[("PROMOTE", "true")]);
    assert_eq!(pushed.code, 0, "{pushed}");
    assert_eq!(job.there("version show active")["version"], 1);
}

#[test]
fn the_jobs_for_gitlab_run() {
    let job = Job::new();
    let (folder, runner) = (job.checkout("one"), runner(&job, "runner"));
    let yaml = block("GitLab", "yaml");
    let script = |name: &str| -> String {
        let (_, rest) = yaml.split_once(&format!("\n{name}:\n")).unwrap();
        let (_, lines) = rest.split_once("  script:\n").unwrap();
        let lines = lines.lines().map_while(|line| line.strip_prefix("    - "));
        lines.map(|line| format!("{line}\n")).collect()
    };
    let gitlab = [
        ("CI_COMMIT_SHA", "c0ffee3"),
        ("CI_API_V4_URL", "https://gitlab.example.com/api/v4"),
        ("CI_PROJECT_ID", "5"),
        ("CI_MERGE_REQUEST_IID", "8"),
        ("GITLAB_TOKEN", "glpat"),
    ];
    edit(&folder, "You help customers shop.", "You help.");
    stand_in(&runner, "curl", "true");
    let compared = run(&job, &folder, &runner, &script("compare"), &gitlab);
    assert_eq!(compared.code, 0, "{compared}");
    assert_snapshot!(std::fs::read_to_string(runner.join("curl.log")).unwrap(), @"--fail --silent --show-error --header PRIVATE-TOKEN: glpat --form body=<lua-store.md https://gitlab.example.com/api/v4/projects/5/merge_requests/8/notes");
    let comment = std::fs::read_to_string(folder.join("lua-store.md")).unwrap();
    assert!(comment.contains("\n+ You help.") || comment.contains("You help."), "{comment}");
    let other = job.checkout("two");
    shop::edit(&job.ana, "src/index.ts", "You help customers shop.", "You help a lot.");
    std::fs::copy(job.ana.path("src/index.ts"), other.join("src/index.ts")).unwrap();
    let pushed = run(&job, &other, &runner, &script("push"), &gitlab);
    assert_eq!(pushed.code, 0, "{pushed}");
    assert_eq!(job.there("version show active")["commitHash"], "c0ffee3");
}

/// A version whose difference is larger than a comment may be.
#[test]
fn a_large_difference_is_shortened() {
    let job = Job::new();
    for number in 0..2000 {
        job.ana.write(&format!("data/{number:04}-of-a-long-name.txt"), format!("{number}"));
    }
    job.ana.ok("push --offline");
    let comment = job.ana.ok("version diff v1 source/latest --markdown");
    assert!((20_000..65_536).contains(&comment.len()), "{}", comment.len());
    let more =
        comment.lines().find(|line| line.contains("more lines: run `lua-store version diff`"));
    assert!(more.is_some() && comment.ends_with("\n</details>\n"), "{comment}");
    assert!(comment.contains("The agent is the same."));
    let same = job.ana.ok("version diff v1 v1 --markdown");
    assert_snapshot!(same, @"
    <!-- lua-store version diff -->
    ### Agent: `v1` → `v1`

    The agent is the same.

    No file differs.
    ");
    assert_eq!(job.ana.run("version diff v1 v1 --markdown --patch").code, 2);
}
