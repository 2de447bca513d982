//! All that a build leaves, searched for what it was given in confidence.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use optfrontend_tests::{Agent, Build, GitServer, Registry, Repository, Site, Traces, nonce};
use serde_json::Value;

use crate::attestations::scanner;

/// Builds in every way that leaves something, and collects that.
#[track_caller]
fn traces(build: &Build) -> Traces {
    let mut traces = Traces::default();
    let scanner = scanner();
    let image = build.image_with(&["--provenance=mode=max", &format!("--sbom=generator={}", &**scanner)]);
    traces.add_image(&image);
    let outcome = &image.built.outcome;
    traces.add("progress=rawjson", [&*outcome.stdout, &outcome.stderr, &image.built.logs].concat());

    let again = ["--no-cache", "--output=type=cacheonly", "--provenance=mode=max"];
    let plain = build.run_with(again.into_iter().chain(["--progress=plain", "--metadata-file=told.json"]));
    assert_eq!(plain.outcome.code, Some(0), "{}", plain.outcome.stderr);
    traces.add("progress=plain", plain.outcome.stdout + &plain.outcome.stderr);
    traces.add_file("metadata file", &build.folder().join("told.json"));

    build.run_with(["--output=type=cacheonly", "--cache-to=type=local,mode=max,dest=cache"]).ok();
    traces.add_folder("cache in a folder", &build.folder().join("cache"));
    let registry = Registry::own();
    let to = format!("--cache-to=type=registry,mode=max,ref={}", &*registry.name("cache"));
    build.run_with(["--output=type=cacheonly", &to]).ok();
    traces.add_folder("cache in a registry", &registry.data());
    let registry = Registry::own();
    build.run_with(["--push", "--tag", &*registry.name("image"), "--cache-to=type=inline"]).ok();
    traces.add_folder("image with an inline cache", &registry.data());
    add_answers(&mut traces, build);
    traces
}

/// What the methods answer, those for Dockerfiles apart; all that there are.
#[track_caller]
fn add_answers(traces: &mut Traces, build: &Build) {
    let methods = build.run_with(["--call=subrequests.describe,format=json"]).ok();
    let methods: Value = serde_json::from_str(&methods.outcome.stdout).unwrap_or_default();
    let methods = methods.as_array().into_iter().flatten().filter_map(|method| method["name"].as_str());
    let methods: Vec<&str> = methods.map(|name| name.trim_start_matches("frontend.")).collect();
    assert!(methods.contains(&"outline") && methods.contains(&"expand"), "{methods:?}");
    for method in methods {
        for form in ["", ",format=json"] {
            let answer = build.run_with([format!("--call={method}{form}")]);
            traces.add(&format!("call={method}"), answer.outcome.stdout.clone() + &answer.outcome.stderr);
        }
    }
}

/// What is searched for of a private key: what only it has, and the lines of the file that it came in.
#[track_caller]
fn private_parts(agent: &Agent) -> Vec<Vec<u8>> {
    let file = std::fs::read_to_string(agent.key()).unwrap_or_default();
    let lines: Vec<&str> = file.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = STANDARD.decode(lines.concat()).unwrap_or_default();
    let public = agent.public_key();
    let public = STANDARD.decode(public.split(' ').nth(1).unwrap_or_default()).unwrap_or_default();
    let public = &public[public.len() - 32..];
    // The last time that it stands there is behind what makes the key private.
    let end = bytes.windows(32).rposition(|window| window == public).unwrap_or_default();
    let last = lines[lines.len() - 3..].iter().map(|line| line.as_bytes().to_vec());
    [bytes[end - 32..end].to_vec()].into_iter().chain(last).collect()
}

