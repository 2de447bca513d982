//! Bad input on the real engine: the whole message as the user's terminal shows it.
//!
//! A snapshot in `tests/bad-input` for each. What changes from run to run is filtered in one place, [`assert_told`].
//! Where the words are the daemon's or the client's own and an old one has others, `NAME@0.13.snap` holds for `BuildKit` 0.13
//! and older.

mod checklist;
mod external;
mod install;
mod lock;
mod policy;
mod processes;
mod registries;
mod scan;
mod stores;
mod verify;

use std::path::Path;

use insta::Settings;
use optfrontend_tests::{Build, Built, buildkit_version, frontend};

/// For files that cannot name their frontend themselves, and for messages without lines: where the file does name it, the daemon shows that
/// line with them.
fn by_flag() -> [String; 1] {
    [format!("--build-arg=BUILDKIT_SYNTAX={}", frontend())]
}

/// Compares what the client says at the end, and checks what holds of every failure.
#[track_caller]
fn assert_told(name: &str, built: &Built) {
    assert_eq!(built.outcome.stdout, "", "a build that fails says nothing on stdout");
    assert_ne!(built.outcome.code, Some(0));
    let messages = built.messages();
    assert!(!messages.contains("panicked") && !messages.contains("has a bug"), "{messages}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bad-input");
    let (suffix, text) = (suffix(&folder, name), clean(messages));
    if suffix.is_none() && buildkit_version() < KEEPS_DETAILS {
        let snapshot = std::fs::read_to_string(folder.join(format!("{name}.snap"))).unwrap_or_default();
        let (_, wanted) = snapshot.split_once("ERROR: ").unwrap_or_default();
        assert_eq!(text, format!("ERROR: {wanted}"), "what {name}.snap says, without excerpts");
        return;
    }
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    if let Some(suffix) = suffix {
        settings.set_snapshot_suffix(suffix);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Docker with a `BuildKit` before this one drops all details of errors, and so the excerpts of any file.
const KEEPS_DETAILS: (u32, u32) = (0, 9);

/// The suffix of the oldest snapshot that holds for the engine in use, where that is not the usual one.
fn suffix(folder: &Path, name: &str) -> Option<&'static str> {
    let suffixes = [((0, 8), "0.8"), ((0, 13), "0.13")];
    let mut held = suffixes.iter().filter(|(release, _)| buildkit_version() <= *release);
    held.find(|(_, suffix)| folder.join(format!("{name}@{suffix}.snap")).exists()).map(|(_, suffix)| *suffix)
}

/// Leaves out what no two runs share: digests, addresses, and links to the engine's own pages.
fn clean(messages: &str) -> String {
    let lines = messages.lines().filter(|line| !line.contains("docker-desktop://"));
    let mut text: String = lines.map(|line| line.trim_end().to_owned() + "\n").collect();
    while let Some(start) = text.find("sha256:") {
        let digest = &text[start + 7..];
        let length = digest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digest.len());
        text.replace_range(start..start + 7 + length, "DIGEST");
    }
    // The client asks for the build and runs the frontend's callback at the same time, and tells whichever fails first.
    let text = text.replace("failed to run Build function: ", "failed to solve: ");
    let text = in_words_of_today(&text);
    let text = without_ports(&without_commits(&text));
    // Which of its addresses a name stands for is the machine's affair.
    text.replace("[::1]:1", "127.0.0.1:1")
}

/// Puts the words around our own as newer clients and daemons have them: `failed to build`, and nothing about the gateway.
fn in_words_of_today(text: &str) -> String {
    let text =
        text.replace("ERROR: ", "ERROR: failed to build: ").replace("build: failed to build: ", "build: ");
    // The client leaves the first of these words out where the other of its two calls fails first.
    let text = text.replace("rpc error: code = Unknown desc = failed to solve with", "failed to solve with");
    let gateway = "failed to solve with frontend gateway.v0: rpc error: code = Unknown desc = ";
    // An old daemon tells as well by which frontend it came to the one that the spec names.
    let by_spec = gateway.replace("gateway.v0", "dockerfile.v0: failed to solve with frontend gateway.v0");
    let by_flag = format!("failed with build-arg:BUILDKIT_SYNTAX = {}: ", frontend());
    text.replace(&by_spec, "").replace(gateway, "").replace(&by_flag, "")
}

