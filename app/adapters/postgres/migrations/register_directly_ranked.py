"""One registration in an edition that decides at once, with its true ranks; the third version.

It decides and leaves behind exactly what the second one did (see `register_directly_again.py`), and
answers what everybody wants to know next: how many stand before them. The tallies, which it has
read anyway, say how many are placed and wait in all; those who came later but were served earlier
are counted, a handful at most, and taken off. So it costs the same behind any number of others.
"""

DROP = """
DROP PROCEDURE register_directly_each;
DROP FUNCTION register_directly;
"""

CREATE = """
CREATE FUNCTION register_directly(
    p_edition uuid, p_registration uuid, p_person uuid, p_account uuid, p_institution text,
    p_full_name text, p_email text, p_email_folded text, p_name_key text, p_verified boolean,
    p_country text, p_language text, p_domains text[], p_received_at timestamptz, p_rank text,
    p_actor text, p_audit uuid, p_action text, p_trace text,
    p_told_placed bytea[], p_told_quota bytea[], p_told_full bytea[]
) RETURNS TABLE (
    o_state text, o_reason text, o_seq integer, o_person uuid, o_verified boolean, o_country text,
    o_warned boolean, o_version integer, o_position integer, o_within integer, o_waiting integer
) LANGUAGE plpgsql
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    e record;
    p person%ROWTYPE;
    other record;
    v_counted integer;
    v_quota_binds boolean;
    v_is_full boolean;
    v_overall integer;
    v_within integer;
    v_waiting integer;
    later record;
    v_person uuid := p_person;
    v_verified boolean := p_verified;
    v_country text := p_country;
    v_is_partner boolean;
    v_is_warned boolean;
    v_is_placed boolean := false;
    v_state text := 'waiting';
    v_reason text;
    v_told bytea[];
BEGIN
    SELECT version, last_decision + 1 AS seq INTO e FROM edition
        WHERE id = p_edition AND state = 'open' AND last_decision > 0
            AND (mode = 'direct' OR published_at IS NOT NULL)
            AND (quota->>'giving')::boolean
            AND NOT quota @? '$.rules[*] ? (@.min > 0 && @.released == false)'
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN; END IF;

    -- A statement of its own: it sees what was committed before the lock was had.
    SELECT count(*), coalesce(bool_or(scope <> 'edition' AND placed >= cap), false),
            coalesce(bool_or(scope = 'edition' AND placed >= cap), false),
            coalesce(max(placed + waiting) FILTER (WHERE scope = 'edition'), 0),
            coalesce(max(placed + waiting) FILTER (WHERE scope LIKE 'institution:%'), 0),
            coalesce(max(waiting) FILTER (WHERE scope = 'edition'), 0)
        INTO v_counted, v_quota_binds, v_is_full, v_overall, v_within, v_waiting
        FROM place_tally
        WHERE edition = p_edition
            AND scope IN ('edition', 'group:partners', 'institution:' || p_institution);
    IF v_counted < 3 THEN RETURN; END IF;

    SELECT bool_or(is_own), coalesce(bool_or(is_owner) AND NOT bool_or(is_owner AND is_own), false)
        INTO v_is_partner, v_is_warned
        FROM (SELECT code = p_institution AS is_own, mail_domains ?| p_domains AS is_owner
              FROM institution OFFSET 0) AS one;
    IF v_is_partner IS NOT TRUE THEN RETURN; END IF;

    SELECT * INTO p FROM person WHERE account = p_account;
    IF FOUND THEN
        PERFORM FROM registration
            WHERE person = p.id AND edition = p_edition
                AND state IN ('needs_decision', 'waiting', 'offered', 'placed', 'completed');
        IF FOUND THEN RETURN; END IF;
        v_person := p.id;
        v_verified := p_verified OR (p.email_verified AND p.email_folded = p_email_folded);
        v_country := coalesce(p_country, p.country);
    END IF;
    FOR other IN
        SELECT id, email_verified, account IS NULL AND email_folded = p_email_folded AS may_be_taken
            FROM person WHERE email_folded = p_email_folded
        UNION ALL
        SELECT id, email_verified, account IS NULL AND email_folded = p_email_folded
            FROM person WHERE name_key = p_name_key
    LOOP
        CONTINUE WHEN other.id = v_person;
        IF p.id IS NULL AND other.may_be_taken THEN RETURN; END IF;
        CONTINUE WHEN other.email_verified AND v_verified;
        PERFORM FROM registration
            WHERE person = other.id AND edition = p_edition
                AND state IN ('needs_decision', 'waiting', 'offered', 'placed', 'completed');
        IF FOUND THEN RETURN; END IF;
    END LOOP;

    IF v_quota_binds THEN
        v_reason := 'quota';
        v_told := p_told_quota;
    ELSIF v_is_full THEN
        v_reason := 'full';
        v_told := p_told_full;
    ELSE
        v_is_placed := true;
        v_state := 'placed';
        v_reason := 'in_order';
        v_told := p_told_placed;
    END IF;

    IF p.id IS NULL THEN
        INSERT INTO person (id, account, full_name, email, email_folded, name_key, email_verified,
                country, language)
            VALUES (p_person, p_account, p_full_name, p_email, p_email_folded, p_name_key,
                p_verified, p_country, p_language)
            ON CONFLICT (account) DO NOTHING;
        -- The same person is registering elsewhere at this very moment.
        IF NOT FOUND THEN RETURN; END IF;
    ELSIF (p.full_name, p.email, p.email_verified, p.country, p.language)
        IS DISTINCT FROM (p_full_name, p_email, v_verified, v_country, p_language)
    THEN
        UPDATE person SET full_name = p_full_name, email = p_email,
                email_folded = p_email_folded, name_key = p_name_key,
                email_verified = v_verified, country = v_country, language = p_language
            WHERE id = p.id;
    END IF;

    -- Numbers move by one and not to a number that was read. To the edition first, as everywhere.
    UPDATE edition SET last_decision = last_decision + 1 WHERE id = p_edition;
    WITH counted AS (
        UPDATE place_tally SET placed = placed + v_is_placed::int,
                waiting = waiting + (NOT v_is_placed)::int
            WHERE edition = p_edition
                AND scope IN ('edition', 'group:partners', 'institution:' || p_institution)
    ), decided AS (
        INSERT INTO allocation_decision (edition, seq, kind, at, actor, registration, rank, bucket,
                state, reason)
            VALUES (p_edition, e.seq, 'registered', p_received_at, p_actor,
                p_registration, p_rank, p_institution, v_state, v_reason)
    ), audited AS (
        INSERT INTO audit_record (id, at, actor, action, kind, subject, after, trace_id)
            VALUES (p_audit, p_received_at, p_actor, p_action, 'registration',
                p_registration::text, v_state, p_trace)
    ), queued AS (
        INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, headers, status)
            SELECT 0, 'reaction', payload, now(), 'null'::jsonb, 'queued'
            FROM unnest(v_told) AS payload
            RETURNING id, entrypoint, priority
    ), logged AS (
        INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
            SELECT id, 'queued', entrypoint, priority FROM queued
    )
    INSERT INTO registration (id, edition, person, state, reason, received_at, source, rank, stated,
            affiliation_kind, affiliation_name, bucket, registered_by, privacy_notice_at,
            answers_at, created_at, warnings, identity_decided, decision_seq, version)
        VALUES (p_registration, p_edition, v_person, v_state, v_reason, p_received_at, 'api',
            p_rank, p_institution, 'partner', p_institution, p_institution, p_actor, p_received_at,
            p_received_at, p_received_at,
            CASE WHEN v_is_warned THEN '["email_domain_differs"]'::jsonb ELSE '[]'::jsonb END,
            false, e.seq, 1);

    SELECT count(*)::integer AS overall,
            (count(*) FILTER (WHERE bucket = p_institution))::integer AS within,
            (count(*) FILTER (WHERE state = 'waiting'))::integer AS waiting
        INTO later FROM registration
        WHERE edition = p_edition AND rank > p_rank
            AND state IN ('waiting', 'offered', 'placed', 'completed');
    RETURN QUERY SELECT v_state, v_reason, e.seq, v_person, v_verified, v_country, v_is_warned,
        e.version, v_overall + 1 - later.overall, v_within + 1 - later.within,
        CASE WHEN NOT v_is_placed THEN v_waiting + 1 - later.waiting END;
END $$;
"""

