"""Finding concepts by their labels: exactly, by beginnings of words, and despite a typing error."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from app.adapters.esco.build import GROUP, OCCUPATION, REUSE_LEVELS
from app.adapters.esco.build_labels import HIDDEN, PREFERRED
from app.adapters.esco.reader import ENGLISH, Reader, Speech
from app.adapters.esco.words import is_stop_word, words_of
from app.domain.errors import Finding
from app.domain.vocabulary.skill_wordings import MatchKind, label_key
from app.domain.vocabulary.skills import SkillFilter, SkillType, UnknownSkillFilter

_MATCH = {PREFERRED: MatchKind.PREFERRED}
_KINDS = {"untyped": 0, SkillType.SKILL: 1, SkillType.KNOWLEDGE: 2, SkillType.GROUP: GROUP}
_NEAR_WORDS = 12
"""Spellings that one word is taken for at most."""
_CANDIDATES = 60
"""Labels that are compared letter by letter."""


def bearing(reader: Reader, language: str, key: str) -> dict[int, MatchKind]:
    """The concepts that bear a label which folds to `key`, occupations left out."""
    found: dict[int, MatchKind] = {}
    for label in reader.with_key(language, key):
        if label_key(reader.label[label]) != key:
            continue
        concept = reader.label_concept[label]
        kind = reader.kind[concept]
        if kind == OCCUPATION or reader.label_kind[label] == HIDDEN:
            continue
        match = (
            MatchKind.GROUP
            if kind == GROUP
            else _MATCH.get(reader.label_kind[label], MatchKind.ALTERNATIVE)
        )
        if concept not in found or match is MatchKind.PREFERRED:
            found[concept] = match
    return found


def wanted_by(reader: Reader, where: SkillFilter, *, groups: bool) -> Callable[[int], bool]:
    """Whether a concept passes a filter."""
    kinds = {_KINDS[one] for one in where.types} if where.types else {0, 1, 2}
    if groups and (not where.types or SkillType.GROUP in where.types):
        kinds.add(GROUP)
    elif not groups:
        kinds.discard(GROUP)
    member = sum(
        1 << bit for bit, name in enumerate(reader.collections) if name in where.collections
    )
    below: frozenset[int] | None = None
    if where.group is not None:
        roots = _groups(reader, where.group)
        below = frozenset().union(*(reader.below(root) for root in roots))
    needed: frozenset[int] | None = None
    if where.occupation is not None:
        number = reader.number(where.occupation)
        needed = (
            frozenset()
            if number is None
            else frozenset([*reader.essential[number], *reader.optional[number]])
        )
    from_levels = _reuse_codes(where)

    def wanted(concept: int) -> bool:
        return (
            reader.kind[concept] in kinds
            and (from_levels is None or reader.reuse[concept] in from_levels)
            and (not where.collections or bool(reader.member[concept] & member))
            and (below is None or concept in below)
            and (needed is None or concept in needed)
        )

    return wanted


def expect_known(reader: Reader, where: SkillFilter, *, place: str, many: str) -> None:
    """Raise UnknownSkillFilter where the filter names what there is not, so that nobody takes an
    empty list for the answer. `place` is where the filter stands, as the beginning of a pointer;
    `many` is what the list of collections is called there."""
    unknown = []
    strangers = sorted(where.collections.difference(reader.collections))
    if strangers:
        known = ", ".join(sorted(reader.collections)) or "none"
        unknown.append(
            Finding(
                f"{place}/{many}",
                "collection_unknown",
                f"There is no thematic collection of this name here; there is {known}.",
                {"unknown": ", ".join(strangers)},
            )
        )
    if where.group is not None and not _groups(reader, where.group):
        unknown.append(
            Finding(
                f"{place}/group",
                "group_unknown",
                "There is no group with this URI or code here. GET /v1/skills/tree leads to all.",
            )
        )
    if where.occupation is not None:
        number = reader.number(where.occupation)
        if number is None or not reader.is_occupation(number):
            unknown.append(
                Finding(
                    f"{place}/occupation",
                    "occupation_unknown",
                    "There is no occupation with this URI here. Look for it by its name with "
                    "GET /v1/occupations?text=.",
                )
            )
    if unknown:
        raise UnknownSkillFilter(unknown)


def _reuse_codes(where: SkillFilter) -> frozenset[int] | None:
    if not where.reuse_levels:
        return None
    return frozenset(
        code for code, name in enumerate(REUSE_LEVELS, 1) if name in where.reuse_levels
    )


def _groups(reader: Reader, name: str) -> Sequence[int]:
    number = reader.number(name)
    if number is not None:
        return [number] if reader.is_group(number) else []
    return by_code(reader, name)


def by_code(reader: Reader, code: str) -> Sequence[int]:
    """The groups with that code."""
    wanted = code.strip().upper()
    if not wanted or len(wanted) > 12:
        return []
    return reader.groups_by_code.get(wanted, [])


def search(
    reader: Reader,
    text: str,
    language: str,
    limit: int,
    wanted: Callable[[int], bool],
) -> list[int]:
    """Concepts whose labels have all words of the text, the best first; see `Skills.search`."""
    number = reader.number(text.strip())
    if number is not None:
        return [number] if wanted(number) else []
    key = label_key(text)
    words = words_of(text)
    if not words or limit < 1:
        return []
    ranks: dict[int, tuple[float, float]] = {}
    spoken = [tag for tag in dict.fromkeys((language, ENGLISH)) if tag in reader.speech]
    for tag in spoken:
        for label in _having(reader.speech[tag], words):
            _rank(reader, ranks, label, key, len(words), wanted)
        for label in reader.with_key(tag, key):
            _rank(reader, ranks, label, key, len(words), wanted)
    for found in by_code(reader, text):
        if wanted(found):
            ranks[found] = (0, 0)
    best = min(ranks.values(), default=(9.0, 0.0))
    if best[0] > 1 and len(ranks) < min(5, limit):
        for tag in spoken:
            for label, distance in _misspelt(reader, reader.speech[tag], key, words):
                concept = reader.label_concept[label]
                if concept not in ranks and wanted(concept):
                    ranks[concept] = (4, distance)
                elif concept in ranks and ranks[concept][0] == 4:
                    ranks[concept] = min(ranks[concept], (4, distance))
    ordered = sorted(
        ranks,
        key=lambda one: (
            ranks[one],
            reader.preferred(one, language)[0].casefold() if ranks[one][0] else "",
            reader.code[one],
            reader.uri[one],
        ),
    )
    return ordered[:limit]


def near(reader: Reader, wording: str, language: str, limit: int) -> list[int]:
    """Concepts of which a label has every meaningful word of the wording, in any form.

    Where there is none, those of which a label differs by a typing error. Groups come last; they
    repeat their name on the level below, so the widest one stands for them.
    """
    hits: dict[object, tuple[tuple[bool, int, bool, float, str, str], int]] = {}
    for tag in dict.fromkeys((language, ENGLISH)):
        speech = reader.speech.get(tag)
        if speech is None:
            continue
        for label, extra in _with_stems(reader, speech, wording):
            _note_near(reader, hits, label, extra, language)
    if not hits:
        for tag in dict.fromkeys((language, ENGLISH)):
            if tag in reader.speech:
                key = label_key(wording)
                found = _misspelt(reader, reader.speech[tag], key, words_of(wording))
                for label, distance in found:
                    _note_near(reader, hits, label, distance, language)
    ordered = sorted(hits.values())
    groups = [concept for rank, concept in ordered if rank[0]]
    skills = [concept for rank, concept in ordered if not rank[0]]
    # One place is kept for the group that bears the words: what it holds may be what is meant.
    return [*skills[: limit - 1 if groups else limit], *groups][:limit]


def _note_near(
    reader: Reader,
    hits: dict[object, tuple[tuple[bool, int, bool, float, str, str], int]],
    label: int,
    extra: float,
    language: str,
) -> None:
    concept = reader.label_concept[label]
    if reader.is_occupation(concept):
        return
    group = reader.is_group(concept)
    nearest = reader.group_of(concept)
    code = reader.code[concept] or (reader.code[nearest] if nearest is not None else "")
    lesser = reader.label_kind[label] != PREFERRED
    # An author of a course rather means what many sectors share than what one occupation needs.
    rank = (group, reader.reuse[concept] or 1, lesser, extra, code, reader.uri[concept])
    name = reader.preferred(concept, language)[0] if group else concept
    if name not in hits or rank < hits[name][0]:
        hits[name] = (rank, concept)


def _with_stems(reader: Reader, speech: Speech, wording: str) -> list[tuple[int, float]]:
    """Labels with every meaningful word in any form, and how many words they have besides."""
    words = [word for word in words_of(wording) if not is_stop_word(word, speech.tag)]
    stems = {one for word in words for one in speech.stems_of_word(word)}
    numbers = [speech.stem_number(one) for one in stems]
    found: set[int] | None = None
    for number in numbers:
        if number is None:
            return []
        labels = set(speech.stem_labels[number])
        found = labels if found is None else found & labels
    return [
        (
            label,
            float(
                sum(not is_stop_word(word, speech.tag) for word in words_of(reader.label[label]))
                - len(words)
            ),
        )
        for label in found or ()
    ]


def _rank(
    reader: Reader,
    ranks: dict[int, tuple[float, float]],
    label: int,
    key: str,
    words: int,
    wanted: Callable[[int], bool],
) -> None:
    concept = reader.label_concept[label]
    if not wanted(concept):
        return
    found = label_key(reader.label[label])
    if found == key:
        rank = (0.0 if reader.label_kind[label] == PREFERRED else 1.0, 0.0)
    else:
        # `team` as a word says more than as the beginning of `TeamWox`.
        begins = 2.0 if found.startswith(f"{key} ") else 2.5 if found.startswith(key) else 3.0
        lesser = 0.0 if reader.label_kind[label] == PREFERRED else 0.5
        rank = (begins, len(found.split()) - words + lesser)
    if concept not in ranks or rank < ranks[concept]:
        ranks[concept] = rank


def _having(speech: Speech, words: Sequence[str]) -> set[int]:
    """Labels that have all the words, or words that begin with them."""
    spans = sorted((speech.beginning_with(word) for word in dict.fromkeys(words)), key=len)
    found: set[int] | None = None
    for span in spans:
        if len(span) == 0:
            return set()
        labels: set[int] = set()
        for number in span:
            labels.update(speech.word_labels[number])
        found = labels if found is None else found & labels
        if not found:
            return set()
    return found or set()


def _misspelt(
    reader: Reader, speech: Speech, key: str, words: Sequence[str]
) -> list[tuple[int, float]]:
    """Labels that differ from the text by about one slip, the nearest first."""
    if len(key) < 3:
        return []
    gains: dict[int, float] = {}
    meant = [(word, _spellings(speech, word)) for word in words]
    for piece in _halves(words):
        number = speech.word_number(piece)
        if number is not None:
            meant.append((piece, [(number, 1.0)]))
    for word, spellings in meant:
        for number, likeness in spellings:
            labels = speech.word_labels[number]
            gain = likeness * len(word) / (1 + len(labels) ** 0.3)
            for label in labels:
                gains[label] = gains.get(label, 0.0) + gain
    best = sorted(gains, key=lambda label: -gains[label])[: 10 * _CANDIDATES]
    allowed = 1 if len(key) < 5 else 2 if len(key) < 16 else 3
    found = []
    for label in best:
        distance = OSA.distance(key, label_key(reader.label[label]), score_cutoff=allowed)
        if distance <= allowed:
            found.append((label, float(distance)))
    found.sort(key=lambda one: one[1])
    return found[:_CANDIDATES]


def _halves(words: Sequence[str]) -> list[str]:
    """What a missing or a superfluous blank may have made of words."""
    joined = [one + other for one, other in pairwise(words)]
    split = [
        piece
        for word in words
        if len(word) > 5
        for at in range(2, len(word) - 1)
        for piece in (word[:at], word[at:])
        if len(piece) > 3
    ]
    return joined + split if len(words) < 12 else joined


def _spellings(speech: Speech, word: str) -> list[tuple[int, float]]:
    """Words of labels that this one may be meant for."""
    own = speech.word_number(word)
    found = [(own, 1.0)] if own is not None else []
    if len(word) < 3:
        return found
    allowed = 1 if len(word) < 8 else 2
    for _, distance, number in extract(
        word,
        speech.all_words(),
        scorer=OSA.distance,
        score_cutoff=allowed,
        limit=_NEAR_WORDS,
        processor=None,
    ):
        if number != own:
            found.append((number, 0.8 / distance if distance else 1.0))
    return found
