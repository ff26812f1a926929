//! Limit of open files, raised as far as the system allows, and the limits of the server that follow from it.

use super::{PoolSize, Pools, ServerLimits};
use crate::error::{Error, Result};

/// Listeners, the log, the runtime's own, files that are read for a moment.
const OTHERS: usize = 96;
/// With fewer connections than this it is no server.
const LEAST: usize = 32;
/// Heads that are kept open, where there is room.
const HEADS: usize = 256;

/// Limit of open files after raising it. `None`: unlimited. `None`: as many as one likes.
#[cfg(unix)]
pub fn raised() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let found = getrlimit(Resource::Nofile);
    // A refusal, as for "unlimited" on some systems, leaves it as it was.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: found.maximum, maximum: found.maximum });
    getrlimit(Resource::Nofile).current.map(|files| usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
pub fn raised() -> Option<usize> {
    None
}

/// Makes the limits such that no work fails for lack of a file; gives how many heads are kept open.
pub fn fit_file_limit(limits: &mut ServerLimits, files: Option<usize>) -> Result<usize> {
    let Some(files) = files else { return Ok(HEADS) };
    let heads = (files / 8).min(HEADS);
    let rest = files.saturating_sub(OTHERS + Pools::threads(limits) + heads);
    // Every second connection may be sent a pack that lies in a file of its own.
    let connections = rest / 3 * 2;
    if connections < LEAST {
        let needed = (OTHERS + Pools::threads(limits) + LEAST * 3 / 2) * 8 / 7 + 8;
        return Err(Error::failed(format!("cannot serve with {files} open files at once"))
            .hint(format!("run `ulimit -n 4096` before the start; {needed} is the minimum")));
    }
    limits.connections = limits.connections.min(connections);
    let places = limits.connections.div_ceil(2);
    if places < limits.requests.places {
        limits.requests = PoolSize::new(places, limits.requests.share.min(places.div_ceil(4)));
    }
    Ok(heads)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(files: Option<usize>) -> Option<(usize, usize, usize)> {
        let mut limits = ServerLimits::default();
        let heads = fit_file_limit(&mut limits, files).ok()?;
        Some((limits.connections, limits.requests.places, heads))
    }

    #[test]
    fn what_may_be_open_is_enough_for_all_that_may_be_asked_for() {
        assert_eq!(fitted(None), Some((1024, 512, 256)));
        assert_eq!(fitted(Some(1 << 20)), Some((1024, 512, 256)));
        for files in [440, 512, 1024, 1500, 2048] {
            let (connections, requests, heads) = fitted(Some(files)).unwrap();
            let all =
                connections + requests + heads + Pools::threads(&ServerLimits::default()) + OTHERS;
            assert!(all <= files, "{all} of {files}");
        }
        assert_eq!(fitted(Some(256)), None);
        let error = fit_file_limit(&mut ServerLimits::default(), Some(256)).unwrap_err();
        let named = error
            .hint_text()
            .unwrap()
            .split([' ', '`'])
            .find_map(|word| word.parse().ok())
            .unwrap();
        assert!(fitted(Some(named)).is_some(), "{named}");
    }
}
