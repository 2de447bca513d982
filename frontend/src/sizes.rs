//! Sizes in words.

/// A size as people compare it.
pub(crate) fn size_of(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let Some((scale, unit)) = UNITS.iter().find(|(scale, _)| bytes >= *scale) else {
        return format!("{bytes} B");
    };
    // Beyond a hundred of a unit nobody reads the tenths, but differences are to be seen.
    format!("{}.{} {unit}", bytes / scale, bytes % scale * 10 / scale)
}
