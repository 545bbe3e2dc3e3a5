"""What people answer when a form asks whether they agree to something beyond their registration.

Nothing depends on it: who does not agree is registered all the same, and no agreement is kept that
was not clearly given (GDPR, article 4(11): a clear affirmative act).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.enrolment.forms.codes import RowWarning
from app.domain.vocabulary.text import folded

BY_FORM = "form_consent"
"""The code under which a registration keeps the agreement that its form asked for."""

UNANSWERED = RowWarning.CONSENT_UNANSWERED.value
REFUSED = RowWarning.CONSENT_REFUSED.value
UNCLEAR = RowWarning.CONSENT_UNCLEAR.value
WARNINGS = frozenset({UNANSWERED, REFUSED, UNCLEAR})
"""Codes that tell an officer why no agreement is kept."""


@dataclass(frozen=True)
class ConsentSaid:
    """That somebody gave the agreement, or that they did not or took it back; and when."""

    given: bool
    at: datetime


def _folded(phrases: str) -> frozenset[str]:
    return frozenset(folded(phrase) for phrase in phrases.split("|"))


_NO = _folded("no|nope|nein|non|não|nu|nej|nee|ei|не|όχι|ní|níl|false|0")
"""How people say no in the alliance's languages."""
_YES = _folded("yes|yeah|oui|ja|jawohl|sim|kyllä|joo|ναι")
"""They mean yes whatever follows, unless that doubts it."""
_YES_ALONE = _folded("y|ok|okay|true|1|sí|sì|da|да|tá|sea|is ea")
"""They mean yes alone, before a comma or before a phrase of consent: before other words many of
them are prepositions and conjunctions."""
_ACCENTED = ("sí ", "sì ")
"""Without its accent it is a conjunction."""
_CONSENT = _folded(
    "agree|agreed|accept|accepted|i agree|i accept|i consent|i authorise|i authorize"
    "|i approve|i allow|i permit|i give my consent|i give consent|i give my permission"
    "|i hereby agree|i hereby consent|i hereby give my consent|i do"
    "|acepto|autorizo|consiento|doy mi consentimiento|doy consentimiento|doy mi autorización"
    "|estoy de acuerdo|de acuerdo|conforme|presto mi consentimiento|otorgo mi consentimiento"
    "|j'accepte|je consens|j'autorise|je suis d'accord|d'accord|je donne mon consentement"
    "|je donne mon accord|accepté|bien sûr"
    "|ich stimme zu|ich stimme|stimme zu|ich willige|ich bin einverstanden|einverstanden"
    "|ich bin damit einverstanden|ich erlaube|ich gestatte|ich akzeptiere|akzeptiert"
    "|ich gebe meine einwilligung|ich gebe meine zustimmung|ich erteile meine einwilligung"
    "|acconsento|accetto|autorizzo|consento|sono d'accordo|d'accordo|do il mio consenso"
    "|do il consenso|presto il consenso|presto il mio consenso|esprimo il mio consenso"
    "|aceito|concordo|consinto|dou o meu consentimento|estou de acordo"
    "|jag samtycker|samtycker|jag godkänner|godkänner|jag accepterar|accepterar"
    "|jag ger mitt samtycke|jag medger"
    "|suostun|hyväksyn|annan suostumukseni|annan suostumuksen|minä suostun"
    "|sunt de acord|de acord|consimt|autorizez|îmi dau acordul|îmi dau consimțământul"
    "|îmi exprim acordul|îmi exprim consimțământul"
    "|съгласен|съгласна|съгласен съм|съгласна съм|аз съм съгласен|аз съм съгласна|приемам"
    "|давам съгласие|давам съгласието си|давам своето съгласие|разрешавам"
    "|συμφωνώ|συναινώ|αποδέχομαι|δέχομαι|συγκατατίθεμαι|δίνω τη συγκατάθεσή μου"
    "|παρέχω τη συγκατάθεσή μου"
    "|aontaím|toilím|glacaim|tugaim toiliú|tugaim mo thoiliú|tugaim cead"
)
"""How people say that they agree."""
_DOUBTS = (_NO - _folded("ní")) | _folded(
    "not|don|dont|never|neither|nor|cannot|cant|won|wont|but|unless|maybe|perhaps|unsure|disagree"
    "|decline|refuse|reject|object|oppose|withdraw|withdrawn|depends|partly|partially|partial"
    "|pero|nunca|jamás|tampoco|ningún|ninguna|ninguno|quizá|quizás|depende|rechazo|niego|parcialmente"
    "|pas|jamais|aucun|aucune|sauf|mais|peut|dépend|refus|partiellement"
    "|nicht|kein|keine|keinen|keiner|keinem|nie|niemals|aber|jedoch|vielleicht|dagegen|gegen"
    "|lehne|ablehne|widerspreche|verweigere|außer|teilweise"
    "|neanche|nessun|nessuna|nessuno|tranne|forse|dipende|rifiuto|nego|parzialmente"
    "|talvez|nenhum|nenhuma|recuso|exceto"
    "|inte|icke|ej|aldrig|ingen|inget|inga|kanske|men|utom|vägrar|avböjer|delvis"
    "|ehkä|mutta|paitsi|kieltäydyn|vastustan|osittain"
    "|poate|niciun|nicio|niciodată|refuz|dezacord|parțial"
    "|може|но|никога|отказвам|несъгласен|несъгласна|освен|частично|отчасти"
    "|δεν|μη|μην|ίσως|αλλά|ποτέ|αρνούμαι|διαφωνώ|εκτός|μερικώς"
    "|ach|riamh|diúltaím|easaontaím"
)
"""Words by which a longer answer may say no, or nothing. Without those that are common words of
another language, such as Swedish “ni”."""

_AFTER_YES = re.compile(r"[,.!:;–—(]| - ")
_QUOTES = " ¡!\"'“”„«»()"


def is_no(answer: str) -> bool:
    """Whether an answer to a question of a form says no: by its first word, or by “n” alone."""
    words = folded(answer).split()
    return words == ["n"] or _starts(words, _NO)


def consent_in(answer: str) -> tuple[bool, str | None]:
    """Whether an answer gives consent, and else the code of why not.

    It does when it begins with a word for yes or a phrase of consent that is listed here and holds
    no word of doubt; what is not known to be a yes is none.
    """
    if not answer.strip():
        return False, UNANSWERED
    if is_no(answer):
        return False, REFUSED
    return (True, None) if _is_yes(answer) else (False, UNCLEAR)


def _is_yes(answer: str) -> bool:
    words = folded(answer).split()
    if _DOUBTS.intersection(words):
        return False
    if _starts(words, _YES) or _starts(words, _CONSENT):
        return True
    said = answer.strip(_QUOTES).casefold()
    if said.startswith(_ACCENTED):
        return True
    first_part = folded(_AFTER_YES.split(said, maxsplit=1)[0])
    return first_part in _YES_ALONE or (
        " ".join(words[:1]) in _YES_ALONE and _starts(words[1:], _CONSENT)
    )


def _starts(words: list[str], phrases: frozenset[str]) -> bool:
    """Whether they begin with one of the phrases; none has more than five words."""
    return any(" ".join(words[:number]) in phrases for number in range(1, min(len(words), 5) + 1))


def consents_after(
    consents: Mapping[str, datetime], said: ConsentSaid | None
) -> Mapping[str, datetime]:
    """The agreements of a registration with what was last said to what its form asks."""
    kept = {code: since for code, since in consents.items() if code != BY_FORM}
    return {**kept, BY_FORM: said.at} if said and said.given else kept
