//! Tokens: seen, made, rotated and revoked by who may, and by nobody else.

use super::{Admin, text};
use crate::common::server::{bearer, token};
use serde_json::json;

fn team() -> Admin {
    Admin::new("--agent team-* --scope admin --note boss")
}

#[test]
fn a_token_is_made_shown_once_rotated_and_revoked() {
    let admin = team();
    let wanted = json!({"agents": ["team-a", "team-b*"], "scope": "push", "note": "CI",
        "for": "ana@example.com", "forOthers": true, "expires": "30d"});
    let made = admin.told("POST", "/-/tokens", &wanted.to_string(), 201);
    let (id, secret) = (text(&made["id"]).to_owned(), text(&made["token"]).to_owned());
    assert_eq!([admin.opens(&secret, "team-a"), admin.opens(&secret, "team-c")], [200, 404]);
    assert_eq!(
        (&made["scope"], &made["expiresAt"]),
        (&json!("push"), &json!("2026-12-21T09:30:00Z"))
    );
    assert_eq!((&made["for"], &made["forOthers"]), (&json!("ana@example.com"), &json!(true)));
    // The list is that of the command line, and holds no secret.
    let listed = admin.told("GET", "/-/tokens", "", 200);
    let mut shell = admin.project.list("serve token list --data ../data");
    for (one, here) in
        shell.as_array_mut().unwrap().iter_mut().zip(listed["tokens"].as_array().unwrap())
    {
        // Written once a minute; the server itself knows it at once.
        assert_eq!(one["lastUsedAt"], json!(null));
        one["lastUsedAt"] = here["lastUsedAt"].clone();
    }
    assert_eq!(listed, json!({"tokens": shell}));
    assert_eq!(listed["tokens"][1]["lastUsedAt"], "2026-11-21T09:30:00Z");
    assert!(!listed.to_string().contains("lst_"));
    let rotated = admin.told("POST", &format!("/-/tokens/{id}/rotate"), r#"{"grace":"2h"}"#, 200);
    assert_eq!((&rotated["replaces"], &rotated["note"]), (&json!(id), &json!("CI")));
    assert_eq!(rotated["oldExpiresAt"], "2026-11-21T11:30:00Z");
    let newer = text(&rotated["token"]);
    assert_eq!([admin.opens(&secret, "team-a"), admin.opens(newer, "team-a")], [200, 200]);
    let again = admin.told("POST", &format!("/-/tokens/{id}/rotate"), "", 409);
    assert_eq!(again["error"]["kind"], "conflict");
    let revoked = admin.told("DELETE", &format!("/-/tokens/{id}"), "", 200);
    assert_eq!((&revoked["id"], &revoked["token"]), (&json!(id), &json!(null)));
    assert_eq!([admin.opens(&secret, "team-a"), admin.opens(newer, "team-a")], [401, 200]);
    admin.told("DELETE", &format!("/-/tokens/{id}"), "", 404);
}

#[test]
fn all_tokens_of_a_person_go_at_once_as_far_as_one_s_own_reaches() {
    let admin = team();
    for agent in ["team-a", "team-b", "shop"] {
        token(&admin.project, &format!("--agent {agent} --scope push --for ana@example.com"));
    }
    let revoked = admin.told("DELETE", "/-/tokens?for=Ana%40example.com", "", 200);
    let agents: Vec<_> =
        revoked["revoked"].as_array().unwrap().iter().map(|one| &one["agent"]).collect();
    assert_eq!(agents, ["team-a", "team-b"]);
    admin.told("DELETE", "/-/tokens?for=ana@example.com", "", 404);
    let left = admin.project.list("serve token list --data ../data");
    assert_eq!((&left[0]["note"], &left[1]["agent"]), (&json!("boss"), &json!("shop")), "{left}");
    assert_eq!(admin.told("DELETE", "/-/tokens", "", 400)["error"]["kind"], "usage");
}

#[test]
fn nobody_gives_more_than_he_has() {
    let admin = Admin::new("--agent team-* --scope admin --for ana@example.com --expires 10d");
    let refused = |body: &str| {
        let told = admin.told("POST", "/-/tokens", body, 403);
        text(&told["error"]["message"]).to_owned()
    };
    let mine = r#""for":"ANA@example.com","scope":"push""#;
    for agents in [r#"["shop"]"#, r#"["*"]"#, r#"["team-a","te*"]"#] {
        let told = refused(&format!("{{\"agents\":{agents},{mine}}}"));
        assert!(told.contains("the token is for team-*"), "{told}");
    }
    for whose in [r#""scope":"push""#, r#""scope":"push","for":"ceo@example.com""#] {
        let told = refused(&format!("{{\"agents\":[\"team-a\"],{whose}}}"));
        assert!(told.contains("is bound to \"ana@example.com\""), "{told}");
    }
    refused(&format!("{{\"agents\":[\"team-a\"],{mine},\"forOthers\":true}}"));
    let told = refused(&format!("{{\"agents\":[\"team-a\"],{mine},\"expires\":\"11d\"}}"));
    assert!(told.contains("expires on 2026-12-01"), "{told}");
    // A token without an end gets that of the token which makes it.
    let made = admin.told("POST", "/-/tokens", &format!("{{\"agents\":[\"team-*\"],{mine}}}"), 201);
    assert_eq!(made["expiresAt"], "2026-12-01T09:30:00Z");
    // A rotation gives a secret too.
    token(&admin.project, "--agent team-a --scope push --for ceo@example.com");
    let listed = admin.told("GET", "/-/tokens", "", 200);
    let of_another = text(&listed["tokens"][2]["id"]).to_owned();
    admin.told("POST", &format!("/-/tokens/{of_another}/rotate"), "{}", 403);
    assert_eq!(admin.project.list("serve token list --data ../data").as_array().unwrap().len(), 3);
}

#[test]
fn tokens_that_reach_further_do_not_exist_here() {
    let admin = team();
    for agents in ["--agent shop", "--agent team-a --agent shop", "--agent *"] {
        token(&admin.project, &format!("{agents} --scope admin"));
    }
    let all = admin.project.list("serve token list --data ../data");
    let listed = admin.told("GET", "/-/tokens", "", 200);
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 1);
    let unknown = "0123456789ab";
    for hidden in all.as_array().unwrap()[1..].iter().map(|one| text(&one["id"])) {
        for (method, end) in [("DELETE", ""), ("POST", "/rotate")] {
            let told = admin.ask(method, &format!("/-/tokens/{hidden}{end}"), "");
            let other = admin.ask(method, &format!("/-/tokens/{unknown}{end}"), "");
            assert_eq!((told.status, other.status), (404, 404));
            assert_eq!(told.text().replace(hidden, unknown), other.text());
        }
    }
    assert_eq!(admin.project.list("serve token list --data ../data"), all);
}

