"""Tables of people as they come: every bad row named, none repaired in silence."""

from __future__ import annotations

import pytest

from geo.coverage.demand_tables import (
    DemandTableError,
    UnknownAreaError,
    match_areas,
    read_cell_table,
    read_district_table,
)
from geo.errors import InputError
from tests.support.real_data import real_data

CELL_A, CELL_B = "8a31aa42a8effff", "8a31aa42a8e7fff"


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("heading", ["h3", "ID", "cell", "H3编码"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_headings_in_either_language_and_encodings_are_read(tmp_path, heading, encoding):
    table = read_cell_table(written(tmp_path, f"{heading},常住人口\n{CELL_A},12\n{CELL_B},30\n", encoding))
    assert table.people.total == 42
    assert (table.column, table.resolution, table.rows_read) == ("常住人口", 10, 2)


def test_other_columns_of_numbers_are_named_as_layers(tmp_path):
    path = written(tmp_path, f"id;population;jobs;note\n{CELL_A};1;5;x\n{CELL_B};2;6;y\n")
    assert read_cell_table(path).other_columns == ["jobs"]
    assert read_cell_table(path, column="jobs").people.total == 11
    assert read_cell_table(path, layer="jobs").column == "jobs"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nonsense,5", "Row 3: `h3` is `nonsense`, not an H3 cell"),
        (f"{CELL_B},-5", "Row 3: `people` is -5, and people cannot be fewer than none"),
        (f"{CELL_B},many", "Row 3: `people` is `many`, not a number"),
        (f"{CELL_B},", "Row 3: `people` is ``, not a number; write 0"),
        (f"{CELL_B},nan", "Row 3: `people` is `nan`, not a number"),
        (f"{CELL_A},5", f"Row 3: cell `{CELL_A}` stands in row 2 already"),
        (f"{CELL_A.upper()},5", "stands in row 2 already"),
    ],
)
def test_a_bad_row_is_named_with_what_to_do(tmp_path, row, said):
    with pytest.raises(DemandTableError) as refused:
        read_cell_table(written(tmp_path, f"h3,people\n{CELL_A},5\n{row}\n"))
    assert said in str(refused.value)


def test_many_bad_rows_are_counted(tmp_path):
    with pytest.raises(DemandTableError, match="And 95 more") as refused:
        read_cell_table(written(tmp_path, "h3,people\n" + "x,1\n" * 100))
    assert len(refused.value.problems) >= 100


def test_cells_of_several_resolutions_are_refused(tmp_path):
    with pytest.raises(InputError, match="resolutions 9, 10"):
        read_cell_table(written(tmp_path, f"h3,people\n{CELL_A},5\n8931aa42a8fffff,5\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows"),
        ("h3,people\n", "no rows"),
        ("a,b\n1,2\n", "No column of cells"),
        (f"h3,b\n{CELL_A},2\n", "No column of people"),
    ],
)
def test_what_is_no_table_of_people_is_refused(tmp_path, text, said):
    with pytest.raises(DemandTableError, match=said):
        read_cell_table(written(tmp_path, text))


def test_a_column_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    with pytest.raises(DemandTableError, match="expected `riders`; found `h3`, `people`"):
        read_cell_table(written(tmp_path, f"h3,people\n{CELL_A},2\n"), column="riders")


def test_a_workbook_is_no_csv(tmp_path):
    path = tmp_path / "people.xlsx"
    path.write_bytes(b"PK\x03\x04\x00\x00\x00")
    with pytest.raises(DemandTableError, match="Save the table as csv"):
        read_cell_table(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_cell_table(tmp_path / "absent.csv")


def test_a_row_for_the_whole_city_is_left_out_and_named(tmp_path):
    text = "区划代码,区县,人口数_合计\n370200.0,青岛市,30\n370202,市南区,10\n370203,市北区,20\n"
    table = read_district_table(written(tmp_path, text))
    assert (table.names, table.total_rows, table.people.sum()) == (["市南区", "市北区"], ["青岛市"], 30)


def test_districts_are_matched_by_name_then_by_code(tmp_path):
    text = "code,district,people\n370282,即墨市,1\n370203,,2\n370214,城阳区,3\n"
    table = read_district_table(written(tmp_path, text))
    names, codes = ["城阳区", "即墨区", "市北区"], ["370214", "370215", "370203"]
    assert match_areas(table, codes, names).tolist() == [1, 2, 0]


def test_a_district_the_city_does_not_have_is_named(tmp_path):
    table = read_district_table(written(tmp_path, "district,people\n市南区,1\n高新区,2\n"))
    with pytest.raises(UnknownAreaError, match=r"no 高新区\. The city has 市南区, 市北区"):
        match_areas(table, ["370202", "370203"], ["市南区", "市北区"])


def test_a_district_given_twice_is_refused(tmp_path):
    with pytest.raises(DemandTableError, match="Row 3: district `市南区` stands in row 2 already"):
        read_district_table(written(tmp_path, "district,people\n市南区,1\n市南区,2\n"))


def test_porto_alegre_has_all_its_people():
    table = read_cell_table(real_data("porto_alegre/poa_hexgrid.csv"))
    assert (table.people.total, len(table.people.cells), table.resolution) == (812_935, 1227, 9)
    assert "schools" in table.other_columns


def test_the_census_of_qingdao_is_read_without_its_total():
    table = read_district_table(real_data("qingdao/census_2020_districts.csv"))
    assert (table.people.sum(), table.total_rows) == (10_071_722, ["青岛市"])
