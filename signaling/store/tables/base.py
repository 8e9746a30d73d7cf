"""What every table is made of.

Times are UTC milliseconds (`*_ms`): SQLite keeps no time zone, integers cannot be read wrongly. Contract models are
kept as JSON text in `body`, next to the columns that are searched.
"""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import DeclarativeBase

Id = String(64)
Ms = BigInteger


class Base(DeclarativeBase):
    """Root of the schema."""
