//! From the text of a spec to marshalled LLB, against the number of stages.
//!
//! The spec is a chain: each stage starts from the one before, runs five commands with a cache mount and copies twice. Time
//! per stage has to stay the same however many there are.

#![expect(clippy::expect_used, reason = "a benchmark of a spec that is wrong has to stop")]

use std::fmt::Write as _;
use std::hint::black_box;

use buildkit_llb::Platform;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use optfrontend::entrypoint::MainContext;
use optfrontend::expand::expand;
use optfrontend::image_config::ImageConfig;
use optfrontend::lower::{Abilities, Lowered, Surroundings, lower};
use optfrontend::opts::FrontendOpts;
use optfrontend::parse::Reading;
use optfrontend::plan::plan;
use optfrontend::resolved::{BaseImage, Resolved};
use optfrontend::select::{ImageKey, Request, Selection, select};
use optfrontend::source::SpecFiles;
use optfrontend::survey::Survey;
use spec_schema::Spec;
use spec_schema::diagnostic::Faults;

const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/bin:/bin","LANG=C"],"WorkingDir":"/"},"rootfs":{"type":"layers","diff_ids":["sha256:00"]}}"#;

/// A chain of stages: seven ops each.
fn chain(stages: usize) -> String {
    let mut text = String::from("# syntax=optfrontend/optfrontend:1\nargs: {VERSION: dev}\nstages:\n");
    for stage in 0..stages {
        let from = if stage == 0 { "busybox:1.36".to_owned() } else { format!("s{}", stage - 1) };
        let _ = write!(text, "  s{stage}:\n    from: {from}\n    cache: /root/.cache\n    steps:\n");
        for step in 0..2 {
            let _ = writeln!(text, "      - {{copy: src/{stage}/{step}, to: /src/{step}/}}");
        }
        for step in 0..5 {
            let _ = writeln!(text, "      - run: make step-{stage}-{step} VERSION=$VERSION");
        }
    }
    text
}

/// A chain of stages of which each adds a variable: its one op has all of them.
fn growing(stages: usize) -> String {
    let mut text = String::from("stages:\n");
    for stage in 0..stages {
        let from = if stage == 0 { "busybox:1.36".to_owned() } else { format!("s{}", stage - 1) };
        let _ = writeln!(
            text,
            "  s{stage}: {{from: {from}, env: {{VARIABLE_{stage}: value}}, steps: [{{run: make}}]}}"
        );
    }
    text
}

/// What the daemon would have answered.
fn base_images(selection: &Selection, config: &ImageConfig) -> Resolved {
    let image = |(key, _): (&ImageKey, _)| {
        let reference = format!("{}@sha256:{}", key.reference, "0".repeat(64));
        (key.clone(), BaseImage { reference, config: config.clone() })
    };
    Resolved { images: selection.images().map(image).collect(), ..Resolved::default() }
}

fn read(text: &str) -> (SpecFiles, Spec, Faults) {
    let (files, spec, faults) = Reading::of("build.yaml", text.as_bytes().to_vec()).finish();
    (files, spec.expect("a good spec"), faults)
}

/// All phases but those that ask the daemon.
fn compile(text: &str, opts: &FrontendOpts, config: &ImageConfig) -> Lowered {
    let (files, spec, mut faults) = read(text);
    let core = expand(spec, &mut Survey::default());
    let platform = Platform::default();
    let selection = select(&core, &Request::default(), &platform, &platform, &mut faults).expect("a target");
    let images = base_images(&selection, config);
    let plan = plan(&core, &selection, &images, &platform, false, &mut faults);
    assert!(faults.is_empty(), "{:?}", faults.into_sorted());
    lower(
        &plan,
        &images,
        &Surroundings {
            opts,
            files: &files,
            context: &MainContext::Local,
            ignored: &[],
            abilities: Abilities::ALL,
        },
    )
}

fn compile_time(criterion: &mut Criterion) {
    let opts = FrontendOpts { session_id: "session".to_owned(), ..FrontendOpts::default() };
    let config = ImageConfig::parse(CONFIG.as_bytes()).expect("a good config");
    let mut group = criterion.benchmark_group("compile");
    let chains = [10, 100, 1000].map(|stages| ("chain", stages, chain(stages)));
    let growing = [10, 100, 1000].map(|stages| ("growing environment", stages, growing(stages)));
    for (name, stages, text) in chains.into_iter().chain(growing) {
        let definition = compile(&text, &opts, &config).definition.into_pb();
        let count = definition.def.len() - 1;
        let bytes = prost::Message::encoded_len(&definition) - text.len();
        eprintln!(
            "{name} of {stages} stages: {} bytes of spec, {count} ops, {} bytes of definition an op beside the spec's text",
            text.len(),
            bytes / count
        );
        group.throughput(Throughput::Elements(stages as u64));
        group.bench_with_input(BenchmarkId::new(name, stages), &text, |bencher, text| {
            bencher.iter(|| black_box(compile(text, &opts, &config)));
        });
    }
    group.finish();
}

/// Where the time goes at a thousand stages. `lower` ends with the marshalled definition.
fn phase_times(criterion: &mut Criterion) {
    let opts = FrontendOpts { session_id: "session".to_owned(), ..FrontendOpts::default() };
    let config = ImageConfig::parse(CONFIG.as_bytes()).expect("a good config");
    let platform = Platform::default();
    let text = chain(1000);
    let (files, spec, mut faults) = read(&text);
    let faults = &mut faults;
    let core = expand(spec.clone(), &mut Survey::default());
    let selection = select(&core, &Request::default(), &platform, &platform, faults).expect("a target");
    let images = base_images(&selection, &config);
    let planned = plan(&core, &selection, &images, &platform, false, faults);
    let context = &MainContext::Local;
    let surroundings =
        Surroundings { opts: &opts, files: &files, context, ignored: &[], abilities: Abilities::ALL };

    let mut group = criterion.benchmark_group("phases of 1000 stages");
    group.bench_function("parse", |bencher| bencher.iter(|| read(&text)));
    group.bench_function("expand", |bencher| {
        let expand = |spec| expand(spec, &mut Survey::default());
        bencher.iter_batched(|| spec.clone(), expand, BatchSize::LargeInput);
    });
    group.bench_function("select", |bencher| {
        bencher.iter(|| select(&core, &Request::default(), &platform, &platform, faults));
    });
    group.bench_function("plan", |bencher| {
        bencher.iter(|| plan(&core, &selection, &images, &platform, false, faults));
    });
    group.bench_function("lower", |bencher| bencher.iter(|| lower(&planned, &images, &surroundings)));
    group.finish();
}

criterion_group!(benches, compile_time, phase_times);
criterion_main!(benches);
