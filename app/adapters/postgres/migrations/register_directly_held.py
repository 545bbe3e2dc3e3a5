"""One registration in an edition that decides at once; the fourth version.

It decides and answers what the third one did (see `register_directly_ranked.py`), and leaves to the
general way whoever comes again after a contest that was upheld: officers are to be told. Somebody
who is known is held first: whoever joins them with somebody else at this moment has done so, and
what that one has registered for is seen then, or waits. The reference from the registration to its
person takes the same lock, so that this one costs nothing more.
"""

from app.adapters.postgres.migrations.register_directly_ranked import CREATE as RANKED

_LOOKED_AT = "SELECT * INTO p FROM person WHERE account = p_account;"
_HELD = "SELECT * INTO p FROM person WHERE account = p_account FOR KEY SHARE;"
_KNOWN = "        v_person := p.id;"
_NOT_AFTER_CONTEST = """        PERFORM FROM registration
            WHERE person = p.id AND edition = p_edition
                AND claim_state = 'upheld' AND claim_institution = p_institution;
        IF FOUND THEN RETURN; END IF;
"""


def _replacing(function: str) -> str:
    return function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


CREATE = _replacing(RANKED.replace(_LOOKED_AT, _HELD).replace(_KNOWN, _NOT_AFTER_CONTEST + _KNOWN))
BEFORE = _replacing(RANKED)
