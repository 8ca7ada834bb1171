from bert_mrc_theseus.cli import main

main()
