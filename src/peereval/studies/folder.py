"""A new study folder that works at once."""

from __future__ import annotations

from pathlib import Path

from peereval.errors import DestinationError
from peereval.files import write_table, write_text
from peereval.simulate.study import simulate_study, study_file
from peereval.surveys.storage import layout_metadata


def new_study(directory: str | Path, *, preset: str = "region", seed: int = 2026) -> Path:
    """Write a study folder with a study.toml and synthetic data.

    Parameters
    ----------
    directory : str or Path
        The folder; it must not exist or must be empty.
    preset : {"region", "ward"}
        The design to simulate.
    seed : int
        Seed of the simulated data.

    Returns
    -------
    Path
        The study.toml.

    Raises
    ------
    DestinationError
        The folder has something in it.
    UnknownNameError
        There is no such preset.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = new_study(folder + "/demo", preset="ward", seed=1)
    ...     sorted(path.name for path in made.parent.rglob("*.*"))
    ['.gitignore', 'README.md', 'invited.synthetic.parquet', 'responses.synthetic.parquet', 'study.toml']
    """
    folder = Path(directory)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"{folder} is there already and is not an empty folder."
        raise DestinationError(msg, hint="Name a folder that does not exist yet.")
    study = simulate_study(preset, seed=seed)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    tables = {"responses": study.responses, "invited": study.invited, "contacts": study.contacts}
    for name, table in tables.items():
        if table is not None:
            place = folder / "data" / f"{name}.synthetic.parquet"
            metadata = layout_metadata(table) if name == "responses" else None
            write_table(table, place, origin="synthetic", metadata=metadata)
    write_text(_README, folder / "README.md")
    write_text("# person-level data stay out of version control\n/data/\n", folder / ".gitignore")
    write_text(study_file(preset), folder / "study.toml")
    return folder / "study.toml"


_README = """# A study folder

`study.toml` says what is evaluated and how. `data/` holds synthetic data: made up, no real person. Put your own
exports in their place, name them in `study.toml`, and run

    peereval check study.toml
    peereval evaluate study.toml

The first says what was understood of the files and lists all that must be mended; the second writes `report.html`
beside `study.toml`. Small numbers are protected in the report; the data stay here.
"""
