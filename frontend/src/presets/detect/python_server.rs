//! Python: servers of apps, and what tells of either.

use crate::presets::{GUNICORN, Part, UVICORN};

/// What the makers of apps are called that a server has to run.
const MAKERS: [&str; 6] =
    ["FastAPI(", "Flask(", "Quart(", "Starlette(", "get_wsgi_application()", "get_asgi_application()"];

/// What apps are usually called, the first one that is there counts.
const USUAL: [&str; 3] = ["app", "api", "application"];

/// What runs an app.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    Gunicorn,
    Uvicorn,
}

impl Server {
    /// The one that a project installs.
    pub(super) fn of(manifest: &str) -> Option<Self> {
        // FastAPI's extras bring it.
        let extras = ["fastapi[standard", "fastapi[all"];
        if names(manifest, "uvicorn") || extras.iter().any(|extra| manifest.contains(extra)) {
            return Some(Self::Uvicorn);
        }
        names(manifest, "gunicorn").then_some(Self::Gunicorn)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gunicorn => "gunicorn",
            Self::Uvicorn => "uvicorn",
        }
    }

    pub(super) fn part(self) -> Part {
        match self {
            Self::Gunicorn => GUNICORN,
            Self::Uvicorn => UVICORN,
        }
    }

    /// The file that an app for it is usually in.
    pub(super) fn usual_file(self) -> &'static str {
        match self {
            Self::Gunicorn => "wsgi.py",
            Self::Uvicorn => "asgi.py",
        }
    }

    /// The files that Django has an app for it in.
    pub(super) fn of_django(self) -> &'static str {
        match self {
            Self::Gunicorn => "*/wsgi.py",
            Self::Uvicorn => "*/asgi.py",
        }
    }
}

/// The object of a file that is an app which it makes for itself.
pub(super) fn makes_app(text: &str) -> Option<&str> {
    let is_app = |(name, value): &(&str, &str)| {
        MAKERS.iter().any(|maker| value.contains(maker))
            || USUAL.contains(name) && value.contains("create_app(")
    };
    let made: Vec<&str> = objects(text).filter(is_app).map(|(name, _)| name).collect();
    let first = *made.first()?;
    let usual = USUAL.into_iter().find(|name| made.contains(name));
    // What is put around an app takes its place.
    let wraps = |(name, value): &(&str, &str)| ["app", "application"].contains(name) && value.contains(first);
    usual.or_else(|| objects(text).find(wraps).map(|(name, _)| name)).or(Some(first))
}

/// The object of a file that is an app: one that it makes, or one that it brings for a server.
pub(super) fn app_in<'t>(file: &str, text: &'t str) -> Option<&'t str> {
    let is_for_server = file.ends_with("wsgi.py") || file.ends_with("asgi.py");
    makes_app(text).or_else(|| brought(text).find(|name| USUAL.contains(name)).filter(|_| is_for_server))
}

/// What is called like an app in a file, of which it is not known what it makes.
pub(super) fn named_like_app(text: &str) -> &str {
    let is_there =
        |usual: &&str| objects(text).map(|(name, _)| name).chain(brought(text)).any(|name| name == *usual);
    USUAL.into_iter().find(is_there).unwrap_or(USUAL[0])
}

/// The objects of a module, not those of its functions, with what each is set to.
fn objects(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let (target, value) = line.split_once('=')?;
        let name = target.split(':').next().unwrap_or_default().trim_end();
        (!name.is_empty() && name.chars().all(is_of_name)).then_some((name, value))
    })
}

/// What objects that are imported are called then.
fn brought(text: &str) -> impl Iterator<Item = &str> {
    let lists = text.lines().filter(|line| line.starts_with("from ")).filter_map(|line| {
        let (_, list) = line.split_once(" import ")?;
        list.split('#').next()
    });
    let names = lists.flat_map(|list| list.split(',')).filter_map(|item| item.split_whitespace().next_back());
    names.map(|name| name.trim_matches(['(', ')']))
}

/// The modules that a file imports, by the first parts of their names.
pub(super) fn imports(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let rest = line.strip_prefix("from ").or_else(|| line.strip_prefix("import "))?;
        rest.split(|c| !is_of_name(c)).next().filter(|name| !name.is_empty())
    })
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What the function that makes an app cannot be called without; nothing where there is no such function.
pub(super) fn needed_to_make_app(text: &str) -> Option<Vec<String>> {
    let sign = "def create_app(";
    let (_, list) = text.split_once(&format!("\n{sign}")).or_else(|| Some(("", text.strip_prefix(sign)?)))?;
    let is_needed = |parameter: &String| {
        !parameter.is_empty() && !parameter.starts_with(['*', '/']) && !parameter.contains('=')
    };
    let name = |parameter: String| parameter.split(':').next().unwrap_or_default().trim_end().to_owned();
    Some(parameters(list).into_iter().filter(is_needed).map(name).collect())
}