/// Leaves out the commits of repositories that tests make, which differ from run to run.
fn without_commits(text: &str) -> String {
    let is_commit = |word: &str| {
        word.len() == 40 && word.bytes().all(|b| b.is_ascii_hexdigit()) && word.contains(|c| c != '0')
    };
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let words = words.map(|word| {
        let hex = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_commit(hex) { word.replace(hex, "COMMIT") } else { word.to_owned() }
    });
    words.collect()
}

/// Leaves out the ports of servers that tests start; port 1 is the one where nobody answers.
fn without_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let port = if matches!(&part[..digits], "" | "1") { &part[..digits] } else { "PORT" };
        clean += &format!("127.0.0.1:{port}{}", &part[digits..]);
    }
    clean
}

/// A spec that must fail, told as its snapshot.
#[track_caller]
fn fails(name: &str, spec: &str) {
    assert_told(name, &Build::spec(spec).fail());
}

#[test]
fn a_tab() {
    fails("tab", "stages:\n  app:\n\tfrom: busybox:1.36\n");
}

#[test]
fn duplicate_keys() {
    fails("duplicate_keys", "stages:\n  app:\n    from: busybox:1.36\n    from: scratch\n");
}

#[test]
fn a_second_document() {
    fails("second_document", "stages: {app: {from: scratch}}\n---\nstages: {}\n");
}

#[test]
fn aliases_that_multiply() {
    let levels: Vec<String> = ('b'..='i')
        .zip('a'..)
        .map(|(this, last)| format!("x-{this}: &{this} [{}]\n", vec![format!("*{last}"); 10].join(", ")))
        .collect();
    let levels = levels.concat();
    fails("alias_bomb", &format!("x-a: &a [v]\n{levels}stages: {{app: {{from: scratch}}}}\n"));
}

#[test]
fn a_hundred_megabytes() {
    let built =
        Build::spec(&format!("stages: {{app: {{from: scratch}}}}\n{}", "# x\n".repeat(25 << 20))).fail();
    assert_told("hundred_megabytes", &built);
}

#[test]
fn bytes_that_are_no_text() {
    let build =
        Build::spec("").file("build.yaml", b"# syntax=optfrontend/optfrontend:1\nstages: {caf\xe9: {}}\n");
    assert_told("not_utf8", &build.fail());
}

#[test]
fn an_empty_file() {
    assert_told("empty", &Build::spec("").file("build.yaml", "").flags(by_flag()).fail());
}

#[test]
fn a_file_that_is_not_there() {
    assert_told("no_file", &Build::spec("").using("other.yaml").flags(by_flag()).fail());
    assert_told("no_file_named", &Build::spec("").using("Dockerfile").flags(by_flag()).fail());
}

#[test]
fn stages_in_a_circle() {
    fails(
        "circle",
        "stages:\n  one: {from: two}\n  two:\n    from: busybox:1.36\n    steps:\n      - {copy: /a, from: one}\n",
    );
}

#[test]
fn a_stage_that_uses_itself() {
    fails("self_use", "stages:\n  app:\n    from: app\n");
}

#[test]
fn a_target_that_is_not_there() {
    let build =
        Build::spec("stages:\n  build: {from: scratch}\n  app: {from: scratch}\n").flags(["--target=biuld"]);
    assert_told("target_unknown", &build.fail());
}

#[test]
fn an_undefined_variable() {
    fails("variable_undefined", "args:\n  VERSION: dev\nstages:\n  app:\n    from: busybox:$VERSON\n");
}

#[test]
fn faults_of_all_phases() {
    let spec = include_str!("../../../frontend/tests/invalid/all_phases.yaml");
    fails("all_phases", spec);
}

#[test]
fn a_secret_that_the_client_did_not_pass() {
    fails(
        "secret_missing",
        "secrets: {token: {}}\nstages:\n  app:\n    from: busybox:1.36\n    steps:\n      - run: echo build\n        secrets: token\n",
    );
}

#[test]
fn an_agent_that_the_client_did_not_forward() {
    fails(
        "ssh_missing",
        "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - run: echo build\n        ssh: true\n",
    );
}

#[test]
fn privileges_that_the_client_did_not_allow() {
    let spec = "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - run: mount\n        security: insecure\n";
    fails("security_not_allowed", spec);
}

