fn main() {
    println!("cargo:rustc-env=NAME=Ada");
}
