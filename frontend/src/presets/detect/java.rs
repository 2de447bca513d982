//! Java: pom.xml, build.gradle, or sources alone.

use spec_schema::diagnostic::one_of;

use super::{Project, Refusal, port_in};
use crate::presets::{JAVA_CLASS, JAVA_DISTROLESS, JAVA_GRADLE, JAVA_JAR, JAVA_JRE, JAVA_MAVEN, JAVA_PLAIN};
use crate::survey::Survey;

/// What classes that are run are called.
const USUAL: [&str; 4] = ["Main", "App", "*Application", "Server"];
/// The release that the preset has by itself.
const RELEASE: &str = "17";

/// The releases that there are images without a shell for.
const WITHOUT_SHELL: [&str; 2] = ["17", "21"];

/// How many packages are above a class at most.
const DEPTH: usize = 6;

/// What comes before a port.
const PORTS: [&str; 5] = ["\"PORT\", \"", "InetSocketAddress(", ".port(", "ServerSocket(", "\"0.0.0.0\", "];

/// Whether there are sources of a program, where there is no build tool.
pub(super) fn is_plain(survey: &mut Survey) -> bool {
    !candidates(survey, "src").is_empty()
}

pub(super) fn look(project: &mut Project<'_>) -> Result<(), Refusal> {
    let found = build(project);
    let release = project.value("java_version").unwrap_or(RELEASE);
    let runtime = if WITHOUT_SHELL.contains(&release) { JAVA_DISTROLESS } else { JAVA_JRE };
    project.parts.push(runtime);
    found
}

/// Finds how the program is built, and what of it is run.
fn build(project: &mut Project<'_>) -> Result<(), Refusal> {
    if let Some((version, file)) = project.version_in(&[".java-version"], &["java"]) {
        let digits = version.trim_start_matches(|c: char| !c.is_ascii_digit());
        let major: String = digits.chars().take_while(char::is_ascii_digit).collect();
        project.find("java_version", major, file);
    }
    if let Some(pom) = project.survey.text("pom.xml") {
        return maven(project, &pom);
    }
    for file in ["build.gradle", "build.gradle.kts"] {
        if let Some(text) = project.survey.text(file) {
            return gradle(project, &text, file);
        }
    }
    project.parts.extend([JAVA_PLAIN, JAVA_CLASS]);
    let sources = project.asked.option("sources").unwrap_or("src").trim_matches('/').to_owned();
    main(project, &sources)
}

fn maven(project: &mut Project<'_>, root: &str) -> Result<(), Refusal> {
    project.parts.push(JAVA_MAVEN);
    if project.survey.has("mvnw") {
        project.find("mvn", "./mvnw", "the project's own");
    }
    let (module, pom) = module(project, root)?;
    for text in [pom.as_str(), root] {
        for element in ["maven.compiler.release", "maven.compiler.target", "java.version", "release"] {
            if let Some(version) = element_of(text, element) {
                let version = version.strip_prefix("1.").unwrap_or(&version).to_owned();
                if !version.starts_with('$') {
                    project.find("java_version", &version, format!("{element} in pom.xml"));
                }
            }
        }
    }
    let bundles = [
        ("spring-boot-maven-plugin", "*.jar"),
        ("maven-shade-plugin", "*.jar"),
        ("jar-with-dependencies", "*-jar-with-dependencies.jar"),
    ];
    match bundles.into_iter().find(|(sign, _)| pom.contains(sign)) {
        Some((sign, jar)) => {
            project.parts.push(JAVA_JAR);
            project.find("libraries", "false", sign);
            if jar != "*.jar" {
                project.find("jar", jar, sign);
            }
        }
        None => project.parts.push(JAVA_CLASS),
    }
    if pom.contains("spring-boot-maven-plugin") {
        spring(project, &module, &pom);
        return Ok(());
    }
    let sources = inside(&module, "src/main/java");
    let named = ["mainClass", "exec.mainClass", "main.class", "start-class"];
    let class =
        named.iter().find_map(|element| element_of(&pom, element)).filter(|class| !class.starts_with('$'));
    if let Some(class) = class {
        if project.parts.contains(&JAVA_CLASS) {
            project.find("main", class.clone(), "pom.xml");
        }
        served(project, &format!("{sources}/{}.java", class.replace('.', "/")));
    } else if project.parts.contains(&JAVA_CLASS) {
        main(project, &sources)?;
    }
    Ok(())
}

