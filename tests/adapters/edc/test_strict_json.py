"""Text that is as we write it is read by a quicker way, which must come to the same."""

import json

import pytest

from app.adapters.edc.strict_json import NotReadable, quoted_object, read_json

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


OBJECTS = [
    "{}",
    '{"a":[1,true,null,{"b":"x"}]}',
    '{"name":"Zo\u00eb \u201cÑandú\u201d","said":"\\"no\\" \\\\ and\\n\\t\\u0001"}',
    '{"ends":"with\\\\"}',
    *('{"long":"' + "x" * long + '\\"\\\\\\"' * 3 + '"}' for long in range(8_170, 8_200)),
    '{"many":"' + "\\\\" * 20_000 + '"}',
]


@pytest.mark.parametrize("text", OBJECTS, ids=range(len(OBJECTS)))
def test_an_object_that_stands_in_quotes_is_read_as_by_unquoting_it(text: str) -> None:
    quoted = json.dumps(text, ensure_ascii=False)[1:-1].encode()

    assert quoted_object(quoted) == (text.encode(), json.loads(text))


@pytest.mark.parametrize(
    "quoted",
    [
        '{"a":1}',
        "[1]",
        '{\\"a\\": 1}',
        '{\\"a\\":\\"\\u0041\\"}',
        '\\u007b\\"a\\":1}',
        '{\\"a\\":\\"\\/\\"}',
        '{\\"a\\":\\"\\\\/\\"}',
        '{\\"a\\":1,\\"a\\":1}',
        '{\\"a\\":\\"\\\\ud800\\"}',
        '{\\"a\\":1}\\',
        '{\\"a\\":1}\\n',
        '{\\"a\\":\\"\n\\"}',
    ],
)
def test_what_stands_in_quotes_in_any_other_way_is_left_to_the_other_way(quoted: str) -> None:
    assert quoted_object(quoted.encode()) is None


def test_what_stands_in_quotes_may_not_be_nested_deeper_than_other_text() -> None:
    with pytest.raises(NotReadable) as refused:
        quoted_object(b'{\\"a\\":' + b"[" * 201 + b"]" * 201 + b"}")

    assert refused.value.code == "too_deep"
