"""Text that is as we write it is read by a quicker way, which must come to the same."""

import json

import pytest

from app.adapters.edc.strict_json import NotReadable, read_json

AS_WE_WRITE_IT = [
    '{"a":1,"b":[true,null,"x"],"c":{"d":-2.5}}',
    '{"name":"Zoë \\"Ñandú\\" \u2028","empty":[],"none":{}}',
    "18446744073709551615",
    "0.1",
    '"\\u0000"',
]

WRITTEN_OTHERWISE = [
    '{ "a": 1 }',
    '{"a":"\\u0041"}',
    "123456789012345678901234567890",
    "1e5",
    "-0",
    "null",
    '"\\ud83d\\ude00"',
]


@pytest.mark.parametrize("text", AS_WE_WRITE_IT + WRITTEN_OTHERWISE)
def test_both_ways_read_the_same_value(text: str) -> None:
    found = read_json(text.encode())

    assert (found, type(found)) == (json.loads(text), type(json.loads(text)))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a":1,"a":1}', "double_key"),
        ('{"a":{"b":1,"b":1}}', "double_key"),
        ('{"a":NaN}', "not_json"),
        ('{"a":"\\ud800"}', "half_character"),
        ("[" * 201 + "]" * 201, "too_deep"),
        ("[" * 5000 + "]" * 5000, "too_deep"),
    ],
)
def test_what_is_refused_is_refused_on_either_way(text: str, code: str) -> None:
    with pytest.raises(NotReadable) as refused:
        read_json(text.encode())

    assert refused.value.code == code
