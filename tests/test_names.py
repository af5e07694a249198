import pytest

from augury.errors import InputError
from augury.names import check_name, either, lookup

TABLE = {"cutout": 1, "cutmix": 2}


def test_a_known_name_is_found():
    assert lookup(TABLE, "cutmix", "augmentation") == 2


def test_an_unknown_name_lists_the_choices_and_the_nearest():
    with pytest.raises(InputError) as caught:
        lookup(TABLE, "cutot", "augmentation")
    assert str(caught.value) == (
        "unknown augmentation 'cutot'. Did you mean 'cutout'? Choices: cutout, cutmix"
    )


def test_a_name_like_none_of_them_gets_no_guess():
    with pytest.raises(InputError, match=r"^unknown model 'xyz'\. Choices: cutout, cutmix$"):
        check_name("xyz", TABLE, "model")


def test_names_in_a_sentence():
    assert either(["a"]) == "a"
    assert either(("a", "b")) == "a or b"
    assert either({"a": 1, "b": 2, "c": 3}) == "a, b or c"
