//! Tests of the parser: every row of the table of the protocol, its quirks, and everything else.

use super::*;
use crate::protocol::TokenScope::{self, Promote, Push, Read};
use proptest::prelude::*;

fn parse(request: &str) -> Result<Option<ParsedRoute>, StockError> {
    let (method, address) = request.split_once(' ').unwrap();
    let (path, query) = match address.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (address, None),
    };
    Route::parse(method, path, query)
}

fn name(request: &str) -> &'static str {
    parse(request).unwrap().unwrap_or_else(|| panic!("{request}")).route.name()
}

/// Rows of the table, with the scope that each needs.
const TABLE: [(&str, &str, TokenScope); 43] = [
    ("GET /developer/skills/shop_1", "stock_primitives", Read),
    ("GET /developer/jobs/shop_1?", "stock_primitives", Read),
    ("GET //developer/voice-agents/shop_1", "stock_primitives", Read),
    ("GET /developer/device-triggers/shop_1/", "stock_primitives", Read),
    ("POST /developer/webhooks/shop_1", "stock_create_primitive", Push),
    ("POST /developer/triggers/shop_1/5a/version", "stock_push_primitive", Push),
    ("PUT /developer/skills/shop_1/5a/1.0.2/publish", "stock_publish_primitive", Promote),
    ("POST /developer/jobs/shop_1/5a/1.0.2/publish", "stock_publish_primitive", Promote),
    ("POST /developer/workflows/shop_1/5a/1.0.2/publish", "stock_publish_primitive", Push),
    ("PUT /developer/skills/shop_1/5a/version/1.0.2/source", "stock_put_source", Push),
    ("GET /developer/agents/shop_1/mcp-servers", "stock_servers", Read),
    ("POST /developer/agents/shop_1/mcp-servers/upsert", "stock_upsert_server", Push),
    ("PUT /developer/agents/shop_1/mcp-servers/5a/activate", "stock_activate_server", Promote),
    ("GET /admin/agents/shop_1", "stock_agent", Read),
    ("PATCH /agents/shop/sub-agent", "stock_patch_agent", Push),
    ("GET /developer/agents/shop_1/persona/versions", "stock_personas", Read),
    ("GET /developer/agents/shop_1/persona/versions?status=published", "stock_personas", Read),
    ("POST /developer/agents/shop_1/persona/version", "stock_create_persona", Push),
    ("POST /developer/agents/shop_1/persona/version/3", "stock_publish_persona", Promote),
    ("POST /developer/agents/shop_1/backup/check-blobs", "stock_check_blobs", Push),
    ("POST /developer/agents/shop_1/backup/blob-upload-urls", "stock_upload_urls", Push),
    ("POST /developer/agents/shop_1/backup/blob-urls", "stock_blob_urls", Push),
    ("PUT /developer/agents/shop_1/backup/blobs/52b0d24e562573b9?x", "stock_put_blob", Push),
    ("GET /developer/agents/shop_1/backup/blobs/52b0d24e562573b9", "stock_get_blob", Read),
    ("POST /developer/agents/shop_1/backup/manifest", "stock_put_manifest", Push),
    ("GET /developer/agents/shop_1/backup", "stock_backup", Read),
    ("GET /developer/agents/shop_1/backup/manifest", "stock_manifest", Read),
    ("GET /developer/agents/shop_1/backup/manifest?version=7", "stock_manifest", Read),
    ("GET /developer/agents/shop_1/backup/versions?all=true", "stock_backup_versions", Read),
    ("POST /developer/agents/shop_1/versions", "stock_create_version", Push),
    ("GET /developer/agents/shop_1/versions", "stock_versions", Read),
    ("GET /developer/agents/shop_1/versions/4", "stock_version", Read),
    ("GET /developer/agents/shop_1/versions/diff?from=1&to=2", "stock_diff_versions", Read),
    ("POST /developer/agents/shop_1/versions/4/promote", "stock_promote_version", Promote),
    ("DELETE /developer/agents/shop_1/versions/4", "stock_delete_version", Promote),
    ("PATCH /developer/agents/shop_1/versions/4/commit-hash", "stock_set_commit", Push),
    ("GET /admin/me/authorization", "stock_authorization", Read),
    ("GET /admin/me/authorization/context", "stock_authorization_context", Read),
    ("GET /admin/me/authorization/orgs/o/resources?kind=agent&limit=100", "stock_resources", Read),
    ("GET /developer/postprocessors/shop_1/5a/versions", "stock_primitive_versions", Read),
    ("DELETE /developer/preprocessors/shop_1/5a", "stock_delete_primitive", Push),
    ("GET /developer/agents/shop_1/env", "stock_env", Read),
    ("POST /developer/devices/shop_1/5a/version/sandbox", "stock_not_served", Read),
];

#[test]
fn every_row_of_the_table_is_a_route() {
    for (request, expected, scope) in TABLE {
        assert_eq!(name(request), expected, "{request}");
        let parsed = parse(request).unwrap().unwrap();
        assert_eq!(parsed.route.scope(), scope, "{request}");
        let has_agent = request.contains("shop_1") && expected != "stock_not_served";
        assert_eq!(parsed.agent.as_deref(), has_agent.then_some("shop_1"), "{request}");
        let (path, is_get) = (request.split_once(' ').unwrap().1, request.starts_with("GET"));
        assert!(Route::is_stock(path.split('?').next().unwrap()));
        assert_eq!(parsed.route.is_get(), is_get, "{request}");
    }
}

