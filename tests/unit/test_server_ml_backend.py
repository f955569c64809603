"""The newest model as an ML backend: who may ask, what it says of tasks, and what it keeps back."""

from __future__ import annotations

import base64

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from own_model import BackendServer
from querist import Project
from querist.outside import label_studio_values as form
from querist.schema import Arm, Media, Ontology, Role
from querist.server import create_app

CONFIG = (
    '<View><Text name="words" value="$text"/>'
    '<Choices name="kind" toName="words"><Choice value="sea"/><Choice value="wood"/>'
    "</Choices></View>"
)
WORDS = {"sea": "salt wave tide", "wood": "moss leaf pine"}
POLICY = {"batch_size": 20, "audit_size": 6, "control_share": 0.0, "strategy": "random"}


@pytest.fixture
def project(tmp_path):
    """Forty texts of two plain classes, half of them labelled."""
    with Project.create(
        tmp_path / "p", media="text", classes=["sea", "wood"], policy=POLICY
    ) as new:
        names = [list(WORDS)[i % 2] for i in range(40)]
        new.add([{"id": f"{n}-{i}", "text": f"{WORDS[n]} {i}"} for i, n in enumerate(names)])
        yield new


@pytest.fixture
def client(project):
    """Label Studio, with a manager's token as the password of basic authentication."""
    return connect(project, Role.MANAGER)


def connect(project, role, scheme="basic"):
    """A client of somebody of a role."""
    records = project.catalog.records
    records.annotators.ensure(role.value, role=role)
    token = records.tokens.issue(role.value, kind="api", ttl_seconds=600)
    made = TestClient(create_app(project), base_url="http://127.0.0.1:8321/api/v1/ml-backend/")
    secret = base64.b64encode(f"querist:{token}".encode()).decode()
    made.headers["Authorization"] = f"Basic {secret}" if scheme == "basic" else f"Bearer {token}"
    return made


def train(project):
    """One round, answered."""
    project.next_round()
    for item in project.queue.next("ana", 50).items:
        name = item.asset.id.partition("-")[0]
        project.labels.submit(item.asset.id, name, annotator="ana")
    return project.train()


def predict(client, *data, config=CONFIG):
    """The answer about tasks."""
    tasks = [{"id": i, "data": one} for i, one in enumerate(data)]
    return client.post("predict", json={"tasks": tasks, "project": "1.2", "label_config": config})


def test_it_says_what_the_model_has_said_and_reads_what_is_new(project, client):
    """Assets by their id, other texts by their words, in the names of the interface there."""
    model = train(project)
    audit = set(project.catalog.records.rounds.arm_ids(Arm.AUDIT))
    known = next(it for it in project.catalog.assets.ids() if it not in audit)
    found = predict(client, {"querist": known}, {"text": "moss and a leaf of pine"}).json()
    assert found["model_version"] == model.id
    first, second = found["results"]
    assert first["result"][0]["value"]["choices"] == [known.partition("-")[0]]
    region = second["result"][0]
    assert (region["from_name"], region["to_name"]) == ("kind", "words")
    assert region["value"]["choices"] == ["wood"]
    assert 0.5 < second["score"] <= 1
    setup = {"project": "1.2", "schema": CONFIG, "hostname": "", "access_token": "x"}
    assert client.post("setup", json=setup).json() == {"model_version": model.id}
    assert client.get("health").json() == {"status": "UP"}


def test_it_keeps_back_what_would_flatter_or_cannot_be_read(project, client):
    """Nothing is said of the audit set, unknown ids and other fields; one result each."""
    assert predict(client, {"text": "sea"}).json() == {
        "results": [{"result": []}],
        "model_version": None,
    }
    train(project)
    audit = project.catalog.records.rounds.arm_ids(Arm.AUDIT)[0]
    asked = [{"querist": audit}, {"querist": "nobody"}, {"other": "sea"}, {"text": 3}, {}]
    assert predict(client, *asked).json()["results"] == [{"result": []}] * len(asked)


def test_items_of_a_workforce_are_the_assets_that_were_sent(project, client, tmp_path):
    """Tasks there carry the item's key; of the audit set nothing is said then either."""
    train(project)
    project.next_round()
    project.workforces.add("crowd", kind="folder", url=(tmp_path / "x").as_uri())
    project.workforces.send("crowd", 20)
    out = project.workforces.deliveries("crowd")
    audit = set(project.catalog.records.rounds.arm_ids(Arm.AUDIT))
    asked = [{"querist": it.key, "text": "?"} for it in out]
    unknown = [{"querist": key, "text": "moss leaf"} for key in ("item-0", "item-\0")]
    *found, first, second = predict(client, *asked, *unknown).json()["results"]
    assert len(found) == len(out) > 0
    for it, said in zip(out, found, strict=True):
        if it.asset_id in audit:
            assert said == {"result": []}
        else:
            assert said["result"][0]["value"]["choices"] == [it.asset_id.partition("-")[0]]
    for said in (first, second):
        assert said["result"][0]["value"]["choices"] == ["wood"]


