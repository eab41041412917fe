"""Watching a configuration: every way in which files change is seen, and a wrong one changes nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from franca.errors import BadUsage
from franca.gateway.config import Config, glance, read_config, watch

LIMIT = 20.0


def text_of(port: int) -> str:
    return f"[gateway]\nport = {port}\n"


class Watched:
    """The ports of the configurations that were seen."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ports: list[int] = []
        self.wake = asyncio.Event()

    def change(self, config: Config) -> None:
        """Take a configuration."""
        if config.gateway.port == 13:
            raise BadUsage("13 is refused")
        if config.gateway.port == 14:
            raise RuntimeError("a defect")
        self.ports.append(config.gateway.port)

    async def until(self, what: Callable[[], bool]) -> None:
        """Wait until something is true."""
        async with asyncio.timeout(LIMIT):
            while not what():
                await asyncio.sleep(0.005)

    async def sees(self, port: int) -> None:
        """Wait until the last one has this port."""
        await self.until(lambda: self.ports[-1:] == [port])


def watching(
    path: Path, steps: Callable[[Watched], object], *, config: Config | None = None, every: float = 0.01
) -> list[int]:
    """Watch a file while the steps are done; the ports that were seen."""

    async def work() -> list[int]:
        watched = Watched(path)
        since = glance(path)
        task = asyncio.create_task(
            watch(path, watched.change, config=config, since=since, wake=watched.wake, every=every)
        )
        try:
            await asyncio.sleep(0)  # it looks at the files first
            await steps(watched)  # type: ignore[misc]
        finally:
            task.cancel()
        return watched.ports

    return asyncio.run(work())


def test_ways_to_write_a_file(tmp_path: Path) -> None:
    """In place, replaced by another file (of the same size and time), gone for a while."""
    path = tmp_path / "franca.toml"
    path.write_text(text_of(1))

    async def steps(watched: Watched) -> None:
        path.write_text(text_of(2))
        await watched.sees(2)
        other = tmp_path / "other"
        other.write_text(text_of(3))
        stat = path.stat()
        os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        other.replace(path)
        await watched.sees(3)
        path.unlink()
        await asyncio.sleep(0.05)
        path.write_text(text_of(4))
        await watched.sees(4)

    assert watching(path, steps) == [2, 3, 4]


def test_a_mounted_configuration(tmp_path: Path) -> None:
    """Kubernetes swaps the folder behind a symbolic link; the file's own path never changes."""
    for number in (1, 2):
        (tmp_path / f"v{number}").mkdir()
        (tmp_path / f"v{number}" / "franca.toml").write_text(text_of(number))
    (tmp_path / "data").symlink_to("v1")
    path = tmp_path / "franca.toml"
    path.symlink_to("data/franca.toml")

    async def steps(watched: Watched) -> None:
        (tmp_path / "new").symlink_to("v2")
        (tmp_path / "new").rename(tmp_path / "data")
        await watched.sees(2)

    assert watching(path, steps) == [2]


def test_a_change_before_it_began_is_seen(tmp_path: Path) -> None:
    """What was written after the file was read is not missed."""
    path = tmp_path / "franca.toml"
    path.write_text(text_of(1))

    async def work() -> None:
        watched = Watched(path)
        since = glance(path)
        path.write_text(text_of(22))
        task = asyncio.create_task(watch(path, watched.change, since=since, every=0.01))
        await watched.sees(22)
        task.cancel()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("wrong", "told"), [("[gateway", "no TOML"), (text_of(13), "13 is refused"), (text_of(14), "could not be used")]
)
def test_what_is_wrong_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture, wrong: str, told: str) -> None:
    """A file that is wrong, or refused, or ends in a defect: the log says so, and watching goes on."""
    path = tmp_path / "franca.toml"
    path.write_text(text_of(1))

    async def steps(watched: Watched) -> None:
        path.write_text(wrong)
        await watched.until(lambda: told in caplog.text)
        path.write_text(text_of(2))
        await watched.sees(2)

    assert watching(path, steps) == [2]
    assert str(path) in caplog.text


def test_a_signal_reads_it_at_once(tmp_path: Path) -> None:
    """Even unchanged, and long before its time."""
    path = tmp_path / "franca.toml"
    path.write_text(text_of(1))

    async def steps(watched: Watched) -> None:
        for number in (1, 2):
            watched.wake.set()
            await watched.until(lambda number=number: len(watched.ports) == number)  # type: ignore[misc]

    assert watching(path, steps, every=3600.0) == [1, 1]


def test_a_changed_secret_is_read(tmp_path: Path) -> None:
    """The files that secrets stand in belong to the configuration, also those that a new one names."""
    path, first, second = tmp_path / "franca.toml", tmp_path / "first", tmp_path / "second"
    first.write_text("sk-1")
    second.write_text("sk-1")

    def text(file: Path) -> str:
        return f'[servers.groq]\napi_key = "file:{file}"\n'

    path.write_text(text(first))

    async def steps(watched: Watched) -> None:
        for number, change in enumerate((
            lambda: first.write_text("sk-two"),
            lambda: path.write_text(text(second)),
            lambda: second.write_text("sk-three"),
        ), 1):  # fmt: skip
            change()
            await watched.until(lambda number=number: len(watched.ports) == number)  # type: ignore[misc]

    assert len(watching(path, steps, config=read_config(path))) == 3
