//! Markdown to HTML.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use serde::Serialize;

/// What is made of a document.
#[derive(Debug, PartialEq, Serialize)]
pub struct Page {
    /// The text of its first heading of the first level.
    pub title: Option<String>,
    pub html: String,
    pub words: usize,
}

/// Renders a document. Raw HTML in it is shown as text, so that a page runs no script of a stranger.
pub fn render(markdown: &str) -> Page {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events: Vec<Event> = Parser::new_ext(markdown, options)
        .map(|event| match event {
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            event => event,
        })
        .collect();
    let mut page = Page { title: title(&events), html: String::new(), words: words(&events) };
    html::push_html(&mut page.html, events.into_iter());
    page
}

fn title(events: &[Event]) -> Option<String> {
    let is_start =
        |event: &Event| matches!(event, Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }));
    let start = events.iter().position(is_start)?;
    let rest = &events[start + 1..];
    let end = rest.iter().position(|event| matches!(event, Event::End(TagEnd::Heading(_))))?;
    Some(rest[..end].iter().filter_map(text).collect())
}

fn words(events: &[Event]) -> usize {
    events.iter().filter_map(text).map(|text| text.split_whitespace().count()).sum()
}

fn text<'a>(event: &'a Event) -> Option<&'a str> {
    match event {
        Event::Text(text) | Event::Code(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_title_and_words() {
        let page = render("# Hello *there*\n\nTwo `words`.\n");
        assert_eq!(page.title.as_deref(), Some("Hello there"));
        assert_eq!(page.html, "<h1>Hello <em>there</em></h1>\n<p>Two <code>words</code>.</p>\n");
    }

    #[test]
    fn html_is_shown_as_text() {
        let page = render("<script>alert(1)</script>\n");
        assert!(!page.html.contains("<script>"), "{}", page.html);
    }
}
