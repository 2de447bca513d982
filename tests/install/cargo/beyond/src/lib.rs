pub fn end() -> &'static str {
    "!"
}
