//! From the bytes of a lock file to what it says, with every fault.

use spec_schema::decode::text::Text;
use spec_schema::decode::{Decode, Map};
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::lock::{LockFile, VERSION};
use spec_schema::span::Span;

use super::{Lock, Name, Pin, SUFFIX, command, is_commit};
use crate::external::check_digest as check_checksum;
use crate::image_ref::{ImageRef, check_digest};
use crate::parse::{self, Found};
use crate::source::{SpecFile, SpecFiles};

/// The lock file of the spec `name`, which becomes one of its files; `None` where there is none.
pub fn read(name: &str, found: Found, files: &mut SpecFiles, faults: &mut Faults) -> Option<Lock> {
    let (id, file) = (files.next_id(), format!("{name}{SUFFIX}"));
    let start = Span { file: id, ..Span::default() };
    let bytes = match found {
        Found::Bytes(bytes) => bytes,
        Found::Nothing(_) => return None,
        Found::TooLarge | Found::NoFile => {
            let what = if matches!(found, Found::NoFile) { "is not a file" } else { "is too large" };
            files.add(SpecFile::about_spec(&file, ""));
            faults.push(Diagnostic::new(start, format!("the lock file `{file}` {what}")).help(again(name)));
            return Some(Lock { file, ..Lock::default() });
        }
    };
    let mut own = Faults::new();
    let (text, tree) = parse::about_spec(&file, id, bytes, &mut own);
    if tree.is_none() && own.is_empty() {
        own.push(Diagnostic::new(start, "this lock file is empty"));
    }
    if let Some(at) = conflict(&text.text) {
        own = Faults::new();
        let span = Span { file: id, start: at, end: at + MARK_LENGTH };
        own.push(Diagnostic::new(span, "this lock file has a conflict of a merge that nobody has solved"));
    }
    files.add(text);
    let mut reader = Reader { lock: Lock { file, ..Lock::default() }, faults: &mut own };
    if let Some(read) = tree.and_then(|tree| LockFile::decode(&tree, reader.faults)) {
        reader.read(&read);
    }
    let lock = reader.lock;
    for fault in own.into_sorted() {
        let help = fault.help.clone().unwrap_or_else(|| again(name));
        faults.push(fault.help(help));
    }
    Some(lock)
}

/// How long git's marks are.
const MARK_LENGTH: u32 = 7;

/// Where git has left a conflict.
fn conflict(text: &str) -> Option<u32> {
    let mark = "<".repeat(MARK_LENGTH as usize);
    let at = if text.starts_with(&mark) { 0 } else { text.find(&format!("\n{mark}"))? + 1 };
    u32::try_from(at).ok()
}

/// What to do about a file that says nothing.
fn again(name: &str) -> String {
    format!("write it again: `{}`", command(name))
}

struct Reader<'f> {
    lock: Lock,
    faults: &'f mut Faults,
}

impl Reader<'_> {
    fn read(&mut self, file: &LockFile) {
        if file.version.value != VERSION {
            let message = format!(
                "this lock file has the version {}, and this frontend reads {VERSION}",
                file.version.value
            );
            self.faults.push(Diagnostic::new(file.version.span, message));
        }
        self.section(&file.images, image, check_digest);
        self.section(&file.git, repository, check_commit);
        self.section(&file.http, download, check_checksum);
    }

    fn section(
        &mut self,
        entries: &Map<Text>,
        name: fn(&str) -> Result<Name, String>,
        check: fn(&str) -> Result<(), &'static str>,
    ) {
        for (key, entry) in entries.iter() {
            let value = &entry.value;
            if let Err(why) = check(&value.value) {
                let message = format!("`{}` cannot be what `{key}` is locked to: {why}", value.value);
                self.faults.push(Diagnostic::new(value.span, message));
            }
            match name(key) {
                Ok(name) => self.add(
                    name,
                    Pin { value: value.value.clone(), span: value.span, key_span: entry.key_span },
                ),
                Err(why) => self.faults.push(Diagnostic::new(entry.key_span, format!("`{key}` {why}"))),
            }
        }
    }

    /// The parser has refused what is written twice in the same way.
    fn add(&mut self, name: Name, pin: Pin) {
        if let Some(first) = self.lock.pins.get(&name) {
            let message = format!("{} is locked twice", name.shown());
            let fault = Diagnostic::new(pin.key_span, message).related(first.key_span, "the first time");
            self.faults.push(fault.help("remove one of the two"));
            return;
        }
        self.lock.pins.insert(name, pin);
    }
}

fn image(key: &str) -> Result<Name, String> {
    let reference = ImageRef::parse(key).map_err(|why| format!("is not an image: {why}"))?;
    if reference.is_pinned() {
        return Err("has a digest of its own: here stands the name without it".to_owned());
    }
    Ok(Name::Image(reference))
}

fn repository(key: &str) -> Result<Name, String> {
    let (url, reference) = key.split_once('#').unwrap_or((key, ""));
    if url.is_empty() {
        return Err("has no URL of a repository before the `#`".to_owned());
    }
    if is_commit(reference) {
        return Err("names a commit, which cannot move: it needs no entry".to_owned());
    }
    Ok(Name::Git(url.to_owned(), (!reference.is_empty()).then(|| reference.to_owned())))
}

fn check_commit(text: &str) -> Result<(), &'static str> {
    if is_commit(text) { Ok(()) } else { Err("a commit has 40 or 64 hexadecimal digits in lower case") }
}

fn download(key: &str) -> Result<Name, String> {
    if key.starts_with("http://") || key.starts_with("https://") {
        return Ok(Name::Http(key.to_owned()));
    }
    Err("is no URL of a file: it starts with `https://` or `http://`".to_owned())
}
