//! Signals of Linux, by name and by number.

/// Those before the ones for real time, from 1 on.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// Other names of the same.
const ALIASES: [(&str, i32); 3] = [("CLD", 17), ("IOT", 6), ("POLL", 29)];

/// The first and the last signal for real time, as programs see them, and up to where each is counted from.
const REAL_TIME: (i32, i32) = (34, 64);
const ABOVE_FIRST: i32 = 15;
const BELOW_LAST: i32 = 14;

/// What to do about a text that is none.
pub(crate) const HELP: &str = "write a name such as `SIGTERM`, or a number";

/// What a signal is called.
pub(crate) fn name(number: &str) -> Option<String> {
    let at = number.parse::<usize>().ok()?.checked_sub(1)?;
    NAMES.get(at).map(|name| format!("SIG{name}"))
}

/// The signal that a text stands for, as Docker reads `STOPSIGNAL`: any number but 0, or a name with or without `SIG`.
pub(crate) fn number(text: &str) -> Option<i32> {
    if let Ok(number) = text.parse::<i32>() {
        return (number != 0).then_some(number);
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let by_name = NAMES.iter().zip(1..).find(|(known, _)| **known == name).map(|(_, number)| number);
    let by_alias = || ALIASES.into_iter().find(|(known, _)| *known == name).map(|(_, number)| number);
    by_name.or_else(by_alias).or_else(|| real_time(name))
}

/// `RTMIN`, `RTMIN+1`, … and `RTMAX`, `RTMAX-1`, ….
fn real_time(name: &str) -> Option<i32> {
    let (first, last) = REAL_TIME;
    match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(""), _) => Some(first),
        (_, Some("")) => Some(last),
        (Some(rest), _) => distance(rest.strip_prefix('+')?, ABOVE_FIRST).map(|above| first + above),
        (_, Some(rest)) => distance(rest.strip_prefix('-')?, BELOW_LAST).map(|below| last - below),
        (None, None) => None,
    }
}

fn distance(text: &str, most: i32) -> Option<i32> {
    (1..=most).find(|number| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::{name, number};

    #[test]
    fn signals_are_those_of_docker() {
        assert_eq!(["SIGQUIT", "quit", "SigTerm", "3", "+9"].map(number), [3, 3, 15, 3, 9].map(Some));
        assert_eq!(["IOT", "SIGPOLL", "-5", "999"].map(number), [6, 29, -5, 999].map(Some));
        assert_eq!(["RTMIN", "SIGRTMIN+15", "RTMAX-14", "RTMAX"].map(number), [34, 49, 50, 64].map(Some));
        let none =
            ["", "0", "NOPE", "SIG", "SIGSIGTERM", "RTMIN+16", "RTMIN-1", "RTMIN+01", "RTMAX-15", "9 "];
        assert_eq!(none.map(number), [None; 10]);
        assert_eq!(name("11").as_deref(), Some("SIGSEGV"));
        assert_eq!(name("0"), None);
    }
}
