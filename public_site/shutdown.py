"""Word that this process has been asked to stop, for what would otherwise keep it from stopping.

Granian tells the application so only when every answer has been sent. A stream of events is an answer without an
end: the process would be killed in the middle of it, after its whole grace.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def when_asked_to_stop(tell: Callable[[], None]) -> Iterator[None]:
    """Have `tell` called in the running loop as soon as a signal asks for the end; the server's own handlers follow."""
    loop = asyncio.get_running_loop()
    before = _handlers() if threading.current_thread() is threading.main_thread() else {}

    def pass_on(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(tell)
        before[number](number, frame)

    for number in before:
        signal.signal(number, pass_on)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _handlers() -> dict[int, Callable[[int, FrameType | None], object]]:
    """Return the handlers that a server has installed; where there is none, the signal keeps its own meaning."""
    found = {number: signal.getsignal(number) for number in SIGNALS}
    return {number: handler for number, handler in found.items() if callable(handler)}
