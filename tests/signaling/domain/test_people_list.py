"""A list of people as spreadsheets save it: read as it comes, refused line by line."""

import pytest

from contract.people import Name, Role, Skill
from signaling.domain.csv_list import BadList
from signaling.domain.people_list import NEEDED, ROLES, SKILLS, TITLES, PersonLine, read

pytestmark = pytest.mark.unit


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(BadList) as caught:
        read(text.encode())
    return [(problem.line, problem.text) for problem in caught.value.problems]


def test_every_column_is_read() -> None:
    text = "login,name,name_en,role,title,title_en,department,department_en,region,skills\n"
    expert = "chen,陈立群,Chen Liqun,expert,设备专家,Equipment expert,工程部,Engineering,,it;equipment\n"
    manager = "wu,吴磊,,manager,,,营运部,,East,\n"
    assert read((text + expert + manager).encode()) == [
        PersonLine(
            line=2,
            login="chen",
            name=Name(zh="陈立群", en="Chen Liqun"),
            role=Role.EXPERT,
            title=Name(zh="设备专家", en="Equipment expert"),
            department=Name(zh="工程部", en="Engineering"),
            region=None,
            skills=(Skill.EQUIPMENT, Skill.IT),
        ),
        PersonLine(
            line=3,
            login="wu",
            name=Name(zh="吴磊", en="吴磊"),
            role=Role.MANAGER,
            title=None,
            department=Name(zh="营运部", en="营运部"),
            region="East",
            skills=(),
        ),
    ]


def test_a_list_in_chinese_is_the_same_also_as_a_chinese_windows_saves_it() -> None:
    text = "姓名,工号,角色,技能,区域\n陈立群,00412,专家,设备、食品安全,\n吴磊,00210,区域经理,,华东\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        chen, wu = read(text.encode(encoding))
        assert (chen.login, chen.role, chen.skills) == ("00412", Role.EXPERT, (Skill.EQUIPMENT, Skill.FOOD_SAFETY))
        assert (wu.role, wu.region) == (Role.MANAGER, "华东")


def test_every_role_that_a_list_can_give_has_a_chinese_and_an_english_word() -> None:
    given = set(Role) - {Role.STORE, Role.STORE_MANAGER, Role.STAFF, Role.VISITOR, Role.GUEST}  # no column for a store
    for words, every in ((ROLES, given), (SKILLS, set(Skill))):
        assert {value for word, value in words.items() if word.isascii()} == every
        assert {value for word, value in words.items() if not word.isascii()} == every
    assert all(len(TITLES[key]) > 1 for key in NEEDED)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (",陈,expert,,", "login is empty"),
        ("chen,,expert,,", "name is empty"),
        ("chen,陈,,,", "role is empty"),
        ("Chen,陈,expert,,", "login: a login has 2 to 64 of lower-case letters, digits and . _ @ -"),
        ("chen,陈,store,,", "role 'store' is none of"),
        ("chen,陈,guest,,", "role 'guest' is none of"),
        ("wu,吴,manager,,", "a manager, and only a manager, has a region"),
        ("chen,陈,expert,East,", "a manager, and only a manager, has a region"),
        ("chen,陈,expert,,cooking", "skill 'cooking' is none of"),
        ("he,何,trainer,,it", "only an expert has skills"),
        (f"chen,{'陈' * 201},expert,,", "name has more than 200 characters"),
    ],
)
def test_a_wrong_line_is_named_with_its_number_and_the_others_do_not_count(line: str, said: str) -> None:
    found = problems(f"login,name,role,region,skills\nliu,刘,expert,,\n\n{line}\n")
    assert [number for number, _ in found] == [4]
    assert found[0][1].startswith(said)


def test_a_login_that_is_there_twice_is_named() -> None:
    assert problems("login,name,role\na1,甲,expert\nb1,乙,expert\na1,丙,expert\n") == [
        (4, "login a1 is in line 2 already")
    ]
