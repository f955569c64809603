"""The server's guards: error shape, login, tokens, CSRF, Host, headers, static files."""

from __future__ import annotations

import shutil

import pytest
from fastapi.testclient import TestClient

from querist import Project
from querist.schema import Role
from querist.server import create_app, openapi_document

HOME = "http://127.0.0.1:8321"
PUBLIC = {
    ("get", "/api/v1/health"),
    ("post", "/api/v1/session"),
    ("post", "/api/v1/invitations/accept"),
    ("get", "/api/v1/workforces/{name}/content"),
    ("post", "/api/v1/workforces/{name}/webhook"),
}
OPERATIONS = [
    (method, path)
    for path, methods in openapi_document()["paths"].items()
    for method in methods
    if (method, path) not in PUBLIC
]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """An empty project."""
    with Project.create(
        tmp_path_factory.mktemp("p") / "shop", media="text", classes=["a", "b"]
    ) as project:
        yield project


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    """A compiled web app beside a file that must stay secret."""
    folder = tmp_path_factory.mktemp("web") / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>the app</title>")
    (folder / "assets" / "index-BxY12.js").write_text("1")
    (folder.parent / "secret.txt").write_text("hidden words")
    return folder


@pytest.fixture(scope="module")
def app(project, static):
    """The app; it keeps no state of its own between requests."""
    return create_app(project, static=static)


@pytest.fixture
def client(app):
    """Nobody yet."""
    return TestClient(app, base_url=HOME)


@pytest.fixture
def login(project):
    """Gives a fresh one-time token of the owner."""
    project.catalog.records.annotators.ensure("ana", role=Role.OWNER)
    return lambda: project.catalog.records.tokens.issue("ana", kind="login", ttl_seconds=60)


