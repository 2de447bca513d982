//! `--ssh`: the client's agents, which steps use without getting the keys.

use optfrontend_tests::{Agent, Build};

use crate::contexts::same;
use crate::secrets::most_told;

/// Signs a text with the agent's key and lists the agent's keys.
const SIGN: &str = "
stages:
  sign:
    from: golang:1.22
    steps:
      - run: |
          mkdir /out
          ssh-add -l > /out/keys
          ssh-add -L > /tmp/key.pub
          echo NONCE | ssh-keygen -q -Y sign -f /tmp/key.pub -n test > /out/signature
        SSH
  app: {from: scratch, steps: [{copy: /out/, from: sign, to: /}]}
";

fn sign(ssh: &str) -> Build {
    Build::spec(&SIGN.replace("SSH", ssh))
}

#[test]
fn the_agent_of_the_environment_is_forwarded() {
    let agent = Agent::start("deploy key");
    let build = sign("ssh: true").flags(["--ssh=default"]);
    let image = build.variable("SSH_AUTH_SOCK", agent.socket().to_str().unwrap()).image();
    assert!(image.only().text("/keys").contains("deploy key (ED25519)"), "{}", image.only().text("/keys"));
    assert!(image.only().text("/signature").starts_with("-----BEGIN SSH SIGNATURE-----"));
}

#[test]
fn agents_are_told_apart_by_id() {
    let (one, two) = (Agent::start("one"), Agent::start("two"));
    let flags = [("first", &one), ("second", &two)]
        .map(|(id, agent)| format!("--ssh={id}={}", agent.socket().display()));
    let image = sign("ssh: second").flags(flags).image();
    assert!(image.only().text("/keys").contains(" two "), "{}", image.only().text("/keys"));
}

#[test]
fn a_key_file_is_served_without_an_agent() {
    let agent = Agent::start("from a file");
    let image = sign("ssh: default").flags([format!("--ssh=default={}", agent.key().display())]).image();
    assert!(image.only().text("/signature").starts_with("-----BEGIN SSH SIGNATURE-----"));
}

#[test]
fn a_dockerfile_makes_the_same_image() {
    let agent = Agent::start("key");
    let script = "mkdir /out; ssh-add -L > /out/key.pub; echo x | ssh-keygen -q -Y sign -f /out/key.pub -n t > /out/signature";
    let dockerfile = format!(
        "FROM golang:1.22 AS sign\nRUN --mount=type=ssh,id=deploy {script}\nFROM scratch\nCOPY --from=sign /out /\n"
    );
    let spec = format!(
        "stages:\n  sign: {{from: golang:1.22, steps: [{{run: '{script}', ssh: deploy}}]}}\n  \
         app: {{from: scratch, steps: [{{copy: /out, from: sign, to: /}}]}}\n"
    );
    let flag = format!("--ssh=deploy={}", agent.socket().display());
    let image = same(Build::dockerfile(&dockerfile), Build::spec(&spec), &["--no-cache", &flag]);
    assert!(image.only().text("/signature").starts_with("-----BEGIN SSH SIGNATURE-----"));
}

#[test]
fn the_socket_is_where_and_as_the_spec_says() {
    let agent = Agent::start("key");
    let spec = "
stages:
  look:
    from: golang:1.22
    steps:
      - run: |
          mkdir /out && echo NONCE
          stat -c '%a %u:%g %F' /run/my.sock > /out/socket
          echo $SSH_AUTH_SOCK >> /out/socket
          ssh-add -l > /out/keys
        ssh: {target: /run/my.sock, mode: 0640, uid: 1, gid: 2}
  app: {from: scratch, steps: [{copy: /out/, from: look, to: /}]}
";
    let image = Build::spec(spec).flags([format!("--ssh=default={}", agent.socket().display())]).image();
    assert_eq!(image.only().text("/socket"), "640 1:2 socket\n/run/my.sock\n");
    assert!(image.only().text("/keys").contains(" key "));
}

#[test]
fn an_agent_that_is_not_required_may_be_missing() {
    let spec = "
stages:
  app:
    from: busybox:1.36
    steps:
      - run: echo \"${SSH_AUTH_SOCK:-none}\" > /socket; test ! -e \"$SSH_AUTH_SOCK\"; echo NONCE
        ssh: {id: default, required: false}
";
    Build::spec(spec).run();
}

#[test]
fn the_key_leaves_no_trace() {
    let agent = Agent::start("key");
    let key = std::fs::read_to_string(agent.key()).unwrap();
    let secret = key.lines().nth(2).unwrap();
    let flag = format!("--ssh=default={}", agent.socket().display());
    let image = sign("ssh: true").flags([flag]).flags(most_told()).image();
    for blob in image.blobs.all() {
        assert!(!blob.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
}