/// The parameters of a function, up to the end of the list; without what is in brackets, quotes and comments.
fn parameters(list: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let (mut depth, mut quote) = (0_usize, None);
    for c in list.chars() {
        match c {
            _ if quote.is_some() => quote = quote.filter(|end| *end != c),
            '"' | '\'' => quote = Some(c),
            '#' => quote = Some('\n'),
            ')' if depth == 0 => break,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => all.push(String::new()),
            _ if depth > 0 => {}
            _ => all.last_mut().into_iter().for_each(|last| last.push(c)),
        }
    }
    all.iter().map(|parameter| parameter.trim().to_owned()).collect()
}

/// Whether requirements or a lockfile name a package.
pub(super) fn names(manifest: &str, package: &str) -> bool {
    let words = manifest.lines().flat_map(|line| line.split(['"', '\'']));
    words.map(str::trim).any(|word| {
        let rest = word.strip_prefix(package);
        rest.is_some_and(|rest| {
            rest.trim_start().is_empty()
                || rest.trim_start().starts_with(['=', '<', '>', '~', '!', '[', ';', '@', '#', '\\'])
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{app_in, imports, makes_app, named_like_app, names, needed_to_make_app};

    #[test]
    fn manifests_name_packages() {
        for manifest in [
            "gunicorn\n",
            "flask==3\ngunicorn==22.0 \\\n  --hash=sha256:aa",
            "gunicorn [gevent] >= 22  # server",
            "dependencies = [\"flask>=3\", \"gunicorn>=22\"]",
            "name = \"gunicorn\"\nversion = \"22.0.0\"",
            "gunicorn = \"^22\"",
        ] {
            assert!(names(manifest, "gunicorn"), "{manifest}");
        }
        for manifest in [
            "gunicorn-extras==1",
            "# gunicorn",
            "flask  # not gunicorn",
            "description = \"gunicorn made easy\"",
        ] {
            assert!(!names(manifest, "gunicorn"), "{manifest}");
        }
    }

    #[test]
    fn modules_have_apps() {
        for (text, app) in [
            ("app = FastAPI()\n", "app"),
            ("from web import create_app\n\napp = create_app()\n", "app"),
            ("server: Flask = Flask(__name__)\n", "server"),
            ("web=FastAPI(title=\"Shop\")\n", "web"),
            ("admin = FastAPI()\napp: FastAPI = FastAPI()\n", "app"),
            ("flask = Flask(__name__)\napp = WsgiToAsgi(flask)\n", "app"),
            ("server = Flask(__name__)\napi = Api(server)\n", "server"),
        ] {
            assert_eq!(makes_app(text), Some(app), "{text}");
        }
        for text in [
            "def create_app():\n    app = Flask(__name__)\n    return app\n",
            "import gradio as gr\ndemo = gr.Interface()\n",
            "assert app == Flask(__name__)\n# app = Flask(__name__)\n",
        ] {
            assert_eq!(makes_app(text), None, "{text}");
        }
    }

    #[test]
    fn files_for_servers_bring_apps() {
        assert_eq!(app_in("wsgi.py", "from shop import app as application\n"), Some("application"));
        assert_eq!(app_in("wsgi.py", "from shop import (db, application)  # app\n"), Some("application"));
        assert_eq!(app_in("wsgi.py", "from shop import application_of\n"), None);
        assert_eq!(app_in("main.py", "from shop import app\n"), None);
        assert_eq!(named_like_app("application = Litestar([])\n"), "application");
        assert_eq!(named_like_app("import shop\n"), "app");
    }

    #[test]
    fn functions_make_apps_of_what_they_need() {
        for (list, needed) in [
            ("", &[][..]),
            ("config=None", &[]),
            ("config: dict = {\"a\": 1}, *, debug: bool = False, **more", &[]),
            ("\n    # what isn't said\n    separator=\",\",\n    *names: str,\n", &[]),
            ("config_name", &["config_name"]),
            ("config: Callable[[int, str], str], /, name=\")\", *, debug: bool", &["config", "debug"]),
            ("limit: Annotated[int, Field(gt=1)]", &["limit"]),
        ] {
            let text = format!("import x\n\ndef create_app({list}) -> Flask:\n    return Flask(x)\n");
            assert_eq!(needed_to_make_app(&text).unwrap(), needed, "{list}");
        }
        assert_eq!(needed_to_make_app("def create_app():\n").unwrap(), [""; 0]);
        assert!(needed_to_make_app("class Shop:\n    def create_app(self):\n").is_none());
    }

    #[test]
    fn modules_are_imported() {
        let text = "import os.path\nfrom shop.db import connect\nfrom . import x\n    import late\n";
        assert!(imports(text).eq(["os", "shop"]));
    }
}
