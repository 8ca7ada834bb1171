"""`generate`."""

import json

from bert_mrc_theseus.text.interchange import read_documents


def test_the_command_writes_a_data_folder_and_prints_figures(tmp_path, command):
    out = tmp_path / "own"
    status, text, _ = command("generate", "--out", out, "--sentences", 40, "--most", 1, "--seed", 3)
    assert status == 0 and "distinct 4-grams" in text and "near duplicates" in text
    assert len(list(read_documents(out / "train.jsonl"))) == 40
    assert (out / "queries.toml").is_file()
    status, _, err = command("generate", "--out", out)
    assert status == 2 and "exists already" in err


def test_names_of_lexicons(tmp_path, command):
    lists = tmp_path / "lists"
    lists.mkdir()
    status, _, err = command("generate", "--out", tmp_path / "own", "--lexicons", lists)
    assert status == 1 and "全国地名大全.txt (or .gz) is not there" in err and not (tmp_path / "own").exists()
    for name, words in (("全国地名大全", "青石桥镇\n"), ("机构名词典", ""), ("nrf", "")):
        (lists / f"{name}.txt").write_text(words, encoding="utf-8")
    assert command("generate", "--out", tmp_path / "own", "--lexicons", lists, "--sentences", 40)[0] == 0
    record = json.loads((tmp_path / "own" / "generate.json").read_text(encoding="utf-8"))
    assert record["lexicons"]["names"]["town"] == 1 and "HanLP" in record["lexicons"]["notice"]
