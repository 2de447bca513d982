//! What stands in `RUN --network=…`, `--security=…` and `--device=…`.

use spec_schema::decode::text::Text;
use spec_schema::diagnostic::{Diagnostic, Faults, did_you_mean, one_of};

use super::Flag;
use crate::dockerfile::values::{boolean, records};

const NETWORKS: [&str; 3] = ["default", "none", "host"];
const SECURITIES: [&str; 2] = ["sandbox", "insecure"];

/// Checks a flag of a `RUN`, unless it is one of another kind.
pub(super) fn check(flag: &Flag, faults: &mut Faults) {
    let found = match flag.name {
        "network" => word(flag, &NETWORKS),
        "security" => word(flag, &SECURITIES),
        "device" => device(&flag.value),
        _ => Ok(()),
    };
    if let Err((message, help)) = found {
        faults.push(Diagnostic::new(flag.span, message).help(help));
    }
}

/// What is wrong, and what to do.
type Wrong = (String, String);

fn word(flag: &Flag, known: &[&str]) -> Result<(), Wrong> {
    let Flag { name, value, .. } = flag;
    if known.contains(&value.as_str()) {
        return Ok(());
    }
    let help = did_you_mean(value, known.iter().copied());
    let help = help.unwrap_or_else(|| format!("it is {}", one_of(known.iter().copied())));
    Err((format!("`{}` is not a value of `--{name}`", value.value), help))
}

/// A name comes first, or behind `name=`, and once.
fn device(value: &Text) -> Result<(), Wrong> {
    let example = || "write `--device=vendor.com/class=name`".to_owned();
    let fields = records(value)
        .ok_or_else(|| ("the quotes of this device do not fit together".to_owned(), example()))?;
    let mut name = "";
    for field in &fields {
        let (key, value) =
            field.split_once('=').map_or((field.as_str(), None), |(key, value)| (key, Some(value)));
        match (key.to_ascii_lowercase().as_str(), value) {
            ("required", None) => {}
            ("required", Some(value)) if boolean(value).is_some() => {}
            ("required", Some(value)) => {
                let message = format!("`{value}` is not a value of `required`");
                return Err((message, "write `true` or `false`".to_owned()));
            }
            ("name", Some(value)) if name.is_empty() => name = value,
            ("name", Some(_)) => {
                return Err((
                    format!("the device has the name `{name}` already"),
                    "keep one of the two".to_owned(),
                ));
            }
            _ if name.is_empty() => name = field,
            _ => {
                let help =
                    "another device has a flag of its own; this one may have `required` behind its name";
                return Err((format!("`{field}` cannot follow the name of a device"), help.to_owned()));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use spec_schema::decode::text::Text;
    use spec_schema::span::Span;

    use super::device;

    #[test]
    fn devices_are_those_of_docker() {
        let is_one = |text: &&str| device(&Text::new((*text).to_owned(), Span::default())).is_ok();
        let good = [
            "a",
            "vendor.com/x=y",
            "required,a",
            "a,required=T",
            "name=a,REQUIRED=0",
            "vendor.com/x=*,required",
        ];
        assert_eq!(good.iter().filter(|text| !is_one(text)).count(), 0);
        let bad = ["a,b", "a=b,c=d", "name=a,name=b", "a,name=b", "a,required=maybe", "a\"b"];
        assert_eq!(bad.iter().filter(|text| is_one(text)).count(), 0);
    }
}
