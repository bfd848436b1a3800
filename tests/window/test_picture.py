"""The drawing as SVG, PNG and PDF: what is in it, whole files, and what is said where there is nothing to draw."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from app.canvas import picture
from app.look import theme
from app.window.workspace import Workspace


def test_svg_holds_every_name_as_text(workspace: Workspace, tmp_path: Path) -> None:
    picture.write(workspace.canvas.canvas, tmp_path / "net.svg")
    tree = ElementTree.parse(tmp_path / "net.svg")
    words = " ".join("".join(node.itertext()) for node in tree.iter() if node.tag.endswith("text"))
    for node in workspace.session.graph.nodes.values():
        assert node.block.label in words
    assert "conv1" in words


def test_png_is_twice_as_large_and_light(workspace: Workspace, tmp_path: Path) -> None:
    area = workspace.canvas.canvas.content()
    picture.write(workspace.canvas.canvas, tmp_path / "net.png")
    image = QImage(str(tmp_path / "net.png"))
    assert image.width() == round((area.width() + 2 * picture.MARGIN) * 2)
    assert image.pixelColor(0, 0).lightness() > 200
    colors = {image.pixelColor(x, y).name() for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
    assert len(colors) > 20
    assert theme.current.theme.name == "dark"


def test_pdf_is_a_pdf(workspace: Workspace, tmp_path: Path) -> None:
    picture.write(workspace.canvas.canvas, tmp_path / "net.pdf")
    content = (tmp_path / "net.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert content.rstrip().endswith(b"%%EOF")


def test_the_selection_is_not_drawn_and_comes_back(workspace: Workspace, tmp_path: Path) -> None:
    picture.write(workspace.canvas.canvas, tmp_path / "a.svg")
    workspace.session.select(["n2"])
    picture.write(workspace.canvas.canvas, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert workspace.session.selection == {"n2"}


def test_by_the_menu(workspace: Workspace, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "net"), "Picture (*.png)"))
    workspace.actions["drawing"].trigger()
    assert (tmp_path / "net.png").exists()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "none" / "net.svg"), "Vector graphics (*.svg)"))
    workspace.actions["drawing"].trigger()
    assert "was not written: No such file" in workspace.banner.text.text()


def test_an_empty_canvas_has_no_drawing(workspace: Workspace, tmp_path: Path) -> None:
    workspace.session.new()
    with pytest.raises(ValueError, match="the canvas is empty"):
        picture.write(workspace.canvas.canvas, tmp_path / "net.svg")
    assert not (tmp_path / "net.svg").exists()
