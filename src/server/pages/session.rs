//! Sessions: browsers that showed tokens. They are in memory alone, so a restart ends all of them.

use crate::error::{Error, Result};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Longest time of a session, and longest time without a request.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);
const IDLE: SignedDuration = SignedDuration::from_hours(2);
/// Most sessions at once: the one that was not used for longest makes room.
const MOST: usize = 10_000;
/// Most tokens of a session.
pub const MOST_TOKENS: usize = 50;

/// 256 random bits. They have no `Debug`, so that no log can have them by accident.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 32]);

impl SessionId {
    pub fn random() -> Result<SessionId> {
        let mut bytes = [0; 32];
        match getrandom::fill(&mut bytes) {
            Ok(()) => Ok(SessionId(bytes)),
            Err(error) => Err(Error::failed(format!("cannot get random bits: {error}"))),
        }
    }

    pub fn parse(text: &str) -> Option<SessionId> {
        let lower = text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let bytes = blake3::Hash::from_hex(text).ok().filter(|_| lower)?;
        Some(SessionId(*bytes.as_bytes()))
    }

    pub fn text(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// Key of the session: finding it takes the same time for every wrong id.
    fn key(&self) -> blake3::Hash {
        blake3::hash(&self.0)
    }
}

/// A session at the time of a request.
#[derive(Clone)]
pub struct Session {
    /// Hashes of the tokens that it showed.
    pub tokens: Vec<blake3::Hash>,
    /// Value that its forms send.
    pub form_key: String,
    began: Timestamp,
    used: Timestamp,
}

impl Session {
    fn is_over(&self, now: Timestamp) -> bool {
        now.duration_since(self.began) >= LONGEST || now.duration_since(self.used) >= IDLE
    }

    /// True if a form has the value of this session. Constant time.
    pub fn has_key(&self, key: &str) -> bool {
        blake3::hash(key.as_bytes()) == blake3::hash(self.form_key.as_bytes())
    }
}

/// The sessions of a server.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<blake3::Hash, Session>>);

impl Sessions {
    fn open(&self) -> MutexGuard<'_, HashMap<blake3::Hash, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session with this id, which is used now.
    pub fn get(&self, id: &SessionId, now: Timestamp) -> Option<Session> {
        let (mut open, key) = (self.open(), id.key());
        if open.get(&key)?.is_over(now) {
            open.remove(&key);
            return None;
        }
        let session = open.get_mut(&key)?;
        session.used = session.used.max(now);
        Some(session.clone())
    }

    /// A session with one token more, under a new id: an id that somebody planted before is worth nothing.
    pub fn begin(
        &self,
        before: Option<&SessionId>,
        token: blake3::Hash,
        now: Timestamp,
    ) -> Result<SessionId> {
        let (id, form_key) = (SessionId::random()?, SessionId::random()?.text());
        let mut open = self.open();
        let known = before.and_then(|before| open.remove(&before.key()));
        let known = known.filter(|session| !session.is_over(now));
        let mut session =
            known.unwrap_or(Session { tokens: Vec::new(), form_key, began: now, used: now });
        session.tokens.retain(|known| *known != token);
        session.tokens.push(token);
        session.used = session.used.max(now);
        if open.len() >= MOST {
            open.retain(|_, session| !session.is_over(now));
        }
        if open.len() >= MOST
            && let Some(oldest) = open.iter().min_by_key(|(_, one)| one.used).map(|(key, _)| *key)
        {
            open.remove(&oldest);
        }
        open.insert(id.key(), session);
        Ok(id)
    }

    pub fn end(&self, id: &SessionId) {
        self.open().remove(&id.key());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(minutes * 60).unwrap()
    }

    fn token(byte: u8) -> blake3::Hash {
        blake3::Hash::from_bytes([byte; 32])
    }

    #[test]
    fn a_session_ends_when_it_is_idle_and_after_half_a_day() {
        let sessions = Sessions::default();
        let id = sessions.begin(None, token(1), at(0)).unwrap();
        assert!(sessions.get(&id, at(119)).is_some());
        assert!(sessions.get(&id, at(119 + 120)).is_none(), "idle for two hours");
        assert!(sessions.get(&id, at(120)).is_none(), "it is gone for good");
        let id = sessions.begin(None, token(1), at(0)).unwrap();
        for hour in 1..12 {
            assert!(sessions.get(&id, at(hour * 60)).is_some(), "{hour}");
        }
        assert!(sessions.get(&id, at(719)).is_some());
        assert!(sessions.get(&id, at(720)).is_none(), "twelve hours");
    }

    #[test]
    fn a_session_holds_several_tokens_under_a_new_id() {
        let sessions = Sessions::default();
        let first = sessions.begin(None, token(1), at(0)).unwrap();
        let key = sessions.get(&first, at(1)).unwrap().form_key;
        let second = sessions.begin(Some(&first), token(2), at(2)).unwrap();
        assert!(sessions.get(&first, at(2)).is_none());
        let session = sessions.get(&second, at(3)).unwrap();
        assert_eq!((session.tokens.len(), &session.form_key), (2, &key));
        assert!(session.has_key(&key) && !session.has_key("") && !session.has_key(&second.text()));
        sessions.end(&second);
        assert!(sessions.get(&second, at(3)).is_none());
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = SessionId::random().unwrap();
        assert!(SessionId::parse(&id.text()).is_some_and(|same| same == id));
        let upper = "A".repeat(64);
        for wrong in ["", "00", &upper, &"g".repeat(64)] {
            assert!(SessionId::parse(wrong).is_none(), "{wrong}");
        }
    }
}
