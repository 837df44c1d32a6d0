"""The demo's scenes: a short list from which one picks a prompt to send."""

from collections.abc import Sequence
from dataclasses import dataclass

from tui.ui.screens.pick import PickItem, PickScreen


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneItem:
    """One scene: what it is called, the prompt that plays it, what there is to see."""

    id: str
    title: str
    prompt: str
    explains: str


class ScenesScreen(PickScreen):
    """Shows the scenes and returns the prompt of the one picked, or None."""

    def __init__(self, scenes: Sequence[SceneItem]) -> None:
        super().__init__(
            "Scenes of the demo",
            [
                PickItem(id=scene.prompt, title=scene.title, detail=scene.explains, search=f"{scene.id} {scene.prompt}")
                for scene in scenes
            ],
            placeholder="type to narrow",
            hint="Enter plays the scene   Esc back",
            empty="No such scene",
        )
