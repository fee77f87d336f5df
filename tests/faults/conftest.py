"""One system of real processes for all the tests that break it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.faults.system import System, running_system


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running_system(tmp_path_factory.mktemp("system")) as system:
        yield system


@pytest.fixture(scope="session")
async def system(processes: System) -> AsyncIterator[System]:
    yield processes
    await processes.resources.aclose()
