"""Writes the shipped definitions, the templates and their index anew."""

import json
from dataclasses import replace

from app.document.graph import Document
from app.document.storage import save
from resources import resource
from resources.gallery import beyond, classics, modern
from resources.gallery.pen import document
from resources.gallery.shipped import definitions

TEMPLATES = (*beyond.FIRST_STEPS, *classics.TEMPLATES, *modern.TEMPLATES, *beyond.TEMPLATES)


def main() -> None:
    """Write all files."""
    save(resource("definitions.netwright"), replace(Document(), definitions=definitions()))
    folder = resource("templates")
    for old in folder.glob("*.netwright"):
        old.unlink()
    index = []
    for template in TEMPLATES:
        save(folder / f"{template.name}.netwright", document(definitions(), template.draw, template.made_recipe(), template.parameters))
        text, paper, recipe = said(template.draw.__doc__ or "")
        entry = {"name": template.name, "title": template.title, "group": template.group, "text": text, "paper": paper, "recipe": recipe}
        index.append({**entry, "reference": template.reference})
    (folder / "index.json").write_text(json.dumps(index, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(index)} templates, {len(definitions())} definitions")


def said(doc: str) -> tuple[str, str, str]:
    """The paragraph, the paper and the recipe in a docstring."""
    lines = [line.strip() for line in doc.strip().splitlines()]
    paragraph = " ".join(line for line in lines if line and not line.startswith(("Paper:", "Recipe:")))
    paper, recipe = (next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "") for key in ("Paper:", "Recipe:"))
    return paragraph, paper, recipe


if __name__ == "__main__":
    main()
