"""The pages and the app in a browser: drawn, moved by what is typed, as wide as a telephone, and no host asked.

Skipped where there is no Chromium or no playwright; with the variable CI set that is a failure.
"""

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from vadstudy import readout
from vadstudy.emotions import EMOTIONS, GROUP_COLOURS
from vadstudy.mappers import Mapper, nrc
from vadstudy.paper import pages
from vadstudy.paths import notebooks
from vadstudy.plots import page
from vadstudy.runs import RunStore

ROOT = Path(__file__).parent.parent
SPACE = ROOT / "figures" / "vad_space.html"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
#: The page's function that says where it drew a label's point, in pixels of the window.
WHERE = """label => {
  const { x, y, width, height } = canvas().getBoundingClientRect();
  const space = spaces[Number(part("space").value)];
  const [right, down] = place(space.points[space.labels.indexOf(label)], part("vad-space").layout.scene);
  return [x + width / 2 + right, y + height / 2 + down];
}"""
SHOWN = """kind => part("vad-space").data.filter((trace) => trace.visible === true && trace.meta.kind === kind)
  .map(({ x, y, z, text, marker }) => ({ x, y, z, text, color: marker.color }))"""
PHONE = {"width": 380, "height": 800}


def do_without(what):
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI is set: the pages would go untested")
    pytest.skip(f"{what}: the pages are not tested in a browser")


