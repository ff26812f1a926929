//! Changes of the platform, one function each, on the stub: what each does there, and what it says of an answer that is lost.

use super::stub::{Assumptions, At, Fault, Platform, Request};
use lua_store::internals::error::Kind;
use lua_store::internals::platform::changes::{self, *};
use lua_store::internals::platform::{
    IdempotencyKey, PlatformAddress, PlatformClient, PlatformKey,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const AGENT: &str = "agent_shop";

fn client(platform: &Platform) -> PlatformClient {
    client_of(platform, AGENT)
}

fn client_of(platform: &Platform, agent: &str) -> PlatformClient {
    let address = PlatformAddress::parse(&platform.address(agent)).unwrap();
    PlatformClient::new(address, PlatformKey::typed(&platform.key()).unwrap())
}

fn key() -> IdempotencyKey {
    IdempotencyKey::new().unwrap()
}

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn lines(requests: &[Request]) -> Vec<String> {
    requests.iter().map(Request::line).collect()
}

/// A skill with its first number.
fn with_skill(platform: &Platform) -> String {
    let client = client(platform);
    let body = fields(json!({"name": "orders", "description": "Knows about orders"}));
    let id = create_primitive(&client, "skills", &body, &key()).unwrap();
    let pushed = push_number(&client, "skills", &id, &numbered("1.0.1"), &key());
    assert_eq!(pushed.unwrap(), NumberPush::Done);
    id
}

fn numbered(number: &str) -> Value {
    json!({"name": "orders", "version": number, "tools": []})
}

/// A version with a backup of its own.
fn with_version(client: &PlatformClient) -> u64 {
    let manifest = json!({"projectHash": "00", "files": [], "createdBy": "cli"});
    let backup = create_backup(client, &manifest, &key()).unwrap();
    match create_version(client, Some("text"), backup, None, &key()).unwrap() {
        VersionCreation::Done(number) => number,
        VersionCreation::NothingStaged => panic!("there is something to snapshot"),
    }
}

#[test]
fn a_primitive_and_its_numbers_are_live_nowhere() {
    let platform = Platform::start(AGENT);
    let live = platform.live(AGENT);
    let id = with_skill(&platform);
    assert_eq!(platform.primitive_id(AGENT, "skills", "orders"), id);
    assert_eq!(platform.body(AGENT, "skills", "orders", "1.0.1"), Some(numbered("1.0.1")));
    let again = push_number(&client(&platform), "skills", &id, &numbered("1.0.1"), &key());
    assert_eq!(again.unwrap(), NumberPush::Exists { was_retried: false });
    assert_eq!(platform.live(AGENT), live);
    let body = fields(json!({"name": "orders"}));
    let taken = create_primitive(&client(&platform), "skills", &body, &key()).unwrap_err();
    assert_eq!(taken.kind(), Kind::Conflict);
    assert_eq!(
        taken.message(),
        "#2 skills \"orders\": status 409: orders already exists (CONFLICT)"
    );
    let gone = push_number(&client(&platform), "skills", "skill-9", &numbered("1.0.2"), &key());
    let gone = gone.unwrap_err();
    assert_eq!(gone.kind(), Kind::NotFound);
    assert!(gone.message().starts_with("#3 skills \"orders\" 1.0.2: "), "{gone}");
}

#[test]
fn a_primitive_is_deleted_or_deactivated() {
    for deactivates in [false, true] {
        let platform = Platform::start(AGENT);
        platform.assume(|a| a.delete_deactivates = deactivates);
        let id = with_skill(&platform);
        let client = client(&platform);
        let number = with_version(&client);
        promote_version(&client, number, &key()).unwrap();
        assert_eq!(platform.live(AGENT).number("skills/orders"), Some("1.0.1"));
        delete_primitive(&client, "skills", &id).unwrap();
        assert_eq!(platform.live(AGENT).number("skills/orders"), None);
        platform.on(
            At::route("#34"),
            Fault::Bytes(br#"{"deleted":false,"message":"in\nuse"}"#.to_vec()),
        );
        let error = delete_primitive(&client, "skills", &id).unwrap_err();
        let expected = format!("#34 skills {id}: the platform did not delete it: in use");
        assert_eq!((error.kind(), error.message()), (Kind::Failed, &*expected));
    }
}

#[test]
fn missing_blobs_are_asked_for_and_stored_in_pages() {
    let platform = Platform::start(AGENT);
    let client = client(&platform);
    let blobs: BTreeMap<String, Vec<u8>> =
        (0..501).map(|at| (format!("{at:016x}"), format!("bytes {at}").into_bytes())).collect();
    let keys: Vec<String> = blobs.keys().cloned().collect();
    assert_eq!(missing_blobs(&client, &keys).unwrap().len(), 501);
    upload_blobs(&client, &blobs, false).unwrap();
    assert!(missing_blobs(&client, &keys).unwrap().is_empty());
    let count = |number: &str| {
        platform.requests().iter().filter(|request| request.number == number).count()
    };
    assert_eq!(["#14", "#15", "#17"].map(count), [4, 2, 501]);
    for (key, bytes) in &blobs {
        assert_eq!(platform.blob(AGENT, key).as_ref(), Some(bytes));
    }
    // Bytes that were not verified are sent again.
    let unverified = json!({"missing": [keys[1]], "existing": [keys[0]], "unverified": [keys[0]]});
    platform.on(At::route("#14"), Fault::Bytes(unverified.to_string().into_bytes()));
    assert!(missing_blobs(&client, &keys[..3]).unwrap().iter().eq(&keys[..2]));
    let other = json!({"missing": [keys[9]]});
    platform.on(At::route("#14"), Fault::Bytes(other.to_string().into_bytes()));
    let error = missing_blobs(&client, &keys[..3]).unwrap_err();
    assert!(error.message().starts_with("#14: the field \"missing\" names "), "{error}");
}

#[test]
fn uploads_have_the_checksums_that_the_platform_asks_for() {
    let platform = Platform::start(AGENT);
    // SHA-256 of "hello\n", by `printf 'hello\n' | openssl dgst -sha256 -binary | base64`.
    let sum = "WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=";
    let blobs = BTreeMap::from([("ab".repeat(32), b"hello\n".to_vec())]);
    upload_blobs(&client(&platform), &blobs, true).unwrap();
    let requests = platform.requests();
    assert_eq!(requests[0].json()["checksums"], json!({"ab".repeat(32): sum}));
    assert_eq!(requests[1].header("x-amz-checksum-sha256"), Some(sum));
    assert_eq!(requests[1].header("authorization"), None);
    platform.on(At::route("#15"), Fault::Bytes(br#"{"urls":{}}"#.to_vec()));
    let error = upload_blobs(&client(&platform), &blobs, true).unwrap_err();
    let expected = format!("#15: there is no address for the key {}", "ab".repeat(32));
    assert_eq!(error.message(), expected);
}

#[test]
fn servers_are_set_and_activated() {
    let platform = Platform::start(AGENT);
    platform.assume(|a| a.new_server_active = false);
    let client = client(&platform);
    let body =
        fields(json!({"name": "docs", "transport": "sse", "url": "https://docs.example.com"}));
    let server = upsert_server(&client, &body, &key()).unwrap();
    assert!(!server.is_active && platform.live(AGENT).servers.is_empty());
    activate_server(&client, &server.id).unwrap();
    assert!(platform.live(AGENT).servers.contains_key("docs"));
    let again = upsert_server(&client, &body, &key()).unwrap();
    assert_eq!(again, UpsertedServer { is_active: true, ..server });
}

#[test]
fn fields_go_to_the_two_parts_of_an_id() {
    for (agent, path, id) in [
        ("base_agent_1", "/agents/base/sub-agent", "agent_1"),
        ("plain", "/agents/plain/sub-agent", "plain"),
    ] {
        let platform = Platform::start(agent);
        let client = client_of(&platform, agent);
        let set = fields(json!({"model": "openai/gpt-4o", "browser": {"enabled": true}}));
        set_fields(&client, &set).unwrap();
        set_fields(&client, &fields(json!({"browser": null}))).unwrap();
        let live = platform.live(agent);
        assert_eq!((live.model.as_deref(), live.settings.len()), (Some("openai/gpt-4o"), 0));
        let requests = platform.requests();
        assert_eq!(requests[0].line(), format!("PATCH {path}"));
        assert_eq!(requests[1].json(), json!({"id": id, "browser": null}));
    }
}

#[test]
fn personas_are_served_at_once_and_again() {
    let platform = Platform::start(AGENT);
    let client = client(&platform);
    assert_eq!(create_persona(&client, &json!("You are Ava."), &key()).unwrap(), 1);
    assert_eq!(create_persona(&client, &json!({"base": "You are Bo."}), &key()).unwrap(), 2);
    assert_eq!(platform.live(AGENT).persona, json!({"base": "You are Bo."}));
    serve_persona(&client, 1, &key()).unwrap();
    assert_eq!(platform.live(AGENT).persona, json!("You are Ava."));
    let error = serve_persona(&client, 7, &key()).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(error.message().starts_with("#13 persona 7: "), "{error}");
}

#[test]
fn versions_are_created_promoted_and_deleted() {
    let platform = Platform::start(AGENT);
    let id = with_skill(&platform);
    let client = client(&platform);
    assert_eq!(with_version(&client), 1);
    let sent = platform.requests().pop().unwrap();
    assert_eq!(sent.json(), json!({"sourceManifestVersion": 1, "message": "text"}));
    let again = create_version(&client, None, 1, Some("536f"), &key()).unwrap();
    assert_eq!(again, VersionCreation::NothingStaged);
    let sent = platform.requests().pop().unwrap();
    assert_eq!(sent.json(), json!({"sourceManifestVersion": 1, "commitHash": "536f"}));
    assert_eq!(delete_version(&client, 1).unwrap(), VersionDeletion::IsLast);
    let first = promote_version(&client, 1, &key()).unwrap();
    assert_eq!(first, PromoteAnswer::Done { previous: None });
    push_number(&client, "skills", &id, &numbered("1.0.2"), &key()).unwrap();
    assert_eq!(with_version(&client), 2);
    let second = promote_version(&client, 2, &key()).unwrap();
    assert_eq!(second, PromoteAnswer::Done { previous: Some(1) });
    assert_eq!(promote_version(&client, 2, &key()).unwrap(), PromoteAnswer::AlreadyActive);
    assert_eq!(delete_version(&client, 2).unwrap(), VersionDeletion::IsActive);
    assert_eq!(delete_version(&client, 1).unwrap(), VersionDeletion::Done);
    assert_eq!(platform.live(AGENT).active, Some(2));
}

#[test]
fn an_agent_that_may_have_no_versions_is_named_as_that() {
    let platform = Platform::with(AGENT, Assumptions { versioning: false, ..Default::default() });
    with_skill(&platform);
    let error = create_version(&client(&platform), None, 1, None, &key()).unwrap_err();
    assert_eq!(error.kind(), Kind::Failed);
    assert!(error.message().starts_with("#23: the agent may have no versions: "), "{error}");
    assert!(error.hint_text().unwrap().contains("live at once"), "{error:?}");
}

/// Each change of an agent, with its route. The agent has one skill, one server, one persona and two versions.
type Change = (&'static str, fn(&PlatformClient, &str) -> Option<Kind>);

fn failed<T>(result: lua_store::internals::error::Result<T>) -> Option<Kind> {
    result.err().map(|error| error.kind())
}

const CHANGES: [Change; 12] = [
    ("#2", |client, _| {
        failed(create_primitive(client, "jobs", &fields(json!({"name": "nightly"})), &key()))
    }),
    ("#3", |client, skill| {
        failed(push_number(client, "skills", skill, &numbered("1.0.9"), &key()))
    }),
    ("#7", |client, _| failed(upsert_server(client, &fields(json!({"name": "docs"})), &key()))),
    ("#8", |client, _| failed(activate_server(client, "mcp-1"))),
    ("#10", |client, _| failed(set_fields(client, &fields(json!({"model": "a/b"}))))),
    ("#12", |client, _| failed(create_persona(client, &json!("You are Bo."), &key()))),
    ("#13", |client, _| failed(serve_persona(client, 1, &key()))),
    ("#19", |client, _| failed(create_backup(client, &json!({"files": []}), &key()))),
    ("#23", |client, _| failed(create_version(client, None, 1, None, &key()))),
    ("#27", |client, _| failed(promote_version(client, 2, &key()))),
    ("#28", |client, _| failed(delete_version(client, 1))),
    ("#34", |client, skill| failed(delete_primitive(client, "skills", skill))),
];

#[test]
fn an_answer_that_cannot_be_used_says_that_the_change_may_have_been_made() {
    let platform = Platform::start(AGENT);
    let skill = with_skill(&platform);
    for (route, change) in CHANGES {
        let client = client(&platform);
        for odd in [&b"<html>"[..], b"[]", b"{\"success\":false}"] {
            // These say nothing but that they were done.
            if odd == b"[]" && ["#3", "#8", "#10", "#13", "#28"].contains(&route) {
                continue;
            }
            platform.on(At::route(route), Fault::Bytes(odd.to_vec()));
            assert_eq!(change(&client, &skill), Some(Kind::Unavailable), "{route}");
        }
        platform.on(At::route(route).times(4), Fault::Busy(503, 0));
        assert_eq!(change(&client, &skill), Some(Kind::Unavailable), "{route}");
        platform.reset_faults();
        for (status, kind) in [(401, Kind::Auth), (403, Kind::Forbidden), (400, Kind::Failed)] {
            platform.on(At::route(route), Fault::Status(status));
            assert_eq!(change(&client, &skill), Some(kind), "{route} {status}");
        }
        assert_eq!(platform.waiting_faults(), 0);
    }
}

#[test]
fn changes_with_a_name_are_made_once_and_the_others_are_not_repeated() {
    let named = ["#2", "#3", "#7", "#12", "#13", "#19", "#23", "#27"];
    for (route, change) in CHANGES {
        let platform = Platform::start(AGENT);
        let skill = with_skill(&platform);
        platform.reset_requests();
        let client = client(&platform);
        platform.on(At::route(route).times(2), Fault::Busy(503, 0));
        change(&client, &skill);
        let requests = platform.requests();
        let keys: Vec<_> = requests.iter().map(Request::idempotency_key).collect();
        match named.contains(&route) {
            true => {
                assert_eq!(keys.len(), 3, "{route}: {:?}", lines(&requests));
                assert!(keys[0].is_some() && keys.iter().all(|key| *key == keys[0]), "{route}");
            }
            false => assert_eq!(keys, [None], "{route}: {:?}", lines(&requests)),
        }
    }
}

#[test]
fn a_lost_answer_makes_nothing_twice() {
    let platform = Platform::start(AGENT);
    let client = client(&platform);
    platform.on(At::route("#12"), Fault::StatusAfter(503));
    assert_eq!(changes::create_persona(&client, &json!("You are Ava."), &key()).unwrap(), 1);
    platform.on(At::route("#2"), Fault::StatusAfter(503));
    platform.on(At::route("#3"), Fault::StatusAfter(503));
    let skill = with_skill(&platform);
    // A platform without these keys: the number counts as used, and the promotion as made.
    platform.assume(|a| a.idempotency = false);
    platform.on(At::route("#3"), Fault::StatusAfter(503));
    let pushed = push_number(&client, "skills", &skill, &numbered("1.0.2"), &key());
    assert_eq!(pushed.unwrap(), NumberPush::Exists { was_retried: true });
    let number = with_version(&client);
    platform.on(At::route("#27"), Fault::StatusAfter(503));
    let promoted = promote_version(&client, number, &key()).unwrap();
    assert_eq!(promoted, PromoteAnswer::AlreadyActive);
    assert_eq!(platform.live(AGENT).number("skills/orders"), Some("1.0.2"));
}
