//! Tables of TOML, of which what has another form than expected counts as missing.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

pub(super) type Table<'t> = DeTable<'t>;

pub(super) fn value<'t>(table: &'t Table<'_>, key: &str) -> Option<&'t DeValue<'t>> {
    table.iter().find(|(name, _)| name.get_ref().as_ref() == key).map(|(_, value)| value.get_ref())
}

pub(super) fn sub<'t>(table: &'t Table<'_>, key: &str) -> Option<&'t Table<'t>> {
    match value(table, key)? {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

pub(super) fn text(table: &Table<'_>, key: &str) -> Option<String> {
    match value(table, key)? {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

pub(super) fn texts(table: &Table<'_>, key: &str) -> Vec<String> {
    let Some(DeValue::Array(items)) = value(table, key) else { return Vec::new() };
    let text = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(text) => Some(DeString::to_string(text)),
        _ => None,
    };
    items.iter().filter_map(text).collect()
}

pub(super) fn tables<'t>(table: &'t Table<'_>, key: &str) -> Vec<&'t Table<'t>> {
    let Some(DeValue::Array(items)) = value(table, key) else { return Vec::new() };
    items
        .iter()
        .filter_map(|item| if let DeValue::Table(table) = item.get_ref() { Some(table) } else { None })
        .collect()
}

/// The tables in a table.
pub(super) fn subs<'t>(table: Option<&'t Table<'t>>) -> impl Iterator<Item = &'t Table<'t>> {
    let values = table.into_iter().flat_map(|table| table.values());
    values.filter_map(|value| if let DeValue::Table(table) = value.get_ref() { Some(table) } else { None })
}
