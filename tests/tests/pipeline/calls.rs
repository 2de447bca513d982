//! Questions that are asked instead of a build.

use optfrontend_tests::fake_gateway::FakeGateway;

use crate::{images, opts, run};

#[tokio::test(start_paused = true)]
async fn an_unknown_subrequest_is_refused_in_the_words_that_clients_look_for() {
    let (session, outcome) = run(FakeGateway::new(), &opts(&[("requestid", "frontend.weather")])).await;
    let message = outcome.unwrap_err().message;
    assert!(
        message.starts_with("unsupported request frontend.weather\n  help: known methods: `lint`"),
        "{message}"
    );
    assert!(session.methods().is_empty());
    let (_, outcome) = run(FakeGateway::new(), &opts(&[("requestid", "frontend.grpah")])).await;
    let message = outcome.unwrap_err().message;
    assert_eq!(message, "unsupported request frontend.grpah\n  help: did you mean `graph`?");
}

#[tokio::test(start_paused = true)]
async fn a_check_tells_every_fault_and_solves_nothing() {
    let spec = "stages:\n  app:\n    from: busybox\n    steps:\n      - run: make\n        chmod: 755\n      - copy: $NOPE\n";
    let fake = images().file("dockerfile", "build.yaml", spec);
    let (session, outcome) = run(fake, &opts(&[("requestid", "frontend.lint")])).await;
    let result = outcome.unwrap();
    assert_eq!(result.metadata["result.statuscode"], b"1");
    assert_eq!(
        String::from_utf8_lossy(&result.metadata["result.txt"]),
        "the spec has 2 faults\n\
         build.yaml:6:9: `chmod` does not belong to a `run` step\n  \
           help: it is an option of `copy`, `add` or `mkdir`\n\
         build.yaml:7:15: the variable `NOPE` is not defined\n  \
           help: declare it under `args` or `env`; `$$` is a dollar that stays one"
    );
    assert_eq!(
        session.methods().iter().filter(|method| **method == "Solve").count(),
        3,
        "only the three sources"
    );
}

#[tokio::test(start_paused = true)]
async fn targets_and_outline_tell_what_can_be_built_and_given() {
    let spec = "\
args: {VERSION: {default: dev, description: the release}}
secrets: {token: {required: false}}
stages:
  build: {from: busybox, description: compiles, steps: [{run: make, secrets: token, cache: go}]}
  app: {from: build}
";
    let ask = async |request| {
        let fake = images().file("dockerfile", "build.yaml", spec);
        let (_, outcome) = run(fake, &opts(&[("requestid", request)])).await;
        String::from_utf8(outcome.unwrap().metadata["result.txt"].clone()).unwrap()
    };
    assert_eq!(
        ask("frontend.targets").await,
        "TARGET          DESCRIPTION\nbuild           compiles\napp (default)\n\
         debug           the default target with a shell and tools; STAGE+debug for any other one\n"
    );
    assert_eq!(
        ask("frontend.outline").await,
        "TARGET:   app\n\n\
         BUILD ARG   VALUE   DESCRIPTION\nVERSION     dev     the release\n\n\
         SECRET   REQUIRED\ntoken\n"
    );
}
