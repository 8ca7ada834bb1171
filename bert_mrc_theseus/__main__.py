from bert_mrc_theseus.cli.app import main

main()
