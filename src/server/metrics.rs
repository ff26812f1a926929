//! Metrics in the Prometheus text format. No label names an agent or a token: their number is
//! unbounded, and the page may be public.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::limits::{Connections, Pools};
use crate::protocol::{AgentId, TxnOutcome};

/// Upper bounds of the histogram's buckets, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 10.0, 60.0];
/// Methods with a label of their own. Other words of a client get none: each would be one more
/// series for ever.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"];
/// Of more agents than this it is not known which were seen.
const MOST_AGENTS: usize = 1 << 20;

#[derive(Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, &'static str, u16), u64>>,
    times: Mutex<BTreeMap<&'static str, Histogram>>,
    transactions: Mutex<BTreeMap<&'static str, u64>>,
    agents: Mutex<HashSet<AgentId>>,
    pub received: AtomicU64,
    pub sent: AtomicU64,
    pub panics: AtomicU64,
    pub damage: AtomicU64,
    pub connections: Gauge,
    pub uploads: Gauge,
    pub downloads: Gauge,
}

/// Gauges about the stored agents.
#[derive(Default)]
pub struct Stored {
    pub damaged: usize,
    /// True if the disk takes writes.
    pub writable: bool,
    pub retired_bytes: u64,
    /// Bytes of answers on their way.
    pub cached: u64,
    /// Proofs of packs, and those that were spared.
    pub verify_counts: (u64, u64),
}

#[derive(Default)]
struct Histogram {
    counts: [u64; BUCKETS.len()],
    total: u64,
    seconds: f64,
}

/// A number that goes up and down.
#[derive(Default)]
pub struct Gauge(AtomicI64);

/// One more, until it is dropped.
pub struct GaugeGuard<G: AsRef<Gauge>>(G);

impl<G: AsRef<Gauge>> GaugeGuard<G> {
    pub fn more(gauge: G) -> GaugeGuard<G> {
        gauge.as_ref().0.fetch_add(1, Ordering::Relaxed);
        GaugeGuard(gauge)
    }
}

