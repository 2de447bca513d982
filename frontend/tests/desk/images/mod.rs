//! `report` of images in files.

mod hostile;
mod made;

use serde_json::{Value, json};
use tar::EntryType;

use self::made::{Layer, Packed, archive, layout, saved};
use crate::program::{Desk, assert_snapshot};

/// Two layers: the second one changes, covers and removes what the first one has.
fn layers() -> [Vec<u8>; 2] {
    let base = Layer::new()
        .folder("./")
        .folder("etc/")
        .file("etc/passwd", "root")
        .file("usr/lib/large", vec![b'l'; 3000])
        .file("usr/lib/gone", vec![b'g'; 700])
        .file("opt/old/a", vec![b'a'; 50])
        .file("opt/old/b", vec![b'b'; 60])
        .link("lib", "usr/lib")
        .file("bin/one", vec![b'1'; 500])
        .name("bin/two", "bin/one")
        .file("var/cache/list", vec![b'c'; 90])
        .done();
    let top = Layer::new()
        .file("etc/passwd", "root and me")
        .file("usr/lib/.wh.gone", "")
        .file("opt/old/new", vec![b'n'; 20])
        .file("opt/old/.wh..wh..opq", "")
        .file("lib/added", vec![b'd'; 200])
        .file("var/.wh.cache", "")
        .file("var/.wh..wh.plnk", "")
        .member("dev", EntryType::Char, "", &[])
        .done();
    [base, top]
}

fn report(desk: &Desk, words: &[&str]) -> Value {
    let words = [&["report", "--format", "json"], words].concat();
    desk.run(&words).good().json()["platforms"][0].clone()
}

/// The paths of a report's tree, with their sizes.
fn paths(item: &Value, above: &str) -> Vec<(String, u64)> {
    let path = format!("{above}{}", item["name"].as_str().unwrap());
    let children = item["children"].as_array().into_iter().flatten();
    let inner: Vec<_> = children.flat_map(|child| paths(child, &path)).collect();
    if path.ends_with('/') { inner } else { vec![(path, item["size"].as_u64().unwrap())] }
}

#[test]
fn layers_are_put_together_as_a_system_does_it() {
    let desk = Desk::new().file("image.tar", archive(&saved(&layers())));
    let report = report(&desk, &["image.tar"]);
    let found: Vec<(String, u64)> = paths(&report["tree"], "");
    let expected = [
        ("/usr/lib/large", 3000),
        ("/usr/lib/added", 200),
        ("/bin/one", 500),
        ("/opt/old/new", 20),
        ("/etc/passwd", 11),
    ];
    assert_eq!(found, expected.map(|(path, size)| (path.to_owned(), size)), "{report:#}");
    // Of a file with two names one counts; links and devices are files.
    assert_eq!((&report["size"], &report["files"]), (&json!(3731), &json!(8)));
    let layers: Vec<_> = report["layers"].as_array().unwrap().iter().collect();
    let told = |layer: &Value| ["step", "size", "files", "covers"].map(|key| layer[key].clone());
    assert_eq!(told(layers[0]), [json!("COPY 0 /"), json!(4404), json!(9), json!(0)]);
    assert_eq!(told(layers[1]), [json!("COPY 1 /"), json!(231), json!(4), json!(4 + 700 + 110 + 90)]);
    assert_eq!(layers[0]["largest"][0], json!({ "path": "/usr/lib/large", "size": 3000 }));
    assert_eq!(report["hidden"], json!(4404 + 231 - 3731));
    assert_eq!(report["target"], "app:1");
    let layer_of = |at: usize| &report["tree"]["children"][at]["layer"];
    assert_eq!((layer_of(0), layer_of(2)), (&json!(0), &json!(1)));
}

#[test]
fn one_more_name_adds_nothing_and_takes_nothing_away() {
    let layer = Layer::new().file("a", vec![b'a'; 100]).name("b", "a").file("b", "1234567").done();
    let top = Layer::new().name("c", "a").file(".wh.c", "").done();
    let desk = Desk::new().file("image.tar", archive(&saved(&[layer, top])));
    let report = report(&desk, &["image.tar"]);
    let layer = &report["layers"][0];
    assert_eq!((&layer["size"], &layer["files"]), (&json!(107), &json!(2)), "{report:#}");
    assert_eq!((&report["size"], &report["hidden"]), (&json!(107), &json!(0)));
}

