//! Settings of a server for the stock command.

use crate::server::ServerConfig;
use axum::http::HeaderMap;
use axum::http::header::HOST;

#[derive(Clone, Debug, Default)]
pub struct StockSettings {
    public_url: Option<String>,
    is_tls: bool,
    pub refuses_secrets: bool,
}

impl StockSettings {
    pub fn new(config: &ServerConfig) -> StockSettings {
        StockSettings {
            public_url: config.public_url.clone(),
            is_tls: config.tls.is_some(),
            refuses_secrets: config.refuses_secrets,
        }
    }

    /// The URL that clients use: the one of the options, or else the address that the client of this request used. A
    /// false one leads nobody but that client astray.
    pub fn public_url(&self, headers: &HeaderMap) -> String {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let plain = |host: &&str| {
            let fine = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
            !host.is_empty() && host.bytes().all(fine)
        };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).filter(plain);
        let scheme = if self.is_tls { "https" } else { "http" };
        host.map_or_else(String::new, |host| format!("{scheme}://{host}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_that_of_the_option_or_of_the_request() {
        let headers = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            headers
        };
        let settings = StockSettings::default();
        assert_eq!(settings.public_url(&headers("127.0.0.1:7420")), "http://127.0.0.1:7420");
        assert_eq!(settings.public_url(&headers("a/b?c")), "", "no address");
        let settings = StockSettings { is_tls: true, ..settings };
        assert_eq!(settings.public_url(&headers("[::1]:7420")), "https://[::1]:7420");
        let public_url = Some("https://agents.example.com/x".to_owned());
        let settings = StockSettings { public_url, ..settings };
        assert_eq!(settings.public_url(&headers("internal")), "https://agents.example.com/x");
    }
}
