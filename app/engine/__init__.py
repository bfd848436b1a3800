"""Everything that needs torch: training, evaluation, export. It runs in a process of its own, ``python -m app.engine``. No Qt."""