#[test]
fn a_network_that_the_client_did_not_allow() {
    let spec =
        "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - run: ip link\n        network: host\n";
    fails("network_not_allowed", spec);
}

#[test]
fn a_device_that_the_builder_has_not() {
    let spec = "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - run: use it\n        devices: {name: vendor.test/device=none, required: true}\n";
    fails("device_missing", spec);
}

#[test]
fn a_device_that_the_client_did_not_allow() {
    let step = "run: use it\n        devices: {name: optfrontend.test/device=guarded, required: true}\n";
    let spec = format!("stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - {step}");
    fails("device_not_allowed", &spec);
}

#[test]
fn an_include_that_is_not_there() {
    let build = Build::spec("include: [comon.yaml, parts/base.yaml]\nstages: {app: {from: base}}\n");
    assert_told("include_missing", &build.file("common.yaml", "args: {}\n").fail());
}

#[test]
fn an_include_of_a_spec_from_stdin() {
    let build = Build::spec("include: common.yaml\n").file("common.yaml", "stages: {app: {from: scratch}}\n");
    assert_told("include_from_stdin", &build.from_stdin().fail());
}

#[test]
fn includes_in_a_circle() {
    let build = Build::spec("include: one.yaml\nstages: {app: {from: scratch}}\n");
    let build =
        build.file("one.yaml", "include: two.yaml\n").file("two.yaml", "args: {}\ninclude: one.yaml\n");
    assert_told("include_circle", &build.fail());
}

#[test]
fn includes_that_lead_elsewhere() {
    let spec = "include:\n  - ../common.yaml\n  - /etc/passwd\n  - https://example.com/common.yaml\n  - $NAME.yaml\n  - folder\nstages:\n  app: {from: scratch}\n";
    assert_told("include_elsewhere", &Build::spec(spec).file("folder/a.yaml", "").fail());
}

#[test]
fn an_include_that_is_a_directory() {
    let build = Build::spec("include: folder\n").file("folder/a.yaml", "");
    assert_told("include_directory", &build.fail());
}

#[test]
fn an_included_link_that_leads_out_of_the_folder() {
    let build = Build::spec("include: link.yaml\n");
    std::os::unix::fs::symlink("../../../../../../etc/passwd", build.folder().join("link.yaml")).unwrap();
    assert_told("include_link", &build.fail());
}

#[test]
fn faults_of_an_included_file() {
    let build = Build::spec("include: ci/tools.yaml\nstages:\n  app:\n    from: tools\n    user: $NOBODY\n");
    let tools = "# Tools that every build needs.\nstages:\n  tools:\n    form: busybox:1.36\n    steps:\n      - run: make\n        chmod: 755\n";
    assert_told("include_faults", &build.file("ci/tools.yaml", tools).fail());
}

#[test]
fn includes_of_other_kinds() {
    let build = Build::spec("include: common.yaml\nargs: {VERSION: \"2\"}\nstages:\n  - app\n");
    let common = "args:\n  VERSION: {default: \"1\"}\nstages:\n  app: {from: scratch}\n";
    assert_told("include_kinds", &build.file("common.yaml", common).fail());
}

#[test]
fn too_many_includes() {
    let names: Vec<String> = (1..=51).map(|number| format!("{number}.yaml")).collect();
    fails("include_many", &format!("include: [{}]\n", names.join(", ")));
}

#[test]
fn includes_that_are_too_large() {
    let large = "args: {}\n".to_owned() + &"# x\n".repeat(150 << 10);
    let build = Build::spec("include: [one.yaml, two.yaml, three.yaml]\n");
    let build = build.file("one.yaml", &large).file("two.yaml", &large).file("three.yaml", large.repeat(8));
    assert_told("include_large", &build.fail());
}

#[test]
fn a_step_of_an_included_file_that_fails() {
    let build = Build::spec("include: common.yaml\nstages:\n  app: {from: base}\n");
    let common = "# What every build starts from.\nstages:\n  base:\n    from: busybox:1.36\n    steps:\n      - run: exit 7\n";
    assert_told("include_run_fails", &build.file("common.yaml", common).fail());
}

const COPY: &str =
    "stages:\n  app:\n    from: scratch\n    steps:\n      - copy: src/mian.c\n        to: /\n";

#[test]
fn a_path_that_is_not_there() {
    assert_told("copy_missing", &Build::spec(COPY).file("src/main.c", "").fail());
}

