//! Layers of their own.

use std::collections::BTreeSet;

use optfrontend_tests::{Build, Built, differences, nonce};

/// A base with everything that makes a layer of its own differ from a plain copy: symbolic links above files,
/// directories with owners and modes of their own, files that are there.
const BASE: &str = "
FROM busybox:1.36
RUN mkdir -p /usr/lib /run/lock /real/deep /srv/empty /srv/full/sub /srv/group /opt/owned /opt/private /var/sticky /group \
 && ln -s usr/lib /mylib && ln -s /run /myrun && ln -s /real /alias && ln -s /not/there /dangling \
 && echo full > /srv/full/file0 && echo conf > /etc/file1 && ln -s file1 /etc/file2 \
 && chown 1000:1001 /opt/owned && chmod 0700 /opt/private && chmod 1777 /var/sticky && chmod 0775 /group \
 && chmod 2755 /srv/group && chgrp 7 /srv/group && chown 5:6 /srv/empty && chmod 0711 /srv/full/sub \
 && echo 'web:x:1000:1001::/srv:/bin/sh' >> /etc/passwd && echo 'games:x:60:' >> /etc/group
";

/// Directories that a layer of its own could change, or lead elsewhere.
const HARD: &[&str] = &[
    "/mylib",
    "/mylib/new",
    "/myrun/lock",
    "/alias",
    "/alias/deep",
    "/srv/full",
    "/srv/full/sub",
    "/srv/group",
    "/var/sticky",
    "/group",
    "/etc",
    "/dangling/x",
    "/",
];

/// Directories that are plain or not there.
const EASY: &[&str] = &[
    "/usr",
    "/usr/lib",
    "/real/deep",
    "/real/new",
    "/srv/empty",
    "/srv/empty/new",
    "/opt",
    "/opt/owned",
    "/opt/owned/new",
    "/opt/private",
    "/opt/private/new/deep",
    "/new",
    "/new/deep",
    "/new/deep/deeper",
    "/srv/full/sub/new",
];

/// What steps find in the tree `links`, wherever it is copied: directories, links to directories that its base has,
/// absolute, relative and one behind the other, and links to files.
const IN_LINKS: &[&str] =
    &["", "/sub", "/abs", "/abs/new", "/rel", "/rel/new", "/chain", "/inside", "/away", "/file0"];

/// Random numbers that a seed repeats.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

/// Steps, and whether each is a copy. Most builds copy a tree with links, and go on inside it.
fn steps(random: &mut Random) -> Vec<(String, bool)> {
    let mut steps: Vec<(String, bool)> = Vec::new();
    let mut tree: Option<String> = None;
    for number in 0..6 {
        let directory = match &tree {
            Some(tree) if random.below(2) == 0 => format!("{tree}{}", random.pick(IN_LINKS)),
            _ => {
                let choices = if random.below(5) == 0 { HARD } else { EASY };
                random.pick(choices).trim_end_matches('/').to_owned()
            }
        };
        if tree.is_none() && random.below(6) == 0 {
            let from = random.pick(&["links", "/links, from: trees", "lin*"]);
            steps.push((format!("copy: {from}, to: {directory}{}", random.pick(&["", "/"])), true));
            tree = Some(directory);
        } else {
            steps.push(step(random, number, &directory));
        }
    }
    steps
}

/// A step, and whether it is a copy. Names tell files from directories, so that few steps fail.
fn step(random: &mut Random, number: usize, directory: &str) -> (String, bool) {
    let owner = ["", "", "", ", chown: 1000", ", chown: '5:7'", ", chown: web", ", chown: 'web:games'"];
    let mode = ["", "", "", ", chmod: '0640'", ", chmod: u+x,go-w", ", chmod: '4755'"];
    match random.below(10) {
        0 => (
            format!(
                "write: {{path: {directory}/file{}, content: w{}}}",
                random.below(4),
                random.pick(&owner[..5])
            ),
            false,
        ),
        1 => (
            format!(
                "mkdir: {directory}/dir{}{}{}",
                random.below(4),
                random.pick(&owner),
                random.pick(&["", ", chmod: '0750'", ", chmod: '2775'"])
            ),
            false,
        ),
        2 => (format!("symlink: {{path: {directory}/link{number}, target: file1}}"), false),
        _ => {
            let (sources, to) = match random.below(7) {
                0 => (
                    random.pick(&["[one, two.txt]", "['*.txt', one]", "'*.txt'", "'*.none'"]),
                    format!("{directory}/"),
                ),
                1 | 2 => ("one", format!("{directory}/file{}", random.below(4))),
                3 => ("tree", format!("{directory}/dir{}", random.below(4))),
                4 => (random.pick(&["one", "tree", "'t*'"]), format!("{directory}/")),
                _ => (
                    random.pick(&["one", "tree"]),
                    if directory.is_empty() { "/".to_owned() } else { directory.to_owned() },
                ),
            };
            (format!("copy: {sources}, to: {to}{}{}", random.pick(&owner), random.pick(&mode)), true)
        }
    }
}

