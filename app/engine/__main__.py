"""``python -m app.engine``: the worker."""

from app.engine.worker import main

main()
