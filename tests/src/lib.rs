//! Tests.

pub mod fake_gateway;
