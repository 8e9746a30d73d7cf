"""The sample chain: who is in it, and how they sign in. `passline.seed` writes it."""

from dataclasses import dataclass, field

from contract.ids import PersonId, RegionId, StoreId
from contract.people import Name, Role, Skill, Store

PASSWORD = "passline-demo"
"""Of every sample sign-in. The sample chain is for trying out; docs/operations.md says so too."""

EAST, NORTH = RegionId("r-east"), RegionId("r-north")
REGIONS: dict[RegionId, Name] = {EAST: Name(zh="华东", en="East"), NORTH: Name(zh="华北", en="North")}


def _store(number: str, zh: str, en: str, region: RegionId) -> Store:
    return Store(id=StoreId(f"s-{number}"), number=number, name=Name(zh=zh, en=en), region=region)


STORES: tuple[Store, ...] = (
    _store("0117", "静安寺店", "Jing'an Temple", EAST),
    _store("0108", "南京西路店", "West Nanjing Road", EAST),
    _store("0131", "徐家汇店", "Xujiahui", EAST),
    _store("0201", "国贸店", "Guomao", NORTH),
    _store("0215", "三里屯店", "Sanlitun", NORTH),
    _store("0222", "望京店", "Wangjing", NORTH),
)


@dataclass(frozen=True)
class SamplePerson:
    """Somebody who signs in, or a store's tablet."""

    login: str
    role: Role
    name: Name
    title: Name
    skills: tuple[Skill, ...] = field(default=())
    department: Name | None = None
    store: Store | None = None
    region: RegionId | None = None
    """Scope of an area manager."""
    pin: str | None = None
    """Already chosen, to take a tablet of the store over."""

    @property
    def id(self) -> PersonId:
        return PersonId(f"p-{self.login}")


ENGINEERING = Name(zh="工程部", en="Engineering")
MENU = Name(zh="菜品研发部", en="Menu development")
FOOD_SAFETY = Name(zh="食品安全部", en="Food safety")
TRAINING = Name(zh="培训部", en="Training")
OPERATIONS = Name(zh="营运部", en="Operations")
INFORMATION = Name(zh="信息部", en="Information systems")


def _tablet(store: Store) -> SamplePerson:
    return SamplePerson(
        login=f"store-{store.number}",
        role=Role.STORE,
        name=store.name,
        title=Name(zh="门店平板", en="Store tablet"),
        store=store,
    )


PEOPLE: tuple[SamplePerson, ...] = (
    *(_tablet(store) for store in STORES),
    SamplePerson(
        "chen",
        Role.EXPERT,
        Name(zh="陈立群", en="Chen Liqun"),
        Name(zh="设备专家", en="Equipment expert"),
        (Skill.EQUIPMENT,),
        ENGINEERING,
    ),
    SamplePerson(
        "zhang",
        Role.EXPERT,
        Name(zh="张建国", en="Zhang Jianguo"),
        Name(zh="设备与系统专家", en="Equipment and IT expert"),
        (Skill.EQUIPMENT, Skill.IT),
        ENGINEERING,
    ),
    SamplePerson(
        "liu",
        Role.EXPERT,
        Name(zh="刘慧", en="Liu Hui"),
        Name(zh="菜品专家", en="Dishes expert"),
        (Skill.DISHES,),
        MENU,
    ),
    SamplePerson(
        "zhou",
        Role.EXPERT,
        Name(zh="周晓", en="Zhou Xiao"),
        Name(zh="食品安全专家", en="Food safety expert"),
        (Skill.FOOD_SAFETY,),
        FOOD_SAFETY,
    ),
    SamplePerson(
        "he",
        Role.TRAINER,
        Name(zh="何静", en="He Jing"),
        Name(zh="培训师", en="Trainer"),
        department=TRAINING,
    ),
    SamplePerson(
        "wu",
        Role.MANAGER,
        Name(zh="吴磊", en="Wu Lei"),
        Name(zh="华东区域经理", en="Area manager, East"),
        department=OPERATIONS,
        region=EAST,
    ),
    SamplePerson(
        "meng",
        Role.STAFF,
        Name(zh="孟佳", en="Meng Jia"),
        Name(zh="静安寺店员工", en="Staff, Jing'an Temple"),
        store=STORES[0],
        pin="2846",
    ),
    SamplePerson("xiaolin", Role.LEARNER, Name(zh="林小雨", en="Lin Xiaoyu"), Name(zh="新员工", en="New hire")),
    SamplePerson("qian", Role.AUDITOR, Name(zh="钱文", en="Qian Wen"), Name(zh="审计员", en="Auditor")),
    SamplePerson(
        "admin",
        Role.ADMIN,
        Name(zh="赵敏", en="Zhao Min"),
        Name(zh="系统管理员", en="Administrator"),
        department=INFORMATION,
    ),
)


def sign_ins() -> list[tuple[str, str, str]]:
    """Login, name and role of everybody, in both languages, for a table; with the PIN of who has one."""
    return [
        (
            person.login,
            f"{person.name.zh} {person.name.en}",
            f"{person.title.zh} {person.title.en}" + (f" · PIN {person.pin}" if person.pin else ""),
        )
        for person in PEOPLE
    ]
