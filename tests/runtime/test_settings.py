"""Settings: where they come from, which source wins, and how a wrong one is named."""

from pathlib import Path

import pytest

from runtime.settings import Settings, SettingsError, load, to_environ

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _empty_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_anything_the_defaults_hold() -> None:
    assert load({}) == Settings()


def test_the_command_line_beats_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    (tmp_path / "passline.toml").write_text('port = 1\nhost = "h1"\nring_s = 5')
    settings = load({"PASSLINE_PORT": "2", "PASSLINE_HOST": "h2"}, port=3, host=None)
    assert (settings.port, settings.host, settings.ring_s) == (3, "h2", 5)


TURN = {"PASSLINE_TURN_URLS": "turn:a.example,turns:b.example:443?transport=tcp"}
SECRET = "0123456789abcdef"


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    settings = load({**TURN, "PASSLINE_TURN_SECRET_FILE": str(tmp_path / "secret")})
    assert (settings.turn_secret, settings.turn_urls[1]) == (SECRET, "turns:b.example:443?transport=tcp")
    assert load(to_environ(settings)) == settings


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        (TURN, "PASSLINE_TURN_SECRET"),
        ({"PASSLINE_TURN_SECRET": SECRET}, "PASSLINE_TURN_URLS"),
        ({"PASSLINE_ICE_RELAY_ONLY": "yes"}, "PASSLINE_TURN_URLS"),
        ({"PASSLINE_TURN_URLS": "stun:stun.example", "PASSLINE_TURN_SECRET": SECRET}, "PASSLINE_TURN_URLS"),
        ({**TURN, "PASSLINE_TURN_SECRET": "short"}, "PASSLINE_TURN_SECRET"),
        ({**TURN, "PASSLINE_TURN_SECRET_FILE": "/not/there"}, "PASSLINE_TURN_SECRET_FILE"),
        ({"PASSLINE_PROT_FILE": "/etc/hostname"}, "PASSLINE_PROT_FILE"),
    ],
)
def test_half_a_turn_server_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(environ)


def test_with_https_everything_on_the_network_is_served_unless_said_otherwise() -> None:
    assert load({"PASSLINE_TLS": "true"}).host == "0.0.0.0"
    assert load({"PASSLINE_TLS_CERT": "/x.pem"}).host == "0.0.0.0"
    assert load({"PASSLINE_TLS": "true", "PASSLINE_HOST": "127.0.0.1"}).host == "127.0.0.1"


def test_a_named_file_is_read_from_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "chain.toml"
    file.parent.mkdir()
    file.write_text('origins = ["https://passline.example"]')
    assert load({"PASSLINE_CONFIG": str(file)}).origins == ["https://passline.example"]


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"PASSLINE_PROT": "80"}, "PASSLINE_PROT"),
        ({"PASSLINE_PORT": "eighty"}, "PASSLINE_PORT"),
        ({"PASSLINE_PORT": "65536"}, "PASSLINE_PORT"),
        ({"PASSLINE_VIDEO_CODEC": "av1"}, "PASSLINE_VIDEO_CODEC"),
        ({"PASSLINE_RING_S": "nan"}, "PASSLINE_RING_S"),
        ({"PASSLINE_PROXIES": "127.0.0.1, proxy.example"}, "PASSLINE_PROXIES"),
        ({"PASSLINE_CONFIG": "not-there.toml"}, "not-there.toml"),
    ],
)
def test_a_wrong_or_unknown_variable_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(environ)


@pytest.mark.parametrize(
    ("text", "named"), [("prot = 80", "prot"), ('port = "x"', "port"), ("port =", "passline.toml")]
)
def test_a_wrong_or_unknown_key_of_the_file_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "passline.toml").write_text(text)
    with pytest.raises(SettingsError, match=named):
        load({})


def test_other_programs_variables_are_left_alone() -> None:
    assert load({"PORT": "1", "PASSLINEX": "2"}) == Settings()


def test_children_read_the_settings_their_parent_had() -> None:
    settings = Settings(
        port=0, origins=["https://a.example", "https://b.example"], ring_s=7.5, data=Path("/d"), log_format="json"
    )
    assert load(to_environ(settings)) == settings
    assert load(to_environ(Settings())) == Settings()
    https = Settings(host="0.0.0.0", tls=True, tls_names=["a.example"], tls_cert=Path("/c.pem"))
    assert load(to_environ(https)) == https