@pytest.fixture(scope="module")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        do_without("playwright is not installed (`make` installs it with the lock)")
    if CHROMIUM is None:
        do_without("no chromium on PATH (Debian: `apt-get install --no-install-recommends chromium`)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tabs(browser):
    """Opens a file or an address in a tab of its own, and keeps what was wrong: errors, requests to other hosts."""

    def open_(page, width=1000, height=760, until="load"):
        address = page if isinstance(page, str) else page.as_uri()
        tab = browser.new_page(viewport={"width": width, "height": height})
        tab.set_default_timeout(240_000)  # drawing without a GPU takes long on a busy machine
        tab.on("console", lambda message: message.type == "error" and open_.problems.append(message.text))
        tab.on("pageerror", lambda error: open_.problems.append(str(error)))
        tab.on(
            "request",
            lambda request: (
                open_.problems.append(request.url)
                if not request.url.startswith(("file:", "data:", "blob:", address))
                else None
            ),
        )
        tab.goto(address, wait_until=until)
        return tab

    open_.problems = []
    return open_


@pytest.fixture
def opened(tabs):
    """Like ``tabs``, for a test at whose end nothing may have been wrong."""
    tabs.problems.clear()
    yield tabs
    assert tabs.problems == []


@pytest.fixture(scope="module")
def space_tab(tabs):
    return tabs(SPACE)


@pytest.fixture
def space(space_tab, opened):
    """The page of the space with its controls as they are at first; loaded once, for drawing without a GPU is slow."""
    space_tab.set_viewport_size({"width": 1000, "height": 760})
    space_tab.evaluate("""async () => {
        document.activeElement.blur();
        document.querySelector("form").reset();
        await draw("view");
    }""")
    return named(space_tab, 28)


def named(tab, count):
    """Waits until a page of the space has drawn so many names, and returns the tab."""
    tab.wait_for_function(f"document.querySelectorAll('.annotation-text-g').length === {count}", polling=100)
    return tab


def picture(tab):
    """What WebGL drew, without the names and lines over it, as colours (n, 3)."""
    style = tab.add_style_tag(content="svg { visibility: hidden !important; }")
    image = imread(io.BytesIO(tab.locator(".gl-container canvas").screenshot()), format="png")[..., :3]
    style.evaluate("element => element.remove()")
    return np.unique(image.reshape(-1, 3), axis=0)


def titles(tab):
    return tab.evaluate("['x', 'y', 'z'].map(axis => part('vad-space').layout.scene[axis + 'axis'].title.text)")


def too_wide(tab):
    """Pixels by which a page is wider than its window."""
    return tab.evaluate("document.documentElement.scrollWidth - innerWidth")


def test_the_cube_is_drawn_with_a_point_of_every_group(space):
    colours = picture(space)
    assert len(colours) > 20
    for group, colour in GROUP_COLOURS.items():
        assert np.abs(colours - to_rgb(colour)).max(axis=1).min() < 0.03, f"nothing has the colour of {group}"


@pytest.mark.parametrize("size", [{"width": 1000, "height": 760}, PHONE], ids=["desk", "telephone"])
def test_at_first_glance_no_name_covers_another(space, size):
    space.set_viewport_size(size)
    space.wait_for_function(f"canvas().clientWidth < {size['width']}", polling=100)
    space.evaluate("draw('view')")
    boxes = np.array(
        space.evaluate("""[...document.querySelectorAll('.annotation-text-g')].map(name => {
        const box = name.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; })""")
    )
    low, high = np.maximum(boxes[:, None, :2], boxes[:, :2]), np.minimum(boxes[:, None, 2:], boxes[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=2) / (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    assert len(boxes) == 28 and np.triu(shared, 1).max() < 0.25


def test_another_space_moves_the_points_and_names_the_axes(space):
    points = {group["text"][0]: group["x"][0] for group in space.evaluate(SHOWN, "labels")}
    assert [title.split(" (")[0] for title in titles(space)] == ["valence", "arousal", "dominance"]
    space.get_by_label("Space").select_option(label="spread: evenly in the cube")
    assert titles(space) == [f"dimension {i} (0 to 1)" for i in (1, 2, 3)]
    moved = {group["text"][0]: group["x"][0] for group in space.evaluate(SHOWN, "labels")}
    assert moved.keys() == points.keys() and all(moved[label] != points[label] for label in points)


def test_an_emotion_shows_its_predicted_comments(space):
    assert space.evaluate(SHOWN, "cloud") == []
    space.get_by_label("Where they lie").select_option("cloud")
    space.get_by_label("Predicted test comments").select_option(label="joy (93)")
    (cloud,) = space.evaluate(SHOWN, "cloud")
    run = RunStore("study")["nrc-mae"]
    joy = run.outputs("test")[run.labels("test") == run.mapper.labels.index("joy")]
    np.testing.assert_allclose(np.transpose([cloud["x"], cloud["y"], cloud["z"]]), joy, atol=0.00051)
    assert set(cloud["text"]) == {"joy"} and set(cloud["color"]) == {GROUP_COLOURS["joy"]}
    apart = np.linalg.norm(joy.mean(axis=0) - run.mapper["joy"])
    says = space.get_by_role("status").inner_text()
    assert f"(cross) of its 93 test comments, predicted by nrc-mae, seed 42, lies {apart:.2f} away" in says
    assert "softmax" not in says
    space.get_by_label("Space").select_option(label="scaled: quantiles of NRC VAD")
    assert "scaled-mae" in space.get_by_role("status").inner_text()
    space.get_by_label("Predicted test comments").select_option("all")
    assert len(space.evaluate(SHOWN, "cloud")[0]["x"]) == 4590
    space.get_by_label("Predicted test comments").select_option("none")
    assert space.evaluate(SHOWN, "cloud") == [] and space.get_by_role("status").inner_text() == ""


def test_what_is_read_off_the_classifier_stands_beside(space):
    space.get_by_label("Predicted test comments").select_option(label="joy (93)")
    (cloud,), (read,) = space.evaluate(SHOWN, "cloud"), space.evaluate(SHOWN, "read")
    softmax = RunStore("study")["softmax"]
    likely = readout.probabilities(
        softmax.outputs("test"), readout.calibrated(softmax.outputs("dev"), softmax.labels("dev"))
    )
    joy = readout.expected(likely, nrc())[softmax.labels("test") == EMOTIONS.index("joy")]
    np.testing.assert_allclose(np.transpose([read["x"], read["y"], read["z"]]), joy, atol=0.00051)
    assert len(cloud["x"]) == 93 and read["color"] != cloud["color"][0]
    apart = np.linalg.norm(joy.mean(axis=0) - nrc()["joy"])
    assert (
        f"(x) of its 93 test comments, read off softmax, seed 42, lies {apart:.2f} away"
        in space.get_by_role("status").inner_text()
    )
    space.get_by_label("Where they lie").select_option("read")
    assert space.evaluate(SHOWN, "cloud") == [] and len(space.evaluate(SHOWN, "read")[0]["x"]) == 93


def test_an_emotion_whose_name_is_typed_is_marked(space):
    field = space.get_by_label("Find an emotion")
    field.press_sequentially("dis")  # three begin so
    assert space.evaluate(SHOWN, "marks") == []
    field.press_sequentially("g")
    space.wait_for_function("part('emotion').selectedOptions[0].text.startsWith('disgust')", polling=100)
    (marks,) = space.evaluate(SHOWN, "marks")
    np.testing.assert_allclose([marks[axis][0] for axis in "xyz"], nrc()["disgust"], atol=1e-4)
    names = space.evaluate("part('vad-space').layout.scene.annotations.map(({ text }) => text)")
    assert [name for name in names if name.startswith("<b>")] == ["<b>disgust</b>"]
    valence, arousal, dominance = nrc()["disgust"]
    says = f"disgust (diamond): valence {valence:.3f}, arousal {arousal:.3f}, dominance {dominance:.3f}."
    assert space.get_by_role("status").inner_text().startswith(says)
    field.fill("zest")
    assert space.get_by_role("status").inner_text() == "No emotion is called “zest”."


def test_a_tap_chooses_the_emotion_under_it(browser):
    context = browser.new_context(viewport=PHONE, has_touch=True)
    tab = context.new_page()
    tab.set_default_timeout(240_000)
    tab.goto(SPACE.as_uri())
    named(tab, 28).touchscreen.tap(*tab.evaluate(WHERE, "neutral"))
    tab.wait_for_function("part('says').textContent.startsWith('neutral (diamond): valence 0.469')", polling=100)
    context.close()


def test_two_fingers_zoom_and_choose_nothing(browser):
    context = browser.new_context(viewport=PHONE, has_touch=True)
    tab = context.new_page()
    tab.set_default_timeout(240_000)
    tab.goto(SPACE.as_uri())
    x, y = named(tab, 28).evaluate(WHERE, "neutral")
    says, side = tab.evaluate("[part('says').textContent, part('vad-space').layout.scene.aspectratio.x]")
    hand = context.new_cdp_session(tab)

    def touch(kind, *places):
        points = [{"x": x + dx, "y": y, "id": finger} for finger, dx in enumerate(places)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    for kind, *places in (("touchStart", 0), ("touchStart", 0, 40), ("touchMove", -20, 60), ("touchEnd",)):
        touch(kind, *places)
    # Twice as far apart, twice as large.
    tab.wait_for_function(f"part('vad-space').layout.scene.aspectratio.x > {1.9 * side}", polling=100)
    assert tab.evaluate("part('vad-space').layout.scene.aspectratio.x") == pytest.approx(2 * side, rel=0.02)
    tab.wait_for_function("part('view').value === 'turned'", polling=100)
    assert tab.evaluate("part('says').textContent") == says
    context.close()


def test_pointing_at_an_emotion_shows_its_numbers(space):
    x, y = space.evaluate(WHERE, "neutral")
    space.mouse.move(x - 30, y)
    space.mouse.move(x, y, steps=6)
    space.wait_for_selector(".hovertext")
    text = space.locator(".hovertext").text_content()
    assert text.startswith("neutral (neutral)valence 0.469arousal 0.184dominance 0.357") and "nearest: " in text


def test_names_follow_the_view_and_the_hand(space):
    def offsets():
        return space.evaluate("part('vad-space').layout.scene.annotations.map(({ ax, ay }) => [ax, ay])")

    before = offsets()
    space.get_by_label("View").select_option("above")
    assert titles(space)[2] == "" and offsets() != before
    assert space.locator(".gl-container canvas").count() == 1, "Plotly left a canvas behind"
    box = space.locator(".gl-container canvas").bounding_box()
    space.mouse.move(box["x"] + 300, box["y"] + 300)
    space.mouse.down()
    for step in range(1, 7):
        space.mouse.move(box["x"] + 300 + 20 * step, box["y"] + 300 - 20 * step)
        # Plotly turns once a frame; moves that share one on a busy machine are lost, whatever frames the page counts.
        space.wait_for_timeout(150)
    space.mouse.up()
    # The page draws again after the turn, not within it.
    space.wait_for_function(
        "part('view').value === 'turned' && part('vad-space').layout.scene.zaxis.title.text.startsWith('dominance')",
        polling=100,
    )
    space.get_by_label("Names").select_option("none")
    assert offsets() == [] and space.locator(".annotation-text-g").count() == 0


def test_controls_work_by_keyboard(space):
    space.get_by_label("Space", exact=True).focus()
    space.keyboard.press("ArrowDown")
    assert space.get_by_label("Space").input_value() == "1"
    space.keyboard.press("Tab")
    space.keyboard.press("Tab")
    space.keyboard.press("ArrowDown")
    assert len(space.evaluate(SHOWN, "cloud")[0]["x"]) == 4590


def test_the_page_of_the_space_fits_a_telephone(space):
    space.set_viewport_size(PHONE)
    space.wait_for_function("canvas().clientWidth < 380", polling=100)
    space.evaluate("draw('view')")
    assert too_wide(space) <= 0 and titles(space) == ["valence", "arousal", "dominance"]
    legend, cube = (space.locator(found).bounding_box() for found in (".legend", ".gl-container canvas"))
    assert legend["y"] >= cube["y"] + cube["height"] - 1 and cube["width"] > 340


def test_the_page_of_the_space_prints(space):
    assert space.pdf().startswith(b"%PDF")
    space.emulate_media(media="print")
    assert space.locator("#shown").inner_text() == "raw: NRC VAD" and space.locator("#shown").is_visible()
    assert not space.locator("form").is_visible()
    space.emulate_media(media="screen")


def test_hostile_names_are_shown_as_they_are(opened, tmp_path):
    evil = ("<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>", "a&lt;b")
    mapper = Mapper("<svg onload=alert(3)>", evil, [[0, 0, 0], [0, 0.5, 1], [1, 1, 1]])
    tab = opened(page.write_page([mapper], tmp_path / "page.html"))
    tab.on("dialog", lambda dialog: (opened.problems.append(dialog.message), dialog.dismiss()))
    named(tab, 3)
    assert sorted(tab.locator(".annotation-text-g").all_text_contents()) == sorted(evil)
    assert tab.locator("#space option").inner_text() == "<svg onload=alert(3)>"
    tab.close()


#: A table and a formula that are wider than a telephone, and a figure.
TEXT = f"""# Is it so?

**Abstract.** **Yes.**

## Next

$${" + ".join(["x_i"] * 60)}$$

|{"a long head|" * 12}
|{"---|" * 12}
|{"1|" * 12}

: Numbers. {{#tbl:a}}

![A plane.](../figures/07_plane){{#fig:07_plane alt="A plane of rows"}}
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The index, a report and every notebook's page, freshly written from what is committed."""
    folder = tmp_path_factory.mktemp("site")
    (store := RunStore("smoke", folder / "runs")).scratch = folder
    shutil.copytree(ROOT / "reports" / "tables", store.output("reports", "tables"), dirs_exist_ok=True)
    for name in pages.SHOWN:
        for end in ("png", "svg"):
            store.wrote(Path(shutil.copy(ROOT / "figures" / f"{name}.{end}", store.output("figures"))))
    for path in notebooks():
        store.finish(path.stem)
        shutil.copy(path, store.executed)
    return pages.write(store, TEXT)


def test_the_index_shows_its_pictures_fits_a_telephone_and_prints(opened, written):
    tab = opened(written, **PHONE)
    assert too_wide(tab) <= 0
    assert tab.evaluate("[...document.images].map(image => image.naturalWidth > 100)") == [True] * len(pages.SHOWN)
    assert tab.get_by_role("link", name="The space, to turn").is_visible()
    assert tab.pdf().startswith(b"%PDF")


def test_the_report_fits_a_telephone_and_what_is_wider_scrolls(opened, written):
    tab = opened(written.with_name("report.html"), **PHONE)
    assert too_wide(tab) <= 0
    assert tab.evaluate("[...document.querySelectorAll('.wide')].map(part => part.scrollWidth > innerWidth)") == [
        True,
        True,
    ]
    assert tab.get_by_role("img", name="A plane of rows").evaluate("image => image.naturalWidth > 100")
    assert tab.get_by_text("Table 1. Numbers.").is_visible()
    tab.close()


def test_every_notebooks_page_fits_a_telephone_and_leads_back(opened, written):
    found = sorted(written.parents[1].glob("notebooks/*.html"))
    assert len(found) >= 8
    tab = opened(written, **PHONE)
    for path in found:
        tab.goto(path.as_uri())
        assert too_wide(tab) <= 0, path.name
        assert tab.evaluate("[...document.images].every(image => image.naturalWidth && image.alt)"), path.name
    tab.goto(found[1].as_uri())
    assert tab.pdf().startswith(b"%PDF") and tab.locator("math").count() > 3
    tab.get_by_role("link", name="All pages").click()
    tab.wait_for_url("**/index.html")
    tab.close()


@pytest.fixture(scope="module")
def app():
    """The address at which the explorer is served, by the command."""
    if find_spec("voila") is None:
        do_without("voila is not installed (`make` installs it with the lock)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vadstudy", "app", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as served:
        address = re.search(r"http://\S+", served.stdout.readline())[0]
        for _ in range(600):
            with socket.socket() as trial:
                if served.poll() is not None or trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield address
        served.terminate()


def test_the_app_answers_what_is_typed_and_fits_a_telephone(opened, app):
    tab = opened(app, width=400, height=800, until="commit")
    message = tab.get_by_text("The model is being loaded")
    message.wait_for()
    tab.wait_for_selector(".vad-plane")
    assert not message.is_visible() and tab.title() == "The emotions of a sentence"
    shown = """() => [document.querySelector(".vad-plane polyline").getAttribute("points").split(" "),
      [...document.querySelectorAll("[style*=gradient]")].map((bar) => bar.innerText.split(/\\s+/))]"""
    (first,), bars = tab.evaluate(shown)
    tab.get_by_placeholder("Type a sentence").fill("I am so happy for you")
    tab.get_by_role("cell", name="happy", exact=True).wait_for()
    path, moved = tab.evaluate(shown)
    assert path[0] == first and len(path) == 2 and path[1] != first
    assert len(bars) == len(moved) == 10 and moved[0][0] == "joy" and moved != bars
    assert too_wide(tab) <= 0 and tab.evaluate(
        "[...document.querySelectorAll('body *')].every(part => part.getBoundingClientRect().right <= innerWidth + 0.5)"
    )
    assert tab.get_by_text("vadstudy.explore()").count() == 0, "the page shows code"
    tab.close()