/// The module of the program, and its pom.xml.
fn module(project: &mut Project<'_>, root: &str) -> Result<(String, String), Refusal> {
    if let Some(module) = project.asked.option("module") {
        let module = module.trim_matches('/').to_owned();
        let pom = project.survey.text(&inside(&module, "pom.xml")).unwrap_or_default();
        return Ok((module, pom));
    }
    let modules: Vec<String> = root
        .split("<module>")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once("</module>")?.0.trim().to_owned()))
        .collect();
    if modules.is_empty() {
        return Ok((".".to_owned(), root.to_owned()));
    }
    let mut programs = Vec::new();
    for module in &modules {
        let pom = project.survey.text(&inside(module, "pom.xml")).unwrap_or_default();
        if ["spring-boot-maven-plugin", "maven-shade-plugin", "<mainClass>"]
            .iter()
            .any(|sign| pom.contains(sign))
        {
            programs.push((module.clone(), pom));
        }
    }
    match programs.as_slice() {
        [(module, pom)] => {
            project.find("module", module.clone(), "the only one in pom.xml that makes a program");
            Ok((module.clone(), pom.clone()))
        }
        _ => Err(Refusal::new(
            format!("pom.xml has {} modules", modules.len()),
            format!(
                "say which makes the program with `with: {{module: …}}`: {}",
                one_of(modules.iter().map(String::as_str))
            ),
        )),
    }
}

fn gradle(project: &mut Project<'_>, text: &str, file: &'static str) -> Result<(), Refusal> {
    project.parts.push(JAVA_GRADLE);
    if project.survey.has("gradlew") {
        project.find("gradle", "./gradlew", "the project's own");
    }
    for word in
        ["JavaLanguageVersion.of(", "JavaVersion.VERSION_", "options.release = ", "options.release.set("]
    {
        let version =
            text.split(word).nth(1).map(|rest| rest.chars().take_while(char::is_ascii_digit).collect());
        if let Some(version) = version.filter(|version: &String| !version.is_empty() && version != "1") {
            project.find("java_version", version, file);
        }
    }
    if text.contains("org.springframework.boot") {
        project.parts.push(JAVA_JAR);
        project.find("task", "bootJar", "Spring Boot");
        spring(project, ".", text);
        return Ok(());
    }
    project.parts.push(JAVA_CLASS);
    for word in ["mainClass", "mainClassName"] {
        let quoted = text.split(word).nth(1).and_then(|rest| rest.lines().next()?.split(['"', '\'']).nth(1));
        if let Some(class) = quoted {
            project.find("main", class, file);
            let source = format!("src/main/java/{}.java", class.replace('.', "/"));
            served(project, &source);
            return Ok(());
        }
    }
    main(project, "src/main/java")
}

/// What Spring Boot serves, by its settings.
fn spring(project: &mut Project<'_>, module: &str, manifest: &str) {
    if manifest.contains("spring-boot-starter-actuator") {
        project.find("health", "/actuator/health", "spring-boot-starter-actuator");
    }
    for (file, words) in [
        ("src/main/resources/application.properties", ["server.port=", "server.port = "]),
        ("src/main/resources/application.yml", ["  port: ", "server.port: "]),
    ] {
        let file = inside(module, file);
        let text = project.survey.text(&file).unwrap_or_default();
        if let Some(port) = port_in(&text, &words) {
            return project.find("port", port, file);
        }
    }
    if manifest.contains("spring-boot-starter-web") || manifest.contains("spring-boot-starter-actuator") {
        project.find("port", "8080", "the usual one of Spring Boot");
    }
}

/// Finds the class that is run, by its usual name.
fn main(project: &mut Project<'_>, sources: &str) -> Result<(), Refusal> {
    if let Some(class) = project.asked.option("main") {
        let file = format!("{sources}/{}.java", class.replace('.', "/"));
        served(project, &file);
        return Ok(());
    }
    let mut programs = candidates(project.survey, sources);
    programs.retain(|file| project.survey.text(file).is_some_and(|text| text.contains("static void main(")));
    let class = |file: &String| {
        let path = file.strip_prefix(sources).unwrap_or(file).trim_matches('/');
        path.trim_end_matches(".java").replace('/', ".")
    };
    match programs.as_slice() {
        [file] => {
            project.find("main", class(file), file.clone());
            let file = file.clone();
            served(project, &file);
            Ok(())
        }
        [] => Err(Refusal::new(
            format!("{sources} has no class {} with a `main`", one_of(USUAL)),
            "say which class is run: `with: {main: com.example.Start}`",
        )),
        several => {
            let classes: Vec<String> = several.iter().map(class).collect();
            Err(Refusal::new(
                format!("there are {} classes with a `main`", several.len()),
                format!(
                    "say which is run with `with: {{main: …}}`: {}",
                    one_of(classes.iter().map(String::as_str))
                ),
            ))
        }
    }
}

/// The sources of classes with a usual name.
fn candidates(survey: &mut Survey, sources: &str) -> Vec<String> {
    let mut found = Vec::new();
    for depth in 0..=DEPTH {
        for name in USUAL {
            found.extend(survey.matching(&format!("{sources}/{}{name}.java", "*/".repeat(depth))));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Finds the port and the path of health in a source.
fn served(project: &mut Project<'_>, file: &str) {
    let text = project.survey.text(file).unwrap_or_default();
    project.find_health(&text, file);
    if let Some(port) = port_in(&text, &PORTS) {
        project.find("port", port, file);
    }
}

/// The text of the first element of a name.
fn element_of(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.trim().to_owned())
}

fn inside(folder: &str, path: &str) -> String {
    if matches!(folder, "" | ".") { path.to_owned() } else { format!("{folder}/{path}") }
}
