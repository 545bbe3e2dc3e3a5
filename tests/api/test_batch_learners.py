"""Whom a batch is about, over HTTP."""

from tests.api.test_credentials import IssuingApi
from tests.api.test_credentials import api as api  # a fixture

NOBODY = {"full_name": None, "birth_date": None, "student_identifier": None, "grade": None}


async def test_the_second_officer_reads_names_before_approving(api: IssuingApi) -> None:
    prepared = await api("ines-oviedo", "POST", f"/v1/editions/{api.edition}/issuing-batches")
    path = f"/v1/issuing-batches/{prepared.json()['id']}"
    wanted = [
        {
            "registration": str(registration),
            "full_name": award.holder.full_name,
            "birth_date": "1990-02-28",
            "student_identifier": None,
            "grade": "Pass",
        }
        for registration, award in sorted(api.awards.ready.items())
    ]
    for answer in (prepared, await api("ivan-oviedo", "GET", path)):
        items = answer.json()["items"]
        assert [{name: item[name] for name in wanted[0]} for item in items] == wanted
    audited = (await api("aud-auditor", "GET", path)).json()["items"]
    assert [{name: item[name] for name in NOBODY} for item in audited] == [NOBODY] * len(wanted)


async def test_names_are_in_no_job_and_no_record(api: IssuingApi) -> None:
    path = f"/v1/issuing-batches/{await api.issue()}"
    batch = (await api("ivan-oviedo", "GET", path)).json()
    assert [item["full_name"] for item in batch["items"]] == [
        award.holder.full_name for _, award in sorted(api.awards.ready.items())
    ]
    job = await api("ivan-oviedo", "GET", f"/v1/jobs/{batch['job']}")
    table = await api("ivan-oviedo", "GET", path, headers={"Accept": "text/csv"})
    async with api.ports.reading() as work:
        records = await work.audit.page(kind=None, subject=None, actor=None, after=None, limit=500)
    assert (job.status_code, table.status_code) == (200, 200)
    assert len(records) > 0
    assert "Learner 0" not in job.text + table.text + repr(records)


async def test_awards_name_everybody(api: IssuingApi) -> None:
    first, second = sorted(api.awards.ready)
    names = {str(r): award.holder.full_name for r, award in api.awards.ready.items()}
    api.awards.postpone(second, "objection_open")
    await api.issue()
    awards = (await api("ines-oviedo", "GET", f"/v1/editions/{api.edition}/awards")).json()
    assert [(one["registration"], one["full_name"]) for one in awards["issued"]] == [
        (str(first), names[str(first)])
    ]
    assert [(one["registration"], one["full_name"]) for one in awards["not_ready"]] == [
        (str(second), names[str(second)])
    ]
