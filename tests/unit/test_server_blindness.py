"""Who sees what over REST: opinions of others, gold questions, and the table of role and route."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from querist import Project
from querist.schema import Role
from querist.server import create_app, openapi_document

HOME = "http://127.0.0.1:8321"
CLASSES = ["boot", "shirt"]
SECRET = "only bob can know this"
BOOT = {"type": "class", "name": "boot"}
ROLES = [Role.OWNER, Role.MANAGER, Role.REVIEWER, Role.ANNOTATOR, Role.MODEL]
TABLE = [
    ("get", "opinions", None, Role.REVIEWER),
    ("get", "opinions/disputes", None, Role.REVIEWER),
    ("get", "agreement", None, Role.REVIEWER),
    ("post", "opinions/preview", {}, Role.MANAGER),
    ("post", "opinions/recompute", {}, Role.MANAGER),
    ("post", "opinions/take-back", {"run": "run-1"}, Role.MANAGER),
    ("get", "gold", None, Role.MANAGER),
    ("post", "gold", {"asset_id": "t1", "value": BOOT}, Role.MANAGER),
    ("post", "gold/retire", {"asset_id": "t0"}, Role.MANAGER),
]
BROWSING = ["assets", "assets/facets", "assets/cards?id=t0", "asset?id=t0", "rounds", "rounds/1"]
PLACES = dict.fromkeys(("job_id", "name", "proposal_id", "set_id"), "none") | {"number": 1}


@pytest.fixture
def make(tmp_path):
    """Make a project of 30 texts, and clients of its people by name."""
    made = []

    def project(**policy):
        policy = {"batch_size": 8, "audit_size": 0, "control_share": 0.0, **policy}
        new = Project.create(tmp_path / "shop", media="text", classes=CLASSES, policy=policy)
        made.append(new)
        new.add([{"id": f"t{i}", "text": f"{CLASSES[i % 2]} number {i}"} for i in range(30)])
        return new

    yield project
    for new in made:
        new.close()


def client(project, name, role=Role.ANNOTATOR):
    """A client with an API token of somebody."""
    records = project.catalog.records
    records.annotators.ensure(name, role=role)
    token = records.tokens.issue(name, kind="api", ttl_seconds=600)
    app = create_app(project, engine=project.jobs)
    made = TestClient(app, base_url=f"{HOME}/api/v1/", raise_server_exceptions=True)
    made.headers["Authorization"] = f"Bearer {token}"
    return made


def lease(who, count=1):
    """The items that somebody gets."""
    answer = who.post("tasks/lease", json={"count": count})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def label(who, item, name, submission_id, status=201):
    """Answer an item with a class."""
    body = {
        "asset_id": item["asset"]["id"],
        "value": {"type": "class", "name": name},
        "task_id": item["task"]["id"],
        "expected_version": item["version"],
        "submission_id": submission_id,
    }
    answer = who.post("labels", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def readable(who, asset_id):
    """All that somebody can read about the project but the counts of its home page."""
    paths = [
        path.removeprefix("/api/v1/")
        for path, methods in openapi_document()["paths"].items()
        if "get" in methods and path.removeprefix("/api/v1/") not in ("home", "events", "jobs")
    ]
    found = {}
    for path in paths:
        answer = who.get(path.format(**PLACES), params={"id": asset_id})
        found[path] = (answer.status_code, answer.text)
    assert len(found) > 12
    return found


@pytest.mark.parametrize("role", ROLES)
def test_the_table_of_role_and_route(make, role):
    """Each route of opinions, gold and agreement answers who may use it, and 403 to the rest."""
    project = make()
    project.gold.add("t0", "boot", created_by="rev")
    who = client(project, "eve", role)
    allowed = ROLES.index(role) if role is not Role.MODEL else len(ROLES)
    for method, path, body, needed in TABLE:
        answer = who.request(method, path, json=body)
        if allowed <= ROLES.index(needed):
            assert answer.status_code in (200, 201), (path, answer.text)
        else:
            assert answer.status_code == 403, (path, answer.text)


def test_an_opinion_changes_nothing_that_another_annotator_can_read(make):
    """Before and after bob's opinion every route says the same to ana, who holds the asset too."""
    project = make(overlap=2, overlap_share=1.0)
    project.next_round()
    ana, bob = client(project, "ana"), client(project, "bob")
    [hers], [his] = lease(ana), lease(bob)
    assert hers["asset"] == his["asset"]
    asset_id = his["asset"]["id"]
    before = readable(ana, asset_id), lease(ana)[0]["version"]
    body = {"asset_id": asset_id, "action": "skip", "reason": SECRET, "submission_id": "s1"}
    assert bob.post("labels", json={**body, "task_id": his["task"]["id"]}).status_code == 201
    assert (readable(ana, asset_id), lease(ana)[0]["version"]) == before
    undo = ana.post("labels/undo", json={"asset_id": asset_id, "submission_id": "s2"})
    assert (undo.status_code, SECRET in undo.text) == (422, False)
    stale = ana.post("labels", json={**body, "submission_id": "s3", "expected_version": 5})
    assert (stale.status_code, stale.json()["error"]["details"]["current"]) == (409, None)
    reviewer = client(project, "rev", Role.REVIEWER)
    assert SECRET in reviewer.get("opinions", params={"asset_id": asset_id}).text
    assert bob.get("labels/recent").json()[0]["annotation"]["reason"] == SECRET


@pytest.mark.parametrize("role", ROLES)
def test_the_session_says_who_sees_only_their_own(make, role):
    """Nobody is where no gold questions are asked."""
    assert client(make(), "eve", role).get("session").json()["veiled"] is False


