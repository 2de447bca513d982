//! `SOURCE_DATE_EPOCH`: the one time that a reproducible image knows.
//!
//! Follows <https://reproducible-builds.org/specs/source-date-epoch/>.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A time in whole seconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Epoch {
    seconds: u32,
}

impl Epoch {
    /// Reads seconds since 1970, from 0 to 4294967295: until February 2106.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(|seconds| Self { seconds })
    }

    /// The machine's time.
    pub fn now() -> Self {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { seconds: u32::try_from(time.as_secs()).unwrap_or(u32::MAX) }
    }

    /// The start of the span that it is in, where time is divided into spans of some seconds from 1970 on.
    #[must_use]
    pub fn start_of_span(self, seconds: u32) -> Self {
        Self { seconds: self.seconds - self.seconds.checked_rem(seconds).unwrap_or_default() }
    }

    /// As LLB gives times to files.
    pub fn nanoseconds(self) -> i64 {
        i64::from(self.seconds) * 1_000_000_000
    }

    /// As exporters read it.
    pub fn seconds(self) -> String {
        self.seconds.to_string()
    }

    /// As image configs have it: `2026-01-02T03:04:05Z`.
    pub fn rfc3339(self) -> String {
        let time = UNIX_EPOCH + Duration::from_secs(self.seconds.into());
        humantime::format_rfc3339_seconds(time).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Epoch;

    #[test]
    fn one_time_in_three_forms() {
        let epoch = Epoch::parse("1767323045").unwrap();
        assert_eq!(epoch.seconds(), "1767323045");
        assert_eq!(epoch.nanoseconds(), 1_767_323_045_000_000_000);
        assert_eq!(epoch.rfc3339(), "2026-01-02T03:04:05Z");
        assert_eq!(Epoch::parse("4294967295").unwrap().rfc3339(), "2106-02-07T06:28:15Z");
    }

    #[test]
    fn a_span_starts_at_the_same_time_for_all() {
        let start = |text: &str, seconds| Epoch::parse(text).unwrap().start_of_span(seconds).seconds();
        let week = 7 * 86_400;
        assert_eq!(start("1767323045", week), "1767225600");
        assert_eq!(start("1767830399", week), "1767225600");
        assert_eq!(start("1767830400", week), "1767830400");
        assert_eq!(start("0", 1), "0");
    }

    #[test]
    fn what_is_no_time() {
        for text in ["", "-1", "context", "1.5", "4294967296", " 1"] {
            assert_eq!(Epoch::parse(text), None, "{text}");
        }
    }
}
