//! Git repositories behind ssh: a real server, and an agent with the key that it wants.

use optfrontend_tests::{Agent, Build, GitServer, Repository, frontend};

use crate::contexts::same;

const DOCKERFILE: &str = "FROM scratch\nCOPY docs /all/\n";
const SPEC: &str = "stages: {app: {from: scratch, steps: [{copy: docs, to: /all/}]}}\n";

fn repository() -> Repository {
    Repository::new()
        .commit(&[("docs/a.txt", "first"), ("Dockerfile", DOCKERFILE), ("build.yaml", SPEC)])
        .git(&["tag", "v1"])
        .commit(&[("docs/a.txt", "second")])
}

/// The flag that forwards an agent.
fn forwarded(agent: &Agent) -> String {
    format!("--ssh=default={}", agent.socket().display())
}

#[test]
fn a_repository_is_added_as_a_dockerfile_adds_it() {
    let agent = Agent::start("key");
    let server = GitServer::start(&repository(), &agent);
    let (place, url) = (server.place(), server.url());
    let dockerfile = format!("FROM scratch\nADD {place} /second/\nADD {url}#v1:docs /first/\n");
    let spec = format!(
        "stages: {{app: {{from: scratch, steps: [{{add: '{place}', to: /second/}}, {{add: '{url}#v1:docs', to: /first/}}]}}}}"
    );
    let image = same(Build::dockerfile(&dockerfile), Build::spec(&spec), &[&forwarded(&agent)]);
    assert_eq!(image.only().text("/second/docs/a.txt"), "second");
    assert_eq!(image.only().text("/first/a.txt"), "first");
}

#[test]
fn a_repository_is_a_source() {
    let agent = Agent::start("key");
    let server = GitServer::start(&repository(), &agent);
    let spec = format!(
        "
sources: {{repo: {{git: '{}', ref: v1, subdir: docs}}}}
stages: {{app: {{from: scratch, steps: [{{copy: a.txt, from: repo}}]}}}}
",
        server.place()
    );
    let image = Build::spec(&spec).flags([forwarded(&agent)]).image();
    assert_eq!(image.only().text("/a.txt"), "first");
}

#[test]
fn a_repository_is_the_context() {
    let agent = Agent::start("key");
    let server = GitServer::start(&repository(), &agent);
    let of = |context: &str, file| {
        let socket = agent.socket();
        // The client forwards the agent of its environment by itself.
        Build::spec("").using(file).context(context).variable("SSH_AUTH_SOCK", socket.display().to_string())
    };
    for (context, content) in [(server.place(), "second"), (format!("{}#v1", server.url()), "first")] {
        let spec = of(&context, "build.yaml").flags([format!("--build-arg=BUILDKIT_SYNTAX={}", frontend())]);
        let image = same(of(&context, "Dockerfile"), spec, &[]);
        assert_eq!(image.only().text("/all/a.txt"), content);
    }
}

#[test]
fn a_repository_stands_in_for_a_stage() {
    let agent = Agent::start("key");
    let server = GitServer::start(&repository(), &agent);
    let spec = "
stages:
  web: {from: scratch, steps: [{copy: not-there}]}
  app: {from: scratch, steps: [{copy: a.txt, from: web}]}
";
    let context = format!("--build-context=web={}#v1:docs", server.place());
    let image = Build::spec(spec).flags([context, forwarded(&agent)]).image();
    assert_eq!(image.only().text("/a.txt"), "first");
}

#[test]
fn what_is_missing_is_told() {
    let (agent, other) = (Agent::start("key"), Agent::start("other"));
    let server = GitServer::start(&repository(), &agent);
    let place = server.place();
    let add = |place: &str| {
        Build::spec(&format!("stages: {{app: {{from: scratch, steps: [{{add: '{place}', to: /}}]}}}}"))
    };
    let told = |build: Build, place: &str, why: &str| {
        let failed = build.fail();
        let messages = failed.messages();
        let expected = format!("build.yaml:2:45: the git repository {place} cannot be had: {why}");
        assert!(messages.contains(&expected), "{expected}\n{messages}");
    };
    told(
        add(&place),
        &place,
        "an ssh agent is needed\n  help: add `--ssh default`, with an agent that runs and holds a key",
    );
    told(
        add(&place).flags([forwarded(&other)]),
        &place,
        "it takes no key of the ssh agent\n  help: add the key that it takes with `ssh-add`",
    );
    let nothing = place.replace("r.git", "nothing.git");
    told(add(&nothing).flags([forwarded(&agent)]), &nothing, "there is no such repository");
}
