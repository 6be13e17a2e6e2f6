"""Model cards: what they hold, in Markdown that another parser reads, and the limits that the evidence shows."""

import json

import pytest
from markdown_it import MarkdownIt

from backend.schemas.data import MetricRow
from backend.schemas.models import ModelDetail
from backend.scores.card_limits import limits_of

SECTIONS = [
    "What it is",
    "Training data",
    "Training",
    "Scores",
    "Latents",
    "What it fails at",
    "Use",
    "Citation",
]


@pytest.fixture(scope="module")
def model(client):
    return ModelDetail.model_validate(client.get("/api/v1/models/demo-disc").json())


@pytest.fixture(scope="module")
def metrics(client):
    return client.get("/api/v1/schemas").json()["metrics"]


def score(metric, value, chance, interval=None, details=None):
    return MetricRow(
        model="m", metric=metric, value=value, interval=interval, chance=chance, mode="corrected", seed=0, n=10,
        parameters={}, seconds=1, computed_at=None, state="ready", stale=False, reason=None, details=details,
    )  # fmt: skip


def table_rows(tokens):
    """Cells of every row of the tables that the parser found."""
    rows = []
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("td_open", "th_open"):
            rows[-1].append("".join(each.content for each in tokens[place + 1].children))
    return rows


def test_the_markdown_has_every_section_and_the_stored_figures(client):
    answer = client.get("/api/v1/models/demo-disc/card")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(answer.text)
    headings = [tokens[i + 1].content for i, each in enumerate(tokens) if each.type == "heading_open"]
    assert headings == ["demo disc", *SECTIONS]
    rows = table_rows(tokens)
    assert ["MIG", "0.57", "0.55 to 0.59", "0.01", "higher", "10000", "0"] in rows
    assert ["settings of the objective", "beta = 4.0"] in rows
    assert ["steps", "3,000"] in rows
    assert ["decoder.onnx", "output image", "float32 (n, 1, 64, 64)", "in [0, 1]"] in rows
    (python,) = [each.content for each in tokens if each.type == "fence" and each.info == "python"]
    compile(python, "card", "exec")


def test_json_holds_the_same_sections(client):
    answer = client.get("/api/v1/models/demo-disc/card", headers={"Accept": "application/json"})
    assert [each["title"] for each in answer.json()["sections"]] == SECTIONS
    assert client.get("/api/v1/models/demo-disc/card", headers={"Accept": "image/png"}).status_code == 406
    assert client.get("/api/v1/models/demo-truncated/card").status_code == 409
    assert client.get("/api/v1/models/nothing/card").status_code == 404


def test_texts_of_a_model_are_no_markup(model, metrics):
    from backend.scores.card import make_card
    from backend.scores.card_markdown import to_markdown

    hostile = "<script>x</script> | [a](b) `c` *d*\n# e"
    hostile_model = model.model_copy(update={"name": hostile, "architecture": hostile})
    described = {"objectives": {}, "architectures": {}, "datasets": {}, "metrics": metrics}
    text = to_markdown(make_card(hostile_model, [], described))
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    assert not {"html_block", "link_open"} & {each.type for each in tokens}
    inner = {each.type for token in tokens for each in token.children or ()}
    assert inner == {"text", "text_special"} or inner == {"text"}
    shown = " ".join(hostile.split())
    assert ["architecture", shown] in table_rows(tokens)
    assert "".join(each.content for each in tokens[1].children) == shown


def test_states_and_factors_without_a_latent_are_named(model, metrics):
    entropy = [2.0] * 5
    information = [[0.0] * 5 for _ in range(6)]
    for latent, factor, nats in ((0, 3, 1.9), (1, 4, 0.2), (2, 1, 0.19), (3, 0, 1.0), (4, 2, 0.02)):
        information[latent][factor] = nats
    found = limits_of(
        model, [score("mig", 0.5, 0.0, details={"mutual_information": information, "entropy": entropy})], metrics
    )
    assert found[0].startswith("z3, z4, z5: dead")
    assert [each.split(":")[0] for each in found[1:]] == ["scale", "orientation"]
    assert "z2 has the most information on it, 9.5% of its entropy" in found[1]
    assert "z4 has the most information on it, 1.0% of its entropy" in found[2]


def test_without_mig_the_correlations_decide(model, metrics):
    found = limits_of(model, [], metrics)
    assert [each.split(":")[0] for each in found[1:]] == ["shape", "orientation"]
    assert "Pearson" in found[1]


def test_mixed_latents_are_named(client, metrics):
    model = ModelDetail.model_validate(client.get("/api/v1/models/demo-disc-mixed").json())
    (mixed,) = [each for each in limits_of(model, [], metrics) if "mixes" in each]
    one, other = model.statistics[0].correlations["posX"], model.statistics[0].correlations["posY"]
    assert mixed == f"z0 mixes factors: it correlates with posX ({one:+.2f}) and with posY ({other:+.2f})."


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (score("mig", 0.1, 0.1), True),
        (score("mig", 0.1, 0.05, (0.04, 0.2)), True),
        (score("mig", 0.1, 0.05, (0.06, 0.2)), False),
        (score("fid", 10.0, 20.0, (9.0, 21.0)), True),
        (score("fid", 10.0, 20.0, (9.0, 11.0)), False),
        (score("tc", 1.0, 0.0), False),
        (score("sap", None, 0.5), False),
    ],
)
def test_a_score_that_is_not_better_than_chance_is_named(model, metrics, row, named):
    assert any("chance" in each for each in limits_of(model, [row], metrics)) == named


def test_a_model_without_data_set_says_what_its_statistics_are_of(model, metrics):
    without = model.model_copy(update={"statistics_of": "own samples", "factor_names": (), "dataset": None})
    found = limits_of(without, [], metrics)
    assert found[0].startswith("The model names no data set")
    assert found[1].startswith("z3, z4, z5: dead")


def test_the_card_of_every_bundled_model_is_made(tmp_path):
    """Real results of every metric, of models that were trained and not drawn."""
    from backend.context import open_context
    from backend.scores.card import read_card
    from backend.settings import Settings

    context = open_context(Settings(home=tmp_path, device="cpu"))
    try:
        context.database.migrate()
        context.registry.refresh()
        with context.database.read_session() as session:
            cards = {
                name: read_card(session, context.registry, context.settings, name)
                for name in ("shapes3d-20-latents", "shapes3d-beta20")
            }
    finally:
        context.close()
    limits = {name: card.sections[5].points for name, card in cards.items()}
    assert any(each.startswith("z3, z7, z13, z17: weak") for each in limits["shapes3d-20-latents"])
    assert any(each.startswith("orientation: no latent holds it") for each in limits["shapes3d-beta20"])
    assert any(each.startswith("z0 mixes factors: it correlates with scale") for each in limits["shapes3d-beta20"])
    assert len(json.dumps([card.model_dump() for card in cards.values()])) < 40_000
