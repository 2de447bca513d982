//! The reference page of the language, made from the JSON Schema.

use serde_json::{Map, Value};

use crate::schema;
use crate::spec::{Manager, Sharing};
use crate::tools::TOOLS;

/// What stands above the tables.
const INTRODUCTION: &str = include_str!("reference.md");

/// The mappings in the order of the page, each with its heading.
const SECTIONS: &[(&str, &str)] = &[
    ("ArgSettings", "A build arg"),
    ("Secret", "A secret"),
    ("ImageSource", "An image source"),
    ("GitSource", "A git source"),
    ("HttpSource", "An http source"),
    ("ContextSource", "A context source"),
    ("Stage", "A stage"),
    ("AccountSettings", "An account"),
    ("RunStep", "`run`"),
    ("CopyStep", "`copy`"),
    ("AddStep", "`add`"),
    ("WriteStep", "`write`"),
    ("WriteFile", "The file of `write`"),
    ("MkdirStep", "`mkdir`"),
    ("RemoveStep", "`remove`"),
    ("SymlinkStep", "`symlink`"),
    ("SymlinkTarget", "The link of `symlink`"),
    ("InstallStep", "`install`"),
    ("AptStep", "`apt`"),
    ("AptRepository", "A repository of `apt`"),
    ("ApkStep", "`apk`"),
    ("DnfStep", "`dnf`"),
    ("Repository", "A repository of `apk` or `dnf`"),
    ("KeyFile", "The key of a repository"),
    ("ParallelStep", "`parallel`"),
    ("CacheSettings", "A cache mount"),
    ("SecretSettings", "A secret of a step"),
    ("SshSettings", "An ssh agent of a step"),
    ("BindMount", "A bind mount"),
    ("TmpfsMount", "A tmpfs mount"),
    ("FileMount", "A file mount"),
    ("UlimitSettings", "A limit"),
    ("DeviceSettings", "A device"),
    ("HealthcheckSettings", "A health check"),
    ("Lint", "Lint settings"),
    ("Verify", "What is verified"),
    ("MaxGrowth", "Growth to verify"),
    ("VerifyRun", "A command to verify"),
    ("VerifyText", "An output to verify"),
    ("VerifyServeSettings", "A server to verify"),
    ("Scan", "Scans"),
];

/// What stands above the tables of a policy.
const POLICY_INTRODUCTION: &str = include_str!("policy.md");

/// The mappings of a policy.
const POLICY_SECTIONS: &[(&str, &str)] = &[
    ("ImagePolicy", "Images of a policy"),
    ("SourcePolicy", "Sources of a policy"),
    ("LintPolicy", "Lint of a policy"),
];

/// The page about policies, as Markdown.
pub fn policy() -> String {
    let schema: Value = serde_json::from_str(&schema::policy()).unwrap_or_default();
    let mut page = POLICY_INTRODUCTION.to_owned();
    page += &section("The policy", &schema);
    for (name, heading) in POLICY_SECTIONS {
        page += &section(heading, &schema["$defs"][name]);
    }
    page
}

/// The page, as Markdown.
pub fn page() -> String {
    let mut schema: Value = serde_json::from_str(&schema::document()).unwrap_or_default();
    // What a stage needs that no preset and no file below it has.
    let needed = schema["then"]["properties"]["stages"]["additionalProperties"]["required"].take();
    schema["$defs"]["Stage"]["required"] = needed;
    let mut page = INTRODUCTION.replace("{tools}", tools().trim_end());
    page += &section("The spec", &schema);
    for (name, heading) in SECTIONS {
        page += &section(heading, &schema["$defs"][name]);
    }
    page
}

/// The well-known caches.
fn tools() -> String {
    let mut text =
        "| name | directory | shared | for each platform | variables |\n| --- | --- | --- | --- | --- |\n"
            .to_owned();
    for tool in TOOLS {
        for (at, directory) in tool.directories.iter().enumerate() {
            let name = if at == 0 { format!("`{}`", tool.name) } else { String::new() };
            let sharing = match directory.sharing {
                Sharing::Shared => "by all",
                Sharing::Locked => "one at a time",
                Sharing::Private => "by none",
            };
            let native = if directory.native { "yes" } else { "" };
            let pointing = directory.variables.iter().map(|name| format!("`{name}`"));
            let others =
                tool.variables.iter().filter(|_| at == 0).map(|(name, value)| format!("`{name}={value}`"));
            let variables = pointing.chain(others).collect::<Vec<_>>().join(", ");
            text += &format!("| {name} | `{}` | {sharing} | {native} | {variables} |\n", directory.target);
        }
    }
    text
}

