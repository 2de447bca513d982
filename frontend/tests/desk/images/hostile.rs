//! Files that are no images, or that somebody has made to do harm.

use std::fs;
use std::process::Stdio;

use serde_json::json;
use tar::EntryType;

use super::made::{Layer, Packed, archive, digest, layout, saved};
use crate::program::{Desk, Told, command, told};

/// What is said of a file that cannot be told of.
#[track_caller]
fn refused(bytes: impl AsRef<[u8]>, why: &str) {
    let told = Desk::new().file("image.tar", bytes).run(&["report", "image.tar"]);
    assert_eq!((told.code, told.out.as_str()), (2, ""), "{}", told.err);
    assert!(told.err.starts_with("optfrontend: image.tar: ") && told.err.contains(why), "{}", told.err);
}

#[track_caller]
fn refused_layer(layer: Layer, why: &str) {
    refused(archive(&saved(&[layer.done()])), why);
}

#[test]
fn what_holds_no_image() {
    refused(b"", "there is no image in it: it has neither an index.json nor a manifest.json");
    refused(b"hello", "this is no tar archive, or a part of one");
    refused(Packed::Gzip.pack(b"hello"), "this is no tar archive");
    refused(&Packed::Gzip.pack(&archive(&[]))[..12], "this is no tar archive");
    refused(b"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff\xff\xff", "this is no tar archive");
    refused(archive(&[("manifest.json".to_owned(), b"[{".to_vec())]), "`manifest.json` is no JSON");
    refused(archive(&[("manifest.json".to_owned(), vec![b' '; 5 << 20])]), "has more than 4194304 bytes");
    let missing = json!([{ "Config": "x.json", "Layers": [] }]).to_string();
    refused(archive(&[("manifest.json".to_owned(), missing.into())]), "it has no `x.json`");
    let index = json!({ "manifests": [{ "digest": "sha256:../../etc/passwd" }] }).to_string();
    refused(archive(&[("index.json".to_owned(), index.into())]), "`sha256:../../etc/passwd` is no digest");
}

#[test]
fn what_is_not_there_or_no_file() {
    let desk = Desk::new();
    fs::create_dir(desk.0.join("empty")).unwrap();
    for (name, why) in [
        ("nowhere.tar", "there is no such file: `docker save IMAGE > FILE` writes one"),
        ("empty", "there is no image in it"),
        ("/dev/null", "this is neither a file nor a folder"),
    ] {
        let told = desk.run(&["report", name]);
        assert_eq!(told.code, 2);
        assert!(told.err.contains(why), "{}", told.err);
    }
}

#[test]
fn what_was_cut_or_changed() {
    let layers = [Layer::new().file("a", vec![b'a'; 4000]).done()];
    let whole = archive(&layout(&[("amd64", &layers)], Packed::Gzip));
    refused(&whole[..520], "it ends in the middle of `oci-layout`");
    refused(&whole[..700], "this is no tar archive, or a part of one");
    let saved = saved(&layers);
    let mut changed = saved.clone();
    changed[0].1[600] = b'b';
    refused(archive(&changed), "the layer `0/layer.tar` does not have the digest sha256:");
    let mut longer = saved.clone();
    longer[0].1.extend([0; 512]);
    refused(archive(&longer), "the layer `0/layer.tar` does not have the digest sha256:");
    let mut config = saved.clone();
    config[1].1.push(b' ');
    refused(archive(&config), "does not have the digest sha256:");
    let mut fewer = saved;
    let list = json!([{ "Config": fewer[1].0, "Layers": [] }]);
    fewer[2].1 = list.to_string().into_bytes();
    refused(archive(&fewer), "the image has 0 layers, and its config names 1");
}

#[test]
fn names_lead_nowhere() {
    refused_layer(
        Layer::new().file("../../etc/passwd", "x"),
        "the path `../../etc/passwd` leads out of the image",
    );
    refused_layer(Layer::new().name("a", "../b"), "the path `../b` leads out of the image");
    refused_layer(Layer::new().name("a", "nowhere"), "`/nowhere` is to have one more name, and is no file");
    let circle = Layer::new().link("a", "b").link("b", "/a").file("a/c", "x");
    refused_layer(circle, "`/a/c` is behind links that lead nowhere");
    // A folder is asked for nothing outside of it.
    let desk = Desk::new().file("secret", "x");
    let list = json!([{ "Config": "../secret", "Layers": [] }]).to_string();
    let told = desk.file("image/manifest.json", list).run(&["report", "image"]);
    assert!(told.err.contains("it has no `../secret`"), "{}", told.err);
}

