import codecs

import pytest

from augury.documents import read_json, read_toml
from augury.errors import InputError

TOML = 'name = "ü"\n'
JSON = '{"name": "ü"}'


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with a mark", "utf-16 little", "utf-16 big"],
)
def test_files_of_any_editor_are_read(encode, tmp_path):
    for read, text in ((read_toml, TOML), (read_json, JSON)):
        (tmp_path / "file").write_bytes(encode(text))
        assert read(tmp_path / "file") == {"name": "ü"}


@pytest.mark.parametrize(
    ("read", "content", "message"),
    [
        (read_toml, b"name = \xe9", "it is not text in UTF-8 (byte 7)"),
        (read_toml, codecs.BOM_UTF16_LE + b"a", "it is not text in UTF-16"),
        (read_toml, b"a = " + b"[" * 3000, "nested too deeply"),
        (read_json, b"[" * 100_000, "nested too deeply"),
        (read_toml, b"a = " + b"9" * 5000, "a number in it has too many digits"),
        (read_json, b"9" * 5000, "a number in it has too many digits"),
        (read_json, b'{"a": NaN}', "NaN is no number of JSON"),
        (read_toml, b"a = \0", "Invalid value"),
        (read_json, b"", "Expecting value"),
        (read_toml, TOML.encode("utf-16-le"), "it is not text in UTF-8"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(read, content, message, tmp_path):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(tmp_path / "file")
    kind = "TOML" if read is read_toml else "JSON"
    assert f"file: not a {kind} file: " in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
