import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.seal import read_sealed, sealed_json

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
finite = scalars.filter(lambda x: not isinstance(x, float) or abs(x) != float("inf"))
values = st.dictionaries(
    st.text(), st.recursive(finite, lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)


@given(values)
def test_what_is_sealed_reads_back(content):
    content.pop("sha256", None)
    read = read_sealed(sealed_json(content))
    assert {k: v for k, v in read.items() if k != "sha256"} == content
    assert sealed_json(read) == sealed_json(content)


def test_the_checksum_is_that_of_the_sorted_json():
    stored = json.loads(sealed_json({"b": (1, 2.5), "a": {2: "ü", 10: None}}))
    expected = '{"a": {"10": null, "2": "\\u00fc"}, "b": [1, 2.5]}'
    assert stored["sha256"] == hashlib.sha256(expected.encode()).hexdigest()
    assert list(stored) == ["b", "a", "sha256"]


@given(st.data())
def test_a_changed_bit_is_found_or_changes_nothing(data):
    content = {"accuracy": 0.9125, "name": "none", "counts": [1, 2, 3]}
    changed = bytearray(sealed_json(content))
    place = data.draw(st.integers(0, len(changed) - 1))
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        read = read_sealed(bytes(changed))
    except ValueError:
        return
    assert content.items() <= read.items()


def test_layout_does_not_matter():
    text = json.dumps(dict(reversed(json.loads(sealed_json({"a": 1, "b": 2})).items())))
    assert read_sealed(text.encode())["a"] == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"a":' + 100_000 * b"[", "nested too deeply"),
        (b'{"a": 1, "sha256": "0"}', "its content does not match its checksum"),
    ],
)
def test_what_is_refused(content, reason):
    with pytest.raises(ValueError, match=reason):
        read_sealed(content)


def test_a_file_of_an_earlier_version_has_no_checksum():
    assert read_sealed(b'{"a": 1}') == {"a": 1}


def test_what_is_no_number_is_not_written():
    with pytest.raises(ValueError, match="Out of range float values"):
        sealed_json({"a": float("nan")})