#[test]
fn a_copy_as_a_dockerfile_writes_it() {
    let spec =
        |paths: &str| format!("stages:\n  app:\n    from: scratch\n    steps:\n      - copy: {paths}\n");
    let told = |name: &str, paths: &str| {
        assert_told(name, &Build::spec(&spec(paths)).file("app.txt", "").fail());
    };
    told("copy_and_target", "app.txt /data/");
    told("copy_and_target_listed", "[app.txt, /data/]");
}

#[test]
fn a_path_that_is_not_there_beside_patterns() {
    let spec = "stages:\n  app:\n    from: scratch\n    steps:\n      - {copy: src, to: /}\n      - {copy: src/mian.c, to: /, parents: true}\n";
    assert_told("copy_missing_parents", &Build::spec(spec).file("src/main.c", "").fail());
    let spec =
        "stages:\n  app:\n    from: scratch\n    steps:\n      - {copy: scr, to: /, exclude: \"*.o\"}\n";
    assert_told("copy_missing_exclude", &Build::spec(spec).file("src/main.c", "").fail());
}

#[test]
fn a_path_that_is_not_sent() {
    let build = Build::spec(COPY).file("src/mian.c", "").file(".dockerignore", "# note\nsrc\n");
    assert_told("copy_ignored", &build.fail());
}

#[test]
fn an_ignore_file_with_a_bad_pattern() {
    let build = Build::spec(COPY).file("src/mian.c", "").file(".dockerignore", "ok\n[a-\n!\n");
    assert_told("ignore_file", &build.fail());
}

#[test]
fn a_step_that_fails() {
    fails(
        "run_fails",
        "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - run: |\n          echo works\n          exit 7\n          echo never\n",
    );
}

#[test]
fn a_step_that_fails_among_explained_ones() {
    let spec = "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - copy: a\n      - run: [/no/such/program]\n";
    assert_told("run_fails_after_copy", &Build::spec(spec).file("a", "").fail());
}

#[test]
fn a_step_that_takes_too_long() {
    let spec = "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - run: |\n          echo waiting\n          sleep 1000\n        timeout: 300ms\n";
    fails("run_too_long", spec);
}

#[test]
fn users_that_the_base_has_otherwise() {
    fails(
        "users_taken",
        "stages:\n  app:\n    from: busybox:1.36\n    users:\n      - {name: www-data, uid: 1000}\n      - {name: app, uid: 33}\n      \
         - {name: web, gid: 34, group: www-data}\n",
    );
}

#[test]
fn users_of_a_stage_whose_base_fails() {
    fails(
        "users_base_fails",
        "stages:\n  base:\n    from: busybox:1.36\n    steps:\n      - run: exit 7\n  app:\n    from: base\n    users: app\n",
    );
}

#[test]
fn users_where_a_directory_is_in_the_way() {
    fails(
        "users_directory",
        "stages:\n  base:\n    from: scratch\n    steps:\n      - mkdir: /etc/passwd\n  app:\n    from: base\n    users: app\n",
    );
}

#[test]
fn a_base_image_that_does_not_exist() {
    fails("image_missing", "stages:\n  app:\n    from: localhost:1/no-such-image:1\n");
}

#[test]
fn a_base_image_that_is_not_there_for_the_platform() {
    let build = Build::spec("stages:\n  app:\n    from: golang:1.22\n    steps: [{run: go version}]\n");
    assert_told("image_platform", &build.flags(["--platform=linux/s390x"]).fail());
}

/// Each message on the page is what a snapshot shows; the page names it in a comment above.
#[test]
fn the_page_about_failures_shows_what_users_see() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(folder.join("../docs/troubleshooting.md")).unwrap();
    let mut shown = 0;
    for part in page.split("<!-- ").skip(1) {
        let (name, rest) = part.split_once(" -->\n```text\n").expect("a name, and what it shows");
        let (text, _) = rest.split_once("```").expect("an end");
        let snapshot = std::fs::read_to_string(folder.join(format!("bad-input/{name}.snap"))).unwrap();
        let (_, told) = snapshot.split_once("ERROR: ").expect("an error");
        assert_eq!(format!("ERROR: {told}"), text, "{name}");
        shown += 1;
    }
    assert!(shown > 15, "{shown}");
}
