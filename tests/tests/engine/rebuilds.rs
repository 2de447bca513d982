//! What a change repeats: never more than it does with a Dockerfile. `make bench-rebuild` measures it on all examples.

use std::collections::BTreeSet;
use std::path::Path;

use optfrontend_tests::{Build, Built, Tag, in_one_of_three_rounds, nonce, repository};
use serde_json::Value;

use crate::examples::alone_with;

/// The base of an image as a build finds it, which gets a file more each time.
struct Base {
    name: &'static str,
    tag: Tag,
}

impl Base {
    fn new(name: &'static str) -> Self {
        Self { name, tag: renewed(name).load() }
    }

    /// Another image, under the same name.
    fn renew(&self) {
        renewed(self.name)
            .flags(["--load", "--provenance=false", "--tag", &*self.tag.name])
            .run_with::<&str>([])
            .ok();
    }

    fn flag(&self) -> String {
        format!("--build-context={}=docker-image://{}", self.name, &*self.tag.name)
    }
}

fn renewed(name: &str) -> Build {
    Build::dockerfile(&format!("FROM {name}\nCOPY update /usr/share/\n")).file("update", nonce())
}

/// Changes a line of the source, as `tests/rebuilds.json` says.
fn edit_source(build: &Build, example: &str) {
    let Ok(table) = serde_json::from_str::<Value>(&read(&repository().join("tests/rebuilds.json"))) else {
        panic!("tests/rebuilds.json is not JSON");
    };
    let edit = &table[example]["source"];
    let text = |key: &str| edit[key].as_str().unwrap_or_default().replace("NONCE", &nonce());
    let old = read(&build.folder().join(text("in")));
    let new = old.replacen(&text("replace"), &text("with"), 1);
    assert_ne!(old, new, "{edit}");
    build.write(&text("in"), new);
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Builds an example both ways, changes it, and holds what ran again against each other.
#[track_caller]
fn compare(example: &str, base: &'static str) {
    let _alone = alone_with(example);
    in_one_of_three_rounds(|| compare_once(example, base));
}

#[track_caller]
fn compare_once(example: &str, base: &'static str) {
    let folder = repository().join("examples").join(example);
    let both = [Build::copy_of(&folder), Build::copy_of(&folder).using("Dockerfile.reference")];
    let [ours, theirs] = both.map(|build| {
        let base = Base::new(base);
        let build = build.flags([base.flag()]);
        build.run();
        build.run().assert_ran(&[]);
        edit_source(&build, example);
        let source = build.run();
        base.renew();
        [source, build.run()]
    });
    // A step can be several vertices of one name.
    let ran = |built: &Built| built.ran().into_iter().collect::<BTreeSet<_>>().len();
    assert!(
        (1..=ran(&theirs[0])).contains(&ran(&ours[0])),
        "source: {:#?} {:#?}",
        ours[0].ran(),
        theirs[0].ran()
    );
    ours[1].assert_ran(&[]);
    assert_ne!(ran(&theirs[1]), 0, "the base is a new one");
}

#[test]
fn a_server_in_go() {
    compare("go-server", "gcr.io/distroless/static-debian12:nonroot");
}

#[test]
fn a_service_in_java() {
    compare("java-service", "gcr.io/distroless/java17-debian12:nonroot");
}
