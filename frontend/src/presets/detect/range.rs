//! Ranges of releases, as package.json and pyproject.toml have them: <https://docs.npmjs.com/cli/configuring-npm/package-json#engines>,
//! <https://packaging.python.org/specifications/version-specifiers>.

use std::cmp::Ordering;

/// Whether a range allows a release, of which as many numbers count as are given: `22` stands for the newest `22.x`.
/// What cannot be read allows everything.
pub(super) fn allows(range: &str, release: &[u32]) -> bool {
    range.split("||").any(|all| comparators(all).all(|(sign, bound)| holds(sign, &bound, release)))
}

/// The signs and numbers of what must hold at once: `>=3.9,<4`, `>= 18 <23`, `18 - 22`.
fn comparators(all: &str) -> impl Iterator<Item = (&str, Vec<u32>)> {
    let mut rest = all;
    let mut is_upper = false;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', ',']);
        let digits = rest.find(|c: char| c.is_ascii_digit())?;
        let (sign, version) = rest.split_at(digits);
        let end = version.find([' ', ',']).unwrap_or(version.len());
        let (version, behind) = version.split_at(end);
        let is_lower = behind.trim_start().starts_with("- ");
        let sign = match sign.trim_end_matches([' ', 'v']) {
            _ if is_upper => "<=",
            _ if is_lower => ">=",
            sign => sign,
        };
        rest = behind.trim_start().strip_prefix("- ").unwrap_or(behind);
        is_upper = is_lower;
        Some((sign, version.split('.').map_while(|number| number.parse().ok()).collect()))
    })
}

fn holds(sign: &str, bound: &[u32], release: &[u32]) -> bool {
    if bound.is_empty() {
        return true;
    }
    let known = bound.len().min(release.len());
    let start = |numbers: &[u32], count: usize| numbers.iter().take(count).copied().collect::<Vec<_>>();
    let order = start(release, known).cmp(&start(bound, known));
    let is_same_but = |last: usize| start(release, last) == start(bound, last.min(bound.len()));
    match sign {
        ">=" => order.is_ge(),
        // The newest of a release is newer than any that has its first numbers.
        ">" => order == Ordering::Greater || order == Ordering::Equal && bound.len() > known,
        "<=" => order.is_le(),
        "<" => order == Ordering::Less,
        "^" => order.is_ge() && is_same_but(1),
        "~=" => order.is_ge() && is_same_but(bound.len().saturating_sub(1).min(known)),
        "!=" => order.is_ne() || bound.len() > known,
        "" | "=" | "==" | "===" | "~" => order.is_eq(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn ranges_allow_releases() {
        let majors = |range: &str| (16..=26).filter(|major| allows(range, &[*major])).collect::<Vec<u32>>();
        assert_eq!(majors(">=18").first(), Some(&18));
        assert_eq!(majors(">=18.17.0 <23"), [18, 19, 20, 21, 22]);
        assert_eq!(majors("^18.12.0 || >= 20.9 <21 || v22"), [18, 20, 22]);
        assert_eq!(majors("18.x || 20"), [18, 20]);
        assert_eq!(majors("18 - 20"), [18, 19, 20]);
        assert_eq!(majors(">18"), majors(">=19"));
        assert_eq!(majors("~20.3"), [20]);
        assert_eq!(majors("<22.5"), majors("<22"));
        assert_eq!(majors("*").len(), 11);
        assert_eq!(majors("lts/*").len(), 11);
    }

    #[test]
    fn ranges_of_python_allow_releases() {
        let minors = |range: &str| (8..=14).filter(|minor| allows(range, &[3, *minor])).collect::<Vec<u32>>();
        assert_eq!(minors(">=3.9"), [9, 10, 11, 12, 13, 14]);
        assert_eq!(minors(">=3.9,<3.12"), [9, 10, 11]);
        assert_eq!(minors(">=3.9, <4.0, !=3.10.*"), [9, 11, 12, 13, 14]);
        assert_eq!(minors("~=3.11"), [11, 12, 13, 14]);
        assert_eq!(minors("~=3.11.2"), [11]);
        assert_eq!(minors("^3.12"), [12, 13, 14]);
        assert_eq!(minors("==3.13.*"), [13]);
        assert_eq!(minors(">3.12,!=3.13.1"), [13, 14]);
        assert_eq!(minors("<=3.9"), [8, 9]);
    }
}
