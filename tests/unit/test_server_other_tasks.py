"""What REST tells of a project whose labels are no single class."""

from __future__ import annotations

from fastapi.testclient import TestClient

from querist import Project
from querist.schema import Role
from querist.server import create_app

HOME = "http://127.0.0.1:8321"


def test_the_measure_and_what_the_model_says_are_told(tmp_path):
    """The curve names its measure, the asset has a number of the model, and findings are none."""
    policy = {"batch_size": 8, "audit_size": 5, "control_share": 0.0}
    with Project.create(tmp_path / "p", task="regression", media="table", policy=policy) as project:
        project.add([{"id": f"r{i}", "x": float(i), "y": float(i % 5)} for i in range(30)])
        project.next_round()
        for item in project.queue.next("ben", 50).items:
            project.labels.submit(item.asset.id, 2.0 * int(item.asset.id[1:]), annotator="ben")
        project.finish_round()
        project.catalog.records.annotators.ensure("ana", role=Role.OWNER)
        token = project.catalog.records.tokens.issue("ana", kind="api", ttl_seconds=600)
        app = create_app(project, engine=project.jobs)
        headers = {"Authorization": f"Bearer {token}"}
        with TestClient(app, base_url=HOME, headers=headers) as client:

            def get(path: str, **query: object) -> dict:
                answer = client.get(f"/api/v1/{path}", params=query)
                assert answer.status_code == 200, answer.text
                return answer.json()

            home, about = get("home"), get("project")
            assert (about["learns"], about["learner"]) == (True, "ridge")
            assert home["curve"]["measure"] == "r2"
            assert home["curve"]["active"][-1]["accuracy"]["value"] > 0.9
            assert home["saved_labels"] is None
            detail = get("asset", id="r20")
            assert detail["prediction"] is None
            assert detail["says"]["type"] == "number"
            assert abs(detail["says"]["number"] - 40) < 8
            assert get("findings")["findings"] == []
            assert get("assets")["items"][0]["predicted"] is None
