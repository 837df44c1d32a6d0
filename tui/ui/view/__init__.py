"""View state and its reducers: pure data, no Textual, no engine."""