@pytest.mark.parametrize("role", ROLES)
def test_the_session_says_who_is_veiled_while_gold_is_asked(make, role):
    """It agrees with what the rounds answer."""
    who = client(make(gold_share=0.2), "eve", role)
    assert who.get("session").json()["veiled"] is (who.get("rounds").status_code == 403)
    assert who.get("session").json()["veiled"] is (role in (Role.ANNOTATOR, Role.MODEL))


def test_two_annotators_make_a_label_over_rest(make):
    """The answers are 201, a repeat 200; the last one writes the label, undo takes it back."""
    project = make(overlap=2, overlap_share=1.0)
    project.next_round()
    ana, bob = client(project, "ana"), client(project, "bob")
    [hers], [his] = lease(ana), lease(bob)
    first = label(ana, hers, "boot", "s1")
    assert label(ana, hers, "boot", "s1", status=200) == first
    label(bob, his, "boot", "s2")
    rita = client(project, "rita", Role.REVIEWER)
    detail = rita.get("asset", params={"id": hers["asset"]["id"]}).json()
    assert (detail["label"]["origin"], detail["label"]["annotator"]) == ("consensus", "majority")
    body = {"asset_id": hers["asset"]["id"], "submission_id": "u1"}
    assert ana.post("labels/undo", json=body).json()["action"] == "undo"
    detail = rita.get("asset", params={"id": hers["asset"]["id"]}).json()
    assert detail["label"]["value"] is None
    assert lease(ana)[0]["task"]["id"] == hers["task"]["id"]


def test_agreement_disputes_and_recomputing_over_rest(make):
    """Two who disagree on one of eight: kappa below one, a dispute, and a run that goes back."""
    project = make(overlap=2, overlap_share=1.0)
    project.next_round()
    boss = client(project, "max", Role.MANAGER)
    for name in ("ana", "bob"):
        for i, item in enumerate(lease(client(project, name), 8)):
            odd = name == "bob" and i == 0
            given = CLASSES[(int(item["asset"]["id"][1:]) + odd) % 2]
            label(client(project, name), item, given, f"{name}-{i}")
    found = boss.get("agreement").json()
    assert (found["assets"], found["opinions"]) == (8, 16)
    assert 0 < found["fleiss"] <= found["alpha"] < 1
    [pair] = found["pairs"]
    assert (pair["first"], pair["second"], pair["assets"]) == ("ana", "bob", 8)
    assert [it["annotator"] for it in found["annotators"]] == ["ana", "bob"]
    [dispute] = boss.get("opinions/disputes").json()
    assert len(dispute["opinions"]) == 2
    run = boss.post("opinions/recompute", json={"method": "dawid-skene"}).json()
    assert (run["assets"], run["changed"]) == (8, 1)
    assert boss.get("opinions/disputes").json() == []
    assert boss.post("opinions/take-back", json={"run": run["run"]}).json() == {"changed": 1}
    assert boss.post("opinions/take-back", json={"run": run["run"]}).json() == {"changed": 0}
    assert len(boss.get("opinions/disputes").json()) == 1


@pytest.mark.parametrize("role", ROLES)
def test_while_gold_is_asked_annotators_do_not_browse(make, role):
    """The routes that show labels and selections answer 403 to annotators, and only to them."""
    project = make(gold_share=0.3)
    project.next_round()
    who = client(project, "eve", role)
    status = 403 if role in (Role.ANNOTATOR, Role.MODEL) else 200
    assert [who.get(path).status_code for path in BROWSING] == [status] * len(BROWSING)


def test_gold_and_overlap_look_like_any_task_over_rest(make):
    """One page of labels, opinions and gold: the same fields, reasons and answers for all."""
    project = make(gold_share=0.4, overlap=2, overlap_share=0.5, batch_size=12)
    asked = {f"t{i}" for i in range(30)}
    project.next_round()
    asked -= {task.asset_id for task in project.catalog.records.tasks.open(1)}
    for asset_id in asked:
        project.gold.add(asset_id, CLASSES[int(asset_id[1:]) % 2], created_by="rev")
    project.labels.import_many([(asset_id, "boot") for asset_id in asked], "import")
    ana = client(project, "ana")
    items = lease(ana, 100)
    kinds = {project.catalog.records.tasks.get(item["task"]["id"]).kind.value for item in items}
    assert kinds == {"label", "opinion", "gold"}
    ids = [item["task"]["id"] for item in items]
    assert ids == sorted(ids)
    own = {"id", "asset_id", "priority", "leased_until"}
    shapes = {
        str(
            [
                {k: v for k, v in item["task"].items() if k not in own},
                {k: v for k, v in item.items() if k not in ("task", "asset")},
                sorted(item["task"]),
            ]
        )
        for item in items
    }
    assert len(shapes) == 1, shapes
    own = {"seq", "asset_id", "submission_id", "created_at"}
    given = [label(ana, item, "boot", f"s{i}") for i, item in enumerate(items)]
    assert len({str({k: v for k, v in it.items() if k not in own}) for it in given}) == 1
    recent = ana.get("labels/recent", params={"limit": 100}).json()
    own = {"id", "text"}
    cards = {str({k: v for k, v in it["card"].items() if k not in own}) for it in recent}
    assert (len(recent), len(cards)) == (len(items), 1)
    for i, item in enumerate(items):
        body = {"asset_id": item["asset"]["id"], "submission_id": f"u{i}"}
        assert ana.post("labels/undo", json=body).json()["action"] == "undo"


def test_the_description_does_not_name_the_kind_of_a_task():
    """A task on the wire has no field that says what its answer becomes."""
    fields = openapi_document()["components"]["schemas"]["Task"]["properties"]
    assert not {"kind", "beside", "gold"} & set(fields)
