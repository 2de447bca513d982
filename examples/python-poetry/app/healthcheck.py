"""The image's HEALTHCHECK: distroless has neither a shell nor curl."""

import sys
from urllib.request import urlopen

try:
    urlopen("http://127.0.0.1:8000/healthz", timeout=2).close()
except OSError as error:
    sys.exit(str(error))
