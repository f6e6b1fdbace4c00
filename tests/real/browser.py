"""Debian's Chromium, looking at a Prefect server and at nothing else."""

import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect, sync_playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
ARGUMENTS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
WIDTH: Final = 1280
HEIGHT: Final = 900
DONE: Final = (33, 157, 75)
"""Colour of a task that has completed, in the picture of a run."""
ENOUGH: Final = 200
"""Pixels of it."""
LONGEST: Final = 120_000
"""Milliseconds until something has to be there: the machine does other things too."""
PICTURES: Final = Path(__file__).parents[2] / "build" / "screenshots"


def missing() -> str:
    """Why there is no browser, "" when there is one."""
    return "" if CHROMIUM.is_file() else "Chromium is not installed: make real installs it"


class Console:
    """The Prefect UI as a person sees it.

    Attributes:
        page: What is open.
    """

    def __init__(self, page: Page, address: str, pictures: Path) -> None:
        self.page, self._address, self._pictures = page, address, pictures
        self.main = page.get_by_role("main")

    def go(self, path: str) -> None:
        """Open a page by its address."""
        self.page.goto(f"{self._address}/v2{path}")

    def picture(self, name: str, of: Locator | None = None) -> None:
        """Keep a picture of the page, or of a part of it."""
        self.page.evaluate("document.fonts.ready")
        if "/runs/flow-run/" in self.page.url and of is None:
            self._wait_for_graph()
        path = self._pictures / f"{name}.png"
        if of is None:
            self.page.screenshot(path=path, animations="disabled")
        else:  # a dialog is four fifths as high as the window: all of it, without scrolling
            self.page.set_viewport_size({"width": WIDTH, "height": 2 * HEIGHT})
            of.screenshot(path=path, animations="disabled")
            self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def _wait_for_graph(self) -> None:
        """Until the picture of the tasks has something green in it; it is a picture to the page."""
        graph = self.main.locator("canvas").first
        for _ in range(40):
            shown = Image.open(io.BytesIO(graph.screenshot())).convert("RGB")
            tasks = shown.crop((0, 0, shown.width, shown.height - 20))
            found = tasks.getcolors(shown.width * shown.height) or []
            if sum(count for count, color in found if color == DONE) > ENOUGH:
                return
            self.page.wait_for_timeout(500)

    def said(self, text: str) -> Locator:
        """What the UI says in a corner for some seconds."""
        return self.page.get_by_role("region", name=re.compile("^Notifications")).get_by_text(text)

    def fill_in_block(self, slug: str, title: str, name: str, fields: Mapping[str, str]) -> None:
        """Make a block: find its type in the catalogue, fill in its form; not saved yet."""
        self.go("/blocks/catalog")
        search = self.main.get_by_role("textbox", name="Search blocks")
        search.fill(title.partition(":")[0])
        expect(self.main.get_by_role("heading", name="AWS Credentials")).to_have_count(0)
        expect(self.main.get_by_role("heading", name=title, exact=True)).to_be_visible()
        self.picture("1-catalogue")
        self.main.locator(f"a[href$='/blocks/catalog/{slug}/create']").click()
        self.main.get_by_label("Name", exact=True).fill(name)
        for label, value in fields.items():
            self.main.get_by_label(label, exact=True).fill(value)

    def open_run_form(self, deployment: str) -> None:
        """From the list of deployments to the form of one."""
        self.go("/deployments")
        self.main.get_by_role("link", name=deployment, exact=True).click()
        self.main.get_by_role("button", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Custom run").click()
        expect(self.main.get_by_role("heading", name="Parameters")).to_be_visible()

    def submit_run(self) -> str:
        """Start what the form says, look at it, and give its id."""
        # The message with the link to the run is gone after some seconds, and too soon when the
        # machine is busy.
        with self.page.expect_response("**/create_flow_run") as made:
            self.main.get_by_role("button", name="Submit").click()
        run = str(made.value.json()["id"])
        self.go(f"/runs/flow-run/{run}")
        return run

    def open_run(self, run: str, state: str) -> None:
        """The page of a run, when it shows this state."""
        self.go(f"/runs/flow-run/{run}")
        expect(self.main.get_by_text(state, exact=True).first).to_be_visible()

    def open_tab(self, name: str) -> Locator:
        """One of the lists below the picture of a run."""
        self.main.get_by_role("tab", name=name, exact=True).click()
        return self.main.get_by_role("tabpanel", name=name)

    def open_answer_form(self) -> Locator:
        """The form of the run that is open and waits."""
        self.main.get_by_role("button", name="Open menu").first.click()
        self.page.get_by_role("menuitem", name="Resume").click()
        dialog = self.page.get_by_role("dialog", name="Resume Flow Run")
        expect(dialog.get_by_role("switch", name="Approve")).to_be_visible()
        return dialog


@contextmanager
def a_console(address: str) -> Iterator[Console]:
    """A browser that has the UI of a Prefect server open and asks nobody else.

    Its pictures are kept in the folder that RETOUR_SCREENSHOTS names, or in `build/screenshots`.
    """
    pictures = Path(os.environ.get("RETOUR_SCREENSHOTS", PICTURES))
    pictures.mkdir(parents=True, exist_ok=True)

    def only_ours(route: Route) -> None:
        if route.request.url.startswith((f"{address}/", "data:", "blob:")):
            route.continue_()
        else:
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            locale="en-GB",
            timezone_id="Europe/Amsterdam",
            reduced_motion="reduce",
        )
        expect.set_options(timeout=LONGEST)
        context.set_default_timeout(LONGEST)
        context.route("**/*", only_ours)
        yield Console(context.new_page(), address, pictures)
        browser.close()
