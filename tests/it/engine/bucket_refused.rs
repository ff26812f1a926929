//! Buckets that cannot be used: one sentence that names the reason, its exit code, and nothing is written.

use crate::common::Project;
use crate::common::bucket::{Bucket, Fault, S3Place};
use crate::common::postgres;

fn project(place: &dyn S3Place) -> Project {
    let mut project = Project::new();
    for (name, value) in place.variables() {
        project.set(&name, &value);
    }
    project
}

/// Exit code and the first line of the error of `serve --store`.
fn refusal(project: &Project, place: &str) -> (i32, String) {
    let outcome = project.run(&format!(
        "serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --store {place} --scratch ../scratch"
    ));
    assert!(!outcome.stderr.contains("testsecret"), "{outcome}");
    let line = outcome.stderr.lines().find(|line| line.starts_with("Error: ")).unwrap_or_default();
    (outcome.code, line.to_owned())
}

#[test]
fn a_mistake_in_the_url_is_named() {
    let project = Project::new();
    for (url, part) in [
        ("s3://b", "a bucket has a name of 3 to 63"),
        ("s3://agents?endpont=x", "unknown option `endpont`"),
        ("s3://agents?endpoint=x", "is not the address of a host"),
        ("s3://id:secret@agents", "contains a key"),
        ("gs://agents", "\"gs://…\""),
        ("s3://agents --packs s3://other", "only the packs of a database"),
        ("postgres://db/agents --packs postgres://db/other", "only a bucket can have the packs"),
        ("file:///data --packs s3://other", "only the packs of a database"),
    ] {
        let (code, line) = refusal(&project, url);
        assert!(code == 2 && line.contains(part) && !line.contains("secret"), "{code} {line}");
    }
    let (code, line) = refusal(&project, "s3://agents?endpoint=http://127.0.0.1:1");
    assert!(code == 9 && line.contains("there are no credentials for \"s3://agents"), "{line}");
    assert!(!project.path("../scratch").exists());
}

#[test]
fn a_bucket_that_is_not_there_or_lets_nobody_in_is_named() {
    let bucket = Bucket::start();
    let mut project = project(&bucket);
    let url = bucket.url("/agents");
    let (code, line) = refusal(&project, &url.replace("s3://agents/", "s3://other/"));
    assert!(code == 2 && line.contains("there is no bucket \"other\""), "{code} {line}");
    for (status, code, exit) in [
        (403, "AccessDenied", 10),
        (403, "SignatureDoesNotMatch", 9),
        (400, "ExpiredToken", 9),
        (403, "RequestTimeTooSkewed", 11),
        (503, "SlowDown", 11),
    ] {
        bucket.faults(move |_| Some(Fault::Refused(status, code)));
        let (found, line) = refusal(&project, &url);
        assert!(found == exit && line.contains(code), "{code}: {found} {line}");
    }
    // A right to read, and none to write.
    bucket
        .faults(|request| (request.method == "PUT").then_some(Fault::Refused(403, "AccessDenied")));
    let (code, line) = refusal(&project, &url);
    assert!(code == 10 && line.contains("AccessDenied"), "{code} {line}");
    bucket.heal();
    project.set("AWS_ACCESS_KEY_ID", "somebody");
    let (code, line) = refusal(&project, &url);
    assert!(code == 9 && line.contains("did not let this program in"), "{code} {line}");
    assert!(bucket.keys().is_empty() && !project.path("../scratch").exists());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, line) = refusal(&project, &format!("s3://agents?endpoint=http://{free}"));
    assert!(code == 11 && line.contains("cannot reach \"s3://agents"), "{code} {line}");
}

