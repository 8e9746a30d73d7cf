"""Settings: where they come from, which source wins, and how a wrong one is named."""

from pathlib import Path

import pytest

from contract.people import Role
from runtime.oidc_roles import RoleRule, read_rule
from runtime.settings import Settings, SettingsError, load, to_environ

pytestmark = pytest.mark.unit


TOLD = "PASSLINE_MEDIA_ADDRESSES"


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


OIDC = {"PASSLINE_OIDC_ISSUER": "https://id.example/realms/chain", "PASSLINE_OIDC_CLIENT_ID": "passline"}
IN_LDAP = "CN=admins,OU=groups=admin"


def test_groups_with_a_comma_come_from_the_file_or_as_json_and_reach_every_process(tmp_path: Path) -> None:
    (tmp_path / "passline.toml").write_text(f'oidc_roles = ["{IN_LDAP}", "chiefs=manager @ 华东"]')
    settings = load(OIDC)
    assert load(to_environ(settings)) == settings
    assert load({**OIDC, "PASSLINE_OIDC_ROLES": f'["{IN_LDAP}", "chiefs=manager @ 华东"]'}) == settings
    first, second = map(read_rule, settings.oidc_roles)
    assert first == RoleRule("CN=admins,OU=groups", Role.ADMIN, None)
    assert second == RoleRule("chiefs", Role.MANAGER, "华东")


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"PASSLINE_OIDC_ISSUER": "https://id.example"}, "PASSLINE_OIDC_CLIENT_ID"),
        ({"PASSLINE_OIDC_CLIENT_ID": "passline"}, "PASSLINE_OIDC_ISSUER"),
        ({**OIDC, "PASSLINE_OIDC_ISSUER": "http://id.example"}, "must be https"),
        ({**OIDC, "PASSLINE_OIDC_ISSUER": "id.example"}, "PASSLINE_OIDC_ISSUER"),
        ({**OIDC, "PASSLINE_OIDC_SCOPES": "email"}, "needs openid"),
        ({**OIDC, "PASSLINE_OIDC_ROLES": "[oops"}, "PASSLINE_OIDC_ROLES"),
        ({**OIDC, "PASSLINE_OIDC_ROLES": "admins"}, "not group=role"),
        ({**OIDC, "PASSLINE_OIDC_ROLES": "=admin"}, "not group=role"),
        ({**OIDC, "PASSLINE_OIDC_ROLES": "admins=root"}, "no role"),
        ({**OIDC, "PASSLINE_OIDC_ROLES": "tablets=store@0117"}, "nobody gets"),
        ({**OIDC, "PASSLINE_OIDC_ROLES": "vendors=visitor"}, "nobody gets"),
        ({**OIDC, "PASSLINE_OIDC_ROLES": "chiefs=manager"}, "lacks the place"),
        ({**OIDC, "PASSLINE_OIDC_ROLES": "kitchen=staff"}, "lacks the place"),
        ({**OIDC, "PASSLINE_OIDC_ROLES": "chiefs=auditor@"}, "lacks the place"),
    ],
)
def test_what_is_wrong_with_a_provider_is_said_at_the_start(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(environ)


@pytest.mark.parametrize("key", [TOLD, "PASSLINE_MEDIA_ADDRESS"])
def test_several_addresses_of_both_kinds_are_told_to_clients_each_once_and_in_their_order(key: str) -> None:
    settings = load({key: "203.0.113.10, 2001:DB8:0::7,192.168.1.5,203.0.113.10"})
    assert settings.media_addresses == ["203.0.113.10", "2001:db8::7", "192.168.1.5"]
    assert load(to_environ(settings)) == settings


def test_the_file_may_name_its_one_address_in_the_singular(tmp_path: Path) -> None:
    (tmp_path / "passline.toml").write_text('media_address = ["203.0.113.10"]')
    assert load({}).media_addresses == ["203.0.113.10"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("passline.example", "'passline.example' is no IP address"),
        ("203.0.113.10:7880", "no IP address"),
        ("203.0.113.10=10.0.0.5", "no IP address"),
        ("203.0.113.10,0.0.0.0", "0.0.0.0 is no address that a client could send to"),
        ("::", "no address that a client could send to"),
        ("224.0.0.1", "no address that a client could send to"),
        ("fe80::1", "no address that a client could send to"),
        ("fe80::1%eth0", "no address that a client could send to"),
        ("::ffff:203.0.113.10", "write 203.0.113.10"),
        (",".join(f"203.0.113.{n}" for n in range(9)), "at most 8"),
    ],
)
def test_an_address_that_no_client_could_use_is_named_with_the_reason(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=TOLD) as raised:
        load({TOLD: text})
    assert told in str(raised.value)
    assert "Value error" not in str(raised.value)


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
        ({"PASSLINE_VIDEO_CODEC": "vp9,av2"}, "PASSLINE_VIDEO_CODEC"),
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
