"""Reads a list of people, and says for every line what is wrong with it.

Columns, in any order, by an English or a Chinese title: login, name and role; optional are an English name, a title,
a department, a manager's region and an expert's skills. Tablets are no people: they come with the list of stores; store
managers are added one by one, with their store.
"""

import re
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from contract.lists import ListFault, ListProblem
from contract.people import Login, Name, Role, Skill
from signaling.domain.csv_list import BadList, cells_of, problem, twice, wrong_cells

TITLES = {
    "login": ("login", "账号", "工号", "登录名"),
    "name": ("name", "姓名"),
    "name_en": ("name_en", "英文名"),
    "role": ("role", "角色"),
    "title": ("title", "职务"),
    "title_en": ("title_en", "英文职务"),
    "department": ("department", "部门"),
    "department_en": ("department_en", "英文部门"),
    "region": ("region", "区域"),
    "skills": ("skills", "技能"),
}
NEEDED = ("login", "name", "role")
ROLES = {
    "专家": Role.EXPERT,
    "培训师": Role.TRAINER,
    "讲师": Role.TRAINER,
    "区域经理": Role.MANAGER,
    "新员工": Role.LEARNER,
    "审计员": Role.AUDITOR,
    "运营": Role.OPERATIONS,
    "管理员": Role.ADMIN,
} | {
    role.value: role
    for role in Role
    if role not in (Role.STORE, Role.STORE_MANAGER, Role.STAFF, Role.VISITOR, Role.GUEST)
}
SKILLS = {
    "设备": Skill.EQUIPMENT,
    "菜品": Skill.DISHES,
    "食品安全": Skill.FOOD_SAFETY,
    "网络": Skill.IT,
    "系统": Skill.IT,
} | {skill.value: skill for skill in Skill}
_LOGIN: TypeAdapter[str] = TypeAdapter(Login)
_BETWEEN = re.compile(r"[\s,;/、，；]+")


@dataclass(frozen=True)
class PersonLine:
    """One person as the list wants it."""

    line: int
    login: str
    name: Name
    role: Role
    title: Name | None
    department: Name | None
    region: str | None
    """Only of a manager, by either of its names."""
    skills: tuple[Skill, ...]
    """Only of an expert, in the order of contract.people.Skill."""


def read(data: bytes) -> list[PersonLine]:
    """The people of the list. Raises BadList with every problem; then nothing of it may be used."""
    problems: list[ListProblem] = []
    people: list[PersonLine] = []
    for line, values in cells_of(data, TITLES, NEEDED):
        wrong = _wrong(line, values)
        problems += wrong
        if not wrong:
            people.append(_person(line, values))
    problems += twice("login", [(person.line, person.login) for person in people])
    if problems:
        raise BadList(problems)
    return people


def _wrong(line: int, values: dict[str, str]) -> list[ListProblem]:
    wrong = wrong_cells(line, values, NEEDED)
    login, role = values["login"], ROLES.get(values["role"].lower())
    if login:
        try:
            _LOGIN.validate_python(login)
        except ValidationError:
            wrong.append(problem(line, ListFault.LOGIN, column="login"))
    if values["role"] and role is None:
        wrong.append(problem(line, ListFault.ROLE, value=values["role"][:40], known=", ".join(ROLES)))
    if role is not None and (role is Role.MANAGER) is not bool(values.get("region")):
        wrong.append(problem(line, ListFault.MANAGER_REGION))
    skills = _skills(values)
    unknown = [word[:40] for word in skills if word not in SKILLS]
    wrong += [problem(line, ListFault.SKILL, value=word, known=", ".join(SKILLS)) for word in unknown]
    if skills and role is not None and role is not Role.EXPERT:
        wrong.append(problem(line, ListFault.ONLY_EXPERTS))
    return wrong


def _skills(values: dict[str, str]) -> list[str]:
    return [word for word in _BETWEEN.split(values.get("skills", "").lower()) if word]


def _person(line: int, values: dict[str, str]) -> PersonLine:
    wanted = {SKILLS[word] for word in _skills(values)}
    return PersonLine(
        line=line,
        login=values["login"],
        name=Name(zh=values["name"], en=values.get("name_en") or values["name"]),
        role=ROLES[values["role"].lower()],
        title=_optional(values, "title"),
        department=_optional(values, "department"),
        region=values.get("region") or None,
        skills=tuple(skill for skill in Skill if skill in wanted),
    )


def _optional(values: dict[str, str], column: str) -> Name | None:
    zh = values.get(column)
    return Name(zh=zh, en=values.get(f"{column}_en") or zh) if zh else None