#[test]
fn what_makes_no_sense_is_refused_and_makes_nothing() {
    let admin = team();
    let long = "x".repeat(1025);
    for wrong in [
        String::new(),
        "[]".to_owned(),
        json!({"scope": "read"}).to_string(),
        json!({"agents": [], "scope": "read"}).to_string(),
        json!({"agents": ["team-/"], "scope": "read"}).to_string(),
        json!({"agents": ["team-a"], "scope": "all"}).to_string(),
        json!({"agents": ["team-a"], "scope": "read", "secret": 1}).to_string(),
        json!({"agents": ["team-a"], "scope": "read", "expires": "soon"}).to_string(),
        json!({"agents": ["team-a"], "scope": "read", "for": " "}).to_string(),
        json!({"agents": ["team-a"], "scope": "read", "for": long}).to_string(),
        json!({"agents": ["team-a"], "scope": "read", "note": long}).to_string(),
        json!({"agents": ["team-a"], "scope": "read", "forOthers": true}).to_string(),
        json!({"agents": vec!["team-a"; 101], "scope": "read"}).to_string(),
    ] {
        let told = admin.told("POST", "/-/tokens", &wrong, 400);
        assert_eq!(told["error"]["kind"], "usage", "{wrong}");
    }
    let id = text(&admin.told("GET", "/-/tokens", "", 200)["tokens"][0]["id"]).to_owned();
    admin.told("POST", &format!("/-/tokens/{id}/rotate"), r#"{"grace":"ever"}"#, 400);
    let reply = admin.ask("PUT", "/-/tokens", "");
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET,HEAD,POST,DELETE")));
    assert_eq!(admin.project.list("serve token list --data ../data").as_array().unwrap().len(), 1);
}

/// A caller whose own rights were revoked meanwhile has none here either.
#[test]
fn an_admin_who_revokes_himself_is_out() {
    let admin = team();
    let id = text(&admin.told("GET", "/-/tokens", "", 200)["tokens"][0]["id"]).to_owned();
    admin.told("DELETE", &format!("/-/tokens/{id}"), "", 200);
    admin.told("GET", "/-/tokens", "", 401);
    let reply = admin.server.ask("GET", "/-/tokens", &bearer("lst_"), b"");
    assert_eq!(reply.status, 401);
}
