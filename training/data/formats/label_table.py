"""Labels from a CSV of the user: read line by line, limited, and never quoted in an error."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from models_zoo.errors import InvalidInput, MissingFiles, TooLarge
from models_zoo.files import open_regular

MAX_BYTES = 256 * 1024**2
MAX_COLUMNS = 256
MAX_CELL = 1_000
MAX_LINE_BYTES = MAX_COLUMNS * MAX_CELL
FILE = "file"
Column = list[str]


def read_csv(path: Path, *, n: int | None = None, files: Sequence[str] | None = None) -> dict[str, Column]:
    """Read the columns of a CSV by name, in the order of ``files`` where it has a column `file`.

    Parameters
    ----------
    path : Path
        Regular file of at most `MAX_BYTES`, UTF-8, at most `MAX_COLUMNS` columns and `MAX_CELL` characters a cell.
    n : int, optional
        Number of images: the rows that there must be.
    files : sequence of str, optional
        Names of the pictures, in the order of the images.

    Raises
    ------
    MissingFiles
        If there is no such file.
    InvalidInput, TooLarge
        Naming line and column at fault and what is allowed there; the content of the file is not quoted.
    """
    try:
        stream = open_regular(path, MAX_BYTES)
    except FileNotFoundError:
        raise MissingFiles(
            f"got label file {path.name}, which does not exist; allowed: an existing file; correct its name",
            field="/dataset_settings/labels",
        ) from None
    with stream:
        rows = _rows(stream, path.name)
        header = next(rows, (1, []))[1]
        _check_header(header, path.name)
        expected = n if files is None else len(files)
        if files is not None and FILE in header:
            return _by_file(header, rows, files, path.name)
        return _in_order(header, rows, expected, path.name)


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    """Yield lines of at most `MAX_LINE_BYTES`, so that a file without line ends is not read whole."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise TooLarge(
                f"{name}, line {number}: got a longer line; allowed: at most {MAX_LINE_BYTES:,} bytes; split the "
                "table into rows",
                allowed=MAX_LINE_BYTES,
            )
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise InvalidInput(
                f"{name}, line {number}, byte {error.start + 1}: got a byte that is no UTF-8; allowed: UTF-8 text; "
                "save the table as CSV in UTF-8"
            ) from None
        if "\0" in text:
            raise InvalidInput(f"{name}, line {number}: got a zero byte; allowed: UTF-8 text")
        yield text


def _rows(stream: BinaryIO, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows that are not empty, each with the number of its line."""
    reader = csv.reader(_lines(stream, name))
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            raise InvalidInput(
                f"{name}, line {reader.line_num}: got quotes that do not close; allowed: cells joined by commas, each "
                "with an even number of quotes; correct the line"
            ) from None
        if row is None:
            return
        if len(row) > MAX_COLUMNS:
            raise TooLarge(
                f"{name}, line {reader.line_num}: got {len(row)} columns; allowed: at most {MAX_COLUMNS}",
                allowed=MAX_COLUMNS,
            )
        for number, cell in enumerate(row, 1):
            if len(cell) > MAX_CELL:
                raise TooLarge(
                    f"{name}, line {reader.line_num}, column {number}: got {len(cell)} characters; allowed: at most "
                    f"{MAX_CELL}",
                    allowed=MAX_CELL,
                )
        if row:
            yield reader.line_num, row


def _check_header(header: list[str], name: str) -> None:
    for number, cell in enumerate(header, 1):
        if not cell.strip() or cell in header[: number - 1]:
            raise InvalidInput(
                f"{name}, line 1, column {number}: got {'no name' if not cell.strip() else 'a name twice'}; allowed: "
                "a name that no other column has; name each factor once"
            )


def _cells(header: list[str], row: list[str], line: int, name: str) -> list[str]:
    if len(row) > len(header):
        raise InvalidInput(
            f"{name}, line {line}: got {len(row)} columns; allowed: at most {len(header)}, as in the first line"
        )
    return [*row, *[""] * (len(header) - len(row))]


def _by_file(
    header: list[str], rows: Iterator[tuple[int, list[str]]], files: Sequence[str], name: str
) -> dict[str, Column]:
    place_of = {file: place for place, file in enumerate(files)}
    at = header.index(FILE)
    columns = {factor: [""] * len(files) for factor in header if factor != FILE}
    shared: dict[str, str] = {}
    for line, row in rows:
        cells = _cells(header, row, line, name)
        place = place_of.get(cells[at])
        if place is None:
            raise InvalidInput(
                f"{name}, line {line}, column {at + 1}: got a file that is not among the {len(files)} pictures; "
                "allowed: the path of a picture below the folder; correct it"
            )
        for factor, cell in zip(header, cells, strict=True):
            if factor != FILE:
                columns[factor][place] = shared.setdefault(cell, cell).strip()
    return columns


def _in_order(
    header: list[str], rows: Iterator[tuple[int, list[str]]], expected: int | None, name: str
) -> dict[str, Column]:
    columns: dict[str, Column] = {factor: [] for factor in header}
    shared: dict[str, str] = {}
    count = 0
    for line, row in rows:
        count += 1
        if expected is not None and count > expected:
            raise InvalidInput(
                f"got {name} of more than {expected} rows and {expected} images; allowed: a row for each image; "
                "correct the table"
            )
        for factor, cell in zip(header, _cells(header, row, line, name), strict=True):
            columns[factor].append(shared.setdefault(cell, cell).strip())
    if expected is not None and count != expected:
        raise InvalidInput(
            f"got {name} of {count} rows and {expected} images; allowed: a row for each image; correct the table"
        )
    columns.pop(FILE, None)
    return columns