#[test]
fn what_is_given_in_confidence_is_nowhere_afterwards() {
    let agent = Agent::start("traces");
    let server = GitServer::start(&Repository::new().commit(&[("ssh.txt", "by ssh")]), &agent);
    let secret = |what: &str| format!("{what} of/{}+&=%<\"", nonce());
    let (file, variable, arg) = (secret("file"), secret("variable"), secret("arg"));
    let token = nonce() + &nonce();
    let repository = Repository::new().commit(&[("token.txt", "by a token")]);
    let site = Site::empty().repository("/r.git", &repository).only_for("x-access-token", &token).start();
    let spec = format!(
        "
args: {{PASSWORD: {{}}}}
secrets: {{file: {{}}, variable: {{}}}}
stages:
  fetched:
    from: scratch
    steps: [{{add: '{}', to: /}}, {{add: '{}', to: /}}]
  app:
    from: busybox:1.36
    labels: {{made: NONCE}}
    steps:
      - run: |
          echo begins NONCE
          test \"$(cat /run/secrets/file)\" = \"$VARIABLE\" && exit 1
          test -n \"$PASSWORD\" && test -S \"$SSH_AUTH_SOCK\"
          cat /run/secrets/file | md5sum
          echo \"$VARIABLE$PASSWORD\" | md5sum > /sums; echo works NONCE | tee -a /sums
        secrets: [file, {{id: variable, env: VARIABLE}}]
        ssh: true
      - {{copy: [/ssh.txt, /token.txt], from: fetched, to: /fetched/}}
",
        server.place(),
        site.url("/r.git#main")
    );
    let build = Build::spec(&spec).file("file", &file).file("token", &token).variable("GIVEN", &variable);
    let build = build.variable("BUILDX_METADATA_PROVENANCE", "max").file(".dockerignore", "*\n").flags([
        "--secret=id=file,src=file".to_owned(),
        "--secret=id=variable,env=GIVEN".to_owned(),
        "--secret=id=GIT_AUTH_TOKEN,src=token".to_owned(),
        format!("--ssh=default={}", agent.socket().display()),
        format!("--build-arg=PASSWORD={arg}"),
    ]);
    let traces = traces(&build);
    for (what, value) in
        [("file", file.as_bytes()), ("variable", variable.as_bytes()), ("token", token.as_bytes())]
    {
        assert_eq!(traces.of(value), BTreeSet::new(), "the secret in a {what}");
    }
    for part in private_parts(&agent) {
        assert_eq!(traces.of(&part), BTreeSet::new(), "the key of the agent");
    }
    // A build arg is no secret: the daemon itself writes it down, and who asks what a build is given is told.
    assert_eq!(
        traces.of(&arg),
        BTreeSet::from(["call=outline", "metadata file", "provenance"]),
        "the build arg"
    );
    // What is meant to be seen is there.
    assert!(traces.of(build.nonce()).is_superset(&BTreeSet::from([
        "config",
        "history",
        "layer",
        "progress=plain"
    ])));
}

/// Answers that are the same for every spec, or tell of images, repositories and downloads alone.
const SAY_NOTHING_OF_A_SPEC: [&str; 4] =
    ["call=lock", "call=outdated", "call=schema", "call=subrequests.describe"];

#[test]
fn the_search_finds_in_each_place_what_is_planted_there() {
    let spec = "
args: {PLANTED: {default: NONCE}}
annotations: {planted: NONCE}
stages:
  unused-NONCE: {from: scratch}
  app-NONCE:
    from: busybox:1.36
    description: NONCE
    labels: {planted: NONCE}
    steps:
      - {copy: METADATA, to: /usr/lib/python3/dist-packages/planted-1.dist-info/}
      - run: echo NONCE | tee /planted $PLANTED
";
    let build = Build::spec(spec);
    let nonce = build.nonce().to_owned();
    let metadata = format!("Metadata-Version: 2.1\nName: {nonce}\nVersion: 1\n");
    let build = build.file("METADATA", metadata).variable("BUILDX_METADATA_PROVENANCE", "max");
    let (traces, planted) = (traces(&build.flags([format!("--build-arg=PLANTED={nonce}")])), nonce);
    let found = traces.of(&planted);
    let missed: Vec<&str> = traces.places().into_iter().filter(|place| !found.contains(place)).collect();
    assert_eq!(missed, SAY_NOTHING_OF_A_SPEC);
}
