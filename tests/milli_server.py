"""The parts of Meilisearch's HTTP API that our client uses, on milli, the engine inside Meilisearch.

`python -m tests.milli_server KEY` prints its URL and serves until it is ended. What matches, and in which
order by words, typos, proximity, attribute and exactness, is milli's own decision. Its Python binding offers
no settings, no filters and twenty hits at most, hence the following is done here:

- Filters: each search has milli index only the documents that pass.
- Custom ranking rules: documents are given to milli in that order, which decides where milli finds no difference.
- More than twenty hits: milli searches the remaining documents again.
- The strategy "all": milli is asked for each word alone, and what lacks one is left out.
- Synonyms: milli is asked for the query with each synonym, and what is found comes last.
- Crops and highlights: cut and marked here, without regard to typos.
"""

import json
import queue
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import milli

TASK_DURATION = 0.02
MILLI_HITS = 20
MAP_SIZE = 256 * 1024 * 1024
KNOWN_SETTINGS = {
    "displayedAttributes",
    "filterableAttributes",
    "pagination",
    "rankingRules",
    "searchableAttributes",
    "sortableAttributes",
    "stopWords",
    "synonyms",
    "typoTolerance",
}
VALID_KEY = re.compile(r"[A-Za-z0-9_-]{1,511}")
CUSTOM_RULE = re.compile(r"(\w+):(asc|desc)")
IN_LIST = re.compile(r"(\w+) IN \[(.*)\]")
COMPARISON = re.compile(r"(\w+) (=|>=) (.+)")
UNIT = re.compile(r'"[^"]*"|(?<!\S)-\w+|\w+')

Json = dict[str, Any]


class ApiError(Exception):
    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.answer = {"message": message, "code": code, "type": "invalid_request", "link": ""}


