"""The store of the page cache never takes more than it was given, whatever is put in, purged and asked for."""

import asyncio
import random
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from public_site.caching.purge_log import PurgeLog
from public_site.caching.store import Page, PageKey, PageStore, rendered

TAGS = ["pages", "releases", "releases/1", "boxes"]


async def make_page(path: str, *, query: bytes = b"", body: bytes = b"x" * 100, keys=("pages",), status=200):
    key = PageKey("http", b"testserver", path, query)
    headers = [(b"content-type", b"text/html"), (b"cache-control", b"public, max-age=0, must-revalidate")]
    return key, await rendered(key, status, headers, body, keys=keys, now=0, life=60)


def weigh(store: PageStore, pages: dict[PageKey, Page]) -> int:
    return sum(page.size for key, page in pages.items() if store.get(key) is page)


actions = st.lists(
    st.one_of(
        st.tuples(
            st.just("put"),
            st.integers(0, 12),
            st.integers(0, 30_000),
            st.sets(st.sampled_from(TAGS)),
            st.sampled_from([b"", b"a=1", b"b=2"]),
        ),
        st.tuples(st.just("get"), st.integers(0, 12)),
        st.tuples(st.just("purge"), st.sets(st.sampled_from(TAGS))),
        st.tuples(st.just("drop"), st.integers(0, 12)),
    ),
    max_size=60,
)


@given(actions=actions, max_bytes=st.integers(0, 200_000))
def test_the_store_stays_in_its_bounds_and_counts_what_it_holds(actions, max_bytes):
    asyncio.run(_carry_out(actions, max_bytes))


async def _carry_out(actions, max_bytes):
    store = PageStore(max_bytes)
    put: dict[PageKey, Page] = {}
    for action, *details in actions:
        if action == "put":
            number, size, keys, query = details
            key, page = await make_page(
                f"/{number}/", query=query, body=random.Random(number).randbytes(size), keys=keys
            )
            store.put(key, page)
            put[key] = page
        elif action == "get":
            store.get(PageKey("http", b"testserver", f"/{details[0]}/", b""))
        elif action == "drop":
            store.drop(PageKey("http", b"testserver", f"/{details[0]}/", b""))
        else:
            store.purge(details[0])
            assert not any(page.keys & details[0] for key, page in put.items() if store.get(key) is page)
        assert store.size == weigh(store, put)
        assert store.size <= max_bytes
    store.clear()
    assert (len(store), store.size) == (0, 0)


async def test_the_least_recently_used_page_goes_first():
    pages = [await make_page(f"/{number}/") for number in range(4)]
    store = PageStore(4 * pages[0][1].size)

    for key, page in pages[:3]:
        store.put(key, page)
    store.get(pages[0][0])
    store.put(*pages[3])

    assert [store.get(key) is not None for key, _ in pages] == [True, False, True, True]


async def test_the_bound_holds_for_the_memory_that_the_process_takes():
    store = PageStore(4_000_000)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()

    for number in range(3000):
        words = b" ".join(b"%d" % random.Random(number).getrandbits(32) for _ in range(number % 200))
        store.put(*await make_page(f"/page/{number}/", body=words, keys={"pydotorg-app", "pages", f"pages/{number}"}))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert store.size > 2_900_000
    assert after - before < 4_000_000


async def test_what_remains_of_purged_pages_is_nothing():
    store = PageStore(1_000_000)
    for number in range(50):
        store.put(*await make_page(f"/{number}/", keys={"pages", f"pages/{number}"}))

    store.purge({"pages"})

    assert len(store) == store.size == 0
    assert store._tagged == {}


def test_the_purge_log_knows_what_was_purged_since():
    log = PurgeLog()
    log.add({"pages"})
    moment = log.moment
    log.add({"boxes"})

    assert log.has_any_since(moment, {"boxes", "pages"})
    assert not log.has_any_since(moment, {"pages"})
    assert not log.has_any_since(log.moment, {"boxes"})


def test_a_purge_that_the_log_has_forgotten_counts_for_every_key():
    log = PurgeLog(remembered=2)
    moment = log.moment
    log.add({"a"})
    later = log.moment
    log.add({"b", "c"})

    assert log.has_any_since(moment, {"z"})
    assert not log.has_any_since(later, {"z"})
