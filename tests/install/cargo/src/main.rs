fn main() {
    println!("{}{} {}{}", greet::word(), marks::comma!(), words::name(), beyond::end());
}
