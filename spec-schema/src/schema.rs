//! The JSON Schema of the language, for editors.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map as JsonMap, Value, json};

use crate::decode::text::{Template, Text};
use crate::decode::{Decode, Duration, Id, List, Map, Mode, OneOrMany, Permissions, Size};
use crate::policy::Policy;
use crate::span::Spanned;
use crate::spec::{
    Account, AccountSettings, AddStep, ApkStep, AptStep, Arg, ArgSettings, BindMount, CacheMount,
    CacheSettings, Command, ContextSource, CopyStep, Device, DeviceSettings, DnfStep, FailOn, FileMount,
    GitSource, Growth, Healthcheck, HealthcheckSettings, HealthcheckTest, Hosts, HttpSource, ImageSource,
    InstallStep, KeyFile, Limit, LintErrors, MkdirStep, Mount, ParallelStep, RemoveStep, RepositoryKey,
    RunStep, SecretMount, SecretSettings, ShellOrExec, Source, Spec, SshMount, SshSettings, Statuses, Step,
    SymlinkStep, TmpfsMount, Ulimit, UlimitSettings, VerifyServe, VerifyServeSettings, When, WriteStep,
};

/// The schema of a policy, as JSON text with a line feed at the end.
pub fn policy() -> String {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Policy>();
    schema.insert("title".to_owned(), json!("optfrontend policy"));
    text(schema)
}

/// The schema of a whole spec, likewise.
pub fn document() -> String {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Spec>();
    schema.insert("title".to_owned(), json!("optfrontend build spec"));
    // Those of a spec may all come from the files that it includes, or from a preset, and so may what its own start from.
    let has = |key: &str| json!({ "required": [key] });
    schema.insert("anyOf".to_owned(), json!([has("stages"), has("include"), has("preset")]));
    let from = schema.pointer_mut("/$defs/Stage").and_then(|stage| stage.as_object_mut()?.remove("required"));
    schema.insert("if".to_owned(), json!({ "not": { "anyOf": [has("include"), has("preset")] } }));
    let stage = json!({ "patternProperties": { "^x-": true }, "additionalProperties": { "required": from } });
    schema.insert("then".to_owned(), json!({ "properties": { "stages": stage } }));
    text(schema)
}

fn text(schema: Schema) -> String {
    let mut schema = schema.to_value();
    without_null(&mut schema);
    format!("{schema:#}\n")
}

/// A key may be left out, but a key without a value is a fault: what schemars adds to an `Option` goes again.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(forms)) = object.get_mut("anyOf") {
                forms.retain(|form| form.get("type") != Some(&json!("null")));
                if let [Value::Object(only)] = forms.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    object.extend(only);
                }
            }
            object.values_mut().for_each(without_null);
        }
        _ => {}
    }
}

/// Collects the properties of a mapping.
pub(crate) struct Object {
    description: String,
    properties: JsonMap<String, Value>,
    required: Vec<&'static str>,
}

impl Object {
    pub(crate) fn new(doc: &str) -> Self {
        Self { description: prose(doc), properties: JsonMap::new(), required: Vec::new() }
    }

    pub(crate) fn property<T: JsonSchema + Decode>(
        &mut self,
        key: &'static str,
        doc: &str,
        generator: &mut SchemaGenerator,
    ) {
        let mut schema = generator.subschema_for::<T>();
        schema.insert("description".to_owned(), json!(prose(doc)));
        self.properties.insert(key.to_owned(), schema.to_value());
        if T::absent().is_none() {
            self.required.push(key);
        }
    }

    pub(crate) fn finish(self) -> Schema {
        let mut schema = json_schema!({
            "description": self.description,
            "type": "object",
            "properties": self.properties,
            "patternProperties": { "^x-": true },
            "additionalProperties": false,
        });
        if !self.required.is_empty() {
            schema.insert("required".to_owned(), json!(self.required));
        }
        schema
    }
}

/// A doc comment as running text: its lines joined, paragraphs kept.
fn prose(doc: &str) -> String {
    let lines: Vec<&str> = doc.trim().lines().map(str::trim).collect();
    lines.split(|line| line.is_empty()).map(|lines| lines.join(" ")).collect::<Vec<_>>().join("\n\n")
}

/// The schema of a type that is another type's, or a simple one.
macro_rules! schema {
    ($($type:ty => |$generator:ident| $schema:expr;)*) => {
        $(impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        })*
    };
}

/// The schema of a type with forms to choose from: defined once, referred to by name.
macro_rules! choice {
    ($($type:ident => [$($form:expr),* $(,)?] with $generator:ident;)*) => {
        $(impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                json_schema!({ "anyOf": [$($form),*] })
            }
        })*
    };
}

/// A scalar that YAML may take for something else than text: `8080`, `1.22`, `on`.
fn word() -> Schema {
    json_schema!({ "type": ["string", "number", "boolean"] })
}

/// An exit code, or a range of them.
fn exit_codes() -> Schema {
    json_schema!({ "type": ["string", "integer"], "pattern": "^[0-9]{1,3}(-[0-9]{1,3})?$", "minimum": 0, "maximum": 255 })
}

