//! `tests/invalid/<name>.yaml`: a spec with faults, and the whole message that its user gets. Files that it includes stand
//! in the folder `<name>`.

use crate::compile::{Client, compile};
use crate::folder::{assert_snapshot, folder, for_each};

#[test]
fn each_faulty_spec_is_told_as_its_snapshot() {
    let folder = folder("invalid");
    let is_spec = |path: &std::path::Path| path.extension().is_some_and(|extension| extension == "yaml");
    for_each(&folder, is_spec, |path| {
        let spec = std::fs::read(path).unwrap();
        let Err(message) = compile(&spec, &Client::of(&spec).beside(&path.with_extension(""))) else {
            panic!("{} has no fault", path.display());
        };
        assert_snapshot(&folder, &path.file_stem().unwrap().to_string_lossy(), &message);
    });
}
