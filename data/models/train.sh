#!/usr/bin/env bash
# From the corpora to ner-zh-small and ner-zh-tiny, with words. What is finished is kept: the same command goes on.
# What the models that come along were made with, and how long it took: their cards. The first ner-zh-small was made another
# way, docs/notes/ner-zh-small-recipe.md.
#
#   BMT_CORPORA   folder of the known corpora (bert-mrc-theseus preprocess --list)
#   LEXICONS      folder of HanLP's word lists, see docs/words.md
#   RUNS          where everything is written; default runs/models
#   BMT           the program; default bert-mrc-theseus
#   STEP          data, predecessor, silver, small, tiny, export; default: all, in this order
set -euo pipefail

: "${BMT_CORPORA:?BMT_CORPORA is the folder of the known corpora, see bert-mrc-theseus preprocess --list}"
: "${LEXICONS:?LEXICONS is the folder of the word lists of HanLP, see docs/words.md}"
: "${RUNS:=runs/models}" "${BMT:=bert-mrc-theseus}" "${STEP:=all}"
[ -d "$LEXICONS" ] || { echo "LEXICONS: no such folder: $LEXICONS" >&2; exit 1; }
C=$RUNS/corpora
mkdir -p "$C"
here=$(dirname "${BASH_SOURCE[0]}")
queries=$here/../queries/msra.toml

wanted() { [ "$STEP" = all ] || [ "$STEP" = "$1" ]; }
# corpus NAME OPTIONS: preprocesses into $C/NAME
corpus() { [ -e "$C/$1/corpus.json" ] || "$BMT" preprocess "${@:2}" --out "$C/$1"; }
# copies NAME: copies of the training documents with other names, without the documents themselves
copies() {
  [ -d "$C/$1-more" ] || "$BMT" augment "$C/$1" --out "$C/$1-more" --jieba --seed 42 >&2
  grep -E '^\{"id": "[^"]*-copy' "$C/$1-more/train.jsonl"
}
# sample NAME FIRST LAST: documents of gold and silver, from one place to another of an order drawn at random
sample() {
  [ -d "$RUNS/$1" ] && return
  mkdir -p "$RUNS/$1.partial"
  cp "$RUNS/both/dev.jsonl" "$RUNS/both/queries.toml" "$RUNS/$1.partial/"
  awk 'BEGIN { srand(42) } { print rand() "\t" $0 }' "$RUNS/both/train.jsonl" | LC_ALL=C sort | sed -n "$2,$3p" | cut -f 2- \
    > "$RUNS/$1.partial/train.jsonl"
  mv "$RUNS/$1.partial" "$RUNS/$1"
}
# stage RUN DATA --stage N OPTIONS: a stage of training, begun or gone on with; SEED, by default 42
stage() {
  local run=$1 resume=()
  shift
  if [ -d "$run/stage$3" ]; then resume=(--resume); fi
  "$BMT" train "$@" --run "$run" --loss bce --dropout 0.1 --warmup 0.05 --seed "${SEED:-42}" "${resume[@]}"
}
# pruned RUN OPTIONS: the model of its stage 2, narrower, as NAME-pruned
pruned() {
  [ -d "$RUNS/$name-pruned" ] || "$BMT" prune "$RUNS/$1/stage2/best" --data "$RUNS/fine-tuning" --out "$RUNS/$name-pruned" "${@:2}"
}

if wanted data && [ ! -e "$RUNS/data/corpus.json" ]; then
  news=PER=PER,LOC=LOC,ORG=ORG
  pfr=$BMT_CORPORA/peoples_daily_1998_pos_20pct
  corpus msra msra
  corpus msra-paragraphs msra --join 254
  corpus uner uner
  corpus uner_gsd uner_gsd
  corpus cmner cmner --map $news --queries "$queries"
  corpus aishell aishell_ner
  # Annotated by other rules: only their persons are asked.
  corpus persons-cluener cluener --map name=PER --partly --queries "$queries"
  corpus persons-resume resume --map NAME=PER --partly --queries "$queries"
  corpus persons-pfr --train "$pfr/valid.txt.gz" --dev "$pfr/test.txt.gz" --format pfr --map PER=PER --partly --queries "$queries"
  # Never trained on: its texts are taken out below.
  corpus weibo-names weibo --map PER.NAM=PER,GPE.NAM=LOC,LOC.NAM=LOC,ORG.NAM=ORG --queries "$queries"
  [ -d "$C/generated" ] || "$BMT" generate --out "$C/generated" --lexicons "$LEXICONS" --seed 42
  {
    cat "$C/msra/train.jsonl"
    copies msra-paragraphs
    for name in uner uner_gsd cmner; do
      cat "$C/$name/train.jsonl"
      copies $name
    done
    cat "$C"/aishell/train.jsonl "$C"/persons-{cluener,resume,pfr}/train.jsonl "$C/persons-pfr/dev.jsonl"
    cat "$C"/generated/train.jsonl "$C"/generated/train.jsonl
  } > "$RUNS/train.jsonl"
  {
    awk 'NR % 4 == 1' "$C/msra/dev.jsonl"
    cat "$C/uner/dev.jsonl"
    awk 'NR % 3 == 0' "$C/cmner/dev.jsonl"
    awk 'NR % 6 == 0' "$C/aishell/dev.jsonl"
  } > "$RUNS/dev.jsonl"
  cat "$C"/{msra,uner,uner_gsd}/{dev,test}.jsonl "$C/cmner/dev.jsonl" "$C"/weibo-names/{train,dev,test}.jsonl \
    "$here/../today/dev.jsonl" > "$RUNS/unseen.jsonl"
  "$BMT" preprocess --format jsonl --train "$RUNS/train.jsonl" --dev "$RUNS/dev.jsonl" --test "$RUNS/unseen.jsonl" \
    --queries "$queries" --drop-leaks --out "$RUNS/data"
