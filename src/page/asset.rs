//! Assets: the style sheet and the script, embedded under names that have their hash, so that a browser keeps them
//! for ever and never has those of another program.

use std::sync::LazyLock;

/// A file that pages name.
pub struct Asset {
    /// Last part of its address.
    pub name: String,
    pub kind: &'static str,
    pub text: &'static str,
}

impl Asset {
    fn new(stem: &str, end: &str, kind: &'static str, text: &'static str) -> Asset {
        let hash = blake3::hash(text.as_bytes()).to_hex();
        Asset { name: format!("{stem}-{}.{end}", &hash[..16]), kind, text }
    }

    pub fn address(&self) -> String {
        format!("/-/assets/{}", self.name)
    }
}

/// The style sheet and the script.
pub static ASSETS: LazyLock<[Asset; 2]> = LazyLock::new(|| {
    let style = include_str!("assets/style.css");
    let script = include_str!("assets/script.js");
    [
        Asset::new("style", "css", "text/css; charset=utf-8", style),
        Asset::new("script", "js", "text/javascript; charset=utf-8", script),
    ]
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_small_and_name_nothing_elsewhere() {
        let [style, script] = &*ASSETS;
        assert!(style.text.len() <= 20_000 && script.text.len() <= 8_000);
        for asset in [style, script] {
            for word in ["http:", "https:", "@import", "url(", "eval(", "innerHTML"] {
                assert!(!asset.text.contains(word), "{}: {word}", asset.name);
            }
        }
    }
}