#[test]
fn names_without_end() {
    // A name of two megabytes, in the words of GNU and of POSIX, and a path that no system has.
    let long = vec![b'a'; 2 << 20];
    refused_layer(
        Layer::new().member("x", EntryType::GNULongName, "", &long).file("a", ""),
        "a name has more than a megabyte",
    );
    refused_layer(
        Layer::new().member("x", EntryType::XHeader, "", &long).file("a", ""),
        "a name has more than a megabyte",
    );
    let deep = "a/".repeat(3000);
    let deep = Layer::new().member("x", EntryType::GNULongName, "", deep.as_bytes()).file("a", "");
    refused_layer(deep, "a path has more than 4096 bytes");
    let long = &long[..5000];
    let target = |kind| Layer::new().member("x", EntryType::GNULongLink, "", long).member("a", kind, "", &[]);
    for kind in [EntryType::Symlink, EntryType::Link] {
        refused_layer(target(kind), "a path has more than 4096 bytes");
        refused(target(kind).done(), "a path has more than 4096 bytes");
    }
    let name = Layer::new().member("x", EntryType::GNULongName, "", long).file("a", "");
    refused(name.done(), "a path has more than 4096 bytes");
    let deep = "a/".repeat(2000);
    let image = archive(&saved(&[Layer::new()
        .member("x", EntryType::GNULongName, "", deep.as_bytes())
        .file("a", "")
        .done()]));
    Desk::new().file("image.tar", image).run(&["report", "image.tar"]).good();
}

#[test]
fn an_index_without_end() {
    let mut files = Vec::new();
    let mut index = json!({ "manifests": [] }).to_string().into_bytes();
    for _ in 0..10 {
        let digest = digest(&index);
        files.push((format!("blobs/sha256/{}", &digest[7..]), index));
        index = json!({ "manifests": [{ "digest": digest }] }).to_string().into_bytes();
    }
    files.push(("index.json".to_owned(), index));
    refused(archive(&files), "its index has no end");
}

#[test]
fn holes_without_end() {
    let why = "`x` is a file with holes in it: no engine writes one";
    refused_layer(Layer::new().hole("x"), why);
    refused(Layer::new().hole("x").done(), why);
}

#[test]
fn names_that_are_there_twice() {
    let mut twice = saved(&[Layer::new().file("a", "x").done()]);
    twice.push(("./manifest.json".to_owned(), b"[]".to_vec()));
    for packed in [Packed::Plain, Packed::Gzip, Packed::Zstd] {
        refused(packed.pack(&archive(&twice)), "it has `manifest.json` twice");
    }
    twice.pop();
    // Programs list a directory as often as they like, even one that has the name of a file.
    let start = Layer::new().folder("0/").folder("0/").folder("manifest.json");
    let image = twice.iter().fold(start, |archive, (path, bytes)| archive.file(path, bytes)).done();
    for packed in [Packed::Plain, Packed::Gzip, Packed::Zstd] {
        Desk::new().file("image.tar", packed.pack(&image)).run(&["report", "image.tar"]).good();
    }
}

#[test]
fn names_control_no_terminal() {
    let mut named = saved(&[Layer::new().file("a", "x").done()]);
    let list = String::from_utf8(named[2].1.clone()).unwrap();
    named[2].1 = list.replace("app:1", "app\\u001b[2J\\n:1").into_bytes();
    let told = Desk::new().file("image.tar", archive(&named)).run(&["report", "image.tar"]).good();
    assert!(told.out.starts_with("IMAGE: app\\u{1b}[2J\\n:1 for linux/amd64"), "{:?}", told.out);
    refused_layer(Layer::new().file("../\x1b[2J", "x"), "the path `../\\u{1b}[2J` leads out of the image");
}

#[test]
fn more_layers_than_any_image_has() {
    let mut image = saved(&[Layer::new().file("a", "x").done()]);
    let list = json!([{ "Config": image[1].0, "Layers": vec!["0/layer.tar"; 1001] }]);
    image[2].1 = list.to_string().into_bytes();
    refused(archive(&image), "the image has more than 1000 layers");
}

/// What is in JSON takes more memory than its text: of many configs only one at a time is kept.
#[test]
fn configs_that_are_large_together() {
    let history = vec!["[]"; 200_000].join(",");
    let config = format!(r#"{{"os":"linux","architecture":"amd64","history":[{history}]}}"#);
    let list = json!(vec![json!({ "Config": "config.json", "Layers": [] }); 40]).to_string();
    let files = [("config.json".to_owned(), config.into()), ("manifest.json".to_owned(), list.into())];
    let told = run_in_100_mb(&Desk::new().file("image.tar", archive(&files)));
    let why = "it has several images: save the one that is meant by itself";
    assert_eq!((told.code, told.err), (2, format!("optfrontend: image.tar: {why}\n")));
}

/// What becomes much more than it is takes no memory: the layer is larger than all that the program may have.
#[test]
fn a_layer_that_is_much_more_than_its_file() {
    let layer = Layer::new().file("zeros", vec![0; 150_000_000]).done();
    let packed = Packed::Gzip.pack(&archive(&layout(&[("amd64", &[layer])], Packed::Gzip)));
    assert!(packed.len() < 1_000_000, "{}", packed.len());
    let told = run_in_100_mb(&Desk::new().file("image.tar", packed)).good();
    assert!(told.out.contains("150.0 MB"), "{}", told.out);
}

/// The report of `image.tar`, by a program that may have only so much memory.
fn run_in_100_mb(desk: &Desk) -> Told {
    let program = command(&["report", "image.tar"]);
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "ulimit -v 100000; exec \"$@\"", "sh"])
        .arg(program.get_program())
        .args(program.get_args());
    told(limited.current_dir(&desk.0).stdin(Stdio::null()).output().unwrap())
}
