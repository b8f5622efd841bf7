"""The page `/licences`: what swarmstt is installed with, the licences of it, and their texts."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Iterator, Sequence

from aiohttp import web

from swarmstt.errors import NotFoundError
from swarmstt.licences import statement
from swarmstt.licences.installed import Component, installed_components

PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Licences · swarmstt</title>
  <link rel="icon" href="/static/shared/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/shared/base.css">
  <link rel="stylesheet" href="/static/page/licences.css">
</head>
<body>
  <main class="licences">
    <p><a href="/">All books</a></p>
    <h1>Licences</h1>
{remarks}
    <table>
      <thead><tr><th scope="col">Package</th><th scope="col">Licence</th></tr></thead>
      <tbody>
{rows}
      </tbody>
    </table>
  </main>
</body>
</html>
"""


def licence_routes() -> list[web.RouteDef]:
    return [web.get("/licences", _list), web.get("/licences/{name}", _texts)]


async def _list(request: web.Request) -> web.Response:
    text = await asyncio.to_thread(lambda: _page(installed_components()))
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-cache"})


async def _texts(request: web.Request) -> web.Response:
    """The texts of one package. Its name is looked up among those that are installed, never on disk."""
    name = request.match_info["name"]
    text = await asyncio.to_thread(lambda: _texts_of(name))
    if text is None:
        raise NotFoundError("No such package is installed with swarmstt.")
    return web.Response(text=text, content_type="text/plain", headers={"Cache-Control": "no-cache"})


def _page(components: Sequence[Component]) -> str:
    said = [statement.of_the_whole(components, standalone=statement.is_standalone())]
    remarks = "\n".join(f"    <p>{html.escape(each)}</p>" for each in [*said, *statement.remarks(components)])
    return PAGE.format(remarks=remarks, rows="\n".join(_rows(components)))


def _rows(components: Sequence[Component]) -> Iterator[str]:
    for each in components:
        name, licence = html.escape(each.name, quote=True), html.escape(each.licence)
        version = html.escape(each.version)
        link = f'<a href="/licences/{name}">{name}</a>' if statement.texts_of(each) else name
        yield f'        <tr><th scope="row">{link} {version}</th><td>{licence}</td></tr>'
        for library in each.libraries:
            source = f'<a href="{html.escape(library.source, quote=True)}">{html.escape(library.name)}</a>'
            yield f'        <tr class="part"><td>with {source}</td><td>{html.escape(library.licence)}</td></tr>'


def _texts_of(name: str) -> str | None:
    for component in installed_components():
        if component.name == name and (texts := statement.texts_of(component)):
            bodies = [f"{file}\n\n{path.read_text(encoding='utf-8', errors='replace')}" for file, path in texts]
            return ("\n\n" + "=" * 80 + "\n\n").join(bodies)
    return None