#[test]
fn every_form_of_a_file_has_the_same_report() {
    let layers = layers();
    let expected = report(&Desk::new().file("image.tar", archive(&saved(&layers))), &["image.tar"]);
    for packed in [Packed::Plain, Packed::Gzip, Packed::Zstd] {
        let files = layout(&[("amd64", &layers)], packed);
        let folder =
            files.iter().fold(Desk::new(), |desk, (path, bytes)| desk.file(&format!("image/{path}"), bytes));
        assert_eq!(report(&folder, &["image"]), expected, "{packed:?}");
        for outside in [Packed::Plain, Packed::Gzip, Packed::Zstd] {
            let desk = Desk::new().file("image.tar", outside.pack(&archive(&files)));
            assert_eq!(report(&desk, &["image.tar"]), expected, "{packed:?} in {outside:?}");
        }
    }
}

#[test]
fn layers_that_are_the_same_are_saved_as_links() {
    let layer = Layer::new().file("a", "12345").done();
    let mut files = saved(&[layer.clone(), layer]);
    let (path, _) = files.remove(1);
    let linked = files.iter().fold(Layer::new(), |archive, (path, bytes)| archive.file(path, bytes));
    let desk = Desk::new().file("image.tar", linked.link(&path, "../0/layer.tar").done());
    let report = report(&desk, &["image.tar"]);
    assert_eq!((&report["size"], &report["hidden"]), (&json!(5), &json!(5)));
}

#[test]
fn of_several_platforms_one_is_told() {
    let layer = |bytes| [Layer::new().file("server", vec![b'x'; bytes]).done()];
    let image = archive(&layout(&[("amd64", &layer(100)), ("arm64", &layer(90))], Packed::Gzip));
    let desk = Desk::new().file("image.tar", image);
    let told = desk.run(&["report", "image.tar"]);
    let why = "it has images for linux/amd64, linux/arm64: say by `--platform` which one is meant";
    assert_eq!((told.code, told.err), (2, format!("optfrontend: image.tar: {why}\n")));
    for (platform, size) in [("linux/amd64", 100), ("linux/arm64", 90)] {
        let report = report(&desk, &["--platform", platform, "image.tar"]);
        assert_eq!((&report["platform"], &report["size"]), (&json!(platform), &json!(size)));
    }
    let told = desk.run(&["report", "--platform=linux/s390x", "image.tar"]);
    assert!(told.err.contains("it has no image for linux/s390x: it has one for linux/amd64"), "{}", told.err);
}

#[test]
fn two_images_are_compared() {
    let old = Layer::new()
        .file("app/server", vec![b'1'; 1_000_000])
        .file("app/same", "same")
        .file("www/page", "one")
        .done();
    let new = Layer::new()
        .file("app/server", vec![b'2'; 1_500_000])
        .file("app/same", "same")
        .file("www/page", "two")
        .file("cache/wheel", vec![b'w'; 700_000])
        .done();
    let image = |layer: &Vec<u8>| archive(&layout(&[("amd64", std::slice::from_ref(layer))], Packed::Zstd));
    let desk = Desk::new().file("old.tar", image(&old)).file("new.tar", image(&new));
    let told = desk.run(&["report", "old.tar", "new.tar"]);
    assert_snapshot("images", &told);
    let growth = &report(&desk, &["old.tar", "new.tar"])["growth"];
    let numbers = ["before", "after", "added", "changed", "removed"].map(|key| growth[key].as_u64().unwrap());
    assert_eq!(numbers, [1_000_007, 2_200_007, 1, 2, 0]);
    let page = desk.run(&["report", "--format=html", "old.tar", "new.tar"]).good().out;
    assert!(page.starts_with("<!doctype html>\n") && page.ends_with("</html>\n"));
    assert!(
        page.contains("Growth: +1.2 MB") && !page.contains("Checklist") && !page.contains("Where it is from")
    );
}
