//! One command is one file; the doc comment of its argument struct is its help.

pub mod bundle;
pub mod cat_file;
pub mod compact;
pub mod compile;
pub mod completions;
pub mod count_objects;
pub mod demo;
pub mod diff;
pub mod fsck;
pub mod git;
pub mod hash_object;
pub mod init;
pub mod log;
pub mod ls_tree;
pub mod man;
pub mod persona;
pub mod pull;
pub mod push;
pub mod remote;
pub mod rev_parse;
pub mod serve;
pub mod show;
pub mod source;
pub mod status;
pub mod sync;
pub mod version;
