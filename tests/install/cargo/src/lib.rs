pub fn word() -> &'static str {
    "Hello"
}
