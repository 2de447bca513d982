//! Permissions in the words of `chmod`.

/// The bits that a change such as `u=rwx,go=rx` comes to whatever was there before; `None` where that matters.
///
/// The bits of a class count as known once `=` has set them. A sticky bit that is there stays out of it, and goes.
pub fn fixed_bits(change: &str) -> Option<u32> {
    let mut bits = 0;
    let mut known = 0;
    for clause in change.split(',') {
        let at = clause.find(['+', '-', '='])?;
        let classes = classes(&clause[..at])?;
        let mut rest = &clause[at..];
        while let Some(operator) = rest.chars().next() {
            let end = rest[1..].find(['+', '-', '=']).map_or(rest.len(), |end| end + 1);
            let changed = classes & permissions(&rest[1..end])?;
            match operator {
                '=' => {
                    bits = bits & !classes | changed;
                    known |= classes;
                }
                '+' => bits |= changed,
                _ => bits &= !changed,
            }
            rest = &rest[end..];
        }
    }
    (known == 0o777).then_some(bits)
}

fn classes(letters: &str) -> Option<u32> {
    if letters.is_empty() {
        return Some(0o777);
    }
    letters.chars().try_fold(0, |classes, letter| {
        Some(
            classes
                | match letter {
                    'u' => 0o700,
                    'g' => 0o070,
                    'o' => 0o007,
                    'a' => 0o777,
                    _ => return None,
                },
        )
    })
}

fn permissions(letters: &str) -> Option<u32> {
    letters.chars().try_fold(0, |bits, letter| {
        Some(
            bits | match letter {
                'r' => 0o444,
                'w' => 0o222,
                'x' => 0o111,
                _ => return None,
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::fixed_bits;

    #[test]
    fn bits_are_fixed_where_every_class_is_set() {
        assert_eq!(fixed_bits("a=rx"), Some(0o555));
        assert_eq!(fixed_bits("u=rwx,go=rx"), Some(0o755));
        assert_eq!(fixed_bits("=r,u+w"), Some(0o644));
        assert_eq!(fixed_bits("a=rwx,o=,g-w"), Some(0o750));
        assert_eq!(fixed_bits("u=rwx-w,go="), Some(0o500));
    }

    #[test]
    fn other_changes_depend_on_the_file() {
        for change in ["u+x", "u=rwx", "a=rX", "a=rx,u+s", "go=u", "+t", "", "a", "é=r", "a=é"] {
            assert_eq!(fixed_bits(change), None, "{change}");
        }
    }
}