def test_a_picture_that_cannot_be_read_is_answered_by_nothing(tmp_path):
    """The others are answered; so it is with base64 that is none."""
    config = CONFIG.replace("<Text ", "<Image ").replace("$text", "$picture")
    with Project.create(tmp_path / "p", classes=["sea", "wood"], policy=POLICY) as new:
        for i in range(40):
            colour = (20, 60, 200 - i) if i % 2 == 0 else (20, 150 + i, 20)
            name = tmp_path / "pictures" / f"{list(WORDS)[i % 2]}-{i}.png"
            name.parent.mkdir(exist_ok=True)
            Image.new("RGB", (24, 20), colour).save(name)
        new.add(name.parent)
        train(new)
        whole = name.read_bytes()
        coded = [
            f"data:image/png;base64,{base64.b64encode(data).decode()}"
            for data in (whole, b"nothing", whole[: len(whole) // 2], whole)
        ]
        asked = [{"picture": it} for it in (*coded, "data:image/png;base64,@@")]
        answer = predict(connect(new, Role.MANAGER), *asked, config=config)
        assert answer.status_code == 200, answer.text
        said = [bool(it["result"]) for it in answer.json()["results"]]
        assert said == [True, False, False, True, False]
        only = predict(connect(new, Role.MANAGER), asked[1], config=config)
        assert only.json()["results"] == [{"result": []}]


def test_a_model_that_is_sent_ids_says_nothing_of_other_texts(tmp_path):
    """An asset there might have the place of a task as its id; of known assets it does answer."""
    with BackendServer() as server:
        learner = {"name": "label-studio-backend", "parameters": {"url": server.url, "send": "ids"}}
        with Project.create(
            tmp_path / "p", media="text", classes=list(WORDS), policy=POLICY, learner=learner
        ) as new:
            names = [list(WORDS)[i % 2] for i in range(40)]
            new.add([{"id": f"{n}-{i}", "text": f"{WORDS[n]} {i}"} for i, n in enumerate(names)])
            train(new)
            audit = set(new.catalog.records.rounds.arm_ids(Arm.AUDIT))
            known = next(it for it in new.catalog.assets.ids() if it not in audit)
            asked = predict(connect(new, Role.MANAGER), {"text": "moss"}, {"querist": known})
            other, own = asked.json()["results"]
            assert other == {"result": []}
            assert own["result"]


def test_an_interface_without_a_class_of_the_project_is_not_set_up(project, client):
    """What the model said of that class could not be shown; the missing classes are named."""

    def setup(config):
        return client.post("setup", json={"project": "1.2", "schema": config})

    without = setup(CONFIG.replace('<Choice value="wood"/>', ""))
    assert without.status_code == 422
    assert "lacks 1 class: 'wood' in 'kind'" in without.json()["error"]["message"]
    assert setup(CONFIG).status_code == 200
    assert setup(CONFIG.replace('value="wood"', 'value="Wood" alias="wood"')).status_code == 200
    of_tasks = '<Choices name="kind" toName="words" value="$classes"'
    by_task = CONFIG.replace('<Choices name="kind" toName="words"', of_tasks)
    assert setup(by_task.replace('<Choice value="wood"/>', "")).status_code == 200


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("<View>", "cannot be read"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><View/>', "entities"),
        (form.configuration(Ontology.of("spans", ["sea"]), Media.TEXT), "no Choices"),
    ],
)
def test_interfaces_that_ask_for_something_else_are_refused(client, config, told):
    """A broken interface, one that declares entities, and one of another task."""
    answer = predict(client, {"text": "sea"}, config=config)
    assert answer.status_code == 422
    assert told in answer.json()["error"]["message"]


def test_who_connects_the_tool_must_be_a_manager(project):
    """A manager by either scheme; nobody, an annotator and a wrong password are refused."""
    for scheme in ("basic", "bearer"):
        assert connect(project, Role.OWNER, scheme).get("health").status_code == 200
    assert connect(project, Role.ANNOTATOR).get("health").status_code == 403
    stranger = connect(project, Role.MANAGER)
    for given in ("", "Basic", "Basic !!", "Basic cXVlcmlzdDp3cm9uZw==", "Bearer x"):
        stranger.headers["Authorization"] = given
        assert stranger.get("health").status_code == 401
