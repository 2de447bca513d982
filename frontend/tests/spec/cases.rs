//! `tests/cases/<name>/spec.yaml`: what a spec compiles to, as LLB and as image config. Files that it includes stand beside it.

use optfrontend::epoch::Epoch;
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
            llb.extend(one.checks.iter().map(|check| format!("# check for {}\n{check}\n", one.platform)));
            images += &format!("# {}\n{config:#}\n\n", one.platform);
        }
        assert_snapshot(case, "llb", &llb);
        assert_snapshot(case, "image", &images);
    });
}

#[test]
fn the_clock_counts_for_steps_that_are_refreshed_alone() {
    let llb = |refresh: &str, now: &str, opts: &[&str]| {
        let spec = format!("stages: {{a: {{from: debian, steps: [{{run: date{refresh}}}]}}}}");
        let opts = opts.iter().map(|opt| (*opt).to_owned()).collect();
        let client = Client { now: Epoch::parse(now).unwrap(), opts, ..Client::default() };
        let compiled = compile(spec.as_bytes(), &client).unwrap_or_else(|message| panic!("{message}"));
        compiled[0].definition.clone()
    };
    let (early, late, next) = ("1700006400", "1700092799", "1700092800");
    let daily = ", refresh: 1d";
    assert_eq!(llb(daily, early, &[]), llb(daily, late, &[]));
    assert_ne!(llb(daily, late, &[]), llb(daily, next, &[]));
    assert_eq!(llb("", late, &[]), llb("", next, &[]));
    let fixed = ["build-arg:SOURCE_DATE_EPOCH=1700000000"];
    assert_eq!(llb(daily, late, &fixed), llb(daily, next, &fixed));
}