#[test]
fn objects_of_another_format_or_program_are_left_alone() {
    let bucket = Bucket::start();
    let project = project(&bucket);
    bucket.put("agents/invoice.pdf", b"bytes");
    let (code, line) = refusal(&project, &bucket.url("/agents"));
    assert!(code == 2 && line.contains("such as \"invoice.pdf\""), "{code} {line}");
    for (text, part) in [
        ("lua-store bucket 2\n", "its format is \"lua-store bucket 2\""),
        ("lua-store packs 1 x\n", "contains the packs of a database"),
        ("PDF", "of another program"),
    ] {
        bucket.put("other/format", text.as_bytes());
        let (code, line) = refusal(&project, &bucket.url("/other"));
        assert!(code == 2 && line.contains(part), "{code} {line}");
        assert_eq!(bucket.object("other/format").unwrap(), text.as_bytes());
    }
    bucket.put("shared/format", b"lua-store bucket 1\n");
    let (code, line) = refusal(&project, &bucket.url("/shared/inside"));
    assert!(code == 2 && line.contains("contains agents"), "{code} {line}");
    assert_eq!(bucket.keys(), ["agents/invoice.pdf", "other/format", "shared/format"]);
}

#[test]
fn a_bucket_that_ignores_conditions_is_not_served() {
    let bucket = Bucket::start();
    let project = project(&bucket);
    bucket.faults(|request| (request.method == "PUT").then_some(Fault::Unconditional));
    let (code, line) = refusal(&project, &bucket.url(""));
    let part = "the bucket does not meet the requirements: a head that exists is not created again";
    assert!(code == 11 && line.contains(part), "{code} {line}");
    let check = |code: i32| {
        let outcome = project.run(&format!("serve check-store {}", bucket.url("")));
        assert_eq!(outcome.code, code, "{outcome}");
        outcome.stdout
    };
    assert!(check(1).contains("failed"));
    bucket.heal();
    assert!(!check(0).contains("failed"));
    assert_eq!(bucket.keys(), ["format"]);
}

#[test]
fn keys_that_ended_are_read_again_from_the_file() {
    let bucket = Bucket::start();
    let mut project = Project::new();
    let file = project.path("../credentials");
    let keys = |id: &str| {
        format!("[agents]\naws_access_key_id = {id}\naws_secret_access_key = testsecret\n")
    };
    std::fs::write(&file, keys("testkey")).unwrap();
    project.set("AWS_SHARED_CREDENTIALS_FILE", file.to_str().unwrap());
    project.set("AWS_PROFILE", "agents");
    project.ok(&format!("serve token list --store {} --scratch ../scratch", bucket.url("")));
    project.set("AWS_PROFILE", "other");
    let (code, line) = refusal(&project, &bucket.url(""));
    assert!(code == 9 && line.contains("the profile \"other\""), "{code} {line}");
}

#[test]
fn a_database_has_its_packs_in_one_place() {
    let Some(database) = postgres::database() else { return };
    let bucket = Bucket::start();
    let project = project(&bucket);
    let list = |packs: &str| {
        let url = database.url();
        project.run(&format!("serve token list --store {url} --scratch ../scratch {packs}"))
    };
    let here = format!("--packs {}", bucket.url("/packs"));
    // A bucket that cannot be used is not chosen.
    let outcome =
        list(&format!("--packs {}", bucket.url("/x").replace("s3://agents", "s3://none")));
    assert_eq!(outcome.code, 2, "{outcome}");
    assert_eq!((list(&here).code, list(&here).code), (0, 0));
    let without = list("");
    assert!(
        without.code == 2 && without.stderr.contains("are in \"s3://agents/packs"),
        "{without}"
    );
    let other = list(&format!("--packs {}", bucket.url("/other")));
    assert!(other.code == 2 && other.stderr.contains("are in \"s3://agents/packs"), "{other}");
    assert_eq!(bucket.keys(), ["packs/format"]);
    // Upkeep of one database would remove the packs of another one.
    let Some(second) = postgres::database() else { return };
    let url = second.url();
    let shared =
        project.run(&format!("serve token list --store {url} --scratch ../scratch {here}"));
    assert!(shared.code == 2 && shared.stderr.contains("packs of another database"), "{shared}");
    let alone = refusal(&project, &bucket.url("/packs"));
    assert!(alone.0 == 2 && alone.1.contains("packs of a database"), "{alone:?}");
    second.sql("INSERT INTO lua_store.head VALUES ('', 'a', 1, '')");
    let late = project.run(&format!(
        "serve token list --store {url} --scratch ../scratch --packs {}",
        bucket.url("/late")
    ));
    assert!(late.code == 2 && late.stderr.contains("are in the database"), "{late}");
    assert_eq!(bucket.keys(), ["packs/format"]);
}
