//! Databases that cannot be used: one sentence that names the reason, its exit code, and nothing is written.

use crate::common::Project;
use crate::common::postgres::{self, Database};

/// Exit code and the first line of the error of `serve --store`.
fn refusal(project: &Project, url: &str) -> (i32, String) {
    let outcome =
        project.run(&format!("serve --listen 127.0.0.1:0 --store {url} --scratch ../scratch"));
    let line = outcome.stderr.lines().find(|line| line.starts_with("Error: ")).unwrap_or_default();
    (outcome.code, line.to_owned())
}

fn has_schema(database: &Database) -> bool {
    database.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'lua_store'") != "0\n"
}

#[test]
fn a_mistake_in_the_url_is_named() {
    let project = Project::new();
    for (url, part) in [
        ("postgers://db/agents", "\"postgers://…\""),
        ("agents", "\"agents\""),
        ("file://data", "is not the URL of a folder"),
        ("postgres://db/agents?sslmod=disable", "unknown option `sslmod`"),
        ("postgres://db:54x/agents", "invalid value for option `port`"),
        ("postgres://ana:secret@db/agents", "contains a password"),
        ("postgres://db/agents?sslmode=allow", "sslmode \"allow\""),
    ] {
        let (code, line) = refusal(&project, url);
        assert!(code == 2 && line.contains(part) && !line.contains("secret"), "{code} {line}");
    }
    assert!(!project.path("../scratch").exists());
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let project = Project::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, line) = refusal(&project, &format!("postgres://lua@{free}/agents"));
    assert_eq!(code, 11, "{line}");
    assert!(
        line.starts_with(&format!(
            "Error: cannot reach \"postgres://lua@127.0.0.1:{}",
            free.port()
        )),
        "{line}"
    );
}

#[test]
fn a_database_that_does_not_exist_or_is_of_somebody_else_is_named() {
    let Some(database) = postgres::database() else { return };
    let project = Project::new();
    let (code, line) = refusal(&project, &database.url().replace(&database.name, "none"));
    assert!(code == 2 && line.contains("there is no database \"none\""), "{code} {line}");
    database.sql("CREATE USER stranger; REVOKE ALL ON DATABASE postgres FROM PUBLIC");
    let (code, line) = refusal(&project, &database.url_of("stranger"));
    assert!(code == 10 && line.contains("permission denied for database"), "{code} {line}");
    let (code, line) = refusal(&project, &database.url_of("nobody_at_all"));
    assert!(code == 9 && line.contains("role \"nobody_at_all\" does not exist"), "{code} {line}");
    assert!(!has_schema(&database));
    // A user who may not create a schema can be given one.
    database.sql("CREATE SCHEMA lua_store AUTHORIZATION stranger");
    let url = database.url_of("stranger");
    project.ok(&format!("serve token list --store {url} --scratch ../scratch"));
}

#[test]
fn tables_of_another_format_or_program_are_left_alone() {
    let Some(database) = postgres::database() else { return };
    let project = Project::new();
    database.sql("CREATE SCHEMA lua_store; CREATE TABLE lua_store.invoices (id int)");
    let (code, line) = refusal(&project, &database.url());
    assert!(code == 2 && line.contains("such as \"invoices\""), "{code} {line}");
    assert_eq!(
        database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'lua_store'"),
        "1\n"
    );
    database.sql("DROP SCHEMA lua_store CASCADE");
    project.ok(&format!("serve token list --store {} --scratch ../scratch", database.url()));
    for other in [2, -1] {
        database.sql(&format!("UPDATE lua_store.format SET version = {other}"));
        let (code, line) = refusal(&project, &database.url());
        let part = format!("the format of its tables is {other}, and this program knows 1");
        assert!(code == 2 && line.contains(&part), "{code} {line}");
        assert_eq!(database.sql("SELECT version FROM lua_store.format"), format!("{other}\n"));
    }
}

#[test]
fn a_database_that_may_lose_what_it_acknowledged_does_not_pass() {
    let Some(database) = postgres::database() else { return };
    let project = Project::new();
    let check = |code: i32| {
        let outcome = project.run(&format!("serve check-store {}", database.url()));
        assert_eq!(outcome.code, code, "{}{}", outcome.stdout, outcome.stderr);
        outcome.stdout
    };
    let passed = check(0);
    assert!(passed.contains("exactly one wins") && !passed.contains("failed"), "{passed}");
    // A default that answers before a change is durable is overruled, and no reason to refuse.
    database.sql(&format!("ALTER DATABASE {} SET synchronous_commit = off", database.name));
    check(0);
}

#[test]
fn a_folder_with_files_is_no_scratch_folder() {
    let Some(database) = postgres::database() else { return };
    let project = Project::new();
    project.ok("serve token create --agent a --scope read --data ../scratch");
    let (code, line) = refusal(&project, &database.url());
    assert!(code == 2 && line.contains("contains agents"), "{code} {line}");
    std::fs::remove_dir_all(project.path("../scratch")).unwrap();
    project.ok(&format!("serve token list --store {} --scratch ../scratch", database.url()));
    let served = project.run("serve --data ../scratch");
    assert!(
        served.code == 1 && served.stderr.contains("is not a folder of `lua-store serve`"),
        "{served}"
    );
}

#[test]
fn a_restore_needs_a_folder() {
    let project = Project::new();
    let refused = project.run("serve restore ../backup --store postgres://lua@db.example/agents");
    assert!(refused.code == 2, "{refused}");
    assert!(
        refused.stderr.contains("\"postgres://lua@db.example/agents\" is not a folder"),
        "{refused}"
    );
}