schema! {
    Template => |_generator| word();
    Spanned<bool> => |_generator| json_schema!({ "type": "boolean" });
    Duration => |_generator| json_schema!({ "type": ["string", "number"], "pattern": "^0$|^([0-9.]+(ns|us|µs|ms|s|m|h|d))+$" });
    Size => |_generator| json_schema!({ "type": ["string", "integer"], "pattern": "^[0-9.]+ *(B|kB|KB|MB|GB|KiB|MiB|GiB)?$" });
    Mode => |_generator| json_schema!({ "type": ["string", "integer"] });
    Permissions => |_generator| json_schema!({ "type": ["string", "integer"], "pattern": "^(0o)?[0-7]+$" });
    Spanned<Duration> => |generator| generator.subschema_for::<Duration>();
    Spanned<Size> => |generator| generator.subschema_for::<Size>();
    Spanned<Growth> => |generator| generator.subschema_for::<Growth>();
    Spanned<Statuses> => |generator| generator.subschema_for::<Statuses>();
    Spanned<u32> => |generator| generator.subschema_for::<u32>();
    Growth => |_generator| json_schema!({ "type": ["string", "integer"], "pattern": "^[0-9.]+ *(%|B|kB|KB|MB|GB|KiB|MiB|GiB)?$" });
    Statuses => |_generator| json_schema!({ "type": ["string", "integer"], "pattern": "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$" });
    Limit => |_generator| json_schema!({ "type": "integer", "minimum": -1 });
    Id => |_generator| json_schema!({ "type": "integer", "minimum": 0, "maximum": i32::MAX });
    Arg => |generator| {
        // `NAME:` alone is an arg without a default.
        json_schema!({ "anyOf": [word(), generator.subschema_for::<ArgSettings>(), { "const": null }] })
    };
    FailOn => |_generator| {
        let many = json!({ "type": "array", "items": exit_codes(), "minItems": 1 });
        json_schema!({ "anyOf": [{ "enum": ["any", "never"] }, exit_codes(), many] })
    };
    VerifyServe => |generator| generator.subschema_for::<VerifyServeSettings>();
    When => |generator| generator.subschema_for::<Map<OneOrMany<Template>>>();
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        word()
    }
}

choice! {
    Command => [word(), generator.subschema_for::<List<Template>>()] with generator;
    ShellOrExec => [word(), generator.subschema_for::<List<Template>>()] with generator;
    HealthcheckTest => [word(), generator.subschema_for::<List<Template>>()] with generator;
    Healthcheck => [json!({ "const": "none" }), generator.subschema_for::<HealthcheckSettings>()] with generator;
    CacheMount => [
        json!({ "enum": CacheMount::tools().collect::<Vec<_>>() }),
        json!({ "type": "string", "pattern": "^[/$.]" }),
        generator.subschema_for::<CacheSettings>(),
    ] with generator;
    SecretMount => [word(), generator.subschema_for::<SecretSettings>()] with generator;
    SshMount => [word(), generator.subschema_for::<SshSettings>()] with generator;
    LintErrors => [json!({ "type": "boolean" }), generator.subschema_for::<OneOrMany<Text>>()] with generator;
    Account => [word(), generator.subschema_for::<AccountSettings>()] with generator;
    Device => [word(), generator.subschema_for::<DeviceSettings>()] with generator;
    Ulimit => [
        json!({ "type": "integer", "minimum": -1 }),
        json!({ "type": "string", "pattern": "^(-1|[0-9]+)(:(-1|[0-9]+))?$" }),
        generator.subschema_for::<UlimitSettings>(),
    ] with generator;
    Hosts => [
        generator.subschema_for::<Map<OneOrMany<Template>>>(),
        generator.subschema_for::<List<Template>>(),
    ] with generator;
    Source => [
        generator.subschema_for::<ImageSource>(),
        generator.subschema_for::<GitSource>(),
        generator.subschema_for::<HttpSource>(),
        generator.subschema_for::<ContextSource>(),
    ] with generator;
    Mount => [
        generator.subschema_for::<BindMount>(),
        generator.subschema_for::<TmpfsMount>(),
        generator.subschema_for::<FileMount>(),
    ] with generator;
    RepositoryKey => [word(), generator.subschema_for::<KeyFile>()] with generator;
    Step => [
        generator.subschema_for::<RunStep>(),
        generator.subschema_for::<CopyStep>(),
        generator.subschema_for::<AddStep>(),
        generator.subschema_for::<WriteStep>(),
        generator.subschema_for::<MkdirStep>(),
        generator.subschema_for::<RemoveStep>(),
        generator.subschema_for::<SymlinkStep>(),
        generator.subschema_for::<InstallStep>(),
        generator.subschema_for::<AptStep>(),
        generator.subschema_for::<ApkStep>(),
        generator.subschema_for::<DnfStep>(),
        generator.subschema_for::<ParallelStep>(),
    ] with generator;
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("List_of_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": generator.subschema_for::<T>() })
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("One_or_many_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

impl<T: JsonSchema + Decode> JsonSchema for Map<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Map_of_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema =
            json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<T>() });
        // A mapping so called holds anchors.
        if !T::keys().is_empty() {
            schema.insert("patternProperties".to_owned(), json!({ "^x-": true }));
        }
        schema
    }
}
