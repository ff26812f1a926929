//! Pages of the tokens of an agent, by the functions of the admin API: nobody sees or grants more than his token gives.

use super::AskedPage;
use super::answers::{html, redirect};
use super::form::FormFields;
use super::sent_form::SentForm;
use crate::error::{Error, Kind, Result};
use crate::history::record::iso;
use crate::page::{
    RevokePage, ShownTime, TokenForm, TokenItem, TokensPage, address, revoke_page, tokens_page,
};
use crate::protocol::TokenScope;
use crate::server::access::Admitted;
use crate::server::expiry;
use crate::server::limits::{Pool, Requester};
use crate::server::response::{HttpError, HttpResponse};
use crate::server::state::ServerState;
use crate::server::tokens::{NewToken, Rights, TokenEntry, Tokens};
use crate::stock::StockService;
use axum::extract::Request;
use axum::http::StatusCode;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest form: two texts of 1,024 bytes, encoded.
const LONGEST: usize = 16 << 10;
/// Tokens on one page of the list.
const ROWS: usize = 50;
const HOUR: i64 = 3_600_000;

/// Tokens of an agent that the visitor administers.
struct AgentTokens {
    asked: AskedPage,
    token: TokenEntry,
    tokens: Tokens,
    used: BTreeMap<String, Timestamp>,
    service: Arc<StockService>,
}

impl AgentTokens {
    fn new(state: &ServerState, asked: AskedPage, token: TokenEntry) -> AgentTokens {
        let tokens = state.access.tokens(Rights::of(token.clone()));
        let (used, service) = (state.access.used(), state.stock_service.clone());
        AgentTokens { asked, token, tokens, used, service }
    }

    fn newest(&self) -> Result<Option<u64>> {
        let number = |(number, _): (u64, &_)| number;
        self.service
            .read_versions(&self.asked.agent, |look| Ok(look.view.versions().next().map(number)))
    }

    /// Tokens for this agent that are for no other agents than those of the administrator.
    fn list(&self) -> Result<Vec<TokenEntry>> {
        let mut list = self.tokens.list()?;
        list.retain(|entry| entry.opens(self.asked.agent.as_str()));
        Ok(list)
    }

    fn find(&self, id: &str) -> Result<TokenEntry> {
        let none = || Error::not_found(format!("there is no token \"{id}\" for this agent"));
        self.list()?.into_iter().find(|entry| entry.id == id).ok_or_else(none)
    }

    fn item(&self, entry: &TokenEntry) -> TokenItem {
        let now_ms = self.asked.now_ms;
        let exact = |time: Timestamp| ShownTime::exact(iso(time.as_millisecond()));
        let created = entry.created_at.as_millisecond();
        let is_plain = entry.agents.one().is_some();
        let used = self.used.get(&entry.id).map(|time| time.as_millisecond());
        TokenItem {
            id: entry.id.clone(),
            note: entry.note.clone(),
            author: entry.owner.clone(),
            scope: entry.scope.word(),
            agents: (!is_plain).then(|| entry.agents.to_string()),
            created: ShownTime::new(iso(created), created, now_ms),
            expires: entry.expires_at.map(exact),
            is_expired: entry.expires_at.is_some_and(|end| end.as_millisecond() <= now_ms),
            used: used.map(|ms| ShownTime::exact(iso(ms - ms.rem_euclid(HOUR)))),
            is_own: entry.id == self.token.id,
        }
    }

    /// The list with its form.
    fn page(
        &self,
        form: TokenForm,
        refused: Option<String>,
        created: Option<(String, String)>,
    ) -> Result<String> {
        let list = self.list()?;
        let at = FormFields::parse(&self.asked.query).count("page");
        let skip = usize::try_from(at - 1).unwrap_or(usize::MAX).saturating_mul(ROWS);
        let may = |scope: &TokenScope| self.token.scope.allows(*scope);
        let page = TokensPage {
            agent: self.asked.agent.as_str(),
            tokens: list.iter().skip(skip).take(ROWS).map(|entry| self.item(entry)).collect(),
            scopes: TokenScope::ALL.into_iter().filter(may).map(TokenScope::word).collect(),
            form,
            refused,
            created,
            page: at,
            has_more: list.len() > skip.saturating_add(ROWS),
            newest: self.newest()?,
        };
        Ok(tokens_page(&page, &self.asked.visitor))
    }
}