/// The files of the context, with modes that copies keep.
fn sources(build: Build) -> Build {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let build = build
        .file("one", "one")
        .file("two.txt", "two")
        .file("tree/file1", "in the tree")
        .file("tree/sub/a", "a")
        .file("links/sub/file1", "behind links");
    let folder = build.folder();
    let links = [
        ("tree/link", "sub/a"),
        ("links/abs", "/opt/private"),
        ("links/rel", "../../../../../srv/empty"),
        ("links/chain", "rel"),
        ("links/inside", "sub"),
        ("links/away", "/made/by/nobody"),
        ("links/file0", "/srv/full/file0"),
        ("links/file2", "/opt/owned/file2"),
    ];
    for (link, target) in links {
        assert!(symlink(target, folder.join(link)).is_ok());
    }
    for (path, mode) in [("tree", 0o750), ("tree/sub", 0o711), ("tree/file1", 0o600), ("one", 0o755)] {
        let mode = std::fs::Permissions::from_mode(mode);
        assert!(std::fs::set_permissions(folder.join(path), mode).is_ok());
    }
    build
}

fn is_linked(built: &Built) -> bool {
    built.vertices.iter().any(|vertex| vertex.name == "[app] merge layers")
}

/// Random steps on that base, of `OPTFRONTEND_SEED`, if that is set, until so many builds as `OPTFRONTEND_ROUNDS` says had layers apart: laid apart where the frontend thinks that it can, they leave the files that they leave on
/// top of each other. What fails on top fails apart.
#[test]
fn layers_apart_change_no_file() {
    let seed = std::env::var("OPTFRONTEND_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| {
        nonce().bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        })
    });
    let base = Build::dockerfile(BASE).load();
    let mut random = Random(seed | 1);
    let mut linked = 0;
    let wanted = std::env::var("OPTFRONTEND_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(4);
    // Steps that fail on top of each other, and those that no layer is made of, tell less: others take their place.
    for round in 0..wanted * 15 {
        if linked == wanted {
            break;
        }
        let steps = steps(&mut random);
        // Accounts are made before the first step, in both.
        let users = random.pick(&[
            "",
            "    users: [web, {name: more, uid: 777, group: games, home: /opt/owned/new}]\n",
            "    users: [web, {name: more, home: /alias/home}]\n",
        ]);
        let spec = |link: &str| {
            let line = |(step, copy): &(String, bool)| {
                format!("      - {{{step}{}}}\n", if *copy { link } else { "" })
            };
            let steps: String = steps.iter().map(line).collect();
            format!(
                "stages:\n  trees: {{from: scratch, steps: [{{copy: links, to: /links}}]}}\n  \
                 app:\n    from: {}\n{users}    steps:\n{steps}",
                &*base.name
            )
        };
        let apart = sources(Build::spec(&spec("")));
        let on_top = sources(Build::spec(&spec(", link: false")));
        let outcome = on_top.run_with(["--output=type=cacheonly"]);
        if outcome.outcome.code != Some(0) {
            let apart = apart.run_with(["--output=type=cacheonly"]);
            assert_ne!(
                apart.outcome.code,
                Some(0),
                "OPTFRONTEND_SEED={seed}, round {round}: fails on top\n{}",
                spec("")
            );
            continue;
        }
        let (on_top, apart) = (on_top.image(), apart.image());
        assert!(
            !is_linked(&on_top.built) || steps.iter().all(|(_, copy)| !copy),
            "{}",
            spec(", link: false")
        );
        linked += usize::from(is_linked(&apart.built));
        let found = differences(&on_top, &apart);
        assert!(
            found.is_empty(),
            "OPTFRONTEND_SEED={seed}, round {round}: on top (-), apart (+)\n{found:#?}\n{}",
            spec("")
        );
    }
    assert_eq!(linked, wanted, "OPTFRONTEND_SEED={seed}: too few builds had a layer apart to tell anything");
}

#[test]
fn a_new_base_repeats_no_linked_step() {
    let base = |text: &str| format!("FROM busybox:1.36\nRUN echo {text} {} > /base\n", nonce());
    let image = Build::dockerfile(&base("one")).load();
    let name = &*image.name;
    let spec = Build::spec(&format!(
        "
stages:
  build: {{from: busybox:1.36, steps: [{{run: mkdir /out; echo NONCE > /out/server}}]}}
  app:
    from: {name}
    workdir: /app
    user: '65532'
    steps:
      - {{copy: /out/server, from: build, to: /usr/local/bin/server}}
      - {{copy: config, to: config/, chown: 65532}}
      - {{write: {{path: /app/version, content: NONCE}}}}
      - {{mkdir: /app/data, chown: 65532}}
"
    ))
    .file("config/a", "a");
    let dockerfile = Build::dockerfile(&format!(
        "FROM busybox:1.36 AS build\nRUN mkdir /out; echo {} > /out/server\nFROM {name}\nWORKDIR /app\n\
         COPY --from=build /out/server /usr/local/bin/server\nCOPY --chown=65532 config config/\n",
        spec.nonce()
    ))
    .file("config/a", "a");
    let first = spec.image();
    dockerfile.run();
    let other = Build::dockerfile(&base("two")).flags(["--tag", name, "--load", "--provenance=false"]);
    other.run_with::<&str>([]).ok();
    let second = spec.image();
    assert_ne!(first.only().text("/base"), second.only().text("/base"), "the base is another one");
    second.built.assert_ran(&[]);
    dockerfile.run().assert_ran(&["WORKDIR /app", "COPY --from=build", "COPY --chown"]);
    let layers =
        |image: &optfrontend_tests::Image| image.only().layers.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        layers(&first).intersection(&layers(&second)).count(),
        first.only().layers.len() - 1,
        "all layers but the base's own"
    );
}
