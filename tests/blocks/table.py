"""Prints what the examiner found, a line for each block."""

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table: draws that agreed with torch and draws that both refused, ONNX nodes, and the largest difference in onnxruntime."""
    rows: dict[str, dict[str, Any]] = {}
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "examined":
                rows.setdefault(value["block"], {}).update(value)
    if not rows:
        return
    from tests.blocks.test_every_block import LEFT_OUT

    terminalreporter.section("every block")
    terminalreporter.write_line(
        f"{'block':<22}{'agreed':>7}{'refused':>8}{'onnx':>6}{'nodes':>6}{'difference':>11}  left out of torch's module"
    )
    for block, row in sorted(rows.items()):
        less = ", ".join(f"{name} ({why})" for name, why in LEFT_OUT.get(block, {}).items())
        difference = f"{row['difference']:.1e}" if "difference" in row else "-"
        terminalreporter.write_line(
            f"{block:<22}{row.get('agreed', 0):>7}{row.get('refused', 0):>8}{row.get('exported', '-'):>6}{row.get('nodes', '-'):>6}{difference:>11}  {less}"
        )
    terminalreporter.write_line("left out everywhere: " + "; ".join(f"{name} ({why})" for name, why in LEFT_OUT["every"].items()))
