"""Notebooks run in kernels of their own, several at once; of an error outside only its code and kind are told."""

from __future__ import annotations

import os
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from peereval import errors
from peereval.errors import CellError, PeerevalError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator, Mapping

    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

AT_ONCE = 2
"""Kernels at the same time: more would not fit into the memory of an ordinary laptop beside a register."""


_KINDS = {
    "PE1": "The study file says something that cannot be followed.",
    "PE2": "The data, or a file that holds them, are not as they should be.",
    "PE3": "The analysis does not fit the data or the declared design.",
    "PE401": "A result could not be protected, so it is not shown.",
    "PE402": "A file could not be written.",
    "PE403": "A cell of its notebook ended with an error, or saved nothing.",
}
"""What the report says of an error, by the beginning of its code."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the notebook of a section did not come to its end.

    Parameters
    ----------
    code : str
        The stable code of the error.
    kind : str
        What such an error is, in a sentence that is the same for all data: it may stand in a report.
    message : str
        What was found and where, for the terminal: it names rows and columns, and stays inside. Of an error that is not
        ours only the name is told, since its text may quote a cell.
    """

    code: str
    kind: str
    message: str


def run_notebooks(
    notebooks: Mapping[str, Path],
    *,
    environment: Mapping[str, str],
    ended: Callable[[str, str, Failure | None], None],
    meanwhile: Callable[[], object] = tuple,
) -> None:
    """Run notebooks, each in a clean kernel of this Python that stands in the notebook's folder; the files stay as they are.

    Parameters
    ----------
    notebooks : mapping of str to Path
        Name to notebook; they begin in this order.
    environment : mapping of str to str
        Variables that the kernels see beside those of this process.
    ended : callable
        Told of each notebook that has ended, from another thread: its name, its text with the outputs, and why it failed
        (None where it came to its end).
    meanwhile : callable
        What this process does while the kernels run.

    Raises
    ------
    KeyboardInterrupt
        The user stopped the run; the kernels have ended.
    """
    import asyncio

    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = Future()
    variables = {**os.environ, **environment}
    texts = {name: (place.parent, place.read_text(encoding="utf-8")) for name, place in notebooks.items()}
    # a loop of its own thread: nbclient takes over Ctrl-C in the main thread, and a notebook has a loop there already
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(asyncio.run, _all(texts, variables, ended, begun))
        try:
            meanwhile()
            work.result()
        except KeyboardInterrupt:
            loop, task = begun.result()
            loop.call_soon_threadsafe(task.cancel)
            raise


async def _all(
    notebooks: Mapping[str, tuple[Path, str]],
    variables: dict[str, str],
    ended: Callable[[str, str, Failure | None], None],
    begun: Future[Any],
) -> None:
    import asyncio

    begun.set_result((asyncio.get_running_loop(), asyncio.current_task()))
    free = asyncio.Semaphore(AT_ONCE)

    async def one(name: str, folder: Path, text: str) -> None:
        async with free:
            whole, failure = await _run(folder, text, variables)
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # nbclient takes a run that was stopped for a kernel that died
            raise asyncio.CancelledError
        ended(name, whole, failure)

    await asyncio.gather(*(one(name, *notebook) for name, notebook in notebooks.items()))


async def _run(folder: Path, text: str, variables: dict[str, str]) -> tuple[str, Failure | None]:
    with TemporaryDirectory(prefix="kernel-", ignore_cleanup_errors=True) as sockets:
        manager = _manager(Path(sockets))
        # no history of what was typed outside the notebook; the kernel loads what it needs while nbclient loads here
        arguments = ["--HistoryManager.enabled=False"]
        await manager.start_kernel(env=variables, cwd=str(folder), extra_arguments=arguments)
        try:
            return await _executed(text, manager)
        finally:
            if await manager.is_alive():
                await manager.shutdown_kernel(now=True)


async def _executed(text: str, manager: AsyncKernelManager) -> tuple[str, Failure | None]:
    # a grammar of internet addresses that jsonschema compiles as it is loaded: two seconds for what notebooks do not hold
    with without_module("rfc3987_syntax"):
        import nbformat
        from nbclient import NotebookClient

    notebook = nbformat.reads(text, as_version=4)
    failure = await _ended(NotebookClient(notebook, km=manager, timeout=None, shutdown_kernel="immediate"))
    return nbformat.writes(notebook), failure


async def _ended(client: NotebookClient) -> Failure | None:
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    try:
        await client.async_execute(cleanup_kc=True)
    except CellExecutionError as error:
        return failure_of(error.ename, error.evalue)
    except (DeadKernelError, RuntimeError):
        return failure_of("DeadKernel", "")
    return None


@contextmanager
def without_module(name: str) -> Iterator[None]:
    """Let a package that can do without another one be loaded without it.

    Parameters
    ----------
    name : str
        The module that is passed over.
    """
    known = sys.modules.get(name)
    sys.modules[name] = known  # type: ignore[assignment]
    try:
        yield
    finally:
        if known is None:
            del sys.modules[name]


def _manager(sockets: Path) -> AsyncKernelManager:
    """A kernel of the very Python that runs this, heard by nobody else on the machine."""
    from ipykernel.kernelspec import make_ipkernel_cmd
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class ThisPython(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(argv=make_ipkernel_cmd(), display_name="Python 3", language="python")

    # other users of a machine can listen to TCP; files in a private folder they cannot open
    transport = "tcp" if os.name == "nt" else "ipc"
    return ThisPython(transport=transport, connection_file=str(sockets / "kernel.json"))


def failure_of(name: str, text: str) -> Failure:
    """Say what an error of a cell was without telling what it may quote.

    Parameters
    ----------
    name, text : str
        The name of its class, and what it says.

    Returns
    -------
    Failure
        The failure.

    Examples
    --------
    >>> failure_of("KeyError", "'S00017'").message
    'A cell ended with KeyError.'
    >>> failure_of("ColumnError", "PE203: the responses have no column 'round'.").message
    "the responses have no column 'round'."
    """
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, PeerevalError) and text.startswith(f"{kind.code}: ")):
        kind = CellError
        text = f"{kind.code}: A cell ended with {name if name.isidentifier() else 'an error'}."
    said = next((sentence for begin, sentence in _KINDS.items() if kind.code.startswith(begin)), _KINDS["PE403"])
    return Failure(kind.code, said, text.removeprefix(f"{kind.code}: "))