def check_shape(answer, status, code=None):
    """The answer is an error in the one shape."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(answer.json()) == {"error"}
    assert set(error) == {"code", "message", "remedy", "details"}
    assert error["message"]
    assert error["remedy"]
    if code:
        assert error["code"] == code


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_route_refuses_who_is_not_logged_in(client, method, path):
    """Without a token each route but the entrances and the health check answers 401."""
    path = path.replace("{number}", "1").replace("{job_id}", "job-1")
    check_shape(client.request(method, path, json={}), 401, "unauthenticated")


def test_the_list_of_routes_is_not_empty():
    """The walk over the described routes really walks."""
    assert len(OPERATIONS) > 25


def test_operation_ids_are_unique_and_every_answer_has_a_model():
    """Clients made from the description get a name for each call and a type for each answer."""
    ids, bare = [], []
    for path, methods in openapi_document()["paths"].items():
        for method, operation in methods.items():
            ids.append(operation["operationId"])
            for status, answer in operation["responses"].items():
                for kind, content in answer.get("content", {}).items():
                    if kind == "application/json" and not content.get("schema"):
                        bare.append((method, path, status))
    assert len(ids) == len(set(ids))
    assert not bare


def test_health_needs_no_token(client):
    """Anybody may ask whether the server lives."""
    assert client.get("/api/v1/health").json()["status"] == "ok"


def test_login_token_works_once(client, login):
    """The first use gives a session cookie that scripts cannot read, the second use 401."""
    token = login()
    first = client.post("/api/v1/session", json={"token": token})
    assert first.json() == {"name": "ana", "role": "owner", "csrf": None, "veiled": False}
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.get("/api/v1/session").json()["name"] == "ana"
    client.cookies.clear()
    check_shape(client.post("/api/v1/session", json={"token": token}), 401, "unauthenticated")


@pytest.mark.parametrize("token", ["wrong", "'; drop table tokens; --", "ü" * 100, "\ud800"])
def test_a_wrong_login_token_is_refused(client, token):
    """A token that was never issued is a 401 (or a refused body), never a failure."""
    try:
        answer = client.post("/api/v1/session", json={"token": token})
    except UnicodeEncodeError:
        answer = client.post("/api/v1/session", content=b'{"token": "\\ud800"}')
    assert answer.status_code in (401, 422)
    check_shape(answer, answer.status_code)


def test_a_login_token_is_not_a_session_nor_an_api_token(client, login):
    """Each kind of token opens only its own door."""
    token = login()
    bearer = {"Authorization": f"Bearer {token}"}
    check_shape(client.get("/api/v1/session", headers=bearer), 401)
    cookie = {"Cookie": f"{client.app.state.service.cookie}={token}"}
    check_shape(client.get("/api/v1/session", headers=cookie), 401)


def test_logout_ends_the_session_everywhere(client, login):
    """After the logout the same cookie is worth nothing."""
    client.post("/api/v1/session", json={"token": login()})
    name = client.app.state.service.cookie
    secret = client.cookies[name]
    assert client.delete("/api/v1/session", headers={"X-Querist": "1"}).status_code == 200
    check_shape(client.get("/api/v1/session", headers={"Cookie": f"{name}={secret}"}), 401)


def test_two_projects_on_one_machine_do_not_sign_each_other_out(tmp_path):
    """A browser sends cookies to all ports of a host: each project reads its own, also restarted.

    Two have one name and the folder of the second is a copy, as somebody makes who tries things.
    """
    folders = [tmp_path / "one" / "shop", tmp_path / "two" / "shop"]
    Project.create(folders[0], media="text", classes=["a", "b"]).close()
    shutil.copytree(folders[0], folders[1])
    jar = {}

    def asked(folder, login=False):
        with Project.open(folder) as project:
            client = TestClient(create_app(project), base_url=HOME, cookies=jar)
            if login:
                project.catalog.records.annotators.ensure("ana", role=Role.OWNER)
                secret = project.catalog.records.tokens.issue("ana", kind="login", ttl_seconds=60)
                assert client.post("/api/v1/session", json={"token": secret}).status_code == 200
                jar.update(client.cookies.items())
            return client.get("/api/v1/session").status_code

    assert [asked(folder, login=True) for folder in folders] == [200, 200]
    assert [asked(folder) for folder in folders] == [200, 200]


def test_unsafe_cookie_requests_need_the_header(client, login):
    """A cookie alone changes nothing: another site could make the browser send it."""
    client.post("/api/v1/session", json={"token": login()})
    assert client.get("/api/v1/jobs").status_code == 200
    check_shape(client.post("/api/v1/tasks/lease", json={}), 403, "forbidden")
    allowed = client.post("/api/v1/tasks/lease", json={}, headers={"X-Querist": "1"})
    assert allowed.status_code == 200, allowed.text


def test_api_tokens_need_no_header(client, project):
    """A bearer token is never sent by a browser on its own."""
    project.catalog.records.annotators.ensure("bot")
    token = project.catalog.records.tokens.issue("bot", kind="api", ttl_seconds=60)
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.post("/api/v1/tasks/lease", json={}, headers=bearer).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/rounds", {}),
        ("/api/v1/rounds/finish", None),
        ("/api/v1/oracle", {}),
        ("/api/v1/assets/add", {"path": "/etc"}),
        ("/api/v1/jobs/job-1/cancel", None),
    ],
)
def test_an_annotator_may_not_manage(client, project, path, body):
    """Annotators label; rounds, jobs and folders are for managers and owners."""
    project.catalog.records.annotators.ensure("ben")
    token = project.catalog.records.tokens.issue("ben", kind="api", ttl_seconds=60)
    bearer = {"Authorization": f"Bearer {token}"}
    check_shape(client.post(path, json=body, headers=bearer), 403, "forbidden")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8321", "127.0.0.1.evil.example", "10.0.0.7", ""]
)
def test_foreign_hosts_are_refused(client, host):
    """A name that was made to point here (DNS rebinding) gets nothing, not even the app."""
    for path in ("/", "/api/v1/health"):
        check_shape(client.get(path, headers={"Host": host}), 403, "forbidden")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8321", "LOCALHOST", "[::1]:8321"])
def test_local_hosts_are_served(client, host):
    """The loopback address is served under each of its names."""
    assert client.get("/api/v1/health", headers={"Host": host}).status_code == 200


def test_a_server_on_all_addresses_answers_to_numbers_and_its_own_name(project):
    """Listening on 0.0.0.0 allows hosts written as numbers, still no foreign names."""
    app = create_app(project, hosts=("0.0.0.0", "Box.local"))
    client = TestClient(app, base_url=HOME)
    hosts = {"10.0.0.7:80": 200, "[fe80::1]": 200, "box.LOCAL": 200, "evil.example": 403}
    for host, status in hosts.items():
        assert client.get("/api/v1/health", headers={"Host": host}).status_code == status


@pytest.mark.parametrize("path", ["/", "/api/v1/health", "/api/v1/jobs", "/api/v1/nothing"])
def test_security_headers_are_on_every_answer(client, path):
    """Answers and errors alike forbid framing, sniffing, foreign scripts and referrers."""
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_unknown_api_paths_and_methods_have_the_error_shape(client):
    """404 and 405 of the API are JSON in the one shape, not the web app."""
    check_shape(client.get("/api/v1/nothing"), 404, "not_found")
    check_shape(client.get("/api/nothing.html"), 404, "not_found")
    check_shape(client.put("/api/v1/health"), 405)
    check_shape(client.get("/api/v1/labels"), 405)
    check_shape(client.post("/anything"), 405)


def test_a_body_that_is_not_json_is_refused_in_words(client):
    """Broken JSON and unknown fields are 422 in the one shape, with the field named."""
    broken = client.post(
        "/api/v1/session", content=b"{", headers={"Content-Type": "application/json"}
    )
    check_shape(broken, 422, "invalid_input")
    unknown = client.post("/api/v1/session", json={"token": "x", "more": 1})
    check_shape(unknown, 422, "invalid_input")
    assert unknown.json()["error"]["details"]["fields"] == ["body.more"]


def test_an_unexpected_failure_tells_its_type_only(project):
    """A bug is a 500 in the one shape that shows no inner text."""
    app = create_app(project)

    def broken():
        raise RuntimeError("the password is 1234")

    app.get("/api/v1/broken")(broken)
    client = TestClient(app, base_url=HOME, raise_server_exceptions=False)
    answer = client.get("/api/v1/broken")
    check_shape(answer, 500, "error")
    assert "1234" not in answer.text
    assert "RuntimeError" in answer.text


def test_the_app_answers_on_its_own_paths(client):
    """Files are served, hashed ones for long; any path of the app gives the index page."""
    script = client.get("/assets/index-BxY12.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "javascript" in script.headers["content-type"]
    for path in ("/", "/label", "/rounds/3?x=1"):
        page = client.get(path)
        assert page.text == "<title>the app</title>"
        assert page.headers["cache-control"] == "no-cache"
    check_shape(client.get("/assets/gone.js"), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%5c..%5csecret.txt",
        "//etc/passwd",
        "/%00",
        "/" + "a" * 5000 + ".x",
    ],
)
def test_static_files_cannot_be_left(client, path):
    """No spelling of a path leaves the folder of the app."""
    answer = client.get(HOME + path)
    assert "hidden words" not in answer.text
    assert "root:" not in answer.text
    assert answer.status_code in (200, 404)


def test_without_a_compiled_app_the_page_says_how_to_build_it(project, tmp_path):
    """A checkout that was never built explains itself."""
    client = TestClient(create_app(project, static=tmp_path / "none"), base_url=HOME)
    page = client.get("/")
    assert page.status_code == 200
    assert "make web" in page.text