impl<G: AsRef<Gauge>> Drop for GaugeGuard<G> {
    fn drop(&mut self) {
        self.0.as_ref().0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AsRef<Gauge> for Gauge {
    fn as_ref(&self) -> &Gauge {
        self
    }
}

impl Metrics {
    pub fn request(&self, route: &'static str, method: &str, status: u16, took: Duration) {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        *lock(&self.requests).entry((route, method, status)).or_default() += 1;
        let mut times = lock(&self.times);
        let times = times.entry(route).or_default();
        let seconds = took.as_secs_f64();
        times.total += 1;
        times.seconds += seconds;
        for (count, bound) in times.counts.iter_mut().zip(BUCKETS) {
            *count += u64::from(seconds <= bound);
        }
    }

    pub fn transaction<H>(&self, outcome: &TxnOutcome<H>) {
        *lock(&self.transactions).entry(outcome.word()).or_default() += 1;
    }

    /// An agent that exists was looked at.
    pub fn opened(&self, agent: &AgentId) {
        let mut agents = lock(&self.agents);
        if !agents.contains(agent) && agents.len() < MOST_AGENTS {
            agents.insert(agent.clone());
        }
    }

    /// The whole text.
    pub fn text(
        &self,
        limits: (&Pools, &Connections),
        stored: &Stored,
        dropped_log_lines: u64,
    ) -> String {
        let mut page = MetricsText::default();
        page.family("build_info", "gauge", "Which program this is.");
        page.sample("build_info", &format!("version=\"{}\"", env!("CARGO_PKG_VERSION")), 1);
        self.of_requests(&mut page);
        page.family("transactions_total", "counter", "Transactions by outcome.");
        for (outcome, count) in &*lock(&self.transactions) {
            page.sample("transactions_total", &format!("outcome=\"{outcome}\""), count);
        }
        self.of_totals(&mut page, stored, dropped_log_lines);
        self.gauges(&mut page, stored);
        of_pools(&mut page, limits.0);
        of_connections(&mut page, limits.1);
        page.0
    }

    /// Counters without labels.
    fn of_totals(&self, page: &mut MetricsText, stored: &Stored, dropped_log_lines: u64) {
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (verify_counts, spared) = stored.verify_counts;
        for (name, help, value) in [
            ("received_bytes_total", "Bytes of request bodies.", count(&self.received)),
            ("sent_bytes_total", "Bytes of answer bodies.", count(&self.sent)),
            ("panics_total", "Requests that a bug ended.", count(&self.panics)),
            (
                "log_lines_dropped_total",
                "Log lines that could not be written in time.",
                dropped_log_lines,
            ),
            ("proofs_total", "Packs that were verified.", verify_counts),
            ("proofs_spared_total", "Packs that were verified before.", spared),
            ("damage_total", "Damaged objects and packs that were found.", count(&self.damage)),
        ] {
            page.family(name, "counter", help);
            page.sample(name, "", value);
        }
    }

    /// Gauges without labels.
    fn gauges(&self, page: &mut MetricsText, stored: &Stored) {
        let now = |gauge: &Gauge| gauge.0.load(Ordering::Relaxed).to_string();
        let (damaged, writable) = (stored.damaged.to_string(), u8::from(stored.writable));
        let (retired, cached) = (stored.retired_bytes.to_string(), stored.cached.to_string());
        let agents = lock(&self.agents).len().to_string();
        for (name, help, value) in [
            ("damaged", "Damaged objects and packs that are known now.", damaged),
            ("disk_writable", "Whether the disk accepts writes.", writable.to_string()),
            ("condemned_bytes", "Bytes of retired packs.", retired),
            ("cache_bytes", "Bytes of answers that are kept or being sent.", cached),
            ("connections", "Open connections.", now(&self.connections)),
            ("uploads", "Uploads in progress.", now(&self.uploads)),
            ("downloads", "Downloads in progress.", now(&self.downloads)),
            ("agents_opened", "Agents seen since the start.", agents),
        ] {
            page.family(name, "gauge", help);
            page.sample(name, "", value);
        }
    }

    fn of_requests(&self, page: &mut MetricsText) {
        page.family(
            "requests_total",
            "counter",
            "Requests by route, method and status; 499 is a client that went away.",
        );
        for ((route, method, status), count) in &*lock(&self.requests) {
            let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
            page.sample("requests_total", &labels, count);
        }
        page.family(
            "request_seconds",
            "histogram",
            "From the head of a request to the last byte of its answer.",
        );
        for (route, times) in &*lock(&self.times) {
            for (count, bound) in times.counts.iter().zip(BUCKETS) {
                page.sample(
                    "request_seconds_bucket",
                    &format!("route=\"{route}\",le=\"{bound}\""),
                    count,
                );
            }
            page.sample(
                "request_seconds_bucket",
                &format!("route=\"{route}\",le=\"+Inf\""),
                times.total,
            );
            page.sample("request_seconds_sum", &format!("route=\"{route}\""), times.seconds);
            page.sample("request_seconds_count", &format!("route=\"{route}\""), times.total);
        }
    }
}

fn of_pools(page: &mut MetricsText, pools: &Pools) {
    let all: Vec<_> = pools.counts().collect();
    page.family("pool_places", "gauge", "Places of a pool in use.");
    for (pool, taken, _) in &all {
        page.sample("pool_places", &format!("pool=\"{pool}\""), taken);
    }
    page.family(
        "pool_refused_total",
        "counter",
        "Requests that were refused because a pool was full.",
    );
    for (pool, _, refused) in &all {
        page.sample("pool_refused_total", &format!("pool=\"{pool}\""), refused);
    }
}

fn of_connections(page: &mut MetricsText, connections: &Connections) {
    page.family("connections_limit", "gauge", "How many connections may be open.");
    page.sample("connections_limit", "", connections.most());
    page.family(
        "connections_closed_total",
        "counter",
        "Connections that were closed to make room for others.",
    );
    page.sample("connections_closed_total", "", connections.closed());
}

#[derive(Default)]
struct MetricsText(String);

impl MetricsText {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP lua_store_{name} {help}\n# TYPE lua_store_{name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(self.0, "lua_store_{name}{labels} {value}");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::limits::ServerLimits;
    use super::*;

    #[test]
    fn a_time_is_counted_in_every_bucket_that_is_wide_enough() {
        let (metrics, pools) = (Metrics::default(), Pools::new(&ServerLimits::default()));
        let connections = Connections::new(1, 1);
        metrics.request("refs", "GET", 200, Duration::from_millis(2));
        metrics.request("refs", "GET", 200, Duration::from_secs(100));
        let one = GaugeGuard::more(&metrics.uploads);
        let text = metrics.text((&pools, &connections), &Stored::default(), 3);
        for line in [
            "lua_store_requests_total{route=\"refs\",method=\"GET\",status=\"200\"} 2",
            "lua_store_request_seconds_bucket{route=\"refs\",le=\"0.001\"} 0",
            "lua_store_request_seconds_bucket{route=\"refs\",le=\"0.0025\"} 1",
            "lua_store_request_seconds_bucket{route=\"refs\",le=\"60\"} 1",
            "lua_store_request_seconds_bucket{route=\"refs\",le=\"+Inf\"} 2",
            "lua_store_request_seconds_sum{route=\"refs\"} 100.002",
            "lua_store_uploads 1",
            "lua_store_log_lines_dropped_total 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        drop(one);
        assert!(
            metrics
                .text((&pools, &connections), &Stored::default(), 0)
                .contains("lua_store_uploads 0\n")
        );
    }
}
