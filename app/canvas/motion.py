"""Blocks that glide to where the document has put them, so that the eye can follow."""

from collections.abc import Mapping

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation

from app.canvas.scene import CanvasScene
from app.document.graph import NodeId

GLIDE_MS = 160
MOST = 400  # blocks; more would stutter, and nobody could follow them


class Glide(QObject):
    """One movement at a time; a new one, or an edit, ends the one before at its goal."""

    def __init__(self, scene: CanvasScene) -> None:
        super().__init__(scene)
        self.scene = scene
        self.wanted = True
        self._places: dict[NodeId, tuple[float, float]] = {}
        self._animation = QVariantAnimation(self, startValue=0.0, endValue=1.0, duration=GLIDE_MS)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.valueChanged.connect(self._step)
        scene.session.changed.connect(lambda *_: self.end())

    def begin(self, before: Mapping[NodeId, tuple[float, float]]) -> None:
        """Glide from these positions to those in the document."""
        self.end()
        nodes = self.scene.session.graph.nodes
        self._places = {id: place for id, place in before.items() if id in nodes and nodes[id].position != place}
        if self.wanted and self._places and len(self._places) <= MOST:
            self._animation.start()

    def end(self) -> None:
        """Jump to the goal."""
        if self._animation.state() == QVariantAnimation.State.Running:
            self._animation.stop()
            self._step(1.0)

    @property
    def running(self) -> bool:
        return self._animation.state() == QVariantAnimation.State.Running

    def _step(self, share: float) -> None:
        nodes = self.scene.session.graph.nodes
        here = [id for id in self._places if id in nodes and id in self.scene.nodes]
        for id in here:
            (x, y), (a, b) = nodes[id].position, self._places[id]
            self.scene.nodes[id].setPos(*((a + (x - a) * share, b + (y - b) * share) if share < 1.0 else (x, y)))
        self.scene.relay(here)
