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
mod dev_dependencies;
mod dockerfile;
mod expose_casing;
mod healthcheck_missing;
mod json_args;
mod lock_entry_missing;
mod lock_entry_unused;
mod managers;
mod musl_base;
mod owner_changed_apart;
mod packed_binary;
mod pipe_failure_hidden;
mod recommended_packages;
mod redundant_platform;
mod removed_too_late;
mod runs_as_root;
mod secret_value;
mod secrets_in_arg_or_env;
mod stale_index;
mod sudo;
mod system_upgrade;
mod unpinned_package;
mod unused_arg;
mod unused_secret;
mod unused_stage;
mod unverified_download;
mod workdir_relative;
mod world_writable;

pub use dockerfile::DOCKERFILE_RULES;

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
    &dev_dependencies::RULE,
    &healthcheck_missing::RULE,
    &json_args::RULE,
    &lock_entry_missing::RULE,
    &lock_entry_unused::RULE,
    &musl_base::RULE,
    &owner_changed_apart::RULE,
    &packed_binary::RULE,
    &pipe_failure_hidden::RULE,
    &recommended_packages::RULE,
    &redundant_platform::RULE,
    &removed_too_late::RULE,
    &runs_as_root::RULE,
    &secrets_in_arg_or_env::RULE,
    &secret_value::RULE,
    &stale_index::RULE,
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