#[test]
fn parts_of_addresses_are_read() {
    let route = |request: &str| parse(request).unwrap().unwrap().route;
    let kind = KindRoute::of_path("skills").unwrap();
    let (id, version) = ("5a".to_owned(), "1.0.2-beta".to_owned());
    assert_eq!(
        route("PUT /developer/skills/a/5a/1.0.2-beta/publish"),
        Route::PublishPrimitive { kind, id, version }
    );
    assert_eq!(
        route("GET /developer/agents/a%5F1/versions?limit=1&status=all&all=true"),
        Route::Versions(VersionFilter {
            status: Some(StatusFilter::All),
            limit: Some(1),
            all: true
        })
    );
    assert_eq!(
        route("GET /developer/agents/a/versions?status=staged"),
        Route::Versions(VersionFilter {
            status: Some(StatusFilter::Only(Status::Staged)),
            ..VersionFilter::default()
        })
    );
    assert_eq!(
        route("GET /developer/agents/a/versions/diff?to=2&from=1"),
        Route::DiffVersions { from: 1, to: 2 }
    );
    assert_eq!(route("PATCH /agents/a/sub-agent"), Route::PatchAgent { base: "a".to_owned() });
    assert_eq!(route("PATCH /agents//sub-agent"), Route::PatchAgent { base: String::new() });
    assert_eq!(parse("GET /admin/agents/a%5F1").unwrap().unwrap().agent.as_deref(), Some("a_1"));
}

#[test]
fn limits_of_bodies() {
    let limit = |request: &str| parse(request).unwrap().unwrap().route.body_limit();
    assert_eq!(limit("POST /developer/jobs/a/5a/version"), 32 << 20);
    assert_eq!(limit("PUT /developer/skills/a/5a/version/1.0.1/source"), 32 << 20);
    assert_eq!(limit("POST /developer/agents/a/backup/manifest"), 4 << 20);
    assert_eq!(limit("PUT /developer/agents/a/backup/blobs/0"), 64 << 20);
    assert_eq!(limit("GET /developer/agents/a/versions"), 0);
}

#[test]
fn services_of_the_platform_are_named_and_not_served() {
    let cases = [
        ("POST /chat/stream/shop_1", "chat"),
        ("GET /developer/agents/shop_1/logs", "the log of an agent"),
        ("POST /developer/agents/shop_1/env", "the environment of an agent"),
        ("GET /agents/self-serve/models", "the list of models"),
        ("POST /developer/agents", "this service"),
        ("GET /auth/otp", "signing in"),
        ("GET /developer", "this service"),
        ("GET /agents/refs", "this service"),
    ];
    for (request, what) in cases {
        let path = request.split_once(' ').unwrap().1;
        assert!(Route::is_stock(path));
        assert_eq!(parse(request).unwrap(), None, "{request}");
        let refusal = Route::not_served(path);
        let message = format!("this server keeps versions; {what} is on the platform");
        assert_eq!((refusal.status, &*refusal.message), (404, &*message));
    }
    for path in ["/", "/shop/refs", "/developers/x", "/Developer/x", ""] {
        assert!(!Route::is_stock(path), "{path}");
    }
}

#[test]
fn another_method_or_a_bad_number_is_refused() {
    let refusal = |request: &str| parse(request).unwrap_err();
    for request in [
        "PUT /developer/skills/a",
        "GET /developer/skills/a/5a/version",
        "POST /admin/agents/a",
        "GET /agents/a/sub-agent",
        "OPTIONS /developer/agents/a/versions",
        "HEAD /developer/agents/a/backup",
    ] {
        assert_eq!((refusal(request).status, refusal(request).code), (405, "METHOD_NOT_ALLOWED"));
    }
    for request in [
        "GET /developer/agents/a/versions/v3",
        "GET /developer/agents/a/versions/0",
        "GET /developer/agents/a/versions/+1",
        "GET /developer/agents/a/versions/99999999999999999999",
        "GET /developer/agents/a/versions/diff?from=1",
        "GET /developer/agents/a/versions?limit=0",
        "GET /developer/agents/a/versions?status=gone",
        "POST /developer/agents/a/persona/version/x",
        "GET /developer/agents/a/backup/manifest?version=-1",
        "GET /developer/skills/%ff",
    ] {
        assert_eq!(refusal(request).status, 400, "{request}");
    }
}

proptest! {
    #[test]
    fn no_address_makes_it_fail(method in "[A-Z]{1,7}", path in "(/(developer|agents|admin|skills|versions|backup|[a-z0-9%./?-]{0,9})){0,8}", query in "[a-z=&0-9]{0,20}") {
        let parsed = Route::parse(&method, &path, Some(&query));
        if let Ok(Some(found)) = &parsed {
            prop_assert!(Route::is_stock(&path), "{:?}", found);
        }
        // More slashes change nothing.
        let more = Route::parse(&method, &path.replace('/', "//"), Some(&query));
        prop_assert_eq!(format!("{:?}", parsed), format!("{:?}", more));
    }
}
