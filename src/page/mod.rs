//! Page: data as HTML, for people with a browser. Nothing here reads a store, a clock or the network.
//!
//! Templates are checked at compile time, and escape every text by default; nothing is put into a page as it is.

pub mod address;
mod agents;
mod asset;
mod changes;
mod compare;
mod delete;
mod error_page;
mod feed;
mod files;
mod frame;
mod headers;
pub mod highlight;
mod home;
mod ledger;
mod persona;
mod persona_edit;
mod promote;
mod search;
mod sign_in;
mod source;
mod time;
mod tokens;
mod version;
mod visible;

pub use agents::{AgentRow, AgentsPage, agents_page};
pub use asset::ASSETS;
pub use compare::{ComparePage, DiffPart, FileDiff, LayoutChoice, compare_page};
pub use delete::{DeletePage, delete_page};
pub use error_page::{ErrorPage, error_page};
pub use feed::{ATOM, FeedEntry, feed};
pub use files::{FilePage, FileText, FolderPage, FolderRow, file_page, folder_page};
pub use frame::PageVisitor;
pub use headers::HEADERS;
pub use home::{HomePage, LivePanel, NewestPush, VersionChoice, VersionItem, home_page};
pub use ledger::{LedgerItem, LedgerPage, ledger_page};
pub use persona::{PersonaItem, PersonaPage, persona_page};
pub use persona_edit::{
    LONGEST_PERSONA, PersonaArea, PersonaEditPage, PersonaRefusal, persona_edit_page,
};
pub use promote::{LONGEST_REASON, PromotePage, PromotionRefusal, promote_page};
pub use search::{LONGEST_QUERY, SearchHit, SearchPage, search_page};
pub use sign_in::{SignInPage, sign_in_page};
pub use source::{SourcePage, source_page};
pub use time::ShownTime;
pub use tokens::{RevokePage, TokenForm, TokenItem, TokensPage, revoke_page, tokens_page};
pub use version::{ContentGroup, VersionPage, version_page};
