//! Python: servers of apps, and what tells of either.

use crate::presets::{GUNICORN, Part, UVICORN};

/// What the makers of apps are called that a server has to run.
const MAKERS: [&str; 6] =
    ["FastAPI(", "Flask(", "Quart(", "Starlette(", "get_wsgi_application()", "get_asgi_application()"];

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

    /// The files that Django has an app for it in.
    pub(super) fn of_django(self) -> &'static str {
        match self {
            Self::Gunicorn => "*/wsgi.py",
            Self::Uvicorn => "*/asgi.py",
        }
    }
}

/// Whether a file has an app of its own.
pub(super) fn makes_app(text: &str) -> bool {
    let mut lines = text.lines().filter_map(|line| line.split_once(" = "));
    let objects = ["app", "api", "application"];
    lines.any(|(name, value)| {
        let name = name.split(':').next().unwrap_or_default();
        let makes = MAKERS.iter().any(|maker| value.contains(maker));
        // One in a function is no object of the module.
        !name.starts_with(char::is_whitespace)
            && (makes || objects.contains(&name) && value.contains("create_app("))
    })
}

/// Whether a file has an app: one of its own, or one that is brought for a server.
pub(super) fn has_app(file: &str, text: &str) -> bool {
    let is_for_server = file.ends_with("wsgi.py") || file.ends_with("asgi.py");
    makes_app(text) || is_for_server && text.contains("import app")
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
    use super::{makes_app, names};

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
        assert!(makes_app("app = FastAPI()\n"));
        assert!(makes_app("from web import create_app\n\napp = create_app()\n"));
        assert!(makes_app("server: Flask = Flask(__name__)\n"));
        assert!(!makes_app("def create_app():\n    app = Flask(__name__)\n    return app\n"));
        assert!(!makes_app("import gradio as gr\ndemo = gr.Interface()\n"));
    }
}
