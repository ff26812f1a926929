//! One snapshot of each page: its main part, one element a line.

mod acts;
mod compared;
mod content;
mod entrance;
mod history;

use super::served;

/// The main part of a page, without what differs from run to run.
fn main_part(page: &str) -> String {
    let main = page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    let main = main.split_once('>').unwrap().1;
    let mut lines = String::new();
    for part in main.split_inclusive('>') {
        let closes = part.trim_start().starts_with("</");
        if closes {
            lines = lines.trim_end_matches('\n').to_owned();
        }
        lines.push_str(part);
        let inline = ["</a>", "</span>", "</code>", "</strong>", "</time>", "</dt>", "</th>"];
        if !inline.iter().any(|end| part.ends_with(end)) || part.ends_with("</th>") {
            lines.push('\n');
        }
    }
    lines
}