CREATE_EACH = """
CREATE PROCEDURE register_directly_each(
    claims registration_claim[],
    INOUT numbers integer[], INOUT states text[], INOUT reasons text[], INOUT seqs integer[],
    INOUT persons uuid[], INOUT verified boolean[], INOUT countries text[],
    INOUT warned boolean[], INOUT versions integer[],
    INOUT positions integer[], INOUT positions_within integer[], INOUT positions_waiting integer[]
) LANGUAGE plpgsql AS $$
DECLARE
    c registration_claim;
    r record;
    v_last integer := cardinality(claims);
BEGIN
    FOR n IN 1..v_last LOOP
        c := claims[n];
        SELECT * INTO r FROM register_directly(c.edition, c.registration, c.person, c.account,
            c.institution, c.full_name, c.email, c.email_folded, c.name_key, c.verified, c.country,
            c.language, c.domains, c.received_at, c.rank, c.actor, c.audit, c.action, c.trace,
            c.told_placed, c.told_quota, c.told_full);
        IF FOUND THEN
            numbers := numbers || n;
            states := states || r.o_state;
            reasons := reasons || r.o_reason;
            seqs := seqs || r.o_seq;
            persons := persons || r.o_person;
            verified := verified || r.o_verified;
            countries := countries || r.o_country;
            warned := warned || r.o_warned;
            versions := versions || r.o_version;
            positions := positions || r.o_position;
            positions_within := positions_within || r.o_within;
            positions_waiting := positions_waiting || r.o_waiting;
        END IF;
        IF n < v_last THEN
            PERFORM set_config('synchronous_commit', 'off', true);
            COMMIT;
        END IF;
    END LOOP;
END $$;
"""
