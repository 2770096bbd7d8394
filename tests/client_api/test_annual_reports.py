"""Reports of the year over the API of a whole site."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.client_api.past import write_long_ago
from tests.client_api.stage import Stage

BASE = "/api/v1/annual_reports"


async def test_a_year(stage: Stage) -> None:
    me, other = await stage.people("amina", "bruno")
    year = datetime.now(UTC).year - 1
    assert (await me.get(f"{BASE}/{year}/state")) == {"state": "ineligible"}
    assert (await me.answer("POST", f"{BASE}/{year}/generate")).status == 404
    moment = await write_long_ago(me, year)
    await other.post(f"/api/v1/statuses/{moment}/favourite")
    assert (await me.get(f"{BASE}/{year}/state")) == {"state": "eligible"}
    assert (await other.get(f"{BASE}/{year}/state")) == {"state": "ineligible"}
    assert (await me.answer("GET", f"{BASE}/{year}")).status == 404
    await me.post(f"{BASE}/{year}/generate")
    await me.post(f"{BASE}/{year}/generate")
    assert (await me.get(f"{BASE}/{year}/state")) == {"state": "available"}
    whole = await me.get(f"{BASE}/{year}")
    (report,) = whole["annual_reports"]
    assert report["data"]["time_series"][1] == {"month": 2, "statuses": 1, "followers": 0}
    assert report["data"]["top_statuses"]["by_favourites"] == str(moment)
    assert [one["id"] for one in whole["statuses"]] == [str(moment)]
    assert await me.get(BASE) == whole
    await me.post(f"{BASE}/{year}/read")
    assert (await me.get(BASE))["annual_reports"] == []
    assert (await me.get(f"{BASE}/{year}")) == whole
    assert (await other.answer("GET", f"{BASE}/{year}")).status == 404
    for strange in (year + 2, 1, "x", "99999"):
        assert (await me.answer("POST", f"{BASE}/{strange}/generate")).status == 404
