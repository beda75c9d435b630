"use strict";
const part = (id) => document.getElementById(id);
const { spaces } = JSON.parse(part("data").textContent);
/** Directions from which each view looks; all but the first hide one dimension. */
const VIEWS = { aslant: [-0.63, -1.68, 0.72], above: [0, -0.001, 2], front: [0, -2, 0.001], side: [2, 0, 0.001] };
const escaped = (text) => text.replace(/[&<>]/g, (mark) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[mark]);
const narrow = () => part("vad-space").clientWidth < 640;

const canvas = () => part("vad-space").querySelector(".gl-container canvas");

/**
 * Camera and size of the cube for a view, such that all of it is in the scene. The projection is always orthographic:
 * when it changes, Plotly leaves the canvas that it had behind.
 */
function camera(view) {
  const shape = canvas().clientWidth / canvas().clientHeight;
  const side = view === "aslant" ? Math.min(1.22, 1.08 * shape) : 1.55 * Math.min(1, shape);
  const [x, y, z] = VIEWS[view];
  return {
    camera: { eye: { x, y, z }, center: { x: 0, y: 0, z: 0 }, up: { x: 0, y: 0, z: 1 }, projection: { type: "orthographic" } },
    aspectratio: { x: side, y: side, z: side },
  };
}

/** Where Plotly draws a point, in pixels from the scene's middle. */
function place(point, scene) {
  const list = ({ x, y, z }) => [x, y, z];
  const minus = (a, b) => a.map((value, i) => value - b[i]);
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const unit = (a) => a.map((value) => value / Math.hypot(...a));
  const [eye, center, up, sides] = [scene.camera.eye, scene.camera.center, scene.camera.up, scene.aspectratio].map(list);
  const [low, high] = part("vad-space").layout.scene.xaxis.range;
  const ahead = unit(minus(center, eye));
  const right = unit(cross(ahead, up));
  const seen = minus(point.map((value, i) => ((value - (low + high) / 2) / (high - low)) * sides[i]), eye);
  const scale = canvas().clientHeight / 2;
  return [dot(seen, right) * scale, -dot(seen, cross(right, ahead)) * scale];
}

/** Offsets of boxes from their points, each near its own, off the other points and boxes and inside the scene. */
function besides(points, boxes, [width, height]) {
  const overlap = (a, b) => Math.max(0, a) * Math.max(0, b);
  const offsets = boxes.map(([, tall]) => [0, -tall]);
  const crowd = (i) => points.map((other) => Math.hypot(other[0] - points[i][0], other[1] - points[i][1])).sort((a, b) => a - b)
    .slice(0, 5).reduce((sum, value) => sum + value, 0);
  const order = points.map((_, i) => i).sort((a, b) => crowd(a) - crowd(b));
  const cost = (i, [dx, dy], reach) => {
    const [x, y] = [points[i][0] + dx, points[i][1] + dy];
    let sum = reach + 20 * Math.max(0, Math.abs(x) + boxes[i][0] / 2 - width / 2, Math.abs(y) + boxes[i][1] / 2 - height / 2);
    points.forEach((other, j) => {
      if (Math.abs(other[0] - x) < boxes[i][0] / 2 + 7 && Math.abs(other[1] - y) < boxes[i][1] / 2 + 7) sum += 60;
      if (j === i) return;
      const [ox, oy] = [points[j][0] + offsets[j][0], points[j][1] + offsets[j][1]];
      sum += 2 * overlap((boxes[i][0] + boxes[j][0]) / 2 + 2 - Math.abs(x - ox), (boxes[i][1] + boxes[j][1]) / 2 + 1 - Math.abs(y - oy));
    });
    return sum;
  };
  for (let round = 0; round < 4; round += 1) {
    for (const i of order) {
      let least = Infinity;
      for (const reach of [9, 12, 17, 24, 34, 48, 66]) {
        for (let step = 0; step < 20; step += 1) {
          const [right, down] = [Math.cos((step * Math.PI) / 10), Math.sin((step * Math.PI) / 10)];
          const offset = [right * (boxes[i][0] / 2 + reach), down * (boxes[i][1] / 2 + reach)];
          const found = cost(i, offset, reach);
          if (found < least) [least, offsets[i]] = [found, offset];
        }
      }
    }
  }
  return offsets;
}

/** The names to show, as Plotly's annotations with a thin line to the point. */
function names(space, seen, chosen, hidden) {
  const shown = space.labels.map((_, i) => i).filter((i) => !hidden.has(space.groups[i])
    && (part("names").value === "all" || (part("names").value === "chosen" && i === chosen)));
  const size = narrow() ? 10 : 12;
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = size + "px sans-serif";
  const boxes = shown.map((i) => [pen.measureText(space.labels[i]).width + 4, size + 3]);
  const offsets = besides(shown.map((i) => place(space.points[i], seen)), boxes, [canvas().clientWidth, canvas().clientHeight]);
  return shown.map((i, k) => {
    const [x, y, z] = space.points[i];
    const text = i === chosen ? "<b>" + escaped(space.labels[i]) + "</b>" : escaped(space.labels[i]);
    return { x, y, z, text, ax: offsets[k][0], ay: offsets[k][1], arrowhead: 0, arrowwidth: 1, arrowcolor: space.colours[i],
      standoff: 3, borderpad: 0, font: { size, color: "#1b1b1f" }, bgcolor: "rgba(255,255,255,0.7)" };
  });
}

