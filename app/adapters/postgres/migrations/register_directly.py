"""One registration in an edition that decides at once, in one round trip.

The rule is that of `app.domain.enrolment.quota.decide`, on the counts of `place_tally`; a test
holds both against each other. Whatever needs a second look (no row of counts yet, reserves,
somebody who may be registered already, an unknown institution) gives no row and changes nothing:
the caller then goes the general way.

Each statement sees what was committed before it began, so that everything that is read here after
the edition's lock was waited for is current. Counts move by one and not to a number that was read.
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
    o_warned boolean, o_version integer
) LANGUAGE plpgsql AS $$
DECLARE
    e edition%ROWTYPE;
    p person%ROWTYPE;
    own place_tally%ROWTYPE;
    partners place_tally%ROWTYPE;
    whole place_tally%ROWTYPE;
    v_person uuid := p_person;
    v_verified boolean := p_verified;
    v_country text := p_country;
    v_is_partner boolean;
    v_is_owned boolean;
    v_is_own boolean;
    v_state text := 'waiting';
    v_reason text;
    v_told bytea[];
BEGIN
    SELECT * INTO e FROM edition WHERE id = p_edition FOR NO KEY UPDATE;
    IF NOT FOUND OR e.state <> 'open' OR e.last_decision = 0
        OR (e.mode <> 'direct' AND e.published_at IS NULL)
        OR NOT (e.quota->>'giving')::boolean
        OR e.quota @? '$.rules[*] ? (@.min > 0 && @.released == false)'
    THEN
        RETURN;
    END IF;

    SELECT * INTO own FROM place_tally
        WHERE edition = p_edition AND scope = 'institution:' || p_institution;
    IF NOT FOUND THEN RETURN; END IF;
    SELECT * INTO partners FROM place_tally
        WHERE edition = p_edition AND scope = 'group:partners';
    IF NOT FOUND THEN RETURN; END IF;
    SELECT * INTO whole FROM place_tally WHERE edition = p_edition AND scope = 'edition';
    IF NOT FOUND THEN RETURN; END IF;

    SELECT bool_or(code = p_institution), bool_or(mail_domains ?| p_domains),
           bool_or(code = p_institution AND mail_domains ?| p_domains)
        INTO v_is_partner, v_is_owned, v_is_own FROM institution;
    IF NOT v_is_partner THEN RETURN; END IF;

    SELECT * INTO p FROM person WHERE account = p_account;
    IF FOUND THEN
        IF EXISTS (
            SELECT FROM registration
            WHERE person = p.id AND edition = p_edition
                AND state IN ('needs_decision', 'waiting', 'offered', 'placed', 'completed')
        ) THEN
            RETURN;
        END IF;
        v_person := p.id;
        v_verified := p_verified OR (p.email_verified AND p.email_folded = p_email_folded);
        v_country := coalesce(p_country, p.country);
    ELSIF EXISTS (
        SELECT FROM person WHERE email_folded = p_email_folded AND account IS NULL
    ) THEN
        RETURN;
    END IF;
    IF EXISTS (
        SELECT FROM person o JOIN registration r ON r.person = o.id
        WHERE o.email_folded = p_email_folded AND o.id <> v_person AND r.edition = p_edition
            AND r.state IN ('needs_decision', 'waiting', 'offered', 'placed', 'completed')
            AND NOT (o.email_verified AND v_verified)
    ) OR EXISTS (
        SELECT FROM person o JOIN registration r ON r.person = o.id
        WHERE o.name_key = p_name_key AND o.id <> v_person AND r.edition = p_edition
            AND r.state IN ('needs_decision', 'waiting', 'offered', 'placed', 'completed')
            AND NOT (o.email_verified AND v_verified)
    ) THEN
        RETURN;
    END IF;

    IF own.placed >= own.cap OR partners.placed >= partners.cap THEN
        v_reason := 'quota';
        v_told := p_told_quota;
    ELSIF whole.placed >= whole.cap THEN
        v_reason := 'full';
        v_told := p_told_full;
    ELSE
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

    UPDATE edition SET last_decision = last_decision + 1 WHERE id = p_edition;
    e.last_decision := e.last_decision + 1;
    UPDATE place_tally SET placed = placed + (v_state = 'placed')::int,
            waiting = waiting + (v_state = 'waiting')::int
        WHERE edition = p_edition
            AND scope IN ('edition', 'group:partners', 'institution:' || p_institution);
    v_is_owned := coalesce(v_is_owned AND NOT v_is_own, false);
    INSERT INTO registration (id, edition, person, state, reason, received_at, source, rank, stated,
            affiliation_kind, affiliation_name, bucket, registered_by, privacy_notice_at,
            answers_at, created_at, warnings, identity_decided, decision_seq, version)
        VALUES (p_registration, p_edition, v_person, v_state, v_reason, p_received_at, 'api',
            p_rank, p_institution, 'partner', p_institution, p_institution, p_actor, p_received_at,
            p_received_at, p_received_at,
            CASE WHEN v_is_owned THEN '["email_domain_differs"]'::jsonb ELSE '[]'::jsonb END,
            false, e.last_decision, 1);
    INSERT INTO allocation_decision (edition, seq, kind, at, actor, registration, rank, bucket,
            state, reason)
        VALUES (p_edition, e.last_decision, 'registered', p_received_at, p_actor, p_registration,
            p_rank, p_institution, v_state, v_reason);
    INSERT INTO audit_record (id, at, actor, action, kind, subject, after, trace_id)
        VALUES (p_audit, p_received_at, p_actor, p_action, 'registration', p_registration::text,
            v_state, p_trace);
    WITH queued AS (
        INSERT INTO pgqueuer (priority, entrypoint, payload, execute_after, headers, status)
            SELECT 0, 'reaction', payload, now(), 'null'::jsonb, 'queued'
            FROM unnest(v_told) AS payload
            RETURNING id, entrypoint, priority
    )
    INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority)
        SELECT id, 'queued', entrypoint, priority FROM queued;

    RETURN QUERY SELECT v_state, v_reason, e.last_decision, v_person, v_verified, v_country,
        v_is_owned, e.version;
END $$;
"""

DROP = "DROP FUNCTION register_directly"
