//! Contexts and specs that are no directories of the client, and ignore files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use buildkit_proto::google::rpc::Status;
use optfrontend_tests::fake_gateway::FakeSession;

use crate::{CONFIG, SPEC, images, opts, run};

#[tokio::test(start_paused = true)]
async fn named_contexts_take_no_more_round_trips() {
    let fake = images()
        .file("dockerfile", "build.yaml", SPEC)
        .file("files", ".dockerignore", "*.log\n")
        .image("docker.io/library/alpine:3", CONFIG);
    let contexts = [
        ("context:build", "local:files"),
        ("context:busybox", "docker-image://alpine:3"),
        ("context:unused", "local:unused"),
    ];
    let (session, outcome) = run(fake, &opts(&contexts)).await;
    outcome.unwrap();
    assert_eq!(session.longest_chain().len(), 5);
    let solved = session.definitions().last().unwrap().def.concat();
    let solved = String::from_utf8_lossy(&solved);
    assert!(
        solved.contains("local://files") && solved.contains("*.log") && solved.contains("alpine"),
        "{solved}"
    );
    assert!(!solved.contains("golang") && !solved.contains("make"), "{solved}");
    let reads = session.methods().iter().filter(|method| **method == "ReadFile").count();
    assert_eq!(reads, 4, "spec, its lock file, its ignore file, that of the one directory that is needed");
}

#[tokio::test(start_paused = true)]
async fn a_named_context_is_told_where_it_stands_for_what_is_missing() {
    let contexts = [("context:a", "docker-image://gone:1"), ("context:web", "docker-image://gone:1")];
    for (from, told) in [("web", " (the named context `web`)"), ("gone:1", "")] {
        let spec = format!("stages: {{app: {{from: {from}}}}}\n");
        let (_, outcome) = run(images().file("dockerfile", "build.yaml", spec), &opts(&contexts)).await;
        let expected = format!(
            "build.yaml:1:22: the image docker.io/library/gone:1{told} cannot be had: there is no such image"
        );
        assert_eq!(outcome.unwrap_err().message.lines().next(), Some(expected.as_str()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_input_comes_with_its_config() {
    let mut graph = buildkit_llb::Graph::new();
    let output = graph.source(
        buildkit_llb::ImageSource::new("docker.io/library/linked:1"),
        buildkit_llb::OpMeta::default(),
    );
    let fake = images().input("base", graph.marshal(Some(output)).into_pb()).file(
        "dockerfile",
        "build.yaml",
        "stages: {app: {from: busybox, steps: [{run: make}]}}\n",
    );
    let config = STANDARD.encode(CONFIG.replace("PATH=/bin", "PATH=/linked"));
    let metadata = format!(r#"{{"containerimage.config":"{config}"}}"#);
    let contexts = [("context:busybox", "input:base"), ("input-metadata:base", metadata.as_str())];
    let (session, outcome) = run(fake, &opts(&contexts)).await;
    let result = outcome.unwrap();
    let config = String::from_utf8_lossy(&result.metadata["containerimage.config"]).into_owned();
    assert!(config.contains("PATH=/linked"), "{config}");
    let solved = session.definitions().last().unwrap().def.concat();
    assert!(String::from_utf8_lossy(&solved).contains("linked:1"));
    assert!(!session.methods().iter().any(|method| method.starts_with("Resolve")));
}

/// A graph that a client may hand over: the files of a repository.
fn handed_over(url: &str) -> buildkit_proto::pb::Definition {
    let mut graph = buildkit_llb::Graph::new();
    let output = graph.source(buildkit_llb::GitSource::new(url), buildkit_llb::OpMeta::default());
    graph.marshal(Some(output)).into_pb()
}

#[tokio::test(start_paused = true)]
async fn a_spec_may_come_as_an_input_and_its_ignore_file_with_it() {
    let no_such = Status { code: 2, message: "no local source dockerfile".to_owned(), details: Vec::new() };
    let fake = images()
        .input("dockerfile", handed_over("https://example.com/specs.git"))
        .source_file("git://example.com/specs.git", "build.yaml", SPEC)
        .source_file("git://example.com/specs.git", "build.yaml.dockerignore", "*.secret\n")
        .file("context", ".dockerignore", "*.log\n")
        .fail_source("local://dockerfile", no_such);
    let (session, outcome) = run(fake, &opts(&[])).await;
    outcome.unwrap();
    let built = built(&session);
    assert!(built.contains("local://context") && built.contains("*.secret"), "{built}");
    assert!(!built.contains("*.log") && !built.contains("specs.git"), "{built}");
}

#[tokio::test(start_paused = true)]
async fn steps_see_the_directory_of_a_remote_context_that_the_client_names() {
    let url = "https://example.com/r.git";
    let fake = images().source_file("git://example.com/r.git", "build.yaml", SPEC);
    let as_input = images().file("dockerfile", "build.yaml", SPEC).input("context", handed_over(url));
    let named = [("contextsubdir", "services/api")];
    for (fake, options) in [(fake, vec![("context", url), named[0]]), (as_input, named.to_vec())] {
        let (session, outcome) = run(fake, &opts(&options)).await;
        outcome.unwrap();
        let dump = session.definitions().last().unwrap().clone();
        let dump = buildkit_llb::Definition::try_from(dump).unwrap().to_string();
        let taken =
            "copy op0:/services/api / (dir-contents)  \"[internal] take services/api of the build context\"";
        assert!(dump.contains(taken), "{dump}");
        assert!(dump.contains("copy op1:/ /"), "{dump}");
    }
    // A directory of the client is the context as it is.
    let fake = images().file("dockerfile", "build.yaml", SPEC);
    let (session, outcome) = run(fake, &opts(&named)).await;
    outcome.unwrap();
    assert!(!built(&session).contains("services/api"));
}

/// The bytes of the last graph that was solved, as text.
fn built(session: &FakeSession) -> String {
    let last = session.definitions().last().map(|last| last.def.concat());
    String::from_utf8_lossy(&last.unwrap_or_default()).into_owned()
}

#[tokio::test(start_paused = true)]
async fn the_ignore_file_beside_the_spec_comes_before_that_of_the_context() {
    let fake = images()
        .file("dockerfile", "build.yaml", SPEC)
        .file("dockerfile", "build.yaml.dockerignore", "beside\n")
        .file("context", ".dockerignore", "inside\n");
    let (session, outcome) = run(fake, &opts(&[])).await;
    outcome.unwrap();
    let solved = format!(
        "{:?}",
        session
            .definitions()
            .last()
            .unwrap()
            .def
            .iter()
            .map(|op| String::from_utf8_lossy(op))
            .collect::<Vec<_>>()
    );
    assert!(solved.contains("beside") && !solved.contains("inside"), "{solved}");
}
