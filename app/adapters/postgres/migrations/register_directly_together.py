"""Several registrations in one edition that decides at once, in one transaction; the fifth version.

Each is decided and answered exactly as the fourth version did alone (see
`register_directly_held.py`), one after another in the order of their ranks, under one hold of the
edition. What is read is read for all of them before the first is decided, and what is written is
written for all of them after the last: a statement costs most at its start, and so do the checks of
a table. Whoever needs a second look is left out, as before, and so is whoever might be the same
person as somebody else in the same call; no row says anything of them, and they go the general way.
"""

DROP = "DROP FUNCTION register_directly_together;"

_LIVE = "('needs_decision', 'waiting', 'offered', 'placed', 'completed')"

EDITION_HELD = "FOR NO KEY UPDATE; -- the edition"

CREATE = f"""
CREATE FUNCTION register_directly_together(p_claims registration_claim[]) RETURNS TABLE (
    o_number integer, o_state text, o_reason text, o_seq integer, o_person uuid, o_verified boolean,
    o_country text, o_warned boolean, o_version integer, o_position integer, o_within integer,
    o_waiting integer
) LANGUAGE plpgsql
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_edition uuid := (p_claims[1]).edition;
    e record;
    c record;
    v_accounts uuid[];
    -- The tallies, place by place in each of these: of all, of partners, of each institution.
    v_scopes text[];
    v_caps integer[];
    v_placed integer[];
    v_waiting integer[];
    v_more_placed integer[];
    v_more_waiting integer[];
    v_all integer;
    v_partners integer;
    v_own integer;
    -- Those who were decided, one after another in each of these.
    v_numbers integer[];
    v_states text[];
    v_reasons text[];
    v_seqs integer[];
    v_persons uuid[];
    v_warned boolean[];
    v_told bytea[];
    v_changed integer[];
BEGIN
    SELECT version, last_decision INTO e FROM edition
        WHERE id = v_edition AND state = 'open' AND last_decision > 0
            AND (mode = 'direct' OR published_at IS NOT NULL)
            AND (quota->>'giving')::boolean
            AND NOT quota @? '$.rules[*] ? (@.min > 0 && @.released == false)'
        {EDITION_HELD}
    IF NOT FOUND THEN RETURN; END IF;

    -- Statements of their own: they see what was committed before the lock was had.
    SELECT array_agg(DISTINCT 'institution:' || institution), array_agg(account)
        INTO v_scopes, v_accounts FROM unnest(p_claims);
    SELECT array_agg(scope), array_agg(cap), array_agg(placed), array_agg(waiting),
            array_agg(0), array_agg(0)
        INTO v_scopes, v_caps, v_placed, v_waiting, v_more_placed, v_more_waiting
        FROM place_tally
        WHERE edition = v_edition
            AND scope = ANY (v_scopes || ARRAY['edition', 'group:partners']);
    v_all := array_position(v_scopes, 'edition');
    v_partners := array_position(v_scopes, 'group:partners');
    IF v_all IS NULL OR v_partners IS NULL THEN RETURN; END IF;

    -- Whoever joins one of them with somebody else has done so, or waits. In one order for all.
    PERFORM FROM person WHERE account = ANY (v_accounts) ORDER BY id FOR KEY SHARE;

    FOR c IN
        WITH homes AS MATERIALIZED (
            SELECT code, mail_domains FROM institution
        ), asked AS (
            SELECT *, row_number() OVER (PARTITION BY account ORDER BY rank, number)
                    + row_number() OVER (PARTITION BY email_folded ORDER BY rank, number)
                    + row_number() OVER (PARTITION BY name_key ORDER BY rank, number) = 3
                    AS is_first
                FROM unnest(p_claims) WITH ORDINALITY AS a (edition, registration, person, account,
                    institution, full_name, email, email_folded, name_key, verified, country,
                    language, domains, received_at, rank, actor, audit, action, trace,
                    told_placed, told_quota, told_full, number)
                WHERE edition = v_edition
        ), looked_at AS MATERIALIZED (
            SELECT a.*, p.id AS known, coalesce(a.country, p.country) AS lives_in, h.is_warned,
                    a.verified OR coalesce(p.email_verified AND p.email_folded = a.email_folded,
                        false) AS is_verified,
                    p.id IS NOT NULL AND (p.full_name, p.email, p.country, p.language)
                        IS DISTINCT FROM (a.full_name, a.email, coalesce(a.country, p.country),
                            a.language) AS is_changed,
                    p.email_verified AS was_verified
                FROM asked AS a
                LEFT JOIN LATERAL (
                    SELECT * FROM person WHERE account = a.account OFFSET 0
                ) AS p ON true
                CROSS JOIN LATERAL (
                    SELECT bool_or(is_own) AS is_partner,
                            coalesce(bool_or(is_owner) AND NOT bool_or(is_owner AND is_own), false)
                                AS is_warned
                        FROM (SELECT code = a.institution AS is_own,
                                mail_domains ?| a.domains AS is_owner FROM homes OFFSET 0) AS one
                ) AS h
                WHERE a.is_first AND h.is_partner
                    AND ('institution:' || a.institution) = ANY (v_scopes)
                    AND NOT EXISTS (
                        SELECT FROM (
                            SELECT edition FROM registration
                                WHERE person = p.id AND state IN {_LIVE} OFFSET 0
                        ) AS theirs WHERE edition = v_edition OFFSET 0)
                    -- Who comes again after a contest that was upheld: officers are to be told.
                    AND NOT EXISTS (
                        SELECT FROM (
                            SELECT edition, claim_state, claim_institution FROM registration
                                WHERE person = p.id OFFSET 0
                        ) AS theirs
                            WHERE edition = v_edition AND claim_state = 'upheld'
                                AND claim_institution = a.institution
                            OFFSET 0)
        ), chosen AS MATERIALIZED (
            SELECT * FROM looked_at AS a
                WHERE NOT EXISTS (
                    SELECT FROM (
                        SELECT id, email_verified, account, email_folded FROM person
                            WHERE email_folded = a.email_folded
                        UNION ALL
                        SELECT id, email_verified, account, email_folded FROM person
                            WHERE name_key = a.name_key
                        OFFSET 0
                    ) AS other
                    WHERE other.id <> coalesce(a.known, a.person)
                        AND (
                            (a.known IS NULL AND other.account IS NULL
                                AND other.email_folded = a.email_folded)
                            OR (NOT (other.email_verified AND a.is_verified) AND EXISTS (
                                SELECT FROM (
                                    SELECT edition FROM registration
                                        WHERE person = other.id AND state IN {_LIVE} OFFSET 0
                                ) AS theirs WHERE edition = v_edition OFFSET 0))
                        )
                    OFFSET 0)
        ), added AS (
            INSERT INTO person (id, account, full_name, email, email_folded, name_key,
                    email_verified, country, language)
                SELECT person, account, full_name, email, email_folded, name_key, verified,
                        country, language
                    FROM chosen WHERE known IS NULL ORDER BY account
                -- The same person may be registering elsewhere at this very moment.
                ON CONFLICT (account) DO NOTHING
                RETURNING id
        )
        SELECT a.*, later.* FROM chosen AS a
            CROSS JOIN LATERAL (
                -- By edition and rank, whatever index else knows the states: the index of the
                -- living would be read from its beginning to its end.
                SELECT (count(*) FILTER (WHERE counts))::integer AS overall,
                        (count(*) FILTER (WHERE counts AND bucket = a.institution))::integer
                            AS within,
                        (count(*) FILTER (WHERE state = 'waiting'))::integer AS waiting
                    FROM (
                        SELECT state, bucket,
                                state IN ('waiting', 'offered', 'placed', 'completed') AS counts
                            FROM registration
                            WHERE edition = v_edition AND rank > a.rank OFFSET 0
                    ) AS behind
            ) AS later
            WHERE a.known IS NOT NULL OR a.person IN (SELECT id FROM added)
            -- So that of those in this call nobody comes before somebody who was served earlier.
            ORDER BY a.rank COLLATE "C", a.number
    LOOP
        v_own := array_position(v_scopes, 'institution:' || c.institution);
        o_number := c.number;
        o_seq := e.last_decision + 1 + coalesce(cardinality(v_numbers), 0);
        o_person := coalesce(c.known, c.person);
        o_verified := c.is_verified;
        o_country := c.lives_in;
        o_warned := c.is_warned;
        o_version := e.version;
        o_position := v_placed[v_all] + v_waiting[v_all] + 1 - c.overall;
        o_within := v_placed[v_own] + v_waiting[v_own] + 1 - c.within;
        IF v_placed[v_own] >= v_caps[v_own] OR v_placed[v_partners] >= v_caps[v_partners] THEN
            o_reason := 'quota';
            v_told := v_told || c.told_quota;
        ELSIF v_placed[v_all] >= v_caps[v_all] THEN
            o_reason := 'full';
            v_told := v_told || c.told_full;
        ELSE
            o_reason := 'in_order';
            v_told := v_told || c.told_placed;
        END IF;
        IF o_reason = 'in_order' THEN
            o_state := 'placed';
            o_waiting := NULL;
            FOREACH v_own IN ARRAY ARRAY[v_all, v_partners, v_own] LOOP
                v_placed[v_own] := v_placed[v_own] + 1;
                v_more_placed[v_own] := v_more_placed[v_own] + 1;
            END LOOP;
        ELSE
            o_state := 'waiting';
            o_waiting := v_waiting[v_all] + 1 - c.waiting;
            FOREACH v_own IN ARRAY ARRAY[v_all, v_partners, v_own] LOOP
                v_waiting[v_own] := v_waiting[v_own] + 1;
                v_more_waiting[v_own] := v_more_waiting[v_own] + 1;
            END LOOP;
        END IF;
        v_numbers := v_numbers || o_number;
        v_states := v_states || o_state;
        v_reasons := v_reasons || o_reason;
        v_seqs := v_seqs || o_seq;
        v_persons := v_persons || o_person;
        v_warned := v_warned || o_warned;
        IF c.known IS NOT NULL AND (c.is_changed OR c.was_verified <> c.is_verified) THEN
            v_changed := v_changed || o_number;
        END IF;
        RETURN NEXT;
    END LOOP;
    IF v_numbers IS NULL THEN RETURN; END IF;

    IF v_changed IS NOT NULL THEN
        -- In one order for all: they may be registering in several editions at once.
        PERFORM FROM person WHERE account = ANY (v_accounts) ORDER BY id FOR NO KEY UPDATE;
        UPDATE person AS p SET full_name = a.full_name, email = a.email,
                email_folded = a.email_folded, name_key = a.name_key,
                email_verified = a.verified
                    OR (p.email_verified AND p.email_folded = a.email_folded),
                country = coalesce(a.country, p.country), language = a.language
            FROM unnest(p_claims) WITH ORDINALITY AS a (edition, registration, person, account,
                institution, full_name, email, email_folded, name_key, verified, country,
                language, domains, received_at, rank, actor, audit, action, trace,
                told_placed, told_quota, told_full, number)
            WHERE p.account = a.account AND a.number = ANY (v_changed);
    END IF;

    -- Numbers move by so many and not to a number that was read. To the edition first, as
    -- everywhere.
    UPDATE edition SET last_decision = last_decision + cardinality(v_numbers) WHERE id = v_edition;
    WITH counted AS (
        UPDATE place_tally AS t
            SET placed = t.placed + more.placed, waiting = t.waiting + more.waiting
            FROM unnest(v_scopes, v_more_placed, v_more_waiting) AS more (scope, placed, waiting)
            WHERE t.edition = v_edition AND t.scope = more.scope
                AND more.placed + more.waiting > 0
    ), decided AS MATERIALIZED (
        SELECT a.*, d.* FROM unnest(v_numbers, v_states, v_reasons, v_seqs, v_persons, v_warned)
                AS d (decided, state, reason, seq, who, warned)
            JOIN unnest(p_claims) WITH ORDINALITY AS a (edition, registration, person, account,
                institution, full_name, email, email_folded, name_key, verified, country,
                language, domains, received_at, rank, actor, audit, action, trace,
                told_placed, told_quota, told_full, number) ON a.number = d.decided
            ORDER BY d.seq
    ), logged_decisions AS (
        INSERT INTO allocation_decision (edition, seq, kind, at, actor, registration, rank, bucket,
                state, reason)
            SELECT edition, seq, 'registered', received_at, actor, registration, rank, institution,
                    state, reason
                FROM decided
    ), audited AS (
        INSERT INTO audit_record (id, at, actor, action, kind, subject, after, trace_id)
            SELECT audit, received_at, actor, action, 'registration', registration::text, state,
                    trace
                FROM decided
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
        SELECT registration, edition, who, state, reason, received_at, 'api', rank, institution,
                'partner', institution, institution, actor, received_at, received_at, received_at,
                CASE WHEN warned THEN '["email_domain_differs"]'::jsonb ELSE '[]'::jsonb END,
                false, seq, 1
            FROM decided;
END $$;
"""  # noqa: S608 - made of constants alone
