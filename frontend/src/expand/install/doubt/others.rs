//! Lockfiles of Bundler and Composer.

use serde_json::Value;

use super::super::Project;
use super::Wish;

pub(super) fn bundler(project: &mut Project<'_>) -> Option<String> {
    let (manifest, lock) = (project.text("Gemfile")?, project.text("Gemfile.lock")?);
    let below = lock
        .lines()
        .skip_while(|line| *line != "DEPENDENCIES")
        .skip(1)
        .take_while(|line| line.starts_with(' '));
    let locked: Vec<&str> = below.filter_map(|line| line.trim().split([' ', '!']).next()).collect();
    let named = manifest.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("gem")?.trim_start_matches([' ', '(']);
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        rest.split(quote).nth(1)
    });
    let missing = named.into_iter().find(|name| !locked.contains(name))?;
    let wish = Wish { file: "Gemfile".to_owned(), name: missing.to_owned(), range: String::new() };
    Some(wish.refused(project, None))
}

pub(super) fn composer(project: &mut Project<'_>) -> Option<String> {
    let read = |text: String| serde_json::from_str::<Value>(&text).ok();
    let manifest = project.text("composer.json").and_then(read)?;
    let lock = project.text("composer.lock").and_then(read)?;
    let packages = ["packages", "packages-dev"].into_iter().filter_map(|key| lock[key].as_array()).flatten();
    let locked: Vec<&str> = packages.filter_map(|package| package["name"].as_str()).collect();
    // What has no slash in its name is PHP itself or a part of it.
    let wanted = ["require", "require-dev"].into_iter().filter_map(|key| manifest[key].as_object()).flatten();
    let missing =
        wanted.filter(|(name, _)| name.contains('/')).find(|(name, _)| !locked.contains(&name.as_str()))?;
    let range = missing.1.as_str().unwrap_or_default().to_owned();
    let wish = Wish { file: "composer.json".to_owned(), name: missing.0.clone(), range };
    Some(wish.refused(project, None))
}
