"""Debian's interpreter has a site module built in that looks for packages in Debian's dist-packages folders.

This puts site-packages in their place, as in the interpreter from python.org.
"""

import sys

if sys.prefix == sys.base_prefix:
    import site

    def getsitepackages(prefixes=None):
        """Returns the site-packages folder of each prefix."""
        version = "python%d.%d" % sys.version_info[:2]
        prefixes = site.PREFIXES if prefixes is None else prefixes
        return list(dict.fromkeys(f"{prefix}/lib/{version}/site-packages" for prefix in prefixes if prefix))

    site.getsitepackages = getsitepackages
    site.addsitepackages(None)