/** A trace's coordinates from points. */
const columns = (points) => ({ x: points.map((p) => p[0]), y: points.map((p) => p[1]), z: points.map((p) => p[2]) });

/** The mean of points. */
const middle = (points) => [0, 1, 2].map((k) => points.reduce((sum, point) => sum + point[k], 0) / points.length);

/** The sources of a space that are asked for; its clouds are written in thousandths. */
const asked = (space) => space.sources.filter(({ kind }) => space.sources.length === 1 || ["both", kind].includes(part("source").value));

/** Where the labels' comments lie by a source, as columns with a text and a colour each. */
function cloud(space, source, labels) {
  const each = (values) => labels.flatMap((i) => source.clouds[i].map(() => values[i]));
  const points = labels.flatMap((i) => source.clouds[i]).map((point) => point.map((value) => value / 1000));
  const alone = source.kind === "read" && labels.length === 1 && asked(space).length > 1;
  return { points, ...columns(points), text: each(space.labels.map(escaped)), colours: alone ? "#1b1b1f" : each(space.colours) };
}

/** What is shown of the chosen label, or of all, by kind of trace, and what is said of it. */
function found(space, chosen) {
  const nothing = () => ({ ...columns([]), text: [], colours: "#000000" });
  const shown = { cloud: nothing(), read: nothing(), marks: nothing(), says: "" };
  if (chosen === "none") return shown;
  const labels = chosen === "all" ? space.labels.map((_, i) => i) : [chosen];
  const ways = asked(space).map((source) => ({ ...source, ...cloud(space, source, labels) }));
  for (const way of ways) shown[way.kind] = way;
  const said = ways.map(({ points, how }) => points.length.toLocaleString("en") + " test comments " + how);
  if (chosen === "all") return { ...shown, says: said.join("; ") + "; in the colours of their true labels' groups." };
  const [name, own] = [space.labels[chosen], space.points[chosen]];
  const numbers = space.short.map((axis, k) => axis + " " + own[k].toFixed(3)).join(", ");
  const marks = [[own, escaped(name) + "'s own point"]];
  const sentences = [name + " (diamond): " + numbers + "."];
  for (const { kind, points, how } of ways) {
    const [mark, by] = { cloud: ["cross", "predicted"], read: ["x", "read off"] }[kind];
    if (!points.length) { sentences.push("No test comment is labelled so."); break; }
    const mean = middle(points);
    // A mark of its own for each way: the cross is the second symbol, the x the third.
    if (kind === "read" && marks.length === 1) marks.push([[null, null, null], ""]);
    marks.push([mean, "mean of its comments, " + by]);
    const apart = Math.hypot(...mean.map((value, k) => value - own[k])).toFixed(2);
    const count = points.length.toLocaleString("en");
    sentences.push("The mean (" + mark + ") of its " + count + " test comments, " + how + ", lies " + apart + " away.");
  }
  shown.marks = { ...columns(marks.map(([point]) => point)), text: marks.map(([, text]) => text), colours: "#000000" };
  return { ...shown, says: sentences.join(" ") };
}

/** Offer the space's labels; keep the choice if the space has it. */
function offer(space) {
  const kept = part("emotion").value || "none";
  const option = (text, value) => new Option(text, value, false, String(value) === kept);
  const count = (i) => (space.sources.length ? " (" + space.sources[0].clouds[i].length + ")" : "");
  const labels = space.labels.map((label, i) => [label, i]).sort(([a], [b]) => a.localeCompare(b, "en"))
    .map(([label, i]) => option(label + count(i), i));
  part("emotion").replaceChildren(option("none", "none"), ...(space.sources.length ? [option("all of them", "all")] : []), ...labels);
  part("source").disabled = space.sources.length < 2;
}

/** Choose the one label that is called, or begins, as typed; say so where there is none. Returns whether it drew. */
function find() {
  const typed = part("find").value.trim().toLowerCase();
  const { labels } = spaces[Number(part("space").value)];
  const exact = labels.findIndex((label) => label.toLowerCase() === typed);
  const begins = labels.map((_, i) => i).filter((i) => typed && labels[i].toLowerCase().startsWith(typed));
  const one = exact >= 0 ? exact : begins.length === 1 ? begins[0] : -1;
  if (one >= 0) return choose(one);
  part("says").textContent = typed && !begins.length ? "No emotion is called “" + part("find").value.trim() + "”." : "";
}

/** Choose a label. */
function choose(label) {
  part("emotion").value = String(label);
  return draw("emotion");
}

