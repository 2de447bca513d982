//! Rules that only Dockerfiles have: a spec cannot say such things.

mod add_local_file;
mod broken_trigger;
mod cd_in_run;
mod default_arg_in_from;
mod duplicate_stage;
mod empty_continuation;
mod expose_format;
mod from_as_casing;
mod instruction_casing;
mod legacy_pairs;
mod maintainer;
mod repeated_instruction;
mod reserved_stage;
mod stage_casing;
mod undefined_arg_in_from;
mod undefined_variable;
mod walk;

use crate::lint::Rule;

/// All of them, by name.
pub const DOCKERFILE_RULES: &[&Rule] = &[
    &add_local_file::RULE,
    &broken_trigger::RULE,
    &cd_in_run::RULE,
    &instruction_casing::RULE,
    &duplicate_stage::RULE,
    &expose_format::RULE,
    &from_as_casing::RULE,
    &default_arg_in_from::RULE,
    &legacy_pairs::RULE,
    &maintainer::RULE,
    &repeated_instruction::RULE,
    &empty_continuation::RULE,
    &reserved_stage::RULE,
    &stage_casing::RULE,
    &undefined_arg_in_from::RULE,
    &undefined_variable::RULE,
];
