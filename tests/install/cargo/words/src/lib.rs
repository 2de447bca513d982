pub fn name() -> &'static str {
    env!("NAME")
}