/** Bring the figure to what the controls say; `changed` is the control that was used, if one was. */
function draw(changed) {
  const plot = part("vad-space");
  const number = Number(part("space").value);
  const space = spaces[number];
  if (changed !== "emotion") offer(space);
  const { value } = part("emotion");
  const chosen = value === "none" || value === "all" ? value : Number(value);
  const hidden = new Set(plot.data.filter((trace) => trace.visible === "legendonly").map((trace) => trace.name));
  const seen = changed === "view" ? camera(part("view").value) : plot.layout.scene;
  const now = found(space, chosen);
  const visible = plot.data.map(({ meta, name }) => {
    if (meta.kind === "words") return meta.space === number && part("words").checked;
    if (meta.kind !== "labels") return now[meta.kind].x.length > 0;
    return meta.space === number && (hidden.has(name) ? "legendonly" : true);
  });
  const each = (field) => plot.data.map(({ meta }) => now[meta.kind]?.[field]);
  const at = space.short.map((name, i) => "<br>" + name + " %{" + "xyz"[i] + ":.3f}").join("") + "<extra></extra>";
  const hover = { cloud: "a comment labelled <b>%{text}</b>" + at, read: "a comment labelled <b>%{text}</b>, read off" + at, marks: "%{text}" + at };
  const { eye } = seen.camera;
  const axes = [..."xyz"].flatMap((axis, i) => {
    const onEdge = Math.abs(eye[axis]) > 0.99 * Math.hypot(eye.x, eye.y, eye.z);
    const name = "scene." + axis + "axis.";
    return [[name + "title.text", onEdge ? "" : (narrow() ? space.short : space.axes)[i]], [name + "showticklabels", !onEdge]];
  });
  part("shown").textContent = space.title;
  part("says").textContent = now.says;
  return Plotly.update(plot, {
    visible, x: each("x"), y: each("y"), z: each("z"), text: each("text"), "marker.color": each("colours"),
    hovertemplate: plot.data.map(({ meta }) => hover[meta.kind]),
  }, { ...Object.fromEntries(axes), "scene.camera": seen.camera, "scene.aspectmode": "manual", "scene.aspectratio": seen.aspectratio,
    "scene.annotations": names(space, seen, chosen, hidden) });
}

/** Fingers: a tap chooses the label under it, two fingers zoom. Plotly itself knows the dragging of one. */
function fingers(plot) {
  const scene = plot.querySelector(".gl-container");
  const apart = ({ touches: [a, b] }) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  let [start, pinch] = [null, null];
  const stop = (event) => { event.preventDefault(); event.stopPropagation(); };
  scene.addEventListener("touchstart", (event) => {
    const [touch] = event.touches;
    start = event.touches.length === 1 ? [touch.clientX, touch.clientY] : null;
    if (event.touches.length !== 2) return;
    stop(event);
    pinch = { apart: apart(event), side: plot.layout.scene.aspectratio.x };
  }, { capture: true, passive: false });
  scene.addEventListener("touchmove", (event) => {
    if (!pinch || event.touches.length !== 2) return;
    stop(event);
    const side = Math.min(6, Math.max(0.3, (pinch.side * apart(event)) / pinch.apart));
    Plotly.relayout(plot, { "scene.aspectratio": { x: side, y: side, z: side } });
  }, { capture: true, passive: false });
  scene.addEventListener("touchend", (event) => {
    if (pinch && !event.touches.length) pinch = null;
    const [touch] = event.changedTouches;
    if (!start || Math.hypot(touch.clientX - start[0], touch.clientY - start[1]) > 8) return;
    const { x, y, width, height } = canvas().getBoundingClientRect();
    const space = spaces[Number(part("space").value)];
    const away = space.points.map((point) => {
      const [right, down] = place(point, plot.layout.scene);
      return Math.hypot(x + width / 2 + right - touch.clientX, y + height / 2 + down - touch.clientY);
    });
    const nearest = away.indexOf(Math.min(...away));
    if (away[nearest] < 24) choose(nearest);
  }, { capture: true });
}

/** Called by the figure when Plotly has drawn it. */
function start() {
  const plot = part("vad-space");
  for (const id of ["space", "emotion", "source", "names", "view", "words"]) part(id).addEventListener("change", () => draw(id));
  part("find").addEventListener("input", find);
  document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  fingers(plot);
  plot.on("plotly_relayout", (change) => {
    if (!change["scene.camera"] && !change["scene.aspectratio"]) return;
    part("view").value = "turned";
    draw();
  });
  plot.on("plotly_restyle", () => draw());
  // Paper is wider or narrower than the window; print waits for no timer.
  for (const [event, width] of [["beforeprint", 960], ["afterprint", null]]) {
    addEventListener(event, () => Plotly.relayout(plot, width ? { width, height: 560, autosize: false } : { width, height: null, autosize: true }));
  }
  let waiting;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 200); });
  return draw("view");
}
