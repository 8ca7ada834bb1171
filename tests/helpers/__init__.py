"""What several test files share: texts, tiny models, runs of training, strategies of Hypothesis. No tests, no fixtures."""

import pytest

# A helper's `assert` then shows its values, as a test's does.
pytest.register_assert_rewrite(f"{__name__}.models", f"{__name__}.saved_models")
