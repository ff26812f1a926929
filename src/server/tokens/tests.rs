//! The file with the tokens, alone.
#![allow(clippy::disallowed_methods, reason = "tests look at and damage files on purpose")]

use super::*;
use crate::error::Kind;
use crate::protocol::TokenScope;

fn wanted(agent: &str) -> NewToken {
    let (agents, note, owner) = (vec![agent.parse().unwrap()], None, None);
    NewToken { agents, scope: TokenScope::Push, note, owner, for_others: false, expires_at: None }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[test]
fn what_was_made_is_listed_and_found_and_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = Tokens::of(dir.path());
    assert_eq!(tokens.list().unwrap(), []);
    let (first, secret) = tokens.create(wanted("a"), at(1)).unwrap();
    let (second, other) = tokens.create(wanted("b"), at(2)).unwrap();
    assert_eq!(tokens.list().unwrap(), [first.clone(), second.clone()]);
    assert!(first.is_of(&secret.hash()) && !first.is_of(&other.hash()));
    assert_eq!(tokens.revoke(&first.id).unwrap(), first);
    assert_eq!(tokens.list().unwrap(), [second]);
    assert_eq!(tokens.revoke(&first.id).unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn the_file_has_no_secret_and_one_reader() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = Tokens::of(dir.path());
    let (_, secret) = tokens.create(wanted("a"), at(1)).unwrap();
    let text = std::fs::read_to_string(path(dir.path())).unwrap();
    assert!(!text.contains(&secret.to_string()[4..20]), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path(dir.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_file_with_an_owner_is_not_for_programs_that_do_not_know_owners() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = Tokens::of(dir.path());
    let format = || {
        let text = std::fs::read_to_string(path(dir.path())).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["format"].as_u64()
    };
    tokens.create(wanted("a"), at(1)).unwrap();
    assert_eq!(format(), Some(1));
    let (owned, _) =
        tokens.create(NewToken { owner: Some("ana".into()), ..wanted("a") }, at(1)).unwrap();
    assert_eq!(format(), Some(2));
    assert_eq!(tokens.list().unwrap()[1].speaks_for(), Some("ana"));
    tokens.revoke(&owned.id).unwrap();
    assert_eq!(format(), Some(1));
    let others = NewToken { owner: Some("ana".into()), for_others: true, ..wanted("a") };
    assert_eq!(tokens.create(others, at(1)).unwrap().0.speaks_for(), None);
}

#[test]
fn a_file_with_a_pattern_is_not_for_programs_that_know_one_agent_a_token() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = Tokens::of(dir.path());
    let agents = ["shop", "team-*"].map(|text| text.parse().unwrap()).to_vec();
    let (entry, _) = tokens.create(NewToken { agents, ..wanted("a") }, at(1)).unwrap();
    let text = std::fs::read_to_string(path(dir.path())).unwrap();
    assert!(text.contains("\"format\": 3") && !text.contains("\"agent\":"), "{text}");
    assert_eq!(tokens.list().unwrap(), std::slice::from_ref(&entry));
    assert!(entry.opens("shop") && entry.opens("team-a") && !entry.opens("teams"));
}

#[test]
fn a_rotated_token_has_the_same_rights_and_the_old_one_ends() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = Tokens::of(dir.path());
    let (old, _) =
        tokens.create(NewToken { note: Some("laptop".into()), ..wanted("a") }, at(1)).unwrap();
    let new = tokens.rotate(&old.id, SignedDuration::from_secs(100), at(50)).unwrap();
    assert_eq!((new.old_ends, &new.entry.note, new.entry.expires_at), (at(150), &old.note, None));
    assert!(new.entry.id != old.id && new.entry.is_of(&new.secret.hash()));
    let again = tokens.rotate(&old.id, SignedDuration::from_secs(100), at(60));
    assert_eq!(again.err().map(|error| error.kind()), Some(Kind::Conflict));
    let late = tokens.rotate(&old.id, SignedDuration::from_secs(100), at(150));
    assert_eq!(late.err().map(|error| error.kind()), Some(Kind::Conflict));
    tokens.rotate(&new.entry.id, SignedDuration::ZERO, at(70)).unwrap();
    let ids: Vec<String> = tokens.list().unwrap().into_iter().map(|entry| entry.id).collect();
    assert!(ids.len() == 2 && !ids.contains(&new.entry.id), "{ids:?}");
}

#[test]
fn a_token_is_good_until_the_moment_it_expires() {
    let dir = tempfile::tempdir().unwrap();
    let wanted = NewToken { expires_at: Some(at(100)), ..wanted("a") };
    let (entry, _) = Tokens::of(dir.path()).create(wanted, at(1)).unwrap();
    assert!(!entry.is_expired(at(99)));
    assert!(entry.is_expired(at(100)));
}

#[test]
fn writers_at_once_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = Tokens::of(dir.path());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).for_each(|_| drop(tokens.create(wanted("a"), at(1)).unwrap())));
        }
    });
    assert_eq!(tokens.list().unwrap().len(), 20);
}

#[test]
fn a_damaged_file_is_an_error_and_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = Tokens::of(dir.path());
    for text in ["", "{}", "{\"format\":4,\"tokens\":[]}", "{\"format\":1,\"tokens\":[{}]}"] {
        std::fs::write(path(dir.path()), text).unwrap();
        assert_eq!(tokens.list().unwrap_err().kind(), Kind::Corrupt);
        assert_eq!(tokens.create(wanted("a"), at(1)).map(drop).unwrap_err().kind(), Kind::Corrupt);
        assert_eq!(std::fs::read_to_string(path(dir.path())).unwrap(), text);
    }
}
