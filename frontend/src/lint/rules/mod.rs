//! The rules, one a file.

mod base_image_latest;
mod base_image_unpinned;
mod cache_in_layer;
mod cache_mount_missing;
mod compiler_in_image;
mod constant_platform;
mod context_before_install;
mod context_unfiltered;
mod copy_ignored;
mod expose_casing;
mod healthcheck_missing;
mod json_args;
mod managers;
mod musl_base;
mod packed_binary;
mod redundant_platform;
mod runs_as_root;
mod secret_value;
mod secrets_in_arg_or_env;
mod sudo;
mod system_upgrade;
mod unpinned_package;
mod unused_arg;
mod unused_secret;
mod unused_stage;
mod unverified_download;
mod workdir_relative;
mod world_writable;

use super::Rule;

/// All rules, by name.
pub const RULES: &[&Rule] = &[
    &base_image_latest::RULE,
    &base_image_unpinned::RULE,
    &cache_in_layer::RULE,
    &cache_mount_missing::RULE,
    &compiler_in_image::RULE,
    &context_before_install::RULE,
    &context_unfiltered::RULE,
    &copy_ignored::RULE,
    &expose_casing::RULE,
    &constant_platform::RULE,
    &healthcheck_missing::RULE,
    &json_args::RULE,
    &musl_base::RULE,
    &packed_binary::RULE,
    &redundant_platform::RULE,
    &runs_as_root::RULE,
    &secrets_in_arg_or_env::RULE,
    &secret_value::RULE,
    &sudo::RULE,
    &system_upgrade::RULE,
    &unpinned_package::RULE,
    &unused_arg::RULE,
    &unused_secret::RULE,
    &unused_stage::RULE,
    &unverified_download::RULE,
    &workdir_relative::RULE,
    &world_writable::RULE,
];

/// Those that only Dockerfiles have, as a spec cannot say such things.
pub const DOCKERFILE_RULES: &[&Rule] = &[];
