//! Daemons that cannot do everything.

use optfrontend_tests::fake_gateway::{Call, FakeSession, Release, Request};

use crate::{SPEC, images, opts, run};

#[tokio::test(start_paused = true)]
async fn a_daemon_of_2020_gets_what_it_knows() {
    let fake = images().release(Release(8)).file("dockerfile", "build.yaml", SPEC);
    let (session, outcome) = run(fake, &opts(&[])).await;
    outcome.unwrap();
    assert!(session.methods().contains(&"ResolveImageConfig"));
}

#[tokio::test(start_paused = true)]
async fn what_a_daemon_lacks_is_said_before_the_solve() {
    let spec = "stages:\n  app:\n    from: busybox\n    steps:\n      - {copy: a, chmod: u+x}\n      - run: b\n      - {copy: b, chmod: g-w}\n";
    let fake = images().release(Release(13)).file("dockerfile", "build.yaml", spec);
    let (session, outcome) = run(fake, &opts(&[])).await;
    let failure = outcome.unwrap_err();
    let lacks = "needs `file.copy.modestring`, which this BuildKit lacks; BuildKit 0.17 is the first that has it\n  \
                 help: set the permissions as a whole: `chmod: 0755`, or `chmod: u=rwx,go=rx`";
    let expected = format!(
        "the spec has 2 faults\nbuild.yaml:5:9: `chmod: u+x` {lacks}\nbuild.yaml:7:9: `chmod: g-w` {lacks}"
    );
    assert_eq!(failure.message, expected);
    assert_eq!(failure.sources.len(), 1, "the lines go along");
    let solves = session.methods().iter().filter(|method| **method == "Solve").count();
    assert_eq!(solves, 3, "only the three sources");
}