/// `GET /AGENT/-/tokens`, and the page that revokes one of them.
pub async fn show(
    state: &Arc<ServerState>,
    who: &Requester,
    asked: AskedPage,
    (token, id): (Option<TokenEntry>, Option<String>),
) -> Result<HttpResponse, HttpError> {
    asked.admitted.needs(TokenScope::Admin)?;
    let no_token = || Error::new(Kind::Forbidden, "nobody signs in here, so there are no tokens");
    let tokens = AgentTokens::new(state, asked, token.ok_or_else(no_token)?);
    let read = move |_: &_| match id {
        None => tokens.page(TokenForm::default(), None, None),
        Some(id) => {
            let token = tokens.item(&tokens.find(&id)?);
            let agent = tokens.asked.agent.as_str();
            let page = RevokePage { agent, token, newest: tokens.newest()? };
            Ok(revoke_page(&page, &tokens.asked.visitor))
        }
    };
    Ok(html(StatusCode::OK, state.work(Pool::Admin, who, read).await?))
}

/// `POST /AGENT/-/tokens`
pub async fn create(
    state: &Arc<ServerState>,
    request: Request,
    agent: &str,
) -> Result<HttpResponse, HttpError> {
    let received = SentForm::receive(state, request, (agent, TokenScope::Admin), LONGEST).await?;
    let sent = match received {
        Ok(sent) => sent,
        Err(answer) => return Ok(answer),
    };
    let form = TokenForm {
        note: sent.field("note"),
        author: sent.field("for"),
        scope: sent.field("scope"),
        expires: sent.field("expires"),
    };
    let (now, note, who) = (state.log.now(), sent.note(), sent.who.clone());
    let tokens = AgentTokens::new(state, sent.asked, sent.token);
    let make = move |_: &_| {
        let made = wanted(&form, &tokens.asked.admitted, now)
            .and_then(|wanted| tokens.tokens.create(wanted, now));
        match made {
            Ok((entry, secret)) => {
                note(format!("create token {}: {} on {}", entry.id, entry.scope, entry.agents));
                let created = Some((entry.id, secret.to_string()));
                Ok((StatusCode::CREATED, tokens.page(TokenForm::default(), None, created)?))
            }
            Err(error) if error.kind() == Kind::Usage => {
                let refused = Some(error.message().to_owned());
                Ok((StatusCode::BAD_REQUEST, tokens.page(form, refused, None)?))
            }
            Err(error) => Err(error),
        }
    };
    let (status, page) = state.work(Pool::Admin, &who, make).await?;
    Ok(html(status, page))
}

/// Specification of the token that a form asks for.
fn wanted(form: &TokenForm, admitted: &Admitted, now: Timestamp) -> Result<NewToken> {
    let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Ok(NewToken {
        agents: vec![admitted.agent.as_str().parse()?],
        scope: form.scope.parse()?,
        note: text(&form.note),
        owner: text(&form.author),
        for_others: false,
        expires_at: text(&form.expires).map(|text| expiry::parse(&text, now)).transpose()?,
    })
}

/// `POST /AGENT/-/tokens/ID`: revokes it.
pub async fn revoke(
    state: &Arc<ServerState>,
    request: Request,
    agent: &str,
    id: &str,
) -> Result<HttpResponse, HttpError> {
    let received = SentForm::receive(state, request, (agent, TokenScope::Admin), LONGEST).await?;
    let sent = match received {
        Ok(sent) => sent,
        Err(answer) => return Ok(answer),
    };
    let (note, who, id) = (sent.note(), sent.who.clone(), id.to_owned());
    let tokens = AgentTokens::new(state, sent.asked, sent.token);
    let own = tokens.token.id.clone();
    let remove = move |_: &_| {
        let entry = tokens.tokens.revoke(&tokens.find(&id)?.id)?;
        note(format!("revoke token {}: {} on {}", entry.id, entry.scope, entry.agents));
        Ok(entry.id)
    };
    let gone = state.work(Pool::Admin, &who, remove).await?;
    let there = if gone == own { "/".to_owned() } else { address::tokens(agent) };
    Ok(redirect(StatusCode::SEE_OTHER, &there))
}
