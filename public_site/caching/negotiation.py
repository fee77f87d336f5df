"""What the visitor's browser can read and what it has already."""

from functools import lru_cache


@lru_cache(maxsize=512)
def accepted_encodings(accept_encoding: bytes) -> tuple[bytes, ...]:
    """Return the encodings to try, ours first: brotli is the smaller one for every page."""
    weights: dict[bytes, float] = {}
    for part in accept_encoding.lower().split(b","):
        name, _, parameter = part.partition(b";")
        weights[name.strip()] = _weight(parameter)
    any_other = weights.get(b"*", 0.0)
    return tuple(encoding for encoding in (b"br", b"gzip") if weights.get(encoding, any_other) > 0)


def _weight(parameter: bytes) -> float:
    name, _, value = parameter.strip().partition(b"=")
    if name.strip() != b"q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def names(if_none_match: bytes, etag: bytes) -> bool:
    """Compare weakly, as the header asks; entity tags of ours contain no comma."""
    return any(known.strip().removeprefix(b"W/") in {etag, b"*"} for known in if_none_match.split(b","))
