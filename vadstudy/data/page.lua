-- A page for the browser: titled by its first heading; what is wider than a telephone scrolls by itself.

local title

local function scrolled(block)
  return pandoc.Div(block, pandoc.Attr("", { "wide" }))
end

-- A cell that only computes a sentence: the sentence as prose, the code folded beneath it.
local function folded(cell)
  if not (cell.classes:includes("code") and (cell.attributes.tags or ""):find('"sentence"', 1, true)) then return nil end
  local code, sentence = cell.content[1], cell.content
  sentence:remove(1)
  sentence:extend({ pandoc.RawBlock("html", "<details><summary>code</summary>"), code, pandoc.RawBlock("html", "</details>") })
  return pandoc.Div(sentence, cell.attr)
end

return {
  -- What a notebook's cell shows as Markdown.
  { RawBlock = function(raw) return raw.format == "markdown" and pandoc.read(raw.text, "gfm").blocks or nil end },
  {
    Header = function(header) title = title or pandoc.utils.stringify(header) end,
    Div = folded,
    Table = scrolled,
    Math = function(math) return math.mathtype == "DisplayMath" and pandoc.Span(math, { class = "wide" }) or nil end,
    RawBlock = function(raw)
      if raw.format == "html" and raw.text:match("<table") then return scrolled(raw) end
    end,
  },
  { Meta = function(meta) meta.pagetitle = title; return meta end },
}
