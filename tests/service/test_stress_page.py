"""The stress test is served as JSON and shown as a table, one row for each metric that was measured."""

from training.evaluation.structures import STRUCTURES


def test_the_page_has_a_row_of_every_metric_and_a_column_of_every_structure(client):
    table = client.get("/api/v1/stress").json()
    page = client.get("/stress")
    assert page.status_code == 200
    assert set(table["structures"]) == set(STRUCTURES)
    for name, each in table["metrics"].items():
        assert f'<tr id="{name}">' in page.text
        assert set(each["cells"]) == set(STRUCTURES)
    shown = sum(cell["verdict"] == "fooled" for each in table["metrics"].values() for cell in each["cells"].values())
    assert page.text.count('<small class="verdict">fooled</small>') == shown > 0