fi

if wanted predecessor; then
  stage "$RUNS/predecessor" "$RUNS/data" --stage 0 --lexicon "jieba,$LEXICONS" --epochs 2 --tokens 2048 \
    --learning-rate 2e-4 --evaluate-every 1400
fi

teacher=$RUNS/predecessor/stage0/best
if wanted silver && [ ! -e "$RUNS/both/corpus.json" ]; then
  # every K-th line of raw text, so that no genre outweighs the others
  for each in fewclue/tnews:1 fewclue/chid:1 cluecorpussmall_sample/CLUECorpusSmall_sampled:1 wikipedia/cmrc2018_simplified:1 \
    wikipedia/drcd_traditional:1 fewclue/eprstmt:2 fewclue/iflytek:4 fewclue/csldcp:6; do
    gzip -dc "$BMT_CORPORA/raw_text_${each%:*}.txt.gz" | awk "NR % ${each#*:} == 0"
  done > "$RUNS/raw.txt"
  "$BMT" predict "$RUNS/raw.txt" --model "$teacher" -o "$RUNS/silver.jsonl" --resume
  cat "$RUNS/data/train.jsonl" "$RUNS/silver.jsonl" > "$RUNS/both.jsonl"
  "$BMT" preprocess --format jsonl --train "$RUNS/both.jsonl" --dev "$RUNS/data/dev.jsonl" --test "$RUNS/data/test.jsonl" \
    --queries "$queries" --drop-leaks --out "$RUNS/both"
fi

for each in small:6 tiny:3; do
  name=${each%:*} best=$RUNS/${each%:*}-narrow/stage2/best
  of=(--epochs 1 --tokens 1024)
  if wanted "$name"; then
    sample replacing 1 20000
    sample fine-tuning 1 80000
    stage "$RUNS/$name" "$RUNS/replacing" --stage 1 --predecessor "$teacher" --modules "${each#*:}" --learning-rate 1.5e-4 \
      --evaluate-every 1400 "${of[@]}"
    stage "$RUNS/$name" "$RUNS/fine-tuning" --stage 2 --learning-rate 1.5e-4 --evaluate-every 1450 "${of[@]}"
    if [ "$name" = small ]; then
      sample rest 80001 '$'
      sample narrow 69001 91000
      SEED=43 stage "$RUNS/small-again" "$RUNS/rest" --stage 2 --successor "$RUNS/small/stage2/best" --learning-rate 1e-4 \
        --evaluate-every 1450 "${of[@]}"
      pruned small-again --heads 8 --intermediate-size 1280
      SEED=43 stage "$RUNS/small-narrow" "$RUNS/narrow" --stage 2 --successor "$RUNS/small-pruned" --learning-rate 5e-5 \
        --evaluate-every 600 "${of[@]}"
    else
      # A narrow model has more to learn again, and reads faster: all documents.
      pruned tiny --heads 6 --intermediate-size 640 --top-intermediate-size 384
      SEED=43 stage "$RUNS/tiny-narrow" "$RUNS/both" --stage 2 --successor "$RUNS/tiny-pruned" --learning-rate 1.5e-4 \
        --evaluate-every 1450 "${of[@]}"
    fi
  fi
  if wanted export && [ ! -d "$RUNS/ner-zh-$name" ]; then
    "$BMT" evaluate "$best" "$RUNS/data" --split dev --tune --save-thresholds
    "$BMT" export "$best" --int8 --data "$RUNS/data" --out "$RUNS/ner-zh-$name"
  fi
done
