"""Labelling configurations of Label Studio: what labels which text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_mrc_theseus.service.label_config import MOST_LABELS, Label, parse_label_config

TEXT = '<Text name="t" value="$text"/>'
MANY = '<Label value="x"/>' * (MOST_LABELS + 1)
TIMES = ",".join("t" * 50)


def controls(xml):
    return [
        (c.from_name, c.to_name, c.key, [label.value for label in c.labels]) for c in parse_label_config(xml).controls
    ]


def test_names_and_fields_are_the_projects_own():
    xml = """<View>
      <Header value="标注"/>
      <Labels name="实体" toName="正文,title" showInline="true">
        <View><Label value="人名" background="#f00"/></View><Label value="LOC"/><Label value="LOC"/>
      </Labels>
      <Choices name="c" toName="title"><Choice value="x"/></Choices>
      <Relations><Relation value="r"/></Relations>
      <Text name="正文" value="$内容.全文"/> <Text name="title" value="$title" granularity="word"/>
    </View>"""
    assert controls(xml) == [
        ("实体", "正文", "内容.全文", ["人名", "LOC"]),
        ("实体", "title", "title", ["人名", "LOC"]),
    ]
    assert parse_label_config(xml).left_out == ()


def test_a_label_has_the_names_that_it_predicts_or_its_own():
    xml = f"""<View><Labels name="n" toName="t"><Label value="人" alias="PER"/><Label value="公司" predicted_values="ORG, COM"/>
      <Label/></Labels>{TEXT}</View>"""
    assert parse_label_config(xml).controls[0].labels == (Label("PER", ("PER", "人")), Label("公司", ("ORG", "COM")))


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ('<Labels name="n" toName="x"><Label value="PER"/></Labels>', "there is no such tag"),
        (
            '<HyperTextLabels name="n" toName="x"><Label value="PER"/></HyperTextLabels><HyperText name="x" value="$x"/>',
            "HyperTextLabels of a HyperText",
        ),
        (
            '<Labels name="n" toName="x"><Label value="PER"/></Labels><Text name="x" value="$x" valueType="url"/>',
            "the text itself",
        ),
        (
            '<Labels name="n" toName="x"><Label value="PER"/></Labels><Text name="x" value="$x" encoding="base64"/>',
            "the text itself",
        ),
        ('<Labels name="n" toName="x"><Label value="PER"/></Labels><Text name="x" value="$a: $b"/>', "one field"),
        ('<Labels name="n" toName="x"><Label value="PER"/></Labels><Text name="x" value="text"/>', "one field"),
        ('<Labels name="n" toName="x" value="$labels"/><Text name="x" value="$x"/>', "come with the task"),
    ],
)
def test_what_cannot_be_predicted_is_said(tags, why):
    config = parse_label_config(f"<View>{tags}</View>")
    assert config.controls == () and len(config.left_out) == 1
    assert config.left_out[0].startswith("n of x: ") and why in config.left_out[0]


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<View>",
        '<!DOCTYPE v [<!ENTITY a SYSTEM "file:///etc/passwd">]><View>&a;</View>',
        '<!DOCTYPE v [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><View>&b;</View>',
        '<!DOCTYPE v SYSTEM "http://127.0.0.1/x.dtd"><View/>',
        f'<View><Labels name="n" toName="t">{MANY}</Labels>{TEXT}</View>',
        f'<View><Labels name="n" toName="{TIMES}"><Label value="PER"/></Labels>{TEXT}</View>',
    ],
)
def test_what_is_no_configuration_or_no_harmless_one_is_refused(xml):
    with pytest.raises(ValueError):
        parse_label_config(xml)


parts = st.sampled_from(
    [
        "<View>",
        "</View>",
        '<Labels name="n" toName="t">',
        "</Labels>",
        '<Label value="PER"/>',
        TEXT,
        '<Text name="n"/>',
        "<",
        "&",
        "x",
        '<Labels toName="," name="m"/>',
    ]
)


@given(xml=st.text(max_size=30) | st.lists(parts, max_size=12).map("".join))
def test_any_text_is_read_or_refused(xml):
    try:
        config = parse_label_config(xml)
    except ValueError:
        return
    assert all(control.key and control.from_name and control.to_name for control in config.controls)
