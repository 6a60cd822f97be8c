"""How the documentation is built; the reference pages are generated from the code, so that they cannot fall behind."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import generators  # noqa: E402 - it lies beside this file

import peereval  # noqa: E402

project = "peereval"
copyright = "2026, the peereval authors"  # noqa: A001 - Sphinx's own name
release = version = peereval.__version__
language = "en"
# quotation marks belong to values and to what is searched for
smartquotes = False
extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx_design", "formulas"]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "amsmath"]
myst_heading_anchors = 3
# the notebooks carry their outputs; a page that wants its own to be run says so at its head
nb_execution_mode = "off"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
# the only hidden cells are the solutions of exercises
nb_code_prompt_show = "Show the solution"
nb_code_prompt_hide = "Hide the solution"
autodoc_typehints = "none"
# a name in single backticks is a link where it is a public name
default_role = "py:obj"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# without it, the build looks for formulas' script on the network
html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "peereval"
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "back_to_top_button": False,
}
html_sidebars = {"index": [], "search": []}
html_show_sourcelink = False
html_copy_source = False

generators.everything(HERE)
