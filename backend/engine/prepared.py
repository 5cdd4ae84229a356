"""Statements of the busiest paths, compiled once: a tenth of SQLAlchemy's price for each time that one is run."""

from __future__ import annotations

import operator
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import sqlalchemy as sa


def together(db: sa.Connection) -> AbstractContextManager[object]:
    """Inside, prepared statements do not wait for each other: what was `sent` is waited for when it is read, what was
    `run` at the end, where at the latest its errors come out. How many rows were touched is not known.

    Only prepared statements: SQLAlchemy's own results know nothing of this.
    """
    raw: Any = db.connection.driver_connection
    pipeline: AbstractContextManager[object] = nullcontext() if db.dialect.name == "sqlite" else raw.pipeline()
    return pipeline


Convert = Callable[[Any], Any]


class Prepared:
    """A SELECT, INSERT, UPDATE or DELETE of SQLAlchemy Core, to be run with values for its bound parameters.

    An INSERT without ``values()`` takes all columns of its table, or those in ``columns``. Lists (``IN``) cannot be
    bound. Values and rows are converted as the columns' types say; a row is a named tuple. What the driver raises comes
    out as it is.
    """

    __slots__ = ("_columns", "_forms", "_statement")

    def __init__(self, statement: sa.Select[Any] | sa.UpdateBase, columns: Sequence[str] | None = None) -> None:
        self._statement, self._columns = statement, columns
        self._forms: dict[str, _Form] = {}

    def sent(self, db: sa.Connection, values: Mapping[str, Any]) -> Sent:
        """Its rows, to be read later."""
        form = self._form(db)
        return Sent(form, form.executed(db, values))

    def rows(self, db: sa.Connection, values: Mapping[str, Any]) -> list[Any]:
        """All rows that it gives."""
        return self.sent(db, values).rows()

    def first(self, db: sa.Connection, values: Mapping[str, Any]) -> Any:
        """The only or first row, None when there is none."""
        return self.sent(db, values).first()

    def run(self, db: sa.Connection, values: Mapping[str, Any]) -> int:
        """Run it; how many rows it touched."""
        return int(self._form(db).executed(db, values).rowcount)

    def run_each(self, db: sa.Connection, many: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of ``many``."""
        if len(many) == 1:
            self.run(db, many[0])
        elif many:
            db.execute(self._statement, list(many))

    def _form(self, db: sa.Connection) -> _Form:
        form = self._forms.get(db.dialect.name)
        if form is None:
            form = self._forms[db.dialect.name] = _Form(self._statement, db.dialect, self._columns)
        return form


class Sent:
    """A statement that was sent; each of these is read once."""

    __slots__ = ("_cursor", "_form")

    def __init__(self, form: _Form, cursor: Any) -> None:
        self._form, self._cursor = form, cursor

    def rows(self) -> list[Any]:
        """All rows that it gave."""
        return self._form.rows(self._cursor.fetchall())

    def first(self) -> Any:
        """The only or first row, None when there is none."""
        found = self.rows()
        return found[0] if found else None


class _Form:
    """A statement as one dialect writes it."""

    def __init__(
        self, statement: sa.Select[Any] | sa.UpdateBase, dialect: sa.Dialect, columns: Sequence[str] | None
    ) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
        self._text = str(compiled)
        binds = {name: _Bind(bind, dialect) for name, bind in compiled.binds.items()}
        places: list[str] | None = compiled.positiontup
        self._named = None if places is not None else [(name, bind.of) for name, bind in binds.items()]
        self._placed = [binds[name].of for name in places or ()]
        given = list(statement.exported_columns)
        self._row: Any = namedtuple("Row", [column.key for column in given])  # type: ignore[misc]
        converts = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in given]
        self._converts = [(place, convert) for place, convert in enumerate(converts) if convert is not None]

    def executed(self, db: sa.Connection, values: Mapping[str, Any]) -> Any:
        """The driver's cursor."""
        raw: Any = db.connection.driver_connection
        if self._named is None:
            return raw.execute(self._text, [of(values) for of in self._placed])
        return raw.execute(self._text, {name: of(values) for name, of in self._named})

    def rows(self, found: list[Any]) -> list[Any]:
        """Rows of the program's own types."""
        if self._converts:
            found = [self._converted(row) for row in found]
        make = self._row._make
        return [make(row) for row in found]

    def _converted(self, row: Any) -> list[Any]:
        values = list(row)
        for place, convert in self._converts:
            values[place] = convert(values[place])
        return values


class _Bind:
    """Where a bound parameter's value comes from, and how the driver wants it."""

    def __init__(self, bind: sa.BindParameter[Any], dialect: sa.Dialect) -> None:
        convert: Convert | None = bind.type.dialect_impl(dialect).bind_processor(dialect)
        self.of: Callable[[Mapping[str, Any]], Any]
        if not bind.required:
            constant = bind.effective_value if convert is None else convert(bind.effective_value)
            self.of = lambda _values: constant
        elif convert is None:
            self.of = operator.itemgetter(bind.key)
        else:
            name = bind.key
            self.of = lambda values: convert(values[name])
