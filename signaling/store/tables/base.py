"""What every table is made of.

Times are UTC milliseconds (`*_ms`): SQLite keeps no time zone, integers cannot be read wrongly. Contract models are
kept as JSON text in `body`, next to the columns that are searched.
"""

from sqlalchemy import BigInteger, String, Table
from sqlalchemy.orm import DeclarativeBase

Id = String(64)
Ms = BigInteger


class Base(DeclarativeBase):
    """Root of the schema."""


def table(row: type[Base]) -> Table:
    """The table of a class.

    A statement over it that is made once, with its values to come, costs a tenth of one over the class that is made
    each time: a ringing call waits for some ten of them. The keys of its values must be columns: others are passed over
    in silence.
    """
    return Base.metadata.tables[row.__tablename__]
