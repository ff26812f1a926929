//! History of an agent: records, the ledger, source and agent versions, their states, names and
//! rules. Reads and checks what pushes and promotions wrote; it writes nothing but records that its
//! callers hand over.

pub mod any_version;
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only a server has books"))]
pub mod book;
pub mod bounds;
pub mod catalog;
pub mod imported;
pub mod ledger;
pub mod ledger_index;
pub mod ledger_view;
pub mod live;
pub mod project;
pub mod published;
pub mod purge;
pub mod record;
pub mod recorded_change;
pub mod recovery;
pub mod ref_list;
pub mod remote_heads;
pub mod repair;
pub mod resolve;
pub mod revision;
pub mod rules;
pub mod source;
pub mod state;
pub mod suggest;
pub mod timeline;
pub mod unpack;
pub mod verify;
pub mod version;
pub mod version_refs;
pub mod via;
