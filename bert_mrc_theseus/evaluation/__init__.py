"""Numbers about predictions, and the page that shows them.

metrics        strict F1 and the original project's metric
mistakes       what exactly is wrong
calibration    how far scores can be trusted, which types are confused
evaluate       scoring a model
tuning         thresholds tuned on dev
run_summary    all stages of a run side by side
matching       predictions of other programs, beside the gold documents
systems        what a report compares
changes        what one system found and another did not
learning_curves   what a run's logs show
report_page    the page
"""