fn section(heading: &str, object: &Value) -> String {
    let description = object["description"].as_str().unwrap_or_default();
    let mut text =
        format!("\n## {heading}\n\n{description}\n\n| key | value | meaning |\n| --- | --- | --- |\n");
    let required: Vec<&str> =
        object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let none = Map::new();
    for (key, value) in object["properties"].as_object().unwrap_or(&none) {
        let meaning = value["description"].as_str().unwrap_or_default().replace('|', "\\|");
        let mark = if required.contains(&key.as_str()) { " **required**" } else { "" };
        text += &format!("| `{key}`{mark} | {} | {meaning} |\n", kind(value));
    }
    text
}

/// What may stand there, in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return named(name);
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        if let [one, many] = forms.as_slice()
            && many["items"] == *one
        {
            return format!("{}; or a list of these", kind(one));
        }
        let forms = forms.iter().filter(|form| form.get("const") != Some(&Value::Null));
        let mut forms: Vec<String> = forms.map(kind).collect();
        forms.dedup();
        return forms.join(" or ");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words
            .iter()
            .filter_map(Value::as_str)
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ");
    }
    match &schema["type"] {
        Value::String(word) if word == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(word) if word == "object" => {
            format!("names, each with {}", kind(&schema["additionalProperties"]))
        }
        Value::String(word) if word == "boolean" => "`true` or `false`".to_owned(),
        Value::String(word) if word == "integer" => "number".to_owned(),
        _ => "text".to_owned(),
    }
}

/// A type with a section of its own as a link, any other one in words.
fn named(name: &str) -> String {
    let heading = SECTIONS
        .iter()
        .chain(POLICY_SECTIONS)
        .find(|(section, _)| *section == name)
        .map(|(_, heading)| *heading);
    match (heading, name) {
        (Some(heading), _) => {
            let anchor: String = heading.to_lowercase().chars().filter(|c| *c != '`').collect();
            format!("[{}](#{})", anchor, anchor.replace(' ', "-"))
        }
        (None, "Command" | "ShellOrExec" | "HealthcheckTest") => "text, or list of texts".to_owned(),
        (None, "Healthcheck") => "`none`, or [a health check](#a-health-check)".to_owned(),
        (None, "CacheMount") => "name of a tool, path, or [a cache mount](#a-cache-mount)".to_owned(),
        (None, "LintErrors") => "`true`, `false`, name of a rule, or list of names".to_owned(),
        (None, "SecretMount") => "id, or [a secret of a step](#a-secret-of-a-step)".to_owned(),
        (None, "SshMount") => "`true`, id, or [an ssh agent of a step](#an-ssh-agent-of-a-step)".to_owned(),
        (None, "Source") => "[an image source](#an-image-source), [a git source](#a-git-source), [an http source](#an-http-source) or [a context source](#a-context-source)".to_owned(),
        (None, "Mount") => "[a bind mount](#a-bind-mount), [a tmpfs mount](#a-tmpfs-mount) or [a file mount](#a-file-mount)".to_owned(),
        (None, "RepositoryKey") => "path, or [the key of a repository](#the-key-of-a-repository)".to_owned(),
        (None, "Step") => "a step: [run](#run), [copy](#copy), [add](#add), [write](#write), [mkdir](#mkdir), [remove](#remove), [symlink](#symlink), [install](#install), [apt](#apt), [apk](#apk), [dnf](#dnf) or [parallel](#parallel)".to_owned(),
        (None, "Account") => "name, or [an account](#an-account)".to_owned(),
        (None, "Device") => "name, or [a device](#a-device)".to_owned(),
        (None, "Ulimit") => "number, `soft:hard`, or [a limit](#a-limit)".to_owned(),
        (None, "Hosts") => "names, each with one or more addresses; or list of text".to_owned(),
        (None, "Required") => "`verify`, `scan` or `healthcheck`".to_owned(),
        (None, "Security") => "`sandbox` or `insecure`".to_owned(),
        (None, "Attestation") => "`sbom` or `provenance`".to_owned(),
        (None, "Inherited") => "`env`, `expose`, `volumes`, `labels`, `entrypoint`, `cmd`, `healthcheck` or `onbuild`".to_owned(),
        (None, "Sharing") => "`shared`, `private` or `locked`".to_owned(),
        (None, "Manager") => Manager::WORDS.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        (None, "Network") => "`default`, `none` or `host`".to_owned(),
        (None, other) => other.to_lowercase(),
    }
}
