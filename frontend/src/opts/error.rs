//! Options that cannot be understood.

use std::fmt;

/// One option and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("option `{option}`: {problem}")]
pub struct OptError {
    /// The key, or the name of the environment variable.
    pub option: String,
    /// What is wrong.
    pub problem: OptProblem,
}

/// What is wrong with an option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptProblem {
    /// The value is not among the few that there are.
    #[error("`{value}` is not one of {}", list(.allowed))]
    NotOneOf {
        /// What was given.
        value: String,
        /// What could have been given.
        allowed: &'static [&'static str],
    },
    /// The value is not a boolean.
    #[error("`{0}` is neither true nor false")]
    NotABoolean(String),
    /// The value is not a number, or out of bounds.
    #[error("`{value}` is not a whole number{bounds}")]
    NotANumber {
        /// What was given.
        value: String,
        /// Nothing, or the bounds with a blank in front.
        bounds: &'static str,
    },
    /// The value does not have the form it should have.
    #[error("`{value}` is not of the form {form}")]
    Form {
        /// What was given.
        value: String,
        /// The form it should have.
        form: &'static str,
    },
    /// The value is not an IP address.
    #[error("`{0}` is not an IP address")]
    NotAnAddress(String),
    /// The value is not a platform.
    #[error("`{value}` is not a platform: {reason}")]
    NotAPlatform {
        /// What was given.
        value: String,
        /// Why not.
        reason: String,
    },
    /// The soft limit is above the hard one.
    #[error("`{0}` has a soft limit above its hard limit")]
    SoftAboveHard(String),
    /// A quoted part of a list is not closed.
    #[error("`{0}` has a quote that is not closed")]
    OpenQuote(String),
    /// The value is not the JSON it should be.
    #[error("not the JSON it should be: {0}")]
    Json(String),
    /// The attestation type is not known.
    #[error("there is no attestation of this type; there are sbom and provenance")]
    UnknownAttestation,
    /// Several platforms cannot be returned as one result.
    #[error("is false, but several platforms are asked for: {0}")]
    SeveralPlatforms(String),
}

fn list(allowed: &[&str]) -> String {
    match allowed {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Everything that is wrong with the options, sorted by key; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptErrors(pub Vec<OptError>);

impl fmt::Display for OptErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for OptErrors {}
