//! `tests/explained/<name>.yaml`: what a plan is told to come to.

use optfrontend::explain::{Explanation, text};
use optfrontend::graph::{Format, Graph};
use serde_json::Value;

use crate::compile::{Client, compile};
use crate::folder::{assert_snapshot, folder, for_each};

fn explanations(spec: &[u8]) -> Vec<Explanation> {
    let compiled = compile(spec, &Client::of(spec)).unwrap_or_else(|message| panic!("{message}"));
    compiled.into_iter().map(|one| one.explanation).collect()
}

#[test]
fn each_plan_is_explained_as_its_snapshot() {
    let folder = folder("explained");
    let is_spec = |path: &std::path::Path| path.extension().is_some_and(|it| it == "yaml");
    for_each(&folder, is_spec, |path| {
        let explanations = explanations(&std::fs::read(path).unwrap());
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert_snapshot(&folder, &format!("{name}.explain"), &text(&explanations));
        let graph = Graph::of(&explanations[0]);
        for (kind, format) in [("mermaid", Format::Mermaid), ("dot", Format::Dot), ("svg", Format::Svg)] {
            assert_snapshot(&folder, &format!("{name}.{kind}"), &graph.written(format));
        }
    });
}

#[test]
fn lines_fit_a_terminal() {
    let shop = std::fs::read(folder("explained/shop.yaml")).unwrap();
    let text = text(&explanations(&shop));
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 120).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn programs_get_the_same_with_names() {
    let shop = std::fs::read(folder("explained/shop.yaml")).unwrap();
    let json: Value = serde_json::to_value(&explanations(&shop)[0]).unwrap();
    let step = |stage: &str, name: &str| {
        let stage = json["stages"].as_array().unwrap().iter().find(|it| it["name"] == stage).unwrap();
        stage["steps"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["name"].as_str().unwrap().contains(name))
            .unwrap()
    };
    assert_eq!(json["groups"][0], serde_json::json!(["tools", "pages", "docs"]));
    assert_eq!(step("pages", "npm ci")["secrets"][0]["id"], "npmrc");
    assert_eq!(step("messages", "protoc")["inputs"][0]["kind"], "git repository");
    assert_eq!(step("messages", "protoc")["network"], "none");
    assert_eq!(step("pages", "sign")["cache_key"], serde_json::json!([]));
    assert_eq!(step("runtime", "/srv/pages/")["linked"], true);
}
