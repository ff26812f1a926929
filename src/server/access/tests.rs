//! Tests of access control.

use super::super::tokens::NewToken;
use super::*;
use crate::stock::signature::BlobAccess;

struct Door {
    dir: tempfile::TempDir,
    access: Access,
}

impl Door {
    fn new() -> Door {
        let dir = tempfile::tempdir().unwrap();
        let clock: Clock = Arc::new(|| Timestamp::from_second(1000).unwrap());
        let access = Access::new(Tokens::of(dir.path()), false, clock).unwrap();
        Door { dir, access }
    }

    fn token(&self, scope: TokenScope, expires: Option<i64>) -> (TokenEntry, String) {
        let expires_at = expires.map(|second| Timestamp::from_second(second).unwrap());
        let (agents, note, owner) = (vec!["a".parse().unwrap()], None, None);
        let wanted = NewToken { agents, scope, note, owner, for_others: false, expires_at };
        let (entry, secret) =
            Tokens::of(self.dir.path()).create(wanted, Timestamp::UNIX_EPOCH).unwrap();
        (entry, secret.to_string())
    }

    fn authenticate(&self, agent: &str, header: &str) -> Result<Admitted> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, header.parse().unwrap());
        self.access.admit(&headers, agent, TokenScope::Push)
    }

    fn kind(&self, agent: &str, header: &str) -> Option<Kind> {
        self.authenticate(agent, header).err().map(|error| error.kind())
    }
}

#[test]
fn a_token_opens_its_agent_as_far_as_its_scope_goes() {
    let door = Door::new();
    let (entry, push) = door.token(TokenScope::Push, None);
    let (_, read) = door.token(TokenScope::Read, None);
    let admitted = door.authenticate("a", &format!("Bearer {push}")).unwrap();
    assert_eq!(admitted.bearer.as_ref().map(|bearer| &bearer.token.id), Some(&entry.id));
    assert!(admitted.needs(TokenScope::Promote).is_err());
    assert_eq!(door.kind("a", &format!("bearer {push}")), None);
    assert_eq!(door.kind("a", &format!("Bearer {read}")), Some(Kind::Forbidden));
}

#[test]
fn tokens_that_are_none_unknown_expired_or_revoked_open_nothing() {
    let door = Door::new();
    let (entry, token) = door.token(TokenScope::Push, None);
    let (_, expired) = door.token(TokenScope::Push, Some(1000));
    let (_, good) = door.token(TokenScope::Push, Some(1001));
    for wrong in
        ["", "Bearer", "Bearer ", "Basic abc", "Bearer lst_", &token, &format!("Bearer {token}0")]
    {
        assert_eq!(door.kind("a", wrong), Some(Kind::Auth), "{wrong}");
    }
    let unknown = TokenSecret::random().unwrap();
    assert_eq!(door.kind("a", &format!("Bearer {unknown}")), Some(Kind::Auth));
    assert_eq!(door.kind("a", &format!("Bearer {expired}")), Some(Kind::Auth));
    assert_eq!(door.kind("a", &format!("Bearer {good}")), None);
    assert_eq!(door.kind("a", &format!("Bearer {token}")), None);
    Tokens::of(door.dir.path()).revoke(&entry.id).unwrap();
    assert_eq!(door.kind("a", &format!("Bearer {token}")), Some(Kind::Auth));
}

#[test]
fn another_agent_is_no_agent_before_scopes_are_looked_at() {
    let door = Door::new();
    let (_, read) = door.token(TokenScope::Read, None);
    for agent in ["b", "A", "", "..", "a\u{0}"] {
        let error = door.authenticate(agent, &format!("Bearer {read}")).unwrap_err();
        assert_eq!((error.kind(), error.message()), (Kind::NotFound, no_agent(agent).message()));
    }
}

#[test]
fn two_headers_are_none() {
    let door = Door::new();
    let (_, token) = door.token(TokenScope::Push, None);
    let mut headers = HeaderMap::new();
    headers.append(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    headers.append(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    let error = door.access.admit(&headers, "a", TokenScope::Push).unwrap_err();
    assert_eq!(error.kind(), Kind::Auth);
}

#[test]
fn a_signed_address_is_good_for_agents_of_its_token_and_as_long_as_that() {
    let door = Door::new();
    let refusal = |agent: &str, expires| {
        let (entry, _) = door.token(TokenScope::Push, expires);
        let (id, now_ms) = (agent.parse().unwrap(), 1_000_000);
        let address = entry.signer().address("", &id, "00", BlobAccess::Upload, now_ms);
        let query = SignedQuery::parse(address.split_once('?').unwrap().1).unwrap();
        let allows = |signer: &AddressSigner, id: &AgentId, query: &SignedQuery| {
            signer.allows(query, id, "00", BlobAccess::Upload, now_ms)
        };
        let admitted = door.access.admit_signed(&query, agent, TokenScope::Push, allows);
        admitted.err().map(|error| error.kind())
    };
    assert_eq!(refusal("a", Some(1001)), None);
    assert_eq!(refusal("a", Some(1000)), Some(Kind::Forbidden));
    assert_eq!(refusal("b", None), Some(Kind::NotFound));
}
