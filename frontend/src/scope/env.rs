//! Environment variables.

use std::sync::Arc;

use indexmap::IndexMap;

/// Environment variables in the order in which an image config lists them: that in which their names came up first.
///
/// Stages start from one another and steps have what their stage has, so there are many environments that differ by little. They share
/// what they have in common: the variables are in layers, each at least twice as large as the next, and a later one wins. So a copy costs
/// next to nothing, there are few layers to look into, and a thousand stages that add a variable each do not keep half a million.
#[derive(Debug, Clone, Default)]
pub struct Env {
    layers: Vec<Arc<Layer>>,
}

type Layer = IndexMap<String, String>;

impl Env {
    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.layers.iter().rev().find_map(|layer| layer.get(name)).map(String::as_str)
    }

    /// Whether there is such a variable.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Sets a variable; one that is there keeps its place.
    pub fn insert(&mut self, name: String, value: String) {
        self.extend([(name, value)]);
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.layers.iter().flat_map(|layer| layer.iter());
        let merged: IndexMap<&str, &str> =
            entries.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        merged.into_iter()
    }

    /// The same, as ops have them.
    pub fn to_pairs(&self) -> Vec<(String, String)> {
        self.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

impl Extend<(String, String)> for Env {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, variables: I) {
        let mut top: Layer = variables.into_iter().collect();
        while let Some(below) = self.layers.pop_if(|below| below.len() < 2 * top.len()) {
            let mut merged = Arc::unwrap_or_clone(below);
            merged.extend(top);
            top = merged;
        }
        if !top.is_empty() {
            self.layers.push(Arc::new(top));
        }
    }
}

impl FromIterator<(String, String)> for Env {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        let mut env = Self::default();
        env.extend(variables);
        env
    }
}

impl PartialEq for Env {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Env {}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: impl Into<String>, value: u32) -> (String, String) {
        (name.into(), value.to_string())
    }

    fn listed(env: &Env) -> Vec<(&str, &str)> {
        env.iter().collect()
    }

    #[test]
    fn a_variable_that_is_set_again_keeps_its_place() {
        let mut env = Env::from_iter([pair("A", 1), pair("B", 2), pair("C", 3)]);
        let before = env.clone();
        env.insert("D".to_owned(), "4".to_owned());
        env.insert("B".to_owned(), "5".to_owned());
        assert_eq!(listed(&env), [("A", "1"), ("B", "5"), ("C", "3"), ("D", "4")]);
        assert_eq!((env.get("B"), env.get("E")), (Some("5"), None));
        assert_eq!(listed(&before), [("A", "1"), ("B", "2"), ("C", "3")]);
        assert_ne!(env, before);
    }

    #[test]
    fn an_environment_is_what_it_lists_however_it_came_about() {
        let at_once: Env = (0..100).map(|n| pair(n.to_string(), n)).collect();
        let mut one_by_one = Env::default();
        for n in 0..100 {
            one_by_one.extend([pair(n.to_string(), n)]);
        }
        assert_eq!(at_once, one_by_one);
        assert_ne!(at_once, (0..100).rev().map(|n| pair(n.to_string(), n)).collect());
    }

    #[test]
    fn environments_that_grow_out_of_one_another_share_what_they_have() {
        let mut env = Env::default();
        let grown: Vec<Env> = (0..1000)
            .map(|n| {
                env.insert(n.to_string(), String::new());
                env.clone()
            })
            .collect();
        let mut layers: Vec<&Arc<Layer>> = grown.iter().flat_map(|env| &env.layers).collect();
        layers.sort_by_key(|layer| Arc::as_ptr(layer));
        layers.dedup_by_key(|layer| Arc::as_ptr(layer));
        let kept: usize = layers.iter().map(|layer| layer.len()).sum();
        assert!(kept < 10 * grown.len(), "{kept} variables are kept");
        assert!(grown.iter().all(|env| env.layers.len() <= 10));
    }
}
