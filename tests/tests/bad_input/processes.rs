//! Processes that cannot be started or do not end by themselves, and files of other stages that are not there.

use std::path::{Path, PathBuf};

use optfrontend_tests::{Build, nonce};

use super::{assert_told, fails};

/// A stage on `BusyBox` with one step.
fn step(step: &str) -> String {
    format!("stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - {step}\n")
}

/// The start of a program for an architecture by its number, and for nothing but to be refused.
fn program(machine: u8) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
    (bytes[16], bytes[18]) = (2, machine);
    bytes
}

#[test]
fn a_shell_that_is_not_there() {
    let spec = "stages:\n  app:\n    from: gcr.io/distroless/static-debian12:nonroot\n    steps:\n      - run: mkdir /data && chown app /data\n";
    fails("run_no_shell", spec);
}

#[test]
fn a_program_that_is_not_there() {
    fails("run_no_program", &step("run: [/bin/bosybox, ls]"));
    fails("run_not_on_path", &step("run: [bsybox, ls]"));
}

#[test]
fn a_command_of_a_script_that_is_not_there() {
    fails("run_no_command", &step("run: echo first && make all"));
}

#[test]
fn a_program_that_is_not_executable() {
    fails("run_not_executable", &step("run: [/etc/passwd]"));
}

#[test]
fn an_interpreter_that_is_not_there() {
    fails("run_no_interpreter", &step("run: |\n          #!/usr/bin/python3\n          print(1)"));
}

#[test]
fn a_program_of_another_c_library() {
    let spec = "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - copy: /usr/bin/dash\n        from: python:3.11-slim\n        to: /server\n      - run: [/server, -c, exit 0]\n";
    fails("run_no_loader", spec);
}

#[test]
fn a_program_for_another_platform() {
    let spec = "stages:\n  app:\n    from: busybox:1.36\n    steps:\n      - {copy: server, chmod: 0755}\n      - run: [/server]\n";
    assert_told("run_foreign", &Build::spec(spec).file("server", program(243)).fail());
}

#[test]
fn a_platform_that_the_builder_does_not_run() {
    let spec = "stages:\n  app:\n    from: scratch\n    platform: linux/riscv64\n    steps:\n      - {copy: sh, to: /bin/sh, chmod: 0755}\n      - run: make\n";
    assert_told("run_not_emulated", &Build::spec(spec).file("sh", program(243)).fail());
}

#[test]
fn a_process_that_is_killed() {
    fails("run_killed", &step("run: echo compiling; sleep 9 & kill -9 $!; wait $!"));
}

#[test]
fn users_and_groups_that_are_not_there() {
    fails("run_user_unknown", &step("{run: id, run_as: app}"));
    fails("run_group_unknown", &step("{run: id, run_as: \"1000:app\"}"));
}

#[test]
fn files_of_a_stage_that_are_not_there() {
    let spec = "stages:\n  build:\n    from: busybox:1.36\n    steps:\n      - run: mkdir -p /out && touch /out/servr /out/LICENSE\n  app:\n    from: scratch\n    steps:\n      - {copy: PATH, from: build, to: /}\n";
    fails("copy_missing_in_stage", &spec.replace("PATH", "/out/server"));
    fails("copy_missing_folder_in_stage", &spec.replace("PATH", "/out/bin/app"));
}

#[test]
fn files_of_an_image_that_are_not_there() {
    fails("copy_missing_in_image", &step("{copy: /bin/bosybox, from: busybox:1.36, to: /}"));
}

#[test]
fn a_mount_of_what_is_not_there() {
    let spec = step("{run: cat /conf, mounts: [{type: bind, source: app.cnf, target: /conf}]}");
    assert_told("mount_missing", &Build::spec(&spec).file("app.conf", "").fail());
}

/// A group of processes that may take little memory. It is removed when dropped.
struct LittleMemory(PathBuf);

impl LittleMemory {
    fn new(name: &str) -> Self {
        let root = Path::new("/sys/fs/cgroup");
        // Version 1 has a tree for each kind of resource.
        let (folder, limit) = match root.join("memory") {
            memory if memory.is_dir() => (memory, "memory.limit_in_bytes"),
            _ => (root.to_owned(), "memory.max"),
        };
        let group = Self(folder.join(name));
        let set =
            std::fs::create_dir(&group.0).and_then(|()| std::fs::write(group.0.join(limit), "67108864"));
        assert!(set.is_ok(), "{}: {set:?}", group.0.display());
        group
    }
}

impl Drop for LittleMemory {
    fn drop(&mut self) {
        for group in std::fs::read_dir(&self.0).into_iter().flatten().flatten() {
            let _ = std::fs::remove_dir(group.path());
        }
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn a_process_that_takes_more_memory_than_there_is() {
    let name = format!("optfrontend-{}", nonce());
    let _group = LittleMemory::new(&name);
    let build = Build::spec(&step("run: echo compiling && tail /dev/zero"));
    assert_told("run_out_of_memory", &build.flags([format!("--cgroup-parent=/{name}")]).fail());
}
