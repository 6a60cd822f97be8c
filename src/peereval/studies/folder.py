"""A new study folder that works at once."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from peereval.errors import DestinationError
from peereval.files import write_table, write_text
from peereval.simulate.study import in_language, programme_file, simulate_study, study_file
from peereval.studies.schema import FILE, schema_text
from peereval.studies.section_notebooks import write_notebooks
from peereval.studies.study import Study
from peereval.surveys.storage import layout_metadata


def new_study(directory: str | Path, *, preset: str = "mixed-methods", seed: int = 2026, language: str = "en") -> Path:
    """Write a study folder with a study.toml, synthetic data, and a notebook for each section.

    Parameters
    ----------
    directory : str or Path
        The folder; it must not exist or must be empty.
    preset : {"mixed-methods", "region", "ward"}
        The design to simulate: a region with survey, hospital contacts, interviews and costs; with survey and contacts;
        or one ward with anonymous rounds.
    seed : int
        Seed of the simulated data.
    language : {"en", "da", "sv"}
        The language of the folder: its README, the comments of the study file, and the report.

    Returns
    -------
    Path
        The study.toml.

    Raises
    ------
    DestinationError
        The folder has something in it.
    UnknownNameError
        There is no such preset or language.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = new_study(folder + "/demo", preset="ward", seed=1)
    ...     sorted(path.name for path in made.parent.rglob("*.*"))
    ['.gitignore', 'README.md', 'invited.synthetic.parquet', 'participation.ipynb', 'peereval.schema.json', 'responses.synthetic.parquet', 'rounds.ipynb', 'study.toml']
    """
    folder = Path(directory)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"{folder} is there already and is not an empty folder."
        raise DestinationError(msg, hint="Name a folder that does not exist yet.")
    text = study_file(preset, language)
    study = in_language(simulate_study(preset, seed=seed), language)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name in _TABLES:
        table = getattr(study, name)
        if table is not None:
            place = folder / "data" / f"{name}.synthetic.parquet"
            metadata = layout_metadata(table) if name == "responses" else None
            write_table(table, place, origin="synthetic", metadata=metadata)
    if study.costs is not None:
        write_text(programme_file(language), folder / "data" / "programme.synthetic.toml")
    readme = files("peereval.studies") / "readmes" / f"{language}.md"
    write_text(readme.read_text(encoding="utf-8"), folder / "README.md")
    write_text(_IGNORED, folder / ".gitignore")
    write_text(text, folder / "study.toml")
    write_text(schema_text(), folder / FILE)
    write_notebooks(Study.from_toml(folder / "study.toml"))
    return folder / "study.toml"


_TABLES = ("responses", "invited", "contacts", "informants", "codings", "costs")
_IGNORED = """# person-level data and what shows them stay out of version control
/data/
/secure/
.ipynb_checkpoints/
"""