#[tokio::test(start_paused = true)]
async fn all_that_needs_what_a_daemon_lacks_is_told_and_nothing_that_can_be_made_otherwise() {
    let spec = "secrets: {t: {}, u: {}}\nstages:\n  app:\n    from: busybox\n    steps:\n      \
                - {copy: a, include: x, exclude: y}\n      \
                - {copy: b/c, parents: true}\n      \
                - {run: d, secrets: {id: t, env: T}}\n      \
                - {run: [d], secrets: [{id: t, env: T}, {id: u, env: U}]}\n      \
                - {run: e, shm_size: 1MiB, mounts: [{type: tmpfs, target: /t, size: 1MiB}]}\n";
    let fake = images().release(Release(8)).file("dockerfile", "build.yaml", spec);
    let (_, outcome) = run(fake, &opts(&[])).await;
    let told = outcome.unwrap_err().message;
    let words = told.lines().filter_map(|line| line.split_once(" needs `")?.0.strip_prefix("build.yaml:"));
    let expected = [
        "6:9: `exclude` of a copy",
        "6:9: `include` of a copy",
        "9:9: `env: T` of a secret",
        "9:9: `env: U` of a secret",
        "10:9: `shm_size`",
        "10:9: `size` of a tmpfs",
    ];
    assert_eq!(words.collect::<Vec<_>>(), expected, "{told}");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_for_a_daemon_is_said_at_the_step_with_which_it_is() {
    let stage = |n| {
        let from = if n == 0 { "busybox".to_owned() } else { format!("s{}", n - 1) };
        format!("  s{n}: {{from: {from}, env: {{V{n}: {}}}, steps: [{{run: make}}]}}\n", "v".repeat(1000))
    };
    // 1 + 2 + … thousand bytes, and the spec of 200 thousand: 4 MiB are passed by the 89th, 16 MiB by the 181st.
    for (release, fits, line, limit, newer) in
        [(8, 85, 90, 4 << 20, ", or use BuildKit 0.14 or newer"), (25, 175, 182, 16 << 20, "")]
    {
        let fake = |stages| {
            let spec = format!("stages:\n{}", (0..stages).map(stage).collect::<String>());
            images().release(Release(release)).file("dockerfile", "build.yaml", spec)
        };
        let (_, outcome) = run(fake(fits), &opts(&[])).await;
        outcome.unwrap();
        let (session, outcome) = run(fake(200), &opts(&[])).await;
        let expected = format!(
            "up to here the build has more than {limit} bytes, and this BuildKit takes no more\n  \
             help: each process has all variables of its stage with it: set them where they are needed, by `env` of a step; \
             put large texts into files of the build context, and many small steps into one{newer}"
        );
        let told = outcome.unwrap_err().message;
        assert!(told.starts_with(&format!("build.yaml:{line}:")) && told.ends_with(&expected), "{told}");
        assert!(session.definitions().iter().all(|it| it.def.len() < 3), "a part of it is sent");
    }
}

#[tokio::test(start_paused = true)]
async fn small_steps_are_too_much_by_their_names_and_lines_and_nothing_else_is_kept_back() {
    let steps = "      - {run: a}\n".repeat(30_000);
    for users in ["", "    users: c\n"] {
        let spec = format!(
            "stages:\n  a:\n    from: busybox\n    steps:\n      - {{copy: x, chmod: u+x}}\n{steps}  b:\n    from: a\n{users}"
        );
        let fake = images().release(Release(13)).file("dockerfile", "build.yaml", spec);
        let (session, outcome) = run(fake, &opts(&[])).await;
        let told = outcome.unwrap_err().message;
        let faults: Vec<&str> = told.lines().filter(|line| !line.starts_with("  ")).collect();
        let [count, chmod, size] = faults[..] else { panic!("{told}") };
        assert_eq!(count, "the spec has 2 faults");
        assert!(chmod.starts_with("build.yaml:5:9: `chmod: u+x` needs `file.copy.modestring`"), "{told}");
        // Each step has some 110 bytes of its own, and 250 of what is said about it.
        assert!(size.starts_with("build.yaml:10"), "{told}");
        assert!(size.contains(": up to here the build has more than 4194304 bytes"), "{told}");
        let solves = session.methods().iter().filter(|method| **method == "Solve").count();
        assert_eq!(solves, 3, "only the three sources");
    }
}

#[tokio::test(start_paused = true)]
async fn one_layer_is_not_promised_where_it_cannot_be_made() {
    let stage = |from| {
        format!(
            "stages:\n  app:\n    from: {from}\n    squash: true\n    steps: [{{mkdir: /a}}, {{mkdir: /b}}]\n"
        )
    };
    for (from, refused) in [("busybox", true), ("scratch", false)] {
        let fake = images().release(Release(8)).file("dockerfile", "build.yaml", stage(from));
        let (_, outcome) = run(fake, &opts(&[])).await;
        let expected = "build.yaml:4:13: `squash` on a base needs `mergeop`, which this BuildKit lacks; BuildKit 0.10 is the \
                        first that has it\n  help: a stage from `scratch` that copies `/` of this one has one layer too, \
                        with the base in it";
        assert_eq!(outcome.err().map(|failure| failure.message), refused.then(|| expected.to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn warnings_are_sent_together_and_in_their_order() {
    for (count, trips) in [(40, 5), (100, 6)] {
        let steps: Vec<String> =
            (0..count).map(|n| format!("      - {{copy: f{n}, link: true}}\n")).collect();
        let steps = steps.concat();
        let spec = format!("stages:\n  app:\n    from: busybox\n    steps:\n{steps}");
        let fake = images().file("dockerfile", "build.yaml", spec).disabled("diffop", "");
        let (session, outcome) = run(fake, &opts(&[])).await;
        outcome.unwrap();
        let chain = session.longest_chain();
        assert_eq!(chain.len(), trips, "{chain:?}");
        let told = warnings(&session);
        assert_eq!(told.len(), count);
        for (warning, line) in told.iter().zip(5..) {
            assert!(warning.contains(&format!(" in line {line} ")), "{warning}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_old_daemon_lacks_is_made_in_another_way() {
    let spec = "secrets: {t: {}}\nstages:\n  app:\n    from: busybox\n    steps:\n      - symlink: {target: a, path: /b}\n      \
                - remove: /c\n      - {copy: a, chmod: a=rx}\n      - {run: d, secrets: {id: t, env: T}}\n";
    let fake = images().release(Release(8)).file("dockerfile", "build.yaml", spec);
    let (session, outcome) = run(fake, &opts(&[])).await;
    outcome.unwrap();
    let definition = session.definitions().last().unwrap().clone();
    let names: Vec<String> = definition
        .metadata
        .values()
        .filter_map(|op| op.description.get("llb.customname"))
        .filter_map(|name| Some(name.split_once(" (without `")?.1.to_owned()))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let caps = ["exec.secretenv", "file.copy.modestring", "file.rm.nofollowsymlink", "file.symlink.create"];
    assert_eq!(names, caps.map(|cap| format!("{cap}`)")));
    let needed = definition.metadata.values().flat_map(|op| op.caps.keys());
    let old =
        |cap: &&String| matches!(buildkit_llb::caps::first_release(cap), Some("0.3" | "0.5" | "0.7" | "0.8"));
    assert_eq!(needed.filter(|cap| !old(cap)).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test(start_paused = true)]
async fn branches_run_one_after_the_other_where_nothing_can_be_merged() {
    let spec = "stages:\n  app:\n    from: busybox\n    steps:\n      - parallel:\n          - [{run: a}]\n          - [{run: b}]\n";
    for (merges, ops) in [(true, 7), (false, 4)] {
        let mut fake = images().file("dockerfile", "build.yaml", spec);
        if !merges {
            fake = fake.disabled("mergeop", "only with containerd image store backend");
        }
        let (session, outcome) = run(fake, &opts(&[])).await;
        outcome.unwrap();
        // Two processes, their image and the output; two diffs and the merge.
        assert_eq!(session.definitions().last().unwrap().def.len(), ops);
        let expected = "the branches in line 5 run one after the other: this BuildKit has \"mergeop\" switched off: \
                        only with containerd image store backend";
        assert_eq!(warnings(&session), if merges { vec![] } else { vec![expected] });
    }
}

fn warnings(session: &FakeSession) -> Vec<String> {
    let warning = |call: &Call| match &call.request {
        Request::Warn(warning) => Some(String::from_utf8_lossy(&warning.short).into_owned()),
        _ => None,
    };
    session.calls().iter().filter_map(warning).collect()
}

/// Only where the spec asks for it: a layer that nobody asked for is no loss.
#[tokio::test(start_paused = true)]
async fn a_copy_that_cannot_be_linked_is_a_warning_for_each_place() {
    let spec = "stages:\n  app:\n    from: busybox\n    steps:\n      - {copy: a, link: true}\n      - copy: b\n      - {copy: c, link: false}\n      \
                - parallel:\n          - [{run: c}]\n          - [{copy: d, link: true}]\n";
    for merges in [true, false] {
        let mut fake = images().file("dockerfile", "build.yaml", spec);
        if !merges {
            fake = fake.disabled("diffop", "");
        }
        let (session, outcome) =
            run(fake, &opts(&[("platform", "linux/amd64,linux/arm64"), ("multi-platform", "true")])).await;
        outcome.unwrap();
        let link = |line| {
            format!(
                "`link: true` in line {line} makes a plain copy, which keeps links and directories of what is below: \
                 this BuildKit has \"diffop\" switched off; `link: false` says so for every daemon"
            )
        };
        let branches =
            "the branches in line 8 run one after the other: this BuildKit has \"diffop\" switched off";
        let expected = if merges { vec![] } else { vec![branches.to_owned(), link(5), link(10)] };
        assert_eq!(warnings(&session), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_old_daemon_lacks_is_told_at_the_step_that_asks_for_it() {
    let spec = "\
stages:
  app:
    from: busybox
    steps:
      - {copy: /a, from: busybox, chmod: u+x}
      - {copy: /a, from: busybox, exclude: b}
      - {run: a, ulimits: {core: 0}}
      - {run: b, shm_size: 1MB}
      - {run: c, devices: vendor.com/gpu=0}
";
    let fake = images().release(Release(8)).file("dockerfile", "build.yaml", spec);
    let (session, outcome) = run(fake, &opts(&[])).await;
    let message = outcome.unwrap_err().message;
    let told: Vec<&str> = message.lines().filter(|line| line.starts_with("build.yaml")).collect();
    let line = |place: &str, words: &str, cap: &str, first: &str| {
        format!(
            "build.yaml:{place}: {words} needs `{cap}`, which this BuildKit lacks; BuildKit {first} is the first that has it"
        )
    };
    assert_eq!(
        told,
        [
            line("5:9", "`chmod: u+x`", "file.copy.modestring", "0.17"),
            line("6:9", "`exclude` of a copy", "file.copy.includeexcludepatterns", "0.9"),
            line("7:9", "`ulimits`", "exec.meta.ulimit", "0.10"),
            line("8:9", "`shm_size`", "exec.mount.tmpfs.size", "0.10"),
            line("9:9", "`devices`", "exec.meta.cdi", "0.20"),
        ]
    );
    assert_eq!(session.methods().iter().filter(|method| **method == "Return").count(), 0);
}
