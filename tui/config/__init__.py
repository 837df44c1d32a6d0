"""Settings: what can be set (`model`), where from (`load`, `paths`) and back to disk (`save`). Imports core only."""
