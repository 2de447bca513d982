//! What is in an image, against what must and must not be.

use spec_schema::diagnostic::Diagnostic;

use crate::plan::{PathCheck, VerifyPlan, Wanted};
use crate::sizes::size_of;

/// What was found in an image.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// What is there, by the position of the check.
    pub(crate) at: Vec<(usize, String)>,
    /// Symbolic links that lead nowhere.
    links: Vec<(usize, String)>,
    /// Matches that are not told.
    more: Vec<(usize, u64)>,
    total: u64,
    /// The largest files, the largest one first.
    large: Vec<(u64, String)>,
    errors: Vec<String>,
}

impl Listing {
    pub(crate) fn parse(found: &[u8]) -> Self {
        let mut listing = Self::default();
        for line in String::from_utf8_lossy(found).split_terminator('\0') {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let (first, path) = rest.split_once(' ').unwrap_or((rest, ""));
            let number = first.parse::<u64>().unwrap_or_default();
            let index = usize::try_from(number).unwrap_or_default();
            match word {
                "at" => listing.at.push((index, path.to_owned())),
                "link" => listing.links.push((index, path.to_owned())),
                "more" => listing.more.push((index, path.parse().unwrap_or_default())),
                "total" => listing.total = number,
                "large" => listing.large.push((number, path.to_owned())),
                "error" => listing.errors.push(rest.to_owned()),
                _ => {}
            }
        }
        listing
    }
}

/// What does not hold.
pub(super) fn judge(verify: &VerifyPlan, found: &[u8]) -> Vec<Diagnostic> {
    let listing = Listing::parse(found);
    let mut faults: Vec<Diagnostic> = verify
        .paths
        .iter()
        .enumerate()
        .filter_map(|(index, check)| {
            if check.forbidden {
                forbidden(index, check, &listing)
            } else {
                required(index, check, verify, &listing)
            }
        })
        .collect();
    if let Some(limit) = verify.max_size.as_ref().filter(|limit| listing.total > limit.value) {
        let (total, limit_shown) = sizes(listing.total, limit.value);
        let message = format!("the files of the image have {total}, more than {limit_shown}");
        let largest = listing.large.iter().map(|(size, path)| format!("{:>9}  {path}", size_of(*size)));
        faults
            .push(Diagnostic::new(limit.span, message).quoting(largest).help("these are the largest files"));
    }
    if !listing.errors.is_empty() {
        let fault = Diagnostic::new(verify.span, "not all of the image can be read");
        faults.push(fault.quoting(listing.errors));
    }
    faults
}

fn forbidden(index: usize, check: &PathCheck, listing: &Listing) -> Option<Diagnostic> {
    let of_check = |(at, path): &(usize, String)| (*at == index).then(|| path.clone());
    let mut found: Vec<String> = listing.at.iter().chain(&listing.links).filter_map(of_check).collect();
    found.sort_unstable();
    let first = found.first()?;
    let message = match &check.wanted {
        Wanted::Path(path) => format!("`{path}` is in the image"),
        Wanted::Command(name) => format!("the command `{name}` is in the image: {first}"),
        Wanted::Glob(glob) => {
            let more = listing.more.iter().find(|(at, _)| *at == index).map_or(0, |(_, more)| *more);
            let count = found.len() as u64 + more;
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let files = if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
            format!("`{glob}` matches {files} of the image: {}{more}", found.join(", "))
        }
    };
    Some(
        Diagnostic::new(check.span, message)
            .help("leave it out of what is copied, start from a base without it, or `remove` it"),
    )
}

fn required(index: usize, check: &PathCheck, verify: &VerifyPlan, listing: &Listing) -> Option<Diagnostic> {
    if listing.at.iter().any(|(at, _)| *at == index) {
        return None;
    }
    let leads_nowhere = listing.links.iter().any(|(at, _)| *at == index);
    let message = match &check.wanted {
        Wanted::Path(path) if leads_nowhere => {
            format!("`{path}` is a symbolic link in the image, and leads nowhere")
        }
        Wanted::Path(path) => format!("`{path}` is not in the image"),
        Wanted::Glob(glob) => format!("`{glob}` matches nothing in the image"),
        Wanted::Command(name) => {
            format!("there is no command `{name}` on the image's PATH, which is {}", verify.search)
        }
    };
    Some(Diagnostic::new(check.span, message).help("see what the steps leave with `--target debug`"))
}

/// Two sizes that differ, shown so that they do.
pub(super) fn sizes(one: u64, other: u64) -> (String, String) {
    let shown = (size_of(one), size_of(other));
    if shown.0 == shown.1 { (format!("{one} bytes"), format!("{other} bytes")) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_unless_they_would_look_the_same() {
        assert_eq!(
            [0, 999, 1_000, 12_345_678, 9_999_999_999].map(size_of),
            ["0 B", "999 B", "1.0 kB", "12.3 MB", "9.9 GB"]
        );
        assert_eq!(sizes(30_000_001, 30_000_000), ("30000001 bytes".to_owned(), "30000000 bytes".to_owned()));
    }
}