@dataclass
class Index:
    documents: dict[str, Json] = field(default_factory=dict)
    settings: Json = field(default_factory=lambda: {"pagination": {"maxTotalHits": 1000}})

    def filtered(self, filters: Iterable[str]) -> list[Json]:
        tests = [self._test(condition) for condition in filters]
        return [document for document in self.documents.values() if all(passes(document) for passes in tests)]

    def search(self, asked: Json) -> Json:
        candidates = self.filtered(_as_list(asked.get("filter")))
        found = self._ranked(asked["q"], candidates)[: self.settings["pagination"]["maxTotalHits"]]
        first = (asked["page"] - 1) * asked["hitsPerPage"]
        shown = found[first : first + asked["hitsPerPage"]]
        words = [word for unit in UNIT.findall(asked["q"]) for word in self._alike(unit.strip('"').lower())]
        hits = [{name: hit.get(name) for name in asked["attributesToRetrieve"]} for hit in shown]
        for hit, document in zip(hits, shown, strict=True):
            formatted = {name: _highlighted(document[name], words, asked) for name in asked["attributesToHighlight"]}
            hit["_formatted"] = {**hit, **formatted}
        return {"hits": hits, "page": asked["page"], "hitsPerPage": asked["hitsPerPage"], "totalHits": len(found)}

    def _test(self, condition: str) -> Any:
        if listed := IN_LIST.fullmatch(condition):
            name, values = listed[1], set(json.loads(f"[{listed[2]}]"))
            self._check_filterable(name)
            return lambda document: document.get(name) in values
        if (compared := COMPARISON.fullmatch(condition)) is None:
            raise ApiError(HTTPStatus.BAD_REQUEST, "invalid_search_filter", f"cannot read the filter {condition!r}")
        name, operator, value = compared[1], compared[2], json.loads(compared[3])
        self._check_filterable(name)
        if operator == "=":
            return lambda document: document.get(name) == value
        return lambda document: document.get(name) is not None and document[name] >= value

    def _check_filterable(self, name: str) -> None:
        if name not in self.settings.get("filterableAttributes", ()):
            raise ApiError(HTTPStatus.BAD_REQUEST, "invalid_search_filter", f"Attribute `{name}` is not filterable.")

    def _ranked(self, query: str, candidates: list[Json]) -> list[Json]:
        ordered = self._by_custom_rules(candidates)
        units = list(dict.fromkeys(UNIT.findall(query)))
        keys = {document["id"] for document in ordered}
        for place, unit in enumerate(units):
            if not unit.startswith("-"):
                ending = "" if place == len(units) - 1 else " "
                alike = self._alike(unit.lower())
                keys &= {found["id"] for word in alike for found in self._found(word + ending, ordered)}
        queries = [query, *(" ".join(others) for others in self._with_synonyms(units))]
        ranked = {found["id"]: found for each in queries for found in self._found(each, ordered)}
        return [found for key, found in ranked.items() if key in keys]

    def _by_custom_rules(self, documents: list[Json]) -> list[Json]:
        rules = [rule for name in self.settings.get("rankingRules", ()) if (rule := CUSTOM_RULE.fullmatch(name))]
        ordered = list(documents)
        for name, direction in (rule.groups() for rule in reversed(rules)):
            known = [document for document in ordered if document.get(name) is not None]
            known.sort(key=lambda document, name=name: document[name], reverse=direction == "desc")
            ordered = known + [document for document in ordered if document.get(name) is None]
        return ordered

    def _alike(self, word: str) -> list[str]:
        return [word, *self.settings.get("synonyms", {}).get(word, ())]

    def _with_synonyms(self, units: list[str]) -> Iterator[list[str]]:
        for place, unit in enumerate(units):
            for other in self._alike(unit.lower())[1:]:
                yield [*units[:place], other, *units[place + 1 :]]

    def _found(self, query: str, ordered: list[Json]) -> list[Json]:
        found: list[Json] = []
        remaining = ordered
        while remaining:
            more = self._asked_milli(query, remaining)
            found += more
            if len(more) < MILLI_HITS:
                break
            keys = {document["id"] for document in more}
            remaining = [document for document in remaining if document["id"] not in keys]
        return found

    def _asked_milli(self, query: str, documents: list[Json]) -> list[Json]:
        searchable = self.settings["searchableAttributes"]
        rows = [
            {"id": f"zq{place}", **{name: document.get(name) or "" for name in searchable}}
            for place, document in enumerate(documents)
        ]
        with tempfile.TemporaryDirectory(prefix="milli-") as folder:
            index = milli.Index(folder, MAP_SIZE)
            index.add_documents(rows)
            found = [documents[internal_id] for internal_id in index.search(query)]
            del index
        return found


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, key: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = key
        self.indexes: dict[str, Index] = {}
        self.tasks: dict[int, Json] = {}
        self.lock = threading.RLock()
        self._uids = count()
        self._waiting: queue.Queue[tuple[Json, Any]] = queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()

    def index(self, uid: str) -> Index:
        if uid not in self.indexes:
            raise ApiError(HTTPStatus.NOT_FOUND, "index_not_found", f"Index `{uid}` not found.")
        return self.indexes[uid]

    def enqueue(self, kind: str, work: Any) -> Json:
        task = {"taskUid": next(self._uids), "type": kind, "status": "enqueued", "error": None}
        self.tasks[task["taskUid"]] = task
        answer = dict(task)
        self._waiting.put((task, work))
        return answer

    def _work(self) -> None:
        while True:
            task, work = self._waiting.get()
            task["status"] = "processing"
            time.sleep(TASK_DURATION)
            with self.lock:
                try:
                    work()
                    task["status"] = "succeeded"
                except ApiError as error:
                    task.update(status="failed", error=error.answer)

    def create(self, uid: str) -> None:
        if uid in self.indexes:
            raise ApiError(HTTPStatus.CONFLICT, "index_already_exists", f"Index `{uid}` already exists.")
        self.indexes[uid] = Index()

    def delete(self, uid: str) -> None:
        self.index(uid)
        del self.indexes[uid]

    def swap(self, pairs: list[Json]) -> None:
        for pair in pairs:
            one, other = pair["indexes"]
            self.index(one), self.index(other)
            self.indexes[one], self.indexes[other] = self.indexes[other], self.indexes[one]

    def put(self, uid: str, documents: list[Json]) -> None:
        if wrong := [found["id"] for found in documents if VALID_KEY.fullmatch(str(found["id"])) is None]:
            raise ApiError(
                HTTPStatus.BAD_REQUEST, "invalid_document_id", f"Document identifier {wrong[0]!r} is invalid."
            )
        kept = self.indexes.setdefault(uid, Index()).documents
        for document in documents:
            kept[document["id"]] = document

    def remove(self, uid: str, keys: list[str]) -> None:
        for key in keys:
            self.index(uid).documents.pop(key, None)

    def configure(self, uid: str, settings: Json) -> None:
        self.index(uid).settings.update(settings)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._reply()

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names in the standard library

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the standard library
        """Stay silent."""

    def _reply(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        try:
            self._check_key()
            with self.server.lock:
                status, answer = self._answer(body)
        except ApiError as error:
            status, answer = error.status, error.answer
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _check_key(self) -> None:
        if self.path != "/health" and self.headers.get("Authorization") != f"Bearer {self.server.key}":
            raise ApiError(HTTPStatus.FORBIDDEN, "invalid_api_key", "The provided API key is invalid.")

    def _answer(self, body: Any) -> tuple[HTTPStatus, Json]:
        parts = self.path.partition("?")[0].strip("/").split("/")
        match (self.command, *parts):
            case ("GET", "health"):
                return HTTPStatus.OK, {"status": "available"}
            case ("GET", "tasks", uid):
                return HTTPStatus.OK, self.server.tasks[int(uid)]
            case ("GET", "indexes", uid):
                self.server.index(uid)
                return HTTPStatus.OK, {"uid": uid, "primaryKey": "id"}
            case ("POST", "indexes", uid, "search"):
                return HTTPStatus.OK, self.server.index(uid).search(body)
            case ("POST", "indexes", uid, "documents", "fetch"):
                return HTTPStatus.OK, self._fetched(uid, body)
            case _:
                return HTTPStatus.ACCEPTED, self._enqueued(parts, body)

    def _fetched(self, uid: str, asked: Json) -> Json:
        found = self.server.index(uid).filtered(_as_list(asked["filter"]))
        page = found[asked["offset"] : asked["offset"] + asked["limit"]]
        return {"results": [{name: each[name] for name in asked["fields"]} for each in page], "total": len(found)}

    def _enqueued(self, parts: list[str], body: Any) -> Json:
        server = self.server
        match (self.command, *parts):
            case ("POST", "indexes"):
                return server.enqueue("indexCreation", lambda: server.create(body["uid"]))
            case ("DELETE", "indexes", uid):
                return server.enqueue("indexDeletion", lambda: server.delete(uid))
            case ("POST", "swap-indexes"):
                return server.enqueue("indexSwap", lambda: server.swap(body))
            case ("POST", "indexes", uid, "documents"):
                return server.enqueue("documentAdditionOrUpdate", lambda: server.put(uid, body))
            case ("POST", "indexes", uid, "documents", "delete-batch"):
                return server.enqueue("documentDeletion", lambda: server.remove(uid, body))
            case ("PATCH", "indexes", uid, "settings"):
                if unknown := set(body) - KNOWN_SETTINGS:
                    raise ApiError(HTTPStatus.BAD_REQUEST, "bad_request", f"Unknown field {sorted(unknown)}.")
                return server.enqueue("settingsUpdate", lambda: server.configure(uid, body))
        raise ApiError(HTTPStatus.NOT_FOUND, "not_found", f"There is no {self.command} {self.path}.")


def _as_list(filters: Any) -> list[str]:
    return [filters] if isinstance(filters, str) else list(filters or ())


def _highlighted(text: str, words: list[str], asked: Json) -> str:
    tokens = text.split()
    begins = tuple(re.findall(r"\w+", " ".join(words)))
    places = [place for place, token in enumerate(tokens) if _matches(token, begins)]
    middle = places[0] if places else 0
    start = max(0, min(middle - asked["cropLength"] // 2, len(tokens) - asked["cropLength"]))
    end = start + asked["cropLength"]
    before, after = asked["highlightPreTag"], asked["highlightPostTag"]
    shown = [f"{before}{token}{after}" if _matches(token, begins) else token for token in tokens[start:end]]
    marker = asked["cropMarker"]
    return f"{marker if start else ''}{' '.join(shown)}{marker if end < len(tokens) else ''}"


def _matches(token: str, begins: tuple[str, ...]) -> bool:
    return any(part.startswith(begins) for part in re.findall(r"\w+", token.lower())) if begins else False


def main() -> None:
    server = Server(key=sys.argv[1])
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
