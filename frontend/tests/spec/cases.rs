//! `tests/cases/<name>/spec.yaml`: what a spec compiles to, as LLB and as image config. Files that it includes stand beside it.

use serde_json::Value;

use crate::compile::{Client, compile};
use crate::folder::{assert_snapshot, folder, for_each};

#[test]
fn each_case_compiles_to_its_snapshots() {
    for_each(&folder("cases"), std::path::Path::is_dir, |case| {
        let spec = std::fs::read(case.join("spec.yaml")).unwrap();
        let ignore_file = std::fs::read_to_string(case.join(".dockerignore")).unwrap_or_default();
        let client = Client { ignore_file, ..Client::of(&spec).beside(case) };
        let compiled = compile(&spec, &client).unwrap_or_else(|message| panic!("{message}"));
        let (mut llb, mut images) = (String::new(), String::new());
        for one in &compiled {
            let config: Value = serde_json::from_slice(&one.image.config).unwrap();
            llb += &format!("# {}\n{}\n", one.platform, one.definition);
            images += &format!("# {}\n{config:#}\n\n", one.platform);
        }
        assert_snapshot(case, "llb", &llb);
        assert_snapshot(case, "image", &images);
    });
}
